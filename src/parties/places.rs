//! Some of the parties above one, by their places.
//!
//! In: places, counted from 0. Out: whether one is among them. It refuses places from 256 on: nobody looks at more.

/// Most parties looked at above one, itself among them.
pub(super) const PLACES: usize = 256;

/// A set of places, which is copied rather than kept.
#[derive(Clone, Copy, Default)]
pub(super) struct Places([u64; PLACES / 64]);

impl Places {
    pub(super) fn of(places: impl IntoIterator<Item = usize>) -> Self {
        let mut all = Self::default();
        places.into_iter().for_each(|place| all.put(place));
        all
    }

    pub(super) fn has(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|bits| bits >> (place % 64) & 1 == 1)
    }

    pub(super) fn put(&mut self, place: usize) {
        if let Some(bits) = self.0.get_mut(place / 64) {
            *bits |= 1 << (place % 64);
        }
    }

    /// Each, the nearest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        let bits_of = |(word, bits): (usize, &u64)| {
            let rest = std::iter::successors(Some(*bits), |bits| Some(bits & bits.wrapping_sub(1)));
            rest.take_while(|bits| *bits != 0).map(move |bits| word * 64 + bits.trailing_zeros() as usize)
        };
        self.0.iter().enumerate().flat_map(bits_of)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|bits| *bits == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_there_once_put_and_those_beyond_never() {
        let places = Places::of([0, 63, 64, 255, 256]);
        assert_eq!(
            [0, 1, 63, 64, 65, 255, 256].map(|place| places.has(place)),
            [true, false, true, true, false, true, false]
        );
        assert!(Places::default().is_empty() && !places.is_empty());
    }
}
