//! The walk up from a party to everyone who holds anything of it.
//!
//! In: a party and an instant. Out: its holdings. It refuses to know what the shares come to, and to look at more than 256
//! parties.

use super::Parties;
use super::graph::{Graph, PartyNumber};
use super::held::{Extent, Held, Holding};
use super::places::PLACES;
use super::stake::{Holdings, Share, WHOLE};
use crate::model::{EventTime, Micros, PartyId};

impl Parties {
    /// Everyone who holds anything of `party` at `at`; at most 256 parties are looked at, the nearest.
    pub fn holdings(&self, party: &PartyId, at: EventTime) -> Holdings<'_> {
        let mut found = Holdings {
            graph: &self.graph,
            unheard: None,
            all: Vec::with_capacity(32),
            shares: Vec::with_capacity(48),
            ends: Vec::with_capacity(32),
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
        (self.all, self.cut) = (vec![start], false);
        self.shares.clear();
        self.ends.clear();
        let (mut level, mut holders) = (Vec::new(), Vec::new());
        while self.ends.len() < self.all.len() {
            // What is read of one party of a level hangs on no other: read together, they are fetched at the same time.
            level.extend(self.all.iter().skip(self.ends.len()).map(|party| (*party, self.graph.held(*party))));
            for (party, held) in &level {
                self.graph.holders(*party, held, at, &mut holders);
                if order == Siblings::ById {
                    holders.sort_by(|(one, _), (other, _)| self.graph.by_id(*one, *other));
                }
                holders.drain(..).for_each(|(holder, share)| self.put(holder, share));
                self.ends.push(self.shares.len());
            }
            level.clear();
        }
    }

    fn put(&mut self, holder: PartyNumber, share: Share) {
        match self.all.iter().position(|known| *known == holder) {
            Some(place) => self.shares.push((place, share)),
            None if self.all.len() == PLACES => self.cut = true,
            None => {
                self.shares.push((self.all.len(), share));
                self.all.push(holder);
            }
        }
    }
}

impl Graph {
    /// Who holds shares of a party directly, itself left out: shares that it holds in itself are nobody's. Of several
    /// edges between the same two the greatest counts.
    fn holders(&self, party: PartyNumber, held: &Held, at: EventTime, holders: &mut Vec<(PartyNumber, Share)>) {
        let mut put = |holding: Holding| {
            let share = match holding.share {
                Extent::Part => Share { at_least: WHOLE, exact: true },
                Extent::Stake(Some(stake)) => Share { at_least: stake.clamp(Micros(0), WHOLE), exact: true },
                Extent::Stake(None) => Share { at_least: Micros(0), exact: false },
            };
            let holder = self.canonical(holding.holder, at);
            if holder != party && share != Share::NOTHING {
                holders.push((holder, share));
            }
        };
        self.each_holding(held, at, &mut put);
        if self.has_twins(party) {
            for twin in self.twins(party, at) {
                self.each_holding(&self.held(twin), at, &mut put);
            }
        }
        if holders.len() > 1 {
            holders.sort_unstable_by_key(|(holder, _)| holder.index());
            holders.dedup_by(|(next, share), (holder, known)| {
                let again = next == holder;
                *known = if again { known.or(*share) } else { *known };
                again
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
