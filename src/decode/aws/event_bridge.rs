//! EventBridge events that are no API calls: instances changing state, and SageMaker jobs that end by themselves.
//!
//! Other events of these services are known and say nothing more; those of other services are left to be named.

use serde_json::Value;

use super::super::{Context, Outcome, Reason, time};
use super::cloudtrail::account_in;
use super::fields::{field, text};
use super::sagemaker::THINGS;
use crate::model::{Actor, Fact, Market, Region, ResourceId, StopEnd, Text, Usage, UsageKind};

pub(super) fn decode(record: &Value, context: &Context<'_>) -> Option<Outcome> {
    let detail = field(record, "detail")?;
    let detail_type = text(record, "detail-type")?;
    let kind = match (text(record, "source").as_deref()?, &*detail_type) {
        (_, call) if call.ends_with("via CloudTrail") => return None,
        ("aws.ec2", "EC2 Instance State-change Notification") => instance(detail),
        ("aws.sagemaker", changed) if changed.ends_with("State Change") => job(detail),
        ("aws.ec2" | "aws.sagemaker" | "aws.events" | "aws.autoscaling" | "aws.bedrock", _) => None,
        _ => return None,
    };
    let Some(kind) = kind else { return Some(Outcome::Irrelevant) };
    Some(
        usage(record, context, &detail_type, kind)
            .map_or_else(Outcome::from, |usage| Outcome::Relevant(vec![Fact::Usage(usage)])),
    )
}

fn usage(record: &Value, context: &Context<'_>, detail_type: &str, kind: UsageKind) -> Result<Usage, Reason> {
    let missing = || Reason::new("missing_account", format!("{detail_type}: no account"));
    Ok(Usage {
        account: account_in(field(record, "account").ok_or_else(missing)?, detail_type)?,
        event: text(record, "id").unwrap_or_else(|| context.content_id(record)),
        time: field(record, "time")
            .and_then(time)
            .ok_or_else(|| Reason::new("bad_time", format!("{detail_type}: no time that can be read")))?,
        region: text(record, "region").map(|r| Region::new(r.to_ascii_lowercase())),
        actor: Actor::default(),
        via: Some(Text::new(detail_type)),
        kind,
    })
}

fn instance(detail: &Value) -> Option<UsageKind> {
    let resource = ResourceId::new(text(detail, "instance-id")?);
    match &*text(detail, "state")? {
        "running" => {
            let market = Market::OnDemand;
            Some(UsageKind::CapacityStarted { sku: None, count: 1, resource: Some(resource), market })
        }
        "stopped" => Some(UsageKind::CapacityStopped { resource, end: StopEnd::Stopped }),
        "terminated" => Some(UsageKind::CapacityStopped { resource, end: StopEnd::Terminated }),
        _ => None,
    }
}

/// The end of a job, with its name and status under the job's own field names.
fn job(detail: &Value) -> Option<UsageKind> {
    THINGS.iter().find_map(|(thing, named, kind)| {
        let name = text(detail, named)?;
        let ended = matches!(&*text(detail, &format!("{thing}Status"))?, "Completed" | "Failed" | "Stopped");
        let resource = ResourceId::new(format!("{kind}/{name}"));
        ended.then_some(UsageKind::CapacityStopped { resource, end: StopEnd::Terminated })
    })
}
