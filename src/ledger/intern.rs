//! Things that many facts share, held once and named by a small number.
//!
//! In: values. Out: their index, the same for equal ones, counted from 0 in the order of coming. Indexes never leave the
//! shard: nothing that is told depends on them. Values stand in chunks that a copy shares, so a copy costs a pointer a chunk.

use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

const HASHER: FixedState = FixedState::with_seed(0);
const CHUNK: usize = 1_024;

/// A hash for tables that are looked into and never walked: the same in every process.
pub(super) fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    HASHER.hash_one(value)
}

#[derive(Clone, Debug)]
pub(super) struct Interner<T> {
    chunks: Vec<Arc<Vec<T>>>,
    table: HashTable<u32>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), table: HashTable::new() }
    }
}

fn get<T>(chunks: &[Arc<Vec<T>>], index: u32) -> Option<&T> {
    let index = index as usize;
    chunks.get(index / CHUNK)?.get(index % CHUNK)
}

impl<T: Clone + Hash + Eq> Interner<T> {
    pub(super) fn find(&self, value: &T) -> Option<u32> {
        self.table.find(hash(value), |index| self.get(*index) == Some(value)).copied()
    }

    /// The same by something of the same hash as the value.
    pub(super) fn find_like<Q: Hash>(&self, like: &Q, is: impl Fn(&T) -> bool) -> Option<u32> {
        self.table.find(hash(like), |index| self.get(*index).is_some_and(&is)).copied()
    }

    /// The index of a value, and whether it is new; beyond 2³² values `None`.
    pub(super) fn put(&mut self, value: T) -> Option<(u32, bool)> {
        let hashed = hash(&value);
        let chunks = &self.chunks;
        if let Some(found) = self.table.find(hashed, |index| get(chunks, *index) == Some(&value)) {
            return Some((*found, false));
        }
        let index = u32::try_from(self.len()).ok()?;
        match self.chunks.last_mut().filter(|chunk| chunk.len() < CHUNK) {
            Some(chunk) => Arc::make_mut(chunk).push(value),
            None => self.chunks.push(Arc::new(vec![value])),
        }
        let chunks = &self.chunks;
        self.table.insert_unique(hashed, index, |index| get(chunks, *index).map_or(0, hash));
        Some((index, true))
    }

    pub(super) fn get(&self, index: u32) -> Option<&T> {
        get(&self.chunks, index)
    }

    /// All values, by index.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    pub(super) fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// The same values, to be read by index only.
    pub(super) fn frozen(&self) -> Self {
        Self { chunks: self.chunks.clone(), table: HashTable::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_an_index_and_a_frozen_copy_does_not_grow() {
        let mut interner = Interner::default();
        for value in 0..3_000u32 {
            assert_eq!(interner.put(value * 7), Some((value, true)));
        }
        let frozen = interner.frozen();
        assert_eq!(interner.put(7), Some((1, false)));
        assert_eq!(interner.put(1), Some((3_000, true)));
        assert_eq!((interner.get(3_000), frozen.get(3_000)), (Some(&1), None));
        assert_eq!((frozen.get(2_999), frozen.len()), (Some(&20_993), 3_000));
        assert_eq!(interner.find(&2), None);
    }
}
