//! A look at a message that costs next to nothing: most of an audit log is single CloudTrail records of calls nobody here
//! asks about, and they are known for what they are without being parsed.
//!
//! In: the bytes of a message. Out: whether it is one such record. It says no wherever it is not sure, and then the message
//! is read in full: it must never pass over what a full reading would keep.
//!
//! Sure means: it begins as CloudTrail writes records and ends as an object; nothing follows an object but what continues
//! it, so that it is one record; no escape hides a letter; wherever it says `"event…`, a name of a call is written
//! plainly and is not one that matters; and no `"type"` is one of ours. What is not whole JSON in between is not noticed:
//! such a record says nothing that could be kept, and counts as irrelevant.

use std::sync::LazyLock;

use memchr::memchr_iter;
use memchr::memmem::Finder;

use super::{Format, Settings, aws, native};

const BEGINS: &[u8] = br#"{"eventVersion":""#;

struct Finders {
    event: Finder<'static>,
    kind: Finder<'static>,
    escape: Finder<'static>,
}

static FINDERS: LazyLock<Finders> = LazyLock::new(|| Finders {
    event: Finder::new(br#""event"#),
    kind: Finder::new(br#""type""#),
    escape: Finder::new(br"\u"),
});

/// Whether a message is one CloudTrail record that says nothing, for sure.
pub(super) fn is_irrelevant(message: &[u8], settings: &Settings) -> bool {
    let whole = message.starts_with(BEGINS) && message.ends_with(b"}") && message.len() <= settings.limits.record_bytes;
    whole
        && settings.format.is_none_or(|format| format == Format::Aws)
        && names(message)
        && kinds(message)
        && FINDERS.escape.find(message).is_none()
        && is_one(message)
}

/// Nothing follows an object but a comma, or the end of what it stands in.
fn is_one(message: &[u8]) -> bool {
    let inner = message.get(..message.len() - 1).unwrap_or_default();
    memchr_iter(b'}', inner).all(|at| matches!(message.get(at + 1), Some(b',' | b'}' | b']' | b'"')))
}

/// A text that stands plainly behind a key: `:"…"` without a space.
fn plain(behind: &[u8]) -> Option<&[u8]> {
    let text = behind.strip_prefix(b":\"")?;
    text.get(..memchr::memchr(b'"', text)?)
}

/// Names of calls are all written plainly, there is one at least, and none matters; and there is a source.
fn names(message: &[u8]) -> bool {
    let (mut named, mut sourced) = (false, false);
    for at in FINDERS.event.find_iter(message) {
        let behind = message.get(at + br#""event"#.len()..).unwrap_or_default();
        if let Some(behind) = behind.strip_prefix(br#"Name""#) {
            match plain(behind) {
                Some(name) if !aws::could_matter(name) => named = true,
                _ => return false,
            }
        } else if let Some(behind) = behind.strip_prefix(br#"Source""#) {
            sourced |= plain(behind).is_some();
        } else if behind.first().is_none_or(u8::is_ascii_lowercase) {
            // As tables write it.
            return false;
        }
    }
    named && sourced
}

/// No type is one of our own records'.
fn kinds(message: &[u8]) -> bool {
    let mut all = FINDERS.kind.find_iter(message);
    all.all(|at| plain(message.get(at + br#""type""#.len()..).unwrap_or_default()).is_some_and(|t| !native::is_type(t)))
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
        let edits: [(&str, &str); 13] = [
            ("GetObject", "RunInstances"),
            ("GetObject", "GetObject\",\"eventName\":\"RunInstances"),
            ("\"eventName\":\"GetObject\"", "\"eventName\": \"GetObject\""),
            ("\"eventName\"", "\"eventname\""),
            ("GetObject", "\\u0052unInstances"),
            ("\"eventID\"", "\"\\u0065ventName\":\"RunInstances\",\"eventID\""),
            ("\"x\"}", "\"x\"}{\"type\":\"tick\"}"),
            ("\"x\"}", "\"x\"} {\"a\":1}"),
            ("\"x\"}", "\"x\"}\n{\"a\":1}"),
            ("AssumedRole", "usage"),
            ("\"x\"}", "\"x\""),
            ("\"eventVersion\"", "\"version\""),
            ("eventSource", "source"),
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
            ",\"requestParameters\":{\"instanceType\":\"p5.48xlarge\"}",
        ]);
        proptest!(ProptestConfig::with_cases(2_000), |(parts in proptest::collection::vec(pieces, 0..16))| {
            let message = format!("{{\"eventVersion\":\"1\"{}}}", parts.concat());
            if sifted(&message) {
                stream(&"sift".into(), &mut message.as_bytes(), &Settings::default(), &mut |item| {
                    assert!(!matches!(item.outcome, Outcome::Relevant(_)), "{message}: {item:?}");
                });
            }
        });
    }
}
