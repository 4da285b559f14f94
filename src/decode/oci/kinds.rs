//! What happened, by the call's name: machines, groups of them, reservations.
//!
//! The machines of a pool or a cluster network have records of their own, and what asks for them names no shape: it is only
//! counted where it was refused. A node pool names its shape and is a launch without running time.

use serde_json::Value;

use super::record::Record;
use super::{CALLS, data_science};
use crate::decode::loose::{at, count, items, text};
use crate::model::{DenialReason, EventTime, Market, Sku, StopEnd, UsageKind};

/// The services whose calls they are, in lower case and without `api`.
const SERVICES: &[&str] = &["compute", "computemanagement", "clusters", "containerengine", "oke", "datascience"];

/// What a record of a call says.
pub(super) fn kinds(record: &Record<'_>, now: EventTime) -> Vec<UsageKind> {
    let call = record.call.to_ascii_lowercase();
    let (service, call, begins) = parts(&call);
    let service = service.strip_suffix("api").unwrap_or(service);
    if !SERVICES.contains(&service) || !CALLS.contains(&call) {
        return Vec::new();
    }
    match (call, record.action().as_deref()) {
        ("launchinstance", _) | ("instanceaction", Some("start")) => started(record, begins),
        ("instanceaction", Some("stop" | "softstop")) => stopped(record, begins, StopEnd::Stopped),
        ("terminateinstance", _) => stopped(record, begins, StopEnd::Terminated),
        ("instanceaction", _) => Vec::new(),
        ("updateinstance", _) => changed(record, begins, record.new_shape().map(Sku::new), record.is_stopped()),
        ("createcomputecapacityreservation" | "updatecomputecapacityreservation", _) => reserved(record, begins, now),
        ("createnodepool" | "updatenodepool", _) => node_pool(record, begins),
        (call, _) if data_science::STARTS.contains(&call) => match record.is_refused() {
            true => {
                let (sku, count) = data_science::asked(record);
                vec![refused(record, sku, count)]
            }
            false => data_science::started(record, call, begins),
        },
        (call, _) if data_science::CHANGES.contains(&call) => {
            changed(record, begins, data_science::new_shape(record), data_science::is_inactive(record, call))
        }
        (call, _) if data_science::STOPS.contains(&call) => stopped(record, begins, StopEnd::Stopped),
        (call, _) if data_science::ENDS.contains(&call) => stopped(record, begins, StopEnd::Terminated),
        _ if record.is_refused() => vec![refused(record, None, size(record))],
        _ => Vec::new(),
    }
}

/// The service of a call, its name, and whether it only begins: `ComputeApi`, `LaunchInstance` and not of
/// `ComputeApi.LaunchInstance.end`.
pub(super) fn parts(call: &str) -> (&str, &str, bool) {
    let (call, begins) = match call.rsplit_once('.') {
        Some((call, half)) if half.eq_ignore_ascii_case("begin") => (call, true),
        Some((call, half)) if half.eq_ignore_ascii_case("end") => (call, false),
        _ => (call, false),
    };
    let (service, call) = call.rsplit_once('.').unwrap_or(("compute", call));
    (service, call, begins)
}

fn started(record: &Record<'_>, begins: bool) -> Vec<UsageKind> {
    let sku = record.shape().map(Sku::new);
    match (record.is_refused(), begins) {
        (true, _) => vec![refused(record, sku, 1)],
        // It says what was asked for; the end says what became of it.
        (false, true) => Vec::new(),
        (false, false) => {
            let market = if record.is_preemptible() { Market::Spot } else { Market::OnDemand };
            vec![UsageKind::CapacityStarted { sku, count: 1, resource: record.resource(), market }]
        }
    }
}

/// A machine that is given another shape is another SKU from then on. One that runs starts anew, and one of which the answer
/// does not say whether it runs counts as if it did; one that is stopped does not run, so its change is a start that ends at
/// once.
fn changed(record: &Record<'_>, begins: bool, sku: Option<Sku>, is_stopped: bool) -> Vec<UsageKind> {
    let Some(sku) = sku else { return Vec::new() };
    if record.is_refused() {
        return vec![refused(record, Some(sku), 1)];
    }
    let resource = record.resource().filter(|_| !begins);
    let Some(resource) = resource else { return Vec::new() };
    let start =
        UsageKind::CapacityStarted { sku: Some(sku), count: 1, resource: Some(resource), market: Market::OnDemand };
    let stop = if is_stopped { stopped(record, begins, StopEnd::Terminated) } else { Vec::new() };
    std::iter::once(start).chain(stop).collect()
}

fn stopped(record: &Record<'_>, begins: bool, end: StopEnd) -> Vec<UsageKind> {
    let resource = record.resource().filter(|_| !begins && !record.is_refused());
    resource.map(|resource| UsageKind::CapacityStopped { resource, end }).into_iter().collect()
}

/// One fact for each shape that is held, until the reservation is deleted.
fn reserved(record: &Record<'_>, begins: bool, now: EventTime) -> Vec<UsageKind> {
    let payload = record.payload();
    let configs = items(&payload, &["instanceReservationConfigs"]);
    let asked = |config: &Value| {
        let shape = text(config, &["instanceShape"]).map(Sku::new);
        (shape, count(config, &["reservedCount"]).unwrap_or(1).max(1))
    };
    if record.is_refused() {
        let (sku, count) = configs.first().map_or((None, 1), asked);
        return vec![refused(record, sku, count)];
    }
    let id = record.resource();
    let one = |(n, config): (usize, &Value)| {
        let (sku, count) = asked(config);
        let reservation = id.as_ref().map(|id| if n == 0 { id.text() } else { format!("{id}/{}", n + 1).into() });
        Some(UsageKind::CapacityReserved { sku: sku?, count, from: now, to: EventTime::MAX, reservation })
    };
    configs.iter().enumerate().filter(|_| !begins).filter_map(one).collect()
}

fn node_pool(record: &Record<'_>, begins: bool) -> Vec<UsageKind> {
    let payload = record.payload();
    let (sku, count) = (text(&payload, &["nodeShape"]).map(Sku::new), size(record));
    match (record.is_refused(), sku) {
        (true, sku) => vec![refused(record, sku, count)],
        (false, Some(sku)) if !begins && count > 0 => {
            let market = match at(&payload, &["nodeConfigDetails", "placementConfigs"]) {
                Some(places) if places.to_string().contains("preemptibleNodeConfig") => Market::Spot,
                _ => Market::OnDemand,
            };
            vec![UsageKind::CapacityStarted { sku: Some(sku), count, resource: None, market }]
        }
        _ => Vec::new(),
    }
}

/// How many machines a group was to have.
fn size(record: &Record<'_>) -> u32 {
    let payload = record.payload();
    let paths: [&[&str]; 3] = [&["size"], &["nodeConfigDetails", "size"], &["instancePools"]];
    let pools = items(&payload, paths[2]).iter().filter_map(|pool| count(pool, &["size"])).reduce(u32::saturating_add);
    paths.iter().find_map(|path| count(&payload, path)).or(pools).unwrap_or(1)
}

fn refused(record: &Record<'_>, sku: Option<Sku>, count: u32) -> UsageKind {
    UsageKind::CapacityDenied { sku, count: count.max(1), reason: reason(record) }
}

/// Error codes and messages, in lower case; those that say more stand first.
const REASONS: &[(&str, DenialReason)] = &[
    ("out of host capacity", DenialReason::Capacity),
    ("outofhostcapacity", DenialReason::Capacity),
    ("out of capacity", DenialReason::Capacity),
    ("limitexceeded", DenialReason::Quota),
    ("quotaexceeded", DenialReason::Quota),
    ("security zone", DenialReason::Policy),
    ("securityzone", DenialReason::Policy),
    ("notauthorized", DenialReason::Unauthorised),
    ("notauthenticated", DenialReason::Unauthorised),
];

fn reason(record: &Record<'_>) -> DenialReason {
    let said = record.answered().to_ascii_lowercase();
    REASONS.iter().find(|(code, _)| said.contains(code)).map_or(DenialReason::Unknown, |(_, reason)| *reason)
}
