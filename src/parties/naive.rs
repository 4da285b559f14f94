//! The specification of owner and chain as a scan over all cards, and what holds between it and [`Parties`].

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Owner, Parties, Role, Who};
use crate::model::{Account, AccountId, Country, Edge, EdgeKind, EventTime, Fact, Hour, Micros, Party, PartyId, Text};

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

type Line = (Role, Text, Option<Country>, Option<Country>, Option<PartyId>, Option<Text>, bool);

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
            let evidence = Some(Text::new(evidence.join("; ")));
            let Some(party) = who.party() else { return (role, who.text(), None, None, None, evidence, false) };
            let owner = self.owner(party, at);
            let country = self.find(party, at, |card| card.country);
            let parent = (owner.party != *party).then_some(owner.party);
            (role, party.text(), country, owner.hq, parent, evidence, owner.resolved)
        };
        everyone.into_iter().map(line).collect()
    }

    fn chain(&self, id: &AccountId, at: EventTime) -> (Vec<Line>, Vec<Text>) {
        let mut lines = vec![(Role::Provider, id.provider.text(), None, None, None, None, true)];
        let mut unknown = Vec::new();
        let Some(card) = self.account(id, at) else {
            return (lines, vec![Text::new(format!("no record of account {id}"))]);
        };
        let by = |field: &str, written: &PartyId, one: &PartyId| {
            Text::new(if written == one { field.to_owned() } else { format!("{field} (as {written})") })
        };
        let customer = card.customer.as_ref().map(|id| self.one(id, at));
        let mut sellers = Vec::new();
        if let Some(written) = &card.sold_by {
            let one = self.one(written, at);
            sellers.push((Who::Party(one.clone()), by("account.sold_by", written, &one)));
        }
        sellers.extend(customer.iter().flat_map(|customer| self.into(EdgeKind::ResellsTo, customer, at)));
        let resellers: BTreeSet<PartyId> = sellers.iter().filter_map(|(who, _)| who.party().cloned()).collect();
        let names: Vec<_> = resellers.iter().map(PartyId::as_str).collect();
        match names.len() {
            0 | 1 => {}
            2 => unknown.push(Text::new(format!("two sellers at one time: {}", names.join(", ")))),
            n => unknown.push(Text::new(format!("{n} sellers at one time: {}", names.join(", ")))),
        }
        // Rank n is everyone who sells to rank n - 1 and stands in no rank below.
        let mut ranks = vec![resellers.clone()];
        let mut seen: BTreeSet<_> = resellers.iter().chain(&customer).cloned().collect();
        let mut distributors = Vec::new();
        while let Some(below) = ranks.last().filter(|rank| !rank.is_empty()) {
            let buyers = below.iter().filter(|buyer| Some(*buyer) != customer.as_ref());
            let mut found: Vec<_> = buyers.flat_map(|buyer| self.into(EdgeKind::ResellsTo, buyer, at)).collect();
            found.retain(|(who, _)| !seen.contains(who.party().unwrap()));
            let rank: BTreeSet<_> = found.iter().map(|(who, _)| who.party().unwrap().clone()).collect();
            seen.extend(rank.clone());
            distributors.push(found);
            ranks.push(rank);
        }
        // Who sells to whom among them, closed under "through others".
        let sells_to = |buyer: &PartyId| -> BTreeSet<PartyId> {
            if Some(buyer) == customer.as_ref() {
                return resellers.clone();
            }
            self.into(EdgeKind::ResellsTo, buyer, at).into_iter().filter_map(|(who, _)| who.party().cloned()).collect()
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
        if let Some(payer) = card.payer.as_ref().filter(|payer| *payer != id) {
            let party = self.account(payer, at).and_then(|card| card.customer.clone());
            let who = party.map_or(Who::Account(payer.clone()), |party| Who::Party(self.one(&party, at)));
            payers.push((who, Text::new("account.payer")));
        }
        payers.extend(customer.iter().flat_map(|customer| self.into(EdgeKind::PaysFor, customer, at)));
        payers.retain(|(who, _)| customer.is_none() || who.party() != customer.as_ref());
        lines.extend(self.lines(Role::Payer, payers, at));
        match (&card.customer, &customer) {
            (Some(written), Some(customer)) => {
                let evidence = by("account.customer", written, customer);
                lines.extend(self.lines(Role::Customer, vec![(Who::Party(customer.clone()), evidence)], at));
                lines.extend(self.lines(Role::EndUser, self.into(EdgeKind::EndUserOf, customer, at), at));
            }
            _ => unknown.push(Text::new(match &card.sold_by {
                Some(seller) => format!("end customer of reseller {}", self.one(seller, at)),
                None => format!("customer of account {id}"),
            })),
        }
        (lines, unknown)
    }
}

fn validity() -> impl Strategy<Value = (EventTime, Option<EventTime>)> {
    (0..8_i64, prop::option::of(1..6_i64)).prop_map(|(from, length)| (hour(from), length.map(|l| hour(from + l))))
}

fn country() -> impl Strategy<Value = Option<Country>> {
    prop::sample::select(vec![None, Country::parse("CN"), Country::parse("SG"), Country::parse("US")])
}

fn edge() -> impl Strategy<Value = Fact> {
    let percent = [None, Some(10), Some(49), Some(50), Some(60), Some(100)];
    let percent = prop::sample::select(percent.map(|p| p.and_then(Micros::whole)).to_vec());
    // Identities of one party are rare, or everybody is the same.
    let kinds = [EdgeKind::Owns, EdgeKind::SubUnitOf, EdgeKind::ResellsTo, EdgeKind::PaysFor, EdgeKind::EndUserOf];
    let kind = prop_oneof![12 => prop::sample::select(kinds.to_vec()), 1 => Just(EdgeKind::SameAs)];
    let ends = (0..7_u8, 0..7_u8);
    (kind, ends, percent, prop::sample::select(vec!["registry", "invoice"]), validity()).prop_map(
        |(kind, (from, to), percent, source, (valid_from, valid_to))| {
            let (from, to, source) = (party_id(from), party_id(to), Text::new(source));
            Fact::Edge(Edge { kind, from, to, percent, source, version: 0, valid_from, valid_to })
        },
    )
}

fn card() -> impl Strategy<Value = Fact> {
    (0..7_u8, country(), country(), validity()).prop_map(|(id, country, hq, (valid_from, valid_to))| {
        Fact::Party(Party { country, hq, valid_to, ..super::fixtures::party(party_id(id).as_str(), valid_from) })
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
    fn chain_is_what_a_scan_over_all_cards_finds(facts in facts()) {
        let (parties, scan) = (put(&facts), Scan::of(&facts));
        for at in (0..14).map(hour) {
            for account in (0..3).map(account_id) {
                let chain = parties.chain(&account, at);
                let lines: Vec<Line> = chain.hops.iter().map(|hop| {
                    let (evidence, parent) = (hop.evidence.clone(), hop.parent.clone());
                    (hop.role, hop.who.text(), hop.country, hop.hq, parent, evidence, hop.resolved)
                }).collect();
                prop_assert_eq!((lines, chain.unknown), scan.chain(&account, at));
            }
        }
    }

    #[test]
    fn the_order_of_cards_changes_nothing(facts in facts()) {
        let mut facts = Scan::of(&facts).0;
        let one = put(&facts);
        facts.reverse();
        prop_assert_eq!(put(&facts), one);
    }

    #[test]
    fn between_two_changes_every_answer_is_the_same(facts in facts()) {
        let parties = put(&facts);
        for at in (1..14).filter(|at| !parties.change_within(hour(*at - 1), hour(*at))) {
            for account in (0..3).map(account_id) {
                prop_assert_eq!(parties.chain(&account, hour(at)), parties.chain(&account, hour(at - 1)));
            }
        }
    }
}
