//! Entries by folded name, by likeness and by domain, so that a look-up does not read the list.
//!
//! In: entries in their fixed order. Out: their positions. What a name resembles is remembered, as it follows from the
//! name and the entries alone (D11).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::alike::{Alike, Listed};
use super::domain::upwards;
use super::names::{Likeness, Probe, is_free_mail};
use super::{Way, fold};
use crate::model::{EntryId, ListId, Text};
use crate::parties::Entry;

/// Positions of entries by what they are known by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    /// Entry and which of its names.
    names: BTreeMap<Text, Vec<(usize, usize)>>,
    domains: BTreeMap<Text, Vec<usize>>,
    /// Sub-units by the entry they are a part of.
    units: BTreeMap<usize, Vec<usize>>,
    alike: Arc<Alike>,
    remembered: Arc<Mutex<Remembered>>,
}

/// What names resemble.
type Names = BTreeMap<Text, Arc<[Like]>>;

/// What names of organisations and of persons resemble.
#[derive(Debug, Default)]
struct Remembered {
    organisations: Names,
    persons: Names,
}

impl Remembered {
    fn of(&mut self, person: bool) -> &mut Names {
        if person { &mut self.persons } else { &mut self.organisations }
    }
}

/// So many names of each kind are remembered, then they are looked up anew.
const REMEMBERED: usize = 1 << 16;

/// A name of an entry that resembles the one looked up.
#[derive(Clone, Debug)]
pub(super) struct Like {
    /// The entry's position.
    pub(super) entry: usize,
    /// Which of its names.
    pub(super) nth: usize,
    pub(super) score: f64,
    pub(super) way: Way,
    pub(super) why: String,
}

impl Index {
    pub(crate) fn of(entries: &[Entry]) -> Self {
        let mut index = Self::default();
        let ids: BTreeMap<(&ListId, &EntryId), usize> =
            entries.iter().enumerate().map(|(at, entry)| ((&entry.list, &entry.id), at)).collect();
        for (at, entry) in entries.iter().enumerate() {
            for (nth, name) in entry.names.iter().enumerate() {
                index.names.entry(fold(name)).or_default().push((at, nth));
            }
            for domain in entry.domains.iter().filter(|domain| !is_free_mail(domain)) {
                index.domains.entry(domain.clone()).or_default().push(at);
            }
            if let Some(parent) = entry.of.as_ref().and_then(|of| ids.get(&(&entry.list, of))) {
                index.units.entry(*parent).or_default().push(at);
            }
        }
        index.alike = Arc::new(Alike::of(entries));
        // A name without letter or digit names nobody.
        index.names.remove("");
        index
    }

    /// Entries with a name that folds to this, and which of their names.
    pub(super) fn by_name(&self, folded: &str) -> impl Iterator<Item = (usize, usize)> {
        self.names.get(folded).into_iter().flatten().copied()
    }

    /// Of every entry with a name that resembles this one, the name that resembles it best, and the domain.
    pub(super) fn resembling(&self, name: &Text, person: bool) -> Arc<[Like]> {
        if self.alike.is_empty(person) {
            return Arc::default();
        }
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = remembered.of(person).get(name) {
            return Arc::clone(known);
        }
        let found: Arc<[Like]> = self.looked_up(name, person).into();
        let names = remembered.of(person);
        if names.len() >= REMEMBERED {
            names.clear();
        }
        names.insert(name.clone(), Arc::clone(&found));
        found
    }

    /// The same of a name nobody will ask about again.
    pub(super) fn looked_up(&self, name: &str, person: bool) -> Vec<Like> {
        if self.alike.is_empty(person) {
            return Vec::new();
        }
        let probe = if person { Probe::of_person(name) } else { Probe::of(name) };
        let found = self.alike.resembling(&probe);
        // By entry; of each the better way, then the higher score, then the earlier name.
        let mut best: Vec<(Way, (&Listed, Likeness))> = Vec::with_capacity(found.len());
        for (listed, likeness) in found {
            let way = Way::of(&likeness);
            let place = |(other, (known, _)): &&mut (Way, (&Listed, Likeness))| {
                known.entry() == listed.entry() && (*other == Way::Domain) == (way == Way::Domain)
            };
            // Names of an entry stand side by side.
            match best.iter_mut().rev().take(2).find(place) {
                Some((known, (_, other))) if (*known, -other.score) <= (way, -likeness.score) => {}
                Some(known) => *known = (way, (listed, likeness)),
                None => best.push((way, (listed, likeness))),
            }
        }
        let like = |(way, (listed, likeness)): (Way, (&Listed, Likeness))| Like {
            entry: listed.entry(),
            nth: listed.nth(),
            score: likeness.score,
            way,
            why: probe.why(listed.probe(), &likeness),
        };
        best.into_iter().map(like).collect()
    }

    /// Entries with this domain or one it lies under, the nearest first, and how they agree.
    pub(super) fn by_domain(&self, domain: &str) -> impl Iterator<Item = (usize, String)> {
        upwards(domain).flat_map(move |known| {
            let why = if known == domain { domain.to_owned() } else { format!("{domain} is under {known}") };
            self.domains.get(known).into_iter().flatten().map(move |at| (*at, why.clone()))
        })
    }

    /// Sub-units of an entry.
    pub(super) fn units(&self, at: usize) -> impl Iterator<Item = usize> {
        self.units.get(&at).into_iter().flatten().copied()
    }
}
