//! Who stands behind the accounts of a scenario: cards, as a registry would give them.

use std::collections::BTreeMap;

use tidewaiter::model::*;

use super::facts::{self, account_id};

const ELSEWHERE: &[&str] = &["US", "SG", "DE", "JP", "GB", "FR", "KR", "IN"];

/// Since when cards hold: 2026-01-01.
fn since() -> EventTime {
    facts::instant(facts::BEGIN - 60 * 86_400)
}

fn elsewhere(of: u32) -> &'static str {
    ELSEWHERE[of as usize % ELSEWHERE.len()]
}

/// An account with its customer; ten customers to an owner, of which one in a hundred has its headquarters in China; one
/// account in ten sold by a reseller.
pub fn cards(account: u32) -> Vec<Fact> {
    let owner = account / 10;
    let customer = PartyId::new(format!("customer-{account:07}"));
    let holding = PartyId::new(format!("holding-{owner:06}"));
    let mut card = bare(account);
    card.name = Some(Text::new(format!("Example Customer {account:07}")));
    card.customer = Some(customer.clone());
    card.sold_by = (account % 10 == 3).then(|| PartyId::new(format!("reseller-{:03}", owner % 100)));
    card.email_domain = Some(Text::new(format!("customer-{account:07}.example")));
    card.shared = [("payment".into(), Text::new(format!("fp:{account:016x}")))].into();
    let owns = Edge {
        kind: EdgeKind::Owns,
        from: holding.clone(),
        to: customer.clone(),
        percent: Micros::whole(100),
        source: "registry".into(),
        version: 0,
        valid_from: since(),
        valid_to: None,
    };
    let mut all =
        vec![Fact::Account(card), party(customer, "Example Customer", account, elsewhere(account)), Fact::Edge(owns)];
    if account.is_multiple_of(10) {
        let place = if owner % 100 == 7 { "CN" } else { elsewhere(owner) };
        all.push(party(holding, "Example Holding", owner, place));
    }
    all
}

/// The resellers that accounts are sold by.
pub fn resellers() -> Vec<Fact> {
    let reseller = |n| party(PartyId::new(format!("reseller-{n:03}")), "Example Reseller", n, elsewhere(n));
    (0..100).map(reseller).collect()
}

/// An account that shares a means of payment with all others of a group.
pub fn sharing(account: u32, group: u32) -> Fact {
    let mut card = bare(account);
    card.shared = [("payment".into(), Text::new(format!("fp:{group:016x}")))].into();
    Fact::Account(card)
}

fn bare(account: u32) -> Account {
    Account {
        account: account_id(account),
        name: None,
        customer: None,
        payer: None,
        sold_by: None,
        country: Country::parse(elsewhere(account)),
        billing_country: None,
        payment: None,
        email_domain: None,
        phone_country: None,
        created: Some(since()),
        kyc: Some(Kyc::Verified),
        shared: BTreeMap::new(),
        version: 0,
        valid_from: since(),
        valid_to: None,
    }
}

fn party(id: PartyId, name: &str, of: u32, place: &str) -> Fact {
    let names = vec![Text::new(format!("{name} {of:07} Ltd"))];
    let place = Country::parse(place);
    Fact::Party(Party {
        id,
        names,
        roles: Vec::new(),
        country: place,
        hq: place,
        domains: Vec::new(),
        identifiers: BTreeMap::new(),
        person: false,
        version: 0,
        valid_from: since(),
        valid_to: None,
    })
}
