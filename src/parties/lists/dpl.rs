//! The Denied Persons List of the Bureau of Industry and Security: a table with tabs, `dpl.txt`.
//!
//! In: the file. Out: one entry for each name, effective date and expiry; further addresses are further rows of the same. It
//! does not say who is a person: all are read as organisations, counted in a notice, and no address but the country is kept.

use super::cells::{Cells, Table, each};
use super::citation::{american, cites};
use super::countries::country;
use super::prose::names;
use super::sheet::{Described, Sheet, at};
use super::{Effect, Entry, Read};
use crate::model::{Day, Digest, EntryId, ListId, Text};
use crate::written::{Problems, Source};

const PUBLISHER: &str = "Bureau of Industry and Security, US Department of Commerce";
const TABLE: Table<'_> =
    Table { delimiter: b'\t', needed: &["name", "country", "effective_date", "expiration_date", "fr_citation"] };

pub(super) fn read(source: &Source, as_of: Option<Day>, problems: &mut Problems, notices: &mut Problems) -> Read {
    let mut sheet = Sheet::new(source, PUBLISHER, as_of);
    let list = Described {
        id: ListId::new("bis-dpl"),
        title: Text::new_static("Denied Persons List"),
        effect: Effect::Licence,
    };
    sheet.open(&list);
    let mut seen = std::collections::BTreeSet::new();
    each(source, TABLE, &mut sheet, problems, |cells, sheet| {
        let entry = entry(cells, &list, sheet)?;
        if seen.insert(entry.id.clone()) {
            sheet.add(&list.title, entry);
        }
        Ok(())
    });
    sheet.done(problems, notices)
}

fn entry(cells: &Cells<'_>, list: &Described, sheet: &mut Sheet<'_>) -> Result<Entry, String> {
    let (place, name) = (at(cells.line), cells.get("name"));
    let names = names(name);
    if names.is_empty() {
        return Err(format!("the row has no name, got {name:?}"));
    }
    sheet.odd.doubt(place, "the list does not say organisation or person: read as organisation");
    let mut date = |column: &str| {
        let text = cells.get(column);
        let day = american(text).or_else(|| Day::parse(text).ok());
        if day.is_none() && !text.is_empty() {
            sheet.odd.doubt(place, format!("{column} is no day, read as not stated"));
        }
        day
    };
    let (from, mut to) = (date("effective_date"), date("expiration_date"));
    if to.is_some() && to <= from {
        sheet.odd.doubt(place, "expiration_date is not after effective_date, read as not stated");
        to = None;
    }
    let said = [name, cells.get("effective_date"), cells.get("expiration_date")];
    let digest = said.iter().fold(Digest::new("dpl"), |digest, said| digest.field(said));
    let id = EntryId::new(format!("hash-{}", digest.fact_id()));
    let (country, cites) = (country(cells.get("country")), cites(cells.get("fr_citation")));
    Ok(Entry { country, from, to, cites, ..Entry::bare(list.id.clone(), list.effect, id, names) })
}

#[cfg(test)]
mod tests;
