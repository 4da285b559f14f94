//! What is asked of nearly every party that is come by: within one line of a processor's cache.
//!
//! In: its id, its card, whenever that has changed, and the edges that lead to it. Out: these. It refuses to know a card that
//! ends, or of two which is in force: of those it says only that they are to be read.

use std::borrow::Borrow;

use super::numbers::LineNumber;
use crate::model::{Country, EdgeKind, EventTime, PartyId};

/// The last edge of each kind.
pub(super) type ByKind = [Option<LineNumber>; EdgeKind::ALL.len()];

/// A party that has a number.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Known {
    id: PartyId,
    /// Of edges that lead to it, but for those by which it is held.
    pub(super) into: ByKind,
    pub(super) seats: Seats,
}

/// Where a party is, as its cards say.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seats {
    /// It has none.
    NoCard,
    /// It has one, which does not end.
    From(EventTime, Seat),
    /// Its cards are to be read.
    ByCards,
}

/// Where a party is, as one of its cards says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seat {
    pub(super) country: Option<Country>,
    pub(super) hq: Option<Country>,
    pub(super) person: bool,
}

impl From<PartyId> for Known {
    fn from(id: PartyId) -> Self {
        Self { id, into: ByKind::default(), seats: Seats::NoCard }
    }
}

impl Borrow<PartyId> for Known {
    fn borrow(&self) -> &PartyId {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_fills_one_line_of_a_cache() {
        assert_eq!(size_of::<Known>(), 64);
    }
}
