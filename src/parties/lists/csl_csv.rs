//! The Consolidated Screening List as CSV, in either of its layouts (28 columns, or 29 with `_id`), told by their header.
//!
//! In: the file. Out: rows for [`super::csl`]. It refuses to know what they mean.

use super::Read;
use super::cells::{Table, each};
use super::csl::{PUBLISHER, Row};
use super::sheet::{Sheet, at};
use crate::model::{Country, Day};
use crate::written::{Problems, Source};

const TABLE: Table<'_> = Table { delimiter: b',', needed: &["source", "name"] };

pub(super) fn read(source: &Source, as_of: Option<Day>, problems: &mut Problems, notices: &mut Problems) -> Read {
    let mut sheet = Sheet::new(source, PUBLISHER, as_of);
    each(source, TABLE, &mut sheet, problems, |cells, sheet| {
        let get = |column| cells.get(column).to_owned();
        let id = Some(get("entity_number")).filter(|id| !id.is_empty()).unwrap_or_else(|| get("_id"));
        let row = Row {
            source: get("source"),
            id,
            kind: get("type"),
            name: get("name"),
            others: cells.get("alt_names").split(';').map(str::to_owned).collect(),
            country: country(cells.get("addresses")),
            addresses: get("addresses"),
            start: get("start_date"),
            end: get("end_date"),
            notice: get("federal_register_notice"),
        };
        row.read(at(cells.line), sheet)
    });
    sheet.done(problems, notices)
}

/// The two letters at the end of the first address that ends in such.
fn country(addresses: &str) -> Option<Country> {
    addresses.split(';').find_map(|address| Country::parse(address.rsplit(',').next()?))
}
