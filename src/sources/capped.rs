//! A decompressor held to limits: a small file must not become an endless one.

use std::io::{self, BufReader, Read};

/// Bounds on what a compressed file may become. A breach is an error of kind `FileTooLarge`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Most bytes a compressed file or member may hold.
    pub bytes: u64,
    /// Most bytes for each compressed one; audit logs reach some 30, nothing honest 500.
    pub ratio: u64,
}

impl Default for Caps {
    fn default() -> Self {
        Self { bytes: 16 << 30, ratio: 500 }
    }
}

/// Below this a ratio says nothing.
const SMALL: u64 = 16 << 20;

/// Counts what comes out of a decompressor.
pub(super) struct Capped<R> {
    inner: R,
    out: u64,
    most: u64,
    limit: String,
}

impl<R: Read> Capped<R> {
    /// `compressed`: bytes that go in.
    pub(super) fn new(inner: R, compressed: u64, caps: &Caps) -> BufReader<Self> {
        let by_ratio = compressed.saturating_mul(caps.ratio).max(SMALL);
        let (most, limit) = if by_ratio < caps.bytes {
            (by_ratio, format!("decompresses to more than {} times its {compressed} bytes", caps.ratio))
        } else {
            (caps.bytes, format!("decompresses to more than {} bytes", caps.bytes))
        };
        BufReader::with_capacity(256 << 10, Self { inner, out: 0, most, limit })
    }
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.out += read as u64;
        if self.out > self.most {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, self.limit.clone()));
        }
        Ok(read)
    }
}
