//! Decompressors held to limits: a small file must not become an endless one.
//!
//! In: compressed bytes. Out: what is in them, up to the limits, and then an error.

use std::io::{self, BufRead, BufReader, Read};

/// Compression within compression, at most: gzip as delivered, once more by whoever stored it.
const LAYERS: usize = 2;

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

/// What is in bytes that are gzip or zstd by their beginning, up to twice; others as they are. `compressed`: how many they are.
pub(super) fn unpack<'a>(mut bytes: Box<dyn BufRead + 'a>, compressed: u64, caps: &Caps) -> Box<dyn BufRead + 'a> {
    for _ in 0..LAYERS {
        // A first read that fails is left for whoever reads on.
        bytes = match bytes.fill_buf().ok().and_then(packing) {
            Some(Packing::Gzip) => Box::new(Capped::new(flate2::bufread::MultiGzDecoder::new(bytes), compressed, caps)),
            Some(Packing::Zstd) => match zstd::Decoder::with_buffer(bytes) {
                Ok(decoder) => Box::new(Capped::new(decoder, compressed, caps)),
                Err(error) => return Box::new(BufReader::new(Broken(error))),
            },
            None => break,
        };
    }
    bytes
}

enum Packing {
    Gzip,
    Zstd,
}

fn packing(first: &[u8]) -> Option<Packing> {
    match first {
        [0x1f, 0x8b, ..] => Some(Packing::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packing::Zstd),
        _ => None,
    }
}

/// Whether bytes begin as gzip or zstd do.
pub(super) fn is_packed(first: &[u8]) -> bool {
    packing(first).is_some()
}

/// Bytes that cannot be read, and why.
pub(super) struct Broken(pub(super) io::Error);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::new(self.0.kind(), self.0.to_string()))
    }
}
