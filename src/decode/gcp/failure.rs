//! Why a call or an operation failed, from the status and from the errors it was answered with.

use serde_json::Value;

use crate::decode::loose::{at, field, items, text};
use crate::model::{DenialReason, Text};

/// A failure.
pub(super) struct Failure {
    pub(super) reason: DenialReason,
    /// Google's word for it.
    said: Text,
}

impl Failure {
    /// The outcome of an operation: the reason where it is one of ours, else Google's word.
    pub(super) fn outcome(&self) -> Text {
        match self.reason {
            DenialReason::Unknown => self.said.clone(),
            reason => Text::new_static(reason.as_str()),
        }
    }
}

/// Words of codes and messages, in lower case; those that say more stand first.
const REASONS: &[(&str, DenialReason)] = &[
    ("resource_pool_exhausted", DenialReason::Capacity),
    ("stockout", DenialReason::Capacity),
    ("does not have enough resources", DenialReason::Capacity),
    ("no more capacity", DenialReason::Capacity),
    ("unsupported countries", DenialReason::Policy),
    ("not available in your country", DenialReason::Policy),
    ("organization policy", DenialReason::Policy),
    ("organization's policy", DenialReason::Policy),
    ("constraint constraints/", DenialReason::Policy),
    ("vpc_service_controls", DenialReason::Policy),
    ("billing_disabled", DenialReason::RefusedSale),
    ("billing account", DenialReason::RefusedSale),
    ("quota", DenialReason::Quota),
    ("limit_exceeded", DenialReason::Quota),
    ("permission_denied", DenialReason::Unauthorised),
    ("permission", DenialReason::Unauthorised),
    ("forbidden", DenialReason::Unauthorised),
];

/// Codes of `google.rpc.Code`, for where no word says more.
fn by_code(code: u64) -> (DenialReason, &'static str) {
    match code {
        7 => (DenialReason::Unauthorised, "PERMISSION_DENIED"),
        8 => (DenialReason::Quota, "RESOURCE_EXHAUSTED"),
        16 => (DenialReason::Unauthorised, "UNAUTHENTICATED"),
        3 => (DenialReason::Unknown, "INVALID_ARGUMENT"),
        5 => (DenialReason::Unknown, "NOT_FOUND"),
        6 => (DenialReason::Unknown, "ALREADY_EXISTS"),
        9 => (DenialReason::Unknown, "FAILED_PRECONDITION"),
        10 => (DenialReason::Unknown, "ABORTED"),
        13 => (DenialReason::Unknown, "INTERNAL"),
        14 => (DenialReason::Unknown, "UNAVAILABLE"),
        _ => (DenialReason::Unknown, "failed"),
    }
}

/// Why it failed, if it did: an empty status, and one of code 0, is success.
pub(super) fn failure(payload: &Value, response: &Value) -> Option<Failure> {
    let status = field(payload, "status");
    let code = status.and_then(|status| {
        let code = field(status, "code")?;
        code.as_u64().or_else(|| code.as_str()?.parse().ok())
    });
    let message = status.and_then(|status| text(status, &["message"]));
    let error = field(response, "error").filter(|error| error.as_object().is_some_and(|error| !error.is_empty()));
    if code.is_none_or(|code| code == 0) && message.is_none() && error.is_none() {
        return None;
    }
    let errors = error.map(|error| items(error, &["errors"])).unwrap_or_default();
    let worded = errors.iter().find_map(|error| text(error, &["code"]).or_else(|| text(error, &["reason"])));
    let details = status.and_then(|status| at(status, &["details"])).map(Value::to_string);
    let all =
        [message.unwrap_or_default(), &error.map(Value::to_string).unwrap_or_default(), &details.unwrap_or_default()];
    let all = all.join(" ").to_ascii_lowercase();
    let found = REASONS.iter().find(|(words, _)| all.contains(words)).map(|(_, reason)| *reason);
    let (fallback, name) = by_code(code.unwrap_or(0));
    Some(Failure { reason: found.unwrap_or(fallback), said: Text::new(worded.unwrap_or(name)) })
}
