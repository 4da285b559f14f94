//! Parquet: a table by columns, told by its first four bytes.
//!
//! In: a file's bytes. Out: one item a row, by the decoder the columns chose, as if the table were CSV. It refuses to know what
//! a column says. The file's directory stands at its end: where it can be moved about in, pages are read where they lie,
//! and else it is held while it is read, so it is bounded like a container. Of what is packed, some rows are unpacked at a time.
//! The columns that say whether a row may matter come first, the others only of rows that do.

mod batch;
mod claims;
mod pages;
mod placed;
mod runs;
mod text;
mod thrift;
mod unpacked;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};

use self::batch::{Columns, Wanted};
use self::claims::Checked;
use self::pages::Budget;
use self::placed::Placed;
use self::text::Kind;
use self::unpacked::Unpacked;
use super::decoders::TableDecoder;
use super::feed::Feed;
use super::layout::{self, Cells, Layout, Row};
use super::record::Records;
use super::{Context, Outcome, Reason, Seekable, unsupported};

/// What such a file begins, and ends, with.
pub(super) const MAGIC: [u8; 4] = *b"PAR1";
/// Rows unpacked at a time, at most and at least.
const ROWS: usize = 1024;
const FEW: usize = 64;
/// Bytes unpacked at a time, about, where rows are large.
const BYTES: i64 = 512 << 10;
/// Rows to a byte of a file, beyond the rows a container may have anyway: a line of a bill takes more than a bit.
const ROWS_A_BYTE: u64 = 16;

/// Reads the table of a file that only comes by; what is broken is one reject after the rows before it.
pub(super) fn rows(feed: &mut Feed<'_>, records: &mut Records<'_>) {
    let limit = records.settings().limits.container_bytes;
    let mut file = Vec::new();
    loop {
        let chunk = feed.chunk();
        if chunk.is_empty() {
            break;
        }
        if (file.len() + chunk.len()) as u64 > limit {
            feed.take_rest();
            let told = format!("a Parquet file is larger than {limit} bytes");
            return records.item(Outcome::reject("too_large", told), feed.consumed());
        }
        file.extend_from_slice(chunk);
        let length = chunk.len();
        feed.take(length);
    }
    let size = feed.consumed();
    let fault = match feed.error() {
        Some(error) => Err(Reason::new("unreadable", error.to_string())),
        None => table(Bytes::from(file), size, limit, records),
    };
    told(fault, size, records);
}

/// Reads the table of a file where it lies, a page of each column at a time.
pub(super) fn rows_in_place(input: Box<dyn Seekable>, records: &mut Records<'_>) {
    let limit = records.settings().limits.container_bytes;
    let (fault, size) = match Placed::new(input, limit) {
        Err(error) => (Err(Reason::new("unreadable", error.to_string())), 0),
        Ok(placed) => {
            let size = placed.len();
            (table(placed, size, limit, records), size)
        }
    };
    told(fault, size, records);
}

fn told(fault: Result<(), Reason>, size: u64, records: &mut Records<'_>) {
    match fault {
        Err(reason) => records.item(Outcome::Rejected(reason), if records.read() == 0 { size } else { 0 }),
        Ok(()) if records.read() == 0 => records.item(Outcome::Irrelevant, size),
        Ok(()) => {}
    }
}

/// Runs what reads foreign bytes; a reader that stumbles over them costs its file and nothing else.
fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, Reason> {
    let stumbled = |_| Err(ParquetError::General("the reader gave up".into()));
    let outcome = catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(stumbled);
    outcome.map_err(|error| match &error {
        ParquetError::External(told) => Reason::new(code(&error), told.to_string()),
        _ => Reason::new(code(&error), error.to_string()),
    })
}

/// What a file that can be read, and is not what it should be, is told from.
fn code(error: &ParquetError) -> &'static str {
    let error = match error {
        ParquetError::External(error) => error,
        ParquetError::NYI(_) => return "unsupported:parquet",
        _ => return "malformed_parquet",
    };
    match error.downcast_ref().map(io::Error::kind) {
        Some(io::ErrorKind::FileTooLarge) => "too_large",
        None | Some(io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) => "malformed_parquet",
        Some(_) => "unreadable",
    }
}

fn table(file: impl ChunkReader + 'static, size: u64, limit: u64, records: &mut Records<'_>) -> Result<(), Reason> {
    let file = Arc::new(Checked::new(file, limit));
    let metadata = guarded(|| {
        claims::directory(&*file)?;
        ParquetMetaDataReader::new().parse_and_finish(&*file)
    })?;
    let schema = metadata.file_metadata().schema_descr_ptr();
    let kinds: Vec<Kind> = schema.columns().iter().map(|column| Kind::of(column)).collect();
    let headings: Vec<&str> = kinds.iter().map(|kind| kind.heading.as_str()).collect();
    let Some(decoder) = TableDecoder::of(&headings) else {
        let folded: Vec<String> = headings.iter().map(|heading| layout::fold(heading)).collect();
        let format = unsupported::csv(&folded);
        let code = format.map_or_else(|| "unrecognised".to_owned(), |format| format!("unsupported:{format}"));
        let told = headings.iter().take(6).map(|heading| heading.chars().take(24).collect()).collect::<Vec<String>>();
        return Err(Reason::new(&code, format!("a Parquet file with {}", told.join(", "))));
    };
    let layout = Layout::new(&headings, decoder.asked);
    let first: Vec<usize> = decoder.looked_at.iter().filter_map(|column| layout.place(*column)).collect();
    let total: i64 = metadata.row_groups().iter().map(|group| group.num_rows()).fold(0, i64::saturating_add);
    let most = size.saturating_mul(ROWS_A_BYTE).max(records.settings().limits.records_per_container);
    if u64::try_from(total).is_ok_and(|rows| rows > most) {
        return Err(Reason::new(
            "too_many",
            format!("a Parquet file of {size} bytes says it has {total} rows, more than {most}"),
        ));
    }
    let each = size.checked_div(u64::try_from(total).unwrap_or(0)).unwrap_or(0);
    let context = Context { settings: records.settings(), envelope: None, source: records.source() };
    for (number, group) in metadata.row_groups().iter().enumerate() {
        check(group, number, limit)?;
        let mut left = usize::try_from(group.num_rows()).unwrap_or(0);
        let most = at_a_time(group);
        let budget = Budget::new(limit);
        let unpacked = |column| Unpacked::of(&file, group, column, budget.clone());
        let mut columns = guarded(|| Columns::of(group, unpacked, (&kinds, &first), &budget))?;
        while left > 0 {
            let count = most.min(left);
            guarded(|| columns.look(count))?;
            let at = |row| Row::new(&layout, Cells::Batch(columns.cells(), row));
            let matter: Vec<bool> = (0..count).map(|row| (decoder.may_matter)(&at(row))).collect();
            guarded(|| columns.complete(&Wanted::of(&matter)))?;
            for (row, matters) in matter.into_iter().enumerate() {
                let row = Row::new(&layout, Cells::Batch(columns.cells(), row));
                let outcome = if matters { (decoder.row)(&row, &context) } else { Outcome::Irrelevant };
                records.item(decoder.told(outcome, &context), each);
            }
            left -= count;
        }
    }
    Ok(())
}

/// How many rows of a group are unpacked at a time.
fn at_a_time(group: &RowGroupMetaData) -> usize {
    let row = group.total_byte_size().checked_div(group.num_rows()).unwrap_or(0);
    let rows = BYTES.checked_div(row).unwrap_or(BYTES);
    usize::try_from(rows).unwrap_or(0).clamp(FEW, ROWS)
}

/// Columns that lie nowhere, or unpack to more than may be held.
fn check(metadata: &RowGroupMetaData, group: usize, limit: u64) -> Result<(), Reason> {
    for column in metadata.columns() {
        let place = [column.compressed_size(), column.data_page_offset(), column.dictionary_page_offset().unwrap_or(0)];
        if place.iter().any(|number| *number < 0) {
            let told = format!("a column of row group {group} lies before the file's beginning");
            return Err(Reason::new("malformed_parquet", told));
        }
        if u64::try_from(column.uncompressed_size()).map_or(true, |bytes| bytes > limit) {
            let told = format!("a column of row group {group} unpacks to more than {limit} bytes");
            return Err(Reason::new("too_large", told));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
