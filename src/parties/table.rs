//! Numbers, found by the hash of what they stand for: one line of a processor's cache is read for one that is there.
//!
//! In: hashes with numbers. Out: the numbers that have a hash. It refuses to know what they stand for: whoever asks looks
//! whether it is what was meant.

use super::numbers::Number;

/// Numbers by hashes, of which each stands at its own place or soon after it.
#[derive(Clone, Debug)]
pub(super) struct Table<T> {
    /// As many as a power of two, and a third more than numbers; beside each number a half of its hash.
    slots: Vec<(u32, Option<Number<T>>)>,
    count: usize,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), count: 0 }
    }
}

impl<T> Table<T> {
    /// The first number of this hash that is the one meant.
    pub(super) fn find(&self, hash: u64, is: impl Fn(Number<T>) -> bool) -> Option<Number<T>> {
        let hash = half(hash);
        let mut at = self.place(hash);
        // There is always an empty slot.
        while let Some((known, Some(number))) = self.slots.get(at) {
            if *known == hash && is(*number) {
                return Some(*number);
            }
            at = self.after(at);
        }
        None
    }

    pub(super) fn put(&mut self, hash: u64, number: Number<T>) {
        if self.count >= self.slots.len() / 4 * 3 {
            let slots = vec![(0, None); (self.slots.len() * 2).max(16)];
            let old = std::mem::replace(&mut self.slots, slots);
            old.into_iter().for_each(|(hash, number)| self.set(hash, number));
        }
        self.count += 1;
        self.set(half(hash), Some(number));
    }

    fn set(&mut self, hash: u32, number: Option<Number<T>>) {
        let mut at = self.place(hash);
        while number.is_some() && self.slots.get(at).is_some_and(|(_, taken)| taken.is_some()) {
            at = self.after(at);
        }
        if let Some(slot) = self.slots.get_mut(at).filter(|_| number.is_some()) {
            *slot = (hash, number);
        }
    }

    fn place(&self, hash: u32) -> usize {
        hash as usize & self.slots.len().wrapping_sub(1)
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & self.slots.len().wrapping_sub(1)
    }
}

/// The half of a hash that is kept.
fn half(hash: u64) -> u32 {
    (hash >> 32) as u32 ^ hash as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_found_by_its_hash_and_no_other_is() {
        let number = |index| Number::<u8>::at(index).unwrap();
        let hash = |index: usize| (index as u64 / 2).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut table = Table::default();
        assert_eq!(table.find(0, |_| true), None);
        for index in 0..5_000 {
            table.put(hash(index), number(index));
        }
        for index in 0..5_000 {
            assert_eq!(table.find(hash(index), |known| known == number(index)), Some(number(index)));
            assert_eq!(table.find(hash(index), |known| known == number(index ^ 1)), Some(number(index ^ 1)));
            assert_eq!(table.find(hash(index), |_| false), None);
        }
        assert_eq!(table.find(hash(10_000), |_| true), None);
    }

    #[test]
    fn many_of_one_hash_are_all_there() {
        let mut table = Table::default();
        for index in 0..50 {
            table.put(u64::MAX, Number::<u8>::at(index).unwrap());
        }
        let has = |index| table.find(u64::MAX, |known| known.index() == index).is_some();
        assert!((0..50).all(has) && !has(50));
    }
}
