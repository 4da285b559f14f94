//! By whom a party is held, as a walk up to owners reads it: within one line of a processor's cache.
//!
//! In: edges that hold a party, each whenever it has changed. Out: those in force at an instant, but what has no room here.
//! It refuses to know what an edge was learnt from.

use super::numbers::{LineNumber, PartyNumber};
use crate::model::{EventTime, Micros, Timeline};

/// An edge that holds a party: who `owns` of it, or what it is a `sub_unit_of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) holder: PartyNumber,
    pub(super) share: Extent,
    /// Where the edge says so.
    pub(super) line: LineNumber,
}

/// How much of a party an edge says is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// It is a part of its holder.
    Part,
    /// Per cent; `None` is unknown.
    Stake(Option<Micros>),
}

/// Most edges of which a party keeps what a walk reads.
const KEPT: usize = 2;

/// What a walk up asks of a party.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub(super) struct Held {
    /// Edges that never said anything else than now, which is most.
    kept: [Option<Kept>; KEPT],
    /// Their numbers, by the same places.
    lines: [Option<LineNumber>; KEPT],
    /// The last of the others.
    pub(super) others: Option<LineNumber>,
}

/// A holding for as long as it is in force, in 24 bytes.
#[derive(Clone, Copy, Debug)]
struct Kept {
    from: EventTime,
    /// First instant after; the last one there is means for good.
    to: EventTime,
    holder: PartyNumber,
    /// Millionths of a per cent, or what stands below nought.
    share: i32,
}

const UNKNOWN: i32 = -1;
const PART: i32 = -2;

impl Kept {
    /// None where it does not fit, or says one thing at one time and another at another.
    fn of<T>(holding: Holding, line: &Timeline<T>) -> Option<Self> {
        let (from, to) = line.only()?;
        let share = match holding.share {
            Extent::Part => PART,
            Extent::Stake(None) => UNKNOWN,
            Extent::Stake(Some(stake)) => i32::try_from(stake.0).ok().filter(|stake| *stake >= 0)?,
        };
        (to != Some(EventTime::MAX)).then_some(Self {
            from,
            to: to.unwrap_or(EventTime::MAX),
            holder: holding.holder,
            share,
        })
    }

    fn holding(&self, line: LineNumber) -> Holding {
        let share = match self.share {
            PART => Extent::Part,
            UNKNOWN => Extent::Stake(None),
            stake => Extent::Stake(Some(Micros(stake.into()))),
        };
        Holding { holder: self.holder, share, line }
    }

    fn holds(&self, at: EventTime) -> bool {
        self.from <= at && (at < self.to || self.to == EventTime::MAX)
    }
}

impl Held {
    /// Keeps what an edge says now, if it fits; whether it does.
    pub(super) fn keep<T>(&mut self, holding: Holding, line: &Timeline<T>) -> bool {
        let known = self.lines.iter().position(|line| *line == Some(holding.line));
        let place = known.or_else(|| self.lines.iter().position(Option::is_none));
        let slot = place.and_then(|place| self.kept.get_mut(place).zip(self.lines.get_mut(place)));
        let Some((kept, of)) = slot else { return false };
        *kept = Kept::of(holding, line);
        *of = kept.is_some().then_some(holding.line);
        kept.is_some()
    }

    /// Whether an edge is kept.
    pub(super) fn keeps(&self, line: LineNumber) -> bool {
        self.lines.contains(&Some(line))
    }

    /// How many edges are kept.
    pub(super) fn count(&self) -> usize {
        self.lines.iter().flatten().count()
    }

    /// Those of the kept that are in force, one after the other.
    #[inline]
    pub(super) fn each(&self, at: EventTime, mut each: impl FnMut(Holding)) {
        self.all().filter(|(kept, _)| kept.holds(at)).for_each(|(kept, line)| each(kept.holding(line)));
    }

    /// Those of the kept, whenever.
    pub(super) fn ever(&self) -> impl Iterator<Item = Holding> {
        self.all().map(|(kept, line)| kept.holding(line))
    }

    fn all(&self) -> impl Iterator<Item = (&Kept, LineNumber)> {
        self.kept.iter().zip(self.lines).filter_map(|(kept, line)| kept.as_ref().zip(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Hour;

    #[test]
    fn a_party_fills_one_line_of_a_cache() {
        assert_eq!(size_of::<Held>(), 64);
    }

    #[test]
    fn what_is_kept_says_what_the_edge_says_and_what_does_not_fit_is_left() {
        let holding = |index, share| {
            let (holder, line) = (PartyNumber::at(7).unwrap(), LineNumber::at(index).unwrap());
            Holding { holder, share, line }
        };
        let stake = |stake| holding(0, Extent::Stake(stake));
        let part = holding(1, Extent::Part);
        let hour = |hour| Hour(hour).start();
        let line = |from, to| {
            let mut line = Timeline::default();
            line.put(from, to, ());
            line
        };
        let mut held = Held::default();
        assert!(held.keep(stake(Some(Micros(50_000_000))), &line(EventTime::MIN, None)));
        assert!(held.keep(part, &line(hour(1), Some(hour(3)))));
        let at = |held: Held, at| {
            let mut shares = Vec::new();
            held.each(at, |holding| shares.push(holding.share));
            shares
        };
        let half = Extent::Stake(Some(Micros(50_000_000)));
        assert_eq!(at(held, hour(0)), [half]);
        assert_eq!(at(held, hour(2)), [half, Extent::Part]);
        assert_eq!(at(held, hour(3)), [half]);
        assert_eq!(at(held, EventTime::MAX), [half]);
        let third = holding(2, Extent::Stake(None));
        assert!(!held.keep(third, &line(hour(1), None)), "there is no room");
        assert!(!held.keep(stake(Some(Micros(i64::MAX))), &line(hour(1), None)), "too much");
        assert!(held.keep(third, &line(hour(1), None)), "there is room now");
        assert_eq!(at(held, hour(2)), [Extent::Stake(None), Extent::Part]);
        assert!(!held.keep(third, &line(hour(1), Some(EventTime::MAX))), "not for good");
        let mut twice = line(hour(1), None);
        twice.put(hour(2), None, ());
        assert!(!held.keep(part, &twice), "one thing and then another");
        assert_eq!(at(held, hour(2)), []);
    }
}
