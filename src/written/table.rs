//! CSV with the place of every cell.
//!
//! In: text with a heading. Out: rows whose cells are asked for by the heading's word. It refuses columns nobody named.

use csv::{ReaderBuilder, StringRecord};

use super::{Place, Problems, Source};
use crate::model::Text;

/// Column names a table must have and may have.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    /// They must be there.
    pub required: &'a [&'a str],
    /// They may be missing: their cells are then empty.
    pub optional: &'a [&'a str],
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    heading: &'a [Text],
    record: &'a StringRecord,
    text: &'a str,
    line: u32,
}

impl Row<'_> {
    /// The cell under a heading, trimmed; empty when there is none.
    pub fn cell(&self, column: &str) -> &str {
        let cell = self.index(column).and_then(|index| self.record.get(index)).unwrap_or("");
        // Tables of places have a hundred thousand rows: nearly all are told from their first and last byte to be trimmed.
        match cell.as_bytes() {
            [] => cell,
            [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => cell,
            _ => cell.trim(),
        }
    }

    /// Where that cell begins; where the row begins when there is none.
    pub fn place(&self, column: &str) -> Place {
        let index = self.index(column).unwrap_or(0);
        Place { line: self.line, column: self.text.lines().next().map_or(1, |line| start(line, index)) }
    }

    /// The line it begins on, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    fn index(&self, column: &str) -> Option<usize> {
        self.heading.iter().position(|name| name == column)
    }
}

/// Column, from 1 and in characters, where the nth cell of a line begins.
fn start(line: &str, nth: usize) -> u32 {
    let (mut cell, mut quoted) = (0, false);
    for (at, letter) in (1u32..).zip(line.chars()) {
        if cell == nth {
            return at;
        }
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cell += 1,
            _ => {}
        }
    }
    1
}

/// Reads a table row by row. A missing, doubled or unknown column and a row of another length are problems.
pub fn table(
    source: &Source,
    columns: Columns<'_>,
    problems: &mut Problems,
    mut each: impl FnMut(Row<'_>, &mut Problems),
) {
    let text = source.text.strip_prefix('\u{feff}').unwrap_or(&source.text);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let mut heading: Vec<Text> = Vec::new();
    loop {
        let place = |reader: &csv::Reader<&[u8]>| {
            let line = u32::try_from(reader.position().line()).unwrap_or(u32::MAX);
            Place { line, column: 1 }
        };
        let before = place(&reader);
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                problems.add(before, format!("not CSV: {error}"));
                break;
            }
        }
        let position = record.position();
        let from = position.and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or(0);
        // The reader counts a row from the end of the one before: line ends and empty lines lie in between.
        let text = text.get(from..).unwrap_or("");
        let row_text = text.trim_start_matches(['\r', '\n']);
        let skipped = text.bytes().take(text.len() - row_text.len()).filter(|b| *b == b'\n').count();
        let line = position.map_or(u64::from(before.line), csv::Position::line) + skipped as u64;
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let row = Row { heading: &heading, record: &record, text: row_text, line };
        if heading.is_empty() {
            let names: Vec<_> = record.iter().map(str::trim).map(Text::new).collect();
            check_heading(&Row { heading: &names, ..row }, columns, problems);
            heading = names;
        } else if record.len() == heading.len() {
            each(row, problems);
        } else {
            let what = format!("a row has {} cells, got {}", heading.len(), record.len());
            problems.add(Place { line, column: 1 }, what);
        }
    }
    if heading.is_empty() {
        problems.add(Place { line: 1, column: 1 }, "an empty table, not even a heading");
    }
}

fn check_heading(row: &Row<'_>, columns: Columns<'_>, problems: &mut Problems) {
    let Columns { required, optional } = columns;
    for (index, name) in row.heading.iter().enumerate() {
        if row.heading.iter().take(index).any(|earlier| earlier == name) {
            problems.add(row.place(name), format!("column {name:?} stands here twice"));
        } else if !required.contains(&name.as_str()) && !optional.contains(&name.as_str()) {
            problems.add(row.place(name), format!("a table here has no column {name:?}"));
        }
    }
    for name in required {
        if row.index(name).is_none() {
            problems.add(Place { line: row.line, column: 1 }, format!("column {name:?} is missing"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_know_their_place_and_columns_nobody_named_are_told() {
        let source =
            Source { name: "a.csv".into(), text: "\u{feff}a,b,x,b\n1,\"two, and\",3,4\r\n\n5,é,6,7\n8\n".into() };
        let columns = Columns { required: &["a", "b", "c"], optional: &[] };
        let mut problems = Problems::of("a.csv");
        let mut seen = Vec::new();
        table(&source, columns, &mut problems, |row, _| {
            let Place { line, column } = row.place("x");
            seen.push(format!("{} {} {line}:{column}", row.cell("b"), row.cell("none")));
        });
        assert_eq!(seen, ["two, and  2:14", "é  4:5"]);
        assert_eq!(
            problems.to_string(),
            "a.csv:1:1: column \"c\" is missing\na.csv:1:3: column \"b\" stands here twice\n\
             a.csv:1:5: a table here has no column \"x\"\na.csv:5:1: a row has 4 cells, got 1"
        );
    }
}
