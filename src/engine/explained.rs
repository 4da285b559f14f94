//! Who stands behind one account, in full: for whoever asks about it, alert or none.
//!
//! In: an account and an instant. Out: its chain, the way to its customer's ultimate parent, who else holds the customer,
//! hits, public tenders, and what is not known, each party with its name. It refuses to know what the account did.

use std::collections::BTreeMap;

use super::Rulebook;
use super::gate::Named;
use super::shard::Shard;
use super::standing::Standing;
use super::tenders::{self, Bills, BillsRead};
use crate::model::{AccountId, EventTime, PartyId, TenderLine, Text};
use crate::parties::{Chain, Hit, Owner, Parties, Stake};

/// Most holders of a customer told.
const HOLDERS: usize = 20;

/// Most lines told of what is not known next to tenders.
const DOUBTS: usize = 20;

/// What is known of who stands behind an account at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// Which.
    pub account: AccountId,
    /// When.
    pub at: EventTime,
    /// Its display name.
    pub name: Option<Text>,
    /// From the provider to the end users.
    pub chain: Chain,
    /// The customer's ultimate parent, and the way there.
    pub owner: Option<Owner>,
    /// Who holds anything of the customer, direct and indirect, the greatest first; at most 20.
    pub holders: Vec<(PartyId, Stake)>,
    /// List entries.
    pub hits: Vec<Hit>,
    /// Public tenders that name somebody of the chain, held against what the account's bills ask.
    pub tenders: Vec<TenderLine>,
    /// What is not known.
    pub unknown: Vec<Text>,
    /// Names of the parties above, where they have a card.
    pub names: BTreeMap<PartyId, Text>,
    /// Whether anything was ever heard of the account: a card, or what it did.
    pub heard_of: bool,
}

impl Explained {
    pub(super) fn of(account: &AccountId, shard: &Shard, book: &Rulebook, at: EventTime) -> Self {
        let (ledger, parties) = (shard.ledger(), shard.parties());
        let index = ledger.index(account);
        let told = index.map(|index| ledger.told(index, at.day())).unwrap_or_default();
        let text = Text::new(account.to_string());
        let bills_read = BillsRead::default();
        let bills = Bills { ledger, account: index, read: Some(&bills_read) };
        let named = Named { id: account, text: &text, told: &told, bills };
        let Standing { card, owner, chain, hits, unknown, .. } = Standing::of(named, parties, book, at);
        let tenders = tenders::of(named, &chain, parties, at);
        let mut unknown: Vec<Text> = chain.unknown.iter().chain(&unknown).cloned().collect();
        unknown.extend(owner.as_ref().and_then(|owner| owner.note.clone()));
        unknown.extend(tenders::doubts(&tenders, DOUBTS));
        let holders = chain.customer.as_ref().map(|customer| holders(parties, customer, at)).unwrap_or_default();
        let mut names = BTreeMap::new();
        let of_chain = chain.hops.iter().flat_map(|hop| hop.who.party().into_iter().chain(&hop.parent));
        let above = owner.iter().flat_map(|owner| owner.path.iter().map(|(id, _)| id));
        let around = holders.iter().map(|(id, _)| id).chain(hits.iter().map(|hit| &hit.party));
        for id in of_chain.chain(above).chain(around) {
            let name = parties.party(id, at).and_then(|card| card.names.first());
            names.extend(name.map(|name| (id.clone(), name.clone())));
        }
        let (heard_of, name) = (index.is_some() || card.is_some(), card.and_then(|card| card.name));
        Self { account: account.clone(), at, name, chain, owner, holders, hits, tenders, unknown, names, heard_of }
    }
}

fn holders(parties: &Parties, customer: &PartyId, at: EventTime) -> Vec<(PartyId, Stake)> {
    let holdings = parties.holdings(customer, at);
    let mut all: Vec<_> = holdings.holders().map(|id| (id.clone(), holdings.stake_of(id))).collect();
    all.sort_by(|(a, one), (b, other)| (other.at_least, a).cmp(&(one.at_least, b)));
    all.truncate(HOLDERS);
    all
}
