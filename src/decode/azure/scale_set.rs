//! Scale sets: as many machines of one size as their capacity says, none of which has records of its own.
//!
//! Most writes change something else and say no capacity: they say nothing. Of a flexible set the machines have records of
//! their own, so it is a launch without running time. What happens to single machines of a set does not say how many stay.

use super::record::{Record, Status};
use super::start::{Asked, in_body, market, number_in_body, refused, started, stopped, value_in_body};
use crate::model::{Sku, StopEnd, UsageKind};

pub(super) const OPERATIONS: &[&str] = &[
    "microsoft.compute/virtualmachinescalesets/write",
    "microsoft.compute/virtualmachinescalesets/start/action",
    "microsoft.compute/virtualmachinescalesets/deallocate/action",
    "microsoft.compute/virtualmachinescalesets/delete",
];

pub(super) fn read(record: &Record<'_>, operation: &str) -> Vec<UsageKind> {
    let of_some = || value_in_body(record, &["instanceIds"]).is_some();
    match operation.rsplit_once("virtualmachinescalesets/").map(|(_, call)| call) {
        Some("delete") => stopped(record, StopEnd::Terminated),
        Some("deallocate/action") if !of_some() => stopped(record, StopEnd::Stopped),
        Some("write") => written(record),
        // How many start again is not said.
        Some("start/action") if record.status() == Status::Failed => vec![refused(record, None, 1)],
        _ => Vec::new(),
    }
}

fn written(record: &Record<'_>) -> Vec<UsageKind> {
    let sku = in_body(record, &["sku", "name"]).map(Sku::new);
    let capacity = number_in_body(record, &["sku", "capacity"]);
    let priority = in_body(record, &["properties", "virtualMachineProfile", "priority"]);
    let flexible =
        in_body(record, &["properties", "orchestrationMode"]).is_some_and(|m| m.eq_ignore_ascii_case("flexible"));
    match (record.status(), capacity) {
        (Status::Open, _) => Vec::new(),
        (Status::Failed, capacity) => vec![refused(record, sku, capacity.unwrap_or(1))],
        (Status::Succeeded, None) => Vec::new(),
        (Status::Succeeded, Some(0)) if flexible => Vec::new(),
        (Status::Succeeded, Some(0)) => stopped(record, StopEnd::Stopped),
        (Status::Succeeded, Some(count)) => {
            let resource = record.resource().filter(|_| !flexible);
            started(record, Asked { sku, count, resource, market: market(priority.as_deref()) })
        }
    }
}
