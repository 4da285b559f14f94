//! Kubernetes Engine: clusters and node pools. Their nodes are machines with entries of their own, so a pool is a launch
//! without running time. Of a cluster's pools one is told: the first that has accelerators, else the first.

use serde_json::Value;

use super::entry::Entry;
use super::start::{Asked, either, market, refused, sku, started};
use crate::decode::loose::{count, field, items};
use crate::model::UsageKind;

pub(super) const CALLS: &[&str] =
    &["ClusterManager.CreateCluster", "ClusterManager.CreateNodePool", "ClusterManager.SetNodePoolSize"];

pub(super) fn read(entry: &Entry<'_>) -> Vec<UsageKind> {
    let request = &*entry.request;
    let kind = match entry.call {
        "ClusterManager.SetNodePoolSize" => refused(entry, None, count(request, &["nodeCount"]).unwrap_or(1)),
        _ => started(entry, pool(request)),
    };
    kind.into_iter().collect()
}

fn pool(request: &Value) -> Asked {
    let cluster = either(request, &[&["cluster"]]).unwrap_or(request);
    let pools = items(cluster, &["nodePools"]);
    let accelerated = |pool: &&Value| !items(pool, &["config", "accelerators"]).is_empty();
    let pool = either(request, &[&["nodePool"]])
        .or_else(|| pools.iter().find(accelerated).or_else(|| pools.first()))
        .unwrap_or(cluster);
    let config = either(pool, &[&["config"], &["nodeConfig"]]).unwrap_or(&Value::Null);
    let nodes = count(pool, &["initialNodeCount"]).or_else(|| count(field(pool, "autoscaling")?, &["minNodeCount"]));
    Asked { sku: sku(config, "accelerators"), count: nodes.unwrap_or(1), resource: None, market: market(config) }
}
