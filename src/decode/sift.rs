//! A look at a message that costs next to nothing: most of an audit log is single CloudTrail records of calls nobody here
//! asks about, and they are known for what they are without being parsed.
//!
//! In: the bytes of a message. Out: whether it is one such record. It says no wherever it is not sure, and then the message
//! is read in full: it must never pass over what a full reading would keep.
//!
//! Sure means: its first key is CloudTrail's, and an object with that key is CloudTrail's whatever else it holds
//! (`aws::cloudtrail`); nothing follows an object but what continues it, so that it is one record; no array stands under a
//! key that would make it a container of records; no escape hides a letter, and no white space a key; and wherever it
//! names a call, the name is written plainly and is none that matters. What is not whole JSON in between is not noticed:
//! such a record says nothing that could be kept, and counts as irrelevant.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use memchr::{memchr2_iter, memchr3_iter};

use super::split::CONTAINERS;
use super::{Format, Settings, aws};

const BEGINS: &[u8] = br#"{"eventVersion":""#;
const NAME: &[u8] = br#""eventName""#;

static FIND_NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NAME));

/// Whether a message is one CloudTrail record that says nothing, for sure.
pub(super) fn is_irrelevant(message: &[u8], settings: &Settings) -> bool {
    message.starts_with(BEGINS)
        && message.ends_with(b"}")
        && message.len() <= settings.limits.record_bytes
        && settings.format.is_none_or(|format| format == Format::Aws)
        && FIND_NAME.find_iter(message).all(|at| is_dull(message, at))
        && hides_nothing(message)
        && is_one(message)
}

/// Whether the call named here is none that matters, and written plainly.
fn is_dull(message: &[u8], at: usize) -> bool {
    let behind = message.get(at + NAME.len()..).unwrap_or_default();
    let name = behind.strip_prefix(b":\"").and_then(|text| text.get(..memchr::memchr(b'"', text)?));
    name.is_some_and(|name| !aws::could_matter(name))
}

/// No escape writes a letter otherwise, and no array stands where its elements would be records.
fn hides_nothing(message: &[u8]) -> bool {
    memchr2_iter(b'\\', b'[', message).all(|at| match message.get(at) {
        Some(b'\\') => message.get(at + 1) != Some(&b'u'),
        _ => {
            let before = message.get(..at).unwrap_or_default();
            !before.ends_with(b",") && continues(before) && !is_container(before)
        }
    })
}

/// Whether what opens here stands where a value may: behind what a value follows, or as the first letter of a text.
fn continues(before: &[u8]) -> bool {
    matches!(before.last(), None | Some(b':' | b',' | b'[' | b'"'))
}

/// Whether an array behind this is the value of a key whose elements would be records.
fn is_container(before: &[u8]) -> bool {
    let key = before.strip_suffix(b"\":").unwrap_or_default();
    CONTAINERS.iter().any(|container| key.ends_with(container.as_bytes()))
}

/// Nothing follows what is closed but what goes on with it, and nothing opens but where a value may stand.
fn is_one(message: &[u8]) -> bool {
    let mut listed = false;
    let plain = memchr3_iter(b'{', b'}', b']', message).all(|at| match message.get(at..) {
        Some([b'{', ..]) => {
            let before = message.get(..at).unwrap_or_default();
            listed |= before.ends_with(b",");
            continues(before)
        }
        Some([_] | [_, b',' | b'}' | b']' | b'"', ..]) => true,
        _ => false,
    });
    // An object behind a comma stands in an array, or is another record.
    plain && (!listed || is_one_object(message))
}

/// Whether the object that begins first ends last, and what opens within is closed in turn; deeper than 64 it is not sure.
fn is_one_object(message: &[u8]) -> bool {
    let (mut at, mut depth, mut arrays) = (0, 0u32, 0u64);
    while let Some(byte) = message.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' if depth < 64 => {
                arrays = arrays << 1 | u64::from(*byte == b'[');
                depth += 1;
            }
            b'}' | b']' if depth > 0 && (arrays & 1 == 1) == (*byte == b']') => {
                arrays >>= 1;
                depth -= 1;
                if depth == 0 {
                    return at == message.len();
                }
            }
            b'"' => match end_of_text(message, at) {
                Some(end) => at = end,
                None => return false,
            },
            b'{' | b'[' | b'}' | b']' => return false,
            _ => {}
        }
    }
    false
}

/// Behind the quote that ends a text.
fn end_of_text(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let step = memchr::memchr2(b'"', b'\\', message.get(at..)?)?;
        at += step + 1;
        match message.get(at - 1) {
            Some(b'"') => return Some(at),
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Outcome, stream};

    const RECORD: &str = r#"{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","accountId":"1"},"eventTime":"2024-06-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":{"a":[{"b":"}"}]},"eventID":"x"}"#;

    fn sifted(message: &str) -> bool {
        is_irrelevant(message.as_bytes(), &Settings::default())
    }

    #[test]
    fn a_call_nobody_asks_about_is_passed_over() {
        assert!(sifted(RECORD));
    }

    #[test]
    fn whatever_could_matter_or_hide_something_is_read_in_full() {
        let edits: [(&str, &str); 12] = [
            ("GetObject", "RunInstances"),
            ("GetObject", "GetObject\",\"eventName\":\"RunInstances"),
            ("\"eventName\":\"GetObject\"", "\"eventName\": \"GetObject\""),
            ("GetObject", "\\u0052unInstances"),
            ("\"eventID\"", "\"\\u0065ventName\":\"RunInstances\",\"eventID\""),
            ("\"x\"}", "\"x\"}{\"type\":\"tick\"}"),
            ("\"x\"}", "\"x\"} {\"a\":1}"),
            ("\"x\"}", "\"x\"}\n{\"a\":1}"),
            ("\"x\"}", "\"x\""),
            ("\"eventVersion\"", "\"version\""),
            ("\"eventID\":", "\"Records\":[{\"operationName\":\"x\"}],\"eventID\":"),
            ("\"x\"}", "\"x\"},{\"type\":\"tick\"}"),
        ];
        for (from, to) in edits {
            let edited = RECORD.replacen(from, to, 1);
            assert!(edited != RECORD && !sifted(&edited), "{edited}");
        }
    }

    #[test]
    fn what_is_passed_over_gives_no_fact_when_it_is_read_in_full() {
        use proptest::prelude::*;
        let pieces = proptest::sample::select(vec![
            "{\"eventVersion\":\"1\"",
            ",\"eventName\":\"GetObject\"",
            ",\"eventName\":\"RunInstances\"",
            ",\"type\":\"usage\"",
            ",\"type\":\"x\"",
            ",\"eventSource\":\"ec2.amazonaws.com\"",
            "}",
            "{",
            ",",
            "\\u0052",
            " ",
            "\n",
            "[",
            "]",
            "\"",
            ",\"a\":{\"b\":\"c\"}",
            ",\"eventname\":\"RunInstances\"",
            ",\"recipientAccountId\":\"1\"",
            ":",
            ",\"kind\":\"tick\"",
            ",\"eventTime\":\"2024-06-01T00:00:00Z\"",
            ",\"Records\":[",
            ",\"value\":[",
            ",\"detail\":{\"type\":\"tick\"",
            "{\"type\":\"tick\",\"time\":\"2024-06-01T00:00:00Z\"}",
            ",\"requestParameters\":{\"instanceType\":\"p5.48xlarge\"}",
        ]);
        proptest!(ProptestConfig::with_cases(4_000), |(parts in proptest::collection::vec(pieces, 0..16))| {
            let message = format!("{{\"eventVersion\":\"1\"{}}}", parts.concat());
            if sifted(&message) {
                stream(&"sift".into(), &mut message.as_bytes(), &Settings::default(), &mut |item| {
                    assert!(!matches!(item.outcome, Outcome::Relevant(_)), "{message}: {item:?}");
                });
            }
        });
    }
}
