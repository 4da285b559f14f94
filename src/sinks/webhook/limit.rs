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
    /// The first partition that the rule was heard of in: of several instances with one target each has others, and sums up
    /// what it left out itself.
    pub(super) partition: i32,
}

/// What was heard of a rule on the day that is open.
struct Counted {
    rule: Arc<Rule>,
    count: u64,
    partition: i32,
}

/// Counts of the day that is open.
pub(super) struct Days {
    most: u32,
    open: Option<Day>,
    rules: BTreeMap<Text, Counted>,
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
        let beyond = |Counted { rule, count, partition }| match count.saturating_sub(u64::from(self.most)) {
            0 => None,
            count => Some(LeftOut { rule, day, count, partition }),
        };
        rules.into_values().filter_map(beyond).collect()
    }

    /// The day that is open.
    pub(super) fn open(&self) -> Option<Day> {
        self.open
    }

    /// Counts a message of the day that is open (see [`Days::begin`]).
    pub(super) fn count(&mut self, rule: &Arc<Rule>, partition: i32) -> Within {
        let new = || Counted { rule: Arc::clone(rule), count: 0, partition };
        let counted = self.rules.entry(rule.id.clone()).or_insert_with(new);
        counted.count += 1;
        counted.partition = counted.partition.min(partition);
        if counted.count > u64::from(self.most) { Within::Beyond } else { Within::Limit }
    }
}
