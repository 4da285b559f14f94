//! Which billed lines count (D4), and how a line spreads over hours (D5).
//!
//! Of a statement the greatest complete version counts, else the greatest version an account was seen in; lines without a
//! statement all count.

use std::collections::BTreeMap;

use super::arena::Loc;
use crate::model::{BilledClass, BilledLine, BilledUnit, ChipCount, Hour, Micros, Provider, Statement, Text};

/// A statement, whatever its version: provider, export and billing period.
pub(super) type StatementKey = (Provider, Text, Text);

pub(super) fn statement_key(provider: &Provider, statement: &Statement) -> StatementKey {
    (provider.clone(), statement.export.clone(), statement.period.clone())
}

/// What is known of a statement.
#[derive(Clone, Debug, Default)]
pub(super) struct Versions {
    /// Versions that are complete, with how many facts say so.
    pub(super) complete: BTreeMap<u64, u32>,
    /// Accounts with lines on it.
    pub(super) accounts: Vec<u32>,
}

impl Versions {
    /// The greatest version that is complete.
    pub(super) fn greatest(&self) -> Option<u64> {
        self.complete.keys().next_back().copied()
    }
}

/// One account's lines on a statement.
#[derive(Clone, Debug, Default)]
pub(super) struct OnStatement {
    pub(super) versions: BTreeMap<u64, Vec<Loc>>,
    /// The version whose lines count.
    pub(super) counted: Option<u64>,
}

impl OnStatement {
    /// The version that counts once `complete` is the greatest complete one.
    pub(super) fn counts(&self, complete: Option<u64>) -> Option<u64> {
        complete.or_else(|| self.versions.keys().next_back().copied())
    }

    pub(super) fn lines(&self, version: Option<u64>) -> Vec<Loc> {
        version.and_then(|version| self.versions.get(&version)).cloned().unwrap_or_default()
    }
}

/// Whether a line bills time of capacity that ran or was held, so that its SKU is that of its resource.
pub(super) fn measures_time(line: &BilledLine) -> bool {
    matches!(line.class, BilledClass::Run | BilledClass::Held)
        && matches!(line.unit, BilledUnit::InstanceHours | BilledUnit::GpuHours | BilledUnit::GpuSeconds)
}

/// Chip-seconds of a line: signed, rounded down. `per_instance` counts only where whole instances are billed; units that
/// measure no time give nothing.
pub(super) fn chip_seconds(line: &BilledLine, per_instance: ChipCount) -> Option<i128> {
    let quantity = i128::from(line.quantity.0);
    let one = i128::from(Micros::ONE.0);
    match line.unit {
        BilledUnit::InstanceHours => Some((quantity * i128::from(per_instance.0.0) * 3_600).div_euclid(one * one)),
        BilledUnit::GpuHours => Some((quantity * 3_600).div_euclid(one)),
        BilledUnit::GpuSeconds => Some(quantity.div_euclid(one)),
        BilledUnit::Tokens | BilledUnit::Units => None,
    }
}

/// A total over the hours of a line's period: equal parts, the remainder to the first ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    /// What every hour has.
    pub(super) part: i128,
    /// What the hours before `rest_to` have more: the sign of none but whole units, so it is one.
    pub(super) rest_to: Hour,
}

impl Spread {
    pub(super) fn of(line: &BilledLine, total: i128) -> Self {
        let hours = line.period.hours();
        let count = (i128::from(*hours.end()) - i128::from(*hours.start()) + 1).max(1);
        let rest = i64::try_from(total.rem_euclid(count)).unwrap_or(0);
        Self { part: total.div_euclid(count), rest_to: Hour(*hours.start()).plus(rest) }
    }

    /// What some hours of the period have together.
    pub(super) fn within(&self, first: Hour, last: Hour) -> i128 {
        let (first, end) = (i128::from(first.0), i128::from(last.0) + 1);
        self.part * (end - first).max(0) + (i128::from(self.rest_to.0).min(end) - first).max(0)
    }
}
