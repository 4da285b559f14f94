//! The Entity List and the Military End-User List of the Bureau of Industry and Security (supplements No. 4 and No. 7 to 15 CFR
//! part 744): what their entries mean.
//!
//! In: entries as two writings give them (JSON taken out of the supplement, or the supplement's own columns). Out: entries whose
//! names and parts are taken out of prose, each listed from the day of its first notice. The lists do not say who is a person:
//! all are read as organisations, counted in a notice.

mod json;
mod supplement;

use std::collections::BTreeMap;

use super::citation::{cites, first_day};
use super::countries::country;
use super::prose::{Named, Part, cell, names, part};
use super::sheet::{Described, Sheet};
use super::{Effect, Entry, EntryKind};
use crate::model::{Day, Digest, EntryId, ListId, Text};
use crate::parties::screening::fold;
use crate::written::Place;

pub(super) use json::read as read_json;
pub(super) use supplement::read as read_supplement;

const PUBLISHER: &str = "Bureau of Industry and Security, US Department of Commerce";

/// What is known of the lists, by the id their files carry.
const LISTS: [(&str, &str, Effect); 2] = [
    ("bis-entity-list", "Entity List, supplement No. 4 to 15 CFR part 744", Effect::Licence),
    ("bis-meu", "Military End-User List, supplement No. 7 to 15 CFR part 744", Effect::Licence),
];

fn described(id: &str) -> Option<Described> {
    LISTS.iter().find(|(known, ..)| *known == id).map(|(id, title, effect)| Described {
        id: ListId::new(id),
        title: Text::new_static(title),
        effect: *effect,
    })
}

/// An entry as written, its names apart from its address.
struct Written<'a> {
    named: Named,
    country: &'a str,
    notice: &'a str,
    effective: &'a str,
    part: Option<Part>,
}

/// The entries of one list, until parts find what they are parts of.
struct Entries<'s, 'a> {
    sheet: &'s mut Sheet<'a>,
    list: Described,
    /// What each part, by its id, is a part of, as written.
    parts: Vec<(EntryId, String, Place)>,
}

impl<'s, 'a> Entries<'s, 'a> {
    fn new(sheet: &'s mut Sheet<'a>, list: Described) -> Self {
        sheet.open(&list);
        Self { sheet, list, parts: Vec::new() }
    }

    fn add(&mut self, written: Written<'_>, place: Place) -> Result<(), String> {
        let Written { named, country: land, notice, effective, part } = written;
        if named.names.is_empty() {
            return Err("the entry has no name".to_owned());
        }
        if named.names.iter().all(|name| is_address(name)) {
            self.sheet.odd.doubt(place, "an address without a party is not screened against");
            return Ok(());
        }
        let doubt = |sheet: &mut Sheet<'_>, what: String| sheet.odd.doubt(place, what);
        let title = &self.list.title;
        doubt(self.sheet, format!("{title} does not say organisation or person: read as organisation"));
        let land_of = country(land);
        if land_of.is_none() {
            doubt(self.sheet, format!("country {land:?} is not known: read as not stated"));
        }
        let from = Day::parse(effective).ok().or_else(|| first_day(effective)).or_else(|| first_day(notice));
        if from.is_none() {
            doubt(self.sheet, "neither an effective date nor a dated notice, read as not stated".to_owned());
        }
        let id = |name: &Text| {
            let said = [self.list.id.as_str(), name.as_str(), land];
            let digest = said.iter().fold(Digest::new("bis"), |digest, said| digest.field(said));
            EntryId::new(format!("hash-{}", digest.fact_id()))
        };
        let Some(first) = named.names.first() else { return Ok(()) };
        let whole = id(first);
        let entry = |names: Vec<Text>, id: EntryId| Entry {
            country: land_of,
            from,
            cites: cites(notice),
            ..Entry::bare(self.list.id.clone(), self.list.effect, id, names)
        };
        let mut own = entry(named.names, whole.clone());
        if let Some(part) = part {
            own.kind = EntryKind::SubUnit;
            self.parts.push((whole.clone(), part.of, place));
        }
        let mut entries = vec![own];
        for unit in named.units {
            let Some(name) = unit.names.first() else { continue };
            let id = id(name);
            entries.push(Entry { kind: EntryKind::SubUnit, of: Some(whole.clone()), ..entry(unit.names, id) });
        }
        for entry in entries {
            self.sheet.add(&self.list.title, entry);
        }
        Ok(())
    }

    /// Parts find what they are parts of, by any of its names. One that is not on the list is put there as a name alone, which
    /// never was in force (docs/lists.md): it is not listed, and whoever bears its name has a listed part.
    fn join(self) {
        let mut known: BTreeMap<Text, EntryId> = BTreeMap::new();
        for entry in self.sheet.entries(&self.list.id) {
            for name in &entry.names {
                known.entry(fold(name)).or_insert_with(|| entry.id.clone());
            }
        }
        let mut wholes: BTreeMap<EntryId, EntryId> = BTreeMap::new();
        for (id, of, place) in self.parts {
            let of_names = names(&of);
            let found = of_names.iter().find_map(|name| known.get(&fold(name))).filter(|found| **found != id).cloned();
            let whole = found.unwrap_or_else(|| {
                let what = "part of what is not on this list: that is put there as a name alone, never in force";
                self.sheet.odd.doubt(place, what);
                let whole = EntryId::new(format!("whole-{}", fold(&of).replace(' ', "-")));
                let bare = Entry::bare(self.list.id.clone(), self.list.effect, whole.clone(), of_names.clone());
                let cites = vec![Text::new(format!("named as what {} is a part of", id))];
                self.sheet.add(&self.list.title, Entry { to: Some(Day(0)), cites, ..bare });
                of_names.iter().for_each(|name| {
                    known.entry(fold(name)).or_insert_with(|| whole.clone());
                });
                whole
            });
            wholes.insert(id, whole);
        }
        for entry in self.sheet.entries(&self.list.id) {
            if let Some(whole) = wholes.get(&entry.id) {
                entry.of = Some(whole.clone());
            }
        }
    }
}

/// Whether an entry names nobody: the Entity List has addresses of its own, `Address 01`.
fn is_address(name: &str) -> bool {
    name.strip_prefix("Address ").is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The names of an entry whose aliases stand apart, and whether it is a part.
fn apart(name: &str, aliases: &[&str], note: &str) -> (Named, Option<Part>) {
    let part = part(name, note);
    let own = part.as_ref().map_or(name, |part| &part.name);
    let mut named = Named { names: names(own), units: Vec::new() };
    // "China Academy—Shenyang Institute" goes by both.
    let whole = if part.is_some() && name.contains('—') { vec![Text::new(name.trim())] } else { Vec::new() };
    // Where no address follows, a semicolon stands between two names.
    let plain = |alias: &str| alias.contains("; ") && !alias.contains(|c: char| c.is_ascii_digit());
    let aliases = aliases.iter().flat_map(|alias| if plain(alias) { names(alias) } else { cell(alias).names });
    for name in whole.into_iter().chain(aliases) {
        if !named.names.contains(&name) {
            named.names.push(name);
        }
    }
    (named, part)
}

#[cfg(test)]
mod tests;
