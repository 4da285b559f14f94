//! CloudTrail and EC2 events.

use serde_json::Value;

use super::{Context, Outcome};

pub(crate) fn decode(_record: &Value, _context: &Context<'_>) -> Option<Outcome> {
    None
}

pub(super) fn is_relevant(_source: &str, _name: &str) -> bool {
    true
}
