//! Supplement No. 4 to 15 CFR part 744 as a table with its own columns: country, entity, licence requirement, licence review
//! policy, Federal Register citation.
//!
//! In: CSV. Out: entries for [`super`]; the entity's cell is prose and holds names, aliases, parts and addresses at once. A
//! country is written once and holds for the rows below it.

use super::{Entries, PUBLISHER, Written, described};
use crate::model::Day;
use crate::model::{ListId, Text};
use crate::parties::lists::cells::{Table, each};
use crate::parties::lists::prose::{cell, part};
use crate::parties::lists::sheet::Described;
use crate::parties::lists::sheet::{Sheet, at};
use crate::parties::lists::{Effect, Read};
use crate::written::{Problems, Source};

const TABLE: Table<'_> = Table { delimiter: b',', needed: &["country", "entity", "federal register citation"] };

pub(in crate::parties::lists) fn read(
    source: &Source,
    as_of: Option<Day>,
    problems: &mut Problems,
    notices: &mut Problems,
) -> Read {
    let mut sheet = Sheet::new(source, PUBLISHER, as_of);
    let mut rows = Vec::new();
    let mut country = String::new();
    each(source, TABLE, &mut sheet, problems, |cells, _| {
        // "China, People's Republic of" and "CHINA" are one.
        let written = cells.get("country").split(',').next().unwrap_or("").trim();
        if !written.is_empty() {
            written.clone_into(&mut country);
        }
        let (entity, notice) = (cells.get("entity").to_owned(), cells.get("federal register citation").to_owned());
        rows.push((cells.line, country.clone(), entity, notice));
        Ok(())
    });
    let list = described("bis-entity-list").unwrap_or_else(|| Described {
        id: ListId::new("bis-entity-list"),
        title: Text::new_static("Entity List"),
        effect: Effect::Licence,
    });
    let mut entries = Entries::new(&mut sheet, list);
    for (line, country, entity, notice) in &rows {
        let mut named = cell(entity);
        let part = named.names.first().and_then(|name| part(name, ""));
        if let Some(part) = &part {
            let whole = if entity.contains('—') { named.names.first().cloned() } else { None };
            let own = crate::parties::lists::prose::names(&part.name);
            let rest = named.names.iter().skip(1).cloned();
            named.names = own.into_iter().chain(whole).chain(rest).collect();
        }
        let written = Written { named, country, notice, effective: "", part };
        if let Err(what) = entries.add(written, at(*line)) {
            entries.sheet.odd.unread(at(*line), what);
        }
    }
    entries.join();
    sheet.done(problems, notices)
}
