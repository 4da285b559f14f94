//! `targets.simple.csv`: one target a row, several values in a cell apart by semicolons.
//!
//! In: the file. Out: an entry a row. It states no dates of listing; birth dates, phones, e-mails and identifiers are not kept.

use super::{PUBLISHER, kind};
use crate::model::{Country, Day, EntryId, Text};
use crate::parties::lists::cells::{Cells, Table, each};
use crate::parties::lists::sheet::{Described, Sheet, at};
use crate::parties::lists::{Entry, EntryKind, Read};
use crate::parties::screening::fold;
use crate::written::{Problems, Source};

const TABLE: Table<'_> = Table { delimiter: b',', needed: &["id", "schema", "name", "aliases"] };

pub(in crate::parties::lists) fn read(
    source: &Source,
    list: &Described,
    as_of: Option<Day>,
    problems: &mut Problems,
    notices: &mut Problems,
) -> Read {
    let mut sheet = Sheet::new(source, PUBLISHER, as_of);
    sheet.open(list);
    each(source, TABLE, &mut sheet, problems, |cells, sheet| {
        if let Some(entry) = entry(cells, list, sheet)? {
            sheet.add(&list.title, entry);
        }
        Ok(())
    });
    sheet.done(problems, notices)
}

fn entry(cells: &Cells<'_>, list: &Described, sheet: &mut Sheet<'_>) -> Result<Option<Entry>, String> {
    let (id, name) = (cells.get("id"), cells.get("name"));
    if id.is_empty() {
        return Err("the row has no id".to_owned());
    }
    let Some(kind) = kind(cells.get("schema"), at(cells.line), sheet) else { return Ok(None) };
    if fold(name).is_empty() {
        return Err(format!("the row has no name, got {name:?}"));
    }
    let mut names = vec![Text::new(name)];
    for alias in cells.get("aliases").split(';').map(str::trim).filter(|alias| !fold(alias).is_empty()).map(Text::new) {
        if !names.contains(&alias) {
            names.push(alias);
        }
    }
    let country = Some(cells.get("countries")).filter(|_| kind != EntryKind::Person);
    let country = country.and_then(|countries| countries.split(';').find_map(Country::parse));
    let cites = ["sanctions", "dataset"].iter().map(|column| cells.get(column)).filter(|text| !text.is_empty());
    let cites = cites.map(Text::new).collect();
    Ok(Some(Entry { kind, country, cites, ..Entry::bare(list.id.clone(), list.effect, EntryId::new(id), names) }))
}
