//! The parties above one, by their places, and some of them.
//!
//! In: parties, as they are found, and places, counted from 0. Out: the place of each, and whether one is among some. It
//! refuses places from 256 on: nobody looks at more.

use super::numbers::PartyNumber;

/// Most parties looked at above one, itself among them: as many as there are places.
pub(super) const PLACES: usize = 256;

/// Where a party stands among those above one.
pub(super) type Place = u8;

/// A set of places, which is copied rather than kept. One byte each, so that to ask and to put is one step without a choice.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Places([bool; PLACES]);

impl Default for Places {
    fn default() -> Self {
        Self([false; PLACES])
    }
}

impl Places {
    pub(super) fn of(places: impl IntoIterator<Item = Place>) -> Self {
        let mut all = Self::default();
        places.into_iter().for_each(|place| all.put_if(true, place));
        all
    }

    pub(super) fn has(&self, place: Place) -> bool {
        self.0.get(usize::from(place)).is_some_and(|has| *has)
    }

    pub(super) fn put_if(&mut self, joins: bool, place: Place) {
        if let Some(has) = self.0.get_mut(usize::from(place)) {
            *has |= joins;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.0.contains(&true)
    }
}

/// Twice the places, so that a free slot is mostly the first one looked at.
const SLOTS: usize = 2 * PLACES;

/// Parties by their places, each once.
pub(super) struct Placed {
    all: Vec<PartyNumber>,
    /// By the number of a party, or next to that.
    slots: [Option<Place>; SLOTS],
}

/// Where a party stands.
pub(super) enum Put {
    New(Place),
    Known(Place),
    NoPlace,
}

impl Default for Placed {
    fn default() -> Self {
        Self { all: Vec::with_capacity(32), slots: [None; SLOTS] }
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
            match *slot {
                None => {
                    let Ok(place) = Place::try_from(self.all.len()) else { return Put::NoPlace };
                    *slot = Some(place);
                    self.all.push(party);
                    return Put::New(place);
                }
                Some(place) if self.all.get(usize::from(place)) == Some(&party) => return Put::Known(place),
                Some(_) => at = (at + 1) % SLOTS,
            }
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
    fn places_are_there_once_put() {
        let mut places = Places::of([0, 63, 255]);
        places.put_if(false, 64);
        assert_eq!([0, 1, 63, 64, 255].map(|place| places.has(place)), [true, false, true, false, true]);
        assert!(Places::default().is_empty() && !places.is_empty());
    }

    #[test]
    fn a_party_has_one_place_and_the_two_hundred_and_fifty_seventh_none() {
        // Numbers that would all like the same slot.
        let party = |nth: usize| PartyNumber::at(nth * SLOTS).unwrap();
        let mut placed = Placed::default();
        for nth in 0..PLACES {
            assert!(matches!(placed.put(party(nth)), Put::New(place) if usize::from(place) == nth));
        }
        assert!(matches!(placed.put(party(PLACES)), Put::NoPlace));
        assert!(matches!(placed.put(party(7)), Put::Known(7)));
        assert_eq!((placed.get(255), placed.get(256)), (Some(party(255)), None));
        assert_eq!(placed.from(254), [party(254), party(255)]);
    }
}
