//! What rows add up to: integers that commute, kept by the hour from which they change.
//!
//! In: activities, added and taken back. Out: levels for windows. It refuses to know accounts and windows.

use std::collections::BTreeMap;

use super::rows::Row;
use crate::ledger::{Activity, ActivityKind, ChipKey, Detail, Level, Steps};
use crate::model::{EventTime, Text};
use crate::policy::{List, Measure, Rule};

/// Sums of an hour.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Totals {
    pub(super) rows: i64,
    pub(super) seconds: i128,
    pub(super) launched: i128,
    pub(super) billed: i128,
    pub(super) held: i128,
    pub(super) unknown: i128,
    pub(super) starts: i128,
    pub(super) denied: i128,
    pub(super) reserved: i128,
    pub(super) calls: i128,
    pub(super) tokens: i128,
}

impl Totals {
    pub(super) fn of(activity: &Activity) -> Self {
        let amounts = &activity.amounts;
        let mut sums = Self { rows: 1, ..Self::default() };
        match activity.key.kind {
            ActivityKind::Run if activity.is_of_unknown_chip() => sums.unknown = amounts.seconds,
            ActivityKind::Run => {
                (sums.seconds, sums.launched, sums.billed) = (amounts.seconds, amounts.launched, amounts.billed);
            }
            ActivityKind::Held if activity.is_of_unknown_chip() => {}
            ActivityKind::Held => sums.held = amounts.seconds,
            ActivityKind::Started => sums.starts = amounts.count,
            ActivityKind::Denied => sums.denied = amounts.count,
            ActivityKind::Reserved => sums.reserved = amounts.count,
            ActivityKind::Model => (sums.calls, sums.tokens) = (amounts.count, amounts.tokens),
        }
        sums
    }
}

impl Level for Totals {
    fn add(&mut self, other: &Self, times: i64) {
        let sign = i128::from(times);
        self.rows += other.rows * times;
        self.seconds += other.seconds * sign;
        self.launched += other.launched * sign;
        self.billed += other.billed * sign;
        self.held += other.held * sign;
        self.unknown += other.unknown * sign;
        self.starts += other.starts * sign;
        self.denied += other.denied * sign;
        self.reserved += other.reserved * sign;
        self.calls += other.calls * sign;
        self.tokens += other.tokens * sign;
    }
}

/// Sums of one chip in an hour.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct OfChip {
    pub(super) rows: i64,
    /// Rows of what ran or was held, and their chip-seconds.
    pub(super) ran: i64,
    pub(super) seconds: i128,
}

impl Level for OfChip {
    fn add(&mut self, other: &Self, times: i64) {
        self.rows += other.rows * times;
        self.ran += other.ran * times;
        self.seconds += other.seconds * i128::from(times);
    }
}

/// Something that rows are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Provider(Text),
    Region(Text, Text),
    Model(Text),
    Sku(Text),
}

/// Which values were seen when.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) chips: BTreeMap<ChipKey, Steps<OfChip>>,
    pub(super) seen: BTreeMap<Value, Steps<i64>>,
}

impl Values {
    /// Adds a row for the hours it holds in, so many times; only what the rule asks about, and chips, which alerts show.
    pub(super) fn add(&mut self, row: &Row, rule: &Rule, times: i64) {
        let activity = &row.activity;
        let ran = matches!(activity.key.kind, ActivityKind::Run | ActivityKind::Held);
        let seconds = if ran { activity.amounts.seconds } else { 0 };
        let level = OfChip { rows: 1, ran: i64::from(ran), seconds };
        let chip = self.chips.entry(activity.key.chip.clone()).or_default();
        chip.add(activity.first, activity.last, &level, times);
        if chip.is_empty() {
            self.chips.remove(&activity.key.chip);
        }
        let provider = || row.account.provider.text();
        if rule.asks_for(Measure::Providers) {
            self.see(Value::Provider(provider()), activity, times);
        }
        if rule.asks_for(Measure::Regions) {
            self.see(Value::Region(provider(), activity.key.region.clone()), activity, times);
        }
        if let (true, Detail::Model(model, _)) = (rule.asks_of(List::Models), &activity.key.detail) {
            self.see(Value::Model(model.clone()), activity, times);
        }
        if let (true, Some(sku)) = (rule.asks_of(List::Skus), &activity.key.sku) {
            self.see(Value::Sku(sku.text()), activity, times);
        }
    }

    fn see(&mut self, value: Value, activity: &Activity, times: i64) {
        let steps = self.seen.entry(value.clone()).or_default();
        steps.add(activity.first, activity.last, &1, times);
        if steps.is_empty() {
            self.seen.remove(&value);
        }
    }
}

/// When something was refused or started, with how many.
#[derive(Debug, Default)]
pub(super) struct Moments {
    pub(super) denied: BTreeMap<EventTime, i64>,
    pub(super) started: BTreeMap<EventTime, i64>,
}

impl Moments {
    /// Adds the instants of an activity, so many times.
    pub(super) fn add(&mut self, activity: &Activity, times: i64) {
        let moments = match activity.key.kind {
            ActivityKind::Denied => &mut self.denied,
            ActivityKind::Started => &mut self.started,
            _ => return,
        };
        for (time, count) in &activity.amounts.times {
            // A refusal counts as an instant, whatever it refused.
            let count = if activity.key.kind == ActivityKind::Denied { 1 } else { *count };
            let known = moments.entry(*time).or_default();
            *known += count * times;
            if *known == 0 {
                moments.remove(time);
            }
        }
    }
}
