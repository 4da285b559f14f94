//! The chain of an account: provider → distributors → resellers → payers → customer → end users, as far as known.
//!
//! In: the account's card, what its bills told and the edges around its customer, in force at an instant. Out: hops, each
//! with where it was learnt and who stands above it, and what is not known in words. It refuses to drop a contradiction:
//! two sellers at one time are two hops and a note.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use crate::model::{AccountId, Country, EdgeKind, EventTime, HopLine, PartyId, Provider, Text, Told, words};
use serde::{Deserialize, Serialize};

use super::Parties;
use super::rank::{Learnt, Numbered, Rank};
use super::said::Said;

/// Most distributors one above another.
const DEPTH: usize = 8;

words! {
    /// What a party is to an account.
    Role {
        /// Runs the cloud.
        Provider = "provider",
        /// Sells to resellers.
        Distributor = "distributor",
        /// Sells to the customer.
        Reseller = "reseller",
        /// Pays for the customer.
        Payer = "payer",
        /// Uses the account.
        Customer = "customer",
        /// Uses what the customer buys.
        EndUser = "end_user",
        /// Stands between the customer and its ultimate parent.
        Parent = "parent",
        /// The customer's ultimate parent.
        Owner = "owner",
        /// Holds a stake in the customer, with others half or more.
        Holder = "holder",
        /// Is a part of the customer or of an end user, under another name.
        SubUnit = "sub_unit",
        /// The account itself, where no customer is known.
        Account = "account",
    }
}

words! {
    /// How sure it is that a hop is there, by the best of what it was learnt from; the surer first.
    Confidence {
        /// The account's own card says so.
        Card = "card",
        /// An edge says so, with its source.
        Edge = "edge",
        /// A bill names a party that has a card, or an account.
        Bill = "bill",
        /// A bill has a name, and nobody has a card of that name.
        Name = "name",
    }
}

/// Whom a hop names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Who {
    /// The cloud.
    Provider(Provider),
    /// A party.
    Party(PartyId),
    /// An account whose customer is not known.
    Account(AccountId),
}

impl Who {
    /// The party, where it is one.
    pub fn party(&self) -> Option<&PartyId> {
        match self {
            Self::Party(party) => Some(party),
            Self::Provider(_) | Self::Account(_) => None,
        }
    }

    /// As alerts write it.
    pub fn text(&self) -> Text {
        match self {
            Self::Provider(provider) => provider.text(),
            Self::Party(party) => party.text(),
            Self::Account(account) => Text::new(account.to_string()),
        }
    }
}

/// One link of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// What it is to the account.
    pub role: Role,
    /// Who.
    pub who: Who,
    /// Where it is registered.
    pub country: Option<Country>,
    /// Where its ultimate parent has its headquarters.
    pub hq: Option<Country>,
    /// Its ultimate parent, where another.
    pub parent: Option<PartyId>,
    /// Where the hop was learnt; nothing for the provider.
    pub evidence: Option<Text>,
    /// How sure it is; nothing for the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// Whether its ultimate parent is known.
    pub resolved: bool,
}

impl From<&Hop> for HopLine {
    fn from(hop: &Hop) -> Self {
        let code = |country: Option<Country>| country.map(|country| Text::new(country.as_str()));
        Self {
            role: Text::new_static(hop.role.as_str()),
            party: hop.who.text(),
            country: code(hop.country),
            parent: hop.parent.clone(),
            hq: code(hop.hq),
            evidence: hop.evidence.clone(),
            confidence: hop.confidence.map(|confidence| Text::new_static(confidence.as_str())),
        }
    }
}

/// Everyone between a provider and those who use an account, at an instant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// From the provider down to the end users.
    pub hops: Vec<Hop>,
    /// Who uses the account; where bills name several, the smallest of them.
    pub customer: Option<PartyId>,
    /// The account that pays; where bills name several, the smallest of them.
    pub payer: Option<AccountId>,
    /// Everyone who sells to the customer, by id.
    pub resellers: Vec<PartyId>,
    /// What is not known.
    pub unknown: Vec<Text>,
    /// Parties of which nothing is known but the name that a bill has.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub named: BTreeSet<(PartyId, Text)>,
}

impl Chain {
    /// Every party of the chain with its role, the provider and accounts without a customer left out.
    pub fn parties(&self) -> impl Iterator<Item = (&PartyId, Role)> {
        self.hops.iter().filter_map(|hop| Some((hop.who.party()?, hop.role)))
    }
}

impl Parties {
    /// The chain of an account at `at`, of which bills told this. Ids that are the same party count as one, under the
    /// smallest.
    pub fn chain(&self, account: &AccountId, told: &[Told], at: EventTime) -> Chain {
        let provider = Hop {
            role: Role::Provider,
            who: Who::Provider(account.provider.clone()),
            country: None,
            hq: None,
            parent: None,
            evidence: None,
            confidence: None,
            resolved: true,
        };
        let mut hops = Vec::with_capacity(4);
        hops.push(provider);
        let mut chain = Chain { hops, ..Chain::default() };
        let card = self.accounts.find(account).and_then(|account| self.account_card(account, at));
        if card.is_none() {
            chain.unknown.push(Text::new(format!("no record of account {account}")));
        }
        if card.is_some() || !told.is_empty() {
            self.follow(account, self.said(card, told, at), &mut chain, at);
        }
        chain
    }

    fn follow(&self, account: &AccountId, said: Said, chain: &mut Chain, at: EventTime) {
        let customers = said.customers.parties();
        let unseen = if customers.is_empty() { end_customer(account, &said) } else { Vec::new() };
        let mut sellers = said.sellers.clone();
        self.neighbours(EdgeKind::ResellsTo, &customers, &mut sellers, at);
        let mut payers = self.payers(account, &said, at);
        self.neighbours(EdgeKind::PaysFor, &customers, &mut payers, at);
        payers.retain(|who| who.party().is_none_or(|party| customers.iter().all(|(customer, _)| customer != party)));
        let resellers = sellers.parties();
        note_several("sellers", ids(&resellers), &mut chain.unknown);
        note_several("customers", ids(&customers), &mut chain.unknown);
        let mut paying: Vec<&AccountId> = said.payers.iter().map(|(payer, ..)| payer).collect();
        paying.dedup();
        note_several("payers", paying, &mut chain.unknown);
        let distributors = self.distributors(&customers, &resellers, &said, &mut chain.unknown, at);
        for rank in distributors.into_iter().rev() {
            self.write(Role::Distributor, rank, chain, at);
        }
        self.write(Role::Reseller, sellers, chain, at);
        self.write(Role::Payer, payers, chain, at);
        self.write(Role::Customer, said.customers, chain, at);
        let mut users = Rank::default();
        self.neighbours(EdgeKind::EndUserOf, &customers, &mut users, at);
        self.write(Role::EndUser, users, chain, at);
        chain.unknown.extend(unseen);
        chain.resellers = resellers.into_iter().map(|(reseller, _)| reseller).collect();
        chain.customer = customers.into_iter().next().map(|(customer, _)| customer);
        chain.payer = said.payers.into_iter().next().map(|(payer, ..)| payer);
        chain.named = said.named;
    }

    /// Who sells to the resellers, then who sells to those, rank by rank, each party once in its nearest rank.
    fn distributors(
        &self,
        customers: &[Numbered],
        resellers: &[Numbered],
        said: &Said,
        unknown: &mut Vec<Text>,
        at: EventTime,
    ) -> Vec<Rank> {
        let is_customer = |id: &PartyId| customers.iter().any(|(customer, _)| customer == id);
        // Most resellers buy from the provider itself.
        if resellers.iter().all(|reseller| !is_customer(&reseller.0) && self.suppliers(reseller, said, at).is_empty()) {
            return Vec::new();
        }
        let mut below: Vec<Numbered> = resellers.iter().filter(|(id, _)| !is_customer(id)).cloned().collect();
        let mut ranks: Vec<Rank> = Vec::new();
        // Who sells to each party seen; customers buy from the resellers, so a circle may run through them.
        let bought = |(customer, _): &Numbered| (customer.clone(), ids(resellers).cloned().collect());
        let mut sells: BTreeMap<PartyId, Vec<PartyId>> = customers.iter().map(bought).collect();
        while !below.is_empty() {
            let mut above = Rank::default();
            for buyer in &below {
                let suppliers = self.suppliers(buyer, said, at);
                sells.insert(buyer.0.clone(), ids(&suppliers.parties()).cloned().collect());
                above.extend(suppliers);
            }
            above.retain(|who| who.party().is_some_and(|id| !sells.contains_key(id)));
            if ranks.len() == DEPTH && !above.is_empty() {
                let buyer = below.first().map_or("", |(buyer, _)| buyer.as_str());
                unknown.push(Text::new(format!("more than {DEPTH} distributors one above another, up to {buyer}")));
                break;
            }
            below = above.parties();
            if !above.is_empty() {
                ranks.push(above);
            }
        }
        if let Some(party) = smallest_in_circle(&sells) {
            unknown.push(Text::new(format!("resale of {party} runs in a circle")));
        }
        ranks
    }

    /// Who sells to a party that sells on.
    fn suppliers(&self, buyer: &Numbered, said: &Said, at: EventTime) -> Rank {
        let supplied = !said.distributors.is_empty() && said.sellers.has(&buyer.0);
        let mut suppliers = if supplied { said.distributors.without(&buyer.0) } else { Rank::default() };
        self.neighbours(EdgeKind::ResellsTo, std::slice::from_ref(buyer), &mut suppliers, at);
        suppliers
    }

    /// Who is behind the accounts that are said to pay.
    fn payers(&self, account: &AccountId, said: &Said, at: EventTime) -> Rank {
        let mut payers = Rank::default();
        // An account that pays for itself is paid by its customer, known or not.
        for (payer, number, learnt) in said.payers.iter().filter(|(payer, ..)| payer != account) {
            let card = number.and_then(|payer| self.account_card(payer, at));
            match card.and_then(|card| card.customer) {
                Some(party) => payers.put(self.graph.numbered(self.graph.canonical(party, at)), learnt.clone()),
                None => payers.put_who(Who::Account(payer.clone()), learnt.clone()),
            }
        }
        payers
    }

    /// Puts the parties from which an edge of this kind leads to any of these, with where each was learnt.
    fn neighbours(&self, kind: EdgeKind, to: &[Numbered], found: &mut Rank, at: EventTime) {
        for to in to.iter().filter_map(|(_, to)| *to) {
            for (from, said) in self.graph.leading_to(kind, to, at) {
                let from = self.graph.numbered(self.graph.canonical(from, at));
                found.put(from, Learnt { by: Confidence::Edge, text: self.graph.evidence(kind, said) });
            }
        }
    }

    fn write(&self, role: Role, rank: Rank, chain: &mut Chain, at: EventTime) {
        for (who, party, learnt) in rank.members() {
            let mut hop = Hop {
                role,
                country: None,
                hq: None,
                parent: None,
                evidence: Some(learnt.text),
                confidence: Some(learnt.by),
                resolved: false,
                who,
            };
            if let Some(party) = party {
                let climb = self.climb(party, at);
                hop.country = self.seat(party, at).and_then(|seat| seat.country);
                hop.hq = self.seat(climb.top, at).and_then(|seat| seat.hq);
                hop.parent = (climb.top != party).then(|| self.graph.id_of(climb.top));
                hop.resolved = climb.doubt.is_none();
            }
            chain.hops.push(hop);
        }
    }
}

fn ids(parties: &[Numbered]) -> impl Iterator<Item = &PartyId> + Clone {
    parties.iter().map(|(id, _)| id)
}

/// What is not known of who uses an account of which no customer is said.
fn end_customer(account: &AccountId, said: &Said) -> Vec<Text> {
    let sellers = said.sellers.parties();
    let sellers = ids(&sellers).map(|seller| Text::new(format!("end customer of reseller {seller}")));
    let sellers: Vec<Text> = sellers.collect();
    if sellers.is_empty() { vec![Text::new(format!("customer of account {account}"))] } else { sellers }
}

fn note_several<T: Display>(what: &str, who: impl IntoIterator<Item = T, IntoIter: Clone>, unknown: &mut Vec<Text>) {
    let who = who.into_iter();
    if who.clone().nth(1).is_some() {
        let names: Vec<String> = who.map(|who| who.to_string()).collect();
        let count = if names.len() == 2 { "two".to_owned() } else { names.len().to_string() };
        unknown.push(Text::new(format!("{count} {what} at one time: {}", names.join(", "))));
    }
}

/// The smallest party that sells, through others or not, to itself.
fn smallest_in_circle(sells: &BTreeMap<PartyId, Vec<PartyId>>) -> Option<&PartyId> {
    sells.keys().find(|start| {
        let mut seen = BTreeSet::new();
        let mut open = vec![*start];
        while let Some(next) = open.pop() {
            for seller in sells.get(next).into_iter().flatten() {
                if seller == *start {
                    return true;
                }
                if seen.insert(seller) {
                    open.push(seller);
                }
            }
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Fact, Party};
    use crate::parties::fixtures;

    const AT: EventTime = EventTime::MAX;

    fn id() -> AccountId {
        AccountId::new("aws", "1")
    }

    fn account(change: impl FnOnce(&mut Account)) -> Parties {
        let mut card = fixtures::account(&id(), EventTime::MIN);
        change(&mut card);
        let mut parties = Parties::default();
        parties.put(&Fact::Account(card));
        parties
    }

    fn told(parties: &Parties) -> Vec<String> {
        let chain = parties.chain(&id(), &[], AT);
        let hop = |hop: &Hop| {
            format!("{} {} [{}]", hop.role.as_str(), hop.who.text(), hop.evidence.as_deref().unwrap_or_default())
        };
        chain.hops.iter().map(hop).chain(chain.unknown.iter().map(ToString::to_string)).collect()
    }

    #[test]
    fn hops_stand_from_the_provider_down_to_the_end_user() {
        let mut parties = account(|card| {
            card.customer = Some(PartyId::new("lab"));
            card.sold_by = Some(PartyId::new("reseller"));
            card.payer = Some(AccountId::new("aws", "9"));
        });
        parties.put(&fixtures::edge(EdgeKind::ResellsTo, "outer", "inner", None));
        parties.put(&fixtures::edge(EdgeKind::ResellsTo, "inner", "reseller", None));
        parties.put(&fixtures::edge(EdgeKind::ResellsTo, "reseller", "lab", None));
        parties.put(&fixtures::edge(EdgeKind::EndUserOf, "unit", "lab", None));
        parties.put(&fixtures::edge(EdgeKind::PaysFor, "bank", "lab", None));
        assert_eq!(
            told(&parties),
            [
                "provider aws []",
                "distributor outer [edge.resells_to (registry)]",
                "distributor inner [edge.resells_to (registry)]",
                "reseller reseller [account.sold_by; edge.resells_to (registry)]",
                "payer bank [edge.pays_for (registry)]",
                "payer aws/9 [account.payer]",
                "customer lab [account.customer]",
                "end_user unit [edge.end_user_of (registry)]",
            ]
        );
    }

    #[test]
    fn what_is_not_known_is_said() {
        assert_eq!(told(&Parties::default()), ["provider aws []", "no record of account aws/1"]);
        assert_eq!(told(&account(|_| {})), ["provider aws []", "customer of account aws/1"]);
        let sold = account(|card| card.sold_by = Some(PartyId::new("r")));
        assert_eq!(told(&sold), ["provider aws []", "reseller r [account.sold_by]", "end customer of reseller r"]);
    }

    #[test]
    fn two_sellers_at_one_time_are_both_kept_and_told() {
        let mut parties = account(|card| {
            card.customer = Some(PartyId::new("lab"));
            card.sold_by = Some(PartyId::new("b"));
        });
        parties.put(&fixtures::edge(EdgeKind::ResellsTo, "a", "lab", None));
        assert_eq!(
            told(&parties),
            [
                "provider aws []",
                "reseller a [edge.resells_to (registry)]",
                "reseller b [account.sold_by]",
                "customer lab [account.customer]",
                "two sellers at one time: a, b",
            ]
        );
    }

    #[test]
    fn a_customer_that_pays_for_itself_is_no_payer() {
        let lab = || Some(PartyId::new("lab"));
        let mut parties = account(|card| {
            card.customer = lab();
            card.payer = Some(AccountId::new("aws", "9"));
        });
        let payer = Account { customer: lab(), ..fixtures::account(&AccountId::new("aws", "9"), EventTime::MIN) };
        parties.put(&Fact::Account(payer));
        assert_eq!(told(&parties), ["provider aws []", "customer lab [account.customer]"]);
        assert_eq!(parties.chain(&id(), &[], AT).payer, Some(AccountId::new("aws", "9")));
    }

    #[test]
    fn distributors_end_after_eight_and_in_circles() {
        let mut parties = account(|card| card.sold_by = Some(PartyId::new("d0")));
        for n in 0..9 {
            parties.put(&fixtures::edge(EdgeKind::ResellsTo, &format!("d{}", n + 1), &format!("d{n}"), None));
        }
        let deep = told(&parties);
        assert!(deep.iter().any(|line| line.starts_with("distributor d8")), "{deep:?}");
        assert!(deep.contains(&"more than 8 distributors one above another, up to d8".to_owned()), "{deep:?}");

        let mut parties = account(|card| card.sold_by = Some(PartyId::new("b")));
        parties.put(&fixtures::edge(EdgeKind::ResellsTo, "a", "b", None));
        parties.put(&fixtures::edge(EdgeKind::ResellsTo, "b", "a", None));
        assert!(told(&parties).contains(&"resale of a runs in a circle".to_owned()));
    }

    #[test]
    fn a_hop_shows_its_own_country_and_the_headquarters_of_its_owner() {
        let mut parties = account(|card| card.customer = Some(PartyId::new("sub")));
        let country = Country::parse("SG");
        parties.put(&Fact::Party(Party { country, ..fixtures::party("sub", EventTime::MIN) }));
        let hq = Country::parse("CN");
        parties.put(&Fact::Party(Party { hq, ..fixtures::party("top", EventTime::MIN) }));
        parties.put(&fixtures::edge(EdgeKind::Owns, "top", "sub", Some(51)));
        let chain = parties.chain(&id(), &[], AT);
        let hop = chain.hops.last().unwrap();
        assert_eq!((hop.country, hop.hq, hop.resolved), (country, hq, true));
        assert_eq!(hop.parent, Some(PartyId::new("top")));
    }
}
