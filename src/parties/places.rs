//! The parties above one, by their places, and some of them.
//!
//! In: parties, as they are found, and places, counted from 0. Out: the place of each, and whether one is among some. It
//! refuses places from 256 on: nobody looks at more.

use super::numbers::PartyNumber;

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

/// Twice the places, so that a free slot is mostly the first one looked at.
const SLOTS: usize = 2 * PLACES;

/// Parties by their places, each once.
pub(super) struct Placed {
    all: Vec<PartyNumber>,
    /// By the number of a party, or next to that: its place and one. Nought is free.
    slots: [u16; SLOTS],
}

/// Where a party stands.
pub(super) enum Put {
    New(usize),
    Known(usize),
    NoPlace,
}

impl Default for Placed {
    fn default() -> Self {
        Self { all: Vec::with_capacity(32), slots: [0; SLOTS] }
    }
}

impl From<Placed> for Vec<PartyNumber> {
    fn from(placed: Placed) -> Self {
        placed.all
    }
}

impl Placed {
    /// Gives a party the next place, if it has none.
    #[inline]
    pub(super) fn put(&mut self, party: PartyNumber) -> Put {
        let mut at = party.index() % SLOTS;
        while let Some(slot) = self.slots.get_mut(at) {
            let Some(place) = usize::from(*slot).checked_sub(1) else {
                let place = self.all.len();
                if place == PLACES {
                    return Put::NoPlace;
                }
                *slot = place as u16 + 1;
                self.all.push(party);
                return Put::New(place);
            };
            if self.all.get(place) == Some(&party) {
                return Put::Known(place);
            }
            at = (at + 1) % SLOTS;
        }
        Put::NoPlace
    }

    pub(super) fn get(&self, place: usize) -> Option<PartyNumber> {
        self.all.get(place).copied()
    }

    /// Those at a place and after it.
    pub(super) fn from(&self, place: usize) -> &[PartyNumber] {
        self.all.get(place..).unwrap_or_default()
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
