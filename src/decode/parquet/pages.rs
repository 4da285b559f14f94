//! The pages of a row group's columns, as long as what they hold, and make of it, stays within bounds.
//!
//! In: a column's pages. Out: the same pages, or a refusal before the crate makes values of them. It refuses to know what
//! the values say. All columns of a row group share one bound, because each holds a page and a dictionary at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parquet::basic::Encoding;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::schema::types::ColumnDescPtr;

use super::claims::too_large;
use super::runs;

/// Bytes that a value, and a length of one, take while they are held.
const VALUE: u64 = 32;
const LENGTH: u64 = 4;
/// Bytes that an item of a list takes while it is read: all of one row, and all on a page, may be held at once, but those of one
/// column at a time.
const ITEM: u64 = 64;

/// What the columns of a row group hold, and may.
#[derive(Clone)]
pub(super) struct Budget {
    held: Arc<AtomicU64>,
    limit: u64,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Self {
        Self { held: Arc::default(), limit }
    }

    pub(super) fn left(&self) -> u64 {
        self.limit.saturating_sub(self.held.load(Ordering::Relaxed))
    }

    /// That there is no room for more.
    pub(super) fn spent(&self) -> ParquetError {
        too_large(format!(
            "the pages of a row group hold more than {} bytes (limits.container_bytes) at a time",
            self.limit
        ))
    }

    fn take(&self, size: u64) -> Result<()> {
        if size > self.left() {
            return Err(self.spent());
        }
        self.held.fetch_add(size, Ordering::Relaxed);
        Ok(())
    }

    fn give(&self, size: u64) {
        self.held.fetch_sub(size, Ordering::Relaxed);
    }
}

/// Items of lists that were handed out since rows were asked for; those that are passed over are not held, and not counted.
#[derive(Clone, Default)]
pub(super) struct Items(Arc<AtomicU64>);

const PASSED: u64 = u64::MAX;

impl Items {
    pub(super) fn are_passed(&self) {
        self.0.store(PASSED, Ordering::Relaxed);
    }

    pub(super) fn are_read(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Counts some, and tells how many were counted before.
    fn add(&self, count: u64) -> u64 {
        match self.0.load(Ordering::Relaxed) {
            PASSED => 0,
            before => {
                self.0.store(before.saturating_add(count), Ordering::Relaxed);
                before
            }
        }
    }
}

/// A column's pages.
pub(super) struct Pages {
    inner: Box<dyn PageReader>,
    column: ColumnDescPtr,
    budget: Budget,
    items: Items,
    /// What the page that is read holds.
    page: u64,
}

impl Pages {
    pub(super) fn new(inner: Box<dyn PageReader>, column: ColumnDescPtr, budget: Budget, items: Items) -> Self {
        Self { inner, column, budget, items, page: 0 }
    }

    /// Takes room for a page.
    fn check(&mut self, page: Page) -> Result<Page> {
        let bytes = page.buffer().len() as u64;
        let values = u64::from(page.num_values());
        if page.is_dictionary_page() {
            // A dictionary is kept as long as its column is read.
            self.budget.take(bytes.saturating_add(values.saturating_mul(VALUE)))?;
            return Ok(page);
        }
        if self.column.max_rep_level() > 0 {
            let before = self.items.add(values);
            let most = self.budget.limit / ITEM;
            // Pages that were handed out before are read to their end.
            if values > most || before > most / 2 {
                return Err(too_large("a column unpacks to too much: items of lists".into()));
            }
        }
        let size = bytes.saturating_add(self.made(&page, values)?);
        self.budget.take(size)?;
        self.page = size;
        Ok(page)
    }

    /// What the crate makes of a page, besides its bytes: all lengths at once, and of values at most as many.
    fn made(&self, page: &Page, values: u64) -> Result<u64> {
        let room = self.budget.left() / VALUE;
        let lengths = |bytes| {
            let found = runs::Lengths::read(bytes, values.min(room));
            found.ok_or_else(|| match values > room {
                true => self.budget.spent(),
                false => ParquetError::General("a page's lengths are not those of its values".into()),
            })
        };
        match page.encoding() {
            Encoding::DELTA_LENGTH_BYTE_ARRAY => Ok(lengths(self.values(page)?)?.count * LENGTH),
            // Each value is written out anew, however much of it is the one before.
            Encoding::DELTA_BYTE_ARRAY => {
                let bytes = self.values(page)?;
                let shared = lengths(bytes)?;
                let own = lengths(bytes.get(shared.end..).unwrap_or_default())?;
                let values = shared.count.max(own.count) * (VALUE + 2 * LENGTH);
                Ok(values.saturating_add(shared.sum).saturating_add(own.sum))
            }
            _ => Ok(0),
        }
    }

    /// A page's values, behind its levels.
    fn values<'p>(&self, page: &'p Page) -> Result<&'p [u8]> {
        let found = match page {
            Page::DataPageV2 { buf, rep_levels_byte_len, def_levels_byte_len, .. } => {
                rep_levels_byte_len.checked_add(*def_levels_byte_len).and_then(|at| buf.get(at as usize..))
            }
            Page::DataPage { buf, rep_level_encoding, def_level_encoding, .. } => {
                let levels = [
                    (self.column.max_rep_level(), rep_level_encoding),
                    (self.column.max_def_level(), def_level_encoding),
                ];
                levels.into_iter().filter(|(most, _)| *most > 0).try_fold(buf.as_ref(), |bytes, (_, encoding)| {
                    let (length, rest) = bytes.split_first_chunk().filter(|_| *encoding == Encoding::RLE)?;
                    rest.get(u32::from_le_bytes(*length) as usize..)
                })
            }
            Page::DictionaryPage { .. } => None,
        };
        found.ok_or_else(|| ParquetError::General("a page ends before its values".into()))
    }
}

impl Iterator for Pages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        // The one before is done with.
        self.budget.give(std::mem::take(&mut self.page));
        // One without values among others would end the column for who reads it.
        let is_empty = |page: &Page| !page.is_dictionary_page() && page.num_values() == 0;
        let mut page = self.inner.get_next_page()?;
        while page.as_ref().is_some_and(is_empty) {
            page = self.inner.get_next_page()?;
        }
        page.map(|page| self.check(page)).transpose()
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.inner.skip_next_page()
    }

    fn supports_deferred_dictionary(&self) -> bool {
        self.inner.supports_deferred_dictionary()
    }

    fn take_deferred_dictionary(&mut self) -> Result<Option<Page>> {
        self.inner.take_deferred_dictionary()?.map(|page| self.check(page)).transpose()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.inner.at_record_boundary()
    }
}
