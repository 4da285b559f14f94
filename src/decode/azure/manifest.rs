//! Manifests of Cost Management's exports: a run says that all its parts are written.
//!
//! In: a manifest and the path it lies under. Out: that the statement is complete, in the version its lines have.

use serde_json::Value;

use crate::decode::billing::{self, Origin};
use crate::decode::loose::text;
use crate::decode::{Context, Outcome, Reason};
use crate::model::{AccountId, Day, Statement, Text};

/// Reads a manifest; `None` when it is none.
pub(in crate::decode) fn manifest(record: &Value, context: &Context<'_>) -> Option<Outcome> {
    let is_one = record.get("exportConfig").is_some() && record.get("runInfo").is_some();
    is_one.then(|| completed(record, context).unwrap_or_else(Outcome::Rejected))
}

fn completed(record: &Value, context: &Context<'_>) -> Result<Outcome, Reason> {
    let origin = Origin::of(context.source);
    let scope = text(record, &["exportConfig", "resourceId"]);
    let scope = scope.ok_or_else(|| Reason::new("missing_account", "a manifest without exportConfig.resourceId"))?;
    let account = billing::account("azure", scope, "exportConfig.resourceId")?;
    let start = text(record, &["runInfo", "startDate"]).and_then(billing::instant).map(|time| time.day());
    let start =
        origin.period.or(start).ok_or_else(|| Reason::new("bad_time", "a manifest without runInfo.startDate"))?;
    let is_focus = text(record, &["exportConfig", "type"]).is_some_and(|kind| kind.to_lowercase().contains("focus"));
    let statement = if is_focus {
        billing::statement("focus", &account, &origin, start, origin.delivery.in_order())
    } else {
        statement(&account, &origin, start)
    };
    Ok(Outcome::Relevant(vec![billing::complete(account, statement, start.start())]))
}

/// The statement of an export of cost details: an actual and an amortised one of one name are one, for they hold the same
/// use.
pub(super) fn statement(scope: &AccountId, origin: &Origin<'_>, month: Day) -> Statement {
    let statement = billing::statement("azure", scope, origin, month, origin.delivery.in_order());
    let Some((bill, name)) = statement.export.rsplit_once('/').filter(|_| origin.export.is_some()) else {
        return statement;
    };
    let mut name = name.to_lowercase();
    for view in ["actual", "amortized", "amortised", "amortize", "amortise"] {
        name = name.replace(view, "");
    }
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    Statement { export: Text::from(format!("{bill}/{name}")), ..statement }
}
