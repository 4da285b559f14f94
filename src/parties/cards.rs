//! The cards themselves, by identity and validity, and edges by both ends.
//!
//! In: winning cards, put one by one. Out: the one in force at an instant, and every instant at which one begins or
//! ends. It refuses to choose between copies (D1 is the ledger's) and to follow more than one edge, but for `same_as`.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::touched::Named;
use crate::model::{
    Account, AccountId, Authorisation, Country, Edge, EdgeKind, EventTime, Fact, Party, PartyId, Text, Timeline,
};

/// Accounts, parties, the edges between them and authorisations, each with its validity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parties {
    accounts: BTreeMap<AccountId, Timeline<Account>>,
    nodes: BTreeMap<PartyId, Node>,
    pub(super) authorisations: BTreeMap<Text, Authorisation>,
    pub(super) authorised: BTreeMap<Text, BTreeSet<Text>>,
    pub(super) named: Named,
    /// Every instant at which a card ever put begins or ends.
    changes: BTreeSet<EventTime>,
}

/// An id that cards or edges name.
#[derive(Clone, Debug, Default, PartialEq)]
struct Node {
    cards: Timeline<Party>,
    /// Edges that lead to it, by kind and the one they come from.
    into: BTreeMap<(EdgeKind, PartyId), Timeline<Edge>>,
    /// The same the other way round: only the far ends.
    out_of: BTreeSet<(EdgeKind, PartyId)>,
    /// Whether any `same_as` edge names it: all others are only themselves.
    has_twins: bool,
}

/// The first of those of a kind, of whatever is sorted by kind and id.
fn first_of(kind: EdgeKind) -> Bound<(EdgeKind, PartyId)> {
    Bound::Included((kind, PartyId::default()))
}

impl Parties {
    /// Puts a card; one with the same identity (id and valid-from) is replaced. Facts that are no cards are let pass.
    pub fn put(&mut self, fact: &Fact) {
        self.changes.extend(ends(fact));
        match fact {
            Fact::Account(card) => {
                self.named.put(card);
                let line = self.accounts.entry(card.account.clone()).or_default();
                line.put(card.valid_from, card.valid_to, card.clone());
            }
            Fact::Party(card) => {
                self.named.put_names(card);
                let line = &mut self.nodes.entry(card.id.clone()).or_default().cards;
                line.put(card.valid_from, card.valid_to, card.clone());
            }
            Fact::Edge(edge) => {
                let is_twin = edge.kind == EdgeKind::SameAs;
                let to = self.nodes.entry(edge.to.clone()).or_default();
                to.has_twins |= is_twin;
                let line = to.into.entry((edge.kind, edge.from.clone())).or_default();
                line.put(edge.valid_from, edge.valid_to, edge.clone());
                let from = self.nodes.entry(edge.from.clone()).or_default();
                from.has_twins |= is_twin;
                from.out_of.insert((edge.kind, edge.to.clone()));
            }
            Fact::Authorisation(card) => {
                self.take_authorisation(&card.id);
                self.authorised.entry(card.scope.clone()).or_default().insert(card.id.clone());
                self.authorisations.insert(card.id.clone(), card.clone());
            }
            Fact::Usage(_) | Fact::Suppression(_) | Fact::Tender(_) | Fact::Tick(_) => {}
        }
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
        self.accounts.get(account)?.at(at)
    }

    /// The card of exactly this id in force at `at`.
    pub(super) fn own_card(&self, party: &PartyId, at: EventTime) -> Option<&Party> {
        self.nodes.get(party)?.cards.at(at)
    }

    /// The card of a party in force at `at`: its own, else that of the smallest id that is the same party.
    pub fn party(&self, party: &PartyId, at: EventTime) -> Option<&Party> {
        self.cards(party, at).next()
    }

    /// Every card of a party in force at `at`, its own first, then those of ids that are the same party.
    pub(super) fn cards(&self, party: &PartyId, at: EventTime) -> impl Iterator<Item = &Party> {
        let own = self.own_card(party, at);
        let twins = self.has_twins(party).then(|| self.same(party, at)).into_iter().flatten();
        let others = twins.filter(move |id| id != party);
        own.into_iter().chain(others.filter_map(move |id| self.own_card(&id, at)))
    }

    /// Where a party is registered, as any of its cards says; of a natural person nothing is said (P8).
    pub fn country(&self, party: &PartyId, at: EventTime) -> Option<Country> {
        if self.is_person(party, at) { None } else { self.cards(party, at).find_map(|card| card.country) }
    }

    /// Where a party has its headquarters, as any of its cards says; of a natural person nothing is said (P8).
    pub fn hq(&self, party: &PartyId, at: EventTime) -> Option<Country> {
        if self.is_person(party, at) { None } else { self.cards(party, at).find_map(|card| card.hq) }
    }

    /// Whether any card says that a party is a natural person.
    pub fn is_person(&self, party: &PartyId, at: EventTime) -> bool {
        self.cards(party, at).any(|card| card.person)
    }

    fn has_twins(&self, party: &PartyId) -> bool {
        self.nodes.get(party).is_some_and(|node| node.has_twins)
    }

    /// Every id that names the same party at `at`, itself included.
    pub fn same(&self, party: &PartyId, at: EventTime) -> BTreeSet<PartyId> {
        let mut all = BTreeSet::from([party.clone()]);
        if !self.has_twins(party) {
            return all;
        }
        let mut open = vec![party.clone()];
        while let Some(next) = open.pop() {
            let into = self.edges_into(EdgeKind::SameAs, &next, at).map(|edge| &edge.from);
            for id in into.chain(self.edges_out_of(EdgeKind::SameAs, &next, at).map(|edge| &edge.to)) {
                if all.insert(id.clone()) {
                    open.push(id.clone());
                }
            }
        }
        all
    }

    /// The smallest of the ids that name the same party at `at`.
    pub fn canonical(&self, party: &PartyId, at: EventTime) -> PartyId {
        let smallest = self.has_twins(party).then(|| self.same(party, at).pop_first()).flatten();
        smallest.unwrap_or_else(|| party.clone())
    }

    /// Edges in force at `at` that lead to exactly this id, by the id they come from.
    pub(super) fn edges_into(&self, kind: EdgeKind, to: &PartyId, at: EventTime) -> impl Iterator<Item = &Edge> {
        self.lines_into(kind, to).filter_map(move |(_, line)| line.at(at))
    }

    /// Edges in force at `at` that come from exactly this id, by the id they lead to.
    pub(super) fn edges_out_of(&self, kind: EdgeKind, from: &PartyId, at: EventTime) -> impl Iterator<Item = &Edge> {
        let far = (kind, from.clone());
        self.ends_out_of(kind, from)
            .filter_map(move |to| self.nodes.get(to)?.into.get(&far))
            .filter_map(move |line| line.at(at))
    }

    /// Where edges to exactly this id come from, whenever.
    pub(super) fn ends_into(&self, kind: EdgeKind, to: &PartyId) -> impl Iterator<Item = &PartyId> {
        self.lines_into(kind, to).map(|(from, _)| from)
    }

    /// Where edges from exactly this id lead to, whenever.
    pub(super) fn ends_out_of(&self, kind: EdgeKind, from: &PartyId) -> impl Iterator<Item = &PartyId> {
        let ends = self.nodes.get(from).filter(|node| !node.out_of.is_empty()).map(|node| &node.out_of);
        let ends = ends.into_iter().flat_map(move |ends| ends.range((first_of(kind), Bound::Unbounded)));
        ends.take_while(move |(each, _)| *each == kind).map(|(_, to)| to)
    }

    fn lines_into(&self, kind: EdgeKind, to: &PartyId) -> impl Iterator<Item = (&PartyId, &Timeline<Edge>)> {
        let lines = self.nodes.get(to).filter(|node| !node.into.is_empty()).map(|node| &node.into);
        let lines = lines.into_iter().flat_map(move |lines| lines.range((first_of(kind), Bound::Unbounded)));
        lines.take_while(move |((each, _), _)| *each == kind).map(|((_, from), line)| (from, line))
    }

    /// Whether a card, an edge or an authorisation begins or ends later than `after` and not later than `to`: if not,
    /// every answer at `to` is the one at `after`.
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
