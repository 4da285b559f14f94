//! Rules as meant.
//!
//! In: what [`super::read`] has checked. Out: typed fields. Nothing here can be wrong any more.

use super::{Case, Condition, List, Measure, Template};
use crate::model::{BasisKind, Day, Family, RuleId, RuleMode, Severity, SubjectKind, Text};
use crate::written::Place;

/// A rule of the policy.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Which.
    pub id: RuleId,
    /// In words.
    pub title: Text,
    /// Live or shadow.
    pub mode: RuleMode,
    /// How much its alerts matter.
    pub severity: Severity,
    /// What kind of evidence it rests on.
    pub family: Family,
    /// What it rests on, by date; no two overlap.
    pub basis: Vec<Basis>,
    /// Known innocent explanations, at least one.
    pub innocent: Vec<Text>,
    /// Whom its alerts are about.
    pub subject: SubjectKind,
    /// `where`: which activities count.
    pub matches: Condition,
    /// `having`: what their measures must be. `None`: one activity in the window is enough.
    pub having: Option<Condition>,
    /// Length of the window that ends in the hour asked about.
    pub window_hours: i64,
    /// Hours where it holds are one episode up to this gap.
    pub quiet_hours: i64,
    /// The sentence its alerts carry.
    pub explain: Template,
    /// Its own tests.
    pub cases: Vec<Case>,
    /// Its file.
    pub file: Text,
    /// Where in it.
    pub place: Place,
}

/// What a rule rests on between two days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// First day.
    pub from: Day,
    /// First day after; `None` is open.
    pub to: Option<Day>,
    /// What it is.
    pub is: BasisKind,
    /// Where that is written.
    pub cites: Vec<Text>,
}

impl Rule {
    /// Whether its conditions or its sentence read a list.
    pub fn asks_of(&self, list: List) -> bool {
        let reads = |condition: &Condition| condition.uses().lists.contains(&list);
        reads(&self.matches) || self.having.iter().any(reads) || self.explain.lists().any(|shown| shown == list)
    }

    /// Whether its condition or its sentence reads a measure.
    pub fn asks_for(&self, measure: Measure) -> bool {
        let reads = |condition: &Condition| condition.uses().measures.contains_key(&measure);
        self.having.iter().any(reads) || self.explain.measures().any(|shown| shown == measure)
    }

    /// What it rests on at a day; `None`: the rule is silent.
    pub fn basis_on(&self, day: Day) -> Option<&Basis> {
        self.basis.iter().find(|basis| basis.holds_on(day))
    }
}

impl Basis {
    /// Whether a day is one of those it is in force on.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|to| day < to)
    }

    /// Whether some day is in both.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.holds_on(other.from) || other.holds_on(self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_basis_ends_the_day_before_its_to() {
        let day = |text: &str| Day::parse(text).unwrap();
        let basis = |from, to: Option<&str>| Basis {
            from: day(from),
            to: to.map(day),
            is: BasisKind::RiskOnly,
            cites: Vec::new(),
        };
        let first = basis("2025-09-29", Some("2025-11-10"));
        assert!(first.holds_on(day("2025-11-09")) && !first.holds_on(day("2025-11-10")));
        assert!(!first.overlaps(&basis("2025-11-10", None)));
        assert!(first.overlaps(&basis("2025-11-09", None)) && basis("2025-11-09", None).overlaps(&first));
    }
}
