//! Manifests of cost and usage reports and of data exports: the last file of a delivery says that it is whole.
//!
//! In: a manifest and the path it lies under. Out: that the statement is complete, in the version its lines have.
//!
//! CUR writes one beside the folders of its deliveries, which names the delivery in force, and a copy into each folder.
//! Where deliveries are named by GUIDs, which have no order, only the one beside them says which counts.

use serde_json::Value;

use crate::decode::billing::{self, Delivery, Origin, version_of};
use crate::decode::loose::{field, text};
use crate::decode::{Context, Outcome, Reason};
use crate::model::EventTime;

/// Reads a manifest; `None` when it is none.
pub(in crate::decode) fn manifest(record: &Value, context: &Context<'_>) -> Option<Outcome> {
    let is_report = record.get("assemblyId").is_some() && record.get("reportKeys").is_some();
    let is_export = record.get("executionId").is_some() && record.get("dataFiles").is_some();
    (is_report || is_export).then(|| completed(record, context).unwrap_or_else(Outcome::Rejected))
}

fn completed(record: &Value, context: &Context<'_>) -> Result<Outcome, Reason> {
    let mut origin = Origin::of(context.source);
    let called = text(record, &["assemblyId"]).or_else(|| text(record, &["executionCreatedAt"]));
    let version = match (origin.delivery, called) {
        (Delivery::Called(_), _) => return Ok(Outcome::Irrelevant),
        (Delivery::At(seconds), _) => seconds,
        (Delivery::Only, Some(called)) if kept_apart(record, called) => version_of(called),
        (Delivery::Only, _) => 0,
    };
    let name = text(record, &["reportName"]).or_else(|| text(record, &["exportName"]));
    origin.export = name.or(origin.export);
    let start = text(record, &["billingPeriod", "start"]).and_then(compact);
    let start = start.or(origin.period.map(|day| day.start()));
    let start = start.ok_or_else(|| Reason::new("bad_time", "a manifest without a billing period"))?;
    let account = text(record, &["account"]).or_else(|| text(record, &["exportArn"])?.split(':').nth(4));
    let account = account.ok_or_else(|| Reason::new("missing_account", "a manifest without an account"))?;
    let account = billing::account("aws", account, "account")?;
    let kind = if is_focus(record) { "focus" } else { "cur" };
    let statement = billing::statement(kind, &account, &origin, start.day(), version);
    Ok(Outcome::Relevant(vec![billing::complete(account, statement, start)]))
}

/// Whether the files lie in a folder of their delivery; where each delivery overwrites the last there is one version.
fn kept_apart(record: &Value, called: &str) -> bool {
    let keys = field(record, "reportKeys").or_else(|| field(record, "dataFiles")).and_then(Value::as_array);
    keys.is_some_and(|keys| keys.iter().filter_map(Value::as_str).any(|key| key.contains(called)))
}

/// Columns of FOCUS in an export.
fn is_focus(record: &Value) -> bool {
    let columns = field(record, "columns").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    columns.iter().any(|column| text(column, &["name"]) == Some("ChargeCategory"))
}

/// `20240601T000000.000Z`.
fn compact(text: &str) -> Option<EventTime> {
    let day = text.get(..8).filter(|day| day.bytes().all(|byte| byte.is_ascii_digit()));
    let day = day.and_then(|day| Some(format!("{}-{}-{}", day.get(..4)?, day.get(4..6)?, day.get(6..)?)));
    day.as_deref().and_then(billing::instant).or_else(|| billing::instant(text))
}
