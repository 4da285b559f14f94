//! Rows of a table whose columns are found by the words of its header.
//!
//! In: delimited text. Out: rows whose cells are asked for by column. A row of another width is a notice; a missing header
//! or a quotation mark nobody closes is a problem, because what follows it would be one row. It refuses to know any list.

use std::collections::BTreeMap;

use csv::StringRecord;

use super::sheet::{Sheet, TOP, at};
use crate::written::{Problems, Source};

/// How a table is written.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    /// Between cells.
    pub(super) delimiter: u8,
    /// Columns that must be there, in lower case.
    pub(super) needed: &'a [&'a str],
}

/// A row.
pub(super) struct Cells<'a> {
    columns: &'a BTreeMap<String, usize>,
    record: &'a StringRecord,
    /// Where it begins.
    pub(super) line: u32,
}

impl Cells<'_> {
    /// The cell of a column, trimmed; empty where there is none.
    pub(super) fn get(&self, column: &str) -> &str {
        self.columns.get(column).and_then(|at| self.record.get(*at)).unwrap_or("").trim()
    }
}

/// Reads every row; `each` says why it cannot read one.
pub(super) fn each(
    source: &Source,
    table: Table<'_>,
    sheet: &mut Sheet<'_>,
    problems: &mut Problems,
    mut each: impl FnMut(&Cells<'_>, &mut Sheet<'_>) -> Result<(), String>,
) {
    let text = source.text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(table.delimiter).from_reader(text.as_bytes());
    let Some(columns) = columns(&mut reader, table.needed, problems) else { return };
    rows(reader, (text, columns.len()), sheet, problems, |record, line, sheet| {
        let (has, wants) = (record.len(), columns.len());
        if has != wants {
            return Err(format!("the row has {has} columns, the header {wants}"));
        }
        each(&Cells { columns: &columns, record, line }, sheet)
    });
}

/// Reads every row of a table without header.
pub(super) fn each_plain(
    source: &Source,
    width: usize,
    sheet: &mut Sheet<'_>,
    problems: &mut Problems,
    mut each: impl FnMut(&[&str], u32, &mut Sheet<'_>) -> Result<(), String>,
) {
    // Old files end with the mark by which DOS knew the end.
    let text = source.text.trim_start_matches('\u{feff}').trim_end_matches('\u{1a}');
    let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    rows(reader, (text, width), sheet, problems, |record, line, sheet| {
        let cells: Vec<&str> = record.iter().map(str::trim).collect();
        if cells.len() != width {
            return Err(format!("the row has {} columns, not {width}", cells.len()));
        }
        each(&cells, line, sheet)
    });
}

fn rows(
    mut reader: csv::Reader<&[u8]>,
    (text, width): (&str, usize),
    sheet: &mut Sheet<'_>,
    problems: &mut Problems,
    mut each: impl FnMut(&StringRecord, u32, &mut Sheet<'_>) -> Result<(), String>,
) {
    let mut last = (1, false);
    let (mut counted, mut number) = (0, 1u32);
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                sheet.odd.unread(at(last.0), error.to_string());
                continue;
            }
        };
        // The reader counts a row from the end of the one before, be it amid `\r\n`.
        let from = record.position().and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or(counted);
        let from = from + text.get(from..).map_or(0, |rest| rest.len() - rest.trim_start_matches(['\r', '\n']).len());
        let lines = text.get(counted..from).unwrap_or("").bytes().filter(|byte| *byte == b'\n').count();
        number = number.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        counted = from;
        let line = number;
        last = (line, record.len() != width || record.iter().any(|field| field.contains('\n')));
        if let Err(what) = each(&record, line, sheet) {
            sheet.odd.unread(at(line), what);
        }
    }
    // A quotation mark nobody closes makes one row of all that follows.
    let (line, runs_on) = last;
    if runs_on && text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        problems.add(at(line), "the file breaks off within quotation marks");
    }
}

/// Where each column stands, by name in lower case.
fn columns(
    reader: &mut csv::Reader<&[u8]>,
    needed: &[&str],
    problems: &mut Problems,
) -> Option<BTreeMap<String, usize>> {
    let header = match reader.headers() {
        Ok(header) => header,
        Err(error) => {
            problems.add(TOP, format!("not CSV: {error}"));
            return None;
        }
    };
    let columns: BTreeMap<_, _> =
        header.iter().enumerate().map(|(at, name)| (name.trim().to_lowercase(), at)).collect();
    let mut complete = true;
    for needed in needed.iter().filter(|needed| !columns.contains_key(**needed)) {
        problems.add(TOP, format!("the header has no column {needed:?}"));
        complete = false;
    }
    if columns.len() != header.len() {
        problems.add(TOP, "the header names a column twice");
        complete = false;
    }
    complete.then_some(columns)
}
