//! From where an account was used on a day, what bills say of the account itself, and which of that a source has said already.
//!
//! In: sightings and attributes, one after the other. Out: whether each is new. Of an account that calls all day from one
//! network every record says the same, as does every line of its bill about who pays, and one fact says it for all: copies
//! would change nothing, for its identity is its whole content. What is remembered is bounded; what was forgotten is told
//! again.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::context::LONGEST_ID;
use crate::model::{AccountId, Day, Fact, NetworkPrefix, PrincipalClass, Told, Usage, UsageKind};

/// Sightings, and attributes, of a generation: two of them are remembered, of some hundred bytes each.
const GENERATION: usize = 16_384;

const HASHER: FixedState = FixedState::with_seed(0);

/// An account was used from this network on this day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sighting {
    pub(super) account: AccountId,
    pub(super) day: Day,
    pub(super) network: NetworkPrefix,
    pub(super) class: PrincipalClass,
}

impl Sighting {
    /// The sighting that a fact is, if it is one.
    pub(super) fn of(fact: &Fact) -> Option<Self> {
        match fact {
            Fact::Usage(Usage { account, time, kind: UsageKind::Sighting { network, principal_class }, .. }) => {
                Some(Self { account: account.clone(), day: time.day(), network: *network, class: *principal_class })
            }
            _ => None,
        }
    }

    pub(super) fn fact(self) -> Fact {
        Fact::Usage(Usage::sighting(self.account, self.day, self.network, self.class))
    }
}

/// What a source has told and need not tell again: the last of it at least.
#[derive(Clone, Debug, Default)]
pub struct Sighted {
    sightings: Recent<Sighting>,
    attributes: Recent<(AccountId, Told)>,
}

impl Sighted {
    /// Whether it was not told before; from now on it was.
    pub(super) fn is_new(&mut self, sighting: &Sighting) -> bool {
        self.sightings.is_new(sighting)
    }

    /// Whether a fact says what was not told before; facts other than attributes always do, and what is
    /// too long to be remembered.
    pub(super) fn says_something_new(&mut self, fact: &Fact) -> bool {
        let Fact::Usage(usage) = fact else { return true };
        let told = usage.told().filter(|told| told.value.len() <= LONGEST_ID && usage.account.id.len() <= LONGEST_ID);
        told.is_none_or(|told| self.attributes.is_new(&(usage.account.clone(), told)))
    }
}

/// Two generations of what was told.
#[derive(Clone, Debug)]
struct Recent<T> {
    young: HashTable<T>,
    old: HashTable<T>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { young: HashTable::new(), old: HashTable::new() }
    }
}

impl<T: Clone + Eq + Hash> Recent<T> {
    fn is_new(&mut self, told: &T) -> bool {
        let hash = HASHER.hash_one(told);
        if self.young.find(hash, |known| known == told).is_some() {
            return false;
        }
        if self.young.len() == GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        let is_new = self.old.find(hash, |known| known == told).is_none();
        self.young.insert_unique(hash, told.clone(), |known| HASHER.hash_one(known));
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(n: usize) -> Sighting {
        let network = NetworkPrefix::parse("198.51.100.0/24").unwrap();
        Sighting { account: AccountId::new("aws", n.to_string()), day: Day(1), network, class: PrincipalClass::Role }
    }

    #[test]
    fn a_sighting_is_new_once_and_again_only_when_many_others_came_between() {
        let mut sighted = Sighted::default();
        assert!((0..GENERATION).all(|n| sighted.is_new(&sighting(n))));
        assert!((0..GENERATION).all(|n| !sighted.is_new(&sighting(n))));
        assert!((GENERATION..4 * GENERATION).all(|n| sighted.is_new(&sighting(n))));
        assert!(sighted.sightings.young.len() <= GENERATION && sighted.sightings.old.len() <= GENERATION);
        assert!(sighted.is_new(&sighting(0)), "forgotten");
    }

    #[test]
    fn whatever_differs_in_a_sighting_makes_another() {
        let mut sighted = Sighted::default();
        let one = sighting(1);
        let network = NetworkPrefix::parse("203.0.113.0/24").unwrap();
        let others = [
            one.clone(),
            Sighting { day: Day(2), ..one.clone() },
            Sighting { network, ..one.clone() },
            Sighting { class: PrincipalClass::User, ..one.clone() },
            Sighting { account: AccountId::new("oci", "1"), ..one.clone() },
        ];
        assert!(others.iter().all(|other| sighted.is_new(other)));
        assert_eq!(Sighting::of(&one.clone().fact()), Some(one));
    }
}
