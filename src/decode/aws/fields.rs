//! Fields as AWS writes them: any case of the first letter, lists as `{"items":[…]}`, `{"item":{…}}` or plain,
//! numbers as text, and values inside `{"value":…}`.

use serde_json::Value;

use crate::model::Text;

/// The field of that name in any case; `null` is none. Of several the exact one, then the first by name.
pub(super) fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let object = value.as_object()?;
    object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
        .filter(|value| !value.is_null())
}

/// The field at the end of a path.
pub(super) fn path<'v>(value: &'v Value, names: &[&str]) -> Option<&'v Value> {
    names.iter().try_fold(value, |value, name| field(value, name))
}

/// Its text, trimmed; numbers are written out, and `{"value":"p2.xlarge"}` is its value.
pub(super) fn text(value: &Value, name: &str) -> Option<Text> {
    as_text(field(value, name)?)
}

/// As [`text`], of the value itself.
pub(super) fn as_text(value: &Value) -> Option<Text> {
    let text = match value {
        Value::String(text) => Text::new(text.trim()),
        Value::Number(number) => Text::new(number.to_string()),
        Value::Object(object) => return as_text(object.get("value")?).filter(|_| object.len() == 1),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A whole number that counts something.
pub(super) fn count(value: &Value, name: &str) -> Option<u32> {
    let field = field(value, name)?;
    match field {
        Value::String(text) => text.trim().parse().ok(),
        // Quotas write `384.0`.
        number => number.as_u64().or_else(|| number.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64)),
    }
    .and_then(|n| u32::try_from(n).ok())
}

/// The elements of a list, however it is wrapped; a lone thing is a list of one.
pub(super) fn items<'v>(value: &'v Value, name: &str) -> Vec<&'v Value> {
    field(value, name).map(elements).unwrap_or_default()
}

fn elements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().filter(|item| !item.is_null()).collect(),
        Value::Object(object) => match ["items", "item", "member"].iter().find_map(|key| object.get(*key)) {
            Some(inner) => elements(inner),
            None if object.is_empty() => Vec::new(),
            None => vec![value],
        },
        _ => vec![value],
    }
}

/// The parameters themselves: EC2's newer calls stand inside `CreateFleetRequest`, `CreateFleetResponse`.
pub(super) fn unwrapped<'v>(value: &'v Value, call: &str, end: &str) -> &'v Value {
    field(value, &format!("{call}{end}")).unwrap_or(value)
}
