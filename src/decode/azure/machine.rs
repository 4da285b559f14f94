//! Virtual machines: written, started, deallocated, deleted, refused.

use serde_json::Value;

use super::{Record, Status};
use crate::model::{DenialReason, Market, Sku, StopEnd, UsageKind};

const MACHINES: &str = "microsoft.compute/virtualmachines/";

/// What happened to a machine, if that is what the record is about.
///
/// `powerOff` is passed over: the machine stays allocated and is billed on. So are restarts.
pub(super) fn kind(record: &Record<'_>) -> Option<UsageKind> {
    let operation = record.operation_lower();
    let call = operation.strip_prefix(MACHINES)?;
    match (call, record.status()) {
        ("write" | "start/action", Status::Succeeded) => Some(UsageKind::CapacityStarted {
            sku: size(record),
            count: 1,
            resource: record.resource(),
            market: market(record),
        }),
        ("write" | "start/action", Status::Failed) => {
            Some(UsageKind::CapacityDenied { sku: size(record), count: 1, reason: reason(record) })
        }
        ("deallocate/action", Status::Succeeded) => stopped(record, StopEnd::Stopped),
        ("delete", Status::Succeeded) => stopped(record, StopEnd::Terminated),
        _ => None,
    }
}

fn stopped(record: &Record<'_>, end: StopEnd) -> Option<UsageKind> {
    Some(UsageKind::CapacityStopped { resource: record.resource()?, end })
}

fn in_body(record: &Record<'_>, pointer: &str) -> Option<String> {
    let found = |value: &Value| value.pointer(pointer)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    record.bodies().iter().find_map(found).or_else(|| found(&record.properties()))
}

fn size(record: &Record<'_>) -> Option<Sku> {
    let size = in_body(record, "/properties/hardwareProfile/vmSize");
    size.or_else(|| in_body(record, "/hardwareProfile/vmSize")).map(Sku::new)
}

fn market(record: &Record<'_>) -> Market {
    let spot = |priority: String| ["spot", "low"].iter().any(|word| priority.eq_ignore_ascii_case(word));
    match in_body(record, "/properties/priority").is_some_and(spot) {
        true => Market::Spot,
        false => Market::OnDemand,
    }
}

/// Error codes, in lower case; those that say more stand first.
const REASONS: &[(&str, DenialReason)] = &[
    ("skunotavailable", DenialReason::Capacity),
    ("allocationfailed", DenialReason::Capacity),
    ("overconstrained", DenialReason::Capacity),
    ("quotaexceeded", DenialReason::Quota),
    ("requestdisallowedbypolicy", DenialReason::Policy),
    ("authorizationfailed", DenialReason::Unauthorised),
    ("operationnotallowed", DenialReason::Quota),
    ("disallowedbyprovider", DenialReason::RefusedSale),
    ("forbidden", DenialReason::Unauthorised),
    ("unauthorized", DenialReason::Unauthorised),
];

/// The code may stand in the sub-status, the status code or, as JSON inside a string, in the status message.
fn reason(record: &Record<'_>) -> DenialReason {
    let said = ["subStatus", "sub_status", "resultSignature", "resultDescription", "ActivitySubstatusValue"];
    let mut words: String = said.iter().filter_map(|name| record.text(&[name])).collect::<Vec<_>>().join(" ");
    words.push_str(&record.properties().to_string());
    let words = words.to_ascii_lowercase();
    REASONS.iter().find(|(code, _)| words.contains(code)).map_or(DenialReason::Unknown, |(_, reason)| *reason)
}
