//! The cards themselves, by identity and validity, and the edges between parties.
//!
//! In: winning cards, put one by one. Out: the one in force at an instant, and every instant at which one begins or
//! ends. It refuses to choose between copies (D1 is the ledger's) and to follow more than one edge, but for `same_as`.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::graph::Graph;
use super::known::{Seat, Seats};
use super::numbers::{AccountNumber, ByNumber, Numbers, PartyNumber};
use super::tenders::Tenders;
use super::touched::Named;
use crate::model::{Account, AccountId, Authorisation, Country, EventTime, Fact, Party, PartyId, Text, Timeline};

/// Accounts, parties, the edges between them, authorisations and tenders, each with its validity.
#[derive(Clone, Debug, Default)]
pub struct Parties {
    pub(super) accounts: Numbers<AccountId, AccountCards>,
    pub(super) graph: Graph,
    party_cards: ByNumber<PartyId, Timeline<Card>>,
    pub(super) authorisations: BTreeMap<Text, Authorisation>,
    pub(super) authorised: BTreeMap<Text, BTreeSet<Text>>,
    pub(super) named: Named,
    pub(super) tenders: Tenders,
    /// Every instant at which a card ever put begins or ends.
    changes: BTreeSet<EventTime>,
}

/// An account that has a number, and its cards.
#[derive(Clone, Debug)]
pub(super) struct AccountCards {
    id: AccountId,
    cards: Timeline<AccountCard>,
}

impl From<AccountId> for AccountCards {
    fn from(id: AccountId) -> Self {
        Self { id, cards: Timeline::default() }
    }
}

impl Borrow<AccountId> for AccountCards {
    fn borrow(&self) -> &AccountId {
        &self.id
    }
}

/// An account's card, and beside it the numbers of whom it names.
#[derive(Clone, Debug)]
pub(super) struct AccountCard {
    pub(super) customer: Option<PartyNumber>,
    pub(super) sold_by: Option<PartyNumber>,
    pub(super) payer: Option<AccountNumber>,
    card: Box<Account>,
}

/// A party's card, and beside it what is asked of nearly everybody who stands anywhere.
#[derive(Clone, Debug)]
struct Card {
    seat: Seat,
    card: Box<Party>,
}

impl From<&Party> for Card {
    fn from(card: &Party) -> Self {
        let seat = Seat { country: card.country, hq: card.hq, person: card.person };
        Self { seat, card: Box::new(card.clone()) }
    }
}

impl Parties {
    /// Puts a card; one with the same identity (id and valid-from) is replaced. Facts that are no cards are let pass, and
    /// so is, of more parties, accounts or edges than there are numbers of 32 bits, what comes after.
    pub fn put(&mut self, fact: &Fact) {
        self.changes.extend(ends(fact));
        match fact {
            Fact::Account(card) => _ = self.put_account(card),
            Fact::Party(card) => _ = self.put_party(card),
            Fact::Edge(edge) => _ = self.graph.put(edge),
            Fact::Authorisation(card) => {
                self.take_authorisation(&card.id);
                self.authorised.entry(card.scope.clone()).or_default().insert(card.id.clone());
                self.authorisations.insert(card.id.clone(), card.clone());
            }
            Fact::Tender(tender) => self.tenders.put(tender),
            Fact::Usage(_) | Fact::Suppression(_) | Fact::Tick(_) => {}
        }
    }

    fn put_account(&mut self, card: &Account) -> Option<()> {
        let account = self.accounts.put(&card.account)?;
        let customer = match &card.customer {
            Some(party) => Some(self.put_named(party, account)?),
            None => None,
        };
        let sold_by = match &card.sold_by {
            Some(party) => Some(self.put_named(party, account)?),
            None => None,
        };
        let payer = match &card.payer {
            Some(payer) => Some(self.accounts.put(payer)?),
            None => None,
        };
        payer.into_iter().for_each(|payer| self.named.put_payer(payer, account));
        let (from, to, card) = (card.valid_from, card.valid_to, Box::new(card.clone()));
        let card = AccountCard { customer, sold_by, payer, card };
        self.accounts.change(account, |account| account.cards.put(from, to, card));
        Some(())
    }

    fn put_named(&mut self, party: &PartyId, account: AccountNumber) -> Option<PartyNumber> {
        let party = self.graph.put_id(party)?;
        self.named.put(party, account);
        Some(party)
    }

    fn put_party(&mut self, card: &Party) -> Option<()> {
        let party = self.graph.put_id(&card.id)?;
        self.named.put_names(party, card)?;
        let mut seats = Seats::ByCards;
        self.party_cards.change(party, |line| {
            let kept = Card::from(card);
            let seat = kept.seat;
            line.put(card.valid_from, card.valid_to, kept);
            if let Some((from, None)) = line.only() {
                seats = Seats::From(from, seat);
            }
        });
        self.graph.put_seats(party, seats);
        Some(())
    }

    fn take_authorisation(&mut self, id: &Text) {
        let Some(old) = self.authorisations.remove(id) else { return };
        if let Some(ids) = self.authorised.get_mut(&old.scope) {
            ids.remove(id);
            if ids.is_empty() {
                self.authorised.remove(&old.scope);
            }
        }
    }

    /// The card of an account in force at `at`.
    pub fn account(&self, account: &AccountId, at: EventTime) -> Option<&Account> {
        self.account_card(self.accounts.find(account)?, at).map(|card| card.card.as_ref())
    }

    pub(super) fn account_card(&self, account: AccountNumber, at: EventTime) -> Option<&AccountCard> {
        self.accounts.kept(account)?.cards.at(at)
    }

    /// The card of exactly this id in force at `at`.
    pub(super) fn own_card(&self, party: PartyNumber, at: EventTime) -> Option<&Party> {
        self.party_cards.get(party)?.at(at).map(|card| card.card.as_ref())
    }

    /// The card of a party in force at `at`: its own, else that of the smallest id that is the same party.
    pub fn party(&self, party: &PartyId, at: EventTime) -> Option<&Party> {
        self.cards(party, at).next()
    }

    /// Every card of a party in force at `at`, its own first, then those of ids that are the same party.
    pub(super) fn cards(&self, party: &PartyId, at: EventTime) -> impl Iterator<Item = &Party> {
        let ids = self.graph.number(party).into_iter().flat_map(move |party| self.graph.same(party, at));
        ids.filter_map(move |id| Some(self.party_cards.get(id)?.at(at)?.card.as_ref()))
    }

    /// Where a party is registered, as any of its cards says; of a natural person nothing is said (P8).
    pub fn country(&self, party: &PartyId, at: EventTime) -> Option<Country> {
        self.seat(self.graph.number(party)?, at)?.country
    }

    /// Where a party has its headquarters, as any of its cards says; of a natural person nothing is said (P8).
    pub fn hq(&self, party: &PartyId, at: EventTime) -> Option<Country> {
        self.seat(self.graph.number(party)?, at)?.hq
    }

    /// Where a party is, as the first of its cards says that says so, and of a natural person nothing; `None` where it has
    /// no card.
    pub(super) fn seat(&self, party: PartyNumber, at: EventTime) -> Option<Seat> {
        let seat = |id: PartyNumber| match self.graph.seats(id)? {
            Seats::NoCard => None,
            Seats::From(from, seat) => (from <= at).then_some(seat),
            Seats::ByCards => self.party_cards.get(id)?.at(at).map(|card| card.seat),
        };
        let seat = self.graph.same(party, at).filter_map(seat).reduce(|all, next| Seat {
            country: all.country.or(next.country),
            hq: all.hq.or(next.hq),
            person: all.person || next.person,
        });
        seat.map(|all| if all.person { Seat { country: None, hq: None, ..all } } else { all })
    }

    /// Whether any card says that a party is a natural person.
    pub fn is_person(&self, party: &PartyId, at: EventTime) -> bool {
        self.cards(party, at).any(|card| card.person)
    }

    /// Every id that names the same party at `at`, itself included.
    pub fn same(&self, party: &PartyId, at: EventTime) -> BTreeSet<PartyId> {
        let known = self.graph.number(party).into_iter();
        let mut all: BTreeSet<_> =
            known.flat_map(|party| self.graph.same(party, at)).map(|id| self.graph.id_of(id)).collect();
        all.insert(party.clone());
        all
    }

    /// The smallest of the ids that name the same party at `at`.
    pub fn canonical(&self, party: &PartyId, at: EventTime) -> PartyId {
        match self.graph.number(party) {
            Some(party) => self.graph.id_of(self.graph.canonical(party, at)),
            None => party.clone(),
        }
    }

    /// Whether a card, an edge or an authorisation begins or ends later than `after` and not later than `to`: if not,
    /// every answer at `to` is the one at `after`, but for tenders, which go by days.
    pub fn change_within(&self, after: EventTime, to: EventTime) -> bool {
        self.changes.range((Bound::Excluded(after), Bound::Included(to))).next().is_some()
    }
}

fn ends(fact: &Fact) -> impl Iterator<Item = EventTime> {
    let (from, to) = match fact {
        Fact::Account(card) => (Some(card.valid_from), card.valid_to),
        Fact::Party(card) => (Some(card.valid_from), card.valid_to),
        Fact::Edge(edge) => (Some(edge.valid_from), edge.valid_to),
        Fact::Authorisation(card) => (Some(card.from), card.to),
        Fact::Usage(_) | Fact::Suppression(_) | Fact::Tender(_) | Fact::Tick(_) => (None, None),
    };
    from.into_iter().chain(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Hour;
    use crate::parties::fixtures;

    #[test]
    fn a_seat_is_that_of_the_card_in_force_however_many_there_are() {
        let [early, noon, late] = [1, 12, 20].map(|hour| Hour(hour).start());
        let card = |code: &str, from, valid_to| {
            Fact::Party(Party { hq: Country::parse(code), valid_to, ..fixtures::party("p", from) })
        };
        let mut parties = Parties::default();
        let hq = |parties: &Parties| {
            let code = |at| parties.hq(&PartyId::new("p"), at).map_or("none".to_owned(), |hq| hq.as_str().to_owned());
            [EventTime::MIN, early, noon, late].map(code).join(" ")
        };
        parties.graph.put_id(&PartyId::new("p")).unwrap();
        assert_eq!(hq(&parties), "none none none none");
        parties.put(&card("SG", early, None));
        assert_eq!(hq(&parties), "none SG SG SG");
        parties.put(&card("DE", early, Some(late)));
        assert_eq!(hq(&parties), "none DE DE none");
        parties.put(&card("CN", noon, None));
        assert_eq!(hq(&parties), "none DE CN CN");
    }
}
