//! `entities.ftm.json`: one entity a line, in the model of Follow the Money.
//!
//! In: the file. Out: an entry for each target. Records of the schema Sanction say since when, and under what, their entity is
//! listed. A line that is no JSON object is a notice, and costs nothing else.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{PUBLISHER, kind};
use crate::model::{Country, Day, EntryId, Text};
use crate::parties::lists::json::{text, texts};
use crate::parties::lists::ofac::host;
use crate::parties::lists::sheet::{Described, Sheet, at};
use crate::parties::lists::{Entry, EntryKind, Read};
use crate::parties::screening::{domain, fold};
use crate::written::{Problems, Source};

/// What sanctions say of one entity.
#[derive(Default)]
struct Said {
    /// The first day stated, unless one of them states none.
    from: Option<Day>,
    undated: bool,
    cites: Vec<Text>,
}

pub(in crate::parties::lists) fn read(
    source: &Source,
    list: &Described,
    as_of: Option<Day>,
    problems: &mut Problems,
    notices: &mut Problems,
) -> Read {
    let mut sheet = Sheet::new(source, PUBLISHER, as_of);
    sheet.open(list);
    let mut said: BTreeMap<String, Said> = BTreeMap::new();
    let mut entities = Vec::new();
    for (line, text) in (1u32..).zip(source.text.trim_start_matches('\u{feff}').lines()) {
        if text.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Value>(text) {
            Ok(value) if value.is_object() => match value.get("schema").and_then(Value::as_str) {
                Some("Sanction") => sanction(&value, &mut said),
                Some(_) => {
                    if let Err(what) = entity(&value, line, list, &mut sheet).map(|entry| entities.extend(entry)) {
                        sheet.odd.unread(at(line), what);
                    }
                }
                None => sheet.odd.unread(at(line), "the entity names no schema"),
            },
            Ok(_) => sheet.odd.unread(at(line), "the line is no object"),
            Err(error) => sheet.odd.unread(at(line), format!("not JSON: {error}")),
        }
    }
    for mut entry in entities {
        if let Some(said) = said.remove(entry.id.as_str()) {
            entry.from = said.from.filter(|_| !said.undated);
            entry.cites.extend(said.cites);
        }
        sheet.add(&list.title, entry);
    }
    sheet.done(problems, notices)
}

/// Since when, by whom, under what; of several the first counts, and one without a day counts before every date.
fn sanction(value: &Value, said: &mut BTreeMap<String, Said>) {
    let Some(properties) = value.get("properties") else { return };
    let days = ["listingDate", "startDate"].iter().flat_map(|key| texts(properties, key));
    let day = days.filter_map(|day| Day::parse(day.get(..10).unwrap_or(day)).ok()).min();
    let cite: Vec<&str> = ["authority", "program"].iter().flat_map(|key| texts(properties, key)).collect();
    for entity in texts(properties, "entity") {
        let said = said.entry(entity.to_owned()).or_default();
        said.undated |= day.is_none();
        said.from = said.from.into_iter().chain(day).min();
        let cite = Text::new(cite.join(": "));
        if !cite.is_empty() && !said.cites.contains(&cite) {
            said.cites.push(cite);
        }
    }
}

fn entity(value: &Value, line: u32, list: &Described, sheet: &mut Sheet<'_>) -> Result<Option<Entry>, String> {
    let id = text(value, "id");
    if id.is_empty() {
        return Err("the entity has no id".to_owned());
    }
    // Addresses, identifiers and relatives come along without being targets.
    if value.get("target").and_then(Value::as_bool) == Some(false) {
        return Ok(None);
    }
    let Some(kind) = kind(&text(value, "schema"), at(line), sheet) else { return Ok(None) };
    let empty = Value::Null;
    let properties = value.get("properties").unwrap_or(&empty);
    let topics = texts(properties, "topics");
    if !topics.is_empty() && topics.iter().all(|topic| topic.starts_with("role.")) {
        sheet.odd.doubt(at(line), "who merely holds an office is not screened against");
        return Ok(None);
    }
    let caption = text(value, "caption");
    let mut names: Vec<Text> = Vec::new();
    let all = std::iter::once(caption.as_str())
        .chain(["name", "alias", "previousName", "abbreviation"].iter().flat_map(|key| texts(properties, key)));
    for name in all.map(str::trim).filter(|name| !fold(name).is_empty()).map(Text::new) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err(format!("entity {id} has no name"));
    }
    let weak =
        texts(properties, "weakAlias").into_iter().filter(|name| !fold(name).is_empty()).map(Text::new).collect();
    let mut domains = Vec::new();
    let mut country = None;
    if kind != EntryKind::Person {
        for known in texts(properties, "website").into_iter().filter_map(|site| domain(host(site))) {
            if !domains.contains(&known) {
                domains.push(known);
            }
        }
        country = ["mainCountry", "jurisdiction", "country"]
            .iter()
            .flat_map(|key| texts(properties, key))
            .find_map(Country::parse);
    }
    let cites = if topics.is_empty() { Vec::new() } else { vec![Text::new(format!("topics: {}", topics.join(", ")))] };
    let bare = Entry::bare(list.id.clone(), list.effect, EntryId::new(id), names);
    Ok(Some(Entry { kind, weak, domains, country, cites, ..bare }))
}
