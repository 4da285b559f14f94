//! JSON files whose elements keep their places.
//!
//! In: text. Out: the elements of a list in it, each with its place, and lenient looks into them. A file that is no JSON is a
//! problem with its place; what an element holds is the reader's to judge.

use serde_json::Value;
use serde_json::value::RawValue;

use super::sheet::TOP;
use crate::written::{Place, Problems, Source};

/// Reads a file whose object has a list under `key`: the object without the list, and each element with its place.
pub(super) fn file(source: &Source, key: &str, problems: &mut Problems) -> Option<(Value, Vec<(Place, Value)>)> {
    let text = source.text.trim_start_matches('\u{feff}');
    let object: std::collections::BTreeMap<String, &RawValue> = kept(serde_json::from_str(text), problems)?;
    let Some(list) = object.get(key) else {
        problems.add(TOP, format!("the file has no list {key:?}"));
        return None;
    };
    let elements: Vec<&RawValue> = match serde_json::from_str(list.get()) {
        Ok(elements) => elements,
        Err(error) => {
            problems.add(TOP, format!("{key:?} is no list: {error}"));
            return None;
        }
    };
    let mut places = Places { text, read: 0, place: TOP };
    let value = |raw: &RawValue| serde_json::from_str(raw.get()).unwrap_or(Value::Null);
    let elements = elements.into_iter().map(|raw| (places.of(raw.get()), value(raw))).collect();
    let rest = object.iter().filter(|(name, _)| *name != key);
    Some((Value::Object(rest.map(|(name, raw)| (name.clone(), value(raw))).collect()), elements))
}

fn kept<T>(read: Result<T, serde_json::Error>, problems: &mut Problems) -> Option<T> {
    read.map_err(|error| {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).max(1);
        let place = Place { line: number(error.line()), column: number(error.column()) };
        problems.add(place, format!("not JSON: {error}"));
    })
    .ok()
}

/// Counts lines and columns forward through a text.
struct Places<'a> {
    text: &'a str,
    read: usize,
    place: Place,
}

impl Places<'_> {
    /// Where a part of the text begins; parts come in order.
    fn of(&mut self, part: &str) -> Place {
        let offset = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        for letter in self.text.get(self.read..offset).unwrap_or("").chars() {
            if letter == '\n' {
                self.place = Place { line: self.place.line.saturating_add(1), column: 1 };
            } else {
                self.place.column = self.place.column.saturating_add(1);
            }
        }
        self.read = offset;
        self.place
    }
}

/// A text or a number as text; empty where there is none.
pub(super) fn text(value: &Value, key: &str) -> String {
    match value.get(key) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// Every text of a list; one text alone is a list of one.
pub(super) fn texts<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    match value.get(key) {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text],
        _ => Vec::new(),
    }
}
