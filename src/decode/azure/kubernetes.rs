//! Node pools of Kubernetes clusters. Their nodes run in scale sets of the same subscription, which have records of their
//! own, so a pool is a launch without running time; deleting one says nothing more.

use serde_json::Value;

use super::record::{Record, Status};
use super::start::{Asked, in_body, market, number_in_body, started, value_in_body};
use crate::decode::loose::{count, text};
use crate::model::{Sku, UsageKind};

const POOL: &str = "microsoft.containerservice/managedclusters/agentpools/write";
const CLUSTER: &str = "microsoft.containerservice/managedclusters/write";

pub(super) const OPERATIONS: &[&str] = &[POOL, CLUSTER];

pub(super) fn read(record: &Record<'_>, operation: &str) -> Vec<UsageKind> {
    if operation == POOL {
        let sku = in_body(record, &["properties", "vmSize"]).map(Sku::new);
        let nodes = number_in_body(record, &["properties", "count"]).unwrap_or(1);
        let priority = in_body(record, &["properties", "scaleSetPriority"]);
        return match (record.status(), nodes) {
            (Status::Succeeded, 0) => Vec::new(),
            _ => started(record, Asked { sku, count: nodes, resource: None, market: market(priority.as_deref()) }),
        };
    }
    // A cluster that is written again names its pools again.
    let is_update = in_body(record, &["statusCode"]).is_some_and(|code| code.eq_ignore_ascii_case("ok"));
    let pools = value_in_body(record, &["properties", "agentPoolProfiles"]).unwrap_or_default();
    let pools = pools.as_array().map(Vec::as_slice).unwrap_or_default();
    let most = if record.status() == Status::Succeeded { pools.len() } else { 1 };
    let pools = pools.iter().take(if is_update { 0 } else { most });
    pools.filter_map(profile).flat_map(|asked| started(record, asked)).collect()
}

fn profile(pool: &Value) -> Option<Asked> {
    let sku = Some(Sku::new(text(pool, &["vmSize"])?));
    let nodes = count(pool, &["count"]).unwrap_or(1);
    let market = market(text(pool, &["scaleSetPriority"]));
    (nodes > 0).then_some(Asked { sku, count: nodes, resource: None, market })
}
