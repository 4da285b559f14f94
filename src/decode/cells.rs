//! Rows of CSV: where one ends, and its cells.
//!
//! In: bytes that begin with a row. Out: its length, and where its cells lie. It refuses to know headings.
//!
//! A quote opens a cell where it stands at its start, and closes it; two within one are one. Any other quote is a letter.

use memchr::{memchr, memchr2};

/// Where a row ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// After this many bytes, its line end included.
    At(usize),
    /// Not in these bytes.
    Beyond,
    /// Not in these bytes, and they end within quotes.
    Open,
}

/// Looks for the end of the row that `bytes` begins with.
pub(super) fn end(bytes: &[u8], delimiter: u8) -> End {
    let mut at = 0;
    loop {
        let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\n', rest)) else { return End::Beyond };
        let found = at + found;
        if bytes.get(found) == Some(&b'\n') {
            return End::At(found + 1);
        }
        let opens = found.checked_sub(1).is_none_or(|before| bytes.get(before) == Some(&delimiter));
        at = match opens.then(|| closing(bytes, found + 1)) {
            None => found + 1,
            Some(Some(closed)) => closed + 1,
            Some(None) => return End::Open,
        };
    }
}

/// The quote that closes what was opened before `from`.
fn closing(bytes: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let at = from + memchr(b'"', bytes.get(from..)?)?;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        from = at + 2;
    }
}

/// Room for the cells of one row after another.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    /// The row, where some of its cells have doubled quotes, and behind it those cells without.
    bare: String,
    pieces: Vec<(usize, usize)>,
    /// Something stands behind a closing quote.
    trails: bool,
}

impl Splitter {
    /// The cells of the row that was cut last.
    pub(super) fn cells<'s>(&'s self, line: &'s str) -> (&'s str, &'s [(usize, usize)]) {
        (if self.bare.is_empty() { line } else { &self.bare }, &self.pieces)
    }

    /// Whether something stood behind a closing quote in the row that was cut last: it belongs to no cell.
    pub(super) fn trails(&self) -> bool {
        self.trails
    }

    /// Cuts a row, without its line end, into cells.
    pub(super) fn split<'s>(&'s mut self, line: &'s str, delimiter: u8) -> (&'s str, &'s [(usize, usize)]) {
        self.pieces.clear();
        self.bare.clear();
        self.trails = false;
        let bytes = line.as_bytes();
        let mut at = 0;
        let mut doubled = false;
        loop {
            let quoted = bytes.get(at) == Some(&b'"');
            let (from, to) = match quoted.then(|| closing(bytes, at + 1)).flatten() {
                Some(closed) => {
                    let inner = bytes.get(at + 1..closed).unwrap_or_default();
                    doubled |= memchr(b'"', inner).is_some();
                    (at + 1, closed)
                }
                None => (at, bytes.len()),
            };
            let is_closed = to < bytes.len();
            let search = if is_closed { to } else { from };
            let next = bytes.get(search..).and_then(|rest| memchr(delimiter, rest)).map(|found| search + found);
            self.trails |= is_closed && next.unwrap_or(bytes.len()) > to + 1;
            let to = if is_closed { to } else { next.unwrap_or(to) };
            self.pieces.push((from, to));
            match next {
                Some(next) => at = next + 1,
                None => break,
            }
        }
        if doubled {
            self.undouble(line);
        }
        self.cells(line)
    }

    /// Takes a row that is cut already, where its cells end, and halves the quotes that stand twice within them.
    pub(super) fn take<'s>(&'s mut self, line: &'s str, ends: &[usize]) -> (&'s str, &'s [(usize, usize)]) {
        self.pieces.clear();
        self.bare.clear();
        self.trails = false;
        let mut from = 0;
        for end in ends {
            let quoted = line.get(from..*end).is_some_and(|cell| cell.len() > 1 && cell.starts_with('"'));
            self.pieces.push(if quoted { (from + 1, end - 1) } else { (from, *end) });
            from = end + 1;
        }
        self.undouble(line);
        self.cells(line)
    }

    /// Cells with doubled quotes are written once more behind the row.
    fn undouble(&mut self, line: &str) {
        let bytes = line.as_bytes();
        self.bare.push_str(line);
        for (from, to) in &mut self.pieces {
            let cell = line.get(*from..*to).unwrap_or_default();
            let quoted = from.checked_sub(1).is_some_and(|before| bytes.get(before) == Some(&b'"'));
            if !quoted || memchr(b'"', cell.as_bytes()).is_none() {
                continue;
            }
            let start = self.bare.len();
            let mut rest = cell;
            // A lone quote would have closed the cell.
            while let Some(at) = memchr(b'"', rest.as_bytes()) {
                self.bare.push_str(rest.get(..=at).unwrap_or_default());
                rest = rest.get(at + 2..).unwrap_or_default();
            }
            self.bare.push_str(rest);
            (*from, *to) = (start, self.bare.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells(line: &str, delimiter: u8) -> Vec<String> {
        let mut splitter = Splitter::default();
        let (text, pieces) = splitter.split(line, delimiter);
        pieces.iter().map(|(from, to)| text[*from..*to].to_owned()).collect()
    }

    #[test]
    fn cells_lose_their_quotes_and_keep_what_is_in_them() {
        for (line, expected) in [
            ("a,b,,", vec!["a", "b", "", ""]),
            ("", vec![""]),
            ("\"a,b\",c", vec!["a,b", "c"]),
            ("\"{\"\"a\"\": 1}\",\"\",x", vec!["{\"a\": 1}", "", "x"]),
            ("5\" disk,b", vec!["5\" disk", "b"]),
            ("\"two\nlines\",z", vec!["two\nlines", "z"]),
            ("\"never,closed", vec!["\"never", "closed"]),
        ] {
            assert_eq!(cells(line, b','), expected, "{line}");
        }
        assert_eq!(cells("1,5;\"a;b\"", b';'), ["1,5", "a;b"]);
    }

    #[test]
    fn a_row_ends_at_the_first_line_end_outside_quotes() {
        for (bytes, expected) in [
            ("a,b\nc", End::At(4)),
            ("a,\"b\nc\"\nd", End::At(8)),
            ("a,\"b\"\"\n\"\nd", End::At(9)),
            ("a \"b\nc", End::At(5)),
            ("a,\"b\nc", End::Open),
            ("a,b", End::Beyond),
        ] {
            assert_eq!(end(bytes.as_bytes(), b','), expected, "{bytes}");
        }
    }

    proptest! {
        #[test]
        fn what_a_csv_writer_writes_is_read_back(rows in proptest::collection::vec("[a\",\n;é ]{0,8}", 1..6)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(&rows).unwrap();
            let written = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(end(written.as_bytes(), b','), End::At(written.len()));
            prop_assert_eq!(cells(written.trim_end_matches('\n'), b','), rows);
        }
    }
}
