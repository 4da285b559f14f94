//! Who stands behind an account at an instant, looked up once and read many times.
//!
//! In: the parties and lists at an instant, and what bills told. Out: card, customer, owner, chain and hits, with their names.

use serde::{Deserialize, Serialize};

use super::Rulebook;
use super::gate::Named;
use crate::model::{Account, Country, EventTime, Micros, Party, PartyId, SubjectKind, Text};
use crate::parties::{Chain, Hit, Holdings, Hop, Owner, Parties};

/// What holds for an account between two changes of any card.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Standing {
    pub(super) card: Option<Account>,
    pub(super) customer: Option<Known>,
    pub(super) owner: Option<Owner>,
    pub(super) owner_card: Option<Known>,
    pub(super) chain: Chain,
    /// Name and places of each hop, in the chain's order.
    pub(super) hops: Vec<HopText>,
    pub(super) hits: Vec<Hit>,
    /// Per cent of the customer held in each group that a rule asks about, where any is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) held_in: Vec<(Text, Micros)>,
    /// What is not known of who holds the customer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) unknown: Vec<Text>,
    /// Name of the account that pays.
    pub(super) payer_name: Option<Text>,
}

/// A party as rules may read it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) id: PartyId,
    pub(super) has_card: bool,
    pub(super) name: Text,
    pub(super) country: Option<Country>,
    pub(super) hq: Option<Country>,
    pub(super) person: bool,
}

/// A hop as rules may read it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct HopText {
    pub(super) party: Text,
    pub(super) name: Text,
    pub(super) country: Option<Country>,
    pub(super) hq: Option<Country>,
}

fn known(parties: &Parties, id: &PartyId, at: EventTime) -> Known {
    let card = parties.party(id, at);
    Known {
        id: id.clone(),
        has_card: card.is_some(),
        name: card.and_then(|card| card.names.first().cloned()).unwrap_or_default(),
        country: parties.country(id, at),
        hq: parties.hq(id, at),
        person: parties.is_person(id, at),
    }
}

fn hop(parties: &Parties, hop: &Hop, at: EventTime) -> HopText {
    let card: Option<&Party> = hop.who.party().and_then(|id| parties.party(id, at));
    HopText {
        party: hop.who.text(),
        name: card.and_then(|card| card.names.first().cloned()).unwrap_or_else(|| hop.who.text()),
        country: hop.country,
        hq: hop.hq,
    }
}

/// How much of the customer groups of countries hold.
#[derive(Default)]
struct Stakes {
    held_in: Vec<(Text, Micros)>,
    unknown: Vec<Text>,
}

impl Stakes {
    /// Those that a rule asks about. Whose headquarters are nowhere said is in no group, as for `owner.hq`.
    fn of_groups(&mut self, holdings: &Holdings, parties: &Parties, book: &Rulebook, at: EventTime) {
        for group in book.policy.groups_held() {
            let within =
                |id: &&PartyId| parties.hq(id, at).is_some_and(|hq| book.jurisdictions.contains(group, hq, at.day()));
            let together = holdings.together(&holdings.holders().filter(within).cloned().collect());
            if together.stake.at_least > Micros(0) {
                self.held_in.push((group.clone(), together.stake.at_least));
            }
            if together.is_in_doubt() {
                self.unknown.push(holdings.doubt(&together, &format!("parties with headquarters in {group}")));
            }
        }
    }
}

impl Standing {
    pub(super) fn of(account: Named<'_>, parties: &Parties, book: &Rulebook, at: EventTime) -> Self {
        let card = parties.account(account.id, at).cloned();
        let chain = parties.chain(account.id, account.told, at);
        let owner = chain.customer.as_ref().map(|customer| parties.owner(customer, at));
        let payer = chain.payer.as_ref();
        let mut found = Stakes::default();
        let holdings = chain.customer.as_ref().map(|customer| parties.holdings(customer, at));
        let held = holdings.as_ref().filter(|holdings| holdings.holders().next().is_some());
        if let Some(holdings) = held {
            found.of_groups(holdings, parties, book, at);
        }
        let mut hits = book.lists.hits(parties, &chain, card.as_ref(), at);
        found.unknown.extend(book.lists.affiliates(parties, &chain, held, &mut hits, at));
        Self {
            customer: chain.customer.as_ref().map(|customer| known(parties, customer, at)),
            owner_card: owner.as_ref().map(|owner| known(parties, &owner.party, at)),
            hops: chain.hops.iter().map(|each| hop(parties, each, at)).collect(),
            hits,
            held_in: found.held_in,
            unknown: found.unknown,
            payer_name: payer.and_then(|payer| parties.account(payer, at)?.name.clone()),
            card,
            owner,
            chain,
        }
    }

    /// Whether the account belongs to any subject of this kind.
    pub(super) fn has_subject(&self, kind: &SubjectKind) -> bool {
        match kind {
            SubjectKind::Account => true,
            SubjectKind::Customer => self.chain.customer.is_some(),
            SubjectKind::Owner => self.owner.is_some(),
            SubjectKind::Reseller => !self.chain.resellers.is_empty(),
            SubjectKind::Payer => self.chain.payer.is_some(),
            SubjectKind::Shared(key) => self.card.as_ref().is_some_and(|card| card.shared.contains_key(key)),
        }
    }

    /// The subjects of this kind that the account belongs to.
    pub(super) fn subjects(&self, kind: &SubjectKind, account: &Text) -> Vec<Text> {
        let party = |id: &PartyId| id.text();
        match kind {
            SubjectKind::Account => vec![account.clone()],
            SubjectKind::Customer => self.chain.customer.iter().map(party).collect(),
            SubjectKind::Owner => self.owner.iter().map(|owner| owner.party.text()).collect(),
            SubjectKind::Reseller => self.chain.resellers.iter().map(party).collect(),
            SubjectKind::Payer => self.chain.payer.iter().map(|payer| Text::new(payer.to_string())).collect(),
            SubjectKind::Shared(key) => self.card.iter().filter_map(|card| card.shared.get(key).cloned()).collect(),
        }
    }

    /// The display name of a subject this account belongs to.
    pub(super) fn name(&self, kind: &SubjectKind, id: &str) -> Option<Text> {
        let name = match kind {
            SubjectKind::Account => self.card.as_ref()?.name.clone()?,
            SubjectKind::Customer => self.customer.as_ref()?.name.clone(),
            SubjectKind::Owner => self.owner_card.as_ref()?.name.clone(),
            SubjectKind::Reseller => self.hops.iter().find(|hop| hop.party == id)?.name.clone(),
            SubjectKind::Payer => self.payer_name.clone()?,
            SubjectKind::Shared(_) => return None,
        };
        Some(name).filter(|name| !name.is_empty())
    }
}
