//! Models: deployed, and called through Azure OpenAI.

use serde_json::Value;

use super::{Record, Status};
use crate::model::{Text, UsageKind};

/// Which model was used, if the record is about one.
pub(super) fn kind(record: &Record<'_>) -> Option<UsageKind> {
    let (model, tokens) = match record.operation_lower().as_str() {
        "microsoft.cognitiveservices/accounts/deployments/write" => {
            (record.status() == Status::Succeeded).then(|| deployed(record))??
        }
        _ => called(record)?,
    };
    Some(UsageKind::ModelUsed { model, operation: Text::new(record.operation), tokens })
}

/// The model of the body, else the deployment's name.
fn deployed(record: &Record<'_>) -> Option<(Text, Option<u64>)> {
    let bodies = record.bodies();
    let named = bodies.iter().find_map(|body| body.pointer("/properties/model/name")?.as_str());
    Some((Text::new(named.or_else(|| record.resource_name())?), None))
}

/// A request log line of a call that was answered.
fn called(record: &Record<'_>) -> Option<(Text, Option<u64>)> {
    let logged = ["requestresponse", "audit"].contains(&record.category().to_ascii_lowercase().as_str());
    let of_models = record.resource().is_some_and(|id| id.as_str().contains("/microsoft.cognitiveservices/"));
    if !logged || !of_models || is_refused(record) {
        return None;
    }
    let properties = record.properties();
    let text = |name: &str| properties.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let model = text("modelName").or_else(|| text("modelDeploymentName"))?;
    Some((Text::new(model), tokens(&properties)))
}

fn is_refused(record: &Record<'_>) -> bool {
    let signature = record.text(&["resultSignature", "ResultSignature"]).unwrap_or_default();
    record.status() == Status::Failed || signature.starts_with(['4', '5'])
}

/// In and out together.
fn tokens(properties: &Value) -> Option<u64> {
    let number = |names: &[&str]| {
        names.iter().find_map(|name| {
            let value = properties.get(name).or_else(|| properties.get("usage")?.get(name))?;
            value.as_u64().or_else(|| value.as_str()?.parse().ok())
        })
    };
    let total = number(&["totalTokens", "total_tokens"]);
    total.or_else(|| {
        let read = number(&["promptTokens", "prompt_tokens", "inputTokens"]);
        let written = number(&["completionTokens", "completion_tokens", "outputTokens"]);
        match (read, written) {
            (None, None) => None,
            (read, written) => read.unwrap_or(0).checked_add(written.unwrap_or(0)),
        }
    })
}
