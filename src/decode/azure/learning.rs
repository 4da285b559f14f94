//! Azure Machine Learning: computes, deployments on online endpoints, jobs. They run on machines that are not in the
//! account, so nothing else tells of them.
//!
//! A cluster that grows from nothing, and a job, whose end no record tells, are launches without running time.

use super::record::{Record, Status};
use super::start::{Asked, in_body, market, number_in_body, refused, started, stopped};
use crate::model::{Market, Sku, StopEnd, UsageKind};

pub(super) const OPERATIONS: &[&str] = &[
    "microsoft.machinelearningservices/workspaces/computes/write",
    "microsoft.machinelearningservices/workspaces/computes/start/action",
    "microsoft.machinelearningservices/workspaces/computes/stop/action",
    "microsoft.machinelearningservices/workspaces/computes/delete",
    "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments/write",
    "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments/delete",
    "microsoft.machinelearningservices/workspaces/jobs/write",
];

pub(super) fn read(record: &Record<'_>, operation: &str) -> Vec<UsageKind> {
    match operation.rsplit_once("workspaces/").map(|(_, call)| call) {
        Some("computes/write") => compute(record),
        Some("computes/start/action") => {
            started(record, Asked { sku: None, count: 1, resource: record.resource(), market: Market::OnDemand })
        }
        Some("computes/stop/action") => stopped(record, StopEnd::Stopped),
        Some("computes/delete" | "onlineendpoints/deployments/delete") => stopped(record, StopEnd::Terminated),
        Some("onlineendpoints/deployments/write") => deployment(record),
        _ => job(record),
    }
}

fn compute(record: &Record<'_>) -> Vec<UsageKind> {
    let sku = in_body(record, &["properties", "properties", "vmSize"]).map(Sku::new);
    let priority = in_body(record, &["properties", "properties", "vmPriority"]);
    let grows =
        in_body(record, &["properties", "computeType"]).is_some_and(|kind| kind.eq_ignore_ascii_case("amlcompute"));
    let nodes =
        number_in_body(record, &["properties", "properties", "scaleSettings", "minNodeCount"]).filter(|_| grows);
    if sku.is_none() && record.status() == Status::Failed {
        return vec![refused(record, None, 1)];
    }
    let resource = record.resource().filter(|_| !grows || nodes.is_some_and(|nodes| nodes > 0));
    // What names no size may be a cluster, or a workspace of others that was attached.
    let resource = resource.filter(|_| sku.is_some());
    started(record, Asked { sku, count: nodes.unwrap_or(1), resource, market: market(priority.as_deref()) })
}

fn deployment(record: &Record<'_>) -> Vec<UsageKind> {
    let sku = in_body(record, &["properties", "instanceType"]).map(Sku::new);
    let count = number_in_body(record, &["sku", "capacity"]).unwrap_or(1);
    // An update that names no machine does not say how many there are.
    let resource = record.resource().filter(|_| sku.is_some());
    started(record, Asked { sku, count, resource, market: Market::OnDemand })
}

fn job(record: &Record<'_>) -> Vec<UsageKind> {
    let Some(sku) = in_body(record, &["properties", "resources", "instanceType"]).map(Sku::new) else {
        return Vec::new();
    };
    let count = number_in_body(record, &["properties", "resources", "instanceCount"]).unwrap_or(1);
    match record.status() {
        Status::Open => Vec::new(),
        _ => started(record, Asked { sku: Some(sku), count, resource: None, market: Market::OnDemand }),
    }
}
