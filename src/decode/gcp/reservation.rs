//! Reservations, future reservations and larger quotas. They are told when they are asked for; one that then fails is also a
//! refusal.

use serde_json::Value;

use super::entry::{Entry, Phase};
use super::start::{either, refused, sku};
use crate::decode::loose::{at, count, text};
use crate::decode::time;
use crate::model::{EventTime, Sku, Text, UsageKind};

/// Of Compute Engine.
pub(super) const CALLS: &[&str] = &["reservations.insert", "futureReservations.insert"];

/// Of Cloud Quotas.
pub(super) const QUOTA_CALLS: &[&str] = &["CloudQuotas.CreateQuotaPreference", "CloudQuotas.UpdateQuotaPreference"];

pub(super) fn read(entry: &Entry<'_>, now: EventTime) -> Vec<UsageKind> {
    let request = &*entry.request;
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
