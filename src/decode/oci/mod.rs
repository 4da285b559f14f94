//! Oracle Cloud: Events and audit records of compute.
//!
//! In: one JSON object, as an Events envelope or as the audit log writes it. Out: machines launched, started, stopped,
//! terminated and refused. A `.begin` says what was asked for; it matters only when it was refused. It refuses to know
//! that Oracle bills some shapes on while they are stopped: the bill says so.

mod record;
#[cfg(test)]
mod tests;

use serde_json::Value;

use self::record::Record;
use super::{Context, Outcome, Reason};
use crate::model::{DenialReason, Fact, Market, Sku, StopEnd, Usage, UsageKind};

/// Reads an Oracle record; `None` when it is none.
pub(crate) fn decode(record: &Value, context: &Context<'_>) -> Option<Outcome> {
    let record = Record::of(record)?;
    Some(match kind(&record) {
        Some(kind) => facts(&record, kind, context).map_or_else(Outcome::Rejected, Outcome::Relevant),
        None => Outcome::Irrelevant,
    })
}

fn facts(record: &Record<'_>, kind: UsageKind, context: &Context<'_>) -> Result<Vec<Fact>, Reason> {
    let told = || Reason::new("missing_account", "neither identity.tenantId nor compartmentId");
    let account = record.account().ok_or_else(told)?;
    let time = record.time()?;
    let (actor, class) = record.actor(context);
    let sighting = context.sighting(&account, time, &actor, class);
    let usage = Usage {
        account,
        event: record.id(context),
        time,
        region: record.region(),
        actor,
        via: Some(record.call.into()),
        kind,
    };
    Ok(std::iter::once(Fact::Usage(usage)).chain(sighting).collect())
}

/// What happened to a machine, if that is what the record is about.
fn kind(record: &Record<'_>) -> Option<UsageKind> {
    let call = record.call.to_ascii_lowercase();
    let (call, phase) = match call.rsplit_once('.') {
        Some((call, phase @ ("begin" | "end"))) => (call, phase),
        _ => (call.as_str(), "end"),
    };
    let sku = record.shape().map(Sku::new);
    let action = record.action();
    let starts = match (call, action.as_deref()) {
        ("computeapi.launchinstance", _) | ("computeapi.instanceaction", Some("start")) => true,
        ("computeapi.terminateinstance", _) | ("computeapi.instanceaction", Some("stop" | "softstop")) => false,
        _ => return None,
    };
    if record.is_refused() {
        return starts.then(|| UsageKind::CapacityDenied { sku, count: 1, reason: reason(record) });
    }
    match (phase, starts) {
        ("begin", _) => None,
        (_, true) => {
            Some(UsageKind::CapacityStarted { sku, count: 1, resource: record.resource(), market: market(record) })
        }
        (_, false) => {
            let end = if action.is_some() { StopEnd::Stopped } else { StopEnd::Terminated };
            Some(UsageKind::CapacityStopped { resource: record.resource()?, end })
        }
    }
}

fn market(record: &Record<'_>) -> Market {
    if record.is_preemptible() { Market::Spot } else { Market::OnDemand }
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
    let said = record.response().to_string().to_ascii_lowercase();
    REASONS.iter().find(|(code, _)| said.contains(code)).map_or(DenialReason::Unknown, |(_, reason)| *reason)
}
