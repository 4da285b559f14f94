//! Cuts JSON into records without parsing it: lines, concatenated and pretty-printed objects, and the elements of
//! arrays and of `{"Records":[…]}`, one at a time, however large the whole.
//!
//! In: bytes. Out: pieces that look like one JSON value each, or what is wrong with them. It refuses to know what a
//! value says; whether it *is* JSON is the parser's to tell, and [`Splitter::rewind`] finds where the next record
//! begins when it is not. A broken record must not swallow its neighbours, so a line that begins an object where no
//! object can stand, or at the column where the broken record began, begins a new record.

mod scan;

use self::scan::{Scan, Scanned, is_space, too_large};
use super::feed::Feed;
use super::sift::{self, Among, Seen};
use super::{Limits, Reason, Settings};

/// A record that is looked at may end behind what was read: with more than this ahead it is not read on for.
const NEAR: usize = 32 << 10;

/// Keys whose array holds the records of an object.
pub(super) const CONTAINERS: [&str; 6] = ["Records", "records", "Events", "logEvents", "entries", "value"];

/// Bytes that are put back at most, and for each byte read: beyond that what is broken swallows its neighbours, for a file of
/// beginnings and no ends would be read once for each of them.
const AGAIN: u64 = 16 << 20;
const AGAIN_TIMES: u64 = 8;

/// One record, or what is wrong with it.
pub(super) struct Piece {
    /// The record; of a broken one as much as is kept.
    pub(super) bytes: Vec<u8>,
    /// How many bytes it takes in the input.
    pub(super) size: u64,
    /// Why it cannot be read.
    pub(super) fault: Option<Reason>,
    indent: Option<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// Between values.
    Top,
    /// Among the elements of an array, which is the whole value or stands under a key of an object.
    Elements { keyed: bool },
    /// In the object behind its array.
    Tail,
}

/// Cuts a feed into pieces.
pub(super) struct Splitter<'l> {
    limits: &'l Limits,
    /// Where the part that is read begins in the whole.
    from: u64,
    /// Where another part of the input begins: what begins a line at the top from there on is left to whoever reads that.
    until: u64,
    mode: Mode,
    /// White space before the next byte since its line began, if nothing else stands there.
    indent: Option<usize>,
    /// The last element was broken: what is left of its container needs no fault of its own.
    broken: bool,
    /// The container is over its limits: its other elements are passed over.
    discard: bool,
    opened: u64,
    elements: u64,
    /// Bytes that were put back so far.
    again: u64,
}

impl<'l> Splitter<'l> {
    /// `until`: counted from the beginning of the part.
    pub(super) fn new(limits: &'l Limits, from: u64, until: u64) -> Self {
        Self {
            limits,
            from,
            until,
            mode: Mode::Top,
            indent: Some(0),
            broken: false,
            discard: false,
            opened: 0,
            elements: 0,
            again: 0,
        }
    }

    /// The next piece; `None` at the end of the input, or of its part.
    pub(super) fn next(&mut self, feed: &mut Feed<'_>) -> Option<Piece> {
        loop {
            if self.mode == Mode::Tail {
                if let Some(piece) = self.tail(feed) {
                    return Some(piece);
                }
                continue;
            }
            let Some(byte) = self.first(feed) else { return self.end() };
            if self.is_over(feed) {
                return None;
            }
            match (self.mode, byte) {
                (Mode::Top, b'[') => {
                    self.step(feed);
                    self.open(feed, false);
                }
                (Mode::Elements { keyed }, b']') => {
                    self.step(feed);
                    self.mode = if keyed { Mode::Tail } else { Mode::Top };
                }
                _ => {
                    if let Some(piece) = self.value(feed, byte) {
                        return Some(piece);
                    }
                }
            }
        }
    }

    /// Shows what comes next for as long as it is records whose ends are sure, and each is taken. Nothing behind the last is
    /// taken.
    pub(super) fn pass(&mut self, feed: &mut Feed<'_>, settings: &Settings, take: &mut impl FnMut(Seen<'_>) -> bool) {
        // An end behind which nothing is passed over any more is that of its container.
        self.discard &= self.mode != Mode::Top;
        while self.mode != Mode::Tail && !self.discard && self.first(feed) == Some(b'{') && !self.is_over(feed) {
            let among = self.among(feed.consumed());
            let separates = |byte: u8| byte == b',' || is_space(byte);
            let chunk = feed.chunk();
            let (seen, mut run) = (chunk.len(), sift::run(chunk, settings, among, u64::MAX, separates, take));
            if run.records == 0 && seen < NEAR {
                run = sift::run(feed.ahead(seen + 1), settings, among, 1, separates, take);
            }
            if run.records == 0 {
                return;
            }
            if self.mode != Mode::Top {
                self.elements += run.records;
                self.broken = false;
            }
            self.indent = None;
            feed.take(run.bytes);
        }
    }

    /// Whether what comes next is of another part: whoever begins there sees it as it is seen here.
    fn is_over(&self, feed: &Feed<'_>) -> bool {
        feed.consumed() >= self.until && self.mode == Mode::Top && self.indent == Some(0)
    }

    /// What may still be passed over.
    fn among(&self, consumed: u64) -> Among {
        match self.mode {
            Mode::Top | Mode::Tail => Among::Top { bytes: self.until.saturating_sub(consumed) },
            Mode::Elements { .. } => Among::Elements {
                records: self.limits.records_per_container.saturating_sub(self.elements),
                bytes: self.limits.container_bytes.saturating_sub(consumed - self.opened),
            },
        }
    }

    /// The rest of a broken piece goes back where a new record seems to begin in it; `true` when it did.
    pub(super) fn rewind(&mut self, feed: &mut Feed<'_>, piece: &mut Piece) -> bool {
        self.broken = true;
        // What was taken and not kept cannot go back: that record was over its limit.
        let kept = piece.size == piece.bytes.len() as u64;
        let column = piece.indent.unwrap_or(0);
        let Some(at) = next_record(&piece.bytes, column).filter(|_| kept) else { return false };
        self.again += piece.size - at as u64;
        if self.again > AGAIN + (self.from + feed.consumed()).saturating_mul(AGAIN_TIMES) {
            return false;
        }
        feed.put_back(piece.bytes.get(at..).unwrap_or_default());
        piece.size = at as u64;
        piece.bytes.truncate(at);
        self.indent = Some(0);
        true
    }

    fn open(&mut self, feed: &Feed<'_>, keyed: bool) {
        self.mode = Mode::Elements { keyed };
        (self.broken, self.discard, self.elements, self.opened) = (false, false, 0, feed.consumed());
    }

    fn step(&mut self, feed: &mut Feed<'_>) {
        feed.take(1);
        self.indent = None;
    }

    /// Skips to the first byte of the next value.
    fn first(&mut self, feed: &mut Feed<'_>) -> Option<u8> {
        loop {
            let chunk = feed.chunk();
            let byte = *chunk.first()?;
            match byte {
                b'\n' => self.indent = Some(0),
                b',' => self.indent = None,
                byte if is_space(byte) => self.indent = self.indent.map(|i| i + 1),
                0xef if feed.ahead(3).starts_with(b"\xef\xbb\xbf") => {
                    feed.take(2);
                    self.indent = Some(0);
                }
                byte => return Some(byte),
            }
            feed.take(1);
        }
    }

    fn end(&mut self) -> Option<Piece> {
        let open = std::mem::replace(&mut self.mode, Mode::Top);
        let reason = Reason::new("truncated", "the input ends inside a list of records");
        (open != Mode::Top && !self.broken).then(|| Piece {
            bytes: Vec::new(),
            size: 0,
            fault: Some(reason),
            indent: None,
        })
    }

    fn tail(&mut self, feed: &mut Feed<'_>) -> Option<Piece> {
        let mut scan = Scan::behind_array(self.limits.depth);
        let mut nothing = Vec::new();
        match scan.run(feed, &mut nothing, 0) {
            Scanned::Container => self.open(feed, true),
            Scanned::End => return self.end(),
            Scanned::Whole => self.mode = Mode::Top,
            Scanned::Fault(reason) => {
                self.mode = Mode::Top;
                self.indent = Some(0);
                let piece = Piece { bytes: nothing, size: 0, fault: Some(reason), indent: None };
                return (!self.broken).then_some(piece);
            }
        }
        self.indent = None;
        None
    }

    fn value(&mut self, feed: &mut Feed<'_>, byte: u8) -> Option<Piece> {
        let (from, indent) = (feed.consumed(), self.indent.take());
        let mut bytes = Vec::new();
        let scanned = match byte {
            b'{' | b'[' => {
                let may_hold_records = self.mode == Mode::Top && !sift::begins(feed.ahead(sift::BEGINS.len()));
                Scan::new(may_hold_records, self.limits.depth).run(feed, &mut bytes, self.limits.record_bytes)
            }
            b'"' => string(feed, &mut bytes, self.limits.record_bytes),
            _ => word(feed, &mut bytes, self.mode != Mode::Top),
        };
        let mut fault = match scanned {
            Scanned::Whole => None,
            Scanned::Container => {
                self.open(feed, true);
                return None;
            }
            Scanned::Fault(reason) => Some(reason),
            Scanned::End => Some(Reason::new("truncated", "the input ends inside a record")),
        };
        let stray = !matches!(byte, b'{' | b'[' | b'"') && fault.is_some();
        if self.mode != Mode::Top {
            if self.discard || (stray && self.broken) {
                return None;
            }
            self.elements += 1;
            if let Some(reason) = self.over(feed) {
                self.discard = true;
                bytes.clear();
                fault = Some(reason);
            }
            self.broken = fault.is_some();
        }
        Some(Piece { bytes, size: feed.consumed().saturating_sub(from), fault, indent })
    }

    fn over(&self, feed: &Feed<'_>) -> Option<Reason> {
        let bytes = feed.consumed().saturating_sub(self.opened);
        if bytes > self.limits.container_bytes {
            let limit = self.limits.container_bytes;
            return Some(Reason::new("too_large", format!("a list of records has more than {limit} bytes")));
        }
        let limit = self.limits.records_per_container;
        (self.elements > limit).then(|| Reason::new("too_many", format!("a list has more than {limit} records")))
    }
}

/// Where a line begins an object at the column of the record itself, or at the first if that began within a line.
fn next_record(bytes: &[u8], column: usize) -> Option<usize> {
    let mut from = 0;
    while let Some(newline) = bytes.get(from..)?.iter().position(|b| *b == b'\n') {
        let line = from + newline + 1;
        let spaces = bytes.get(line..)?.iter().take_while(|b| is_space(**b) && **b != b'\n').count();
        if spaces == column && bytes.get(line + spaces) == Some(&b'{') {
            return Some(line + spaces);
        }
        from = line;
    }
    None
}

/// A string standing for a record; it ends at its quote, or broken at the end of its line.
fn string(feed: &mut Feed<'_>, bytes: &mut Vec<u8>, limit: usize) -> Scanned {
    let (mut escaped, mut open) = (false, false);
    let mut size = 0;
    loop {
        let Some(byte) = feed.chunk().first().copied() else { return Scanned::End };
        feed.take(1);
        size += 1;
        if size <= limit {
            bytes.push(byte);
        }
        match byte {
            _ if escaped => escaped = false,
            b'\n' => return Scanned::Fault(Reason::new("malformed_json", "a string runs over the end of its line")),
            b'\\' => escaped = true,
            b'"' if open && size > limit => return Scanned::Fault(too_large(limit)),
            b'"' if open => return Scanned::Whole,
            _ => open = true,
        }
    }
}

/// A number, a word or garbage: up to the end of the line, in a list up to its next comma or bracket.
fn word(feed: &mut Feed<'_>, bytes: &mut Vec<u8>, listed: bool) -> Scanned {
    const KEPT: usize = 256;
    while let Some(byte) = feed.chunk().first().copied() {
        if byte == b'\n' || (listed && !bytes.is_empty() && matches!(byte, b',' | b']' | b'{' | b'[')) {
            break;
        }
        feed.take(1);
        if bytes.len() < KEPT {
            bytes.push(byte);
        }
    }
    Scanned::Fault(Reason::new("malformed_json", "neither an object nor a list"))
}
