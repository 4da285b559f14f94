//! Small numbers for what cards name over and over: parties, accounts, sources, names.
//!
//! In: values, as they come. Out: their numbers, the same for equal ones, and whatever is kept by number. It refuses an
//! order among numbers: they say who came first, and nothing that is told may hang on that. What is told in an order is
//! put in that of the values; by index only what is equal is brought together.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;
use std::num::NonZeroU32;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::table::Table;
use crate::model::{AccountId, Edge, PartyId};

/// The number of an account's id.
pub(super) type AccountNumber = Number<AccountId>;
/// The number of a party's id.
pub(super) type PartyNumber = Number<PartyId>;
/// The number of all edges of one kind from one party to another.
pub(super) type LineNumber = Number<Edge>;

const HASHER: FixedState = FixedState::with_seed(0);

/// A hash for tables that are looked into and never walked: the same in every process.
pub(super) fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    HASHER.hash_one(value)
}

/// The number of a value of this type. None takes no more room than one.
pub(super) struct Number<T> {
    nth: NonZeroU32,
    of: PhantomData<fn() -> T>,
}

// Derived, these would ask the same of `T`.
impl<T> Clone for Number<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Number<T> {}

impl<T> PartialEq for Number<T> {
    fn eq(&self, other: &Self) -> bool {
        self.nth == other.nth
    }
}

impl<T> Eq for Number<T> {}

impl<T> Hash for Number<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.nth.hash(state);
    }
}

impl<T> fmt::Debug for Number<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.nth)
    }
}

impl<T> Number<T> {
    /// That of what stands at this index, counted from 0; beyond 2³² − 2 none.
    pub(super) fn at(index: usize) -> Option<Self> {
        let nth = u32::try_from(index).ok()?.checked_add(1)?;
        Some(Self { nth: NonZeroU32::new(nth)?, of: PhantomData })
    }

    pub(super) fn index(self) -> usize {
        self.nth.get() as usize - 1
    }

    /// The same number of something else.
    pub(super) fn as_of<U>(self) -> Number<U> {
        Number { nth: self.nth, of: PhantomData }
    }
}

/// Values with their numbers, each as it is, or in what is kept of it: that is in memory where it was found.
#[derive(Clone, Debug)]
pub(super) struct Numbers<T, K = T> {
    kept: Vec<K>,
    table: Table<T>,
}

impl<T, K> Default for Numbers<T, K> {
    fn default() -> Self {
        Self { kept: Vec::new(), table: Table::default() }
    }
}

impl<T: Clone + Eq + Hash, K: Borrow<T> + From<T>> Numbers<T, K> {
    pub(super) fn find(&self, value: &T) -> Option<Number<T>> {
        self.find_hashed(hash(value), value)
    }

    fn find_hashed(&self, hashed: u64, value: &T) -> Option<Number<T>> {
        self.table.find(hashed, |number| self.get(number) == Some(value))
    }

    /// The number of a value, from now on if it had none; none where there are no more.
    pub(super) fn put(&mut self, value: &T) -> Option<Number<T>> {
        let hashed = hash(value);
        if let Some(known) = self.find_hashed(hashed, value) {
            return Some(known);
        }
        let number = Number::at(self.kept.len())?;
        self.kept.push(value.clone().into());
        self.table.put(hashed, number);
        Some(number)
    }

    pub(super) fn get(&self, number: Number<T>) -> Option<&T> {
        self.kept(number).map(Borrow::borrow)
    }

    /// What is kept of a value.
    pub(super) fn kept(&self, number: Number<T>) -> Option<&K> {
        self.kept.get(number.index())
    }

    pub(super) fn change(&mut self, number: Number<T>, change: impl FnOnce(&mut K)) {
        if let Some(kept) = self.kept.get_mut(number.index()) {
            change(kept);
        }
    }
}

/// What is kept of each `T`, by its number; of those never put, the default.
#[derive(Clone, Debug)]
pub(super) struct ByNumber<T, V> {
    kept: Vec<V>,
    of: PhantomData<fn() -> T>,
}

impl<T, V> Default for ByNumber<T, V> {
    fn default() -> Self {
        Self { kept: Vec::new(), of: PhantomData }
    }
}

impl<T, V: Default> ByNumber<T, V> {
    pub(super) fn get(&self, number: Number<T>) -> Option<&V> {
        self.kept.get(number.index())
    }

    pub(super) fn change(&mut self, number: Number<T>, change: impl FnOnce(&mut V)) {
        if self.kept.len() <= number.index() {
            self.kept.resize_with(number.index() + 1, V::default);
        }
        if let Some(kept) = self.kept.get_mut(number.index()) {
            change(kept);
        }
    }
}

/// A set of numbers that grows while it is walked, each once, in the order of coming.
#[derive(Clone, Debug)]
pub(super) struct Reached<T> {
    all: Vec<Number<T>>,
    table: HashTable<Number<T>>,
}

impl<T> Default for Reached<T> {
    fn default() -> Self {
        Self { all: Vec::new(), table: HashTable::new() }
    }
}

impl<T> Reached<T> {
    pub(super) fn from(start: impl IntoIterator<Item = Number<T>>) -> Self {
        let mut reached = Self::default();
        start.into_iter().for_each(|number| reached.put(number));
        reached
    }

    /// These and others.
    pub(super) fn and(mut self, others: &Self) -> Self {
        others.iter().for_each(|number| self.put(number));
        self
    }

    pub(super) fn put(&mut self, number: Number<T>) {
        if !self.has(number) {
            self.table.insert_unique(hash(&number), number, hash);
            self.all.push(number);
        }
    }

    pub(super) fn has(&self, number: Number<T>) -> bool {
        !self.all.is_empty() && self.table.find(hash(&number), |known| *known == number).is_some()
    }

    /// The one that came as the `nth`, counted from 0.
    pub(super) fn nth(&self, nth: usize) -> Option<Number<T>> {
        self.all.get(nth).copied()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Number<T>> {
        self.all.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_number_and_what_was_never_put_has_none() {
        let mut numbers: Numbers<String> = Numbers::default();
        let first = numbers.put(&"a".to_owned()).unwrap();
        for n in 0..3_000 {
            assert_eq!(numbers.put(&format!("{n}")).map(Number::index), Some(n + 1));
        }
        assert_eq!(numbers.put(&"a".to_owned()), Some(first));
        assert_eq!(numbers.find(&"17".to_owned()).and_then(|number| numbers.get(number)), Some(&"17".to_owned()));
        assert_eq!(numbers.find(&"b".to_owned()), None);
    }

    #[test]
    fn numbers_end_and_none_is_no_larger_than_one() {
        assert_eq!(Number::<u8>::at(u32::MAX as usize - 1).map(Number::index), Some(u32::MAX as usize - 1));
        assert_eq!(Number::<u8>::at(u32::MAX as usize), None);
        assert_eq!(size_of::<Option<Number<u8>>>(), 4);
    }

    #[test]
    fn what_is_kept_of_others_is_the_default() {
        let mut kept = ByNumber::<u8, Vec<u8>>::default();
        let number = |index| Number::at(index).unwrap();
        kept.change(number(2), |kept| kept.push(7));
        assert_eq!([0, 2, 3].map(|index| kept.get(number(index)).map(Vec::len)), [Some(0), Some(1), None]);
    }

    #[test]
    fn what_is_reached_twice_stands_once() {
        let number = |index| Number::<u8>::at(index).unwrap();
        let mut reached = Reached::from([2, 1, 2].map(number));
        [1, 3].map(number).into_iter().for_each(|number| reached.put(number));
        assert_eq!(reached.iter().map(Number::index).collect::<Vec<_>>(), [2, 1, 3]);
    }
}
