//! Google Cloud: Cloud Audit Logs, out of Pub/Sub, files of sinks and tables.
//!
//! In: one entry. Out: machines, TPUs and deployed models started and stopped, the halves of operations that start them,
//! refusals, reservations, larger quotas, models used, sign-ins. A `last` half with an error is the operation's failure,
//! which the ledger joins with what the `first` asked for. It refuses to know what a machine type holds.

mod bills;
mod compute;
mod container;
mod entry;
mod failure;
mod glimpse;
mod reservation;
mod start;
#[cfg(test)]
mod tests;
mod tpu;
mod vertex;

use serde_json::Value;

pub(super) use self::bills::BILLS;
use self::entry::{Entry, Phase};
pub(super) use self::glimpse::{MEMBERS, glimpse};
use super::{Context, Outcome, Reason};
use crate::decode::nth_id;
use crate::model::{AccountId, EventTime, Fact, Usage, UsageKind};

/// Every call that matters, by service: the last two parts of a `methodName`, in Google's case.
pub(in crate::decode) const CALLS: &[(&str, &[&str])] = &[
    ("compute", compute::CALLS),
    ("compute", reservation::CALLS),
    ("container", container::CALLS),
    ("tpu", tpu::CALLS),
    ("aiplatform", vertex::CALLS),
    ("cloudquotas", reservation::QUOTA_CALLS),
    ("login", SIGN_INS),
];

/// They tell from where an organisation is used, and nothing else.
const SIGN_INS: &[&str] = &["LoginService.loginSuccess"];

/// Reads an audit log entry; `None` when it is none.
pub(crate) fn decode(record: &Value, context: &Context<'_>) -> Option<Outcome> {
    let entry = match Entry::of(record)? {
        Ok(entry) => entry,
        Err(outcome) => return Some(outcome),
    };
    let is_known = |(service, calls): &&(&str, &[&str])| *service == entry.service && calls.contains(&entry.call);
    if entry.phase == Phase::Between || !CALLS.iter().any(|calls| is_known(&calls)) {
        return Some(seen(&entry, context));
    }
    Some(match facts(&entry, context) {
        Ok(facts) if facts.is_empty() => seen(&entry, context),
        Ok(facts) => Outcome::of(facts),
        Err(reason) => reason.into(),
    })
}

/// What an entry says that says nothing by itself. What else concerns sign-ins may have failed: nobody used the account.
fn seen(entry: &Entry<'_>, context: &Context<'_>) -> Outcome {
    if entry.service == "login" {
        return Outcome::Irrelevant;
    }
    context.seen(|| entry.actor(context), || Ok((account(entry)?, entry.time()?)))
}

fn missing(entry: &Entry<'_>, code: &str, what: &str) -> Reason {
    Reason::new(code, format!("{}: {what}", entry.method))
}

fn account(entry: &Entry<'_>) -> Result<AccountId, Reason> {
    let told = || missing(entry, "missing_account", "no project in labels, resourceName or logName");
    entry.account().ok_or_else(told)
}

fn facts(entry: &Entry<'_>, context: &Context<'_>) -> Result<Vec<Fact>, Reason> {
    let (time, account) = (entry.time()?, account(entry)?);
    if entry.service == "compute" && entry.resource().is_none() {
        return Err(missing(entry, "missing_value", "no resourceName of a project"));
    }
    let kinds = kinds(entry, time);
    if kinds.is_empty() && !SIGN_INS.contains(&entry.call) {
        return Ok(Vec::new());
    }
    let (actor, class) = entry.actor(context);
    let sighting = context.sighting(&account, time, &actor, class);
    let (id, region) = (entry.id(context), entry.region());
    let usage = |(n, kind): (usize, UsageKind)| {
        let event = nth_id(&id, n);
        let (account, region, actor) = (account.clone(), region.clone(), actor.clone());
        Fact::Usage(Usage { account, event, time, region, actor, via: Some(entry.method.into()), kind })
    };
    Ok(kinds.into_iter().enumerate().map(usage).chain(sighting).collect())
}

fn kinds(entry: &Entry<'_>, time: EventTime) -> Vec<UsageKind> {
    match entry.service {
        "compute" if reservation::CALLS.contains(&entry.call) => reservation::read(entry, time),
        "compute" => compute::read(entry),
        "container" => container::read(entry),
        "tpu" => tpu::read(entry, time),
        "aiplatform" => vertex::read(entry),
        "cloudquotas" => reservation::read_quota(entry, time),
        _ => Vec::new(),
    }
}
