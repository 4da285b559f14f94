//! What ran, summed for metrics: never by account, name or address.

use std::collections::BTreeMap;

use super::Rulebook;
use super::rows::Row;
use crate::ledger::{AccountIndex, ActivityKind, ChipKey};
use crate::model::{EventTime, Text};

/// What a sum is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Consumed {
    /// The cloud.
    pub provider: Text,
    /// The provider's region.
    pub region: Text,
    /// Chip, or `unknown`.
    pub chip: Text,
    /// Class of control on the day.
    pub control: Text,
    /// `MACAU_OR_D5` by the owner's headquarters, `other`, or `unknown`.
    pub country_group: Text,
}

/// Sums over everything evaluated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Consumption {
    /// Chip-seconds in all.
    pub seconds: BTreeMap<Consumed, i128>,
    /// Chip-seconds of the hour of `now`.
    pub running: BTreeMap<Consumed, i128>,
    /// Account-hours of SKUs the catalogue does not know, whatever was done with them, by cloud.
    pub unknown_skus: BTreeMap<Text, u64>,
    /// Hours of activity behind which a customer or owner is not known, by what is not known.
    pub unresolved: BTreeMap<&'static str, u64>,
}

/// How far adding up is.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    pub(super) shard: usize,
    pub(super) account: AccountIndex,
    /// What was added up so far.
    pub sums: Consumption,
}

const RESTRICTED: &str = "MACAU_OR_D5";

/// Adds the rows of an account.
pub(super) fn add<'a>(sums: &mut Consumption, rows: impl Iterator<Item = &'a Row>, book: &Rulebook, now: EventTime) {
    for row in rows {
        let activity = &row.activity;
        let hours = activity.hours().unsigned_abs();
        if matches!(activity.key.chip, ChipKey::Unknown(_)) {
            *sums.unknown_skus.entry(row.account.provider.text()).or_default() += hours;
        }
        if activity.key.kind != ActivityKind::Run {
            continue;
        }
        let day = activity.day();
        let owner = row.standing.owner_card.as_ref();
        let hq = owner.and_then(|owner| owner.hq);
        let country_group = match hq {
            None => "unknown",
            Some(hq) if book.jurisdictions.contains(RESTRICTED, hq, day) => RESTRICTED,
            Some(_) => "other",
        };
        let key = Consumed {
            provider: row.account.provider.text(),
            region: activity.key.region.clone(),
            chip: match &activity.key.chip {
                ChipKey::Known(chip) => chip.text(),
                _ => Text::new_static("unknown"),
            },
            control: Text::new(row.control.as_ref().map_or("unknown", |control| control.class.as_str())),
            country_group: Text::new_static(country_group),
        };
        if (activity.first..=activity.last).contains(&now.hour()) {
            *sums.running.entry(key.clone()).or_default() += activity.amounts.seconds;
        }
        *sums.seconds.entry(key).or_default() += activity.seconds();
        if row.standing.customer.is_none() {
            *sums.unresolved.entry("customer").or_default() += hours;
        }
        if row.standing.owner.as_ref().is_none_or(|owner| !owner.resolved) {
            *sums.unresolved.entry("owner").or_default() += hours;
        }
        if owner.is_some_and(|owner| owner.hq.is_none() && !owner.person) {
            *sums.unresolved.entry("owner_hq").or_default() += hours;
        }
    }
}
