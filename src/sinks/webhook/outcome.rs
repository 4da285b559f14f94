//! What became of messages and of records that made none, counted.

use std::collections::BTreeMap;

use crate::model::words;

words! {
    /// What became of a message, or why a record made none.
    Outcome {
        /// The target took it.
        Delivered = "delivered",
        /// An attempt failed and another follows.
        Retried = "retried",
        /// The target does not want it: it is not sent again.
        Refused = "refused",
        /// The target failed for too long.
        Abandoned = "abandoned",
        /// Its rule had made as many messages as it may that day; a summary tells how many.
        SuppressedByLimit = "suppressed_by_limit",
        /// Of a rule in shadow mode.
        Shadow = "shadow",
        /// A record that is no alert.
        Unreadable = "unreadable",
    }
}

/// Counts by outcome since the process began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<Outcome, u64>);

impl Counts {
    /// One more.
    pub(super) fn add(&mut self, outcome: Outcome) {
        *self.0.entry(outcome).or_default() += 1;
    }

    /// How often.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0.get(&outcome).copied().unwrap_or_default()
    }

    /// Every outcome with its count, those that never were with 0.
    pub fn all(&self) -> impl Iterator<Item = (Outcome, u64)> + '_ {
        Outcome::ALL.iter().map(|outcome| (*outcome, self.of(*outcome)))
    }
}
