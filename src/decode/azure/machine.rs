//! Virtual machines: written, started, deallocated, deleted, refused.

use super::record::Record;
use super::start::{Asked, in_body, market, started, stopped};
use crate::model::{Sku, StopEnd, UsageKind};

/// `powerOff` is passed over: the machine stays allocated and is billed on. So are restarts.
pub(super) const OPERATIONS: &[&str] = &[
    "microsoft.compute/virtualmachines/write",
    "microsoft.compute/virtualmachines/start/action",
    "microsoft.compute/virtualmachines/deallocate/action",
    "microsoft.compute/virtualmachines/delete",
];

pub(super) fn read(record: &Record<'_>, operation: &str) -> Vec<UsageKind> {
    match operation.rsplit_once("virtualmachines/").map(|(_, call)| call) {
        Some("delete") => stopped(record, StopEnd::Terminated),
        Some("deallocate/action") => stopped(record, StopEnd::Stopped),
        _ => started(record, asked(record)),
    }
}

fn asked(record: &Record<'_>) -> Asked {
    let size = in_body(record, &["properties", "hardwareProfile", "vmSize"]);
    let sku = size.or_else(|| in_body(record, &["hardwareProfile", "vmSize"])).map(Sku::new);
    let priority = in_body(record, &["properties", "priority"]);
    Asked { sku, count: 1, resource: record.resource(), market: market(priority.as_deref()) }
}
