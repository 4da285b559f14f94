//! Facts by identity: of those that share one, the greatest rank is kept (D1).
//!
//! In: facts with positions. Out: what became of each. The position kept is that of the copy first seen; it is shown
//! to people and never compared.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::model::{ContentHash, Fact, FactId, Position};

/// What became of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Its identity was new.
    Applied,
    /// It said what was known.
    Duplicate,
    /// It lost against what was known, or what was known lost against it: one of the two counts no more.
    Superseded,
    /// It cannot be held: see `Refusal` for why.
    Refused,
}

impl Fate {
    /// As metrics name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Duplicate => "duplicate",
            Self::Superseded => "superseded",
            Self::Refused => "refused",
        }
    }
}

/// A fact that counts.
#[derive(Clone, Debug)]
pub struct Held {
    /// Where a copy of it was first read.
    pub position: Position,
    /// What it says.
    pub fact: Fact,
    rank: (u64, i64, ContentHash),
}

#[derive(Debug, Default)]
pub(super) struct Store {
    facts: BTreeMap<FactId, Held>,
}

impl Store {
    /// What became of the fact, and the fact itself where it now counts and did not before.
    pub(super) fn apply(&mut self, id: FactId, position: &Position, fact: Fact) -> (Fate, Option<&Fact>) {
        let rank = fact.rank();
        match self.facts.entry(id) {
            Entry::Vacant(free) => {
                let held = free.insert(Held { position: position.clone(), fact, rank });
                (Fate::Applied, Some(&held.fact))
            }
            Entry::Occupied(taken) => {
                let held = taken.into_mut();
                match rank.cmp(&held.rank) {
                    std::cmp::Ordering::Equal => (Fate::Duplicate, None),
                    std::cmp::Ordering::Less => (Fate::Superseded, None),
                    std::cmp::Ordering::Greater => {
                        *held = Held { position: position.clone(), fact, rank };
                        (Fate::Superseded, Some(&held.fact))
                    }
                }
            }
        }
    }

    pub(super) fn get(&self, id: &FactId) -> Option<&Held> {
        self.facts.get(id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&FactId, &Held)> {
        self.facts.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EventTime, Suppression, Text};

    #[test]
    fn copies_are_duplicates_and_of_two_contents_one_is_superseded() {
        let fact = |reason: &str| {
            Fact::Suppression(Suppression {
                id: "s".into(),
                subject: "account:aws/a".into(),
                rule: None,
                until: EventTime::MAX,
                reason: reason.into(),
                by: "b".into(),
            })
        };
        let position = Position { source: Text::new("x"), at: 1 };
        let kept = |facts: [&str; 3]| {
            let mut store = Store::default();
            let fates = facts.map(|reason| store.apply(fact(reason).identity(), &position, fact(reason)).0);
            (fates, store.iter().map(|(_, held)| held.fact.clone()).collect::<Vec<_>>())
        };
        let (fates, one) = kept(["a", "a", "b"]);
        assert_eq!(fates, [Fate::Applied, Fate::Duplicate, Fate::Superseded]);
        assert_eq!(kept(["b", "a", "a"]).1, one, "whichever came first, the same one counts");
        assert_eq!(one.len(), 1);
    }
}
