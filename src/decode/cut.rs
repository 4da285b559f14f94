//! Rows of CSV whose quotes stand where writers put them, sixty-four bytes at a time: most rows say nothing, and those are passed
//! over without a look at most of their cells.
//!
//! In: bytes that begin with a row. Out: its length and where its cells end. It says no wherever a quote stands anywhere else than
//! around a cell or twice within one, or the row does not end, and then the row is cut byte by byte ([`cells`](super::cells)).

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, u8x64};

use super::extent::running_xor;
use super::marks::{BLOCK, LEVEL};

/// A row that was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Its bytes, its line end among them.
    pub(super) length: usize,
    /// Quotes stand twice within some of its cells.
    pub(super) doubled: bool,
}

/// Cuts the row of `width` cells that `bytes` begin with, or gives up where it has more; `ends` becomes where each of its cells
/// ends, the quotes around it included.
pub(super) fn row(bytes: &[u8], delimiter: u8, width: usize, ends: &mut Vec<usize>) -> Option<Cut> {
    ends.clear();
    dispatch!(*LEVEL, simd => cut(simd, bytes, delimiter, width, ends))
}

/// The cell of that number in a row, without the quotes around it.
pub(super) fn cell<'a>(row: &'a str, ends: &[usize], number: usize) -> Option<&'a str> {
    let from = number.checked_sub(1).map_or(Some(0), |before| Some(ends.get(before)? + 1))?;
    let cell = row.get(from..*ends.get(number)?)?;
    Some(cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap_or(cell))
}

#[inline(always)]
fn cut<S: Simd>(simd: S, bytes: &[u8], delimiter: u8, width: usize, ends: &mut Vec<usize>) -> Option<Cut> {
    let mut quotes = Quotes { inside: 0, closed: 0, begins: 1, doubled: false };
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    for (n, block) in blocks.iter().enumerate() {
        if let Some(end) = quotes.block(&Marks::of(simd, block, delimiter), n * BLOCK, bytes, ends)? {
            return Some(Cut { length: end + 1, doubled: quotes.doubled });
        }
        // However long a row of delimiters is, no more of it is kept.
        if ends.len() > width {
            return None;
        }
    }
    let mut last = [b' '; BLOCK];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let end = quotes.block(&Marks::of(simd, &last, delimiter), blocks.len() * BLOCK, bytes, ends)??;
    Some(Cut { length: end + 1, doubled: quotes.doubled })
}

/// What stands in a block, one bit a byte.
struct Marks {
    quotes: u64,
    delimiters: u64,
    lines: u64,
}

impl Marks {
    #[inline(always)]
    fn of<S: Simd>(simd: S, block: &[u8; BLOCK], delimiter: u8) -> Self {
        let bytes = u8x64::from_slice(simd, block);
        let are = |byte: u8| bytes.simd_eq(u8x64::splat(simd, byte)).to_bitmask();
        Self { quotes: are(b'"'), delimiters: are(delimiter), lines: are(b'\n') }
    }
}

/// What the blocks so far leave for the next.
struct Quotes {
    /// All ones within quotes.
    inside: u64,
    /// One where the next byte stands behind a closing quote.
    closed: u64,
    /// One where the next byte begins a cell.
    begins: u64,
    doubled: bool,
}

impl Quotes {
    /// Follows them through a block: where the row ends, or none where a quote stands elsewhere than writers put it.
    #[inline(always)]
    fn block(&mut self, marks: &Marks, at: usize, bytes: &[u8], ends: &mut Vec<usize>) -> Option<Option<usize>> {
        // An opening quote is inside, a closing one is not: two that stand for one close and open again.
        let inside = running_xor(marks.quotes) ^ self.inside;
        let (opening, closing) = (marks.quotes & inside, marks.quotes & !inside);
        let (mut delimiters, lines) = (marks.delimiters & !inside, marks.lines & !inside);
        let behind = closing << 1 | self.closed;
        let begins = delimiters << 1 | self.begins;
        let ends_cell = delimiters >> 63;
        let own = lines & lines.wrapping_neg();
        let own = own | own.wrapping_sub(1);
        let odd = (opening & !(begins | behind) | behind & !(delimiters | opening | lines)) & own;
        if odd != 0 && !ends_line(odd, at, bytes) {
            return None;
        }
        self.doubled |= opening & behind & own != 0;
        delimiters &= own;
        while delimiters != 0 {
            ends.push(at + delimiters.trailing_zeros() as usize);
            delimiters &= delimiters - 1;
        }
        if lines != 0 {
            let end = at + lines.trailing_zeros() as usize;
            let bare = bytes.get(..end)?;
            let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
            ends.push(bare.len());
            // More than one belongs to no writer.
            return (!bare.ends_with(b"\r")).then_some(Some(end));
        }
        (self.inside, self.closed, self.begins) = (0u64.wrapping_sub(inside >> 63), closing >> 63, ends_cell);
        Some(None)
    }
}

/// Whether what is odd is but the `\r` of the row's end behind a closing quote.
#[cold]
fn ends_line(odd: u64, at: usize, bytes: &[u8]) -> bool {
    let rest = bytes.get(at + odd.trailing_zeros() as usize..);
    odd.count_ones() == 1 && rest.is_some_and(|rest| rest.starts_with(b"\r\n"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decode::cells::{self, End, Splitter};

    fn cells_of(text: &str, delimiter: u8) -> Option<(Cut, Vec<String>)> {
        let mut ends = Vec::new();
        let cut = row(text.as_bytes(), delimiter, usize::MAX, &mut ends)?;
        let cells = (0..ends.len()).map(|number| cell(text, &ends, number).unwrap().to_owned());
        Some((cut, cells.collect()))
    }

    #[test]
    fn rows_as_writers_write_them_are_cut() {
        for (text, expected) in [
            ("a,b,,\nc", vec!["a", "b", "", ""]),
            ("\"a,b\",c\r\n", vec!["a,b", "c"]),
            ("a,\"b\nc\"\r\n", vec!["a", "b\nc"]),
            ("\n", vec![""]),
        ] {
            assert_eq!(cells_of(text, b',').unwrap().1, expected, "{text:?}");
        }
        assert!(cells_of("\"{\"\"a\"\"}\",\"\"\n", b',').unwrap().0.doubled);
        for letters in 50..140 {
            let cell = format!("\"{}\"", "1".repeat(letters));
            assert_eq!(cells_of(&format!("{cell}\rX,b\n"), b','), None, "{letters}");
            assert!(cells_of(&format!("{cell},b\r\n"), b',').is_some(), "{letters}");
            assert!(cells_of(&format!("b,{cell}\r\n"), b',').is_some(), "{letters}");
        }
        assert_eq!(row(",".repeat(200).as_bytes(), b',', 100, &mut Vec::new()), None);
        for text in ["5\" disk,b\n", "\"a\"b,c\n", "a,b", "\"a\nb", "a\r\r\n", "\"a\" ,b\n"] {
            assert_eq!(cells_of(text, b','), None, "{text:?}");
        }
    }

    #[test]
    fn a_row_that_is_cut_is_cut_as_byte_by_byte() {
        let piece = proptest::sample::select(vec![
            "a",
            "\"",
            "\"\"",
            ",",
            ",\"",
            "\",",
            "\n",
            "\r\n",
            "\r",
            "\"\n",
            "é",
            "; ",
            "0123456789012345678901234567890123456789",
            "012345678901234567890123456789012345678901234567890123456789",
        ]);
        proptest!(ProptestConfig::with_cases(20_000), |(parts in proptest::collection::vec(piece, 0..30))| {
            let text = parts.concat() + "\n";
            let Some((found, cells)) = cells_of(&text, b',') else { return Ok(()) };
            prop_assert_eq!(cells::end(text.as_bytes(), b','), End::At(found.length), "{:?}", text);
            let mut splitter = Splitter::default();
            let bare = text[..found.length].trim_end_matches(['\n', '\r']);
            let (line, pieces) = splitter.split(bare, b',');
            let expected: Vec<String> = pieces.iter().map(|(from, to)| line[*from..*to].to_owned()).collect();
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace("\"\"", "\"")).collect();
            prop_assert_eq!(&cells, &expected, "{:?}", text);
            prop_assert!(!splitter.trails(), "{:?}", text);
            let mut ends = Vec::new();
            row(text.as_bytes(), b',', usize::MAX, &mut ends).unwrap();
            let mut taken = Splitter::default();
            let (line, pieces) = taken.take(&text[..found.length], &ends);
            let taken: Vec<&str> = pieces.iter().map(|(from, to)| &line[*from..*to]).collect();
            prop_assert_eq!(taken, expected, "{:?}", text);
        });
    }
}
