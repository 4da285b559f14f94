//! A look at a message that costs next to nothing: most of an audit log is single CloudTrail records of calls nobody here
//! asks about, and they are known for what they are without being parsed.
//!
//! In: the bytes of a message. Out: whether it is one such record. It says no wherever it is not sure, and then the message
//! is read in full: it must never pass over what a full reading would keep.
//!
//! Sure means: it is a run ([`is_run`]), so that facts are only in values that follow one another cleanly; nothing follows
//! an object but what goes on with the one around it, so that there is one value; its first key is CloudTrail's, and an
//! object with that key is CloudTrail's whatever else it holds (`aws::cloudtrail`); no escape hides a letter; and wherever
//! it names a call, the name is written plainly and is none that matters. What is not whole JSON in between is not noticed:
//! such a record says nothing that could be kept, and counts as irrelevant.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use memchr::{memchr_iter, memchr2_iter};

use super::{Format, Settings, aws};

const BEGINS: &[u8] = br#"{"eventVersion":""#;
const NAME: &[u8] = br#""eventName""#;

static FIND_NAME: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NAME));

/// Whether a message begins as CloudTrail writes records and is one line: then it is values that follow one another
/// cleanly, and what stands behind a fault is part of the fault.
pub(super) fn is_run(message: &[u8]) -> bool {
    message.starts_with(BEGINS) && memchr::memchr(b'\n', message).is_none()
}

/// Whether a message is one CloudTrail record that says nothing, for sure.
pub(super) fn is_irrelevant(message: &[u8], settings: &Settings) -> bool {
    message.starts_with(BEGINS)
        && message.ends_with(b"}")
        && message.len() <= settings.limits.record_bytes
        && settings.format.is_none_or(|format| format == Format::Aws)
        && FIND_NAME.find_iter(message).all(|at| is_dull(message, at))
        && memchr_iter(b'}', message).all(|at| matches!(message.get(at + 1), None | Some(b',' | b'}' | b']')))
        && memchr2_iter(b'\\', b'\n', message)
            .all(|at| matches!(message.get(at..), Some([b'\\', next, ..]) if *next != b'u'))
}

/// Whether the call named here is none that matters, and written plainly.
fn is_dull(message: &[u8], at: usize) -> bool {
    let behind = message.get(at + NAME.len()..).unwrap_or_default();
    let name = behind.strip_prefix(b":\"").and_then(|text| text.get(..memchr::memchr(b'"', text)?));
    name.is_some_and(|name| !aws::could_matter(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Outcome, message};

    const RECORD: &str = r#"{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","accountId":"1"},"eventTime":"2024-06-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":{"a":[{"b":"c"}]},"eventID":"x"}"#;

    fn sifted(message: &str) -> bool {
        is_irrelevant(message.as_bytes(), &Settings::default())
    }

    #[test]
    fn a_call_nobody_asks_about_is_passed_over() {
        assert!(sifted(RECORD));
    }

    #[test]
    fn whatever_could_matter_or_hide_something_is_read_in_full() {
        let edits: [(&str, &str); 10] = [
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
            let text = format!("{{\"eventVersion\":\"1\"{}}}", parts.concat());
            if sifted(&text) {
                message(&"sift".into(), text.as_bytes(), &Settings::default(), &mut |item| {
                    assert!(!matches!(item.outcome, Outcome::Relevant(_)), "{text}: {item:?}");
                });
            }
        });
    }
}
