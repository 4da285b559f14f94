//! Models: deployed, and called through Azure OpenAI.

use serde_json::Value;

use super::record::{Record, Status};
use super::start::in_body;
use crate::model::{Text, UsageKind};

const DEPLOYMENT: &str = "microsoft.cognitiveservices/accounts/deployments/write";
const SERVERLESS: &str = "microsoft.machinelearningservices/workspaces/serverlessendpoints/write";

pub(super) const OPERATIONS: &[&str] = &[DEPLOYMENT, SERVERLESS];

/// Of request logs, in lower case: their operations are the service's own.
pub(super) const CATEGORIES: &[&str] = &["requestresponse", "audit"];

/// Which model was deployed.
pub(super) fn read(record: &Record<'_>, operation: &str) -> Vec<UsageKind> {
    let path: &[&str] = match operation {
        SERVERLESS => &["properties", "modelSettings", "modelId"],
        _ => &["properties", "model", "name"],
    };
    // Without a body it goes by the deployment's name.
    let model = in_body(record, path).or_else(|| record.resource_name().map(str::to_owned));
    let done = record.status() == Status::Succeeded;
    model.filter(|_| done).map(|model| used(record, Text::new(model), None)).into_iter().collect()
}

/// Which model was called.
pub(super) fn call(record: &Record<'_>) -> Vec<UsageKind> {
    called(record).map(|(model, tokens)| used(record, model, tokens)).into_iter().collect()
}

fn used(record: &Record<'_>, model: Text, tokens: Option<u64>) -> UsageKind {
    UsageKind::ModelUsed { model, operation: Text::new(record.operation), tokens }
}

/// A request log line of a call that was answered.
fn called(record: &Record<'_>) -> Option<(Text, Option<u64>)> {
    let logged = CATEGORIES.contains(&record.category().to_ascii_lowercase().as_str());
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
    let signature = record.text(&["resultSignature"]).unwrap_or_default();
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
