//! Words, and what they stand for.
//!
//! In: keys, each with a value. Out: the value of a key, found by a hash that is the same in every process. It refuses to
//! know in which order keys came.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

/// Values by key; what is walked is in no order.
#[derive(Clone, Debug)]
pub(super) struct Dictionary<K, V>(HashTable<(K, V)>);

impl<K, V> Default for Dictionary<K, V> {
    fn default() -> Self {
        Self(HashTable::new())
    }
}

fn hash<Q: Hash + ?Sized>(key: &Q) -> u64 {
    FixedState::default().hash_one(key)
}

impl<K: Hash + Eq, V> Dictionary<K, V> {
    pub(super) fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.find(hash(key), |(known, _)| known.borrow() == key).map(|(_, value)| value)
    }

    /// The value of a key, made first where there is none.
    pub(super) fn or_make(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let entry = self.0.entry(hash(&key), |(known, _)| *known == key, |(known, _)| hash(known));
        &mut entry.or_insert_with(|| (key, make())).into_mut().1
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.0.iter()
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }
}
