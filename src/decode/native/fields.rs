//! A JSON object read key by key, every problem of it gathered.
//!
//! In: an object and the [`Shape`] it must have. Out: values of the model, or problems that name key, value and what was
//! expected. Null is the same as absent; text of nothing but white space is unknown text.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::keys::Shape;
use crate::model::{Country, Currency, EventTime, Micros, Money, Text};

/// What is wrong with a record, the graver first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Problem {
    /// A key nobody knows.
    UnknownKey(String),
    /// A key that must be there.
    MissingKey(String),
    /// An account id whose digits a spreadsheet has eaten.
    MangledAccount(String),
    /// More or fewer things than counted.
    ContradictoryCount(String),
    /// A value that cannot be.
    BadValue(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKey(key) => write!(f, "unknown key {key:?}"),
            Self::MissingKey(key) => write!(f, "missing key {key:?}"),
            Self::MangledAccount(what) | Self::ContradictoryCount(what) | Self::BadValue(what) => f.write_str(what),
        }
    }
}

/// An object being read.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: String,
    problems: Vec<Problem>,
}

/// Longest value quoted in a message, in characters.
const QUOTED: usize = 64;

/// A value as messages quote it: containers by their kind, long text cut short.
pub(super) fn quoted(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".into(),
        other => {
            let text = other.to_string();
            match text.char_indices().nth(QUOTED) {
                Some((end, _)) => format!("{}…", text.get(..end).unwrap_or("")),
                None => text,
            }
        }
    }
}

impl<'a> Fields<'a> {
    /// Begins to read; keys that no shape knows, and required ones that are absent, are problems at once.
    pub(super) fn new(object: &'a Map<String, Value>, path: &str, shapes: &[&Shape]) -> Self {
        let mut fields = Self { object, path: path.to_owned(), problems: Vec::new() };
        for key in object.keys().filter(|key| !shapes.iter().any(|shape| shape.knows(key))) {
            fields.problems.push(Problem::UnknownKey(format!("{path}{key}")));
        }
        for key in shapes.iter().flat_map(|shape| shape.required) {
            if fields.get(key).is_none() {
                fields.missing(key);
            }
        }
        fields
    }

    /// Every problem met, the gravest first.
    pub(super) fn problems(self) -> Vec<Problem> {
        let mut problems = self.problems;
        problems.sort();
        problems.dedup();
        problems
    }

    /// One more problem: a value that cannot be.
    pub(super) fn bad(&mut self, key: &str, expected: impl fmt::Display) {
        let value = self.object.get(key).map_or_else(|| "nothing".into(), quoted);
        self.problems.push(Problem::BadValue(format!("{}{key}: expected {expected}, got {value}", self.path)));
    }

    /// One more problem: a key that is absent.
    pub(super) fn missing(&mut self, key: &str) {
        self.problems.push(Problem::MissingKey(format!("{}{key}", self.path)));
    }

    /// One more problem, of any kind.
    pub(super) fn add(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The value, unless absent or null.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// The value through `read`, or a problem.
    pub(super) fn value<T>(
        &mut self,
        key: &str,
        expected: impl fmt::Display,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let read = read(self.get(key)?);
        if read.is_none() {
            self.bad(key, expected);
        }
        read
    }

    /// Text; what is blank is unknown.
    pub(super) fn text(&mut self, key: &str) -> Option<Text> {
        self.value(key, "text", |value| value.as_str().map(Text::new)).filter(|text| !text.trim().is_empty())
    }

    /// Text that must say something.
    pub(super) fn required_text(&mut self, key: &str) -> Option<Text> {
        self.value(key, "text that is not empty", |value| {
            value.as_str().filter(|text| !text.trim().is_empty()).map(Text::new)
        })
    }

    /// One of a set of words.
    pub(super) fn word<T>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Option<T>,
        words: impl IntoIterator<Item = &'static str>,
    ) -> Option<T> {
        let expected = format!("one of {}", words.into_iter().collect::<Vec<_>>().join(", "));
        self.value(key, expected, |value| value.as_str().and_then(parse))
    }

    /// A list of texts that all say something; absent is empty.
    pub(super) fn texts(&mut self, key: &str) -> Vec<Text> {
        self.value(key, "a list of texts that are not empty", |value| {
            let one = |item: &Value| item.as_str().filter(|text| !text.trim().is_empty()).map(Text::new);
            value.as_array()?.iter().map(one).collect()
        })
        .unwrap_or_default()
    }

    /// Texts by key; absent is empty.
    pub(super) fn map(&mut self, key: &str) -> BTreeMap<Text, Text> {
        self.value(key, "an object of texts", |value| {
            let one = |(key, value): (&String, &Value)| Some((Text::new(key), Text::new(value.as_str()?)));
            value.as_object()?.iter().map(one).collect()
        })
        .unwrap_or_default()
    }

    /// An instant.
    pub(super) fn time(&mut self, key: &str) -> Option<EventTime> {
        let expected = "an RFC 3339 time between 1677-09-22 and 2262-04-11";
        self.value(key, expected, |value| EventTime::parse(value.as_str()?).ok())
    }

    /// An instant that must lie after another.
    pub(super) fn time_after(&mut self, key: &str, after: Option<EventTime>) -> Option<EventTime> {
        let time = self.time(key)?;
        match after {
            Some(after) if time <= after => {
                self.bad(key, format_args!("a time after {after}"));
                None
            }
            _ => Some(time),
        }
    }

    /// An instant that must not lie before another.
    pub(super) fn time_from(&mut self, key: &str, from: Option<EventTime>) -> Option<EventTime> {
        let time = self.time(key)?;
        match from {
            Some(from) if time < from => {
                self.bad(key, format_args!("a time not before {from}"));
                None
            }
            _ => Some(time),
        }
    }

    /// A country.
    pub(super) fn country(&mut self, key: &str) -> Option<Country> {
        self.value(key, "a country of two letters", |value| Country::parse(value.as_str()?))
    }

    /// A decimal, as a number or as text.
    pub(super) fn decimal(&mut self, key: &str) -> Option<Micros> {
        self.value(key, "a decimal between -10^12 and 10^12", |value| match value {
            Value::Number(number) => Micros::parse(&number.to_string()).ok(),
            Value::String(text) => Micros::parse(text).ok(),
            _ => None,
        })
    }

    /// How many, from 1.
    pub(super) fn count(&mut self, key: &str) -> Option<u32> {
        self.value(key, "a whole number from 1 to 4294967295", |value| {
            value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0)
        })
    }

    /// A whole number from 0.
    pub(super) fn whole(&mut self, key: &str) -> Option<u64> {
        self.value(key, "a whole number from 0", Value::as_u64)
    }

    /// A version; absent is 0.
    pub(super) fn version(&mut self) -> u64 {
        self.whole("version").unwrap_or_default()
    }

    /// Yes or no; absent is no.
    pub(super) fn flag(&mut self, key: &str) -> bool {
        self.value(key, "true or false", Value::as_bool).unwrap_or_default()
    }

    /// An amount and its currency; one without the other is a problem.
    pub(super) fn money(&mut self, amount: &str) -> Option<Money> {
        let read = self.decimal(amount);
        let currency = self.value("currency", "a currency of three letters", |value| {
            let letters = value.as_str()?.trim();
            let fits = letters.len() == 3 && letters.bytes().all(|b| b.is_ascii_alphabetic());
            fits.then(|| Currency(Text::new(letters.to_ascii_uppercase())))
        });
        match (self.get(amount), self.get("currency")) {
            (Some(_), None) => self.missing("currency"),
            (None, Some(_)) => self.missing(amount),
            _ => {}
        }
        Some(Money { amount: read?, currency: currency? })
    }

    /// An object within; its problems are problems of this one.
    pub(super) fn nested<T>(&mut self, shape: &Shape, read: impl FnOnce(&mut Fields<'a>) -> Option<T>) -> Option<T> {
        let object = self.value(shape.name, "an object", Value::as_object)?;
        let mut inner = Fields::new(object, &format!("{}{}.", self.path, shape.name), &[shape]);
        let value = read(&mut inner);
        self.problems.append(&mut inner.problems);
        value
    }
}
