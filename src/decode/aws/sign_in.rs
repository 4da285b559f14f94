//! Sign-ins: they tell from where an account is used, and nothing else. One that failed, or whose address is no
//! address, tells nothing.

use serde_json::Value;

use super::fields::{field, text};

pub(super) const CALLS: &[&str] = &["ConsoleLogin", "SwitchRole", "ExternalIdPDirectoryLogin", "UserAuthentication"];

pub(super) fn is_sign_in(source: &str, name: &str) -> bool {
    is_source(source) && CALLS.contains(&name)
}

/// Whether they come from here: with whatever else comes from here nobody is signed in yet.
pub(super) fn is_source(source: &str) -> bool {
    source == "signin.amazonaws.com"
}

pub(super) fn succeeded(record: &Value, name: &str) -> bool {
    let answer = field(record, "responseElements").and_then(|response| text(response, name));
    text(record, "errorCode").is_none() && answer.is_none_or(|answer| answer == "Success")
}
