//! Which accounts may stand otherwise once a card has changed.
//!
//! In: a card that was put, replaced or taken away. Out: accounts, at least those whose chain, owner, hits or
//! authorisations it can reach at any time. It refuses to know dates: naming an account too many costs a little time,
//! one too few would be wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::said::names;
use super::{Parties, fold};
use crate::model::{Account, AccountId, Attribute, EdgeKind, Fact, Party, PartyId, Text, Told};

/// Accounts by those their cards and bills have ever named.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Named {
    by_party: BTreeMap<PartyId, BTreeSet<AccountId>>,
    by_payer: BTreeMap<AccountId, BTreeSet<AccountId>>,
    /// By what their bills called somebody, folded.
    by_name: BTreeMap<Text, BTreeSet<AccountId>>,
    /// Every name that the cards of a party ever had, folded, and the other way round.
    names: BTreeMap<PartyId, BTreeSet<Text>>,
    called: BTreeMap<Text, BTreeSet<PartyId>>,
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

    pub(super) fn put_names(&mut self, card: &Party) {
        for name in names(card) {
            self.called.entry(name.clone()).or_default().insert(card.id.clone());
            self.names.entry(card.id.clone()).or_default().insert(name);
        }
    }

    /// Every party whose cards ever had this name.
    pub(super) fn called(&self, folded: &Text) -> impl Iterator<Item = &PartyId> {
        self.called.get(folded).into_iter().flatten()
    }

    fn tell(&mut self, account: &AccountId, told: &Told) {
        if told.attribute == Attribute::Payer {
            let payer = AccountId::parse(&told.value);
            let paid = payer.map(|payer| self.by_payer.entry(payer).or_default());
            paid.into_iter().for_each(|accounts| _ = accounts.insert(account.clone()));
        } else {
            self.by_party.entry(PartyId::new(&told.value)).or_default().insert(account.clone());
            self.by_name.entry(fold(&told.value)).or_default().insert(account.clone());
        }
    }

    /// Accounts whose cards or bills name any of these parties.
    fn naming(&self, parties: &BTreeSet<PartyId>) -> BTreeSet<AccountId> {
        let by_id = parties.iter().filter_map(|id| self.by_party.get(id)).flatten();
        let names = parties.iter().filter_map(|id| self.names.get(id)).flatten();
        by_id.chain(names.filter_map(|name| self.by_name.get(name)).flatten()).cloned().collect()
    }
}

impl Parties {
    /// A bill of this account told something, so that cards of whom it names have a say about the account from now on.
    pub fn tell(&mut self, account: &AccountId, told: &Told) {
        self.named.tell(account, told);
    }

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
        let start = BTreeSet::from(start);
        let mut all = self.closed(&start, |next| self.below(next));
        // Users are read with what is a part of them; whom they own is not.
        let wholes = self.closed(&start, |next| self.wholes(next));
        all.extend(self.closed(&wholes, |next| self.used_by(next)));
        self.with_paid_for(self.named.naming(&all))
    }

    fn closed(&self, start: &BTreeSet<PartyId>, next: impl Fn(&PartyId) -> Vec<PartyId>) -> BTreeSet<PartyId> {
        let mut all = start.clone();
        let mut open: Vec<PartyId> = all.iter().cloned().collect();
        while let Some(one) = open.pop() {
            for id in next(&one) {
                if all.insert(id.clone()) {
                    open.push(id);
                }
            }
        }
        all
    }

    /// What a party is a part of, or is.
    fn wholes(&self, party: &PartyId) -> Vec<PartyId> {
        self.ends(party, &[EdgeKind::SubUnitOf, EdgeKind::SameAs], &[EdgeKind::SameAs])
    }

    /// Who buys what a party uses, or is the party.
    fn used_by(&self, party: &PartyId) -> Vec<PartyId> {
        self.ends(party, &[EdgeKind::EndUserOf, EdgeKind::SameAs], &[EdgeKind::SameAs])
    }

    /// Those whose chain or owner may read this party: whom it owns, sells to, pays for, uses, is a part of or is.
    fn below(&self, party: &PartyId) -> Vec<PartyId> {
        use EdgeKind::{EndUserOf, Owns, PaysFor, ResellsTo, SameAs, SubUnitOf};
        self.ends(party, &[Owns, ResellsTo, PaysFor, EndUserOf, SameAs], &[SubUnitOf, SameAs])
    }

    /// Where edges of these kinds lead from a party, and where edges of those come from.
    fn ends(&self, party: &PartyId, down: &[EdgeKind], up: &[EdgeKind]) -> Vec<PartyId> {
        let far = down.iter().flat_map(|kind| self.ends_out_of(*kind, party));
        far.chain(up.iter().flat_map(|kind| self.ends_into(*kind, party))).cloned().collect()
    }

    /// A payer is shown with the customer of its account's card.
    fn with_paid_for(&self, mut accounts: BTreeSet<AccountId>) -> BTreeSet<AccountId> {
        let paid = accounts.iter().filter_map(|account| self.named.by_payer.get(account)).flatten();
        let paid: Vec<_> = paid.cloned().collect();
        accounts.extend(paid);
        accounts
    }
}
