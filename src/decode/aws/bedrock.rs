//! Bedrock: calls of models. Calls that failed used none.

use serde_json::Value;

use super::cloudtrail::Call;
use super::fields::{count, field, text};
use crate::model::{Usage, UsageKind};

pub(super) const CALLS: &[&str] = &[
    "InvokeModel",
    "InvokeModelWithResponseStream",
    "InvokeModelWithBidirectionalStream",
    "Converse",
    "ConverseStream",
    "StartAsyncInvoke",
    "CreateModelInvocationJob",
];

pub(super) fn read(call: &Call<'_>) -> Vec<Usage> {
    if call.denied.is_some() {
        return Vec::new();
    }
    let more = field(call.record, "additionalEventData").unwrap_or(&Value::Null);
    let tokens = ["inputTokens", "outputTokens"].iter().filter_map(|name| count(more, name)).map(u64::from);
    let kind = UsageKind::ModelUsed {
        // A model not named is unknown, not unused.
        model: text(call.request, "modelId").unwrap_or_default(),
        operation: call.name.clone(),
        tokens: tokens.reduce(|a, b| a + b),
    };
    vec![call.usage(0, kind)]
}
