//! AWS: CloudTrail records, and the EventBridge events that say what CloudTrail does not.
//!
//! In: one record. Out: starts, stops, refusals and reservations of EC2 and SageMaker capacity of every type, groups of
//! machines asked for, calls of Bedrock models, and sign-ins; lines of cost and usage reports. Everything else in CloudTrail is irrelevant by name, before anything of it is read.

mod bedrock;
mod bills;
mod cloudtrail;
mod denial;
mod ec2;
mod event_bridge;
mod fields;
mod glimpse;
mod groups;
mod manifest;
mod sagemaker;
mod sign_in;

use serde_json::Value;

use super::{Context, Outcome};

pub(super) use bills::BILLS;
pub(super) use cloudtrail::{is_relevant, names};
pub(super) use glimpse::glimpse;
pub(super) use manifest::manifest;

/// CloudTrail records, and EventBridge events other than those that only wrap one.
pub(super) fn decode(record: &Value, context: &Context<'_>) -> Option<Outcome> {
    cloudtrail::decode(record, context).or_else(|| event_bridge::decode(record, context))
}
