//! What holds from a day to a day, and since when anybody could know.
//!
//! In: `published`, `effective`, `until`, `until_published` as written. Out: whether it holds on a day. It refuses a
//! day that does not exist and an end before the beginning.

use crate::model::{Day, words};
use crate::written::{Fields, Problems};

words! {
    /// How a rule stands; the first that applies wins.
    ControlStatus {
        /// It binds.
        InForce = "in_force",
        /// It is on the books and said not to be enforced.
        NotEnforced = "not_enforced",
        /// It is set aside for a time.
        Suspended = "suspended",
        /// What an authority says it expects; no rule.
        Guidance = "guidance",
        /// It may come.
        Proposed = "proposed",
        /// Another took its place.
        Superseded = "superseded",
    }
}

/// When something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dated {
    /// The day it was made known.
    pub(super) published: Day,
    /// The first day it holds.
    effective: Day,
    /// The first day it no longer holds, and the day that was made known.
    until: Option<(Day, Day)>,
}

impl Dated {
    pub(super) fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        let place = fields.place;
        let effective = day(fields, "effective", problems);
        let published = day(fields, "published", problems);
        let until = day(fields, "until", problems);
        let until_published = day(fields, "until_published", problems);
        for (key, found) in [("effective", effective), ("published", published)] {
            if found == Written::Missing {
                problems.add(place, format!("{key:?} is missing"));
            }
        }
        let (effective, published) = (effective.day()?, published.day()?);
        let until = until.day().map(|until| (until, until_published.day().unwrap_or(published)));
        match until {
            Some((until, _)) if until <= effective => {
                problems.add(place, format!("ends ({until}) before it begins ({effective})"));
                None
            }
            None if matches!(until_published, Written::Day(_)) => {
                problems.add(place, "until_published without until");
                None
            }
            until => Some(Self { published, effective, until }),
        }
    }

    pub(super) fn holds(&self, on: Day) -> bool {
        self.effective <= on && self.until.is_none_or(|(until, _)| on < until)
    }

    /// As it was known on a day: nothing before it was published, and no end announced later.
    pub(super) fn known_on(self, day: Day) -> Option<Self> {
        let until = self.until.filter(|(_, known)| *known <= day);
        (self.published <= day).then_some(Self { until, ..self })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Day(Day),
    Missing,
    Wrong,
}

impl Written {
    fn day(self) -> Option<Day> {
        match self {
            Self::Day(day) => Some(day),
            Self::Missing | Self::Wrong => None,
        }
    }
}

fn day(fields: &mut Fields<'_>, key: &str, problems: &mut Problems) -> Written {
    let Some(node) = fields.optional(key) else { return Written::Missing };
    let Some(text) = node.text(key, problems) else { return Written::Wrong };
    match Day::parse(&text) {
        Ok(day) => Written::Day(day),
        Err(_) => {
            problems.add(node.place, format!("{key} must be a day such as 2023-11-17, got {text:?}"));
            Written::Wrong
        }
    }
}

/// `true` or `false`, false when missing.
pub(super) fn flag(fields: &mut Fields<'_>, key: &str, problems: &mut Problems) -> bool {
    let Some(node) = fields.optional(key) else { return false };
    match node.to_json() {
        serde_json::Value::Bool(flag) => flag,
        _ => {
            problems.add(node.place, format!("{key} must be true or false, got {}", node.describe()));
            false
        }
    }
}
