//! Fields whatever the case and the underscores of their names: exports of one log write `protoPayload`, `proto_payload` and
//! `protopayload`, and all mean the same.
//!
//! In: a JSON value and a name. Out: what stands under it. It refuses to know what it says.

use std::borrow::Cow;

use serde_json::Value;

/// The field of that name; null is none. Of several the exact one, then the first by name.
pub(super) fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let object = value.as_object()?;
    let same = |key: &str| is_same(key.as_bytes(), name.as_bytes());
    object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| same(key)).map(|(_, value)| value))
        .filter(|value| !value.is_null())
}

/// Whether two names differ in case and underscores at most.
pub(super) fn is_same(one: &[u8], other: &[u8]) -> bool {
    letters(one).eq(letters(other))
}

fn letters(name: &[u8]) -> impl Iterator<Item = u8> {
    name.iter().filter(|byte| **byte != b'_').map(u8::to_ascii_lowercase)
}

/// The field at the end of a path.
pub(super) fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| field(value, name))
}

/// The text at the end of a path, trimmed. What is blank, or dots where somebody left it out, is none.
pub(super) fn text<'v>(value: &'v Value, path: &[&str]) -> Option<&'v str> {
    at(value, path)?.as_str().map(str::trim).filter(|text| !text.bytes().all(|byte| byte == b'.'))
}

/// A whole number that counts something, as a number or as text.
pub(super) fn count(value: &Value, path: &[&str]) -> Option<u32> {
    let found = at(value, path)?;
    let number = found.as_u64().or_else(|| found.as_str()?.trim().parse().ok());
    number.and_then(|number| u32::try_from(number).ok())
}

/// The elements of a list; none where there is no list.
pub(super) fn items<'v>(value: &'v Value, path: &[&str]) -> &'v [Value] {
    at(value, path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Whether it says yes, as a word or as text.
pub(super) fn is_true(value: Option<&Value>) -> bool {
    value.is_some_and(|value| value.as_bool().unwrap_or_else(|| value.as_str() == Some("true")))
}

/// JSON inside a string as JSON; anything else as it is.
pub(super) fn unfold(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::String(text) if text.trim_start().starts_with('{') => {
            serde_json::from_str(text).map_or(Cow::Borrowed(value), Cow::Owned)
        }
        _ => Cow::Borrowed(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_found_in_any_writing_and_the_exact_one_first() {
        let record =
            json!({"PROTO_PAYLOAD": {"callerIP": " 1 "}, "a_b": 1, "aB": 2, "none": null, "n": "8", "dots": "..."});
        assert_eq!(text(&record, &["protoPayload", "callerIp"]), Some("1"));
        assert_eq!(field(&record, "aB"), Some(&json!(2)));
        assert_eq!(field(&record, "none"), None);
        assert_eq!(count(&record, &["n"]), Some(8));
        assert_eq!(text(&record, &["dots"]), None);
    }
}
