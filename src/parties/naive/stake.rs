//! The specification of stakes, as scans over all edges, and whom a card touches.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::{Scan, account_id, facts, hour, party_id, put, told};
use crate::model::{Edge, EdgeKind, EventTime, Fact, Micros, PartyId, Told};
use crate::parties::Parties;

/// Per cent by (holder, held), the greatest known, and whether another is not known.
type Shares = BTreeMap<(PartyId, PartyId), (f64, bool)>;

impl Scan {
    fn shares(&self, at: EventTime) -> Shares {
        let mut shares = Shares::new();
        let owns = self.edges(EdgeKind::Owns, at).into_iter();
        let owns = owns.map(|e| (&e.from, &e.to, e.percent.map(percent)));
        let units = self.edges(EdgeKind::SubUnitOf, at).into_iter().map(|e| (&e.to, &e.from, Some(100.0)));
        for (holder, held, percent) in owns.chain(units) {
            let (known, unsure) = shares.entry((self.one(holder, at), self.one(held, at))).or_default();
            *known = known.max(percent.unwrap_or_default());
            *unsure |= percent.is_none();
        }
        shares.retain(|(holder, held), _| holder != held);
        shares
    }
}

/// What `holder` has of everybody by ways of at most so many steps, and nobody of anybody more than all.
fn by_ways(shares: &Shares, holder: &PartyId, steps: usize) -> BTreeMap<PartyId, f64> {
    let mut held = BTreeMap::new();
    for _ in 0..steps {
        let mut next: BTreeMap<PartyId, f64> = BTreeMap::new();
        for ((from, to), (percent, _)) in shares {
            let above = if from == holder { 100.0 } else { held.get(from).copied().unwrap_or_default() };
            *next.entry(to.clone()).or_default() += percent * above / 100.0;
        }
        next.values_mut().for_each(|percent| *percent = percent.min(100.0));
        held = next;
    }
    held
}

/// What these hold of `held`, where half of a party makes all that it holds theirs.
fn by_halves(shares: &Shares, named: &BTreeSet<PartyId>, held: &PartyId, unknown: f64) -> f64 {
    let mut theirs = named.clone();
    theirs.remove(held);
    let of = |party: &PartyId, theirs: &BTreeSet<PartyId>| -> f64 {
        let counts = shares.iter().filter(|((from, to), _)| to == party && theirs.contains(from));
        counts
            .map(|(_, (percent, unsure))| if *unsure { percent.max(unknown) } else { *percent })
            .sum::<f64>()
            .min(100.0)
    };
    loop {
        let all: BTreeSet<PartyId> = shares.keys().map(|(_, to)| to.clone()).filter(|to| to != held).collect();
        let more: Vec<_> = all.into_iter().filter(|to| !theirs.contains(to) && of(to, &theirs) >= 50.0).collect();
        if more.is_empty() {
            return of(held, &theirs);
        }
        theirs.extend(more);
    }
}

fn percent(micros: Micros) -> f64 {
    micros.0 as f64 / 1e6
}

/// The facts, with every stake of unknown size as great as this.
fn supposing(facts: &[Fact], stake: i64) -> Vec<Fact> {
    let supposed = |fact: &Fact| match fact {
        Fact::Edge(edge) => Fact::Edge(Edge { percent: edge.percent.or(Micros::whole(stake)), ..edge.clone() }),
        other => other.clone(),
    };
    facts.iter().map(supposed).collect()
}

fn some_of_all() -> impl Strategy<Value = BTreeSet<PartyId>> {
    subsequence((0..7).map(party_id).collect::<Vec<_>>(), 0..4).prop_map(|ids| ids.into_iter().collect())
}

/// What is read of who stands behind an account.
fn read(parties: &Parties, account: u8, told: &[Told], at: EventTime) -> String {
    let chain = parties.chain(&account_id(account), told, at);
    let around = |id: &PartyId| (parties.owner(id, at), parties.holdings(id, at), parties.units(id, at));
    let users = chain.parties().filter(|(_, role)| matches!(role, crate::parties::Role::EndUser));
    let users: Vec<_> =
        users.map(|(id, _)| (parties.units(id, at), parties.cards(id, at).collect::<Vec<_>>())).collect();
    let customer = chain.customer.as_ref().map(around);
    let holders = customer.iter().flat_map(|(_, holdings, units)| holdings.holders().chain(units));
    let holders: BTreeSet<_> = holders.collect();
    let cards: Vec<_> = holders.into_iter().flat_map(|id| parties.cards(id, at)).collect();
    let held = customer.iter().flat_map(|(owner, holdings, _)| {
        let all: BTreeSet<_> = holdings.holders().cloned().collect();
        let few = all.iter().step_by(2).cloned().collect();
        let stakes: Vec<_> = all.iter().chain([&owner.party]).map(|holder| holdings.stake_of(holder)).collect();
        [format!("{:?} {:?} {stakes:?}", holdings.together(&all), holdings.together(&few))]
    });
    format!("{chain:?} {customer:?} {users:?} {cards:?} {:?}", held.collect::<Vec<_>>())
}

/// What is read of every account and party.
pub(super) fn read_all(parties: &Parties, told: &[Told], at: EventTime) -> Vec<String> {
    let accounts = (0..4).map(|account| read(parties, account, told, at));
    let of_party = |id: PartyId| {
        let (owner, holdings, cards) = (parties.owner(&id, at), parties.holdings(&id, at), parties.cards(&id, at));
        let plain = (parties.country(&id, at), parties.hq(&id, at), parties.is_person(&id, at), parties.same(&id, at));
        format!("{owner:?} {holdings:?} {:?} {plain:?} {}", cards.collect::<Vec<_>>(), parties.canonical(&id, at))
    };
    accounts.chain((0..8).map(party_id).map(of_party)).collect()
}

proptest! {
    #[test]
    fn a_stake_is_the_sum_over_all_ways(facts in facts()) {
        let (parties, scan) = (put(&facts), Scan::of(&facts));
        for at in [2, 5, 9].map(hour) {
            let shares = scan.shares(at);
            for holder in (0..7).map(party_id).map(|id| scan.one(&id, at)) {
                let held = by_ways(&shares, &holder, 64);
                for party in (0..7).map(party_id).filter(|id| scan.one(id, at) != holder) {
                    let stake = parties.holdings(&party, at).stake_of(&holder);
                    let expected = held.get(&scan.one(&party, at)).copied().unwrap_or_default();
                    let short = expected - percent(stake.at_least);
                    // Each product is rounded down, and the sums with it.
                    prop_assert!((-1e-6..0.01).contains(&short), "{} of {}: {} {:?}", holder, party, expected, stake);
                }
            }
        }
    }

    #[test]
    fn what_several_hold_together_is_what_a_scan_finds(facts in facts(), named in some_of_all()) {
        let (parties, scan) = (put(&facts), Scan::of(&facts));
        for at in [2, 5, 9].map(hour) {
            let (shares, named) = (scan.shares(at), named.iter().map(|id| scan.one(id, at)).collect());
            for party in (0..7).map(party_id) {
                let (together, held) = (parties.holdings(&party, at).together(&named), scan.one(&party, at));
                prop_assert_eq!(percent(together.stake.at_least), by_halves(&shares, &named, &held, 0.0));
                prop_assert_eq!(together.may_be_half, by_halves(&shares, &named, &held, 100.0) >= 50.0);
                let parts: i64 = together.parts.iter().map(|(_, share)| share.0).sum();
                prop_assert_eq!(parts.min(100_000_000), together.stake.at_least.0);
                prop_assert_eq!(together.by.is_empty(), parts == 0);
                prop_assert!(!together.is_in_doubt() || !together.stake.unknown.is_empty());
            }
        }
    }

    #[test]
    fn whatever_an_unknown_stake_comes_to_be_no_answer_was_wrong(facts in facts(), named in some_of_all(), stake in 0..=100_i64) {
        let supposed = supposing(&facts, stake);
        let (before, after) = (put(&facts), put(&supposed));
        for at in [2, 5, 9].map(hour) {
            for party in (0..7).map(party_id) {
                let (one, other) = (before.holdings(&party, at), after.holdings(&party, at));
                for holder in &named {
                    let (stake, known) = (one.stake_of(holder), other.stake_of(holder));
                    prop_assert!(stake.at_least <= known.at_least);
                    prop_assert!(!stake.unknown.is_empty() || stake == known);
                }
                let (one, other) = (one.together(&named), other.together(&named));
                prop_assert!(one.stake.at_least <= other.stake.at_least);
                prop_assert!(one.may_be_half || !other.is_half());
            }
        }
    }

    #[test]
    fn a_card_touches_every_account_that_then_stands_otherwise(facts in facts(), told in told()) {
        let mut parties = Parties::default();
        (0..3).for_each(|account| told.iter().for_each(|told| parties.tell(&account_id(account), told)));
        for fact in &facts {
            let before: Vec<Vec<String>> =
                (0..3).map(|account| [2, 5, 9].map(|at| read(&parties, account, &told, hour(at))).into()).collect();
            let mut touched = parties.touched(fact);
            parties.put(fact);
            touched.extend(parties.touched(fact));
            for (account, before) in (0..3).zip(before) {
                let after = [2, 5, 9].map(|at| read(&parties, account, &told, hour(at)));
                prop_assert!(before == after || touched.contains(&account_id(account)), "{:?} {}", fact, account);
            }
        }
    }
}
