//! Follows strings and brackets of one value, byte by byte and without a copy of what it has seen.
//!
//! In: chunks. Out: where the value ends and how. It refuses to know whether the value is JSON.

use super::super::Reason;
use super::super::feed::Feed;
use super::CONTAINERS;

const LONGEST_KEY: usize = 16;

/// How a value ended.
pub(super) enum Scanned {
    /// At its last bracket.
    Whole,
    /// At a list of records, whose bracket is taken.
    Container,
    /// Broken.
    Fault(Reason),
    /// With the input.
    End,
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x1e)
}

pub(super) fn too_large(limit: usize) -> Reason {
    Reason::new("too_large", format!("a record has more than {limit} bytes"))
}

/// Follows strings and brackets of one value.
pub(super) struct Scan {
    depth: usize,
    deepest: usize,
    /// One bit a level: an object.
    objects: u128,
    in_string: bool,
    escaped: bool,
    /// The last byte that means something.
    last: u8,
    /// Only white space so far on this line, and it is not the value's first.
    fresh: bool,
    /// The last string of the outermost object, while containers are looked for.
    key: Option<Vec<u8>>,
    too_deep: bool,
    too_large: bool,
}

impl Scan {
    pub(super) fn new(containers: bool, deepest: usize) -> Self {
        Self {
            depth: 0,
            deepest,
            objects: 0,
            in_string: false,
            escaped: false,
            last: b':',
            fresh: false,
            key: containers.then(Vec::new),
            too_deep: false,
            too_large: false,
        }
    }

    /// Inside an object, behind one of its values.
    pub(super) fn behind_array(deepest: usize) -> Self {
        Self { depth: 1, objects: 1, last: b']', ..Self::new(true, deepest) }
    }

    pub(super) fn run(&mut self, feed: &mut Feed<'_>, bytes: &mut Vec<u8>, limit: usize) -> Scanned {
        loop {
            let chunk = feed.chunk();
            if chunk.is_empty() {
                return self.fault(limit).map_or(Scanned::End, Scanned::Fault);
            }
            let (taken, ended) = self.follow(chunk);
            let room = limit.saturating_sub(bytes.len());
            bytes.extend_from_slice(chunk.get(..taken.min(room)).unwrap_or_default());
            feed.take(taken);
            self.too_large |= taken > room && limit > 0;
            match ended {
                None => {}
                Some(Ended::Value) => return self.fault(limit).map_or(Scanned::Whole, Scanned::Fault),
                Some(Ended::NewRecord) => {
                    let reason = Reason::new("malformed_json", "a new record begins before this one ends");
                    return Scanned::Fault(self.fault(limit).unwrap_or(reason));
                }
                Some(Ended::ListOfKey) => {
                    // The bracket is next. An empty list holds no records, and its object may be one.
                    feed.take(1);
                    match feed.peek_past(is_space) {
                        Some(b'{') => return Scanned::Container,
                        Some(b']') => self.key = Some(Vec::new()),
                        _ => self.key = None,
                    }
                    feed.put_back(b"[");
                }
            }
        }
    }

    /// The limit it breaks, the same one however the input was cut into chunks.
    fn fault(&self, limit: usize) -> Option<Reason> {
        if self.too_large {
            return Some(too_large(limit));
        }
        let deepest = self.deepest;
        self.too_deep.then(|| Reason::new("too_deep", format!("a record is nested deeper than {deepest}")))
    }

    /// Follows a chunk; how many bytes of it belong to the value, and whether and how that ended.
    fn follow(&mut self, chunk: &[u8]) -> (usize, Option<Ended>) {
        let mut at = 0;
        while let Some(byte) = chunk.get(at).copied() {
            if self.in_string {
                at += self.inside_string(chunk.get(at..).unwrap_or_default());
                continue;
            }
            match byte {
                b'\n' => self.fresh = true,
                b' ' | b'\t' | b'\r' => {}
                b'{' if self.fresh && !self.may_hold_object() => return (at, Some(Ended::NewRecord)),
                b'[' if self.is_list_of_key() => return (at, Some(Ended::ListOfKey)),
                b'{' | b'[' => self.descend(byte),
                b'}' | b']' => {
                    self.seen(byte);
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return (at + 1, Some(Ended::Value));
                    }
                }
                b'"' => {
                    self.in_string = true;
                    self.fresh = false;
                    if let Some(key) = &mut self.key {
                        key.clear();
                    }
                }
                byte => self.seen(byte),
            }
            at += 1;
        }
        (chunk.len(), None)
    }

    fn seen(&mut self, byte: u8) {
        self.last = byte;
        self.fresh = false;
    }

    /// Follows a string to its next byte that means something; how many bytes that took.
    fn inside_string(&mut self, rest: &[u8]) -> usize {
        if std::mem::take(&mut self.escaped) && rest.first() != Some(&b'\n') {
            return 1;
        }
        let plain = rest.iter().position(|b| matches!(b, b'"' | b'\\' | b'\n')).unwrap_or(rest.len());
        if let Some(key) = self.key.as_mut().filter(|_| self.depth == 1) {
            let room = LONGEST_KEY.saturating_sub(key.len());
            key.extend(rest.iter().take(plain.min(room)));
        }
        match rest.get(plain) {
            Some(b'\\') => self.escaped = true,
            Some(b'"') => (self.in_string, self.last) = (false, b'"'),
            // No string holds a bare line end: this one was never closed.
            Some(_) => (self.in_string, self.last, self.fresh) = (false, b'"', true),
            None => return plain,
        }
        plain + 1
    }

    fn descend(&mut self, byte: u8) {
        self.seen(byte);
        self.depth += 1;
        self.too_deep |= self.depth > self.deepest;
        if let Some(bit) = u32::try_from(self.depth - 1).ok().and_then(|level| 1u128.checked_shl(level)) {
            self.objects = if byte == b'{' { self.objects | bit } else { self.objects & !bit };
        }
    }

    fn may_hold_object(&self) -> bool {
        let level = u32::try_from(self.depth.saturating_sub(1)).unwrap_or(u32::MAX);
        // Levels too deep to be remembered are rejected anyway.
        let in_object = 1u128.checked_shl(level).is_none_or(|bit| self.objects & bit != 0);
        self.depth == 0 || self.last == b':' || (!in_object && matches!(self.last, b',' | b'['))
    }

    fn is_list_of_key(&self) -> bool {
        self.depth == 1
            && self.last == b':'
            && self.objects & 1 == 1
            && self.key.as_ref().is_some_and(|key| CONTAINERS.iter().any(|name| name.as_bytes() == key.as_slice()))
    }
}

enum Ended {
    Value,
    NewRecord,
    ListOfKey,
}
