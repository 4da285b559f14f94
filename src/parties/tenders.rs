//! Public tenders, and whom of a chain they name.
//!
//! In: tenders, put one by one, and the chain of an account at an instant. Out: the tenders that name somebody of it: by
//! party id, by an id that is the same party, or by a name, folded, that a card in force or the account's bill has. It
//! refuses to know amounts, and to choose between two parties of one name: a tender that means either names both.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::chain::{Chain, Role};
use super::numbers::{PartyNumber, Reached, hash};
use super::said::names;
use super::{Parties, fold};
use crate::model::{AccountId, Day, EventTime, Fact, PartyId, Tender, TenderSide, Text};

/// Every tender, by what it calls those it names.
#[derive(Clone, Debug, Default)]
pub(super) struct Tenders {
    all: BTreeMap<Text, Tender>,
    /// As written: it may be a party's id.
    by_id: Words,
    /// Folded.
    by_name: Words,
    /// Hashes of the folded names, of tenders that were taken away too: most cards have none of these.
    hashes: BTreeSet<u64>,
}

/// By a word, what has it.
type Words = BTreeMap<Text, BTreeSet<Naming>>;

/// A tender, by the day of its publication and its id, with as what it names somebody: of many that name one party only those
/// that speak of a day are gone through.
type Naming = (Day, Text, TenderSide);

/// A tender that names somebody of a chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Tendered<'a> {
    /// The tender.
    pub tender: &'a Tender,
    /// As what it names the party.
    pub side: TenderSide,
    /// Whom: of several hops the one nearest to the user.
    pub party: PartyId,
    /// What that party is to the account.
    pub role: Role,
}

impl Tenders {
    pub(super) fn put(&mut self, tender: &Tender) {
        if let Some(before) = self.all.insert(tender.id.clone(), tender.clone()) {
            for (side, name) in before.names() {
                let naming = (before.published.day(), before.id.clone(), side);
                take(&mut self.by_id, name, &naming);
                take(&mut self.by_name, &fold(name), &naming);
            }
        }
        for (side, name) in tender.names() {
            let (naming, folded) = ((tender.published.day(), tender.id.clone(), side), fold(name));
            self.by_id.entry(name.clone()).or_default().insert(naming.clone());
            if !folded.is_empty() {
                self.hashes.insert(hash(&folded));
                self.by_name.entry(folded).or_default().insert(naming);
            }
        }
    }
}

fn take(words: &mut Words, word: &Text, naming: &Naming) {
    let Some(named) = words.get_mut(word) else { return };
    named.remove(naming);
    if named.is_empty() {
        words.remove(word);
    }
}

impl Parties {
    /// Whether there are any tenders.
    pub fn has_tenders(&self) -> bool {
        !self.tenders.all.is_empty()
    }

    /// Those whose first day lies within these.
    pub fn tenders_from(&self, first_days: Range<Day>) -> Vec<Fact> {
        let all = if first_days.is_empty() { None } else { Some(self.tenders.all.values()) };
        let begun = all.into_iter().flatten().filter(|tender| first_days.contains(&tender.days().0));
        begun.cloned().map(Fact::Tender).collect()
    }

    /// The tenders that name somebody of an account's chain at an instant and speak of that day and of its provider, by id.
    pub fn tenders(&self, account: &AccountId, chain: &Chain, at: EventTime) -> Vec<Tendered<'_>> {
        if !self.has_tenders() {
            return Vec::new();
        }
        let mut found: BTreeMap<&Text, Tendered<'_>> = BTreeMap::new();
        let is_about = |tender: &&Tender| tender.provider.as_ref().is_none_or(|cloud| *cloud == account.provider);
        for (party, role) in chain.parties() {
            // As buyer rather than as intermediary, where it is both; a later hop is nearer to the user.
            for (_, id, side) in self.naming(party, chain, at).into_iter().rev() {
                if let Some(tender) = self.tenders.all.get(id).filter(is_about) {
                    let side = *side;
                    found.insert(id, Tendered { tender, side, party: party.clone(), role });
                }
            }
        }
        found.into_values().collect()
    }

    /// What names a party of a chain and speaks of the day: its ids, the names of its cards, or what the account's bills call
    /// it.
    fn naming<'a>(&'a self, party: &PartyId, chain: &Chain, at: EventTime) -> BTreeSet<&'a Naming> {
        let Tenders { by_id, by_name, hashes, .. } = &self.tenders;
        let number = self.graph.number(party);
        let same: Vec<PartyNumber> = number.into_iter().flat_map(|party| self.graph.same(party, at)).collect();
        let ids = same.iter().map(|id| self.graph.id_of(*id)).chain(number.is_none().then(|| party.clone()));
        let by_id = ids.filter_map(|id| by_id.get(id.as_str()));
        let cards = same.iter().filter(|id| self.named.was_ever_called(**id, hashes));
        let cards = cards.filter_map(|id| self.own_card(*id, at)).flat_map(names);
        let bills = chain.named.iter().filter(|(named, _)| named == party).map(|(_, name)| fold(name));
        let by_name = cards.chain(bills).filter_map(|name| by_name.get(&name));
        let (first, last) = Tender::published_about(at.day());
        let least = |day: Day| (day, Text::default(), TenderSide::Buyer);
        by_id.chain(by_name).flat_map(|named| named.range(least(first)..least(last.next()))).collect()
    }

    /// Parties of whose accounts the chain may hold somebody that a tender names.
    pub(super) fn reading_tender(&self, tender: &Tender) -> Reached<PartyId> {
        let named = |(_, name): (_, &Text)| {
            let ids = self.graph.number(&PartyId::new(name)).into_iter();
            ids.chain(self.named.called(&fold(name))).collect::<Vec<_>>()
        };
        let named = tender.names().flat_map(named);
        named.fold(Reached::default(), |all, party| all.and(&self.reading(&self.graph.id_of(party))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Attribute, EdgeKind, Party, Provider, Told};
    use crate::parties::fixtures;

    fn id() -> AccountId {
        AccountId::new("aws", "1")
    }

    fn on(day: &str) -> EventTime {
        Day::parse(day).unwrap().start()
    }

    fn tender(id: &str, buyer: &str, intermediary: Option<&str>) -> Tender {
        Tender {
            id: id.into(),
            buyer: buyer.into(),
            intermediary: intermediary.map(Text::new),
            provider: None,
            amount: None,
            published: on("2024-03-15"),
            source: "tenders.example/1".into(),
        }
    }

    fn party(id: &str, name: &str) -> Fact {
        Fact::Party(Party { names: vec![name.into()], ..fixtures::party(id, EventTime::MIN) })
    }

    /// An account of customer `lab`, sold by `seller` and paid for by the account of `bank`; `outer` sells to the seller.
    fn parties() -> Parties {
        let mut parties = Parties::default();
        let someone = |id: &str| Some(PartyId::new(id));
        let (payer, card) = (AccountId::new("aws", "9"), fixtures::account(&id(), EventTime::MIN));
        let (customer, sold_by) = (someone("lab"), someone("seller"));
        parties.put(&Fact::Account(Account { customer, sold_by, payer: Some(payer.clone()), ..card }));
        let bank = Account { customer: someone("bank"), ..fixtures::account(&payer, EventTime::MIN) };
        parties.put(&Fact::Account(bank));
        parties.put(&party("seller", "Merlion Cloud Pte. Ltd."));
        parties.put(&fixtures::edge(EdgeKind::ResellsTo, "outer", "seller", None));
        parties
    }

    fn found(parties: &Parties, told: &[Told], at: EventTime) -> Vec<String> {
        let chain = parties.chain(&id(), told, at);
        let line = |found: Tendered<'_>| {
            format!("{}: {} {} as {}", found.tender.id, found.role.as_str(), found.party, found.side.as_str())
        };
        parties.tenders(&id(), &chain, at).into_iter().map(line).collect()
    }

    fn found_of(parties: &mut Parties, tender: Tender) -> Vec<String> {
        let fact = Fact::Tender(tender);
        parties.put(&fact);
        let found = found(parties, &[], on("2024-03-15"));
        assert_eq!(parties.touched(&fact).contains(&id()), !found.is_empty(), "what it touches");
        found
    }

    #[test]
    fn anybody_between_the_cloud_and_the_user_is_named_by_id() {
        for (name, said) in [
            ("lab", "customer lab"),
            ("seller", "reseller seller"),
            ("outer", "distributor outer"),
            ("bank", "payer bank"),
        ] {
            assert_eq!(found_of(&mut parties(), tender("t", name, None)), [format!("t: {said} as buyer")]);
            let between = tender("t", "Elsewhere", Some(name));
            assert_eq!(found_of(&mut parties(), between), [format!("t: {said} as intermediary")]);
        }
        assert_eq!(found_of(&mut parties(), tender("t", "nobody", None)), [""; 0]);
    }

    #[test]
    fn a_name_is_that_of_a_card_in_force_however_it_is_written() {
        let named = || tender("t", "MERLION CLOUD PTE LTD", None);
        assert_eq!(found_of(&mut parties(), named()), ["t: reseller seller as buyer"]);
        let mut parties = parties();
        parties.put(&party("seller", "Another Name"));
        parties.put(&Fact::Tender(named()));
        assert_eq!(found(&parties, &[], on("2024-03-15")), [""; 0]);
    }

    #[test]
    fn an_id_that_is_the_same_party_names_it_too_and_so_does_its_name() {
        let mut parties = parties();
        parties.put(&fixtures::edge(EdgeKind::SameAs, "institute", "lab", None));
        parties.put(&party("institute", "Example Institute"));
        assert_eq!(found_of(&mut parties, tender("a", "institute", None)), ["a: customer institute as buyer"]);
        let both = ["a: customer institute as buyer", "b: customer institute as buyer"];
        assert_eq!(found_of(&mut parties, tender("b", "Example institute", None)), both);
    }

    #[test]
    fn whom_only_a_bill_names_is_found_by_that_name() {
        let told =
            Told { day: Day(19_790), attribute: Attribute::SoldBy, value: "Kite Trading".into(), column: "c".into() };
        let mut parties = Parties::default();
        parties.tell(&id(), &told);
        let fact = Fact::Tender(tender("t", "Elsewhere", Some("KITE  TRADING")));
        parties.put(&fact);
        assert!(parties.touched(&fact).contains(&id()));
        let said = found(&parties, std::slice::from_ref(&told), on("2024-03-15"));
        assert_eq!(said, ["t: reseller Kite Trading as intermediary"]);
    }

    #[test]
    fn of_several_that_it_names_the_one_nearest_to_the_user_is_told() {
        let both = tender("t", "lab", Some("seller"));
        assert_eq!(found_of(&mut parties(), both), ["t: customer lab as buyer"]);
        assert_eq!(found_of(&mut parties(), tender("t", "lab", Some("lab"))), ["t: customer lab as buyer"]);
    }

    #[test]
    fn it_is_silent_on_other_days_and_about_another_cloud() {
        let mut parties = parties();
        parties.put(&Fact::Tender(tender("t", "lab", None)));
        let days = ["2024-02-13", "2024-02-14", "2024-07-13", "2024-07-14"];
        assert_eq!(days.map(|day| found(&parties, &[], on(day)).len()), [0, 1, 1, 0]);
        let elsewhere = Tender { provider: Some(Provider::new("azure")), ..tender("t", "lab", None) };
        parties.put(&Fact::Tender(elsewhere));
        assert_eq!(found(&parties, &[], on("2024-03-15")), [""; 0]);
    }

    #[test]
    fn a_tender_that_is_replaced_names_whom_it_names_now() {
        let mut parties = parties();
        parties.put(&Fact::Tender(tender("t", "lab", Some("seller"))));
        parties.put(&Fact::Tender(tender("t", "Elsewhere", Some("seller"))));
        assert_eq!(found(&parties, &[], on("2024-03-15")), ["t: reseller seller as intermediary"]);
        parties.put(&Fact::Tender(tender("t", "Elsewhere", None)));
        assert_eq!(found(&parties, &[], on("2024-03-15")), [""; 0]);
        let Tenders { by_id, by_name, .. } = &parties.tenders;
        assert_eq!((by_id.len(), by_name.len()), (1, 1), "nothing is left of what it said before");
    }
}
