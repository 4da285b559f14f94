//! The walk up from a party to everyone who holds anything of it.
//!
//! In: a party and an instant. Out: its holdings. It refuses to know what the shares come to, and to look at more than 256
//! parties.

use super::Parties;
use super::graph::Graph;
use super::held::Extent;
use super::numbers::PartyNumber;
use super::places::{PLACES, Places};
use super::stake::{Holdings, Share, WHOLE};
use crate::model::{EventTime, Micros, PartyId};

/// A holder, and one share that an edge says it has.
type Held = (PartyNumber, Share);

impl Parties {
    /// Everyone who holds anything of `party` at `at`; at most 256 parties are looked at, the nearest.
    pub fn holdings(&self, party: &PartyId, at: EventTime) -> Holdings<'_> {
        let mut found = Holdings {
            graph: &self.graph,
            unheard: None,
            all: Vec::with_capacity(32),
            shares: Vec::with_capacity(48),
            ends: Vec::with_capacity(32),
            unsure: Places::default(),
            cut: false,
        };
        match self.graph.number(party) {
            None => found.unheard = Some(party.clone()),
            Some(party) => {
                let party = self.graph.canonical(party, at);
                found.walk_up(party, at, Siblings::AsTheyCome);
                if found.cut {
                    // Which are the nearest 256 must not hang on the order of coming.
                    found.walk_up(party, at, Siblings::ById);
                }
            }
        }
        found
    }
}

/// In which order the holders of one party are put.
#[derive(Clone, Copy, PartialEq)]
enum Siblings {
    AsTheyCome,
    ById,
}

impl Holdings<'_> {
    fn walk_up(&mut self, start: PartyNumber, at: EventTime, order: Siblings) {
        self.all.clear();
        self.all.push(start);
        self.shares.clear();
        self.ends.clear();
        (self.unsure, self.cut) = (Places::default(), false);
        let mut holders = Vec::new();
        while let Some(level) = self.all.get(self.ends.len()..).filter(|level| !level.is_empty()) {
            // What is read of one party of a level hangs on no other: asked together first, they are fetched at the same time.
            self.shares.reserve(level.iter().map(|party| self.graph.count_held(*party)).sum());
            for held in self.ends.len()..self.all.len() {
                let Some(party) = self.all.get(held) else { return };
                self.graph.holders(*party, at, &mut holders);
                if order == Siblings::ById {
                    holders.sort_by(|(one, _), (other, _)| self.graph.by_id(*one, *other));
                }
                holders.drain(..).for_each(|(holder, share)| self.put(held, holder, share));
                self.ends.push(self.shares.len());
            }
            if self.cut && order == Siblings::AsTheyCome {
                return;
            }
        }
    }

    /// The last party has another holder, or the same once more: of several edges between the same two the greatest counts.
    fn put(&mut self, held: usize, holder: PartyNumber, share: Share) {
        if !share.exact {
            self.unsure.put(held);
        }
        match place_in(&self.all, holder) {
            Some(place) => {
                let begin = self.ends.last().copied().unwrap_or_default();
                let known = self.shares.iter_mut().skip(begin).find(|(known, _)| *known == place);
                match known {
                    Some((_, known)) => *known = known.or(share),
                    None => self.shares.push((place, share)),
                }
            }
            None if self.all.len() == PLACES => self.cut = true,
            None => {
                self.shares.push((self.all.len(), share));
                self.all.push(holder);
            }
        }
    }
}

/// Where a party stands among these, of which eight are compared at a time.
pub(super) fn place_in(all: &[PartyNumber], party: PartyNumber) -> Option<usize> {
    let (eights, rest) = all.as_chunks::<8>();
    let has = |eight: &[PartyNumber; 8]| eight.iter().fold(false, |has, known| has | (*known == party));
    let (before, some) = match eights.iter().position(has) {
        Some(nth) => (nth * 8, eights.get(nth)?.as_slice()),
        None => (eights.len() * 8, rest),
    };
    some.iter().position(|known| *known == party).map(|place| before + place)
}

impl Graph {
    /// Who holds shares of a party directly, by each edge that says so, itself left out: shares that it holds in itself are
    /// nobody's.
    fn holders(&self, party: PartyNumber, at: EventTime, holders: &mut Vec<Held>) {
        for id in self.same(party, at) {
            self.each_holding(id, at, |holding| {
                let share = match holding.share {
                    Extent::Part => Share { at_least: WHOLE, exact: true },
                    Extent::Stake(Some(stake)) => Share { at_least: stake.clamp(Micros(0), WHOLE), exact: true },
                    Extent::Stake(None) => Share { at_least: Micros(0), exact: false },
                };
                let holder = self.canonical(holding.holder, at);
                if holder != party && share != Share::NOTHING {
                    holders.push((holder, share));
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::EdgeKind;
    use crate::parties::fixtures::edge;

    #[test]
    fn of_more_holders_than_are_looked_at_the_same_count_whatever_came_first() {
        let mut edges = Vec::new();
        for owner in 0..20 {
            edges.push(edge(EdgeKind::Owns, &format!("owner-{owner:02}"), "held", Some(4)));
            for holder in 0..15 {
                let (from, to) = (format!("holder-{holder:02}-{owner:02}"), format!("owner-{owner:02}"));
                edges.push(edge(EdgeKind::Owns, &from, &to, Some(6)));
            }
        }
        let told = |edges: &mut dyn Iterator<Item = &crate::model::Fact>| {
            let mut parties = Parties::default();
            edges.for_each(|edge| parties.put(edge));
            let held = PartyId::new("held");
            let holdings = parties.holdings(&held, EventTime::MIN);
            let holders: BTreeSet<PartyId> = holdings.holders().cloned().collect();
            let stakes: Vec<_> = holders.iter().map(|holder| holdings.stake_of(holder)).collect();
            let together = holdings.together(&holders);
            (holdings.is_cut(), holders.clone(), format!("{stakes:?} {together:?}"))
        };
        let (one, other) = (told(&mut edges.iter()), told(&mut edges.iter().rev()));
        assert!(one.0 && one.1.len() > 200, "{}", one.1.len());
        assert_eq!(one, other);
    }
}
