//! CSV: one header line, then a record a row.
//!
//! In: a feed at the header. Out: one item a row, by the decoder the header chose. Rows are cut here, because a quote
//! that is never closed must cost its own line and not the rest of the file.

use std::collections::BTreeMap;

use super::decoders::{self, CsvDecoder, Row};
use super::feed::Feed;
use super::record::Records;
use super::{Context, Outcome, Reason, unsupported};

/// Longest header line.
const HEADER_BYTES: usize = 64 << 10;
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// A header line somebody knows.
pub(super) struct Header {
    delimiter: u8,
    columns: BTreeMap<String, usize>,
    width: usize,
    decoder: Result<&'static CsvDecoder, &'static str>,
    bytes: usize,
}

/// Looks at the first line without taking it.
pub(super) fn header(feed: &mut Feed<'_>) -> Option<Header> {
    let ahead = feed.ahead(HEADER_BYTES);
    let bytes = row_length(ahead, b',').unwrap_or(ahead.len());
    let line = std::str::from_utf8(ahead.get(..bytes)?).ok()?;
    DELIMITERS.iter().find_map(|delimiter| {
        let fields = fields(line, *delimiter);
        let names: Vec<&str> = fields.iter().map(str::trim).collect();
        let lower: Vec<String> = names.iter().map(|n| n.to_lowercase()).collect();
        let decoder = match decoders::CSV.iter().find(|d| (d.header_matches)(&names)) {
            Some(decoder) => Ok(decoder),
            None => Err(unsupported::csv(&lower.iter().map(String::as_str).collect::<Vec<_>>())?),
        };
        let width = lower.len();
        // A column named twice is its last, as with keys.
        let columns = lower.into_iter().enumerate().map(|(at, name)| (name, at)).collect();
        Some(Header { delimiter: *delimiter, columns, width, decoder, bytes })
    })
}

impl Header {
    /// Reads the rows under it.
    pub(super) fn rows(&self, feed: &mut Feed<'_>, records: &mut Records<'_>) {
        feed.take(self.bytes);
        let limit = records.settings().limits.record_bytes;
        loop {
            let ahead = feed.ahead(1);
            if ahead.is_empty() {
                return;
            }
            let (mut bytes, mut fault) = self.cut(feed, limit);
            if feed.error().is_some() && !bytes.ends_with(b"\n") {
                return;
            }
            let size = bytes.len() as u64;
            while bytes.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
                bytes.pop();
            }
            if bytes.is_empty() && fault.is_none() {
                continue;
            }
            let outcome = match fault.take() {
                Some(reason) => Outcome::Rejected(reason),
                None => self.row(&bytes, records),
            };
            records.item(outcome, size);
        }
    }

    /// Takes one row, or its first line when a quote of it is never closed.
    fn cut(&self, feed: &mut Feed<'_>, limit: usize) -> (Vec<u8>, Option<Reason>) {
        let mut wanted = 1;
        loop {
            let ahead = feed.ahead(wanted);
            let ended = ahead.len() < wanted;
            let length = row_length(ahead, self.delimiter);
            if let Some(length) = length.filter(|length| *length <= limit) {
                let bytes = ahead.get(..length).unwrap_or_default().to_vec();
                feed.take(length);
                return (bytes, None);
            }
            if ended && length.is_none() && !is_open(ahead, self.delimiter) && ahead.len() <= limit {
                let bytes = ahead.to_vec();
                feed.take(bytes.len());
                return (bytes, None);
            }
            if ended || ahead.len() > limit {
                return first_line(feed, limit);
            }
            wanted = ahead.len() * 2 + 1;
        }
    }

    fn row(&self, bytes: &[u8], records: &Records<'_>) -> Outcome {
        let decoder = match self.decoder {
            Ok(decoder) => decoder,
            Err(format) => return Outcome::reject(&format!("unsupported:{format}"), ""),
        };
        let line = match std::str::from_utf8(bytes) {
            Ok(line) => line,
            Err(error) => return Outcome::reject("malformed_csv", error.to_string()),
        };
        let fields = fields(line, self.delimiter);
        if fields.len() != self.width {
            let (found, width) = (fields.len(), self.width);
            return Outcome::reject("malformed_csv", format!("{found} fields under {width} headings"));
        }
        let context = Context { settings: records.settings(), envelope: None };
        let outcome = (decoder.row)(&Row::new(&self.columns, &fields), &context);
        decoders::expected(records.settings(), decoder.format, outcome)
    }
}

/// Takes the line a row begins with, as a fault.
fn first_line(feed: &mut Feed<'_>, limit: usize) -> (Vec<u8>, Option<Reason>) {
    let mut bytes = Vec::new();
    loop {
        let chunk = feed.chunk();
        let end = chunk.iter().position(|b| *b == b'\n').map(|at| at + 1);
        let length = end.unwrap_or(chunk.len());
        let room = limit.saturating_sub(bytes.len());
        bytes.extend_from_slice(chunk.get(..length.min(room)).unwrap_or_default());
        let over = length > room;
        feed.take(length);
        if end.is_some() || length == 0 {
            let reason = if over {
                Reason::new("too_large", format!("a row has more than {limit} bytes"))
            } else {
                Reason::new("malformed_csv", "a quote is never closed")
            };
            return (bytes, Some(reason));
        }
    }
}

/// Walks a row: its length with its line end, and whether it stands inside quotes at the end of `bytes`.
fn walk(bytes: &[u8], delimiter: u8) -> (Option<usize>, bool) {
    let (mut quoted, mut start) = (false, true);
    for (at, byte) in bytes.iter().copied().enumerate() {
        match byte {
            b'"' if quoted => quoted = false,
            // A quote opens a field at its start, or goes on with one that was just closed (`""`).
            b'"' if start || at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'"') => quoted = true,
            b'\n' if !quoted => return (Some(at + 1), false),
            _ => {}
        }
        start = byte == delimiter && !quoted;
    }
    (None, quoted)
}

fn row_length(bytes: &[u8], delimiter: u8) -> Option<usize> {
    walk(bytes, delimiter).0
}

fn is_open(bytes: &[u8], delimiter: u8) -> bool {
    walk(bytes, delimiter).1
}

/// The fields of one row; quotes are taken off, doubled ones are one.
fn fields(line: &str, delimiter: u8) -> csv::StringRecord {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(line.len() + 1)
        .from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    // Reading text from memory fails only on bytes that are no text; then there are no fields, and the row is rejected.
    let _ = reader.read_record(&mut record);
    record
}
