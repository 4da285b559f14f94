//! A seeded world: parties held by earlier ones, a thousand resellers, accounts of everybody.

use std::collections::BTreeMap;

use tidewaiter::model::{Account, AccountId, Country, Edge, EdgeKind, EventTime, Fact, Micros, Party, PartyId, Text};

use super::random::Random;

pub const ACCOUNTS: u32 = 1_000_000;
const PARTIES: u32 = 1_000_000;
const EDGES: u32 = 2_000_000;
/// The first parties sell, and sell to one another.
const RESELLERS: u32 = 1_000;

fn below(random: &mut Random, bound: u32) -> u32 {
    u32::try_from(random.below(u64::from(bound))).unwrap()
}

/// Numbers in no order, as registers give them: ids near one another are not near in the world.
fn party_id(index: u32) -> PartyId {
    PartyId::new(format!("org-{:010}", u64::from(index) * 2_654_435_761 % 4_294_967_296))
}

pub fn account_id(index: u32) -> AccountId {
    AccountId::new("aws", format!("{:012}", 104_000_000_000 + u64::from(index) * 104_729))
}

fn edge(kind: EdgeKind, from: u32, to: u32, percent: Option<i64>) -> Fact {
    Fact::Edge(Edge {
        kind,
        from: party_id(from),
        to: party_id(to),
        percent: percent.and_then(Micros::whole),
        source: Text::new_static("registry"),
        version: 0,
        valid_from: EventTime::MIN,
        valid_to: None,
    })
}

/// Six in ten stakes are majorities; of one in fifty the size is not known.
fn owns(random: &mut Random, held: u32) -> Fact {
    let percent = match below(random, 100) {
        0..2 => None,
        2..40 => Some(i64::from(5 + below(random, 44))),
        _ => Some(i64::from(51 + below(random, 50))),
    };
    edge(EdgeKind::Owns, below(random, held), held, percent)
}

fn any_edge(random: &mut Random) -> Fact {
    let to = RESELLERS + below(random, PARTIES - RESELLERS);
    match below(random, 100) {
        0..55 => owns(random, to),
        55..80 => edge(EdgeKind::ResellsTo, below(random, RESELLERS), to, None),
        80..90 => edge(EdgeKind::SubUnitOf, to, below(random, to), None),
        90..95 => edge(EdgeKind::PaysFor, below(random, to), to, None),
        _ => edge(EdgeKind::EndUserOf, below(random, to), to, None),
    }
}

/// Every card, parties first, made when asked for.
pub fn cards() -> impl Iterator<Item = Fact> {
    let mut random = Random(7);
    let places = ["SG", "US", "DE", "CN", "JP"];
    (0..PARTIES + EDGES + ACCOUNTS).map(move |index| match index {
        0..PARTIES => party(index, Country::parse(places[below(&mut random, 5) as usize])),
        _ if index < PARTIES + EDGES => any_edge(&mut random),
        _ => account(index - PARTIES - EDGES, &mut random),
    })
}

/// Edges that come later, or say otherwise than before.
pub fn changes(count: usize) -> Vec<Fact> {
    let mut random = Random(11);
    (0..count).map(|_| any_edge(&mut random)).collect()
}

fn party(index: u32, place: Option<Country>) -> Fact {
    Fact::Party(Party {
        id: party_id(index),
        names: vec![Text::new(format!("Organisation {index} Example"))],
        roles: Vec::new(),
        country: place,
        hq: place,
        domains: Vec::new(),
        identifiers: BTreeMap::new(),
        person: false,
        version: 0,
        valid_from: EventTime::MIN,
        valid_to: None,
    })
}

fn account(index: u32, random: &mut Random) -> Fact {
    let sold_by = (below(random, 10) < 3).then(|| party_id(below(random, RESELLERS)));
    Fact::Account(Account {
        account: account_id(index),
        name: None,
        customer: Some(party_id(below(random, PARTIES))),
        payer: (!index.is_multiple_of(4)).then(|| account_id(index - index % 4)),
        sold_by,
        country: None,
        billing_country: None,
        payment: None,
        email_domain: None,
        phone_country: None,
        created: None,
        kyc: None,
        shared: BTreeMap::new(),
        version: 0,
        valid_from: EventTime::MIN,
        valid_to: None,
    })
}
