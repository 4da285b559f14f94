//! Lists of parties, as meant: who is on them, from when to when, and what that means.
//!
//! In: files as written, the operator's own (YAML) or official (one file here for each layout). Out: entries in a fixed
//! order, a summary of each list and notices of what could not be read. It refuses to fetch anything, and to say what an
//! entry asks of anybody beyond its effect.

mod bis;
mod cells;
mod citation;
mod countries;
mod csl;
mod csl_csv;
mod csl_json;
mod dpl;
mod format;
mod json;
mod ofac;
mod opensanctions;
mod own;
mod prose;
mod sheet;
mod shrink;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::screening::Index;
use crate::model::{Country, Day, Digest, EntryId, EventTime, ListId, Text, words};
use crate::written::{Place, Problem, Problems, Source};

pub use format::{Layout, ListFormat, Writing};
pub use ofac::Beside;
pub use sheet::Described;
pub use shrink::{ShrinkLimit, Shrunk};

/// A list's file and how to read it.
#[derive(Clone, Debug)]
pub struct ListSource {
    /// Its name and text.
    pub source: Source,
    /// How to read it.
    pub format: ListFormat,
}

words! {
    /// What an entry means for whoever is on the list.
    Effect {
        /// Dealings and services are forbidden.
        Blocks = "blocks",
        /// Items may need a licence, or may not be sent.
        Licence = "licence",
        /// A sign of risk.
        Risk = "risk",
        /// Named in public reporting; never counts as listed.
        Reported = "reported",
    }
    /// What an entry names.
    EntryKind {
        /// An organisation, or one that is not said to be anything else.
        Organisation = "organisation",
        /// A natural person.
        Person = "person",
        /// A part of an organisation that is listed in its own right.
        SubUnit = "sub_unit",
    }
    /// What reporting says a party did.
    Claim {
        /// It used what is controlled.
        Accessed = "accessed",
        /// It used it or wanted to; the report leaves open which.
        AccessedOrInterested = "accessed_or_interested",
        /// It wanted to.
        Interested = "interested",
        /// It says it did not.
        Denied = "denied",
    }
}

/// A line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its list.
    pub list: ListId,
    /// What the list means.
    pub effect: Effect,
    /// Its id in the list.
    pub id: EntryId,
    /// Its names, the first for display.
    pub names: Vec<Text>,
    /// Its domains, lower case.
    pub domains: Vec<Text>,
    /// Where it is, for organisations.
    pub country: Option<Country>,
    /// What it names.
    pub kind: EntryKind,
    /// The entry it is a part of.
    pub of: Option<EntryId>,
    /// First day listed; `None` is not stated, and then it counts as listed before every date.
    pub from: Option<Day>,
    /// First day no longer listed.
    pub to: Option<Day>,
    /// What reporting says it did.
    pub claim: Option<Claim>,
    /// Where that is written.
    pub cites: Vec<Text>,
    /// What the party said to that.
    pub response: Option<Text>,
    /// Names so common or loose that their source says not to find anybody by them alone: kept, not compared.
    pub weak: Vec<Text>,
}

impl Entry {
    /// An organisation with these names of which nothing else is said.
    pub(super) fn bare(list: ListId, effect: Effect, id: EntryId, names: Vec<Text>) -> Self {
        Self {
            list,
            effect,
            id,
            names,
            domains: Vec::new(),
            country: None,
            kind: EntryKind::Organisation,
            of: None,
            from: None,
            to: None,
            claim: None,
            cites: Vec::new(),
            response: None,
            weak: Vec::new(),
        }
    }

    /// Whether it is on its list on this day.
    pub fn in_force(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day < to)
    }
}

/// A list in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListSummary {
    /// Which.
    pub id: ListId,
    /// In words.
    pub title: Text,
    /// Who publishes it, or where it was taken from.
    pub source: Text,
    /// What it means.
    pub effect: Effect,
    /// The day it was published, where known.
    pub as_of: Option<Day>,
    /// The file it was read from.
    pub file: Text,
    /// How many entries.
    pub entries: usize,
    /// How many of them are persons.
    pub persons: usize,
    /// How many names they have between them.
    pub names: usize,
    /// Rows of its file, and of those that belong to it, that could not be read.
    pub unread: usize,
    /// A hash of its entries.
    pub digest: Text,
}

/// Every list read, ready to screen against.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    lists: Vec<ListSummary>,
    pub(super) entries: Vec<Entry>,
    /// Made when the first name is asked for: most replays of logs screen nobody, and start sooner.
    index: OnceLock<Index>,
    notices: Vec<Problem>,
}

/// What one file gives: lists with their entries, and notices.
type Read = Vec<(ListSummary, Vec<Entry>)>;

impl Lists {
    /// Reads every file, or tells every problem of all of them. What an official list holds and nobody can read is no
    /// problem but a notice: one odd row must not cost the list.
    pub fn read(sources: &[ListSource]) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut notices = Vec::new();
        let mut lists: BTreeMap<ListId, (ListSummary, Vec<Entry>)> = BTreeMap::new();
        for ListSource { source, format } in sources {
            let mut here = Problems::of(&source.name);
            let mut odd = Problems::of(&source.name);
            let read = format.read(source, &mut here, &mut odd);
            for (summary, entries) in read {
                if let Some((known, _)) = lists.get(&summary.id) {
                    let what = format!("list {:?} was already read from {}", summary.id.as_str(), known.file);
                    here.add(Place { line: 1, column: 1 }, what);
                } else {
                    lists.insert(summary.id.clone(), (summary, entries));
                }
            }
            problems.append(here);
            notices.extend(odd.sorted());
        }
        notices.sort();
        problems.or(())?;
        let (lists, entries): (Vec<_>, Vec<_>) = lists.into_values().map(counted).unzip();
        let entries: Vec<_> = entries.into_iter().flatten().collect();
        Ok(Self { lists, entries, index: OnceLock::new(), notices })
    }

    /// What could not be read of official lists, or was read with a doubt, by file and line.
    pub fn notices(&self) -> &[Problem] {
        &self.notices
    }

    /// Every list, by id.
    pub fn summary(&self) -> &[ListSummary] {
        &self.lists
    }

    /// Makes what names are looked up in, which may take half a second: a service does so before facts wait for it.
    pub fn ready(&self) {
        self.index();
    }

    /// Entries by what they are known by.
    pub(super) fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(&self.entries))
    }

    /// Every entry, by list and id.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Every instant at which an entry begins or ends.
    pub fn changes(&self) -> BTreeSet<EventTime> {
        self.entries.iter().flat_map(|entry| [entry.from, entry.to]).flatten().map(Day::start).collect()
    }
}

fn counted((mut summary, mut entries): (ListSummary, Vec<Entry>)) -> (ListSummary, Vec<Entry>) {
    entries.sort_by(|a, b| a.id.cmp(&b.id));
    summary.entries = entries.len();
    summary.persons = entries.iter().filter(|entry| entry.kind == EntryKind::Person).count();
    summary.names = entries.iter().map(|entry| entry.names.len()).sum();
    let digest = entries.iter().fold(Digest::new("list"), |digest, entry| digest.field(format!("{entry:?}")));
    summary.digest = Text::new(digest.finish_hex());
    (summary, entries)
}

#[cfg(test)]
mod tests;
