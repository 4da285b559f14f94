//! What ran, summed for metrics: never by account, name or address.

use std::collections::BTreeMap;

use super::Rulebook;
use super::rows::Row;
use crate::ledger::{AccountIndex, ActivityKind, Amounts, ChipKey};
use crate::model::{EventTime, Hour, Text};

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
    /// Chip-seconds of the hour that goes on at `now`, as if it went on to its end as it did so far: a machine that runs
    /// on counts the same all through the hour.
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
    let (hour, passed) = going_on(now);
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
        if (activity.first..=activity.last).contains(&hour) {
            *sums.running.entry(key.clone()).or_default() += whole_hour(&activity.amounts, passed);
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

/// The hour that goes on, and how many of its seconds have passed; on the full hour it is the one that ends.
fn going_on(now: EventTime) -> (Hour, i128) {
    let hour = EventTime::from_nanos(now.nanos().saturating_sub(1)).hour();
    let passed = i128::from(now.nanos()) - i128::from(hour.start().nanos());
    (hour, (passed / 1_000_000_000).max(1))
}

/// Chip-seconds of an hour of which only so much has passed. Bills speak of whole hours anyway.
fn whole_hour(amounts: &Amounts, passed: i128) -> i128 {
    if amounts.seconds == amounts.launched { amounts.seconds * 3_600 / passed } else { amounts.seconds }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(now: &str, launched: i128, billed: Option<i128>) -> i128 {
        let (_, passed) = going_on(EventTime::parse(now).unwrap());
        let billed_or_not = billed.unwrap_or_default();
        let seconds = billed.unwrap_or(launched);
        whole_hour(&Amounts { seconds, launched, billed: billed_or_not, ..Amounts::default() }, passed)
    }

    #[test]
    fn a_machine_that_runs_on_counts_the_same_all_through_the_hour() {
        for (now, seconds) in [("10:00:01", 1), ("10:10:00", 600), ("10:59:59", 3_599), ("11:00:00", 3_600)] {
            assert_eq!(running(&format!("2024-03-01T{now}Z"), 8 * seconds, None), 8 * 3_600, "{now}");
        }
    }

    #[test]
    fn a_bill_of_an_hour_that_goes_on_is_not_stretched() {
        assert_eq!(running("2024-03-01T10:10:00Z", 0, Some(8 * 3_600)), 8 * 3_600);
    }

    #[test]
    fn on_the_full_hour_the_hour_that_ends_is_the_one_that_goes_on() {
        let at = |time| going_on(EventTime::parse(time).unwrap());
        assert_eq!(at("2024-03-01T11:00:00Z"), (EventTime::parse("2024-03-01T10:00:00Z").unwrap().hour(), 3_600));
        assert_eq!(at("2024-03-01T11:00:00.1Z"), (EventTime::parse("2024-03-01T11:00:00Z").unwrap().hour(), 1));
        assert!(going_on(EventTime::MIN).1 >= 1, "the ends of time do not overflow");
    }
}
