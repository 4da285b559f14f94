//! Lists that come back smaller than they were.
//!
//! In: lists in force and lists that are to replace them. Out: each that lost more than a set share of its entries, with the word
//! that confirms just this change. It refuses to decide: whoever loads keeps the old ones.

use std::fmt;

use super::Lists;
use crate::model::{Digest, ListId, Text};

/// What settings say of lists that shrink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShrinkLimit {
    /// The greatest share of its entries that a list may lose, in percent; `None`: any.
    pub percent: Option<u32>,
    /// Changes that are meant, by the words that messages told.
    pub confirmed: Vec<Text>,
}

impl Default for ShrinkLimit {
    fn default() -> Self {
        Self { percent: Some(20), confirmed: Vec::new() }
    }
}

/// A list that lost too much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// Which.
    pub list: ListId,
    /// Entries in force.
    pub before: usize,
    /// Entries of what is to replace it; 0 also where the list is gone.
    pub after: usize,
    /// The share that may go, in percent.
    pub percent: u32,
    /// Says that this change is meant: it names both contents, so that it confirms no other.
    pub confirm: Text,
}

impl fmt::Display for Shrunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { list, before, after, percent, confirm } = self;
        let lost = (before - after).saturating_mul(100) / before.max(&1);
        write!(
            f,
            "list {list} shrank from {before} entries to {after} ({lost} % fewer, more than {percent} %): the old one stays; \
             if the change is meant, write list_shrink: {{ confirm: [{confirm}] }} into the settings and reload"
        )
    }
}

impl Lists {
    /// Every list that loses more entries than it may, unless that change is confirmed.
    pub fn shrunk(&self, after: &Self, limit: &ShrinkLimit) -> Vec<Shrunk> {
        let Some(percent) = limit.percent else { return Vec::new() };
        let shrunk = self.summary().iter().filter_map(|old| {
            let new = after.summary().iter().find(|new| new.id == old.id);
            let (before, left) = (old.entries, new.map_or(0, |new| new.entries));
            let lost = before.saturating_sub(left);
            // In whole numbers: lost / before > percent / 100.
            if lost.saturating_mul(100) <= before.saturating_mul(usize::try_from(percent).unwrap_or(usize::MAX)) {
                return None;
            }
            let digest = Digest::new("shrunk").field(old.id.as_str()).field(&old.digest);
            let digest = digest.field(new.map_or("", |new| new.digest.as_str())).finish_hex();
            let confirm = Text::new(format!("{}@{}", old.id, digest.get(..16).unwrap_or(&digest)));
            Some(Shrunk { list: old.id.clone(), before, after: left, percent, confirm })
        });
        shrunk.filter(|shrunk| !limit.confirmed.contains(&shrunk.confirm)).collect()
    }
}

#[cfg(test)]
mod tests;
