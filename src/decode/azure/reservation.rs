//! Capacity reservations and larger quotas. One that names no size reserves nothing that could be told.

use super::record::{Record, Status};
use super::start::{in_body, number_in_body, refused};
use crate::model::{EventTime, Sku, UsageKind};

const RESERVATION: &str = "microsoft.compute/capacityreservationgroups/capacityreservations/write";
const QUOTA: &str = "microsoft.quota/quotas/write";

pub(super) const OPERATIONS: &[&str] = &[RESERVATION, QUOTA];

pub(super) fn read(record: &Record<'_>, operation: &str, now: EventTime) -> Vec<UsageKind> {
    let is_quota = operation == QUOTA;
    let (named, counted): (&[&str], &[&str]) = match is_quota {
        true => (&["properties", "name", "value"], &["properties", "limit", "value"]),
        false => (&["sku", "name"], &["sku", "capacity"]),
    };
    let named = in_body(record, named).or_else(|| record.resource_name().filter(|_| is_quota).map(str::to_owned));
    let (sku, count) = (named.map(Sku::new), number_in_body(record, counted));
    match (record.status(), sku, is_quota) {
        (Status::Open, ..) | (Status::Failed, _, true) | (Status::Succeeded, None, _) => Vec::new(),
        (Status::Failed, sku, false) => vec![refused(record, sku, count.unwrap_or(1))],
        (Status::Succeeded, Some(sku), true) => {
            // Asked for, not held: it lasts no time.
            let count = count.unwrap_or(0);
            vec![UsageKind::CapacityReserved { sku, count, from: now, to: now, reservation: None }]
        }
        (Status::Succeeded, Some(sku), false) => {
            let reservation = record.resource().map(|id| id.text());
            // Without an end it is held until it is deleted.
            vec![UsageKind::CapacityReserved {
                sku,
                count: count.unwrap_or(1),
                from: now,
                to: EventTime::MAX,
                reservation,
            }]
        }
    }
}
