//! What a record is wrapped in: EventBridge, Event Grid and CloudEvents, Pub/Sub, SNS, SQS, Kinesis, Kafka Connect,
//! CloudWatch Logs subscriptions (packed, as a function of Lambda is handed them, or plain), look-ups, tables of a query, and
//! JSON inside a string.
//!
//! In: a record no decoder knows. Out: what it holds. It refuses to know what that means.

use serde_json::Value;

use super::split::CONTAINERS;
use super::{packed, table};

/// Keys that may hold the record, in the order they are tried.
const WRAPPERS: [&str; 24] = [
    "CloudTrailEvent",
    "detail",
    "data",
    "override_record",
    "_raw",
    "awslogs",
    "kinesis",
    "Sns",
    "SNS",
    "message",
    "Message",
    "body",
    "Body",
    "payload",
    "_source",
    "event",
    "invokingEvent",
    "Data",
    "receivedMessages",
    "logContent",
    "results",
    "result",
    "original",
    "log",
];

/// What a record holds.
pub(super) enum Inside<'v> {
    /// One record.
    One(&'v Value),
    /// Several.
    Many(&'v [Value]),
    /// JSON, as text.
    Text(String),
    /// JSON, packed.
    Gzip(Vec<u8>),
    /// What begins as base64 of gzip and is none.
    Broken,
    /// A message of the transport about itself.
    Transport,
}

/// What the record holds, if it is an envelope.
pub(super) fn open(record: &Value) -> Option<Inside<'_>> {
    let object = match record {
        Value::Object(object) => object,
        Value::Array(records) => return Some(Inside::Many(records)),
        Value::String(text) => return json_text(text),
        _ => return None,
    };
    let lists = || CONTAINERS.iter().filter_map(|key| object.get(*key).and_then(Value::as_array));
    if let Some(records) = lists().find(|list| !list.is_empty()).or_else(|| lists().next()) {
        return Some(Inside::Many(records));
    }
    if let Some(rows) = table::rows(record) {
        return Some(Inside::Text(rows));
    }
    WRAPPERS.iter().find_map(|key| match object.get(*key)? {
        inner @ Value::Object(fields) if !fields.is_empty() => Some(Inside::One(inner)),
        Value::Array(records) if records.first().is_some_and(Value::is_object) => Some(Inside::Many(records)),
        Value::String(text) if text.starts_with("CWL CONTROL MESSAGE") => Some(Inside::Transport),
        Value::String(text) => json_text(text),
        _ => None,
    })
}

/// The text itself or what its base64 says, if that begins like JSON or is packed.
fn json_text(text: &str) -> Option<Inside<'static>> {
    let is_json = |text: &str| text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']);
    if is_json(text) {
        return Some(Inside::Text(text.to_owned()));
    }
    if text.starts_with(GZIP) {
        let bytes = base64(text.as_bytes()).filter(|bytes| packed::is_gzip(bytes));
        return Some(bytes.map_or(Inside::Broken, Inside::Gzip));
    }
    // Base64 of `{`, of white space or of a byte order mark; anything else is not worth the trouble.
    text.starts_with(['e', 'I', 'C', 'D', 'W', '7'])
        .then(|| base64(text.as_bytes()))
        .flatten()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|text| is_json(text))
        .map(Inside::Text)
}

/// How the base64 of gzip begins.
const GZIP: &str = "H4sI";

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let text =
        text.trim_ascii().strip_suffix(b"==").or(text.trim_ascii().strip_suffix(b"=")).unwrap_or(text.trim_ascii());
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0u32, 0);
    for byte in text.iter().copied().filter(|b| !b.is_ascii_whitespace()) {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xff) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_in_both_alphabets() {
        assert_eq!(base64(b"eyJhIjoxfQ==").unwrap(), br#"{"a":1}"#);
        assert_eq!(base64(b"-_8=").unwrap(), [0xfb, 0xff]);
        assert_eq!(base64(b"a b?"), None);
    }

    #[test]
    fn words_that_only_look_like_base64_are_left_alone() {
        assert!(open(&serde_json::json!({"message": "everything"})).is_none());
    }
}
