//! Everyone who is the same to an account, each with where that was learnt.
//!
//! In: members, as they are learnt of. Out: each once, by id, with all it was learnt from in the order of learning. It
//! refuses to know what they are.

use super::chain::{Confidence, Who};
use super::numbers::PartyNumber;
use crate::model::{PartyId, Text};

/// Where something was learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Learnt {
    pub(super) by: Confidence,
    pub(super) text: Text,
}

/// A party, and its number: whom a bill alone names may have none.
pub(super) type Numbered = (PartyId, Option<PartyNumber>);

/// Who, the number where it is a party that has one, and where that was learnt.
type Member = (Who, Option<PartyNumber>, Learnt);

/// Members, each as often as it was learnt of: mostly there is one, or none.
#[derive(Clone, Debug, Default)]
pub(super) struct Rank(Vec<Member>);

impl Rank {
    pub(super) fn put(&mut self, (party, number): Numbered, learnt: Learnt) {
        self.0.push((Who::Party(party), number, learnt));
    }

    pub(super) fn put_who(&mut self, who: Who, learnt: Learnt) {
        self.0.push((who, None, learnt));
    }

    /// Takes in another's members; what it learnt is the later.
    pub(super) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, party: &PartyId) -> bool {
        self.0.iter().any(|(who, ..)| who.party() == Some(party))
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&Who) -> bool) {
        self.0.retain(|(who, ..)| keep(who));
    }

    /// All but one.
    pub(super) fn without(&self, party: &PartyId) -> Self {
        Self(self.0.iter().filter(|(who, ..)| who.party() != Some(party)).cloned().collect())
    }

    /// The parties among them, each once, by id.
    pub(super) fn parties(&self) -> Vec<Numbered> {
        let parties = self.0.iter().filter_map(|(who, number, _)| Some((who.party()?.clone(), *number)));
        let mut parties: Vec<_> = parties.collect();
        parties.sort_by(|(one, _), (other, _)| one.cmp(other));
        parties.dedup_by(|(one, _), (other, _)| one == other);
        parties
    }

    /// Each member once, by id, with all it was learnt from: as sure as the best of it, and its texts in one.
    pub(super) fn members(mut self) -> impl Iterator<Item = Member> {
        // Equal ones stay in the order of coming.
        self.0.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        let mut rest = self.0.into_iter().peekable();
        std::iter::from_fn(move || {
            let (who, number, first) = rest.next()?;
            let mut all = first.clone();
            let mut last = first;
            while let Some((.., next)) = rest.next_if(|(next, ..)| *next == who) {
                if next != last {
                    all = Learnt { by: all.by.min(next.by), text: Text::new(format!("{}; {}", all.text, next.text)) };
                }
                last = next;
            }
            Some((who, number, all))
        })
    }
}
