//! The two lists as JSON taken out of their supplements: `{"list_id", "extracted", "entities": [{"name", "aliases", …}]}`.
//!
//! In: the file. Out: entries for [`super`]. An entity of another shape is a notice with its place.

use serde_json::Value;

use super::{Entries, PUBLISHER, Written, apart, described};
use crate::model::{Day, ListId, Text};
use crate::parties::lists::json::{file, text, texts};
use crate::parties::lists::sheet::{Described, Sheet, TOP};
use crate::parties::lists::{Effect, Read};
use crate::written::{Place, Problems, Source};

pub(in crate::parties::lists) fn read(
    source: &Source,
    as_of: Option<Day>,
    problems: &mut Problems,
    notices: &mut Problems,
) -> Read {
    let Some((head, entities)) = file(source, "entities", problems) else { return Read::new() };
    let id = text(&head, "list_id");
    if id.is_empty() {
        problems.add(TOP, "the file has no \"list_id\"");
        return Read::new();
    }
    // The file says when it was taken from the publication; settings may know better.
    let as_of = as_of.or_else(|| Day::parse(&text(&head, "extracted")).ok());
    let mut sheet = Sheet::new(source, PUBLISHER, as_of);
    let list = described(&id).unwrap_or_else(|| {
        sheet.odd.doubt(TOP, format!("list_id {id:?} is not known: read as risk"));
        let title = Some(text(&head, "source_file")).filter(|title| !title.is_empty()).unwrap_or_else(|| id.clone());
        Described { id: ListId::new(&id), title: Text::new(title), effect: Effect::Risk }
    });
    let mut entries = Entries::new(&mut sheet, list);
    for (place, entity) in entities {
        if let Err(what) = entry(&entity, place, &mut entries) {
            entries.sheet.odd.unread(place, what);
        }
    }
    entries.join();
    sheet.done(problems, notices)
}

fn entry(entity: &Value, place: Place, entries: &mut Entries<'_, '_>) -> Result<(), String> {
    if !entity.is_object() {
        return Err("the entry is no object".to_owned());
    }
    let get = |key| text(entity, key);
    let (named, part) = apart(&get("name"), &texts(entity, "aliases"), &get("notes"));
    let (country, notice, effective) = (get("country"), get("federal_register"), get("effective_date"));
    entries.add(Written { named, country: &country, notice: &notice, effective: &effective, part }, place)
}
