//! Azure: the activity log in every shape it is exported in, Event Grid's resource events, requests to Azure OpenAI,
//! sign-ins, and cost details.
//!
//! In: one JSON object. Out: machines, scale sets, node pools, computes and deployments started, stopped and refused,
//! capacity reserved, models used, and from where. An operation has several records; its end counts, and what began it only
//! where it names the size (`start`). It refuses to know what size a machine is when no record says: the ledger looks it up.

mod bills;
mod glimpse;
mod kubernetes;
mod learning;
mod machine;
mod manifest;
mod model;
mod record;
mod reservation;
mod scale_set;
mod sign_in;
mod start;
#[cfg(test)]
mod tests;
mod when;

use serde_json::Value;

pub(super) use self::bills::BILLS;
pub(super) use self::glimpse::{MEMBERS, glimpse};
pub(super) use self::manifest::manifest;
use self::record::Record;
use super::{Context, Outcome, Reason};
use crate::decode::nth_id;
use crate::model::{EventTime, Fact, Usage, UsageKind};

/// Every operation that matters, in lower case; Azure writes them in any.
pub(in crate::decode) const OPERATIONS: &[&[&str]] = &[
    machine::OPERATIONS,
    scale_set::OPERATIONS,
    kubernetes::OPERATIONS,
    learning::OPERATIONS,
    reservation::OPERATIONS,
    model::OPERATIONS,
];

/// Categories of records that matter whatever their operation, in lower case.
pub(in crate::decode) const CATEGORIES: &[&[&str]] = &[model::CATEGORIES, sign_in::CATEGORIES];

/// Reads an Azure record; `None` when it is none.
pub(crate) fn decode(record: &Value, context: &Context<'_>) -> Option<Outcome> {
    let record = match Record::of(record)? {
        Ok(record) => record,
        Err(record::Unneeded) => return Some(Outcome::Irrelevant),
    };
    let (operation, category) = (record.operation_lower(), record.category().to_ascii_lowercase());
    let is_known = OPERATIONS.iter().any(|known| known.contains(&operation.as_str()));
    if !is_known && !CATEGORIES.iter().any(|known| known.contains(&category.as_str())) {
        return Some(seen(&record, context));
    }
    if let Some(outcome) = sign_in::sighting(&record, context) {
        return Some(outcome);
    }
    Some(match facts(&record, &operation, context) {
        // With a sign-in that failed nobody used the tenant.
        Ok(facts) if facts.is_empty() && !sign_in::CATEGORIES.contains(&category.as_str()) => seen(&record, context),
        Ok(facts) => Outcome::of(facts),
        Err(reason) => reason.into(),
    })
}

/// What a record says that says nothing by itself. Where no subscription is named, the tenant is the account, as for sign-ins.
fn seen(record: &Record<'_>, context: &Context<'_>) -> Outcome {
    let told = || Reason::new("missing_account", "no subscription in resourceId or subscriptionId, and no tenantId");
    let account = || record.subscription().or_else(|| record.tenant()).ok_or_else(told);
    context.seen(|| record.actor(context), || Ok((account()?, record.time()?)))
}

fn facts(record: &Record<'_>, operation: &str, context: &Context<'_>) -> Result<Vec<Fact>, Reason> {
    let time = record.time();
    let kinds = kinds(record, operation, *time.as_ref().unwrap_or(&EventTime::MIN));
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let told = || Reason::new("missing_account", "no subscription in resourceId or subscriptionId");
    let account = record.subscription().ok_or_else(told)?;
    let time = time?;
    let (actor, class) = record.actor(context);
    let sighting = context.sighting(&account, time, &actor, class);
    let (own, region) = (record.id(context), record.region());
    // A refusal may be told by several records of one operation: it is one.
    let shared = record.shared_id().unwrap_or_else(|| own.clone());
    let usage = |(n, kind): (usize, UsageKind)| {
        let id = if is_shared(&kind) { &shared } else { &own };
        let event = nth_id(id, n);
        let (account, region, actor) = (account.clone(), region.clone(), actor.clone());
        Fact::Usage(Usage { account, event, time, region, actor, via: Some(record.operation.into()), kind })
    };
    Ok(kinds.into_iter().enumerate().map(usage).chain(sighting).collect())
}

/// Whether the operation, and not the record, is what tells it from others. Calls of models are each their own.
fn is_shared(kind: &UsageKind) -> bool {
    matches!(
        kind,
        UsageKind::CapacityDenied { .. }
            | UsageKind::CapacityStarted { resource: None, .. }
            | UsageKind::CapacityReserved { reservation: None, .. }
    )
}

fn kinds(record: &Record<'_>, operation: &str, time: EventTime) -> Vec<UsageKind> {
    let is = |known: &[&str]| known.contains(&operation);
    match operation {
        _ if is(machine::OPERATIONS) => machine::read(record, operation),
        _ if is(scale_set::OPERATIONS) => scale_set::read(record, operation),
        _ if is(kubernetes::OPERATIONS) => kubernetes::read(record, operation),
        _ if is(learning::OPERATIONS) => learning::read(record, operation),
        _ if is(reservation::OPERATIONS) => reservation::read(record, operation, time),
        _ if is(model::OPERATIONS) => model::read(record, operation),
        _ => model::call(record),
    }
}
