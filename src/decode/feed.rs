//! The input as bytes that can be looked at ahead and put back.
//!
//! In: a reader. Out: the same bytes, however the reader cut them, and as long as nobody looks across a cut, where the reader
//! holds them: they are not copied. A read error ends the input and is kept for the end.

use std::io::{self, BufRead};

/// Bytes looked ahead at most.
const LOOK_AHEAD: usize = 64 << 10;
/// Bytes copied from the reader at a time, where what is looked at goes across a cut.
const COPIED: usize = 8 << 10;

/// An input being read.
pub(super) struct Feed<'a> {
    input: &'a mut dyn BufRead,
    /// What comes before the reader's next byte: looked at across a cut, or put back.
    buffer: Vec<u8>,
    at: usize,
    /// How many of the last bytes there the reader still holds: once all before them is taken, it is looked at there again.
    borrowed: usize,
    consumed: u64,
    error: Option<io::Error>,
    ended: bool,
}

impl<'a> Feed<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead) -> Self {
        Self { input, buffer: Vec::new(), at: 0, borrowed: 0, consumed: 0, error: None, ended: false }
    }

    /// Bytes not yet taken; none at the end of the input.
    pub(super) fn chunk(&mut self) -> &[u8] {
        if self.at < self.buffer.len() {
            return self.buffer.get(self.at..).unwrap_or_default();
        }
        self.has_more();
        self.held()
    }

    /// Whether the reader holds a byte; it reads on where it holds none.
    fn has_more(&mut self) -> bool {
        while !self.ended {
            match self.input.fill_buf() {
                Ok([]) => self.ended = true,
                Ok(_) => return true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.error = Some(error);
                    self.ended = true;
                }
            }
        }
        false
    }

    /// What the reader holds.
    fn held(&mut self) -> &[u8] {
        if self.ended { &[] } else { self.input.fill_buf().unwrap_or_default() }
    }

    /// Takes `bytes` of the current chunk.
    pub(super) fn take(&mut self, bytes: usize) {
        self.consumed += bytes as u64;
        self.at += bytes;
        if let Some(beyond) = (self.at + self.borrowed).checked_sub(self.buffer.len()) {
            self.input.consume(beyond);
            self.buffer.clear();
            (self.at, self.borrowed) = (0, 0);
        }
    }

    /// Takes everything to the end of the input.
    pub(super) fn take_rest(&mut self) {
        loop {
            match self.chunk().len() {
                0 => return,
                length => self.take(length),
            }
        }
    }

    /// Puts back bytes taken before, the last first.
    pub(super) fn put_back(&mut self, bytes: &[u8]) {
        self.buffer.splice(..self.at, bytes.iter().copied());
        self.at = 0;
        self.consumed = self.consumed.saturating_sub(bytes.len() as u64);
    }

    /// At least `bytes` not yet taken, fewer only at the end of the input.
    pub(super) fn ahead(&mut self, bytes: usize) -> &[u8] {
        if self.buffer.is_empty() && self.chunk().len() >= bytes {
            return self.held();
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        while self.buffer.len() < bytes {
            self.input.consume(std::mem::take(&mut self.borrowed));
            if !self.has_more() {
                break;
            }
            let more = COPIED.max(bytes - self.buffer.len());
            let held = self.input.fill_buf().unwrap_or_default();
            let held = held.get(..more).unwrap_or(held);
            self.buffer.extend_from_slice(held);
            self.borrowed = held.len();
        }
        &self.buffer
    }

    /// The next byte that `skip` does not skip, without taking anything; it gives up after some 64 KiB.
    pub(super) fn peek_past(&mut self, skip: impl Fn(u8) -> bool) -> Option<u8> {
        let mut seen = 0;
        while seen < LOOK_AHEAD {
            let ahead = self.ahead(seen + 1);
            let fresh = ahead.get(seen..).unwrap_or_default();
            if fresh.is_empty() {
                return None;
            }
            if let Some(byte) = fresh.iter().copied().find(|byte| !skip(*byte)) {
                return Some(byte);
            }
            seen = ahead.len();
        }
        None
    }

    /// Bytes taken so far.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// The error that ended the input, if one did.
    pub(super) fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }
}
