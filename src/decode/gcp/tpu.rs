//! TPU: nodes, which are machines of their own, and queued resources, which ask for nodes and hold nothing yet.

use serde_json::Value;

use super::entry::Entry;
use super::start::{Asked, market, refused, started, stopped};
use crate::decode::loose::{count, field, items, text};
use crate::model::{EventTime, ResourceId, Sku, StopEnd, Text, UsageKind};

pub(super) const CALLS: &[&str] =
    &["Tpu.CreateNode", "Tpu.StartNode", "Tpu.StopNode", "Tpu.DeleteNode", "Tpu.CreateQueuedResource"];

pub(super) fn read(entry: &Entry<'_>, time: EventTime) -> Vec<UsageKind> {
    let request = &*entry.request;
    let kind = match entry.call {
        "Tpu.CreateNode" => started(entry, node(entry, field(request, "node").unwrap_or(&Value::Null))),
        "Tpu.StartNode" => started(entry, node(entry, &Value::Null)),
        "Tpu.StopNode" => stopped(entry, StopEnd::Stopped),
        "Tpu.DeleteNode" => stopped(entry, StopEnd::Terminated),
        _ => return queued(entry, time),
    };
    kind.into_iter().collect()
}

fn node(entry: &Entry<'_>, node: &Value) -> Asked {
    let config = field(node, "schedulingConfig").unwrap_or(&Value::Null);
    Asked { sku: sku(node), count: 1, resource: resource(entry), market: market(config) }
}

/// `v5p-8`; where a topology is asked for instead, `tpu V5P 2x2x2`, which no table knows.
fn sku(node: &Value) -> Option<Sku> {
    let named = text(node, &["acceleratorType"]).map(Sku::new);
    named.or_else(|| {
        let kind = text(node, &["acceleratorConfig", "type"])?;
        let topology = text(node, &["acceleratorConfig", "topology"]).unwrap_or_default();
        Some(Sku::new(format!("tpu {kind} {topology}")))
    })
}

/// The node; a call to create it may be about its parent and name it beside.
fn resource(entry: &Entry<'_>) -> Option<ResourceId> {
    let about = entry.resource().filter(|id| id.as_str().contains("/nodes/"));
    about.or_else(|| {
        let (parent, name) = (text(&entry.request, &["parent"])?, text(&entry.request, &["nodeId"])?);
        entry.named(&format!("{parent}/nodes/{name}"))
    })
}

/// One fact for each kind of node asked for; it lasts no time, for what comes of it is not said.
fn queued(entry: &Entry<'_>, time: EventTime) -> Vec<UsageKind> {
    let queued = field(&entry.request, "queuedResource").unwrap_or(&entry.request);
    let specs = items(queued, &["tpu", "nodeSpec"]);
    let asked = |spec: &Value| {
        let many = ["multisliceParams", "multiNodeParams"].iter().find_map(|name| count(spec, &[name, "nodeCount"]));
        (field(spec, "node").and_then(sku), many.unwrap_or(1).max(1))
    };
    if entry.failure.is_some() {
        let (sku, count) = specs.first().map(asked).unwrap_or_default();
        return refused(entry, sku, count).into_iter().collect();
    }
    let name = text(&entry.request, &["queuedResourceId"]).map(Text::new);
    let one = |(n, spec): (usize, &Value)| {
        let (sku, count) = asked(spec);
        let reservation = name.as_ref().map(|name| match n {
            0 => name.clone(),
            n => Text::new(format!("{name}/{}", n + 1)),
        });
        Some(UsageKind::CapacityReserved { sku: sku?, count, from: time, to: time, reservation })
    };
    specs.iter().enumerate().filter_map(one).collect()
}
