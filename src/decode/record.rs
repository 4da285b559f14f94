//! One record at a time: parsed, out of its envelopes, shown to the decoders, counted.
//!
//! In: the bytes of one record. Out: one item, or several where an envelope held several records.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::context::LONGEST_ID;
use super::envelope::{self, Inside};
use super::feed::Feed;
use super::sift::{self, Run, Says, Seen};
use super::sighting::{Sighted, Sighting};
use super::split::Splitter;
use super::{Context, Format, Item, Outcome, Part, Reason, Settings, Sightings, aws, decoders, packed, unsupported};
use crate::model::{Position, Text};

/// Envelopes within envelopes, at most.
const WRAPPED: usize = 8;

/// Counts records and hands them over.
pub(super) struct Records<'a> {
    source: &'a Text,
    settings: &'a Settings,
    sighted: &'a mut Sighted,
    emit: &'a mut dyn FnMut(Item),
    read: u64,
    /// Packed records that are open.
    unpacking: usize,
    /// Bytes that may still come of what is packed in the record that is read.
    room: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(
        source: &'a Text,
        settings: &'a Settings,
        sighted: &'a mut Sighted,
        emit: &'a mut dyn FnMut(Item),
    ) -> Self {
        Self { source, settings, sighted, emit, read: 0, unpacking: 0, room: 0 }
    }

    pub(super) fn settings(&self) -> &'a Settings {
        self.settings
    }

    pub(super) fn source(&self) -> &'a str {
        self.source
    }

    /// Records so far.
    pub(super) fn read(&self) -> u64 {
        self.read
    }

    pub(super) fn item(&mut self, mut outcome: Outcome, size: u64) {
        // Every line of a bill says whose it is: told once. The line itself stays, so that no record is left without a fact.
        if let Outcome::Relevant(facts) = &mut outcome
            && facts.len() > 1
        {
            facts.retain(|fact| self.sighted.says_something_new(fact));
        }
        let sighting = match &outcome {
            Outcome::Relevant(facts) if self.settings.sightings == Sightings::All => match facts.as_slice() {
                [fact] => Sighting::of(fact).filter(|sighting| sighting.account.id.len() <= LONGEST_ID),
                _ => None,
            },
            _ => None,
        };
        match sighting {
            Some(sighting) => self.sighting(sighting, size),
            None => self.tell(outcome, size),
        }
    }

    /// A record that says only from where an account was used.
    fn sighting(&mut self, sighting: Sighting, size: u64) {
        let is_new = self.sighted.is_new(&sighting);
        self.tell(if is_new { Outcome::Relevant(vec![sighting.fact()]) } else { Outcome::Repeated }, size);
    }

    fn tell(&mut self, outcome: Outcome, size: u64) {
        self.tell_all(1, outcome, size);
    }

    fn tell_all(&mut self, records: u64, outcome: Outcome, size: u64) {
        let position = Position { source: self.source.clone(), at: self.read + 1 };
        self.read += records;
        (self.emit)(Item { position, records, outcome, size });
    }

    /// Cuts the JSON of an input, or of the part of it that begins here, into records.
    pub(super) fn lines(&mut self, feed: &mut Feed<'_>, part: Part) {
        self.json(feed, None, 0, part);
    }

    /// Cuts JSON into records. `envelope` and `level`: what the text was taken out of.
    fn json(&mut self, feed: &mut Feed<'_>, envelope: Option<&Value>, level: usize, part: Part) {
        let settings = self.settings;
        let until = part.until.map_or(u64::MAX, |until| until.saturating_sub(part.from));
        let mut splitter = Splitter::new(&settings.limits, part.from, until);
        loop {
            if level == 0 {
                splitter.pass(feed, settings, &mut |seen| match seen {
                    Seen::Nothing(Run { records, bytes }) => {
                        self.tell_all(records, Outcome::Irrelevant, bytes as u64);
                        true
                    }
                    Seen::Record(record, says) => self.glanced(record, says),
                });
            }
            let Some(mut piece) = splitter.next(feed) else { break };
            let parsed = match piece.fault.take() {
                None => parse(&piece.bytes, settings),
                Some(reason) => Err(reason),
            };
            match parsed {
                Ok(record) => self.parsed(record, envelope, level, if level == 0 { piece.size } else { 0 }),
                Err(mut reason) => {
                    if splitter.rewind(feed, &mut piece) && &*reason.code == "truncated" {
                        reason = Reason::new("malformed_json", "a new record begins before this one ends");
                    }
                    // An input that broke off is told once, at its end.
                    if feed.error().is_none() || &*reason.code != "truncated" {
                        self.item(Outcome::Rejected(reason), piece.size);
                    }
                }
            }
        }
    }

    /// A message that is one record; whether it is, and could be read.
    pub(super) fn glance(&mut self, message: &[u8]) -> bool {
        let glance = sift::glance(message, self.settings).filter(|glance| glance.length == message.len());
        glance.is_some_and(|glance| self.glanced(message, glance.says))
    }

    /// A record whose end is sure; whether it could be read.
    fn glanced(&mut self, record: &[u8], says: Says) -> bool {
        let size = record.len() as u64;
        match says {
            Says::Nothing => self.tell(Outcome::Irrelevant, size),
            Says::Sighting(sighting) => self.sighting(sighting, size),
            Says::Unread => {
                let text = std::str::from_utf8(record).ok();
                let Some(value) = text.and_then(|text| serde_json::from_str(text).ok()) else { return false };
                self.value(&value, None, 0, size);
            }
        }
        true
    }

    fn parsed(&mut self, record: Parsed, envelope: Option<&Value>, level: usize, size: u64) {
        match record {
            Parsed::Irrelevant => self.item(decoders::expected(self.settings, Format::Aws, Outcome::Irrelevant), size),
            Parsed::Whole(value) => self.value(&value, envelope, level, size),
        }
    }

    /// What a parsed record says. `envelope` and `level`: what it was taken out of.
    pub(super) fn value(&mut self, record: &Value, envelope: Option<&Value>, level: usize, size: u64) {
        if level == 0 {
            self.room = self.settings.limits.record_bytes.saturating_mul(packed::TIMES);
        }
        let context = Context { settings: self.settings, envelope, source: self.source };
        if let Some(outcome) = decoders::json(record, &context) {
            return self.item(outcome, size);
        }
        if let Some(format) = unsupported::json(record) {
            return self.item(Outcome::reject(&format!("unsupported:{format}"), ""), size);
        }
        if level >= WRAPPED {
            return self.item(Outcome::reject("too_deep", format!("more than {WRAPPED} envelopes")), size);
        }
        match envelope::open(record) {
            None => self.item(Outcome::reject("unrecognised", sight(record)), size),
            Some(Inside::Transport) => self.item(Outcome::Irrelevant, size),
            Some(Inside::One(inner)) => self.value(inner, Some(record), level + 1, size),
            Some(Inside::Many([])) => self.item(Outcome::Irrelevant, size),
            Some(Inside::Many(records)) => {
                let limit = usize::try_from(self.settings.limits.records_per_container).unwrap_or(usize::MAX);
                for (n, inner) in records.iter().take(limit).enumerate() {
                    self.value(inner, Some(record), level + 1, if n == 0 { size } else { 0 });
                }
                if records.len() > limit {
                    self.item(Outcome::reject("too_many", format!("a list has more than {limit} records")), 0);
                }
            }
            Some(Inside::Text(text)) => self.text(&text, record, level + 1, size),
            Some(Inside::Gzip(bytes)) => self.gzip(&bytes, record, level + 1, size),
            Some(Inside::Broken) => {
                self.item(Outcome::reject("unreadable", "no base64 where gzip was begun in it"), size)
            }
        }
    }

    /// JSON packed inside a string.
    fn gzip(&mut self, gzip: &[u8], envelope: &Value, level: usize, size: u64) {
        if self.unpacking >= packed::LAYERS {
            let told = format!("gzip within more than {} of its kind", packed::LAYERS);
            return self.item(Outcome::reject("too_deep", told), size);
        }
        match packed::unpack(gzip, &mut self.room) {
            Err(reason) => self.item(Outcome::Rejected(reason), size),
            Ok(text) => {
                self.unpacking += 1;
                self.text(&text, envelope, level, size);
                self.unpacking -= 1;
            }
        }
    }

    /// JSON inside a string: usually one value, else whatever a stream may be.
    fn text(&mut self, text: &str, envelope: &Value, level: usize, size: u64) {
        // What is larger than a record is cut into records first.
        if text.len() <= self.settings.limits.record_bytes
            && let Ok(parsed) = parse(text.as_bytes(), self.settings)
        {
            return self.parsed(parsed, Some(envelope), level, size);
        }
        let before = self.read;
        let mut bytes = text.as_bytes();
        self.json(&mut Feed::new(&mut bytes), Some(envelope), level, Part::WHOLE);
        if self.read == before {
            self.item(Outcome::Irrelevant, size);
        }
    }
}

enum Parsed {
    /// Known not to matter from its first look.
    Irrelevant,
    Whole(Value),
}

fn parse(bytes: &[u8], settings: &Settings) -> Result<Parsed, Reason> {
    let malformed = |error: &dyn std::fmt::Display| Reason::new("malformed_json", error.to_string());
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return mangled(bytes, settings).ok_or_else(|| malformed(&error)),
    };
    if settings.sightings == Sightings::Relevant && Peek::read(text).is_some_and(|peek| peek.is_irrelevant()) {
        return Ok(Parsed::Irrelevant);
    }
    match serde_json::from_str(text) {
        Ok(value) => Ok(Parsed::Whole(value)),
        Err(error) if error.to_string().contains("recursion limit") => {
            Err(Reason::new("too_deep", "a record is nested deeper than 127"))
        }
        Err(error) => Err(malformed(&error)),
    }
}

/// A record with bytes that are no UTF-8, where it is of a call nobody here asks about: what they stood for is nothing that is
/// kept. So it is with those that are passed over unread (`sift`), in which they are not looked for.
fn mangled(bytes: &[u8], settings: &Settings) -> Option<Parsed> {
    let text = String::from_utf8_lossy(bytes);
    let is_cloudtrail = Peek::read(&text).is_some_and(|peek| peek.is_irrelevant());
    if is_cloudtrail && settings.sightings == Sightings::Relevant {
        return Some(Parsed::Irrelevant);
    }
    let says_nothing = is_cloudtrail || sift::is_irrelevant(text.as_bytes(), settings);
    serde_json::from_str(&text).ok().filter(|_| says_nothing).map(Parsed::Whole)
}

/// A cheap first look: most records of an audit log are calls nobody here asks about, and need not become a tree.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Peek<'a> {
    r#type: Option<IgnoredAny>,
    event_source: Option<&'a str>,
    event_name: Option<&'a str>,
}

impl<'a> Peek<'a> {
    /// Escaped names and doubled keys are left to the full look.
    fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    fn is_irrelevant(&self) -> bool {
        match (&self.r#type, self.event_source, self.event_name) {
            (None, Some(source), Some(name)) => !aws::is_relevant(source.trim(), name.trim()),
            _ => false,
        }
    }
}

/// What a record looks like, for people: the names of its first keys, no values.
fn sight(record: &Value) -> String {
    let Value::Object(object) = record else { return "no object".into() };
    let names: Vec<Cow<'_, str>> = object.keys().take(6).map(|k| k.chars().take(24).collect()).collect();
    format!("an object with {}", if names.is_empty() { "no keys".into() } else { names.join(", ") })
}
