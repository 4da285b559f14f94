//! Azure: the activity log in every shape it is exported in, Event Grid's resource events, requests to Azure OpenAI, and
//! sign-ins.
//!
//! In: one JSON object. Out: machines started, stopped and refused, models used, and from where. Only final outcomes
//! count: `Started` and `Accepted` say nothing that `Succeeded` or `Failed` does not say again. It refuses to know what
//! size a machine is when the record does not say: most writes do not, and the ledger looks it up.

mod machine;
mod model;
mod record;
mod sign_in;
#[cfg(test)]
mod tests;

use serde_json::Value;

use self::record::{Record, Status};
use super::{Context, Outcome, Reason};
use crate::model::{Fact, Usage, UsageKind};

/// Reads an Azure record; `None` when it is none.
pub(crate) fn decode(record: &Value, context: &Context<'_>) -> Option<Outcome> {
    let record = match Record::of(record)? {
        Ok(record) => record,
        Err(record::Unneeded) => return Some(Outcome::Irrelevant),
    };
    let found = machine::kind(&record).or_else(|| model::kind(&record));
    Some(match found {
        Some(kind) => facts(&record, kind, context).map_or_else(Outcome::Rejected, Outcome::Relevant),
        None => sign_in::sighting(&record, context).unwrap_or(Outcome::Irrelevant),
    })
}

fn facts(record: &Record<'_>, kind: UsageKind, context: &Context<'_>) -> Result<Vec<Fact>, Reason> {
    let told = || Reason::new("missing_account", "no subscription in resourceId or subscriptionId");
    let account = record.subscription().ok_or_else(told)?;
    let time = record.time()?;
    let (actor, class) = record.actor(context);
    let sighting = context.sighting(&account, time, &actor, class);
    let usage = Usage {
        account,
        event: record.id(context),
        time,
        region: record.region(),
        actor,
        via: Some(record.operation.into()),
        kind,
    };
    Ok(std::iter::once(Fact::Usage(usage)).chain(sighting).collect())
}
