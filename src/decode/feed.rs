//! The input as bytes that can be looked at ahead and put back.
//!
//! In: a reader. Out: the same bytes, however the reader cut them. A read error ends the input and is kept for the end.

use std::io::{self, BufRead};

/// Bytes looked ahead at most.
const LOOK_AHEAD: usize = 64 << 10;
/// Bytes taken from the reader at a time at most: a reader over memory would hand over all it has.
const FILL: usize = 256 << 10;

/// An input being read.
pub(super) struct Feed<'a> {
    input: &'a mut dyn BufRead,
    buffer: Vec<u8>,
    at: usize,
    consumed: u64,
    error: Option<io::Error>,
    ended: bool,
}

impl<'a> Feed<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead) -> Self {
        Self { input, buffer: Vec::new(), at: 0, consumed: 0, error: None, ended: false }
    }

    /// Bytes not yet taken; none at the end of the input.
    pub(super) fn chunk(&mut self) -> &[u8] {
        if self.at >= self.buffer.len() {
            self.buffer.clear();
            self.at = 0;
            self.fill();
        }
        self.buffer.get(self.at..).unwrap_or_default()
    }

    fn fill(&mut self) {
        while !self.ended {
            match self.input.fill_buf() {
                Ok([]) => self.ended = true,
                Ok(bytes) => {
                    let taken = bytes.len().min(FILL);
                    self.buffer.extend_from_slice(bytes.get(..taken).unwrap_or_default());
                    return self.input.consume(taken);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.error = Some(error);
                    self.ended = true;
                }
            }
        }
    }

    /// Takes `bytes` of the current chunk.
    pub(super) fn take(&mut self, bytes: usize) {
        self.at += bytes;
        self.consumed += bytes as u64;
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
        self.buffer.splice(..self.at.min(self.buffer.len()), bytes.iter().copied());
        self.at = 0;
        self.consumed = self.consumed.saturating_sub(bytes.len() as u64);
    }

    /// At least `bytes` not yet taken, fewer only at the end of the input.
    pub(super) fn ahead(&mut self, bytes: usize) -> &[u8] {
        while self.buffer.len() - self.at.min(self.buffer.len()) < bytes && !self.ended {
            self.buffer.drain(..self.at.min(self.buffer.len()));
            self.at = 0;
            self.fill();
        }
        self.buffer.get(self.at..).unwrap_or_default()
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
