//! Raw bytes to facts and faults.
//!
//! In: bytes as a provider, a shipper or an exporter wrote them, and how much is kept and read of them. Out: for every
//! record exactly one [`Item`] (irrelevant ones in a row may share theirs): facts, irrelevant, or rejected with a reason. It refuses to know files, sockets and
//! clocks, what a SKU is made of, and whose an account is: nothing it says can change with configuration later.
//!
//! The way of a record: [`stream`] cuts the input into records (`split`), an envelope is opened (`envelope`), the
//! decoders are asked in turn (`decoders`), and what none of them knows is named as far as it can be (`unsupported`).
//! A key that stands twice in an object means its last value. Records that surely say nothing are
//! passed over before any of that (`sift`).

mod aws;
mod azure;
mod billing;
mod billing_words;
mod cells;
mod context;
mod cut;
mod decoders;
mod envelope;
mod extent;
mod feed;
mod flat;
mod focus;
mod gcp;
mod layout;
mod lines;
mod loose;
mod mangled;
mod marks;
mod members;
mod names;
mod native;
mod oci;
mod outcome;
mod packed;
mod parquet;
mod record;
mod rows;
mod settings;
mod sift;
mod sighting;
mod split;
mod table;
mod unsupported;
mod when;

pub use outcome::{Item, Outcome, Reason};
pub use settings::{Format, Limits, PrincipalPolicy, Settings, Sightings};
pub use sighting::Sighted;

pub(crate) use context::{Context, nth_id};
pub(crate) use when::{time, time_text};

use std::io::{self, BufRead, BufReader, Read, Seek};

use self::feed::Feed;
use self::record::Records;
use crate::model::{Fact, Text};

/// Bytes of a file read at a time.
const FILE_AHEAD: usize = 256 << 10;

/// Reads `input` to its end and hands over one [`Item`] a record, or one for several irrelevant ones in a row, in order, counted
/// from 1.
///
/// Never fails: what cannot be read, the rest of a broken input included, is an item that is rejected. An input that
/// holds no record at all is one irrelevant record, and one that begins like nothing known is one rejected record.
pub fn stream(source: &Text, input: &mut dyn BufRead, settings: &Settings, emit: &mut dyn FnMut(Item)) {
    part(source, input, Part::WHOLE, settings, emit);
}

/// What is read of an input that may hold line after line of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it begins: there the input is, at 0 or where a line begins with `{`.
    pub from: u64,
    /// Where the next one begins; `None` reads to the end.
    pub until: Option<u64>,
}

impl Part {
    /// All of it.
    pub const WHOLE: Self = Self { from: 0, until: None };
}

/// Where reading a part stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Where a line begins with a record: reading on from there, as another part, is as if this one had read on.
    Between(u64),
    /// Nothing is left, or nothing that could be read.
    AtEnd,
}

/// Reads a part of an input like [`stream`], its records counted from 1. It stops at the first line behind its end that begins
/// a record: there, where that end was well chosen.
pub fn part(
    source: &Text,
    input: &mut dyn BufRead,
    part: Part,
    settings: &Settings,
    emit: &mut dyn FnMut(Item),
) -> Stopped {
    let mut sighted = Sighted::default();
    let mut records = Records::new(source, settings, &mut sighted, emit);
    let mut feed = Feed::new(input);
    if part.from == 0 {
        read(&mut feed, &mut records, part);
    } else {
        records.lines(&mut feed, part);
        broken(&mut feed, &mut records);
    }
    if feed.chunk().is_empty() { Stopped::AtEnd } else { Stopped::Between(part.from + feed.consumed()) }
}

fn read(feed: &mut Feed<'_>, records: &mut Records<'_>, part: Part) {
    if feed.ahead(parquet::MAGIC.len()).starts_with(&parquet::MAGIC) {
        return parquet::rows(feed, records);
    }
    if feed.ahead(3).starts_with(b"\xef\xbb\xbf") {
        feed.take(3);
    }
    let recognised = match feed.peek_past(|byte| byte.is_ascii_whitespace()) {
        None => feed.ahead(1).is_empty() || feed.error().is_some() || is_blank(feed),
        Some(b'{' | b'[') => {
            records.lines(feed, part);
            true
        }
        Some(first) => match rows::header(feed) {
            Some(header) => {
                header.rows(feed, records);
                true
            }
            None if first == b'"' && begins_with_json_text(feed.ahead(64)) => {
                records.lines(feed, part);
                true
            }
            None => false,
        },
    };
    if broken(feed, records) {
        return;
    }
    if !recognised {
        // The whole file is the record: its size is told, not that of what was looked at.
        feed.take_rest();
        records
            .item(Outcome::reject("unrecognised", "neither JSON nor Parquet nor a known CSV header"), feed.consumed());
    } else if records.read() == 0 && feed.chunk().is_empty() {
        records.item(Outcome::Irrelevant, feed.consumed());
    }
}

/// Tells of the error that ended an input, if one did; whether one did. One that was met behind a part is told by the next.
fn broken(feed: &mut Feed<'_>, records: &mut Records<'_>) -> bool {
    let is_over = feed.chunk().is_empty();
    let Some(error) = feed.error().filter(|_| is_over) else { return false };
    let code = if error.kind() == io::ErrorKind::FileTooLarge { "too_large" } else { "unreadable" };
    records.item(Outcome::reject(code, error.to_string()), 0);
    true
}

/// Bytes one can move about in.
pub trait Seekable: Read + Seek + Send {}

impl<T: Read + Seek + Send> Seekable for T {}

/// Reads a file from its beginning like [`stream`]; a table by columns is not held, but read where it lies.
pub fn file(source: &Text, mut input: Box<dyn Seekable>, settings: &Settings, emit: &mut dyn FnMut(Item)) {
    let mut first = [0; 4];
    let is_table = input.read_exact(&mut first).is_ok() && first == parquet::MAGIC;
    let mut sighted = Sighted::default();
    match input.rewind() {
        Ok(()) if is_table => parquet::rows_in_place(input, &mut Records::new(source, settings, &mut sighted, emit)),
        Ok(()) => stream(source, &mut BufReader::with_capacity(FILE_AHEAD, input), settings, emit),
        Err(error) => {
            let mut records = Records::new(source, settings, &mut sighted, emit);
            records.item(Outcome::reject("unreadable", error.to_string()), 0);
        }
    }
}

/// Reads a message of a topic on its own: like [`stream`]. `sighted`: what messages of the same source said before this
/// one, all of it durable once this one may count as read.
pub fn message(source: &Text, message: &[u8], settings: &Settings, sighted: &mut Sighted, emit: &mut dyn FnMut(Item)) {
    let mut records = Records::new(source, settings, sighted, emit);
    if !records.glance(message) {
        read(&mut Feed::new(&mut &*message), &mut records, Part::WHOLE);
    }
}

/// Whether a message is one audit record that says nothing, for sure; it costs next to nothing to ask. Where not, it is
/// read ([`message`]); so is every one where all sightings are asked for.
pub fn says_nothing(message: &[u8], settings: &Settings) -> bool {
    sift::is_irrelevant(message, settings)
}

/// The fact of a native record that holds exactly one, as facts are written ([`Fact`] serialised): what decoders left out
/// of it stays left out, and nothing is read into it.
pub fn logged(record: &[u8]) -> Result<Fact, Reason> {
    let malformed = |error: &dyn std::fmt::Display| Reason::new("malformed_json", error.to_string());
    let value: serde_json::Value = serde_json::from_slice(record).map_err(|error| malformed(&error))?;
    let settings = Settings { principals: PrincipalPolicy::Clear, ..Settings::default() };
    match native::decode(&value, &Context { settings: &settings, envelope: None, source: "" }) {
        Some(Outcome::Relevant(facts)) => {
            // Who acted implies a sighting, which stands in the log as a fact of its own.
            facts.into_iter().next().ok_or_else(|| Reason::new("unrecognised", "a record without a fact"))
        }
        Some(Outcome::Rejected(reason)) => Err(reason),
        Some(Outcome::Irrelevant | Outcome::Repeated) | None => {
            Err(Reason::new("unrecognised", "no fact as this version writes them"))
        }
    }
}

/// A string that holds JSON, and not a heading of some table.
fn begins_with_json_text(ahead: &[u8]) -> bool {
    matches!(ahead.trim_ascii_start(), [b'"', b'{' | b'[' | b'\\', ..])
}

fn is_blank(feed: &mut Feed<'_>) -> bool {
    loop {
        let chunk = feed.chunk();
        if !chunk.iter().all(u8::is_ascii_whitespace) {
            return false;
        }
        match chunk.len() {
            0 => return true,
            length => feed.take(length),
        }
    }
}

#[cfg(test)]
mod tests;
