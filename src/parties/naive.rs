//! The specification of owner and chain as a scan over all cards, and what holds between it and [`Parties`].

mod stake;

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use proptest::prelude::*;
use proptest::sample::select;

use super::{Confidence, Owner, Parties, Role, Who};
use crate::model::{
    Account, AccountId, Attribute, Country, Day, Edge, EdgeKind, EventTime, Fact, Hour, Micros, Party, PartyId,
    Provider, Tender, TenderSide, Text, Told,
};

fn hour(hour: i64) -> EventTime {
    Hour(hour).start()
}

fn party_id(n: u8) -> PartyId {
    PartyId::new(format!("p{n}"))
}

fn account_id(n: u8) -> AccountId {
    AccountId::new("aws", format!("{n}"))
}

/// Every card, copies of one identity already decided; every question reads all of them.
struct Scan(Vec<Fact>);

type Line = (Role, Text, Option<Country>, Option<Country>, Option<PartyId>, Option<(Text, Confidence)>, bool);

impl Scan {
    fn of(facts: &[Fact]) -> Self {
        let later = |at: usize, fact: &Fact| facts[at + 1..].iter().any(|other| other.identity() == fact.identity());
        Self(facts.iter().enumerate().filter(|(at, fact)| !later(*at, fact)).map(|(_, fact)| fact.clone()).collect())
    }

    fn latest<'a, T>(
        cards: impl Iterator<Item = &'a T>,
        validity: impl Fn(&T) -> (EventTime, Option<EventTime>),
        at: EventTime,
    ) -> Option<&'a T> {
        let holds = |card: &&T| validity(card).0 <= at && validity(card).1.is_none_or(|to| at < to);
        cards.filter(holds).max_by_key(|card| validity(card).0)
    }

    fn account(&self, id: &AccountId, at: EventTime) -> Option<&Account> {
        let cards = self.0.iter().filter_map(|fact| match fact {
            Fact::Account(card) if card.account == *id => Some(card),
            _ => None,
        });
        Self::latest(cards, |card| (card.valid_from, card.valid_to), at)
    }

    fn card(&self, id: &PartyId, at: EventTime) -> Option<&Party> {
        let cards = self.0.iter().filter_map(|fact| match fact {
            Fact::Party(card) if card.id == *id => Some(card),
            _ => None,
        });
        Self::latest(cards, |card| (card.valid_from, card.valid_to), at)
    }

    fn edges(&self, kind: EdgeKind, at: EventTime) -> Vec<&Edge> {
        let all = || {
            self.0.iter().filter_map(move |fact| match fact {
                Fact::Edge(edge) if edge.kind == kind => Some(edge),
                _ => None,
            })
        };
        let ends: BTreeSet<_> = all().map(|edge| (&edge.from, &edge.to)).collect();
        let one = |(from, to)| {
            Self::latest(all().filter(|e| (&e.from, &e.to) == (from, to)), |e| (e.valid_from, e.valid_to), at)
        };
        ends.into_iter().filter_map(one).collect()
    }

    fn same(&self, id: &PartyId, at: EventTime) -> BTreeSet<PartyId> {
        let mut all = BTreeSet::from([id.clone()]);
        loop {
            let before = all.len();
            for edge in self.edges(EdgeKind::SameAs, at) {
                if all.contains(&edge.from) || all.contains(&edge.to) {
                    all.extend([edge.from.clone(), edge.to.clone()]);
                }
            }
            if all.len() == before {
                return all;
            }
        }
    }

    fn one(&self, id: &PartyId, at: EventTime) -> PartyId {
        self.same(id, at).first().unwrap().clone()
    }

    fn find<T>(&self, id: &PartyId, at: EventTime, field: impl Fn(&Party) -> Option<T>) -> Option<T> {
        let cards: Vec<_> = self.same(id, at).into_iter().filter_map(|id| self.card(&id, at)).collect();
        cards.into_iter().find_map(field)
    }

    fn owner(&self, id: &PartyId, at: EventTime) -> Owner {
        let mut visited = vec![self.one(id, at)];
        let mut path = Vec::new();
        let (party, note) = loop {
            let current = visited.last().unwrap().clone();
            let mut parents = Vec::new();
            for e in self.edges(EdgeKind::SubUnitOf, at) {
                if self.one(&e.from, at) == current {
                    let evidence = format!("edge.sub_unit_of ({})", e.source);
                    parents.push((Some(100_000_000), self.one(&e.to, at), evidence));
                }
            }
            for e in self.edges(EdgeKind::Owns, at) {
                if self.one(&e.to, at) == current {
                    let evidence = format!("edge.owns {} % ({})", e.percent.unwrap_or_default(), e.source);
                    parents.push((e.percent.map(|p| p.0), self.one(&e.from, at), evidence));
                }
            }
            parents.sort_by(|a, b| b.0.cmp(&a.0).then((&a.1, &a.2).cmp(&(&b.1, &b.2))));
            let majority = parents.iter().find(|(percent, ..)| percent.is_some_and(|p| p >= 50_000_000)).cloned();
            let unknown = parents.iter().find(|(percent, ..)| percent.is_none());
            match (majority, unknown) {
                (Some((_, parent, evidence)), _) => {
                    if let Some(first) = visited.iter().position(|id| *id == parent) {
                        let smallest = visited[first..].iter().min().unwrap().clone();
                        let note = format!("ownership of {smallest} runs in a circle");
                        break (smallest, Some(note));
                    }
                    path.push((parent.clone(), Text::new(evidence)));
                    visited.push(parent);
                }
                (None, Some((_, holder, _))) => {
                    let note = format!("stake of {holder} in {current} unknown");
                    break (current, Some(note));
                }
                (None, None) => {
                    let known = self.find(&current, at, |_| Some(())).is_some();
                    let note = (!known).then(|| format!("no record of {current}"));
                    break (current, note);
                }
            }
        };
        let hq = self.find(&party, at, |card| card.hq);
        Owner { party, hq, resolved: note.is_none(), note: note.map(Text::new), path }
    }

    /// Parties with an edge of this kind to `to`, with what that was learnt from.
    fn into(&self, kind: EdgeKind, to: &PartyId, at: EventTime) -> Vec<(Who, Text)> {
        let edges = self.edges(kind, at).into_iter().filter(|e| self.one(&e.to, at) == *to);
        let mut found: Vec<_> = edges
            .map(|e| {
                let evidence = Text::new(format!("edge.{} ({})", kind.as_str(), e.source));
                (e.to.clone(), e.from.clone(), Who::Party(self.one(&e.from, at)), evidence)
            })
            .collect();
        found.sort();
        found.into_iter().map(|(_, _, who, evidence)| (who, evidence)).collect()
    }

    fn lines(&self, role: Role, found: Vec<(Who, Text)>, at: EventTime) -> Vec<Line> {
        let everyone: BTreeSet<_> = found.iter().map(|(who, _)| who.clone()).collect();
        let line = |who: Who| {
            let mut evidence: Vec<_> = found.iter().filter(|(w, _)| *w == who).map(|(_, e)| e.as_str()).collect();
            evidence.dedup();
            let sure = evidence.iter().map(|evidence| self.sure(role, &who, evidence, at)).min().unwrap();
            let evidence = Some((Text::new(evidence.join("; ")), sure));
            let Some(party) = who.party() else { return (role, who.text(), None, None, None, evidence, false) };
            let owner = self.owner(party, at);
            let country = self.find(party, at, |card| card.country);
            let parent = (owner.party != *party).then_some(owner.party);
            (role, party.text(), country, owner.hq, parent, evidence, owner.resolved)
        };
        everyone.into_iter().map(line).collect()
    }

    fn sure(&self, role: Role, who: &Who, evidence: &str, at: EventTime) -> Confidence {
        // Whom a bill names as its payer is an account, and the account names the party.
        let Some(party) = who.party().filter(|_| role != Role::Payer && evidence.starts_with("bill of")) else {
            return match (evidence.split(['.', ' ']).next(), who) {
                (Some("account"), _) => Confidence::Card,
                (Some("edge"), _) => Confidence::Edge,
                _ => Confidence::Bill,
            };
        };
        let written = evidence.split_once("(as ").map(|(_, rest)| rest.trim_end_matches(')'));
        let written = written.unwrap_or(party.as_str());
        let has = |card: &&Party| card.names.iter().any(|name| name.eq_ignore_ascii_case(written));
        let known = (0..7).map(party_id).any(|id| self.card(&id, at).filter(has).is_some());
        if known { Confidence::Bill } else { Confidence::Name }
    }

    /// Whom a card names in a field; where it names nobody, everybody whom bills do.
    fn said(&self, field: &str, by_card: Option<&PartyId>, by_bills: &[&Told], at: EventTime) -> Vec<(Who, Text)> {
        let of = |learnt: String, written: &str, one: PartyId| {
            let evidence = if written == one.as_str() { learnt } else { format!("{learnt} (as {written})") };
            (Who::Party(one), Text::new(evidence))
        };
        if let Some(written) = by_card {
            return vec![of(field.to_owned(), written.as_str(), self.one(written, at))];
        }
        let mut all = Vec::new();
        for told in by_bills {
            let has = |card: &&Party| card.names.iter().any(|name| name.eq_ignore_ascii_case(&told.value));
            let called = (0..7).map(party_id).filter(|id| self.card(id, at).filter(has).is_some());
            let mut ones: BTreeSet<_> = called.map(|id| self.one(&id, at)).collect();
            if ones.is_empty() {
                ones.insert(self.one(&PartyId::new(&told.value), at));
            }
            let learnt = format!("bill of {}: {}", told.day, told.column);
            all.extend(ones.into_iter().map(|one| of(learnt.clone(), &told.value, one)));
        }
        all
    }

    fn chain(&self, id: &AccountId, told: &[Told], at: EventTime) -> (Vec<Line>, Vec<Text>) {
        let mut lines = vec![(Role::Provider, id.provider.text(), None, None, None, None, true)];
        let mut unknown = Vec::new();
        let card = self.account(id, at);
        if card.is_none() {
            unknown.push(Text::new(format!("no record of account {id}")));
            if told.is_empty() {
                return (lines, unknown);
            }
        }
        let bills = |attribute| told.iter().filter(|told| told.attribute == attribute).collect::<Vec<_>>();
        let users = card.and_then(|card| card.customer.as_ref());
        let users = self.said("account.customer", users, &bills(Attribute::Customer), at);
        let customers: BTreeSet<PartyId> = users.iter().filter_map(|(who, _)| who.party().cloned()).collect();
        let sold_by = card.and_then(|card| card.sold_by.as_ref());
        let mut sellers = self.said("account.sold_by", sold_by, &bills(Attribute::SoldBy), at);
        let said_sellers: BTreeSet<_> = sellers.iter().filter_map(|(who, _)| who.party().cloned()).collect();
        let supplies =
            |told: &&Told| sold_by.is_none() && bills(Attribute::SoldBy).iter().any(|sold| sold.day == told.day);
        let suppliers: Vec<_> = bills(Attribute::Distributor).into_iter().filter(supplies).collect();
        let suppliers = self.said("", None, &suppliers, at);
        sellers.extend(customers.iter().flat_map(|customer| self.into(EdgeKind::ResellsTo, customer, at)));
        let resellers: BTreeSet<PartyId> = sellers.iter().filter_map(|(who, _)| who.party().cloned()).collect();
        let paying: BTreeSet<AccountId> = match card.and_then(|card| card.payer.clone()) {
            Some(payer) => [payer].into(),
            None => bills(Attribute::Payer).iter().map(|told| AccountId::parse(&told.value).unwrap()).collect(),
        };
        let mut several = |what: &str, names: Vec<String>| match names.len() {
            0 | 1 => {}
            2 => unknown.push(Text::new(format!("two {what} at one time: {}", names.join(", ")))),
            n => unknown.push(Text::new(format!("{n} {what} at one time: {}", names.join(", ")))),
        };
        several("sellers", resellers.iter().map(PartyId::to_string).collect());
        several("customers", customers.iter().map(PartyId::to_string).collect());
        several("payers", paying.iter().map(AccountId::to_string).collect());
        // Who sells to a party, the customers apart.
        let above = |buyer: &PartyId| -> Vec<(Who, Text)> {
            let supplied =
                suppliers.iter().filter(|(who, _)| said_sellers.contains(buyer) && who.party() != Some(buyer));
            supplied.cloned().chain(self.into(EdgeKind::ResellsTo, buyer, at)).collect()
        };
        // Rank n is everyone who sells to rank n - 1 and stands in no rank below.
        let mut ranks = vec![resellers.clone()];
        let mut seen: BTreeSet<_> = resellers.iter().chain(&customers).cloned().collect();
        let mut distributors = Vec::new();
        while let Some(below) = ranks.last().filter(|rank| !rank.is_empty()) {
            let buyers = below.iter().filter(|buyer| !customers.contains(*buyer));
            let mut found: Vec<_> = buyers.flat_map(above).collect();
            found.retain(|(who, _)| !seen.contains(who.party().unwrap()));
            let rank: BTreeSet<_> = found.iter().map(|(who, _)| who.party().unwrap().clone()).collect();
            seen.extend(rank.clone());
            distributors.push(found);
            ranks.push(rank);
        }
        // Who sells to whom among them, closed under "through others".
        let sells_to = |buyer: &PartyId| -> BTreeSet<PartyId> {
            if customers.contains(buyer) {
                return resellers.clone();
            }
            above(buyer).into_iter().filter_map(|(who, _)| who.party().cloned()).collect()
        };
        let in_circle = seen.iter().find(|start| {
            let mut above = sells_to(start);
            loop {
                let more: BTreeSet<_> = above.iter().flat_map(&sells_to).chain(above.clone()).collect();
                if more == above {
                    return above.contains(*start);
                }
                above = more;
            }
        });
        if let Some(party) = in_circle {
            unknown.push(Text::new(format!("resale of {party} runs in a circle")));
        }
        for rank in distributors.into_iter().rev() {
            lines.extend(self.lines(Role::Distributor, rank, at));
        }
        lines.extend(self.lines(Role::Reseller, sellers, at));
        let mut payers = Vec::new();
        for payer in paying.iter().filter(|payer| *payer != id) {
            let party = self.account(payer, at).and_then(|card| card.customer.clone());
            let who = party.map_or(Who::Account(payer.clone()), |party| Who::Party(self.one(&party, at)));
            let bills = bills(Attribute::Payer).into_iter().filter(|told| told.value == payer.to_string());
            let evidence: Vec<_> = match card.and_then(|card| card.payer.as_ref()) {
                Some(_) => vec![Text::new("account.payer")],
                None => bills.map(|told| Text::new(format!("bill of {}: {}", told.day, told.column))).collect(),
            };
            payers.extend(evidence.into_iter().map(|evidence| (who.clone(), evidence)));
        }
        payers.extend(customers.iter().flat_map(|customer| self.into(EdgeKind::PaysFor, customer, at)));
        payers.retain(|(who, _)| who.party().is_none_or(|party| !customers.contains(party)));
        lines.extend(self.lines(Role::Payer, payers, at));
        lines.extend(self.lines(Role::Customer, users, at));
        let end_users = customers.iter().flat_map(|customer| self.into(EdgeKind::EndUserOf, customer, at)).collect();
        lines.extend(self.lines(Role::EndUser, end_users, at));
        if customers.is_empty() {
            let of_seller = |seller: &PartyId| Text::new(format!("end customer of reseller {seller}"));
            unknown.extend(said_sellers.iter().map(of_seller));
            unknown.extend(said_sellers.is_empty().then(|| Text::new(format!("customer of account {id}"))));
        }
        (lines, unknown)
    }
}

impl Scan {
    /// Whether a text names a party: by an id of it, a name of a card, or what a bill calls it.
    fn is_named(&self, party: &PartyId, text: &Text, at: EventTime) -> bool {
        let same = self.same(party, at);
        let mut cards = same.iter().filter_map(|id| self.card(id, at));
        same.contains(&PartyId::new(text))
            || cards.any(|card| card.names.iter().any(|name| name.eq_ignore_ascii_case(text)))
            || party.as_str().eq_ignore_ascii_case(text)
    }

    /// Tenders that name somebody of a chain: of several the last, and as a buyer rather than as an intermediary.
    fn tenders(&self, id: &AccountId, told: &[Told], at: EventTime) -> Vec<(Text, TenderSide, PartyId, Role)> {
        let tenders =
            self.0.iter().filter_map(|fact| if let Fact::Tender(tender) = fact { Some(tender) } else { None });
        let (lines, _) = self.chain(id, told, at);
        let found = tenders.filter(|tender| tender.provider.is_none()).filter_map(|tender| {
            let side = |(role, text, ..): &Line| {
                let party = PartyId::new(text);
                let named = |name: &Text| *role != Role::Provider && self.is_named(&party, name, at);
                let side = match (named(&tender.buyer), tender.intermediary.as_ref().is_some_and(named)) {
                    (true, _) => TenderSide::Buyer,
                    (false, true) => TenderSide::Intermediary,
                    (false, false) => return None,
                };
                Some((tender.id.clone(), side, party, *role))
            };
            lines.iter().rev().find_map(side)
        });
        let mut found: Vec<_> = found.collect();
        found.sort();
        found
    }
}

fn tender() -> impl Strategy<Value = Fact> {
    let someone = || select(vec!["p0", "p1", "p2", "p3", "p4", "p5", "NAME 0", "Name 1", "name 3", "NOBODY"]);
    let provider = prop::option::weighted(0.1, Just(Provider::new("elsewhere")));
    (0..3_u8, someone(), prop::option::of(someone()), provider).prop_map(|(id, buyer, intermediary, provider)| {
        Fact::Tender(Tender {
            id: Text::new(format!("t{id}")),
            buyer: buyer.into(),
            intermediary: intermediary.map(Text::new),
            provider,
            amount: None,
            published: hour(0),
            source: "s".into(),
        })
    })
}

fn validity() -> impl Strategy<Value = (EventTime, Option<EventTime>)> {
    (0..8_i64, prop::option::of(1..6_i64)).prop_map(|(from, length)| (hour(from), length.map(|l| hour(from + l))))
}

fn country() -> impl Strategy<Value = Option<Country>> {
    select(vec![None, Country::parse("CN"), Country::parse("SG"), Country::parse("US")])
}

fn edge() -> impl Strategy<Value = Fact> {
    let percent = [None, Some(10), Some(49), Some(50), Some(60), Some(100)];
    let percent = select(percent.map(|p| p.and_then(Micros::whole)).to_vec());
    // Identities of one party are rare, or everybody is the same.
    let kinds = [EdgeKind::Owns, EdgeKind::SubUnitOf, EdgeKind::ResellsTo, EdgeKind::PaysFor, EdgeKind::EndUserOf];
    let kind = prop_oneof![12 => select(kinds.to_vec()), 1 => Just(EdgeKind::SameAs)];
    let ends = (0..7_u8, 0..7_u8);
    (kind, ends, percent, select(vec!["registry", "invoice"]), validity()).prop_map(
        |(kind, (from, to), percent, source, (valid_from, valid_to))| {
            let (from, to, source) = (party_id(from), party_id(to), Text::new(source));
            Fact::Edge(Edge { kind, from, to, percent, source, version: 0, valid_from, valid_to })
        },
    )
}

fn card() -> impl Strategy<Value = Fact> {
    let name = select(vec!["Name 0", "Name 1", "Name 2", "name 3"]);
    (0..7_u8, name, country(), country(), validity()).prop_map(|(id, name, country, hq, (valid_from, valid_to))| {
        let names = vec![Text::new(name)];
        Fact::Party(Party { names, country, hq, valid_to, ..super::fixtures::party(party_id(id).as_str(), valid_from) })
    })
}

fn account() -> impl Strategy<Value = Fact> {
    let someone = || prop::option::weighted(0.7, (0..7_u8).prop_map(party_id));
    let payer = prop::option::of((0..3_u8).prop_map(account_id));
    (0..3_u8, someone(), someone(), payer, validity()).prop_map(|(id, customer, sold_by, payer, validity)| {
        let (valid_from, valid_to) = validity;
        let card = super::fixtures::account(&account_id(id), valid_from);
        Fact::Account(Account { customer, sold_by, payer, valid_to, ..card })
    })
}

/// What bills told last; of different days, as each attribute has its own last one.
fn told() -> impl Strategy<Value = Vec<Told>> {
    let named = select(vec!["Name 0", "NAME 1", "Name 2", "Name 3", "p2", "p5", "Nobody"]).prop_map(Text::new);
    let attribute = select(vec![Attribute::SoldBy, Attribute::Distributor, Attribute::Customer]);
    let said = prop_oneof![
        3 => (attribute, named),
        1 => (1..4_u8).prop_map(|payer| (Attribute::Payer, Text::new(account_id(payer).to_string()))),
    ];
    let told = (0..2_i64, said, select(vec!["A", "B"])).prop_map(|(day, (attribute, value), column)| Told {
        day: Day(day),
        attribute,
        value,
        column: column.into(),
    });
    prop::collection::btree_set(told, 0..6).prop_map(|told| told.into_iter().collect())
}

fn facts() -> impl Strategy<Value = Vec<Fact>> {
    prop::collection::vec(prop_oneof![6 => edge(), 3 => card(), 2 => account()], 0..40)
}

fn put(facts: &[Fact]) -> Parties {
    let mut parties = Parties::default();
    facts.iter().for_each(|fact| parties.put(fact));
    parties
}

proptest! {
    #[test]
    fn owner_is_what_a_scan_over_all_cards_finds(facts in facts()) {
        let (parties, scan) = (put(&facts), Scan::of(&facts));
        for at in (0..14).map(hour) {
            for party in (0..7).map(party_id) {
                prop_assert_eq!(parties.owner(&party, at), scan.owner(&party, at));
            }
        }
    }

    #[test]
    fn chain_is_what_a_scan_over_all_cards_finds(facts in facts(), told in told()) {
        let (parties, scan) = (put(&facts), Scan::of(&facts));
        for at in (0..14).map(hour) {
            for account in (0..3).map(account_id) {
                let chain = parties.chain(&account, &told, at);
                let lines: Vec<Line> = chain.hops.iter().map(|hop| {
                    let (evidence, parent) = (hop.evidence.clone().zip(hop.confidence), hop.parent.clone());
                    (hop.role, hop.who.text(), hop.country, hop.hq, parent, evidence, hop.resolved)
                }).collect();
                prop_assert_eq!((lines, chain.unknown), scan.chain(&account, &told, at));
            }
        }
    }

    #[test]
    fn the_order_of_cards_changes_nothing(facts in facts(), told in told(), seed in any::<u64>()) {
        let mut facts = Scan::of(&facts).0;
        let one = put(&facts);
        facts.sort_by_key(|fact| foldhash::fast::FixedState::with_seed(seed).hash_one(fact.identity()));
        let other = put(&facts);
        for at in [2, 5, 9].map(hour) {
            prop_assert_eq!(stake::read_all(&one, &told, at), stake::read_all(&other, &told, at));
        }
        for fact in &facts {
            prop_assert_eq!(one.touched(fact), other.touched(fact));
        }
        for at in 0..15 {
            prop_assert_eq!(one.change_within(hour(at - 1), hour(at)), other.change_within(hour(at - 1), hour(at)));
        }
    }

    #[test]
    fn a_card_put_later_says_the_same_as_one_put_at_once(facts in facts(), told in told()) {
        let mut parties = Parties::default();
        for (nth, fact) in facts.iter().enumerate() {
            parties.put(fact);
            let (mut anew, at) = (facts[..=nth].to_vec(), hour(5));
            // Put the other way round, so that every number is another.
            anew = Scan::of(&anew).0;
            anew.reverse();
            prop_assert_eq!(stake::read_all(&parties, &told, at), stake::read_all(&put(&anew), &told, at));
        }
    }

    #[test]
    fn tenders_are_those_a_scan_finds_and_every_card_touches_the_accounts_it_makes_a_difference_to(
        facts in prop::collection::vec(prop_oneof![4 => edge(), 3 => card(), 2 => account(), 2 => tender()], 0..40),
        told in told(),
    ) {
        let accounts: Vec<AccountId> = (0..3).map(account_id).collect();
        let found = |parties: &Parties| -> Vec<Vec<_>> {
            let of = |account: &AccountId| {
                let one = |at| {
                    let found = parties.tenders(account, &parties.chain(account, &told, at), at).into_iter();
                    found.map(|found| (found.tender.id.clone(), found.side, found.party, found.role)).collect::<Vec<_>>()
                };
                (0..14).map(hour).map(one).collect()
            };
            accounts.iter().map(of).collect()
        };
        let mut parties = Parties::default();
        accounts.iter().for_each(|account| told.iter().for_each(|told| parties.tell(account, told)));
        let mut before = found(&parties);
        for (nth, fact) in facts.iter().enumerate() {
            let earlier = facts[..nth].iter().rev().find(|earlier| earlier.identity() == fact.identity());
            let mut touched: BTreeSet<AccountId> = earlier.map(|card| parties.touched(card)).unwrap_or_default();
            parties.put(fact);
            touched.extend(parties.touched(fact));
            let now = found(&parties);
            for (account, (before, now)) in accounts.iter().zip(before.iter().zip(&now)) {
                prop_assert!(before == now || touched.contains(account), "{:?} does not touch {}", fact, account);
            }
            before = now;
        }
        let scan = Scan::of(&facts);
        for (account, found) in accounts.iter().zip(&before) {
            for (at, found) in (0..14).map(hour).zip(found) {
                prop_assert_eq!(found, &scan.tenders(account, &told, at));
            }
        }
    }

    #[test]
    fn between_two_changes_every_answer_is_the_same(facts in facts(), told in told()) {
        let parties = put(&facts);
        for at in (1..14).filter(|at| !parties.change_within(hour(*at - 1), hour(*at))) {
            for account in (0..3).map(account_id) {
                prop_assert_eq!(parties.chain(&account, &told, hour(at)), parties.chain(&account, &told, hour(at - 1)));
            }
        }
    }
}
