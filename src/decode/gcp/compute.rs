//! Compute Engine: machines and groups of machines.
//!
//! A machine of a managed group has entries of its own, made by the group's service account; what the group says is only
//! counted where it was refused. Whether a crashed machine comes back is told by `automaticRestart`.

use serde_json::Value;

use super::entry::{Entry, Phase};
use super::start::{Asked, either, market, refused, sku, started, stopped, takes_accelerators};
use crate::decode::loose::count;
use crate::model::{Market, StopEnd, UsageKind};

pub(super) const CALLS: &[&str] = &[
    "instances.insert",
    "instances.start",
    "instances.startWithEncryptionKey",
    "instances.resume",
    "instances.automaticRestart",
    "instances.stop",
    "instances.suspend",
    "instances.preempted",
    "instances.guestTerminate",
    "instances.terminateOnHostMaintenance",
    "instances.hostError",
    "instances.delete",
    "instances.setMachineType",
    "instances.setMachineResources",
    "instances.bulkInsert",
    "regionInstances.bulkInsert",
    "instanceGroupManagers.insert",
    "instanceGroupManagers.resize",
    "instanceGroupManagers.resizeAdvanced",
    "instanceGroupManagers.createInstances",
    "regionInstanceGroupManagers.insert",
    "regionInstanceGroupManagers.resize",
    "regionInstanceGroupManagers.createInstances",
    "instanceGroupManagerResizeRequests.insert",
];

pub(super) fn read(entry: &Entry<'_>) -> Vec<UsageKind> {
    let request = &*entry.request;
    match entry.call {
        "instances.insert" => one(started(entry, machine(entry, request))),
        "instances.start" | "instances.startWithEncryptionKey" | "instances.resume" | "instances.automaticRestart" => {
            one(started(entry, machine(entry, &Value::Null)))
        }
        "instances.delete" => one(stopped(entry, StopEnd::Terminated)),
        "instances.setMachineType" | "instances.setMachineResources" => changed(entry),
        "instances.bulkInsert" | "regionInstances.bulkInsert" => one(started(entry, bulk(entry))),
        call if call.starts_with("instances.") => one(stopped(entry, StopEnd::Stopped)),
        _ => {
            let sizes = ["targetSize", "size", "resizeBy", "totalTargetSize"];
            let size = sizes.iter().find_map(|name| count(request, &[name])).unwrap_or(1);
            one(refused(entry, None, size))
        }
    }
}

fn one(kind: Option<UsageKind>) -> Vec<UsageKind> {
    kind.into_iter().collect()
}

fn machine(entry: &Entry<'_>, request: &Value) -> Asked {
    Asked { sku: sku(request, "guestAccelerators"), count: 1, resource: entry.resource(), market: market(request) }
}

/// Only a stopped machine can be changed: it is another SKU when it starts again, so the change is a start that ends at
/// once.
fn changed(entry: &Entry<'_>) -> Vec<UsageKind> {
    let is_last = matches!(entry.phase, Phase::Last(_));
    let mut asked = machine(entry, &entry.request);
    // A type that takes accelerators keeps those put into the machine, and does not say which.
    if entry.call == "instances.setMachineType" {
        asked.sku = asked.sku.filter(|sku| !takes_accelerators(sku.as_str()));
    }
    // A half that ends is told whatever it says: its other half waits for it.
    if !(is_last || asked.sku.is_some() && entry.failure.is_none()) {
        return Vec::new();
    }
    started(entry, asked).into_iter().chain(stopped(entry, StopEnd::Terminated)).collect()
}

/// Several machines at once, each with entries of its own: a launch without running time.
fn bulk(entry: &Entry<'_>) -> Asked {
    let request = &*entry.request;
    let properties = either(request, &[&["instanceProperties"], &["bulkInsertInstanceResource", "instanceProperties"]]);
    let counted = count(request, &["count"]).or_else(|| count(request, &["bulkInsertInstanceResource", "count"]));
    let sku = properties.and_then(|properties| sku(properties, "guestAccelerators"));
    let market = properties.map_or(Market::OnDemand, market);
    Asked { sku, count: counted.unwrap_or(1), resource: None, market }
}
