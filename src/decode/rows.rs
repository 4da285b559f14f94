//! CSV: one header line, then a record a row.
//!
//! In: a feed at the header. Out: one item a row, by the decoder the header chose. Rows are cut here, because a quote
//! that is never closed must cost its own line and not the rest of the file.

use super::cells::{self, End, Splitter};
use super::cut::{self, Cut};
use super::decoders::TableDecoder;
use super::feed::Feed;
use super::layout::{self, Cells, Layout, Row};
use super::record::Records;
use super::{Context, Outcome, Reason, unsupported};

const MALFORMED: &str = "malformed_csv";
/// Longest header line.
const HEADER_BYTES: usize = 64 << 10;
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// A header line somebody knows.
pub(super) struct Header {
    delimiter: u8,
    layout: Layout,
    width: usize,
    decoder: Result<&'static TableDecoder, &'static str>,
    bytes: usize,
}

/// Looks at the first line without taking it.
pub(super) fn header(feed: &mut Feed<'_>) -> Option<Header> {
    let ahead = feed.ahead(HEADER_BYTES);
    let bytes = match cells::end(ahead, b',') {
        End::At(bytes) => bytes,
        End::Beyond | End::Open => ahead.len(),
    };
    let line = std::str::from_utf8(ahead.get(..bytes)?).ok()?.trim_end_matches(['\r', '\n']);
    // One that a decoder takes is better than one that only looks like something.
    let known = |names: &[&str]| TableDecoder::of(names).map(Ok);
    let seen = |names: &[&str]| {
        let folded: Vec<String> = names.iter().map(|name| layout::fold(name)).collect();
        unsupported::csv(&folded).map(Err)
    };
    cut_by(line, bytes, known).or_else(|| cut_by(line, bytes, seen))
}

/// The header under the first delimiter by which its names say something.
fn cut_by(
    line: &str,
    bytes: usize,
    decoder: impl Fn(&[&str]) -> Option<Result<&'static TableDecoder, &'static str>>,
) -> Option<Header> {
    DELIMITERS.iter().find_map(|delimiter| {
        let mut splitter = Splitter::default();
        let (text, pieces) = splitter.split(line, *delimiter);
        let names: Vec<&str> = pieces.iter().filter_map(|(from, to)| text.get(*from..*to)).collect();
        let decoder = decoder(&names)?;
        let layout = Layout::new(&names, decoder.map_or(&[], |decoder| decoder.asked));
        Some(Header { delimiter: *delimiter, layout, width: names.len(), decoder, bytes })
    })
}

impl Header {
    /// Reads the rows under it.
    pub(super) fn rows(&self, feed: &mut Feed<'_>, records: &mut Records<'_>) {
        feed.take(self.bytes);
        let limit = records.settings().limits.record_bytes;
        let (mut splitter, mut ends) = (Splitter::default(), Vec::new());
        let mut wanted = 1;
        loop {
            let ahead = feed.ahead(wanted);
            if ahead.is_empty() {
                return;
            }
            if let Some((length, outcome)) = self.passed(ahead, (&mut ends, &mut splitter), records) {
                feed.take(length);
                records.item(outcome, length as u64);
                wanted = 1;
                continue;
            }
            let ended = ahead.len() < wanted;
            let found = cells::end(ahead, self.delimiter);
            let length = match found {
                End::At(length) if length <= limit => length,
                End::Beyond if ended && ahead.len() <= limit => ahead.len(),
                _ if ended || ahead.len() > limit => {
                    let (size, whole, reason) = first_line(feed, limit);
                    if feed.error().is_some() && !whole {
                        return;
                    }
                    records.item(Outcome::Rejected(reason), size);
                    wanted = 1;
                    continue;
                }
                _ => {
                    wanted = ahead.len() * 2 + 1;
                    continue;
                }
            };
            let row = ahead.get(..length).unwrap_or_default();
            let whole = row.ends_with(b"\n");
            let bare = without_line_end(row);
            let outcome = (!bare.is_empty()).then(|| self.row(bare, &mut splitter, records));
            // A quote that closes in a later row makes one of several: only the first line is at fault.
            if let Some(Outcome::Rejected(reason)) = &outcome
                && &*reason.code == MALFORMED
                && memchr::memchr(b'\n', bare).is_some()
            {
                let (size, _, reason) = first_line(feed, limit);
                records.item(Outcome::Rejected(reason), size);
                wanted = 1;
                continue;
            }
            feed.take(length);
            wanted = 1;
            // What an input that broke off ends with is told once, at its end.
            if feed.error().is_some() && !whole {
                return;
            }
            if let Some(outcome) = outcome {
                records.item(outcome, length as u64);
            }
        }
    }

    /// The row that `ahead` begins with, where it is plainly written and irrelevant: its length, and what becomes of it. One whose
    /// quotes stand twice where it is looked at is read at once, for it is cut already.
    fn passed(
        &self,
        ahead: &[u8],
        (ends, splitter): (&mut Vec<usize>, &mut Splitter),
        records: &Records<'_>,
    ) -> Option<(usize, Outcome)> {
        let decoder = self.decoder.ok()?;
        let Cut { length, doubled } = cut::row(ahead, self.delimiter, self.width, ends)?;
        let is_empty = ends.last() == Some(&0);
        if ends.len() != self.width || is_empty || length > records.settings().limits.record_bytes {
            return None;
        }
        let line = std::str::from_utf8(ahead.get(..length)?).ok()?;
        let context = Context { settings: records.settings(), envelope: None, source: records.source() };
        let row = Row::new(&self.layout, Cells::Cut(line, ends));
        let is_bare = |column: &usize| row.written(*column).is_none_or(|cell| !cell.contains('"'));
        if doubled && !decoder.looked_at.iter().all(is_bare) {
            let (text, pieces) = splitter.take(line, ends);
            let row = Row::new(&self.layout, Cells::Pieces(text, pieces));
            return Some((length, decoder.decode(&row, &context)));
        }
        if (decoder.may_matter)(&row) {
            return None;
        }
        Some((length, decoder.told(Outcome::Irrelevant, &context)))
    }

    fn row(&self, bytes: &[u8], splitter: &mut Splitter, records: &Records<'_>) -> Outcome {
        let decoder = match self.decoder {
            Ok(decoder) => decoder,
            Err(format) => return Outcome::reject(&format!("unsupported:{format}"), ""),
        };
        let line = match std::str::from_utf8(bytes) {
            Ok(line) => line,
            Err(error) => return Outcome::reject(MALFORMED, error.to_string()),
        };
        let (_, pieces) = splitter.split(line, self.delimiter);
        if pieces.len() != self.width {
            let (found, width) = (pieces.len(), self.width);
            return Outcome::reject(MALFORMED, format!("{found} fields under {width} headings"));
        }
        if splitter.trails() {
            return Outcome::reject(MALFORMED, "something stands between a closing quote and the end of its field");
        }
        let (text, pieces) = splitter.cells(line);
        let context = Context { settings: records.settings(), envelope: None, source: records.source() };
        decoder.decode(&Row::new(&self.layout, Cells::Pieces(text, pieces)), &context)
    }
}

fn without_line_end(row: &[u8]) -> &[u8] {
    let end = row.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    row.get(..end).unwrap_or_default()
}

/// Takes the line a row begins with, as a fault: its size, whether it has an end, and what is wrong.
fn first_line(feed: &mut Feed<'_>, limit: usize) -> (u64, bool, Reason) {
    let mut size = 0;
    loop {
        let chunk = feed.chunk();
        let end = chunk.iter().position(|b| *b == b'\n').map(|at| at + 1);
        let length = end.unwrap_or(chunk.len());
        size += length;
        feed.take(length);
        if end.is_some() || length == 0 {
            let reason = if size > limit {
                Reason::new("too_large", format!("a row has more than {limit} bytes"))
            } else {
                Reason::new(MALFORMED, "a quote is not closed where its field ends")
            };
            return (size as u64, end.is_some(), reason);
        }
    }
}
