//! Which accounts may stand otherwise once a card has changed.
//!
//! In: a card that was put, replaced or taken away. Out: accounts, at least those whose chain, owner, hits, tenders or
//! authorisations it can reach at any time. It refuses to know dates: naming an account too many costs a little time,
//! one too few would be wrong.

use std::collections::BTreeSet;

use super::links::Links;
use super::numbers::{AccountNumber, Numbers, PartyNumber, Reached, hash};
use super::said::names;
use super::{Parties, fold};
use crate::model::{AccountId, Attribute, Edge, EdgeKind, Fact, Party, PartyId, Text, Told};

/// A folded name by its hash. Of parties, and accounts, whose names have one hash all are looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Name(u64);

impl Name {
    fn of(folded: &Text) -> Self {
        Self(hash(folded))
    }
}

/// Accounts by those their cards and bills have ever named.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    by_party: Links<PartyId, AccountId>,
    by_payer: Links<AccountId, AccountId>,
    name_numbers: Numbers<Name>,
    /// By what their bills called somebody.
    by_name: Links<Name, AccountId>,
    /// Every name that the cards of a party ever had, and the other way round.
    names: Links<PartyId, Name>,
    called: Links<Name, PartyId>,
}

impl Named {
    /// An account names a party.
    pub(super) fn put(&mut self, party: PartyNumber, account: AccountNumber) {
        self.by_party.put(party, account);
    }

    /// An account is paid for by another.
    pub(super) fn put_payer(&mut self, payer: AccountNumber, account: AccountNumber) {
        self.by_payer.put(payer, account);
    }

    /// The names of a card; none where there are no more numbers.
    pub(super) fn put_names(&mut self, party: PartyNumber, card: &Party) -> Option<()> {
        for name in names(card) {
            let name = self.name_numbers.put(&Name::of(&name))?;
            self.called.put(name, party);
            self.names.put(party, name);
        }
        Some(())
    }

    /// Every party whose cards ever had this name, and perhaps others.
    pub(super) fn called(&self, folded: &Text) -> impl Iterator<Item = PartyNumber> {
        let name = self.name_numbers.find(&Name::of(folded));
        name.into_iter().flat_map(|name| self.called.of(name))
    }

    /// Whether any card of a party ever had a name with one of these hashes.
    pub(super) fn was_ever_called(&self, party: PartyNumber, hashes: &BTreeSet<u64>) -> bool {
        self.names.of(party).filter_map(|name| self.name_numbers.get(name)).any(|name| hashes.contains(&name.0))
    }

    /// Accounts whose bills called somebody by this name, and perhaps others.
    fn saying<'a>(&'a self, folded: &Text) -> impl Iterator<Item = AccountNumber> + use<'a> {
        let name = self.name_numbers.find(&Name::of(folded));
        name.into_iter().flat_map(|name| self.by_name.of(name))
    }

    fn put_called(&mut self, folded: &Text, account: AccountNumber) -> Option<()> {
        self.by_name.put(self.name_numbers.put(&Name::of(folded))?, account);
        Some(())
    }

    /// Accounts whose cards or bills name a party.
    fn naming(&self, party: PartyNumber) -> impl Iterator<Item = AccountNumber> {
        let by_id = self.by_party.of(party);
        let names = self.names.of(party);
        by_id.chain(names.flat_map(|name| self.by_name.of(name)))
    }
}

use EdgeKind::{EndUserOf, Owns, PaysFor, ResellsTo, SameAs, SubUnitOf};

impl Parties {
    /// A bill of this account told something, so that cards of whom it names have a say about the account from now on.
    pub fn tell(&mut self, account: &AccountId, told: &Told) {
        _ = self.try_tell(account, told);
    }

    fn try_tell(&mut self, account: &AccountId, told: &Told) -> Option<()> {
        let account = self.accounts.put(account)?;
        if told.attribute == Attribute::Payer {
            let payer = self.accounts.put(&AccountId::parse(&told.value)?)?;
            self.named.put_payer(payer, account);
            return Some(());
        }
        let party = self.graph.put_id(&PartyId::new(&told.value))?;
        self.named.put(party, account);
        self.named.put_called(&fold(&told.value), account)
    }

    /// Every account that this card can have a say about, sorted.
    pub fn touched(&self, card: &Fact) -> BTreeSet<AccountId> {
        // An account may be told of that no card and no bill has named yet.
        let (own, parties) = match card {
            Fact::Account(card) => (Some(card.account.clone()), Reached::default()),
            Fact::Party(card) => (None, self.reading(&card.id)),
            Fact::Edge(edge) => (None, self.reading_edge(edge)),
            Fact::Authorisation(card) => (AccountId::parse(&card.scope), self.reading(&PartyId::new(&card.scope))),
            Fact::Tender(tender) => (None, self.reading_tender(tender)),
            Fact::Usage(_) | Fact::Suppression(_) | Fact::Tick(_) => return BTreeSet::new(),
        };
        let mut all = Reached::default();
        if let Fact::Tender(tender) = card {
            let said = tender.names().flat_map(|(_, name)| self.named.saying(&fold(name)));
            said.for_each(|account| all.put(account));
        }
        own.iter().filter_map(|own| self.accounts.find(own)).for_each(|account| all.put(account));
        parties.iter().flat_map(|party| self.named.naming(party)).for_each(|account| all.put(account));
        // A payer is shown with the customer of its account's card.
        let paid: Vec<_> = all.iter().flat_map(|account| self.named.by_payer.of(account)).collect();
        paid.into_iter().for_each(|account| all.put(account));
        all.iter().filter_map(|account| self.accounts.get(account)).cloned().chain(own).collect()
    }

    /// Parties of whose accounts the chain, the owner or the parts of a user may read the cards of this one.
    pub(super) fn reading(&self, party: &PartyId) -> Reached<PartyId> {
        self.graph.number(party).map(|party| self.below(party).and(&self.using(party))).unwrap_or_default()
    }

    /// The same of an edge: it is read from one of its ends.
    fn reading_edge(&self, edge: &Edge) -> Reached<PartyId> {
        let [from, to] = [&edge.from, &edge.to].map(|id| self.graph.number(id));
        let of = |end: Option<PartyNumber>, reading: &dyn Fn(PartyNumber) -> Reached<PartyId>| {
            end.map(reading).unwrap_or_default()
        };
        match edge.kind {
            Owns => of(to, &|to| self.below(to)),
            ResellsTo => self.sold(Reached::from(to)),
            PaysFor | EndUserOf => self.closed(Reached::from(to), &[SameAs], &[SameAs]),
            SubUnitOf => of(from, &|from| self.below(from)).and(&of(to, &|to| self.using(to))),
            SameAs => self.reading(&edge.from).and(&self.reading(&edge.to)),
        }
    }

    /// With whose chain the ownership of this party may be told: that of whom it owns, and of whom these sell to, pay for,
    /// or use the purchases of.
    fn below(&self, party: PartyNumber) -> Reached<PartyId> {
        let owned = self.closed(Reached::from([party]), &[Owns, SameAs], &[SubUnitOf, SameAs]);
        let buying = owned.iter().flat_map(|party| self.ends(party, &[PaysFor, EndUserOf], &[]));
        let buying = self.closed(Reached::from(buying), &[SameAs], &[SameAs]);
        self.sold(owned).and(&buying)
    }

    /// These, whom they sell to, whom those sell to, and so on.
    fn sold(&self, sellers: Reached<PartyId>) -> Reached<PartyId> {
        self.closed(sellers, &[ResellsTo, SameAs], &[SameAs])
    }

    /// Who uses, or buys for who uses, something that this party is a part of: users are read with what is a part of them.
    fn using(&self, party: PartyNumber) -> Reached<PartyId> {
        let mut wholes = Reached::from([party]);
        let mut walked = 0;
        while let Some(part) = wholes.nth(walked) {
            self.graph.ever_wholes(part).for_each(|whole| wholes.put(whole));
            self.ends(part, &[SameAs], &[SameAs]).for_each(|twin| wholes.put(twin));
            walked += 1;
        }
        self.closed(wholes, &[EndUserOf, SameAs], &[SameAs])
    }

    /// These, and whoever is reached from them by edges of these kinds, forwards or backwards, whenever they hold.
    fn closed(&self, mut all: Reached<PartyId>, down: &[EdgeKind], up: &[EdgeKind]) -> Reached<PartyId> {
        let mut walked = 0;
        while let Some(party) = all.nth(walked) {
            self.ends(party, down, up).for_each(|next| all.put(next));
            walked += 1;
        }
        all
    }

    /// Where edges of these kinds lead from a party, and where edges of those come from.
    fn ends(&self, party: PartyNumber, down: &[EdgeKind], up: &[EdgeKind]) -> impl Iterator<Item = PartyNumber> {
        let far = down.iter().flat_map(move |kind| self.graph.ever_out_of(*kind, party));
        far.chain(up.iter().flat_map(move |kind| self.graph.ever_into(*kind, party)))
    }
}
