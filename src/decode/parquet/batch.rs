//! Some rows of a row group at a time, as cells.
//!
//! In: the columns of a row group. Out: their cells as text, first of those that are looked at, then of all.

use std::ops::Range;

use parquet::column::page::PageReader;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::DataType;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::RowGroupMetaData;

use super::claims::too_large;
use super::pages::{Budget, Items, Pages};
use super::text::{self, Form, Kind, Part};
use crate::decode::layout::Run;

/// The columns of one row group.
pub(super) struct Columns {
    columns: Vec<Column>,
    cells: Vec<Run>,
    /// Bytes of text that the cells of the rows that are read may still come to, all columns together.
    room: usize,
}

struct Column {
    reader: ColumnReader,
    items: Items,
    part: Part,
    form: Form,
    max_def_level: i16,
    is_first: bool,
    /// Rows that were not asked for so far.
    behind: usize,
}

impl Columns {
    pub(super) fn of<P: PageReader + 'static>(
        group: &RowGroupMetaData,
        unpacked: impl Fn(usize) -> Result<P>,
        (kinds, first): (&[Kind], &[usize]),
        budget: &Budget,
    ) -> Result<Self> {
        let column = |(at, kind): (usize, &Kind)| {
            let described = group.column(at).column_descr_ptr();
            let max_def_level = described.max_def_level();
            let items = Items::default();
            let pages = Pages::new(Box::new(unpacked(at)?), described.clone(), budget.clone(), items.clone());
            Ok(Column {
                reader: get_column_reader(described, Box::new(pages)),
                items,
                part: kind.part,
                form: kind.form,
                max_def_level,
                // Both columns of a map are one cell.
                is_first: first.contains(&at) || (kind.part == Part::Values && first.contains(&at.wrapping_sub(1))),
                behind: 0,
            })
        };
        let columns = kinds.iter().enumerate().map(column).collect::<Result<Vec<_>>>()?;
        Ok(Self { cells: columns.iter().map(|_| Run::default()).collect(), columns, room: MOST_TEXT })
    }

    /// The cells as far as they were read.
    pub(super) fn cells(&self) -> &[Run] {
        &self.cells
    }

    /// Reads the columns that are looked at; the others are empty.
    pub(super) fn look(&mut self, rows: usize) -> Result<()> {
        self.cells.iter_mut().for_each(Run::clear);
        self.room = MOST_TEXT;
        self.read(&Wanted::all(rows), true)
    }

    /// Reads the other columns of these rows too; of others they stay empty.
    pub(super) fn complete(&mut self, wanted: &Wanted) -> Result<()> {
        self.read(wanted, false)
    }

    fn read(&mut self, wanted: &Wanted, first: bool) -> Result<()> {
        let mut keys: Option<(usize, Vec<Vec<String>>)> = None;
        for (at, column) in self.columns.iter_mut().enumerate().filter(|(_, column)| column.is_first == first) {
            let Some(run) = self.cells.get_mut(at) else { continue };
            if wanted.parts.is_empty() {
                column.behind += wanted.rows;
                continue;
            }
            match column.part {
                Part::Whole => column.whole(wanted, &mut self.room, run)?,
                Part::Items => {
                    for items in column.lists(wanted, &mut self.room)? {
                        let items: Vec<serde_json::Value> = items.into_iter().map(Into::into).collect();
                        if !items.is_empty() {
                            run.text += &serde_json::Value::Array(items).to_string();
                        }
                        run.ends.push(run.text.len());
                    }
                }
                Part::Keys => keys = Some((at, column.lists(wanted, &mut self.room)?)),
                Part::Values => {
                    let values = column.lists(wanted, &mut self.room)?;
                    run.ends.resize(wanted.rows, 0);
                    let Some((at, keys)) = keys.take() else { continue };
                    if let Some(run) = self.cells.get_mut(at) {
                        maps(keys, values, run);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Which of some rows are read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    rows: usize,
    /// Those that are, in order.
    parts: Vec<Range<usize>>,
}

/// Rows that are read although nobody asks for them, because passing over fewer costs more.
const BRIDGED: usize = 8;

impl Wanted {
    fn all(rows: usize) -> Self {
        Self { rows, parts: std::iter::once(0..rows).collect() }
    }

    /// Those of which this is true, and few others.
    pub(super) fn of(rows: &[bool]) -> Self {
        let mut parts: Vec<Range<usize>> = Vec::new();
        for (row, _) in rows.iter().enumerate().filter(|(_, wanted)| **wanted) {
            match parts.last_mut() {
                Some(part) if row - part.end <= BRIDGED => part.end = row + 1,
                _ => parts.push(row..row + 1),
            }
        }
        Self { rows: rows.len(), parts }
    }

    /// Each part, with how many rows lie before it; then how many lie behind the last.
    fn gaps(&self) -> impl Iterator<Item = (usize, usize)> {
        let ends = std::iter::once(0).chain(self.parts.iter().map(|part| part.end));
        let parts = self.parts.iter().cloned().chain(std::iter::once(self.rows..self.rows));
        ends.zip(parts).map(|(end, part)| (part.start - end, part.len()))
    }
}

/// Maps as JSON objects.
fn maps(keys: Vec<Vec<String>>, values: Vec<Vec<String>>, run: &mut Run) {
    for (keys, values) in keys.into_iter().zip(values) {
        let map: serde_json::Map<_, _> = keys.into_iter().zip(values.into_iter().map(Into::into)).collect();
        if !map.is_empty() {
            run.text += &serde_json::Value::Object(map).to_string();
        }
        run.ends.push(run.text.len());
    }
}

impl Column {
    /// One cell a row.
    fn whole(&mut self, wanted: &Wanted, room: &mut usize, run: &mut Run) -> Result<()> {
        for (before, rows) in wanted.gaps() {
            run.ends.resize(run.ends.len() + before, run.text.len());
            self.behind += before;
            self.some(rows, &mut |text, _| {
                if *room > 0 {
                    let before = run.text.len();
                    text(&mut run.text);
                    *room = room.saturating_sub(run.text.len() - before);
                }
                run.ends.push(run.text.len());
            })?;
        }
        if *room == 0 { Err(too_much("text")) } else { Ok(()) }
    }

    /// A list of texts a row; an item that is null is empty.
    fn lists(&mut self, wanted: &Wanted, room: &mut usize) -> Result<Vec<Vec<String>>> {
        let mut lists: Vec<Vec<String>> = Vec::with_capacity(wanted.rows);
        let mut items = 0;
        for (before, rows) in wanted.gaps() {
            lists.resize(lists.len() + before, Vec::new());
            self.behind += before;
            self.some(rows, &mut |text, starts| {
                if starts {
                    lists.push(Vec::new());
                }
                items += 1;
                let Some(list) = lists.last_mut().filter(|_| items <= MOST_ITEMS && *room > 0) else { return };
                let mut item = String::new();
                text(&mut item);
                *room = room.saturating_sub(item.len().saturating_mul(ESCAPED));
                list.push(item);
            })?;
        }
        if items > MOST_ITEMS || *room == 0 {
            return Err(too_much("items of lists"));
        }
        lists.iter_mut().filter(|list| matches!(list.as_slice(), [only] if only.is_empty())).for_each(Vec::clear);
        Ok(lists)
    }

    fn some(&mut self, rows: usize, put: Put<'_>) -> Result<()> {
        if rows == 0 {
            return Ok(());
        }
        let behind = std::mem::take(&mut self.behind);
        read(&mut self.reader, (behind, rows, &self.items), (self.form, self.max_def_level), put)
    }
}

/// Most text that all cells of some rows may hold, for a value that is stored once may stand in each of them, and most items of
/// lists that those of a column may.
const MOST_TEXT: usize = 64 << 20;
const MOST_ITEMS: usize = 1 << 20;
/// Bytes that one byte of a list's item takes as JSON at most.
const ESCAPED: usize = 6;

fn too_much(what: &str) -> ParquetError {
    too_large(format!("some rows unpack to too much: {what}"))
}

/// What takes a value: how it is written, and whether a row starts with it.
type Put<'p> = &'p mut dyn FnMut(&dyn Fn(&mut String), bool);

fn read(reader: &mut ColumnReader, rows: (usize, usize, &Items), how: (Form, i16), put: Put<'_>) -> Result<()> {
    let form = how.0;
    match reader {
        ColumnReader::BoolColumnReader(reader) => {
            typed(reader, rows, how, put, |value, out| out.push_str(if *value { "true" } else { "false" }))
        }
        ColumnReader::Int32ColumnReader(reader) => {
            typed(reader, rows, how, put, |value, out| text::whole(i64::from(*value), form, out))
        }
        ColumnReader::Int64ColumnReader(reader) => {
            typed(reader, rows, how, put, |value, out| text::whole(*value, form, out))
        }
        ColumnReader::Int96ColumnReader(reader) => {
            typed(reader, rows, how, put, |value, out| text::whole(value.to_nanos(), Form::Time(1_000_000_000), out))
        }
        ColumnReader::FloatColumnReader(reader) => {
            typed(reader, rows, how, put, |value, out| text::fraction(f64::from(*value), out))
        }
        ColumnReader::DoubleColumnReader(reader) => {
            typed(reader, rows, how, put, |value, out| text::fraction(*value, out))
        }
        ColumnReader::ByteArrayColumnReader(reader) => {
            typed(reader, rows, how, put, |value, out| text::bytes(value.data(), form, out))
        }
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            typed(reader, rows, how, put, |value, out| text::bytes(value.data(), form, out))
        }
    }
}

fn typed<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    (behind, rows, items): (usize, usize, &Items),
    (_, level): (Form, i16),
    put: Put<'_>,
    write: impl Fn(&T::T, &mut String),
) -> Result<()> {
    if behind > 0 {
        items.are_passed();
        reader.skip_records(behind)?;
    }
    items.are_read();
    let (mut defined, mut repeated, mut values) = (Vec::with_capacity(rows), Vec::new(), Vec::with_capacity(rows));
    let mut left = rows;
    while left > 0 {
        let (records, ..) = reader.read_records(left, Some(&mut defined), Some(&mut repeated), &mut values)?;
        if records == 0 {
            return Err(ParquetError::EOF("a column ends before the rows its group should have".into()));
        }
        left = left.saturating_sub(records);
    }
    let mut values = values.iter();
    if defined.is_empty() {
        values.for_each(|value| put(&|out| write(value, out), true));
        return Ok(());
    }
    for (at, depth) in defined.iter().enumerate() {
        let starts = repeated.get(at).is_none_or(|level| *level == 0);
        match values.as_slice().first().filter(|_| *depth == level) {
            Some(value) => {
                values.next();
                put(&|out| write(value, out), starts);
            }
            None => put(&|_| {}, starts),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_matter_are_read_and_those_between_only_where_they_are_few() {
        let wanted = |rows: &[usize], of: usize| {
            let rows: Vec<bool> = (0..of).map(|row| rows.contains(&row)).collect();
            Wanted::of(&rows)
        };
        assert_eq!(wanted(&[], 3), Wanted { rows: 3, parts: Vec::new() });
        assert_eq!(wanted(&[2, 10, 20], 30).parts, [2..11, 20..21]);
        assert_eq!(wanted(&[2, 10, 20], 30).gaps().collect::<Vec<_>>(), [(2, 9), (9, 1), (9, 0)]);
        assert_eq!(Wanted::all(5).gaps().collect::<Vec<_>>(), [(0, 5), (0, 0)]);
    }
}
