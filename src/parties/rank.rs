//! Everyone who is the same to an account, each with where that was learnt.
//!
//! In: members, as they are learnt of. Out: each once, by id, with all it was learnt from in the order of learning. It
//! refuses to know what they are.

use super::chain::{Confidence, Who};
use crate::model::{PartyId, Text};

/// Where something was learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Learnt {
    pub(super) by: Confidence,
    pub(super) text: Text,
}

/// Members, each as often as it was learnt of: mostly there is one, or none.
#[derive(Clone, Debug, Default)]
pub(super) struct Rank(Vec<(Who, Learnt)>);

impl Rank {
    pub(super) fn put(&mut self, who: Who, learnt: Learnt) {
        self.0.push((who, learnt));
    }

    /// Takes in another's members; what it learnt is the later.
    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, party: &PartyId) -> bool {
        self.0.iter().any(|(who, _)| who.party() == Some(party))
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&Who) -> bool) {
        self.0.retain(|(who, _)| keep(who));
    }

    /// All but one.
    pub(super) fn without(&self, party: &PartyId) -> Self {
        Self(self.0.iter().filter(|(who, _)| who.party() != Some(party)).cloned().collect())
    }

    /// The parties among them, each once, by id.
    pub(super) fn parties(&self) -> Vec<PartyId> {
        let mut parties: Vec<_> = self.0.iter().filter_map(|(who, _)| who.party()).cloned().collect();
        parties.sort();
        parties.dedup();
        parties
    }

    /// Each member once, by id, with all it was learnt from.
    pub(super) fn members(mut self) -> impl Iterator<Item = (Who, Vec<Learnt>)> {
        // Equal ones stay in the order of coming.
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut rest = self.0.into_iter().peekable();
        std::iter::from_fn(move || {
            let (who, first) = rest.next()?;
            let mut learnt = vec![first];
            while let Some((_, next)) = rest.next_if(|(next, _)| *next == who) {
                learnt.push(next);
            }
            Some((who, learnt))
        })
    }
}
