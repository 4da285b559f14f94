//! Which accounts may stand otherwise once a card has changed.
//!
//! In: a card that was put, replaced or taken away. Out: accounts, at least those whose chain, owner, hits or
//! authorisations it can reach at any time. It refuses to know dates: naming an account too many costs a little time,
//! one too few would be wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::Parties;
use crate::model::{Account, AccountId, EdgeKind, Fact, PartyId};

/// Accounts by those their cards have ever named.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Named {
    by_party: BTreeMap<PartyId, BTreeSet<AccountId>>,
    by_payer: BTreeMap<AccountId, BTreeSet<AccountId>>,
}

impl Named {
    pub(super) fn put(&mut self, card: &Account) {
        for party in [&card.customer, &card.sold_by].into_iter().flatten() {
            self.by_party.entry(party.clone()).or_default().insert(card.account.clone());
        }
        if let Some(payer) = &card.payer {
            self.by_payer.entry(payer.clone()).or_default().insert(card.account.clone());
        }
    }
}

impl Parties {
    /// Every account that this card can have a say about, sorted.
    pub fn touched(&self, card: &Fact) -> BTreeSet<AccountId> {
        match card {
            Fact::Account(card) => self.with_paid_for(BTreeSet::from([card.account.clone()])),
            Fact::Party(card) => self.of_parties([card.id.clone()]),
            Fact::Edge(edge) => self.of_parties([edge.from.clone(), edge.to.clone()]),
            Fact::Authorisation(card) => {
                let mut accounts = self.of_parties([PartyId::new(&card.scope)]);
                accounts.extend(AccountId::parse(&card.scope));
                accounts
            }
            Fact::Usage(_) | Fact::Suppression(_) | Fact::Tender(_) | Fact::Tick(_) => BTreeSet::new(),
        }
    }

    fn of_parties<const N: usize>(&self, start: [PartyId; N]) -> BTreeSet<AccountId> {
        let mut all = BTreeSet::from(start);
        let mut open: Vec<PartyId> = all.iter().cloned().collect();
        while let Some(next) = open.pop() {
            for id in self.below(&next) {
                if all.insert(id.clone()) {
                    open.push(id);
                }
            }
        }
        let named = all.iter().filter_map(|id| self.named.by_party.get(id)).flatten();
        self.with_paid_for(named.cloned().collect())
    }

    /// Those whose chain or owner may read this party: whom it owns, sells to, pays for, uses, is a part of or is.
    fn below(&self, party: &PartyId) -> Vec<PartyId> {
        let far = |kind: EdgeKind| self.out_of.get(&(kind, party.clone())).into_iter().flatten().cloned();
        let near = |kind: EdgeKind| self.into.get(&(kind, party.clone())).into_iter().flat_map(BTreeMap::keys).cloned();
        let down = [EdgeKind::Owns, EdgeKind::ResellsTo, EdgeKind::PaysFor, EdgeKind::EndUserOf, EdgeKind::SameAs];
        let up = [EdgeKind::SubUnitOf, EdgeKind::SameAs];
        down.into_iter().flat_map(far).chain(up.into_iter().flat_map(near)).collect()
    }

    /// A payer is shown with the customer of its account's card.
    fn with_paid_for(&self, mut accounts: BTreeSet<AccountId>) -> BTreeSet<AccountId> {
        let paid = accounts.iter().filter_map(|account| self.named.by_payer.get(account)).flatten();
        let paid: Vec<_> = paid.cloned().collect();
        accounts.extend(paid);
        accounts
    }
}
