//! What the headers of a file say of sizes, checked before anybody reserves room for them or goes down into them.
//!
//! In: a file's bytes. Out: the same bytes, or a refusal. It refuses to know what a column holds. The crate reserves what a
//! header claims and descends as deep as a schema does, and neither a lack of memory nor of stack can be caught.

use std::io::{self, Read};

use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

use super::thrift::{Fault, Fields, Is, LIST, STRUCT, Walk};

/// Longest directory of a file, and most that its schema and row groups may name: far beyond any bill.
const DIRECTORY: u64 = 16 << 20;
const ELEMENTS: u64 = 1 << 14;
const CHUNKS: u64 = 1 << 18;
/// How deep a schema may nest.
const NESTED: usize = 32;
/// Bytes read for the head of a page, and the most it may have: what other readers allow too.
const HEAD: usize = 4 << 10;
const LONGEST_HEAD: usize = 16 << 20;
/// What a file ends with: the directory's length and the magic bytes.
const TAIL: u64 = 8;

/// That something claims to be larger than may be held.
pub(super) fn too_large(told: String) -> ParquetError {
    io::Error::new(io::ErrorKind::FileTooLarge, told).into()
}

fn broken(what: &str, fault: Fault) -> ParquetError {
    let told = match fault {
        Fault::Short => "ends too early",
        Fault::Broken(told) => told,
    };
    ParquetError::General(format!("{what}: {told}"))
}

const NOTHING: Is = Is::Struct(&[]);
const UNIT: Is = Is::Struct(&[(1, NOTHING), (2, NOTHING), (3, NOTHING)]);
const TIME: Is = Is::Struct(&[(1, Is::Truth), (2, UNIT)]);
const LOGICAL: Is = Is::Struct(&[
    (1, NOTHING),
    (2, NOTHING),
    (3, NOTHING),
    (4, NOTHING),
    (5, Is::Struct(&[(1, Is::Whole), (2, Is::Whole)])),
    (6, NOTHING),
    (7, TIME),
    (8, TIME),
    (9, NOTHING),
    (10, Is::Struct(&[(1, Is::Byte), (2, Is::Truth)])),
    (11, NOTHING),
    (12, NOTHING),
    (13, NOTHING),
    (14, NOTHING),
    (15, NOTHING),
    (16, Is::Struct(&[(1, Is::Byte)])),
    (17, Is::Struct(&[(1, Is::Bytes)])),
    (18, Is::Struct(&[(1, Is::Bytes), (2, Is::Whole)])),
    (19, NOTHING),
]);
const ELEMENT: Fields = &[
    (1, Is::Whole),
    (2, Is::Whole),
    (3, Is::Whole),
    (4, Is::Bytes),
    (5, Is::Whole),
    (6, Is::Whole),
    (7, Is::Whole),
    (8, Is::Whole),
    (9, Is::Whole),
    (10, LOGICAL),
];
const CHILDREN: i16 = 5;

const STATISTICS: Is = Is::Struct(&[
    (1, Is::Bytes),
    (2, Is::Bytes),
    (3, Is::Long),
    (4, Is::Long),
    (5, Is::Bytes),
    (6, Is::Bytes),
    (7, Is::Truth),
    (8, Is::Truth),
    (9, Is::Long),
]);
const BOX: Is = Is::Struct(&[
    (1, Is::Fraction),
    (2, Is::Fraction),
    (3, Is::Fraction),
    (4, Is::Fraction),
    (5, Is::Fraction),
    (6, Is::Fraction),
    (7, Is::Fraction),
    (8, Is::Fraction),
]);
const LONGS: Is = Is::List(&Is::Long);
const KEY_VALUES: Is = Is::List(&Is::Struct(&[(1, Is::Bytes), (2, Is::Bytes)]));
const COLUMN: Is = Is::Struct(&[
    (1, Is::Whole),
    (2, Is::List(&Is::Whole)),
    (3, Is::List(&Is::Bytes)),
    (4, Is::Whole),
    (5, Is::Long),
    (6, Is::Long),
    (7, Is::Long),
    (8, KEY_VALUES),
    (9, Is::Long),
    (10, Is::Long),
    (11, Is::Long),
    (12, STATISTICS),
    (13, Is::List(&Is::Struct(&[(1, Is::Whole), (2, Is::Whole), (3, Is::Whole)]))),
    (14, Is::Long),
    (15, Is::Whole),
    (16, Is::Struct(&[(1, Is::Long), (2, LONGS), (3, LONGS)])),
    (17, Is::Struct(&[(1, BOX), (2, Is::List(&Is::Whole))])),
]);
const KEY_OF_COLUMN: Is = Is::Struct(&[(1, Is::List(&Is::Bytes)), (2, Is::Bytes)]);
const CHUNK: Is = Is::Struct(&[
    (1, Is::Bytes),
    (2, Is::Long),
    (3, COLUMN),
    (4, Is::Long),
    (5, Is::Whole),
    (6, Is::Long),
    (7, Is::Whole),
    (8, Is::Struct(&[(1, NOTHING), (2, KEY_OF_COLUMN)])),
    (9, Is::Bytes),
]);
const GROUP: Is = Is::Struct(&[
    (1, Is::List(&CHUNK)),
    (2, Is::Long),
    (3, Is::Long),
    (4, Is::List(&Is::Struct(&[(1, Is::Whole), (2, Is::Truth), (3, Is::Truth)]))),
    (5, Is::Long),
    (6, Is::Long),
    (7, Is::Short),
]);
const ORDERS: Is = Is::List(&Is::Struct(&[(1, NOTHING), (2, NOTHING), (3, NOTHING)]));

const PAGE: Fields = &[
    (1, Is::Whole),
    (2, Is::Whole),
    (3, Is::Whole),
    // A checksum, by some without a sign.
    (4, Is::Long),
    (5, Is::Struct(&[(1, Is::Whole), (2, Is::Whole), (3, Is::Whole), (4, Is::Whole), (5, STATISTICS)])),
    (6, NOTHING),
    (7, Is::Struct(&[(1, Is::Whole), (2, Is::Whole), (3, Is::Truth)])),
    (8, DATA_2),
];
const DATA_2: Is = Is::Struct(&[
    (1, Is::Whole),
    (2, Is::Whole),
    (3, Is::Whole),
    (4, Is::Whole),
    (5, Is::Whole),
    (6, Is::Whole),
    (7, Is::Truth),
    (8, STATISTICS),
]);
const UNPACKED: i16 = 2;

/// Refuses a file whose directory is too long, or names more, or deeper, than is read. One that has no directory is left to
/// the crate to tell.
pub(super) fn directory(file: &impl ChunkReader) -> Result<()> {
    let Some(tail) = file.len().checked_sub(TAIL) else { return Ok(()) };
    let length = match *file.get_bytes(tail, 8)? {
        [a, b, c, d, ..] => u64::from(u32::from_le_bytes([a, b, c, d])),
        _ => return Ok(()),
    };
    let Some(start) = tail.checked_sub(length) else { return Ok(()) };
    if length > DIRECTORY {
        return Err(too_large(format!("a Parquet file's directory is larger than {DIRECTORY} bytes")));
    }
    let bytes = file.get_bytes(start, usize::try_from(length).unwrap_or(0))?;
    let mut walk = Walk::new(&bytes);
    let said = |fault| broken("a Parquet file's directory", fault);
    let (mut last, mut columns) = (0, None);
    let unordered = Fault::Broken("fields that are not in order");
    while let Some((number, kind)) = walk.field(last).map_err(said)? {
        if number <= last {
            return Err(said(unordered));
        }
        last = number;
        match (number, kind) {
            // The crate reads the first list, whatever precedes it, and so that nothing hides one, only a number may.
            (1, kind) if columns.is_none() => walk.value(Is::Whole, kind).map_err(said)?,
            (2, LIST) if columns.is_none() => columns = Some(schema(&mut walk)?),
            (4, LIST) if columns.is_some() => {
                let groups = Walk::list(&mut walk).map_err(said)?;
                if groups.0.saturating_mul(columns.unwrap_or(1)) > CHUNKS {
                    return Err(too_large(format!("a Parquet file has more than {CHUNKS} columns in its row groups")));
                }
                (0..groups.0).try_for_each(|_| walk.value(GROUP, groups.1)).map_err(said)?;
            }
            (3, kind) if columns.is_some() => walk.value(Is::Long, kind).map_err(said)?,
            (5, kind) if columns.is_some() => walk.value(KEY_VALUES, kind).map_err(said)?,
            (6, kind) if columns.is_some() => walk.value(Is::Bytes, kind).map_err(said)?,
            (7, kind) if columns.is_some() => walk.value(ORDERS, kind).map_err(said)?,
            // Of how it is encrypted nothing is read.
            (8.., kind) if columns.is_some() => walk.skip(kind).map_err(said)?,
            _ => return Err(said(unordered)),
        }
    }
    Ok(())
}

/// Passes over a schema and tells how many elements it has.
fn schema(walk: &mut Walk<'_>) -> Result<u64> {
    let said = |fault| broken("a Parquet file's schema", fault);
    let (count, kind) = walk.list().map_err(said)?;
    if count > ELEMENTS {
        return Err(too_large(format!("a Parquet file's schema has more than {ELEMENTS} elements")));
    }
    if kind != STRUCT {
        return Err(said(Fault::Broken("elements of another type than they should have")));
    }
    // Children that are still to come, of each group that is open.
    let mut open: Vec<u64> = Vec::new();
    for read in 1..=count {
        let mut children = 0;
        let mut told = |number, value| children = if number == CHILDREN { value } else { children };
        walk.fields(ELEMENT, &mut told).map_err(said)?;
        if let Some(left) = open.last_mut() {
            *left = left.saturating_sub(1);
        }
        let children = u64::try_from(children).map_err(|_| said(Fault::Broken("fewer children than none")))?;
        if children > count - read {
            return Err(said(Fault::Broken("more children than elements")));
        }
        if children > 0 {
            open.push(children);
        }
        while open.last() == Some(&0) {
            open.pop();
        }
        if open.len() > NESTED {
            return Err(too_large(format!("a Parquet file's schema nests deeper than {NESTED}")));
        }
    }
    Ok(count)
}

/// A file of which no page is read whose head claims more than may be held.
pub(super) struct Checked<R> {
    file: R,
    limit: u64,
}

impl<R: ChunkReader> Checked<R> {
    /// No page unpacks to more than `limit` bytes.
    pub(super) fn new(file: R, limit: u64) -> Self {
        Self { file, limit }
    }
}

impl<R: ChunkReader> Length for Checked<R> {
    fn len(&self) -> u64 {
        self.file.len()
    }
}

impl<R: ChunkReader> ChunkReader for Checked<R> {
    type T = Head<R::T>;

    /// The crate reads heads of pages by this, and a file's last bytes.
    fn get_read(&self, start: u64) -> Result<Self::T> {
        let is_head = start.saturating_add(TAIL) < self.len();
        Ok(Head { inner: self.file.get_read(start)?, bytes: Vec::new(), at: 0, unchecked: is_head, limit: self.limit })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        // Behind the end the crate's own reader of bytes would stumble.
        if start.checked_add(length as u64).is_none_or(|end| end > self.len()) {
            let told = format!("{length} bytes at {start} lie beyond the file's {}", self.len());
            return Err(ParquetError::EOF(told));
        }
        self.file.get_bytes(start, length)
    }
}

/// A page's head, which is checked once its first byte is asked for: a reader may be had and not used.
pub(super) struct Head<T> {
    inner: T,
    bytes: Vec<u8>,
    at: usize,
    unchecked: bool,
    limit: u64,
}

impl<T: Read> Head<T> {
    /// Reads as much as the head is long, about, and walks over it.
    fn check(&mut self) -> io::Result<()> {
        let mut most = HEAD;
        let (unpacked, walked) = loop {
            let wanted = most - self.bytes.len();
            let read = self.inner.by_ref().take(wanted as u64).read_to_end(&mut self.bytes)?;
            let mut unpacked = 0;
            let mut told = |number, value| unpacked = if number == UNPACKED { value } else { unpacked };
            let walked = Walk::new(&self.bytes).fields(PAGE, &mut told);
            if walked != Err(Fault::Short) || read < wanted || most >= LONGEST_HEAD {
                break (unpacked, walked);
            }
            most *= 16;
        };
        if let Err(fault) = walked {
            return Err(io::Error::new(io::ErrorKind::InvalidData, broken("a page's head", fault).to_string()));
        }
        if u64::try_from(unpacked).is_ok_and(|bytes| bytes > self.limit) {
            let told = format!("a page says it unpacks to {unpacked} bytes, more than {}", self.limit);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, told));
        }
        Ok(())
    }
}

impl<T: Read> Read for Head<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.unchecked) {
            self.check()?;
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return self.inner.read(buffer);
        }
        let count = (&mut &*rest).read(buffer)?;
        self.at += count;
        Ok(count)
    }
}
