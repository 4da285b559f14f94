//! Entries by folded name and by domain, so that a look-up does not read the list.
//!
//! In: entries in their fixed order. Out: their positions.

use std::collections::BTreeMap;

use super::domain::upwards;
use super::fold;
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
            for domain in &entry.domains {
                index.domains.entry(domain.clone()).or_default().push(at);
            }
            if let Some(parent) = entry.of.as_ref().and_then(|of| ids.get(&(&entry.list, of))) {
                index.units.entry(*parent).or_default().push(at);
            }
        }
        // A name without letter or digit names nobody.
        index.names.remove("");
        index
    }

    /// Entries with a name that folds to this, and which of their names.
    pub(super) fn by_name(&self, folded: &str) -> impl Iterator<Item = (usize, usize)> {
        self.names.get(folded).into_iter().flatten().copied()
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
