//! Groups of machines that a service keeps: Auto Scaling groups, node groups of EKS, compute environments of Batch, node
//! groups of the Parallel Computing Service.
//!
//! Their machines are launched in the account itself, with records of their own, so a group that names its type is a launch
//! without running time: hours are those of its machines. A cluster that ParallelCluster makes is a stack whose machines are
//! EC2's too, and says nothing more. Types a group may choose from are told by their first.

use serde_json::Value;

use super::cloudtrail::Call;
use super::fields::{as_text, count, field, items, path, text};
use crate::model::{Market, Sku, Text, Usage, UsageKind};

pub(super) const AUTO_SCALING_CALLS: &[&str] =
    &["CreateAutoScalingGroup", "UpdateAutoScalingGroup", "SetDesiredCapacity"];
pub(super) const EKS_CALLS: &[&str] = &["CreateNodegroup", "UpdateNodegroupConfig"];
pub(super) const BATCH_CALLS: &[&str] = &["CreateComputeEnvironment", "UpdateComputeEnvironment"];
pub(super) const PCS_CALLS: &[&str] = &["CreateComputeNodeGroup", "UpdateComputeNodeGroup"];

pub(super) fn read(call: &Call<'_>) -> Vec<Usage> {
    let (sku, count) = (kind(call.request), size(call.request));
    if let Some(reason) = call.denied {
        return vec![call.refused(reason, sku, count.unwrap_or(1))];
    }
    // How many machines the vCPUs of Batch are is not said, and none of them runs yet.
    let (Some(sku), Some(count)) = (sku, count.filter(|count| *count > 0)) else { return Vec::new() };
    let market = market(call.request);
    vec![call.usage(0, UsageKind::CapacityStarted { sku: Some(Sku::new(sku)), count, resource: None, market })]
}

/// The first type named; a family (`p5`) or `optimal` is none.
fn kind(request: &Value) -> Option<Text> {
    let template = path(request, &["mixedInstancesPolicy", "launchTemplate"]).unwrap_or(&Value::Null);
    let resources = field(request, "computeResources").unwrap_or(request);
    let listed = items(resources, "instanceTypes").into_iter().filter_map(as_text);
    let chosen = [items(template, "overrides"), items(request, "instanceConfigs")];
    let chosen = chosen.into_iter().flatten().filter_map(|item| text(item, "instanceType"));
    listed.chain(chosen).find(|name| name.contains('.'))
}

/// How many machines it begins with.
fn size(request: &Value) -> Option<u32> {
    let counted = |value: &Value, names: &[&str]| names.iter().find_map(|name| count(value, name));
    let scaling = field(request, "scalingConfig").or_else(|| field(request, "scalingConfiguration"));
    let own = counted(request, &["desiredCapacity", "minSize"]);
    own.or_else(|| counted(scaling?, &["desiredSize", "minSize", "minInstanceCount"]))
}

fn market(request: &Value) -> Market {
    let kind = ["capacityType", "purchaseOption"].iter().find_map(|name| text(request, name));
    let kind = kind.or_else(|| path(request, &["computeResources", "type"]).and_then(as_text));
    match kind.as_deref() {
        Some("SPOT") => Market::Spot,
        Some("CAPACITY_BLOCK") => Market::Block,
        _ => Market::OnDemand,
    }
}
