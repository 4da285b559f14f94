//! Ownership: from a party up to its ultimate parent, as far as it is known.
//!
//! In: `sub_unit_of` and `owns` edges in force. Out: the top, the way there, and whether it is certain to be the top.
//! It refuses to guess: a stake of unknown size ends the climb, and an unknown parent is never a clear one (P4).

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::Parties;
use super::stake::{HALF, WHOLE};
use crate::model::{Country, EdgeKind, EventTime, PartyId, Text};

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

enum Step {
    Climb { parent: PartyId, evidence: Text },
    UnknownStake { holder: PartyId },
    Top,
}

/// Most sub-units looked at of one party.
const UNITS: usize = 64;

impl Parties {
    /// What is a part of a party at `at`, or a part of such a part; at most 64, the nearest.
    pub(super) fn units(&self, party: &PartyId, at: EventTime) -> BTreeSet<PartyId> {
        let start = self.canonical(party, at);
        let mut all = BTreeSet::from([start.clone()]);
        let mut open = VecDeque::from([start.clone()]);
        while let Some(whole) = open.pop_front() {
            for id in self.same(&whole, at) {
                for edge in self.edges_into(EdgeKind::SubUnitOf, &id, at) {
                    let unit = self.canonical(&edge.from, at);
                    if all.len() <= UNITS && all.insert(unit.clone()) {
                        open.push_back(unit);
                    }
                }
            }
        }
        all.remove(&start);
        all
    }

    /// The ultimate parent of a party at `at`. Ids that are the same party count as one, under the smallest.
    pub fn owner(&self, party: &PartyId, at: EventTime) -> Owner {
        let start = self.canonical(party, at);
        let mut path: Vec<(PartyId, Text)> = Vec::new();
        let mut current = start.clone();
        loop {
            match self.step(&current, at) {
                Step::Top => {
                    let known = self.party(&current, at).is_some();
                    let note = (!known).then(|| format!("no record of {current}"));
                    return self.owned_by(current, note, path, at);
                }
                Step::UnknownStake { holder } => {
                    let note = format!("stake of {holder} in {current} unknown");
                    return self.owned_by(current, Some(note), path, at);
                }
                Step::Climb { parent, evidence } => {
                    if let Some(smallest) = circle(&start, &path, &parent) {
                        let note = format!("ownership of {smallest} runs in a circle");
                        return self.owned_by(smallest, Some(note), path, at);
                    }
                    if path.len() == STEPS {
                        let note = format!("ownership of {start} goes up more than {STEPS} steps");
                        return self.owned_by(current, Some(note), path, at);
                    }
                    path.push((parent.clone(), evidence));
                    current = parent;
                }
            }
        }
    }

    fn owned_by(&self, party: PartyId, note: Option<String>, path: Vec<(PartyId, Text)>, at: EventTime) -> Owner {
        let hq = self.hq(&party, at);
        Owner { hq, party, resolved: note.is_none(), note: note.map(Text::new), path }
    }

    /// The parent with the greatest stake of at least half (then the smallest id), else why there is none.
    fn step(&self, current: &PartyId, at: EventTime) -> Step {
        let mut majorities = Vec::new();
        let mut unknown = Vec::new();
        for id in self.same(current, at) {
            for edge in self.edges_out_of(EdgeKind::SubUnitOf, &id, at) {
                let evidence = Text::new(format!("edge.sub_unit_of ({})", edge.source));
                majorities.push((std::cmp::Reverse(WHOLE), self.canonical(&edge.to, at), evidence));
            }
            for edge in self.edges_into(EdgeKind::Owns, &id, at) {
                let holder = self.canonical(&edge.from, at);
                match edge.percent {
                    Some(stake) if stake >= HALF => {
                        let evidence = Text::new(format!("edge.owns {stake} % ({})", edge.source));
                        majorities.push((std::cmp::Reverse(stake), holder, evidence));
                    }
                    Some(_) => {}
                    None => unknown.push(holder),
                }
            }
        }
        match (majorities.into_iter().min(), unknown.into_iter().min()) {
            (Some((_, parent, evidence)), _) => Step::Climb { parent, evidence },
            (None, Some(holder)) => Step::UnknownStake { holder },
            (None, None) => Step::Top,
        }
    }
}

/// The smallest id of the circle that a climb to `parent` would close.
fn circle(start: &PartyId, path: &[(PartyId, Text)], parent: &PartyId) -> Option<PartyId> {
    let visited = std::iter::once(start).chain(path.iter().map(|(party, _)| party));
    visited.skip_while(|party| *party != parent).min().cloned()
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
