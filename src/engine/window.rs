//! The measures of a subject in an hour-aligned window (D7).
//!
//! In: the subject's matched rows, by hour, added at the front of the window and dropped at its back. Out: sums kept as
//! integers, distinct counts taken from the rows at hand. Chips not in the catalogue are measured as unknown hours and
//! never mixed into GPU-hours.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::rows::Row;
use crate::ledger::{Activity, ActivityKind, ChipKey, Detail};
use crate::model::{EventTime, Hour, Text};

/// Rows of the last `hours` hours.
pub(super) struct Window<'a> {
    hours: i64,
    rows: VecDeque<&'a Row<'a>>,
    sums: Sums,
}

/// Sums over a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sums {
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

impl Sums {
    fn add(&mut self, activity: &Activity, sign: i128) {
        let amounts = &activity.amounts;
        match activity.kind {
            ActivityKind::Run if matches!(activity.chip, ChipKey::Unknown(_)) => self.unknown += sign * amounts.seconds,
            ActivityKind::Run => {
                self.seconds += sign * amounts.seconds;
                self.launched += sign * amounts.launched;
                self.billed += sign * amounts.billed;
            }
            ActivityKind::Held if matches!(activity.chip, ChipKey::Unknown(_)) => {}
            ActivityKind::Held => self.held += sign * amounts.seconds,
            ActivityKind::Started => self.starts += sign * amounts.count,
            ActivityKind::Denied => self.denied += sign * amounts.count,
            ActivityKind::Reserved => self.reserved += sign * amounts.count,
            ActivityKind::Model => {
                self.calls += sign * amounts.count;
                self.tokens += sign * amounts.tokens;
            }
        }
    }
}

impl<'a> Window<'a> {
    pub(super) fn new(hours: i64) -> Self {
        Self { hours, rows: VecDeque::new(), sums: Sums::default() }
    }

    /// Takes a row of the newest hour in.
    pub(super) fn push(&mut self, row: &'a Row<'a>) {
        self.sums.add(&row.activity, 1);
        self.rows.push_back(row);
    }

    /// Lets rows go that lie before the window ending in `hour`.
    pub(super) fn end_at(&mut self, hour: Hour) {
        let first = hour.plus(1 - self.hours);
        while let Some(row) = self.rows.front().filter(|row| row.activity.hour < first) {
            self.sums.add(&row.activity, -1);
            self.rows.pop_front();
        }
    }

    pub(super) fn sums(&self) -> &Sums {
        &self.sums
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &'a Row<'a>> + '_ {
        self.rows.iter().copied()
    }

    fn of(&self, kind: ActivityKind) -> impl Iterator<Item = &'a Row<'a>> + '_ {
        self.rows().filter(move |row| row.activity.kind == kind)
    }

    /// Greatest chip-seconds in one hour.
    pub(super) fn peak(&self) -> i128 {
        let mut hours: BTreeMap<Hour, i128> = BTreeMap::new();
        for row in self.of(ActivityKind::Run).filter(|row| !matches!(row.activity.chip, ChipKey::Unknown(_))) {
            *hours.entry(row.activity.hour).or_default() += row.activity.amounts.seconds;
        }
        hours.into_values().max().unwrap_or(0).max(0)
    }

    /// Starts after the first denial of the window.
    pub(super) fn starts_after_denial(&self) -> i128 {
        let times = |kind| self.of(kind).flat_map(|row| &row.activity.amounts.times);
        let Some(first) = times(ActivityKind::Denied).map(|(time, _)| *time).min() else { return 0 };
        let after = |(time, _): &&(EventTime, u32)| *time > first;
        times(ActivityKind::Started).filter(after).map(|(_, count)| i128::from(*count)).sum()
    }

    /// How many different values `pick` finds.
    pub(super) fn distinct<T: Ord>(&self, pick: impl Fn(&'a Row<'a>) -> T) -> usize {
        self.rows().map(pick).collect::<BTreeSet<_>>().len()
    }

    /// Chips named, in order.
    pub(super) fn chips(&self) -> BTreeSet<Text> {
        self.rows().map(|row| Text::new(row.activity.chip.to_string())).filter(|chip| !chip.is_empty()).collect()
    }

    /// Models named, in order.
    pub(super) fn models(&self) -> BTreeSet<Text> {
        let model = |row: &Row| match &row.activity.detail {
            Detail::Model(model, _) => Some(model.clone()),
            _ => None,
        };
        self.rows().filter_map(model).collect()
    }

    /// SKUs as written, in order.
    pub(super) fn skus(&self) -> BTreeSet<Text> {
        self.rows().filter_map(|row| row.activity.sku.as_ref().map(|sku| sku.text())).collect()
    }
}
