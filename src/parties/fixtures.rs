//! Cards for tests: everything unknown but what a test sets.

use std::collections::BTreeMap;

use crate::model::{Account, AccountId, Edge, EdgeKind, EventTime, Fact, Micros, Party, PartyId, Text};

pub(super) fn party(id: &str, valid_from: EventTime) -> Party {
    Party {
        id: PartyId::new(id),
        names: Vec::new(),
        roles: Vec::new(),
        country: None,
        hq: None,
        domains: Vec::new(),
        identifiers: BTreeMap::new(),
        person: false,
        version: 0,
        valid_from,
        valid_to: None,
    }
}

pub(super) fn account(id: &AccountId, valid_from: EventTime) -> Account {
    Account {
        account: id.clone(),
        name: None,
        customer: None,
        payer: None,
        sold_by: None,
        country: None,
        billing_country: None,
        payment: None,
        email_domain: None,
        phone_country: None,
        created: None,
        kyc: None,
        shared: BTreeMap::new(),
        version: 0,
        valid_from,
        valid_to: None,
    }
}

pub(super) fn edge(kind: EdgeKind, from: &str, to: &str, percent: Option<i64>) -> Fact {
    Fact::Edge(Edge {
        kind,
        from: PartyId::new(from),
        to: PartyId::new(to),
        percent: percent.and_then(Micros::whole),
        source: Text::new("registry"),
        version: 0,
        valid_from: EventTime::MIN,
        valid_to: None,
    })
}
