//! By whom parties are held, as a walk up to owners reads it: four parties to one line of a processor's cache.
//!
//! In: edges that hold a party, each whenever it has changed. Out: those of a party that are in force at an instant. It
//! refuses to keep what an edge says that says one thing at one time and another at another: it tells where that stands.
//!
//! A walk reads parties that are near one another nowhere in memory, so that it is as fast as what it reads is small. Eight
//! bytes say who holds how much. Since when and by whose word stands beside, and is read where an edge does not hold for
//! ever, or where somebody asks.

use super::numbers::{ByNumber, LineNumber, Number, Numbers, PartyNumber};
use crate::model::{EventTime, Micros, PartyId, Text};

/// How much of a party an edge says is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// It is a part of its holder.
    Part,
    /// Per cent; `None` is unknown.
    Stake(Option<Micros>),
}

/// Since when, until when and by whose word an edge holds. They are few, and stay once put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Terms {
    pub(super) from: EventTime,
    /// First instant after.
    pub(super) to: Option<EventTime>,
    pub(super) source: Number<Text>,
}

/// What an edge says that holds a party, if it always says the same: who holds it, how much, and on which terms.
pub(super) type Says = (PartyNumber, Extent, Terms);

/// What stands in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    Nothing,
    /// Who holds how much.
    Holder(PartyNumber, Extent),
    /// An edge of which more is to be read.
    Line(LineNumber),
    /// Two slots more.
    Pair(Number<Pair>),
}

/// Where an edge that holds a party stands: 0 and 1 are with the party, 2 and 3 are the first of the other pairs.
pub(super) type Place = Number<Slot>;

/// What [`Stands`] says, in eight bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Slot {
    /// The number of the holder, the line or the pair.
    of: Option<Number<Self>>,
    /// Millionths of a per cent, or what stands above them.
    says: u32,
}

pub(super) type Pair = [Slot; 2];
type PairTerms = [Option<Number<Terms>>; 2];

/// Says of a holder that its edge does not hold for ever.
const DATED: u32 = 1 << 31;
const UNKNOWN: u32 = DATED - 1;
const PART: u32 = DATED - 2;
const LINE: u32 = DATED - 3;
const PAIR: u32 = DATED - 4;
/// The greatest share that has room.
const MOST: u32 = DATED - 5;

/// By whom every party is held.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    first: ByNumber<PartyId, Pair>,
    /// Of parties with more edges: the second slot of each has an edge or the next pair.
    pairs: Vec<Pair>,
    /// On which terms what stands in these slots holds.
    first_terms: ByNumber<PartyId, PairTerms>,
    pair_terms: Vec<PairTerms>,
    terms: Numbers<Terms>,
}

/// Where an edge stands that was added, and which stands elsewhere now.
pub(super) struct Added {
    pub(super) place: Place,
    pub(super) moved: Option<(Stands, Place)>,
}

impl Terms {
    fn are_for_ever(&self) -> bool {
        self.from == EventTime::MIN && self.to.is_none()
    }

    fn hold(&self, at: EventTime) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

impl Slot {
    /// None where a share has no room.
    fn holder((holder, extent, terms): &Says) -> Option<Self> {
        let share = match extent {
            Extent::Part => PART,
            Extent::Stake(None) => UNKNOWN,
            Extent::Stake(Some(stake)) => u32::try_from(stake.0).ok().filter(|stake| *stake <= MOST)?,
        };
        let dated = if terms.are_for_ever() { 0 } else { DATED };
        Some(Self { of: Some(holder.as_of()), says: share | dated })
    }

    fn is_dated(self) -> bool {
        self.says & DATED != 0
    }

    #[inline]
    fn stands(self) -> Stands {
        let Some(of) = self.of else { return Stands::Nothing };
        match self.says & !DATED {
            PAIR => Stands::Pair(of.as_of()),
            LINE => Stands::Line(of.as_of()),
            PART => Stands::Holder(of.as_of(), Extent::Part),
            UNKNOWN => Stands::Holder(of.as_of(), Extent::Stake(None)),
            share => Stands::Holder(of.as_of(), Extent::Stake(Some(Micros(share.into())))),
        }
    }
}

/// Where a slot of a pair stands.
fn place(pair: Number<Pair>, slot: usize) -> Option<Place> {
    Place::at(pair.index().checked_mul(2)?.checked_add(slot + 2)?)
}

impl Held {
    /// Another edge that holds a party, and stands at `line`. None where there are no more numbers.
    pub(super) fn add(&mut self, party: PartyNumber, line: LineNumber, says: Option<Says>) -> Option<Added> {
        let [one, other] = self.first.get(party).copied().unwrap_or_default();
        let (added, moved) = match (one.stands(), other.stands()) {
            (Stands::Nothing, _) => (Place::at(0)?, None),
            (_, Stands::Nothing) => (Place::at(1)?, None),
            (_, stands) => {
                let pair = Number::at(self.pairs.len())?;
                let (added, after) = (place(pair, 0)?, place(pair, 1)?);
                let terms = self.first_terms.get(party).and_then(|[_, terms]| *terms);
                self.pairs.push([Slot::default(), other]);
                self.pair_terms.push([None, terms]);
                self.first.change(party, |[_, other]| *other = Slot { of: Some(pair.as_of()), says: PAIR });
                self.first_terms.change(party, |[_, terms]| *terms = None);
                (added, Some((stands, after)))
            }
        };
        self.put(party, added, line, says)?;
        Some(Added { place: added, moved })
    }

    /// An edge says this from now on.
    pub(super) fn put(&mut self, party: PartyNumber, at: Place, line: LineNumber, says: Option<Says>) -> Option<()> {
        let (mut slot, mut terms) = (Slot { of: Some(line.as_of()), says: LINE }, None);
        if let Some((kept, says)) = says.and_then(|says| Some((Slot::holder(&says)?, says))) {
            (slot, terms) = (kept, Some(self.terms.put(&says.2)?));
        }
        let nth = at.index() % 2;
        let set = |pair: &mut Pair| pair.get_mut(nth).into_iter().for_each(|old| *old = slot);
        let set_terms = |pair: &mut PairTerms| pair.get_mut(nth).into_iter().for_each(|old| *old = terms);
        match (at.index() / 2).checked_sub(1) {
            None => {
                self.first.change(party, set);
                self.first_terms.change(party, set_terms);
            }
            Some(pair) => {
                self.pairs.get_mut(pair).into_iter().for_each(set);
                self.pair_terms.get_mut(pair).into_iter().for_each(set_terms);
            }
        }
        Some(())
    }

    /// How many slots that stand with a party are not empty.
    pub(super) fn count(&self, party: PartyNumber) -> usize {
        self.first.get(party).map_or(0, |[one, other]| usize::from(one.of.is_some()) + usize::from(other.of.is_some()))
    }

    /// Every edge that holds a party: its holder, where it is in force at `at`, or its line, whenever.
    #[inline]
    pub(super) fn each(&self, party: PartyNumber, at: EventTime, mut each: impl FnMut(Stands, Place)) {
        self.each_slot(party, |slot, place| {
            if !slot.is_dated() || self.terms(party, place).is_some_and(|terms| terms.hold(at)) {
                each(slot.stands(), place);
            }
        });
    }

    /// The same whenever they are in force.
    pub(super) fn each_ever(&self, party: PartyNumber, mut each: impl FnMut(Stands)) {
        self.each_slot(party, |slot, _| each(slot.stands()));
    }

    #[inline]
    fn each_slot(&self, party: PartyNumber, mut each: impl FnMut(Slot, Place)) {
        let (mut at, mut slots) = ([Place::at(0), Place::at(1)], self.first.get(party));
        while let (Some([one, other]), [Some(first), Some(second)]) = (slots, at) {
            if one.of.is_some() {
                each(*one, first);
            }
            match other.stands() {
                Stands::Nothing => return,
                Stands::Pair(pair) => (at, slots) = ([place(pair, 0), place(pair, 1)], self.pairs.get(pair.index())),
                Stands::Holder(..) | Stands::Line(_) => return each(*other, second),
            }
        }
    }

    /// What stands in a slot.
    pub(super) fn stands(&self, party: PartyNumber, at: Place) -> Stands {
        let pair = match (at.index() / 2).checked_sub(1) {
            None => self.first.get(party),
            Some(pair) => self.pairs.get(pair),
        };
        pair.and_then(|pair| pair.get(at.index() % 2)).map_or(Stands::Nothing, |slot| slot.stands())
    }

    /// On which terms what stands in a slot holds, where it is a holder.
    pub(super) fn terms(&self, party: PartyNumber, at: Place) -> Option<&Terms> {
        let pair = match (at.index() / 2).checked_sub(1) {
            None => self.first_terms.get(party)?,
            Some(pair) => self.pair_terms.get(pair)?,
        };
        self.terms.get((*pair.get(at.index() % 2)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Hour;

    const PARTY: usize = 3;

    fn party(index: usize) -> PartyNumber {
        PartyNumber::at(index).unwrap()
    }

    fn says(holder: usize, extent: Extent, from: EventTime, to: Option<EventTime>) -> Option<Says> {
        Some((party(holder), extent, Terms { from, to, source: Number::at(0).unwrap() }))
    }

    fn stake(percent: i64) -> Extent {
        Extent::Stake(Micros::whole(percent))
    }

    fn line(index: usize) -> LineNumber {
        LineNumber::at(index).unwrap()
    }

    /// What stands of the party at an hour, in order.
    fn at(held: &Held, at: EventTime) -> Vec<String> {
        let mut all = Vec::new();
        held.each(party(PARTY), at, |stands, place| {
            assert_eq!(held.stands(party(PARTY), place), stands);
            all.push(match stands {
                Stands::Holder(holder, Extent::Part) => format!("{} part", holder.index()),
                Stands::Holder(holder, Extent::Stake(None)) => format!("{} unknown", holder.index()),
                Stands::Holder(holder, Extent::Stake(Some(stake))) => format!("{} {stake}", holder.index()),
                Stands::Line(line) => format!("line {}", line.index()),
                Stands::Nothing | Stands::Pair(_) => unreachable!(),
            });
        });
        all.sort();
        all
    }

    #[test]
    fn four_parties_fill_one_line_of_a_cache() {
        assert_eq!(size_of::<Pair>(), 16);
    }

    #[test]
    fn what_stands_with_a_party_is_in_force_as_long_as_its_edge() {
        let hour = |hour| Hour(hour).start();
        let mut held = Held::default();
        held.add(party(PARTY), line(0), says(7, stake(50), EventTime::MIN, None)).unwrap();
        held.add(party(PARTY), line(1), says(8, Extent::Part, hour(1), Some(hour(3)))).unwrap();
        held.add(party(PARTY), line(2), says(9, Extent::Stake(None), hour(2), None)).unwrap();
        held.add(party(PARTY), line(3), says(5, stake(4), EventTime::MIN, Some(EventTime::MAX))).unwrap();
        assert_eq!(at(&held, hour(0)), ["5 4", "7 50"]);
        assert_eq!(at(&held, hour(2)), ["5 4", "7 50", "8 part", "9 unknown"]);
        assert_eq!(at(&held, hour(3)), ["5 4", "7 50", "9 unknown"]);
        assert_eq!(at(&held, EventTime::MAX), ["7 50", "9 unknown"]);
        let mut ever = 0;
        held.each_ever(party(PARTY), |_| ever += 1);
        assert_eq!(ever, 4);
        held.each_ever(party(PARTY + 1), |_| unreachable!());
    }

    #[test]
    fn what_has_no_room_is_told_by_where_it_stands() {
        let mut held = Held::default();
        let too_much = Extent::Stake(Some(Micros(i64::from(MOST) + 1)));
        held.add(party(PARTY), line(0), says(7, too_much, EventTime::MIN, None)).unwrap();
        held.add(party(PARTY), line(1), says(8, Extent::Stake(Some(Micros(-1))), EventTime::MIN, None)).unwrap();
        held.add(party(PARTY), line(2), None).unwrap();
        assert_eq!(at(&held, EventTime::MIN), ["line 0", "line 1", "line 2"]);
        let most = Extent::Stake(Some(Micros(MOST.into())));
        held.add(party(PARTY), line(4), says(9, most, EventTime::MIN, None)).unwrap();
        assert_eq!(at(&held, EventTime::MIN), [&format!("9 {}", Micros(MOST.into())), "line 0", "line 1", "line 2"]);
    }

    #[test]
    fn of_many_edges_each_is_there_once_and_says_what_it_said_last() {
        for count in 0..9 {
            let mut held = Held::default();
            let mut places: Vec<Place> = Vec::new();
            for nth in 0..count {
                let added = held.add(party(PARTY), line(nth), says(nth, stake(1), EventTime::MIN, None)).unwrap();
                if let Some((Stands::Holder(holder, _), place)) = added.moved {
                    places[holder.index()] = place;
                }
                places.push(added.place);
            }
            let was: Vec<_> = (0..count).map(|nth| format!("{nth} 1")).collect();
            assert_eq!(at(&held, EventTime::MIN), was);
            for (nth, place) in places.iter().enumerate() {
                let says = if nth == 1 { None } else { says(nth, stake(2), Hour(1).start(), None) };
                held.put(party(PARTY), *place, line(nth), says).unwrap();
            }
            assert_eq!(at(&held, EventTime::MIN), if count > 1 { vec!["line 1".to_owned()] } else { vec![] });
            let is: Vec<_> = (0..count).filter(|nth| *nth != 1).map(|nth| format!("{nth} 2")).collect();
            let now = at(&held, EventTime::MAX);
            assert_eq!(now[..is.len()], is);
            assert_eq!(now.len(), count);
        }
    }
}
