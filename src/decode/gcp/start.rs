//! What a call asked for, and which facts that makes: halves of an operation are facts of their own, which the ledger joins.

use serde_json::Value;

use super::entry::{Entry, Phase, last_part};
use crate::decode::loose::{at, count, field, is_true, items, text};
use crate::model::{Half, Market, ResourceId, Sku, StopEnd, Text, UsageKind};

/// What was asked for.
pub(super) struct Asked {
    pub(super) sku: Option<Sku>,
    pub(super) count: u32,
    /// None for a group whose machines have entries of their own.
    pub(super) resource: Option<ResourceId>,
    pub(super) market: Market,
}

/// Started, half started or refused.
pub(super) fn started(entry: &Entry<'_>, asked: Asked) -> Option<UsageKind> {
    let Asked { sku, count, resource, market } = asked;
    let count = count.max(1);
    // An end that does not say what was asked for does not say how many either.
    let half =
        |operation: &Text, half, outcome, sku: Option<Sku>, resource: Option<ResourceId>| UsageKind::OperationHalf {
            operation: operation.clone(),
            half,
            count: sku.as_ref().map(|_| count),
            market: sku.as_ref().map(|_| market),
            sku,
            resources: resource.into_iter().collect(),
            outcome,
        };
    match (&entry.phase, &entry.failure) {
        (Phase::Between, _) => None,
        (Phase::Last(operation), failure) => {
            let outcome = failure.as_ref().map_or(Text::new_static("ok"), |failure| failure.outcome());
            Some(half(operation, Half::Last, Some(outcome), sku, resource))
        }
        (_, Some(failure)) => Some(UsageKind::CapacityDenied { sku, count, reason: failure.reason }),
        (Phase::First(operation), None) => Some(half(operation, Half::First, None, sku, resource)),
        (Phase::Whole, None) => Some(UsageKind::CapacityStarted { sku, count, resource, market }),
    }
}

/// Refused, if it was: for groups that name no machine type, whose machines have entries of their own.
pub(super) fn refused(entry: &Entry<'_>, sku: Option<Sku>, count: u32) -> Option<UsageKind> {
    let reason = entry.failure.as_ref()?.reason;
    Some(UsageKind::CapacityDenied { sku, count: count.max(1), reason })
}

/// Stopped, once that is done.
pub(super) fn stopped(entry: &Entry<'_>, end: StopEnd) -> Option<UsageKind> {
    let is_done = matches!(entry.phase, Phase::Whole | Phase::Last(_)) && entry.failure.is_none();
    entry.resource().filter(|_| is_done).map(|resource| UsageKind::CapacityStopped { resource, end })
}

/// The SKU of a machine: its type, whose name says which accelerators it has; for types that have none of their own, the
/// accelerators put into it, as `nvidia-tesla-t4` or `4x nvidia-tesla-t4`.
pub(super) fn sku(machine: &Value, accelerators: &str) -> Option<Sku> {
    let kind = text(machine, &["machineType"]).map(last_part);
    let extra = items(machine, &[accelerators]).iter().find_map(accelerator).or_else(|| accelerator(machine));
    match (kind, extra) {
        (Some(kind), Some(_)) if !takes_accelerators(kind) => Some(Sku::new(kind)),
        (_, Some((name, 1))) => Some(Sku::new(name)),
        (_, Some((name, count))) => Some(Sku::new(format!("{count}x {name}"))),
        (kind, None) => kind.map(Sku::new),
    }
}

/// Whether accelerators are put into machines of this type; all others have theirs, or none, by their name.
pub(super) fn takes_accelerators(kind: &str) -> bool {
    ["n1-", "custom-", "cloud-tpu"].iter().any(|family| kind.starts_with(family))
}

/// `{"acceleratorType": "zones/z/acceleratorTypes/nvidia-tesla-t4", "acceleratorCount": 4}`; Vertex writes `NVIDIA_TESLA_T4`.
fn accelerator(value: &Value) -> Option<(String, u32)> {
    let name = last_part(text(value, &["acceleratorType"])?).to_ascii_lowercase().replace('_', "-");
    let count = count(value, &["acceleratorCount"]).unwrap_or(1);
    (count > 0 && !name.ends_with("unspecified")).then_some((name, count))
}

/// How a machine is bought.
pub(super) fn market(machine: &Value) -> Market {
    let scheduling = field(machine, "scheduling").unwrap_or(machine);
    let model =
        text(scheduling, &["provisioningModel"]).or_else(|| text(scheduling, &["strategy"])).unwrap_or_default();
    let spot = ["preemptible", "spot"].iter().any(|name| is_true(field(scheduling, name)));
    let affinity = text(machine, &["reservationAffinity", "consumeReservationType"])
        .or_else(|| text(machine, &["reservationAffinity", "reservationAffinityType"]));
    match (model, affinity) {
        ("SPOT", _) => Market::Spot,
        _ if spot => Market::Spot,
        ("RESERVATION_BOUND", _) | (_, Some("SPECIFIC_RESERVATION")) => Market::Reserved,
        _ => Market::OnDemand,
    }
}

/// The first object under one of these paths.
pub(super) fn either<'v>(value: &'v Value, paths: &[&[&str]]) -> Option<&'v Value> {
    paths.iter().find_map(|path| at(value, path)).filter(|found| found.is_object())
}
