//! The walk up from a party to everyone who holds anything of it.
//!
//! In: a party and an instant. Out: its holdings. It refuses to know what the shares come to, and to look at more than 256
//! parties.

use super::Parties;
use super::graph::Graph;
use super::held::Extent;
use super::numbers::PartyNumber;
use super::places::{Placed, Places, Put};
use super::stake::{Holdings, Share, WHOLE};
use crate::model::{EventTime, Micros, PartyId};

impl Parties {
    /// Everyone who holds anything of `party` at `at`; at most 256 parties are looked at, the nearest.
    pub fn holdings(&self, party: &PartyId, at: EventTime) -> Holdings<'_> {
        let graph = &self.graph;
        let Some(known) = graph.number(party) else {
            return Holdings { unheard: Some(party.clone()), ..Walk::new(graph).holdings() };
        };
        let start = graph.canonical(known, at);
        let mut walk = Walk::new(graph);
        walk.up(start, at, Siblings::AsTheyCome);
        if walk.cut {
            // Which are the nearest 256 must not hang on the order of coming.
            walk = Walk::new(graph);
            walk.up(start, at, Siblings::ById);
        }
        walk.holdings()
    }
}

/// In which order the holders of one party are put.
#[derive(Clone, Copy, PartialEq)]
enum Siblings {
    AsTheyCome,
    ById,
}

/// What has been found so far; what is what is told of [`Holdings`].
struct Walk<'a> {
    graph: &'a Graph,
    all: Placed,
    shares: Vec<(usize, Share)>,
    ends: Vec<usize>,
    unsure: Places,
    cut: bool,
}

impl<'a> Walk<'a> {
    fn new(graph: &'a Graph) -> Self {
        let (shares, ends) = (Vec::with_capacity(48), Vec::with_capacity(32));
        Self { graph, all: Placed::default(), shares, ends, unsure: Places::default(), cut: false }
    }

    fn up(&mut self, start: PartyNumber, at: EventTime, order: Siblings) {
        let graph = self.graph;
        self.all.put(start);
        let mut siblings = Vec::new();
        loop {
            let level = self.all.from(self.ends.len());
            if level.is_empty() || self.cut && order == Siblings::AsTheyCome {
                return;
            }
            // What is read of one party of a level hangs on no other: asked together first, they are fetched at the same time.
            self.shares.reserve(level.iter().map(|party| graph.count_held(*party)).sum());
            for _ in 0..level.len() {
                let held = self.ends.len();
                let Some(party) = self.all.get(held) else { return };
                match order {
                    Siblings::AsTheyCome => graph.each_share(party, at, |holder, share| self.put(held, holder, share)),
                    Siblings::ById => {
                        graph.each_share(party, at, |holder, share| siblings.push((holder, share)));
                        siblings.sort_by(|(one, _), (other, _)| graph.by_id(*one, *other));
                        siblings.drain(..).for_each(|(holder, share)| self.put(held, holder, share));
                    }
                }
                self.ends.push(self.shares.len());
            }
        }
    }

    /// The party at the last place walked has a holder, perhaps told of before: of several edges between the same two the
    /// greatest counts.
    #[inline]
    fn put(&mut self, held: usize, holder: PartyNumber, share: Share) {
        if !share.exact {
            self.unsure.put(held);
        }
        match self.all.put(holder) {
            Put::New(place) => self.shares.push((place, share)),
            Put::Known(place) => {
                let begin = self.ends.last().copied().unwrap_or_default();
                match self.shares.iter_mut().skip(begin).find(|(known, _)| *known == place) {
                    Some((_, known)) => *known = known.or(share),
                    None => self.shares.push((place, share)),
                }
            }
            Put::NoPlace => self.cut = true,
        }
    }

    fn holdings(self) -> Holdings<'a> {
        let Self { graph, all, shares, ends, unsure, cut } = self;
        Holdings { graph, unheard: None, all: all.into(), shares, ends, unsure, cut }
    }
}

impl Graph {
    /// Who holds shares of a party directly, one after the other by each edge that says so, itself left out: shares that it
    /// holds in itself are nobody's.
    #[inline]
    fn each_share(&self, party: PartyNumber, at: EventTime, mut each: impl FnMut(PartyNumber, Share)) {
        for id in self.same(party, at) {
            self.each_holding(id, at, |holding| {
                let share = match holding.share {
                    Extent::Part => Share { at_least: WHOLE, exact: true },
                    Extent::Stake(Some(stake)) => Share { at_least: stake.clamp(Micros(0), WHOLE), exact: true },
                    Extent::Stake(None) => Share { at_least: Micros(0), exact: false },
                };
                let holder = self.canonical(holding.holder, at);
                if holder != party && share != Share::NOTHING {
                    each(holder, share);
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
