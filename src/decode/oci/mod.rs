//! Oracle Cloud: Events and audit records of compute and Data Science.
//!
//! In: one JSON object, as an Events envelope or as the audit log writes it in either of its versions. Out: machines launched,
//! started, stopped, terminated and refused, capacity reserved. A `.begin` says what was asked for; it matters only when it
//! was refused. It refuses to know that Oracle bills some shapes on while they are stopped: the bill says so.

mod bills;
mod data_science;
mod glimpse;
mod kinds;
mod record;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub(super) use self::bills::BILLS;
pub(super) use self::glimpse::{MEMBERS, glimpse};
use self::record::Record;
use super::{Context, Outcome, Reason};
use crate::decode::nth_id;
use crate::model::{AccountId, EventTime, Fact, Usage, UsageKind};

/// Every call that matters, in lower case, without the `.begin` and `.end` of Events; Oracle writes them in any case.
pub(in crate::decode) const CALLS: &[&str] = &[
    "launchinstance",
    "instanceaction",
    "terminateinstance",
    "updateinstance",
    "createinstancepool",
    "updateinstancepool",
    "startinstancepool",
    "createclusternetwork",
    "updateclusternetwork",
    "createcomputegpumemorycluster",
    "createcomputecapacityreservation",
    "updatecomputecapacityreservation",
    "createnodepool",
    "updatenodepool",
    "createnotebooksession",
    "activatenotebooksession",
    "updatenotebooksession",
    "deactivatenotebooksession",
    "deletenotebooksession",
    "createmodeldeployment",
    "activatemodeldeployment",
    "updatemodeldeployment",
    "deactivatemodeldeployment",
    "deletemodeldeployment",
    "createjobrun",
];

/// Reads an Oracle record; `None` when it is none.
pub(crate) fn decode(record: &Value, context: &Context<'_>) -> Option<Outcome> {
    let record = Record::of(record)?;
    Some(match facts(&record, context) {
        Ok(facts) if facts.is_empty() => seen(&record, context),
        Ok(facts) => Outcome::of(facts),
        Err(reason) => reason.into(),
    })
}

/// What a record says that says nothing by itself. With a sign-in that was refused nobody used the tenancy.
fn seen(record: &Record<'_>, context: &Context<'_>) -> Outcome {
    if record.call.to_ascii_lowercase().contains("login") && record.is_refused() {
        return Outcome::Irrelevant;
    }
    context.seen(|| record.actor(context), || Ok((account(record)?, record.time()?)))
}

fn account(record: &Record<'_>) -> Result<AccountId, Reason> {
    record.account().ok_or_else(|| Reason::new("missing_account", "neither identity.tenantId nor compartmentId"))
}

fn facts(record: &Record<'_>, context: &Context<'_>) -> Result<Vec<Fact>, Reason> {
    let time = record.time();
    let kinds = kinds::kinds(record, *time.as_ref().unwrap_or(&EventTime::MIN));
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let (account, time) = (account(record)?, time?);
    let (actor, class) = record.actor(context);
    let sighting = context.sighting(&account, time, &actor, class);
    let (id, region) = (record.id(context), record.region());
    let usage = |(n, kind): (usize, UsageKind)| {
        let event = nth_id(&id, n);
        let (account, region, actor) = (account.clone(), region.clone(), actor.clone());
        Fact::Usage(Usage { account, event, time, region, actor, via: Some(record.call.into()), kind })
    };
    Ok(kinds.into_iter().enumerate().map(usage).chain(sighting).collect())
}
