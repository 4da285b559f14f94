//! How many messages a rule may make a day, and what is left out beyond.
//!
//! A day is one of the records' own times, so that reading the topic again counts the same. Days only go forward: what
//! comes late from a day already summed up counts for the day that is open.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::line::Rule;
use crate::model::{Day, Text};

/// Whether a message is within its rule's limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Within {
    Limit,
    Beyond,
}

/// What was left out of one rule on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Which rule.
    pub(super) rule: Arc<Rule>,
    /// On which UTC day.
    pub(super) day: Day,
    /// How many messages; at least 1.
    pub(super) count: u64,
}

/// Counts of the day that is open.
pub(super) struct Days {
    most: u32,
    open: Option<Day>,
    rules: BTreeMap<Text, (Arc<Rule>, u64)>,
}

impl Days {
    pub(super) fn new(most: u32) -> Self {
        Self { most, open: None, rules: BTreeMap::new() }
    }

    /// Begins `day` if it is later than the one that is open: what was left out of that, by rule.
    pub(super) fn begin(&mut self, day: Day) -> Vec<LeftOut> {
        if self.open.is_some_and(|open| open >= day) {
            return Vec::new();
        }
        let ended = self.open.replace(day);
        let rules = std::mem::take(&mut self.rules);
        let Some(day) = ended else { return Vec::new() };
        let beyond = |(rule, count): (Arc<Rule>, u64)| match count.saturating_sub(u64::from(self.most)) {
            0 => None,
            count => Some(LeftOut { rule, day, count }),
        };
        rules.into_values().filter_map(beyond).collect()
    }

    /// The day that is open.
    pub(super) fn open(&self) -> Option<Day> {
        self.open
    }

    /// Counts a message of `day` (see [`Days::begin`]).
    pub(super) fn count(&mut self, rule: &Arc<Rule>) -> Within {
        let (_, count) = self.rules.entry(rule.id.clone()).or_insert_with(|| (Arc::clone(rule), 0));
        *count += 1;
        if *count > u64::from(self.most) { Within::Beyond } else { Within::Limit }
    }
}
