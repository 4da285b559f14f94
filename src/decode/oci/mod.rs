//! Oracle Cloud audit events.

use serde_json::Value;

use super::{Context, Outcome};

pub(crate) fn decode(_record: &Value, _context: &Context<'_>) -> Option<Outcome> {
    None
}
