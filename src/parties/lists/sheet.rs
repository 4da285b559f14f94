//! What reading an official file gathers: lists with their entries, rows nobody can read, rows read with a doubt.
//!
//! In: entries and complaints, each with its place. Out: the lists, notices, or a problem where not one row could be read. It
//! refuses to know any layout.

use std::collections::BTreeMap;

use super::{Effect, Entry, ListSummary, Read};
use crate::model::{Day, EntryId, ListId, Text};
use crate::written::{Place, Problems, Source};

/// Most odd rows named one by one; the rest are counted.
const NAMED: usize = 100;

/// The top of a file.
pub(super) const TOP: Place = Place { line: 1, column: 1 };

/// The beginning of a line.
pub(super) const fn at(line: u32) -> Place {
    Place { line, column: 1 }
}

/// Rows of one file that say something odd.
#[derive(Default)]
pub(super) struct Odd {
    /// Cannot be read: where and why.
    unread: Vec<(Place, String)>,
    /// Read with a doubt: how many of each kind, and where the first stands.
    doubts: BTreeMap<String, (u64, Place)>,
}

impl Odd {
    /// A row that costs its entry.
    pub(super) fn unread(&mut self, place: Place, what: impl Into<String>) {
        self.unread.push((place, what.into()));
    }

    /// A row that is read all the same.
    pub(super) fn doubt(&mut self, place: Place, what: impl Into<String>) {
        self.doubts.entry(what.into()).or_insert((0, place)).0 += 1;
    }

    pub(super) fn tell(self, notices: &mut Problems) {
        if !self.unread.is_empty() {
            notices.add(TOP, format!("{} rows could not be read", self.unread.len()));
        }
        for (place, what) in self.unread.into_iter().take(NAMED) {
            notices.add(place, what);
        }
        if self.doubts.len() > NAMED {
            notices.add(TOP, format!("{} kinds of doubt, of which {NAMED} are told", self.doubts.len()));
        }
        for (what, (count, place)) in self.doubts.into_iter().take(NAMED) {
            notices.add(place, format!("{count} rows: {what}"));
        }
    }
}

/// What one list is, as far as its file or the settings say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Which.
    pub id: ListId,
    /// In words.
    pub title: Text,
    /// What it means.
    pub effect: Effect,
}

/// A file being read.
pub(super) struct Sheet<'a> {
    source: &'a Source,
    publisher: Text,
    as_of: Option<Day>,
    lists: BTreeMap<ListId, (ListSummary, Vec<Entry>)>,
    ids: BTreeMap<(ListId, EntryId), usize>,
    /// Rows nobody can read of files that belong to this one.
    beside: usize,
    pub(super) odd: Odd,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(source: &'a Source, publisher: &'static str, as_of: Option<Day>) -> Self {
        let publisher = Text::new_static(publisher);
        Self { source, publisher, as_of, lists: BTreeMap::new(), ids: BTreeMap::new(), beside: 0, odd: Odd::default() }
    }

    /// A list that is there even when it has no entries.
    pub(super) fn open(&mut self, list: &Described) {
        let summary = || ListSummary {
            id: list.id.clone(),
            title: list.title.clone(),
            source: self.publisher.clone(),
            effect: list.effect,
            as_of: self.as_of,
            file: self.source.name.clone(),
            entries: 0,
            persons: 0,
            names: 0,
            unread: 0,
            digest: Text::default(),
        };
        self.lists.entry(list.id.clone()).or_insert_with(|| (summary(), Vec::new()));
    }

    /// One more entry of its list, which is opened. What is the same twice is one; another of the same id gets one of its own.
    pub(super) fn add(&mut self, title: &Text, mut entry: Entry) {
        self.open(&Described { id: entry.list.clone(), title: title.clone(), effect: entry.effect });
        let Some((_, entries)) = self.lists.get_mut(&entry.list) else { return };
        let seen = self.ids.entry((entry.list.clone(), entry.id.clone())).or_insert(0);
        if *seen > 0 && entries.contains(&entry) {
            return;
        }
        *seen += 1;
        if *seen > 1 {
            entry.id = EntryId::new(format!("{}-{seen}", entry.id));
        }
        entries.push(entry);
    }

    /// Takes over what was odd in a file that belongs to this one, and tells it under that file's name.
    pub(super) fn beside(&mut self, other: Sheet<'_>, notices: &mut Problems) {
        self.beside += other.odd.unread.len();
        other.odd.tell(notices);
    }

    /// The entries of a list so far.
    pub(super) fn entries(&mut self, list: &ListId) -> &mut [Entry] {
        self.lists.get_mut(list).map_or(&mut [], |(_, entries)| entries)
    }

    /// Everything read; that not one row could be is a problem.
    pub(super) fn done(self, problems: &mut Problems, notices: &mut Problems) -> Read {
        let unread = self.odd.unread.len();
        if unread > 0 && self.lists.values().all(|(_, entries)| entries.is_empty()) {
            problems.add(TOP, format!("not one of {unread} rows can be read"));
            self.odd.unread.iter().take(3).for_each(|(place, what)| problems.add(*place, what.clone()));
        }
        let all_unread = unread + self.beside;
        if self.as_of.is_none() {
            notices.add(TOP, "no date of publication given for this file");
        }
        self.odd.tell(notices);
        let told = |(mut summary, entries): (ListSummary, Vec<Entry>)| {
            summary.unread = all_unread;
            (summary, entries)
        };
        self.lists.into_values().map(told).collect()
    }
}
