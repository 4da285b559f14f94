//! The walk up from a party to everyone who holds anything of it.
//!
//! In: a party and an instant. Out: its holdings. It refuses to know what the shares come to, and to look at more than 256
//! parties.

use super::Parties;
use super::graph::Graph;
use super::held::Extent;
use super::numbers::PartyNumber;
use super::places::{Place, Placed, Put};
use super::stake::{Holdings, Part, Share, WHOLE};
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

/// What has been found so far, as [`Holdings`] have it.
struct Walk<'a> {
    graph: &'a Graph,
    all: Placed,
    parts: Vec<Part>,
    /// How many of these are in the party asked about.
    direct: usize,
    cut: bool,
}

impl<'a> Walk<'a> {
    fn new(graph: &'a Graph) -> Self {
        Self { graph, all: Placed::default(), parts: Vec::with_capacity(48), direct: 0, cut: false }
    }

    fn up(&mut self, start: PartyNumber, at: EventTime, order: Siblings) {
        let graph = self.graph;
        self.all.put(start);
        let mut siblings = Vec::new();
        let mut walked = 0;
        loop {
            let level = self.all.from(walked);
            if level.is_empty() || self.cut && order == Siblings::AsTheyCome {
                return;
            }
            // What is read of one party of a level hangs on no other: asked together first, they are fetched at the same time.
            self.parts.reserve(level.iter().map(|party| graph.count_held(*party)).sum());
            let first = walked;
            walked += level.len();
            for place in first..walked {
                let (Some(party), Ok(held)) = (self.all.get(place), Place::try_from(place)) else { return };
                let begin = self.parts.len();
                match order {
                    Siblings::AsTheyCome => {
                        graph.each_share(party, at, |holder, share| self.put(held, begin, holder, share));
                    }
                    Siblings::ById => {
                        graph.each_share(party, at, |holder, share| siblings.push((holder, share)));
                        siblings.sort_by(|(one, _), (other, _)| graph.by_id(*one, *other));
                        siblings.drain(..).for_each(|(holder, share)| self.put(held, begin, holder, share));
                    }
                }
                if place == 0 {
                    self.direct = self.parts.len();
                }
            }
        }
    }

    /// A party of which the parts begin there has a holder, perhaps told of before: of several edges between the same two
    /// the greatest counts.
    #[inline]
    fn put(&mut self, held: Place, begin: usize, holder: PartyNumber, share: Share) {
        let (holder, known) = match self.all.put(holder) {
            Put::New(place) => (place, None),
            Put::Known(place) => (place, self.parts.iter_mut().skip(begin).find(|part| part.holder == place)),
            Put::NoPlace => {
                self.cut = true;
                return;
            }
        };
        match known {
            Some(part) => part.share = part.share.or(share),
            None => self.parts.push(Part { holder, held, share }),
        }
    }

    fn holdings(self) -> Holdings<'a> {
        let Self { graph, all, parts, direct, cut } = self;
        Holdings { graph, unheard: None, all: all.into(), parts, direct, cut }
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
