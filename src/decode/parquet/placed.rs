//! Bytes that are read where they lie, so that no file need be held.
//!
//! In: what can be read and moved about in. Out: pieces of it, none longer than stated. It refuses to know what it is that is read.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use crate::decode::Seekable;

/// Bytes read for the head of a page.
const HEAD: usize = 4 << 10;

/// A file's bytes, as the reader of Parquet asks for them.
pub(super) struct Placed {
    input: Arc<Mutex<Box<dyn Seekable>>>,
    length: u64,
    longest: u64,
}

impl Placed {
    /// No piece longer than `longest` is read.
    pub(super) fn new(mut input: Box<dyn Seekable>, longest: u64) -> io::Result<Self> {
        let length = input.seek(SeekFrom::End(0))?;
        Ok(Self { input: Arc::new(Mutex::new(input)), length, longest })
    }

    fn from(&self, at: u64) -> From {
        From { input: Arc::clone(&self.input), at }
    }
}

impl Length for Placed {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Placed {
    type T = BufReader<From>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(BufReader::with_capacity(HEAD, self.from(start)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let wanted = length as u64;
        if wanted > self.longest {
            let told = format!("a piece of {length} bytes is larger than {}", self.longest);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, told).into());
        }
        if start.checked_add(wanted).is_none_or(|end| end > self.length) {
            let told = format!("{length} bytes at {start} lie beyond the file's {}", self.length);
            return Err(ParquetError::EOF(told));
        }
        let mut bytes = vec![0; length];
        self.from(start).read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// The bytes from a place on.
pub(super) struct From {
    input: Arc<Mutex<Box<dyn Seekable>>>,
    at: u64,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Where somebody stumbled while reading, the place is set anew all the same.
        let mut input = self.input.lock().unwrap_or_else(PoisonError::into_inner);
        input.seek(SeekFrom::Start(self.at))?;
        let read = input.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}
