//! EC2: instances started, stopped and refused, and capacity reserved.
//!
//! Fleets and spot requests are starts only where the answer names instances; those launched later come with records
//! of their own.

use serde_json::Value;

use super::super::time;
use super::cloudtrail::Call;
use super::denial;
use super::fields::{as_text, count, field, items, path, text, unwrapped};
use crate::model::{EventTime, Market, ResourceId, Sku, StopEnd, Text, Usage, UsageKind};

pub(super) const CALLS: &[&str] = &[
    "RunInstances",
    "CreateFleet",
    "RequestSpotInstances",
    "RequestSpotFleet",
    "StartInstances",
    "StopInstances",
    "TerminateInstances",
    "BidEvictedEvent",
    "CreateCapacityReservation",
    "PurchaseCapacityBlock",
    "PurchaseCapacityBlockExtension",
    "CreateCapacityReservationFleet",
    "AllocateHosts",
    "ModifyInstanceAttribute",
];

/// Larger quotas, of a service of their own.
pub(super) const QUOTA_CALLS: &[&str] = &["RequestServiceQuotaIncrease"];

pub(super) fn read(call: &Call<'_>) -> Vec<Usage> {
    let request = unwrapped(call.request, &call.name, "Request");
    let response = unwrapped(call.response, &call.name, "Response");
    let is_stop = matches!(&*call.name, "StopInstances" | "TerminateInstances" | "BidEvictedEvent");
    match call.denied {
        Some(_) if is_stop => return Vec::new(),
        Some(reason) => {
            let (sku, count) = asked(call, request);
            return vec![call.refused(reason, sku, count)];
        }
        None => {}
    }
    match &*call.name {
        "RunInstances" => run(call, request, response),
        "CreateFleet" => fleet(call, response),
        "RequestSpotInstances" => spot(call, request, response),
        "StartInstances" => {
            named(request, response).into_iter().map(|id| start(call, 0, Some(id), None, Market::OnDemand)).collect()
        }
        "StopInstances" => call.stopped(named(request, response), StopEnd::Stopped),
        "TerminateInstances" => call.stopped(named(request, response), StopEnd::Terminated),
        // Whether an interrupted spot instance ends or only stops is its owner's choice and not said here.
        "BidEvictedEvent" => {
            let evicted =
                field(call.record, "serviceEventDetails").map(|d| items(d, "instanceIdSet")).unwrap_or_default();
            call.stopped(evicted.into_iter().filter_map(as_text), StopEnd::Stopped)
        }
        "ModifyInstanceAttribute" => changed(call, request),
        "PurchaseCapacityBlockExtension" => extended(call, response),
        "CreateCapacityReservationFleet" => reserved_fleet(call, response),
        "AllocateHosts" => hosts(call, request, response).into_iter().collect(),
        "CreateCapacityReservation" | "PurchaseCapacityBlock" => reserve(call, request, response).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn start(call: &Call<'_>, n: usize, id: Option<Text>, sku: Option<Text>, market: Market) -> Usage {
    started(call, n, id, sku, 1, market)
}

fn started(call: &Call<'_>, n: usize, id: Option<Text>, sku: Option<Text>, count: u32, market: Market) -> Usage {
    let (resource, sku) = (id.map(ResourceId::new), sku.map(Sku::new));
    call.usage(n, UsageKind::CapacityStarted { sku, count, resource, market })
}

/// What a refused call asked for.
fn asked(call: &Call<'_>, request: &Value) -> (Option<Text>, u32) {
    let config = field(request, "spotFleetRequestConfig").unwrap_or(request);
    let first = |list: &str| items(config, list).into_iter().find_map(|item| text(item, "instanceType"));
    let template = || {
        let configs = items(request, "launchTemplateConfigs");
        configs.into_iter().flat_map(|c| items(c, "overrides")).find_map(|o| text(o, "instanceType"))
    };
    let sku = new_type(request)
        .or_else(|| path(request, &["launchSpecification", "instanceType"]).and_then(as_text))
        .or_else(|| first("launchSpecifications"))
        .or_else(|| first("instanceTypeSpecification"))
        .or_else(template);
    let several = match &*call.name {
        "StartInstances" => u32::try_from(items(request, "instancesSet").len()).ok(),
        "RunInstances" => asked_count(request),
        "AllocateHosts" => count(request, "quantity"),
        "CreateCapacityReservationFleet" => count(request, "totalTargetCapacity"),
        "CreateFleet" => field(request, "targetCapacitySpecification").and_then(|c| count(c, "totalTargetCapacity")),
        _ => count(config, "targetCapacity").or_else(|| count(request, "instanceCount")),
    };
    (sku, several.unwrap_or(1))
}

fn asked_count(request: &Value) -> Option<u32> {
    let counts = items(request, "instancesSet").into_iter().filter_map(|item| count(item, "maxCount"));
    counts.reduce(u32::saturating_add).or_else(|| count(request, "maxCount"))
}

fn run(call: &Call<'_>, request: &Value, response: &Value) -> Vec<Usage> {
    let asked_sku = text(request, "instanceType");
    let asked_market = path(request, &["instanceMarketOptions", "marketType"]).and_then(as_text);
    let instances = items(response, "instancesSet");
    let one = |instance: &&Value| {
        let id = text(instance, "instanceId")?;
        let sku = text(instance, "instanceType").or_else(|| asked_sku.clone());
        let lifecycle = text(instance, "instanceLifecycle").or_else(|| asked_market.clone());
        let market = market(lifecycle.as_deref(), text(instance, "capacityReservationId").is_some());
        Some(start(call, 0, Some(id), sku, market))
    };
    let starts: Vec<Usage> = instances.iter().filter_map(one).collect();
    if !starts.is_empty() {
        return starts;
    }
    // The answer was left out: that something was launched is known, what runs is not.
    let market = market(asked_market.as_deref(), false);
    vec![started(call, 0, None, asked_sku, asked_count(request).unwrap_or(1).max(1), market)]
}

fn market(lifecycle: Option<&str>, reserved: bool) -> Market {
    match lifecycle {
        Some("spot") => Market::Spot,
        Some("capacity-block") => Market::Block,
        _ if reserved => Market::Reserved,
        _ => Market::OnDemand,
    }
}

/// Each group of instances the fleet launched at once, and what it could not launch.
fn fleet(call: &Call<'_>, response: &Value) -> Vec<Usage> {
    let mut facts = Vec::new();
    for group in items(response, "fleetInstanceSet") {
        let sku = text(group, "instanceType");
        let market = market(text(group, "lifecycle").as_deref(), false);
        let ids = items(group, "instanceIds").into_iter().filter_map(as_text);
        facts.extend(ids.map(|id| start(call, 0, Some(id), sku.clone(), market)));
    }
    for (n, error) in items(response, "errorSet").into_iter().enumerate() {
        let sku = path(error, &["launchTemplateAndOverrides", "overrides", "instanceType"]).and_then(as_text);
        let message = text(error, "errorMessage").unwrap_or_default();
        let reason = denial::reason(&text(error, "errorCode").unwrap_or_default(), &message);
        facts.push(call.usage(n, UsageKind::CapacityDenied { sku: sku.map(Sku::new), count: 1, reason }));
    }
    facts
}

fn spot(call: &Call<'_>, request: &Value, response: &Value) -> Vec<Usage> {
    let asked = path(request, &["launchSpecification", "instanceType"]).and_then(as_text);
    let one = |item: &Value| {
        let sku = path(item, &["launchSpecification", "instanceType"]).and_then(as_text).or_else(|| asked.clone());
        Some(start(call, 0, Some(text(item, "instanceId")?), sku, Market::Spot))
    };
    items(response, "spotInstanceRequestSet").into_iter().filter_map(one).collect()
}

/// Instances named by the answer, else by the call.
fn named(request: &Value, response: &Value) -> Vec<Text> {
    let ids = |value| items(value, "instancesSet").into_iter().filter_map(|item| text(item, "instanceId")).collect();
    let answered: Vec<Text> = ids(response);
    if answered.is_empty() { ids(request) } else { answered }
}

/// A reservation or block. One that names no instance type reserves nothing that could be told.
fn reserve(call: &Call<'_>, request: &Value, response: &Value) -> Option<Usage> {
    let made = field(response, "capacityReservation").unwrap_or(response);
    let either = |name: &str| text(made, name).or_else(|| text(request, name));
    let when = |name: &str| field(made, name).or_else(|| field(request, name)).and_then(time);
    let counted = ["totalInstanceCount", "instanceCount"];
    let count = counted.iter().find_map(|name| count(made, name).or_else(|| count(request, name)));
    let kind = UsageKind::CapacityReserved {
        sku: Sku::new(either("instanceType")?),
        count: count.unwrap_or(1).max(1),
        from: when("startDate").unwrap_or(call.time),
        // Without an end it is held until it is cancelled.
        to: when("endDate").unwrap_or(EventTime::MAX),
        reservation: either("capacityReservationId"),
    };
    Some(call.usage(0, kind))
}

/// The type a call names, also as the value of an attribute.
fn new_type(request: &Value) -> Option<Text> {
    let is_attribute = text(request, "attribute").is_some_and(|name| name == "instanceType");
    text(request, "instanceType").or_else(|| text(request, "value").filter(|_| is_attribute))
}

/// Whether a call does not change a machine's type: it changes something else, or was not answered.
pub(super) fn changes_no_type(record: &Value, name: &str) -> bool {
    let answered = ["responseElements", "errorCode"].iter().any(|answer| field(record, answer).is_some());
    name == "ModifyInstanceAttribute" && !(answered && field(record, "requestParameters").and_then(new_type).is_some())
}

/// Only a stopped machine can be changed: it is another SKU when it starts again, and that start names none. So the change is
/// a start that ends at once.
fn changed(call: &Call<'_>, request: &Value) -> Vec<Usage> {
    let (Some(id), Some(sku)) = (text(request, "instanceId"), new_type(request)) else { return Vec::new() };
    let begins = start(call, 0, Some(id.clone()), Some(sku), Market::OnDemand);
    std::iter::once(begins).chain(call.stopped([id], StopEnd::Terminated)).collect()
}

/// A block held for longer: another time of the same reservation.
fn extended(call: &Call<'_>, response: &Value) -> Vec<Usage> {
    let one = |(n, block): (usize, &Value)| {
        let when = |name: &str| field(block, name).and_then(time);
        let parts = ["capacityReservationId", "capacityBlockExtensionOfferingId"];
        let parts: Vec<Text> = parts.iter().filter_map(|name| text(block, name)).collect();
        let kind = UsageKind::CapacityReserved {
            sku: Sku::new(text(block, "instanceType")?),
            count: count(block, "instanceCount").unwrap_or(1).max(1),
            from: when("capacityBlockExtensionStartDate").unwrap_or(call.time),
            to: when("capacityBlockExtensionEndDate")?,
            reservation: (!parts.is_empty()).then(|| Text::new(parts.join("/"))),
        };
        Some(call.usage(n, kind))
    };
    items(response, "capacityBlockExtensionSet").into_iter().enumerate().filter_map(one).collect()
}

fn reserved_fleet(call: &Call<'_>, response: &Value) -> Vec<Usage> {
    let when = |name: &str| field(response, name).and_then(time);
    let one = |(n, made): (usize, &Value)| {
        let kind = UsageKind::CapacityReserved {
            sku: Sku::new(text(made, "instanceType")?),
            count: count(made, "totalInstanceCount").unwrap_or(1).max(1),
            from: when("startDate").unwrap_or(call.time),
            to: when("endDate").unwrap_or(EventTime::MAX),
            reservation: text(made, "capacityReservationId"),
        };
        Some(call.usage(n, kind))
    };
    items(response, "fleetCapacityReservationSet").into_iter().enumerate().filter_map(one).collect()
}

/// Whole hosts, of one type or of a family; held until they are released.
fn hosts(call: &Call<'_>, request: &Value, response: &Value) -> Option<Usage> {
    let sku = text(request, "instanceType").or_else(|| text(request, "instanceFamily"))?;
    let kind = UsageKind::CapacityReserved {
        sku: Sku::new(sku),
        count: count(request, "quantity").unwrap_or(1).max(1),
        from: call.time,
        to: EventTime::MAX,
        reservation: items(response, "hostIdSet").into_iter().find_map(as_text),
    };
    Some(call.usage(0, kind))
}

/// A larger quota, where it names instances: their type, or the family as the quota writes it (`P instances`).
pub(super) fn read_quota(call: &Call<'_>) -> Vec<Usage> {
    let quota = field(call.response, "requestedQuota").unwrap_or(call.response);
    let name = text(quota, "quotaName").unwrap_or_default();
    let Some(sku) = quota_family(&name).filter(|_| call.denied.is_none()) else { return Vec::new() };
    let kind = UsageKind::CapacityReserved {
        sku: Sku::new(sku),
        count: count(quota, "desiredValue").or_else(|| count(call.request, "desiredValue")).unwrap_or(0),
        // Asked for, not held: it lasts no time.
        from: call.time,
        to: call.time,
        reservation: text(quota, "id"),
    };
    vec![call.usage(0, kind)]
}

/// `Running On-Demand P instances`, `All P5 Spot Instance Requests`, `ml.p5.48xlarge for training job usage`.
fn quota_family(name: &str) -> Option<&str> {
    if let Some(sku) = name.split_whitespace().find(|word| word.starts_with("ml.") || word.contains("xlarge")) {
        return Some(sku);
    }
    let rest = name.strip_prefix("Running On-Demand ").or_else(|| name.strip_prefix("Running Dedicated "));
    let rest = rest.or_else(|| name.strip_prefix("All "))?;
    let end = rest.find(" Spot Instance Requests").or_else(|| rest.find(" Hosts"));
    Some(match end {
        Some(end) => rest.get(..end)?,
        None => rest,
    })
}
