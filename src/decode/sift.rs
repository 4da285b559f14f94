//! A look at a record that costs next to nothing: most of an audit log is single CloudTrail records of calls nobody here
//! asks about, and they are known for what they are without being parsed.
//!
//! In: bytes. Out: whether they are, or begin with, one such record; where all sightings are asked for, also the one in it. It
//! says no wherever it is not sure, and then the record is read in full: it must never pass over what a full reading would keep.
//!
//! Sure means: it is one object on one line, whose brackets and strings are well formed ([`extent`]); its first key is
//! CloudTrail's, and an object with that key is CloudTrail's whatever else it holds (`aws::cloudtrail`); no escape hides a
//! letter; and wherever it names a call, the name is written plainly and is none that matters. Of line after line of JSON as
//! much follows from less ([`lines`]). What is not whole JSON inside is not noticed: such a record says nothing that could be
//! kept but from where it was sent, and counts as if it were.

use std::sync::LazyLock;

use fearless_simd::{Simd, dispatch};

use super::extent::{self, LEVEL};
use super::members::Members;
use super::names::Names;
use super::sighting::Sighting;
use super::{Format, Settings, Sightings, aws, lines};

/// How CloudTrail begins its records.
pub(super) const BEGINS: &[u8; 17] = br#"{"eventVersion":""#;
/// What the JSON reader takes.
const DEEPEST: usize = 127;

static MATTERS: LazyLock<Names> = LazyLock::new(|| Names::new(aws::names()));

/// Whether bytes begin as CloudTrail writes its records: such an object is a record, whatever lists it holds.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.first_chunk() == Some(BEGINS)
}

/// Whether a message is one CloudTrail record that says nothing, for sure.
pub(super) fn is_irrelevant(message: &[u8], settings: &Settings) -> bool {
    settings.sightings == Sightings::Relevant
        && glance(message, settings) == Some(Glance { length: message.len(), says: Says::Nothing })
}

/// A record whose end is sure.
#[derive(Debug, PartialEq)]
pub(super) struct Glance {
    /// Its bytes.
    pub(super) length: usize,
    /// What it says.
    pub(super) says: Says,
}

/// What such a record says.
#[derive(Debug, PartialEq)]
pub(super) enum Says {
    /// It is irrelevant.
    Nothing,
    /// From where its account was used.
    Sighting(Sighting),
    /// That cannot be told without reading it, but where it ends is sure.
    Unread,
}

/// The CloudTrail record that `bytes` begin with, if it ends in them, and what it says where that is sure.
pub(super) fn glance(bytes: &[u8], settings: &Settings) -> Option<Glance> {
    dispatch!(*LEVEL, simd => one(simd, bytes, settings, &mut Members::default()))
}

/// Where records follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Among {
    /// Lines, or whatever else stands at the top of an input.
    Top,
    /// Elements of a list: so many more, in so many bytes.
    Elements { records: u64, bytes: u64 },
}

/// Records that follow one another, and the bytes up to the end of the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) records: u64,
    pub(super) bytes: usize,
}

/// What is passed over, or shown.
#[derive(Debug)]
pub(super) enum Seen<'a> {
    /// So many records that say nothing, in so many bytes.
    Nothing(Run),
    /// A record and what it says.
    Record(&'a [u8], Says),
}

/// Tells of the records that `bytes` begin with for as long as they are one, at most `most`, and each is taken. What stands
/// between them is what `separates` them.
pub(super) fn run(
    bytes: &[u8],
    settings: &Settings,
    among: Among,
    most: u64,
    separates: impl Fn(u8) -> bool,
    take: &mut impl FnMut(Seen<'_>) -> bool,
) -> Run {
    dispatch!(*LEVEL, simd => {
        let (mut run, mut nothing, mut members) = (Run::default(), Run::default(), Members::default());
        while run.records < most {
            let rest = bytes.get(run.bytes..).unwrap_or_default();
            if among == Among::Top && run.records > 0 && let Some(length) = line(simd, rest, settings) {
                nothing.add(length);
                run.add(1 + length);
                continue;
            }
            let between = rest.iter().take_while(|byte| separates(**byte)).count();
            let ahead = rest.get(between..).unwrap_or_default();
            let Some(Glance { length, says }) = one(simd, ahead, settings, &mut members) else { break };
            if !among.holds(run, between + length) {
                break;
            }
            if says == Says::Nothing {
                nothing.add(length);
            } else {
                nothing.tell(take);
                if !take(Seen::Record(ahead.get(..length).unwrap_or_default(), says)) {
                    break;
                }
            }
            run.add(between + length);
        }
        nothing.tell(take);
        run
    })
}

impl Among {
    /// Whether one more record of so many bytes stays within bounds.
    fn holds(self, run: Run, more: usize) -> bool {
        match self {
            Self::Top => true,
            Self::Elements { records, bytes } => run.records < records && (run.bytes + more) as u64 <= bytes,
        }
    }
}

impl Run {
    fn add(&mut self, bytes: usize) {
        *self = Self { records: self.records + 1, bytes: self.bytes + bytes };
    }

    fn tell(&mut self, take: &mut impl FnMut(Seen<'_>) -> bool) {
        let nothing = std::mem::take(self);
        if nothing.records > 0 {
            take(Seen::Nothing(nothing));
        }
    }
}

/// The length of the line behind a line end, if it says nothing whatever it holds.
#[inline(always)]
fn line<S: Simd>(simd: S, bytes: &[u8], settings: &Settings) -> Option<usize> {
    if settings.sightings != Sightings::Relevant || settings.format.is_some_and(|format| format != Format::Aws) {
        return None;
    }
    let length = lines::passed(simd, bytes, settings.limits.depth.min(DEEPEST), is_dull)?;
    (length <= settings.limits.record_bytes).then_some(length)
}

#[inline(always)]
fn one<S: Simd>(simd: S, bytes: &[u8], settings: &Settings, members: &mut Members) -> Option<Glance> {
    if !begins(bytes) || settings.format.is_some_and(|format| format != Format::Aws) {
        return None;
    }
    let deepest = settings.limits.depth.min(DEEPEST);
    let extent = match settings.sightings {
        Sightings::Relevant => extent::find(simd, bytes, deepest, is_dull, &mut ()),
        Sightings::All => extent::find(simd, bytes, deepest, is_dull, members),
    }?;
    if extent.length > settings.limits.record_bytes {
        return None;
    }
    let says = match settings.sightings {
        _ if extent.hides || !extent.fine => None,
        Sightings::Relevant => Some(Says::Nothing),
        Sightings::All => aws::glimpse(bytes.get(..extent.length)?, members),
    };
    Some(Glance { length: extent.length, says: says.unwrap_or(Says::Unread) })
}

/// Whether the call that is named behind the key is none that matters, and written plainly.
fn is_dull(behind: &[u8]) -> bool {
    let name = behind.strip_prefix(b":\"").and_then(|text| text.get(..memchr::memchr(b'"', text)?));
    name.is_some_and(|name| !MATTERS.contains(name) && is_bare(name))
}

/// Whether nothing stands around a name that reading it would take away, written as it is or escaped.
fn is_bare(name: &[u8]) -> bool {
    !name.contains(&b'\\')
        && name
            .first()
            .zip(name.last())
            .is_some_and(|(first, last)| first.is_ascii_graphic() && last.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Outcome, Sighted, message};

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
        let edits: [(&str, &str); 16] = [
            ("GetObject", "RunInstances"),
            ("GetObject", "RunInstances "),
            ("GetObject", "RunInstances\\n"),
            ("GetObject", "\\tRunInstances"),
            ("GetObject", " RunInstances"),
            ("GetObject", "RunInstances\u{a0}"),
            ("GetObject", ""),
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
            ",\"eventName\":\"RunInstances \"",
            ",\"eventName\":\"\\rRunInstances\"",
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
                message(&"sift".into(), text.as_bytes(), &Settings::default(), &mut Sighted::default(), &mut |item| {
                    assert!(!matches!(item.outcome, Outcome::Relevant(_)), "{text}: {item:?}");
                });
            }
        });
    }
}
