//! Reservations, future reservations, commitments to accelerators and larger quotas. They are told when they are asked for; one that then fails is also a
//! refusal.

use serde_json::Value;

use super::entry::{Entry, Phase, last_part};
use super::start::{either, refused, sku};
use crate::decode::loose::{at, count, items, text};
use crate::decode::time;
use crate::model::{EventTime, Sku, Text, UsageKind};

/// Of Compute Engine.
pub(super) const CALLS: &[&str] = &["reservations.insert", "futureReservations.insert", COMMITMENT];
const COMMITMENT: &str = "regionCommitments.insert";

/// Of Cloud Quotas.
pub(super) const QUOTA_CALLS: &[&str] = &["CloudQuotas.CreateQuotaPreference", "CloudQuotas.UpdateQuotaPreference"];

pub(super) fn read(entry: &Entry<'_>, now: EventTime) -> Vec<UsageKind> {
    let request = &*entry.request;
    if entry.call == COMMITMENT {
        return committed(entry, now);
    }
    let (properties, counted) = match entry.call {
        "futureReservations.insert" => {
            let of = "specificSkuProperties";
            (either(request, &[&[of, "instanceProperties"]]), count(request, &[of, "totalCount"]))
        }
        _ => {
            let of = "specificReservation";
            (either(request, &[&[of, "instanceProperties"]]), count(request, &[of, "count"]))
        }
    };
    let (sku, count) =
        (properties.and_then(|properties| sku(properties, "guestAccelerators")), counted.unwrap_or(1).max(1));
    if entry.failure.is_some() {
        return refused(entry, sku, count).into_iter().collect();
    }
    let when = |path: &[&str]| at(request, path).and_then(time);
    // What was asked stands in the first half only.
    let (false, Some(sku)) = (matches!(entry.phase, Phase::Last(_) | Phase::Between), sku) else { return Vec::new() };
    vec![UsageKind::CapacityReserved {
        sku,
        count,
        from: when(&["timeWindow", "startTime"]).unwrap_or(now),
        // Without an end it is held until it is deleted.
        to: when(&["timeWindow", "endTime"]).or_else(|| when(&["deleteAtTime"])).unwrap_or(EventTime::MAX),
        reservation: entry.resource().map(|id| id.text()),
    }]
}

/// One fact for each kind of accelerator that is paid for until the end of its plan, counted in accelerators and not in machines
/// (Compute Engine's API reference, `Commitment`: `resources[].type`, `acceleratorType`, `amount`; `plan`). Cores and memory are
/// no accelerators; reservations that are made with it hold the same ones once more, and are not told.
fn committed(entry: &Entry<'_>, now: EventTime) -> Vec<UsageKind> {
    let request = &*entry.request;
    let is_accelerator = |resource: &&Value| text(resource, &["type"]) == Some("ACCELERATOR");
    let accelerators: Vec<(Option<Sku>, u32)> = items(request, &["resources"])
        .iter()
        .filter(is_accelerator)
        .map(|resource| {
            let sku = text(resource, &["acceleratorType"]).map(|name| Sku::new(last_part(name)));
            (sku, count(resource, &["amount"]).unwrap_or(1).max(1))
        })
        .collect();
    if entry.failure.is_some() {
        // A half that ends says nothing of what was asked for; what asked for cores alone was refused no accelerator.
        let asked = match accelerators.into_iter().next() {
            None if items(request, &["resources"]).is_empty() => (None, 1),
            None => return Vec::new(),
            Some(asked) => asked,
        };
        return refused(entry, asked.0, asked.1).into_iter().collect();
    }
    if matches!(entry.phase, Phase::Last(_) | Phase::Between) {
        return Vec::new();
    }
    let when = |name: &str| at(request, &[name]).and_then(time);
    let from = when("startTimestamp").unwrap_or(now);
    let to =
        when("endTimestamp").or_else(|| when("customEndTimestamp")).or_else(|| end(from, text(request, &["plan"])?));
    let id = entry.resource();
    let one = |(n, (sku, count)): (usize, (Option<Sku>, u32))| {
        let reservation = id.as_ref().map(|id| if n == 0 { id.text() } else { format!("{id}/{}", n + 1).into() });
        Some(UsageKind::CapacityReserved { sku: sku?, count, from, to: to.unwrap_or(EventTime::MAX), reservation })
    };
    accelerators.into_iter().enumerate().filter_map(one).collect()
}

/// The end of a plan that begins then.
fn end(from: EventTime, plan: &str) -> Option<EventTime> {
    let years = match plan {
        "TWELVE_MONTH" => 1,
        "THIRTY_SIX_MONTH" => 3,
        "SIXTY_MONTH" => 5,
        _ => return None,
    };
    let begins = jiff::Timestamp::from_nanosecond(i128::from(from.nanos())).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
    let ends = begins.checked_add(jiff::Span::new().years(years)).ok()?.timestamp();
    i64::try_from(ends.as_nanosecond()).ok().map(EventTime::from_nanos)
}

/// A larger quota, by the family it is for, else by its own name.
pub(super) fn read_quota(entry: &Entry<'_>, now: EventTime) -> Vec<UsageKind> {
    let preference = either(&entry.request, &[&["quotaPreference"]]).unwrap_or(&Value::Null);
    let service = text(preference, &["service"]).unwrap_or_default();
    let is_of_machines = ["compute.", "tpu.", "aiplatform."].iter().any(|of| service.starts_with(of));
    let named = text(preference, &["dimensions", "gpu_family"]).or_else(|| text(preference, &["quotaId"]));
    let (true, Some(name), None) = (is_of_machines, named, &entry.failure) else { return Vec::new() };
    vec![UsageKind::CapacityReserved {
        sku: Sku::new(name),
        count: count(preference, &["quotaConfig", "preferredValue"]).unwrap_or(0),
        // Asked for, not held: it lasts no time.
        from: now,
        to: now,
        reservation: text(preference, &["name"]).map(Text::new),
    }]
}
