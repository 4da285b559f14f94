//! Headings of a table: which cell holds what a decoder asks for, found once for all rows.
//!
//! In: headings as written, and the columns a decoder asks for. Out: a [`Layout`], and under it [`Row`]s whose cells are
//! read by column. It refuses to know what a cell says, beyond that blank ones and the literal `NULL` say nothing.

use std::cell::RefCell;
use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::billing_words::mentions_accelerator;
use super::cut;

/// Names the columns a decoder asks for, each with its headings folded ([`fold`]), the best first.
macro_rules! columns {
    ($($name:ident = $($heading:literal)|+;)+) => {
        /// A column that is asked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Column { $($name),+ }

        impl From<Column> for usize {
            fn from(column: Column) -> usize {
                column as usize
            }
        }

        /// The headings of each.
        pub(super) const ASKED: &[&[&str]] = &[$(&[$($heading),+]),+];
    };
}
pub(crate) use columns;

/// Where the columns of one table stand.
pub(crate) struct Layout {
    /// The cell of each column asked for.
    places: Vec<Option<usize>>,
    /// Every heading in lower case, in order, with its cell.
    named: Vec<(String, usize)>,
    memo: RefCell<Memo>,
}

/// What texts were found to speak of: bills say the same few thousand things in every row.
#[derive(Default)]
struct Memo {
    known: HashTable<(Box<str>, bool)>,
    hasher: FixedState,
}

/// Most texts remembered, and the longest.
const REMEMBERED: usize = 16 << 10;
const LONGEST: usize = 400;

impl Memo {
    fn mentions(&mut self, text: &str) -> bool {
        if text.len() > LONGEST {
            return mentions_accelerator(text);
        }
        let Self { known, hasher } = self;
        let hash = hasher.hash_one(text);
        if let Some((_, found)) = known.find(hash, |(known, _)| **known == *text) {
            return *found;
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let found = mentions_accelerator(text);
        known.insert_unique(hash, (text.into(), found), |(known, _)| hasher.hash_one(&**known));
        found
    }
}

impl Layout {
    /// Of headings as written. Of two that are the same the last counts, as with keys.
    pub(crate) fn new(headings: &[&str], asked: &[&[&str]]) -> Self {
        let folded: Vec<String> = headings.iter().map(|heading| fold(heading)).collect();
        let place = |name: &&str| folded.iter().rposition(|heading| heading == name);
        let places = asked.iter().map(|names| names.iter().find_map(place)).collect();
        let lower = headings.iter().map(|heading| heading.trim().to_lowercase());
        let mut named: Vec<(String, usize)> = lower.zip(0..).collect();
        // Stable, so that the last of a name stands last.
        named.sort_by(|a, b| a.0.cmp(&b.0));
        named.reverse();
        named.dedup_by(|later, kept| later.0 == kept.0);
        named.reverse();
        Self { places, named, memo: RefCell::default() }
    }

    /// The cell of a column asked for.
    pub(crate) fn place(&self, column: usize) -> Option<usize> {
        self.places.get(column).copied().flatten()
    }
}

/// One writing for the headings of one column: letters and digits in lower case, and of a localised heading
/// (`Kategorie der Verbrauchseinheit (MeterCategory)`) what stands in brackets at its end.
pub(crate) fn fold(heading: &str) -> String {
    let heading = heading.trim().trim_start_matches('\u{feff}');
    let inner = heading.strip_suffix(')').and_then(|heading| heading.rsplit_once('(')).map(|(_, inner)| inner);
    let heading = inner.filter(|inner| !inner.trim().is_empty()).unwrap_or(heading);
    heading.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}

/// Whether a table has these columns; of each one of the headings given.
pub(crate) fn has_all(headings: &[String], telling: &[&[&str]]) -> bool {
    telling.iter().all(|names| headings.iter().any(|heading| names.contains(&heading.as_str())))
}

/// Where the cells of one row are.
#[derive(Clone, Copy)]
pub(crate) enum Cells<'a> {
    /// Pieces of one text.
    Pieces(&'a str, &'a [(usize, usize)]),
    /// One text, and where its cells end: quotes that stand twice within one are still two.
    Cut(&'a str, &'a [usize]),
    /// One text each.
    Texts(&'a [String]),
    /// A row of a batch of columns.
    Batch(&'a [Run], usize),
}

/// The cells of one column in a batch, one after another.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) text: String,
    pub(crate) ends: Vec<usize>,
}

impl Run {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn get(&self, row: usize) -> Option<&str> {
        let start = row.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start..*self.ends.get(row)?)
    }
}

impl<'a> Cells<'a> {
    fn get(&self, place: usize) -> Option<&'a str> {
        match *self {
            Self::Pieces(text, pieces) => pieces.get(place).and_then(|(from, to)| text.get(*from..*to)),
            Self::Cut(row, ends) => cut::cell(row, ends, place),
            Self::Texts(texts) => texts.get(place).map(String::as_str),
            Self::Batch(columns, row) => columns.get(place)?.get(row),
        }
    }
}

/// One row under its headings.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    layout: &'a Layout,
    cells: Cells<'a>,
}

impl<'a> Row<'a> {
    pub(crate) fn new(layout: &'a Layout, cells: Cells<'a>) -> Self {
        Self { layout, cells }
    }

    /// The trimmed cell of a column; empty ones and the literal `NULL` are none.
    pub(crate) fn get(&self, column: impl Into<usize>) -> Option<&'a str> {
        let cell = self.cells.get(self.layout.place(column.into())?)?.trim();
        (!cell.is_empty() && cell != "NULL" && cell != "null").then_some(cell)
    }

    /// Whether a column speaks of accelerators or tokens.
    pub(crate) fn mentions(&self, column: impl Into<usize>) -> bool {
        self.get(column).is_some_and(|text| self.layout.memo.borrow_mut().mentions(text))
    }

    /// The cell of a column as it stands there.
    pub(crate) fn written(&self, column: usize) -> Option<&'a str> {
        self.cells.get(self.layout.place(column)?)
    }

    /// Every heading in lower case and in order, with its cell as written.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let cells = self.cells;
        self.layout.named.iter().filter_map(move |(name, place)| Some((name.as_str(), cells.get(*place)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_one_whatever_its_case_marks_and_language() {
        for (written, folded) in [
            ("lineItem/UsageStartDate", "lineitemusagestartdate"),
            ("line_item_usage_start_date", "lineitemusagestartdate"),
            ("\u{feff}Abonnement-GUID (SubscriptionGuid)", "subscriptionguid"),
            ("sku.id", "skuid"),
            (" x_SkuMeterName ", "xskumetername"),
            ("odd ()", "odd"),
        ] {
            assert_eq!(fold(written), folded, "{written}");
        }
    }

    #[test]
    fn of_columns_with_one_heading_the_last_counts_and_of_several_headings_the_first_named() {
        let layout = Layout::new(&["b", "A", "B", "c"], &[&["b"], &["d", "c", "a"], &["e"]]);
        let cells = ["1", " 2 ", "3", "NULL"].map(String::from);
        let row = Row::new(&layout, Cells::Texts(&cells));
        assert_eq!((row.get(0usize), row.get(1usize), row.get(2usize)), (Some("3"), None, None));
        assert_eq!(row.columns().collect::<Vec<_>>(), [("a", " 2 "), ("b", "3"), ("c", "NULL")]);
    }
}
