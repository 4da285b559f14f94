//! The Specially Designated Nationals of the Office of Foreign Assets Control: `sdn.csv`, with `alt.csv` and `add.csv`.
//!
//! In: three tables without header that belong together by the entry's number; `-0-` is nothing. Out: one list. Individuals are
//! persons, vessels and aircraft are left out. Names in quotation marks among the remarks are weak aliases. Of addresses only the
//! country is kept, and that of organisations only. The list does not say since when an entry stands on it.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::each_plain;
use super::countries::country;
use super::sheet::{Described, Sheet, at};
use super::{Effect, Entry, EntryKind, Read};
use crate::model::{Day, EntryId, ListId, Text};
use crate::parties::screening::{domain, fold};
use crate::written::{Problems, Source};

const PUBLISHER: &str = "Office of Foreign Assets Control, US Department of the Treasury";

/// What belongs to `sdn.csv`.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// `alt.csv`: other names.
    pub alternates: Option<Source>,
    /// `add.csv`: addresses.
    pub addresses: Option<Source>,
}

/// The entries so far, by number.
#[derive(Default)]
struct Numbered {
    entries: BTreeMap<String, Entry>,
    /// Numbers of what is no party.
    left: BTreeSet<String>,
}

pub(super) fn read(
    source: &Source,
    beside: &Beside,
    as_of: Option<Day>,
    problems: &mut Problems,
    notices: &mut Problems,
) -> Read {
    let list = Described {
        id: ListId::new("ofac-sdn"),
        title: Text::new_static("Specially Designated Nationals and Blocked Persons List"),
        effect: Effect::Blocks,
    };
    let mut numbered = Numbered::default();
    let mut sheet = Sheet::new(source, PUBLISHER, as_of);
    sheet.open(&list);
    each_plain(source, 12, &mut sheet, problems, |cells, line, sheet| numbered.entry(cells, line, &list, sheet));
    for (file, width, what) in [(&beside.alternates, 5, "alternates"), (&beside.addresses, 6, "addresses")] {
        let Some(file) = file else {
            sheet.odd.doubt(at(1), format!("read without the file of {what}"));
            continue;
        };
        let (mut file_problems, mut file_notices) = (Problems::of(&file.name), Problems::of(&file.name));
        let mut aside = Sheet::new(file, PUBLISHER, as_of);
        each_plain(file, width, &mut aside, &mut file_problems, |cells, line, aside| {
            if width == 5 { numbered.alternate(cells, line, aside) } else { numbered.address(cells, line, aside) }
        });
        sheet.beside(aside, &mut file_notices);
        problems.append(file_problems);
        notices.append(file_notices);
    }
    for entry in numbered.entries.into_values() {
        sheet.add(&list.title, entry);
    }
    sheet.done(problems, notices)
}

/// What a cell says; nothing where it is `-0-`.
fn said<'a>(cells: &[&'a str], at: usize) -> &'a str {
    cells.get(at).map_or("", |cell| cell.trim()).trim_matches('"').trim().trim_start_matches("-0-").trim()
}

fn name(text: &str) -> Result<Text, String> {
    if fold(text).is_empty() { Err(format!("the row has no name, got {text:?}")) } else { Ok(Text::new(text)) }
}

impl Numbered {
    /// `number, name, type, programme, title, call sign, …, remarks`.
    fn entry(&mut self, cells: &[&str], line: u32, list: &Described, sheet: &mut Sheet<'_>) -> Result<(), String> {
        let number = said(cells, 0);
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("the row has no number, got {number:?}"));
        }
        let kind = match said(cells, 2) {
            "individual" => EntryKind::Person,
            "vessel" | "aircraft" => {
                sheet.odd.doubt(at(line), "vessels and aircraft are not screened against");
                self.left.insert(number.to_owned());
                return Ok(());
            }
            // Of an entity the type is null.
            "" | "entity" => EntryKind::Organisation,
            other => {
                sheet.odd.doubt(at(line), format!("type {other:?} is not known: read as organisation"));
                EntryKind::Organisation
            }
        };
        let remarks = said(cells, 11);
        let weak = quoted(remarks);
        let domains = if kind == EntryKind::Person { Vec::new() } else { websites(remarks) };
        let programmes = said(cells, 3).replace("] [", ", ").replace(['[', ']'], "");
        let cites = if programmes.is_empty() { Vec::new() } else { vec![Text::new(format!("OFAC: {programmes}"))] };
        let bare = Entry::bare(list.id.clone(), list.effect, EntryId::new(number), vec![name(said(cells, 1))?]);
        let entry = Entry { kind, weak, domains, cites, ..bare };
        if self.entries.insert(number.to_owned(), entry).is_some() {
            sheet.odd.doubt(at(line), "the same number twice: the later row counts");
        }
        Ok(())
    }

    /// `number, alternate's number, aka | fka | nka, name, remarks`.
    fn alternate(&mut self, cells: &[&str], line: u32, sheet: &mut Sheet<'_>) -> Result<(), String> {
        let Some(entry) = self.of(cells, line, sheet) else { return Ok(()) };
        let name = name(said(cells, 3))?;
        if !entry.names.contains(&name) {
            entry.names.push(name);
        }
        Ok(())
    }

    /// `number, address's number, street, city, country, remarks`.
    fn address(&mut self, cells: &[&str], line: u32, sheet: &mut Sheet<'_>) -> Result<(), String> {
        let Some(entry) = self.of(cells, line, sheet) else { return Ok(()) };
        if entry.kind != EntryKind::Person && entry.country.is_none() {
            entry.country = country(said(cells, 4));
        }
        Ok(())
    }

    fn of(&mut self, cells: &[&str], line: u32, sheet: &mut Sheet<'_>) -> Option<&mut Entry> {
        let number = said(cells, 0);
        if self.left.contains(number) {
            return None;
        }
        let entry = self.entries.get_mut(number);
        if entry.is_none() {
            sheet.odd.doubt(at(line), "of no entry that could be read");
        }
        entry
    }
}

/// Names among remarks: `a.k.a. 'BNC'; f.k.a. 'OLD'`. OFAC writes its weak aliases so.
fn quoted(remarks: &str) -> Vec<Text> {
    let names = remarks.split(';').filter_map(|part| {
        let part = part.trim().trim_end_matches('.');
        let rest = ["a.k.a. '", "f.k.a. '", "n.k.a. '"].iter().find_map(|word| part.strip_prefix(word))?;
        Some(rest.trim_end_matches('\''))
    });
    names.filter(|name| !fold(name).is_empty()).map(Text::new).collect()
}

/// `Website www.lab.example; alt. Website lab.example`, without `www.`.
fn websites(remarks: &str) -> Vec<Text> {
    let mut domains = Vec::new();
    for part in remarks.split(';') {
        let part = part.trim().trim_end_matches('.').trim_start_matches("alt. ");
        let Some(site) = part.strip_prefix("Website ").or_else(|| part.strip_suffix(" (website)")) else { continue };
        let host = host(site);
        if let Some(known) = domain(host).filter(|known| !domains.contains(known)) {
            domains.push(known);
        }
    }
    domains
}

/// The host of an address on the web, without `www.`.
pub(super) fn host(site: &str) -> &str {
    let site = site.trim();
    let site = site.strip_prefix("https://").or_else(|| site.strip_prefix("http://")).unwrap_or(site);
    let host = site.split(['/', ' ', '?', '#']).next().unwrap_or("");
    let host = host.split(':').next().unwrap_or("");
    host.strip_prefix("www.").unwrap_or(host)
}

#[cfg(test)]
mod tests;
