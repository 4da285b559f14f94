//! What an operation asked for, and which facts that makes.
//!
//! The size of what is written often stands in the record that accepts the operation, and not in the one that ends it: so
//! an accepted write that names a size is the first half of an operation, and one that ends without naming it the last;
//! the ledger joins them. What it ended with counts all the same, for exports leave records out.

use serde_json::Value;

use super::record::{Record, Status};
use crate::decode::loose::{at, text};
use crate::model::{DenialReason, Half, Market, ResourceId, Sku, StopEnd, Text, UsageKind};

/// What was asked for.
pub(super) struct Asked {
    pub(super) sku: Option<Sku>,
    pub(super) count: u32,
    /// None for a group whose machines have records of their own.
    pub(super) resource: Option<ResourceId>,
    pub(super) market: Market,
}

/// Started, half started or refused.
pub(super) fn started(record: &Record<'_>, asked: Asked) -> Vec<UsageKind> {
    let Asked { sku, count, resource, market } = asked;
    let count = count.max(1);
    // The end of a group of several is a start of its own, as of one: halves would be another at the same instant.
    let is_write = record.operation_lower().ends_with("/write") && (resource.is_none() || count == 1);
    let shared = record.shared_id().filter(|_| is_write);
    let half = |operation, half, sku: Option<Sku>, outcome| UsageKind::OperationHalf {
        operation,
        half,
        count: sku.as_ref().map(|_| count),
        market: sku.as_ref().map(|_| market),
        sku,
        resources: resource.clone().into_iter().collect(),
        outcome,
    };
    match record.status() {
        Status::Open => {
            let first = shared.filter(|_| sku.is_some()).map(|operation| half(operation, Half::First, sku, None));
            first.into_iter().collect()
        }
        Status::Succeeded => {
            let ends = shared.filter(|_| sku.is_none());
            let last = ends.map(|operation| half(operation, Half::Last, None, Some(Text::new_static("ok"))));
            let is_said = sku.is_some() || resource.is_some();
            let start = is_said.then(|| UsageKind::CapacityStarted { sku, count, resource: resource.clone(), market });
            start.into_iter().chain(last).collect()
        }
        Status::Failed => vec![refused(record, sku, count)],
    }
}

/// Refused.
pub(super) fn refused(record: &Record<'_>, sku: Option<Sku>, count: u32) -> UsageKind {
    let sku = sku.or_else(|| named_in_message(record));
    UsageKind::CapacityDenied { sku, count: count.max(1), reason: reason(record) }
}

/// Stopped, once that is done.
pub(super) fn stopped(record: &Record<'_>, end: StopEnd) -> Vec<UsageKind> {
    let done = record.status() == Status::Succeeded;
    let resource = record.resource().filter(|_| done);
    resource.map(|resource| UsageKind::CapacityStopped { resource, end }).into_iter().collect()
}

/// A text of the request's or response's body, else of the properties themselves.
pub(super) fn in_body(record: &Record<'_>, path: &[&str]) -> Option<String> {
    found(record, |value| text(value, path).filter(|text| !text.is_empty()).map(str::to_owned))
}

/// A number of the same.
pub(super) fn number_in_body(record: &Record<'_>, path: &[&str]) -> Option<u32> {
    found(record, |value| crate::decode::loose::count(value, path))
}

/// An object or list of the same.
pub(super) fn value_in_body(record: &Record<'_>, path: &[&str]) -> Option<Value> {
    found(record, |value| at(value, path).cloned())
}

fn found<T>(record: &Record<'_>, find: impl Fn(&Value) -> Option<T>) -> Option<T> {
    record.bodies().iter().find_map(&find).or_else(|| find(&record.properties()))
}

/// Spare capacity, by the word Azure has for it.
pub(super) fn market(priority: Option<&str>) -> Market {
    let spot = |word: &str| ["spot", "low", "lowpriority"].iter().any(|known| word.eq_ignore_ascii_case(known));
    if priority.is_some_and(spot) { Market::Spot } else { Market::OnDemand }
}

/// Error codes, in lower case; those that say more stand first.
const REASONS: &[(&str, DenialReason)] = &[
    ("skunotavailable", DenialReason::Capacity),
    ("allocationfailed", DenialReason::Capacity),
    ("allocationfailure", DenialReason::Capacity),
    ("overconstrained", DenialReason::Capacity),
    ("insufficientcapacity", DenialReason::Capacity),
    ("quotaexceeded", DenialReason::Quota),
    ("insufficientquota", DenialReason::Quota),
    ("insufficientvcpuquota", DenialReason::Quota),
    ("requestdisallowedbypolicy", DenialReason::Policy),
    ("disallowedbyprovider", DenialReason::RefusedSale),
    ("readonlydisabledsubscription", DenialReason::RefusedSale),
    ("authorizationfailed", DenialReason::Unauthorised),
    ("operationnotallowed", DenialReason::Quota),
    ("forbidden", DenialReason::Unauthorised),
    ("unauthorized", DenialReason::Unauthorised),
];

/// The code may stand in the sub-status, the status code or, as JSON inside a string, in the status message.
fn reason(record: &Record<'_>) -> DenialReason {
    let said = ["subStatus", "resultSignature", "resultDescription", "ActivitySubstatusValue"];
    let mut words: String = said.iter().filter_map(|name| record.text(&[name])).collect::<Vec<_>>().join(" ");
    words.push_str(&record.properties().to_string());
    let words = words.to_ascii_lowercase();
    REASONS.iter().find(|(code, _)| words.contains(code)).map_or(DenialReason::Unknown, |(_, reason)| *reason)
}

/// `The requested size Standard_ND96isr_H100_v5 is not available`: the size stands nowhere else.
fn named_in_message(record: &Record<'_>) -> Option<Sku> {
    let properties = record.properties();
    let message = ["statusMessage", "message"].iter().find_map(|name| text(&properties, &[name]))?;
    let mut words = message.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .find(|word| word.len() > 9 && word.get(..9).is_some_and(|w| w.eq_ignore_ascii_case("standard_")))
        .map(Sku::new)
}
