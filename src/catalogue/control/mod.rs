//! How a chip is controlled on a day.
//!
//! In: `config/controls.yaml` and a chip's numbers. Out: the class, whether it binds, what it rests on. It refuses to
//! take a missing number for a small one: where a rule asks for it, the class is `unknown`. Which destinations a class
//! asks a licence for is written in the citations' text, not decided here.

mod read;

use serde::{Deserialize, Serialize};

use super::chip::Chip;
use super::dated::{ControlStatus, Dated};
use crate::model::{Day, Text, words};

words! {
    /// The class a chip falls in.
    ControlClass {
        /// No rule that is known here reaches it.
        None = "none",
        /// The first chip controls, up to 2023-11-16.
        A3090 = "3A090",
        /// The more powerful.
        A3090a = "3A090.a",
        /// The less powerful.
        A3090b = "3A090.b",
        /// By a letter to its maker.
        ByLetter = "by_letter",
        /// A number that a rule asks for is not known.
        Unknown = "unknown",
    }
}

/// What holds for a chip on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// The class.
    pub class: ControlClass,
    /// Whether a rule in force controls it. Not so for `none` and `unknown`; unknown is not clear either (P4).
    pub controlled: bool,
    /// How the rule that gives the class stands; `in_force` for `none` and `unknown`.
    pub status: ControlStatus,
    /// What it rests on.
    pub cites: Vec<Text>,
    /// What else is to be known: other rules with their status, doubts, missing numbers.
    pub notes: Vec<Text>,
}

/// All rules about chips.
#[derive(Clone, Debug, Default)]
pub(super) struct Controls {
    /// Dated exceptions: one that holds decides before any class by numbers.
    exceptions: Vec<Rule>,
    /// Classes by numbers.
    classes: Vec<Rule>,
    /// What is told beside the class.
    notes: Vec<Note>,
}

#[derive(Clone, Debug)]
struct Rule {
    class: ControlClass,
    about: About,
}

#[derive(Clone, Debug)]
struct Note {
    /// Only beside these classes; empty: beside any.
    classes: Vec<ControlClass>,
    about: About,
}

/// What rules and notes share.
#[derive(Clone, Debug)]
struct About {
    id: Text,
    /// Its text with what must be said of it.
    told: Text,
    status: ControlStatus,
    dated: Dated,
    cites: Vec<Text>,
    /// Exactly these chips; empty: by the tests alone.
    chips: Vec<Text>,
    tests: Vec<Test>,
}

#[derive(Clone, Copy, Debug)]
enum Test {
    /// A number from, inclusive, and below.
    Within { what: Number, from: f64, below: f64 },
    /// Made or sold for data centres, or not.
    DataCentre(bool),
}

/// A number that rules ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Number {
    Tpp,
    PerformanceDensity,
    TransferRate,
    MemoryBandwidth,
}

impl Number {
    const ALL: [Self; 4] = [Self::Tpp, Self::PerformanceDensity, Self::TransferRate, Self::MemoryBandwidth];

    fn as_str(self) -> &'static str {
        match self {
            Self::Tpp => "tpp",
            Self::PerformanceDensity => "performance_density",
            Self::TransferRate => "transfer_rate",
            Self::MemoryBandwidth => "memory_bandwidth",
        }
    }

    fn of(self, chip: &Chip) -> Option<f64> {
        match self {
            Self::Tpp => chip.tpp,
            Self::PerformanceDensity => chip.performance_density,
            Self::TransferRate => chip.transfer_rate,
            Self::MemoryBandwidth => chip.memory_bandwidth,
        }
    }
}

/// Whether a rule reaches a chip: not knowing is an answer.
enum Reach {
    Yes,
    No,
    Unknown(Vec<Number>),
}

impl About {
    fn reach(&self, chip: &Chip) -> Reach {
        if !self.chips.is_empty() && !self.chips.iter().any(|name| name == chip.name.as_str()) {
            return Reach::No;
        }
        let mut missing = Vec::new();
        for test in &self.tests {
            match *test {
                Test::DataCentre(wanted) if chip.data_centre != wanted => return Reach::No,
                Test::DataCentre(_) => {}
                Test::Within { what, from, below } => match what.of(chip) {
                    Some(number) if number < from || number >= below => return Reach::No,
                    Some(_) => {}
                    None => missing.push(what),
                },
            }
        }
        if missing.is_empty() { Reach::Yes } else { Reach::Unknown(missing) }
    }

    fn reaches(&self, chip: &Chip) -> bool {
        matches!(self.reach(chip), Reach::Yes)
    }
}

impl Controls {
    pub(super) fn of(&self, chip: &Chip, on: Day) -> Control {
        let holding = |rule: &&Rule| rule.about.dated.holds(on);
        let exceptions = || self.exceptions.iter().filter(holding);
        let classes = || self.classes.iter().filter(holding);
        let in_force = |rule: &&Rule| rule.about.status == ControlStatus::InForce;
        let decisive = exceptions()
            .filter(in_force)
            .find(|rule| rule.about.reaches(chip))
            .or_else(|| classes().filter(in_force).find(|rule| rule.about.reaches(chip)));
        let mut control = match decisive {
            Some(rule) => Control::by(rule),
            None => match missing(classes().filter(in_force), chip) {
                Some(note) => Control { notes: vec![note], ..Control::plain(ControlClass::Unknown) },
                None => {
                    // Nothing binds. What is not in force still gives its name, never `controlled`.
                    let mut other: Vec<_> = exceptions().chain(classes()).filter(|r| r.about.reaches(chip)).collect();
                    other.sort_by_key(|rule| rule.about.status);
                    other.first().map_or_else(|| Control::plain(ControlClass::None), |rule| Control::by(rule))
                }
            },
        };
        for note in self.notes.iter().filter(|note| note.about.dated.holds(on)) {
            let beside = note.classes.is_empty() || note.classes.contains(&control.class);
            if beside && note.about.reaches(chip) {
                control.notes.push(note.about.told.clone());
            }
        }
        if let Some(doubt) = chip.doubt() {
            control.notes.push(format!("numbers of {}: {doubt}", chip.name).into());
        }
        control
    }

    pub(super) fn known_on(&self, day: Day) -> Self {
        let about = |about: &About| Some(About { dated: about.dated.known_on(day)?, ..about.clone() });
        let rule = |rule: &Rule| Some(Rule { about: about(&rule.about)?, ..rule.clone() });
        Self {
            exceptions: self.exceptions.iter().filter_map(rule).collect(),
            classes: self.classes.iter().filter_map(rule).collect(),
            notes: self.notes.iter().filter_map(|n| Some(Note { about: about(&n.about)?, ..n.clone() })).collect(),
        }
    }
}

impl Control {
    fn plain(class: ControlClass) -> Self {
        Self { class, controlled: false, status: ControlStatus::InForce, cites: Vec::new(), notes: Vec::new() }
    }

    fn by(rule: &Rule) -> Self {
        let about = &rule.about;
        let binds = about.status == ControlStatus::InForce;
        Self {
            class: rule.class,
            controlled: binds && !matches!(rule.class, ControlClass::None | ControlClass::Unknown),
            status: about.status,
            cites: about.cites.clone(),
            notes: vec![about.told.clone()],
        }
    }
}

/// What would have to be known to say that none of the rules reaches the chip.
fn missing<'a>(rules: impl Iterator<Item = &'a Rule>, chip: &Chip) -> Option<Text> {
    let mut asked: Vec<(Number, &str)> = Vec::new();
    for rule in rules {
        if let Reach::Unknown(numbers) = rule.about.reach(chip) {
            asked.extend(numbers.into_iter().map(|number| (number, rule.about.id.as_str())));
        }
    }
    asked.sort_unstable();
    asked.dedup_by_key(|(number, _)| *number);
    let first = asked.first()?;
    let names: Vec<_> = asked.iter().map(|(number, _)| number.as_str()).collect();
    Some(format!("{} of {} not known, {} asks for it", names.join(", "), chip.name, first.1).into())
}
