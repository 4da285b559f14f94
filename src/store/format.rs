//! A snapshot as bytes.
//!
//! In: a header and a payload in pieces. Out: one run of bytes, and back. It refuses to look at anything before the
//! checksum over all of it holds.
//!
//! Version 1, numbers in little-endian order:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `TIDESNAP` |
//! | 2 | format version |
//! | 20 | shards, shard, epoch (`u32` each), position (`u64`) |
//! | 2 + n | log: length, UTF-8 |
//! | 2 + n | configuration: length, UTF-8 |
//! | n | the payload as one LZ4 frame: independent blocks, checksum (XXH32) of the content |
//! | 8 | bytes of the payload before compression |
//! | 32 | SHA-256 of everything before it |
//!
//! LZ4 because writing and restoring must cost seconds, not minutes, and because its decoder is safe Rust. SHA-256
//! because the project has it, processors compute it at over a gigabyte a second, and it runs over what is compressed:
//! it costs less than the compression, and no damage passes it by chance. The frame's own checksum is over what was
//! handed in, so that a fault of the compressor is noticed too.

use std::io::{self, BufRead, Write};

use lz4_flex::frame::{BlockSize, FrameDecoder, FrameEncoder, FrameInfo};
use sha2::{Digest, Sha256};

use super::error::Damage;
use super::header::{Header, take};

/// The version that is written.
pub(super) const VERSION: u16 = 1;
const MAGIC: [u8; 8] = *b"TIDESNAP";
const CHECKSUM: usize = 32;
/// No LZ4 frame holds more than this many times its own bytes.
const RATIO: u64 = 255;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    /// Bytes of the payload.
    pub(super) payload: u64,
    /// Bytes altogether, compressed.
    pub(super) stored: u64,
}

/// Why writing stopped.
#[derive(Debug)]
pub(super) enum Unwritten {
    /// The payload is larger than it may be.
    TooLarge,
    /// Nobody takes the bytes.
    Refused(io::Error),
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Self::Refused(error)
    }
}

/// Most bytes that a payload of `most` may become, with all that goes around it.
pub(super) fn most_stored(most: u64) -> u64 {
    most.saturating_add(most / 128).saturating_add(64 << 10)
}

/// Writes a snapshot whose payload is at most `most` bytes, piece by piece.
pub(super) fn write<W: Write>(
    header: &[u8],
    payload: impl IntoIterator<Item: AsRef<[u8]>>,
    most: u64,
    out: W,
) -> Result<Sizes, Unwritten> {
    let mut out = Sealed { out, hash: Sha256::new(), bytes: 0 };
    out.write_all(&MAGIC)?;
    out.write_all(&VERSION.to_le_bytes())?;
    out.write_all(header)?;
    let info = FrameInfo::new().block_size(BlockSize::Max1MB).content_checksum(true);
    let mut frame = FrameEncoder::with_frame_info(info, out);
    let mut length = 0_u64;
    for piece in payload {
        let piece = piece.as_ref();
        length = length.saturating_add(piece.len() as u64);
        if length > most {
            return Err(Unwritten::TooLarge);
        }
        frame.write_all(piece)?;
    }
    let mut out = frame.finish().map_err(io::Error::from)?;
    out.write_all(&length.to_le_bytes())?;
    let stored = out.finish()?;
    Ok(Sizes { payload: length, stored })
}

/// Hashes what passes.
struct Sealed<W> {
    out: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Sealed<W> {
    /// Appends the checksum; how many bytes there are altogether.
    fn finish(mut self) -> io::Result<u64> {
        self.out.write_all(&self.hash.finalize())?;
        self.out.flush()?;
        Ok(self.bytes + CHECKSUM as u64)
    }
}

impl<W: Write> Write for Sealed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A snapshot whose checksum holds.
#[derive(Debug)]
pub(super) struct Sound<'a> {
    pub(super) header: Header,
    frame: &'a [u8],
    length: u64,
}

/// Checks what was stored, and reads its header.
pub(super) fn open(stored: &[u8]) -> Result<Sound<'_>, Damage> {
    let mut rest = stored;
    if take(&mut rest).ok() != Some(MAGIC) {
        return Err(Damage::Foreign);
    }
    // Where the rest lies is each version's own; all that were ever written stay readable.
    match u16::from_le_bytes(take(&mut rest)?) {
        1 => open_v1(stored, rest.len()),
        other => Err(Damage::Version(other)),
    }
}

fn open_v1(stored: &[u8], after_version: usize) -> Result<Sound<'_>, Damage> {
    let (body, checksum) = stored.split_last_chunk::<CHECKSUM>().ok_or(Damage::Checksum)?;
    if Sha256::digest(body).as_slice() != checksum {
        return Err(Damage::Checksum);
    }
    let (body, length) = body.split_last_chunk().ok_or(Damage::Malformed("it has no length"))?;
    let start = stored.len() - after_version;
    let mut rest = body.get(start..).ok_or(Damage::Malformed("it has no header"))?;
    let header = Header::read(&mut rest)?;
    Ok(Sound { header, frame: rest, length: u64::from_le_bytes(*length) })
}

impl Sound<'_> {
    /// The payload, at most `most` bytes.
    pub(super) fn payload(&self, most: u64) -> Result<Vec<u8>, Damage> {
        if self.length > most {
            return Err(Damage::TooLarge { bytes: self.length, most });
        }
        if self.length > RATIO.saturating_mul(self.frame.len() as u64) {
            return Err(Damage::Malformed("its payload is said to be longer than its bytes can hold"));
        }
        let length = usize::try_from(self.length).map_err(|_| Damage::TooLarge { bytes: self.length, most })?;
        let mut payload = Vec::new();
        payload.try_reserve_exact(length).map_err(|error| Damage::Unreadable(error.into()))?;
        let mut frame = FrameDecoder::new(self.frame);
        loop {
            let block = frame.fill_buf().map_err(Damage::Compression)?;
            if block.is_empty() {
                break;
            }
            if block.len() > length - payload.len() {
                return Err(Damage::Malformed("its payload is longer than it is said to be"));
            }
            payload.extend_from_slice(block);
            let read = block.len();
            frame.consume(read);
        }
        match frame.into_inner() {
            [] if payload.len() == length => Ok(payload),
            [] => Err(Damage::Malformed("its payload is shorter than it is said to be")),
            _ => Err(Damage::Malformed("bytes follow its payload")),
        }
    }
}

#[cfg(test)]
mod tests;
