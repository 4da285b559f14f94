//! Ownership: from a party up to its ultimate parent, as far as it is known.
//!
//! In: `sub_unit_of` and `owns` edges in force. Out: the top, the way there, and whether it is certain to be the top.
//! It refuses to guess: a stake of unknown size ends the climb, and an unknown parent is never a clear one (P4).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Parties;
use super::graph::Holding;
use super::held::Extent;
use super::numbers::PartyNumber;
use super::stake::{HALF, WHOLE};
use crate::model::{Country, EdgeKind, EventTime, Micros, PartyId, Text};

/// Most steps climbed.
const STEPS: usize = 32;

/// Who stands at the top of a party's ownership at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The ultimate parent; the party itself where nobody stands above it.
    pub party: PartyId,
    /// Where its headquarters are.
    pub hq: Option<Country>,
    /// Whether it is known to be the top. When false, `note` says why not.
    pub resolved: bool,
    /// What is not known.
    pub note: Option<Text>,
    /// Every party climbed to, nearest first, with where that was learnt.
    pub path: Vec<(PartyId, Text)>,
}

/// Where a climb ended, and how it went.
pub(super) struct Climb {
    pub(super) top: PartyNumber,
    /// Why it may not be the top.
    pub(super) doubt: Option<Doubt>,
    steps: Vec<Step>,
}

pub(super) enum Doubt {
    NoRecord,
    UnknownStake { holder: PartyNumber },
    Circle,
    TooHigh,
}

/// From a party to the parent with the greatest stake in it.
struct Step {
    parent: PartyNumber,
    stake: Micros,
    holding: Holding,
}

enum Above {
    Parent(Step),
    UnknownStake { holder: PartyNumber },
    Nobody,
}

/// Most sub-units looked at of one party.
const UNITS: usize = 64;

impl Parties {
    /// What is a part of a party at `at`, or a part of such a part; at most 64, the nearest.
    pub(super) fn units(&self, party: &PartyId, at: EventTime) -> BTreeSet<PartyId> {
        let Some(party) = self.graph.number(party) else { return BTreeSet::new() };
        let mut all = vec![self.graph.canonical(party, at)];
        let mut walked = 0;
        while let Some(whole) = all.get(walked) {
            for (unit, _) in self.graph.leading_to(EdgeKind::SubUnitOf, *whole, at) {
                let unit = self.graph.canonical(unit, at);
                if all.len() <= UNITS && !all.contains(&unit) {
                    all.push(unit);
                }
            }
            walked += 1;
        }
        all.into_iter().skip(1).map(|unit| self.graph.id_of(unit)).collect()
    }

    /// The ultimate parent of a party at `at`. Ids that are the same party count as one, under the smallest.
    pub fn owner(&self, party: &PartyId, at: EventTime) -> Owner {
        let Some(number) = self.graph.number(party) else {
            let note = Some(Text::new(format!("no record of {party}")));
            return Owner { party: party.clone(), hq: None, resolved: false, note, path: Vec::new() };
        };
        let start = self.graph.canonical(number, at);
        let climb = self.climb(start, at);
        let id = |party: PartyNumber| self.graph.id_of(party);
        let party = id(climb.top);
        let note = climb.doubt.map(|doubt| match doubt {
            Doubt::NoRecord => format!("no record of {party}"),
            Doubt::UnknownStake { holder } => format!("stake of {} in {party} unknown", id(holder)),
            Doubt::Circle => format!("ownership of {party} runs in a circle"),
            Doubt::TooHigh => format!("ownership of {} goes up more than {STEPS} steps", id(start)),
        });
        let evidence = |step: &Step| self.graph.evidence_of(step.holding, at);
        let path = climb.steps.iter().map(|step| (id(step.parent), evidence(step)));
        let (hq, path) = (self.seat(climb.top, at).and_then(|seat| seat.hq), path.collect());
        Owner { party, hq, resolved: note.is_none(), note: note.map(Text::new), path }
    }

    /// The way up from the smallest of the ids of a party.
    pub(super) fn climb(&self, start: PartyNumber, at: EventTime) -> Climb {
        let mut steps: Vec<Step> = Vec::new();
        let mut top = start;
        let doubt = loop {
            match self.above(top, at) {
                Above::Nobody => break self.seat(top, at).is_none().then_some(Doubt::NoRecord),
                Above::UnknownStake { holder } => break Some(Doubt::UnknownStake { holder }),
                Above::Parent(step) => {
                    let visited = std::iter::once(start).chain(steps.iter().map(|step| step.parent));
                    let circle = visited.skip_while(|party| *party != step.parent);
                    if let Some(smallest) = circle.min_by(|one, other| self.graph.by_id(*one, *other)) {
                        top = smallest;
                        break Some(Doubt::Circle);
                    }
                    if steps.len() == STEPS {
                        break Some(Doubt::TooHigh);
                    }
                    top = step.parent;
                    steps.push(step);
                }
            }
        };
        Climb { top, doubt, steps }
    }

    /// The parent with the greatest stake of at least half (then the smallest id), else why there is none.
    fn above(&self, current: PartyNumber, at: EventTime) -> Above {
        let graph = &self.graph;
        let mut parent: Option<Step> = None;
        let mut unknown: Option<PartyNumber> = None;
        for held in graph.same(current, at) {
            graph.each_holding(held, at, |holding| {
                let stake = match holding.share {
                    Extent::Part => Some(WHOLE),
                    Extent::Stake(stake) => stake,
                };
                match stake {
                    Some(stake) if stake < HALF => {}
                    Some(stake) => {
                        let step = Step { parent: graph.canonical(holding.holder, at), stake, holding };
                        if parent.as_ref().is_none_or(|known| self.is_before(&step, known, at)) {
                            parent = Some(step);
                        }
                    }
                    None => {
                        let holder = graph.canonical(holding.holder, at);
                        let smaller = unknown.is_none_or(|known| graph.by_id(holder, known).is_lt());
                        unknown = if smaller { Some(holder) } else { unknown };
                    }
                }
            });
        }
        match (parent, unknown) {
            (Some(step), _) => Above::Parent(step),
            (None, Some(holder)) => Above::UnknownStake { holder },
            (None, None) => Above::Nobody,
        }
    }

    fn is_before(&self, one: &Step, other: &Step, at: EventTime) -> bool {
        let evidence = |step: &Step| self.graph.evidence_of(step.holding, at);
        let by_stake = other.stake.cmp(&one.stake);
        let by_id = by_stake.then_with(|| self.graph.by_id(one.parent, other.parent));
        by_id.then_with(|| evidence(one).cmp(&evidence(other))).is_lt()
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{EdgeKind, EventTime, Fact, PartyId};
    use crate::parties::Parties;
    use crate::parties::fixtures::{edge, party};

    /// Parties with a card, and edges among them; `None` is a stake of unknown size.
    fn owner(cards: &[&str], edges: &[(&str, &str, Option<i64>)]) -> String {
        let mut parties = Parties::default();
        for id in cards {
            parties.put(&Fact::Party(party(id, EventTime::MIN)));
        }
        for (from, to, percent) in edges {
            parties.put(&edge(EdgeKind::Owns, from, to, *percent));
        }
        let owner = parties.owner(&PartyId::new("a"), EventTime::MAX);
        let path: Vec<_> = owner.path.iter().map(|(party, _)| party.as_str()).collect();
        format!("{} via {}: {}", owner.party, path.join(" "), owner.note.as_deref().unwrap_or("resolved"))
    }

    #[test]
    fn half_is_climbed_and_less_is_not() {
        assert_eq!(owner(&["b"], &[("b", "a", Some(50))]), "b via b: resolved");
        assert_eq!(owner(&["a"], &[("b", "a", Some(49))]), "a via : resolved");
        assert_eq!(owner(&["c"], &[("b", "a", Some(50)), ("c", "a", Some(50))]), "b via b: no record of b");
        assert_eq!(owner(&["c"], &[("b", "a", Some(50)), ("c", "a", Some(60))]), "c via c: resolved");
    }

    #[test]
    fn an_unknown_stake_is_not_a_clear_one() {
        let stakes = [("b", "a", Some(10)), ("c", "a", None)];
        assert_eq!(owner(&["a", "b", "c"], &stakes), "a via : stake of c in a unknown");
        assert_eq!(owner(&["b"], &[("b", "a", Some(60)), ("c", "a", None)]), "b via b: resolved");
    }

    #[test]
    fn a_circle_ends_at_its_smallest_id_and_says_so() {
        let circle = [("d", "a", Some(60)), ("c", "d", Some(60)), ("d", "c", Some(60))];
        assert_eq!(owner(&["a", "c", "d"], &circle), "c via d c: ownership of c runs in a circle");
        assert_eq!(owner(&["a"], &[("a", "a", Some(60))]), "a via : ownership of a runs in a circle");
    }

    #[test]
    fn thirty_two_steps_are_climbed_and_not_one_more() {
        let ids: Vec<_> = std::iter::once("a".to_owned()).chain((1..=33).map(|n| format!("p{n:02}"))).collect();
        let edges: Vec<_> = ids.windows(2).map(|pair| (pair[1].as_str(), pair[0].as_str(), Some(100))).collect();
        let cards: Vec<_> = ids.iter().map(String::as_str).collect();
        assert!(owner(&cards, &edges[..32]).ends_with("p32: resolved"));
        assert!(owner(&cards, &edges).ends_with("p32: ownership of a goes up more than 32 steps"));
    }

    #[test]
    fn ids_of_one_party_count_as_one() {
        let mut parties = Parties::default();
        parties.put(&Fact::Party(party("y", EventTime::MIN)));
        parties.put(&edge(EdgeKind::SameAs, "b", "a", None));
        parties.put(&edge(EdgeKind::SubUnitOf, "b", "z", None));
        parties.put(&edge(EdgeKind::SameAs, "y", "z", None));
        let owner = parties.owner(&PartyId::new("a"), EventTime::MAX);
        assert_eq!((owner.party.as_str(), owner.resolved), ("y", true));
    }
}
