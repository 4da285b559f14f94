//! Names of entries by the keys under which they meet other names, so that a look-up compares a few and misses none.
//!
//! In: entries in their fixed order. Out: for a name, the names of entries that resemble it. Whether one does follows
//! from the two names alone: no key is left out because it is frequent, no list is cut short.

use super::names::{Likeness, Probe, Strength};
use crate::parties::{Entry, EntryKind};

/// A name of an entry.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    entry: u32,
    nth: u32,
    probe: Probe,
}

impl Listed {
    /// The entry's position.
    pub(super) fn entry(&self) -> usize {
        self.entry as usize
    }

    /// Which of its names.
    pub(super) fn nth(&self) -> usize {
        self.nth as usize
    }

    pub(super) fn probe(&self) -> &Probe {
        &self.probe
    }
}

/// Names of one kind by their keys.
#[derive(Clone, Debug, Default)]
struct Shelf {
    names: Vec<Listed>,
    /// Sorted.
    postings: Vec<(u64, u32)>,
    /// Where in the postings keys with each first sixteen bits begin.
    starts: Vec<u32>,
}

/// Names of organisations and of persons, which never meet (P8).
#[derive(Clone, Debug, Default)]
pub(super) struct Alike {
    organisations: Shelf,
    persons: Shelf,
}

fn prefix(key: u64) -> usize {
    usize::try_from(key >> 48).unwrap_or(0)
}

impl Shelf {
    fn add(&mut self, entry: usize, nth: usize, mut probe: Probe) {
        let (Ok(at), Ok(entry), Ok(nth)) = (u32::try_from(self.names.len()), u32::try_from(entry), u32::try_from(nth))
        else {
            return;
        };
        self.postings.extend(probe.take_own().into_iter().map(|key| (key, at)));
        self.names.push(Listed { entry, nth, probe });
    }

    fn ready(&mut self) {
        self.postings.sort_unstable();
        self.postings.shrink_to_fit();
        self.starts = vec![0; (1 << 16) + 1];
        for (key, _) in &self.postings {
            if let Some(count) = self.starts.get_mut(prefix(*key) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut self.starts {
            sum += *start;
            *start = sum;
        }
    }

    fn under(&self, key: u64) -> impl Iterator<Item = u32> {
        let at = |place: usize| self.starts.get(place).map_or(0, |start| *start as usize);
        let range = self.postings.get(at(prefix(key))..at(prefix(key) + 1)).unwrap_or_default();
        let from = range.partition_point(|(known, _)| *known < key);
        range.iter().skip(from).take_while(move |(known, _)| *known == key).map(|(_, name)| *name)
    }

    fn resembling(&self, probe: &Probe) -> Vec<(&Listed, Likeness)> {
        let mut candidates: Vec<u32> = probe.seeks().iter().flat_map(|key| self.under(*key)).collect();
        candidates.sort_unstable();
        candidates.dedup();
        let listed = candidates.into_iter().filter_map(|at| self.names.get(at as usize));
        let compared = listed.map(|listed| (listed, probe.compared(&listed.probe)));
        compared.filter(|(_, likeness)| Strength::of(likeness.score) > Strength::None).collect()
    }
}

impl Alike {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let mut all = Self::default();
        for (at, entry) in entries.iter().enumerate() {
            for (nth, name) in entry.names.iter().enumerate() {
                if entry.kind == EntryKind::Person {
                    all.persons.add(at, nth, Probe::of_person(name));
                } else {
                    all.organisations.add(at, nth, Probe::of(name));
                }
            }
        }
        all.organisations.ready();
        all.persons.ready();
        all
    }

    /// Every name of an entry that resembles this one, by entry and name; persons meet persons alone.
    pub(super) fn resembling(&self, name: &Probe) -> Vec<(&Listed, Likeness)> {
        if name.is_person() { self.persons.resembling(name) } else { self.organisations.resembling(name) }
    }

    /// Whether nothing could resemble a name of this kind.
    pub(super) fn is_empty(&self, person: bool) -> bool {
        if person { self.persons.names.is_empty() } else { self.organisations.names.is_empty() }
    }
}
