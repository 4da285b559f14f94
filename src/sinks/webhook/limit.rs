//! How many messages a rule may make a day, and what is left out beyond.
//!
//! In: messages by rule and partition, and their days. Out: whether each is within its rule's limit, and what was left out
//! of a day that has ended. It refuses to know clocks and records.
//!
//! A day is one of the records' own times, so that reading the topic again counts the same. Days only go forward: what
//! comes late from a day already summed up counts for the day that is open. A limit is of all partitions together, and yet
//! each is counted for itself: one that is read again is counted again, and must not count twice.

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

/// What was heard of a rule on the day that is open: how many messages, by partition; at least one of one.
struct Counted {
    rule: Arc<Rule>,
    partitions: BTreeMap<i32, u64>,
}

impl Counted {
    fn all(&self) -> u64 {
        self.partitions.values().sum()
    }
}

/// Whether the day that is open may have been summed up before, by a process that is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Summed {
    /// All that was heard of it was dealt with before, and read again when it was over.
    Perhaps,
    /// Something of it was new, or it was not over when it was read.
    No,
}

/// Counts of the day that is open.
pub(super) struct Days {
    most: u32,
    open: Option<Day>,
    summed: Summed,
    rules: BTreeMap<Text, Counted>,
}

impl Days {
    pub(super) fn new(most: u32) -> Self {
        Self { most, open: None, summed: Summed::Perhaps, rules: BTreeMap::new() }
    }

    /// Begins `day` if it is later than the one that is open: what was left out of that, by rule.
    pub(super) fn begin(&mut self, day: Day) -> Vec<LeftOut> {
        if self.open.is_some_and(|open| open >= day) {
            return Vec::new();
        }
        let ended = self.open.replace(day);
        self.summed = Summed::Perhaps;
        let rules = std::mem::take(&mut self.rules);
        let Some(day) = ended else { return Vec::new() };
        let beyond = |counted: Counted| {
            let count = counted.all().checked_sub(u64::from(self.most)).filter(|count| *count > 0)?;
            let (partition, _) = counted.partitions.first_key_value()?;
            Some(LeftOut { rule: Arc::clone(&counted.rule), day, count, partition: *partition })
        };
        rules.into_values().filter_map(beyond).collect()
    }

    /// The day that is open.
    pub(super) fn open(&self) -> Option<Day> {
        self.open
    }

    /// Nobody can have summed up the day that is open.
    pub(super) fn is_not_summed_up(&mut self) {
        self.summed = Summed::No;
    }

    /// Whether the day that is open may have been summed up before.
    pub(super) fn summed(&self) -> Summed {
        self.summed
    }

    /// Counts a message of the day that is open (see [`Days::begin`]).
    pub(super) fn count(&mut self, rule: &Arc<Rule>, partition: i32) -> Within {
        let new = || Counted { rule: Arc::clone(rule), partitions: BTreeMap::new() };
        let counted = self.rules.entry(rule.id.clone()).or_insert_with(new);
        *counted.partitions.entry(partition).or_default() += 1;
        if counted.all() > u64::from(self.most) { Within::Beyond } else { Within::Limit }
    }

    /// What was counted of a partition is counted by whoever reads it now.
    pub(super) fn forget(&mut self, partition: i32) {
        self.rules.retain(|_, counted| {
            counted.partitions.remove(&partition);
            !counted.partitions.is_empty()
        });
    }
}
