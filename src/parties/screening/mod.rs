//! Screening: which list entries name a party behind an account.
//!
//! In: the chain of an account, the cards of its parties, lists. Out: hits, each with how it came about. A match depends
//! on one name (or domain) and one entry, never on what else is screened. It refuses to compare persons with anything
//! but entries that name persons (P8), and to call listed what only resembles an entry.

mod alike;
mod asked;
mod domain;
mod fold;
mod index;
mod kin;
mod names;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use asked::{AskedAs, Named};
pub(super) use domain::domain;
pub use fold::fold;
pub(super) use index::Index;
use index::Like;
pub use names::{Likeness, MATCH, Probe, REVIEW, Relation, Strength};

use super::{Chain, Effect, Entry, EntryKind, Lists, Parties, Role};
use crate::model::{Account, Day, EntryId, EventTime, HitLine, ListId, Micros, PartyId, Text, words};

words! {
    /// What a hit says of the party; the stronger first.
    Verdict {
        /// The party itself is on the list.
        Listed = "listed",
        /// Its owner, parent or sub-unit is.
        Affiliate = "affiliate",
        /// It is named in public reporting.
        Reported = "reported",
        /// Only a domain agrees.
        Domain = "domain",
        /// Its name resembles that of an entry, not closely enough to be taken for it.
        Similar = "similar",
    }
}

/// A list entry that names a party, or one above or below it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Who was screened; the account's id where no customer is known.
    pub party: PartyId,
    /// What it is to the account.
    pub role: Role,
    /// The list.
    pub list: ListId,
    /// The entry.
    pub entry: EntryId,
    /// What the list means.
    pub effect: Effect,
    /// What the hit says.
    pub verdict: Verdict,
    /// 1.0 exact, 0.98 exact after folding, 0.9 by domain; likeness up to 0.97 (docs/screening.md).
    pub score: f64,
    /// Per cent of the customer that parties on lists with this effect, or a stronger one, hold in all; only where that is
    /// half or more and this party is one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Micros>,
    /// How it came about.
    pub why: Text,
}

impl From<&Hit> for HitLine {
    fn from(hit: &Hit) -> Self {
        Self {
            party: hit.party.clone(),
            list: hit.list.text(),
            entry: hit.entry.text(),
            score: hit.score,
            why: hit.why.clone(),
        }
    }
}

/// A party to screen, with all it is known by.
struct Screened {
    party: PartyId,
    role: Role,
    person: bool,
    names: Vec<Text>,
    /// Domains, each with whose it is.
    domains: Vec<(Text, &'static str)>,
    /// Why it is looked at when it is only on the ownership path: `owner of x`.
    above: Option<String>,
}

struct Found {
    score: f64,
    why: String,
    way: Way,
}

/// How an entry was found; the better first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Named,
    /// By a part of what is listed, or as a part of it.
    Affiliate,
    Domain,
    Similar,
}

impl Way {
    fn of(likeness: &Likeness) -> Self {
        match (likeness.relation, Strength::of(likeness.score)) {
            _ if likeness.is_by_domain() => Self::Domain,
            (Relation::PartOf | Relation::Contains, _) => Self::Affiliate,
            (Relation::Same, Strength::Match) => Self::Named,
            (Relation::Same, Strength::Review | Strength::None) => Self::Similar,
        }
    }
}

/// Whether what a name resembles is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    /// A party is asked about whenever what is known of it may have changed.
    Often,
    /// Of thousands of names each is asked about once.
    Hardly,
}

impl Lists {
    /// Every entry in force at `at` that names a party of the chain, or one above its customer; by verdict, list,
    /// entry, party and role.
    pub fn hits(&self, parties: &Parties, chain: &Chain, account: Option<&Account>, at: EventTime) -> Vec<Hit> {
        let mut hits = Vec::new();
        for screened in screened(parties, chain, account, at) {
            self.screen(&screened, at.day(), &mut hits);
        }
        in_order(&mut hits);
        hits
    }

    fn screen(&self, who: &Screened, day: Day, hits: &mut Vec<Hit>) {
        for (at, found) in self.found(who, day, Again::Often) {
            hits.extend(self.entries.get(at).map(|entry| hit(who, entry, &found)));
        }
    }

    /// How each entry that names or resembles a party was found, by the entry's position, which is by list and entry.
    fn found(&self, who: &Screened, day: Day, again: Again) -> BTreeMap<usize, Found> {
        let mut found: BTreeMap<usize, Found> = BTreeMap::new();
        for name in &who.names {
            self.screen_name(name, who, (day, again), &mut found);
        }
        for (domain, whose) in &who.domains {
            for (at, why) in self.index().by_domain(domain) {
                if self.entry(at, who, day).is_some() {
                    let why = format!("{whose} {why}");
                    keep(&mut found, at, Found { score: 0.9, why, way: Way::Domain });
                }
            }
            // Whose a known organisation's domain is, even where no entry says so.
            for like in self.resembling(domain, who.person, again).iter() {
                let Some(matched) = self.entries.get(like.entry).and_then(|entry| entry.names.get(like.nth)) else {
                    continue;
                };
                if like.way == Way::Domain && !who.person && self.entry(like.entry, who, day).is_some() {
                    let why = format!("{whose} {domain}, known as that of {}", which(like.nth, matched));
                    keep(&mut found, like.entry, Found { score: like.score.min(0.9), why, way: Way::Domain });
                }
            }
        }
        found
    }

    fn resembling(&self, name: &Text, person: bool, again: Again) -> Arc<[Like]> {
        match again {
            Again::Often => self.index().resembling(name, person),
            Again::Hardly => self.index().looked_up(name, person).into(),
        }
    }

    /// Entries with this name or one like it, and sub-units of entries with this name; the better match of an entry
    /// stays.
    fn screen_name(&self, name: &Text, who: &Screened, (day, again): (Day, Again), found: &mut BTreeMap<usize, Found>) {
        for (at, nth) in self.index().by_name(&fold(name)) {
            let Some(entry) = self.entries.get(at).filter(|entry| entry.screens(who.person)) else { continue };
            let Some(matched) = entry.names.get(nth) else { continue };
            let (score, how) = if matched == name { (1.0, "exact") } else { (0.98, "exact after folding") };
            self.named(
                at,
                Found { score, why: format!("{}, {how}", which(nth, matched)), way: Way::Named },
                who,
                day,
                found,
            );
        }
        for like in self.resembling(name, who.person, again).iter() {
            let Some(matched) = self.entries.get(like.entry).and_then(|entry| entry.names.get(like.nth)) else {
                continue;
            };
            let why = format!("like {}: {}", which(like.nth, matched), like.why);
            self.named(like.entry, Found { score: like.score, why, way: like.way }, who, day, found);
        }
    }

    /// An entry found by one of its names: itself where it is in force, and what is listed as a part of it.
    fn named(&self, at: usize, new: Found, who: &Screened, day: Day, found: &mut BTreeMap<usize, Found>) {
        if new.way == Way::Named {
            for unit in self.index().units(at) {
                // The parent's own dates say nothing of its sub-unit.
                if let Some(listed) = self.entry(unit, who, day) {
                    let name = listed.names.first().map_or("", Text::as_str);
                    let why = format!("listed sub-unit {name:?}; parent by {}", new.why);
                    keep(found, unit, Found { score: new.score, why, way: Way::Affiliate });
                }
            }
        }
        if self.entry(at, who, day).is_some() {
            keep(found, at, new);
        }
    }

    /// The entry, when it is in force and of the right kind.
    fn entry(&self, at: usize, who: &Screened, day: Day) -> Option<&Entry> {
        self.entries.get(at).filter(|entry| entry.in_force(day) && entry.screens(who.person))
    }
}

fn in_order(hits: &mut Vec<Hit>) {
    let key = |hit: &Hit| (hit.verdict, hit.list.clone(), hit.entry.clone(), hit.party.clone(), hit.role);
    hits.sort_by(|a, b| key(a).cmp(&key(b)).then(b.score.total_cmp(&a.score)));
    hits.dedup_by_key(|hit| key(hit));
}

impl Entry {
    /// Persons are screened only against entries that name persons, organisations never against those (P8).
    fn screens(&self, person: bool) -> bool {
        person == (self.kind == EntryKind::Person)
    }
}

/// The better match of an entry stays.
fn keep(found: &mut BTreeMap<usize, Found>, at: usize, new: Found) {
    match found.get(&at) {
        Some(old) if (old.way, -old.score) <= (new.way, -new.score) => {}
        _ => {
            found.insert(at, new);
        }
    }
}

fn which(nth: usize, name: &str) -> String {
    format!("{} {name:?}", if nth == 0 { "name" } else { "alias" })
}

impl Found {
    fn verdict(&self, who: &Screened, entry: &Entry) -> Verdict {
        match (self.way, who.above.is_some(), entry.effect) {
            (Way::Domain, ..) => Verdict::Domain,
            (Way::Similar, ..) => Verdict::Similar,
            (Way::Affiliate, ..) | (Way::Named, true, _) => Verdict::Affiliate,
            (Way::Named, false, Effect::Reported) => Verdict::Reported,
            (Way::Named, false, Effect::Blocks | Effect::Licence | Effect::Risk) => Verdict::Listed,
        }
    }

    fn why(&self, who: &Screened, entry: &Entry) -> Text {
        let mut why = who.above.as_ref().map(|above| format!("{above}: ")).unwrap_or_default() + &self.why;
        if entry.from.is_none() {
            why.push_str("; listed since a date not stated");
        }
        // Whoever reviews it must see what is said of the party, and what it says itself.
        if let Some(claim) = entry.claim {
            why.push_str("; claim: ");
            why.push_str(claim.as_str());
        }
        if let Some(response) = &entry.response {
            why.push_str("; response: ");
            why.push_str(response);
        }
        Text::new(why)
    }
}

fn hit(who: &Screened, entry: &Entry, found: &Found) -> Hit {
    Hit {
        party: who.party.clone(),
        role: who.role,
        list: entry.list.clone(),
        entry: entry.id.clone(),
        effect: entry.effect,
        verdict: found.verdict(who, entry),
        score: found.score,
        held: None,
        why: found.why(who, entry),
    }
}

fn screened(parties: &Parties, chain: &Chain, account: Option<&Account>, at: EventTime) -> Vec<Screened> {
    let mut all: Vec<_> = chain.parties().map(|(party, role)| known_as(parties, party, role, at)).collect();
    // The name a bill has is all that is known of some.
    for screened in &mut all {
        screened.names.extend(chain.named.iter().filter(|(id, _)| *id == screened.party).map(|(_, name)| name.clone()));
    }
    if let Some(email) = account.and_then(|account| domain(account.email_domain.as_ref()?)) {
        let email = (email, "account's e-mail domain");
        match all.iter_mut().find(|screened| screened.role == Role::Customer) {
            Some(customer) => customer.domains.push(email),
            None => all.extend(account.map(|account| Screened {
                party: PartyId::new(account.account.to_string()),
                role: Role::Account,
                person: false,
                names: Vec::new(),
                domains: vec![email],
                above: None,
            })),
        }
    }
    if let Some(customer) = &chain.customer {
        let owner = parties.owner(customer, at);
        let path = owner.path.iter().map(|(party, _)| party);
        let above: std::collections::BTreeSet<_> = path.chain([&owner.party]).collect();
        for party in above.into_iter().filter(|party| chain.parties().all(|(known, _)| known != *party)) {
            let role = if *party == owner.party { Role::Owner } else { Role::Parent };
            let above = Some(format!("{} of {customer}", role.as_str()));
            all.push(Screened { above, ..known_as(parties, party, role, at) });
        }
    }
    all
}

fn known_as(parties: &Parties, party: &PartyId, role: Role, at: EventTime) -> Screened {
    let cards: Vec<_> = parties.cards(party, at).collect();
    let domains = cards.iter().flat_map(|card| &card.domains);
    Screened {
        party: party.clone(),
        role,
        person: cards.iter().any(|card| card.person),
        names: cards.iter().flat_map(|card| &card.names).map(|name| Text::new(name.trim())).collect(),
        domains: domains.filter_map(|text| Some((domain(text)?, "domain"))).collect(),
        above: None,
    }
}

#[cfg(test)]
mod tests;
