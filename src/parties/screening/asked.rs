//! A name asked about by itself: which entries it names or resembles.
//!
//! In: a name, a domain or an address, and a day. Out: entries with score, strength and how it came about, the best
//! first. It refuses to know accounts and chains.

use super::domain::domain;
use super::{Again, Found, Screened, Verdict};
use crate::model::{Day, PartyId, Text};
use crate::parties::{Entry, Lists, Role};

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedAs {
    /// An organisation, or nobody knows what.
    Organisation,
    /// A natural person.
    Person,
}

/// An entry that a name was found to name or to resemble.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// What that says.
    pub verdict: Verdict,
    /// As of a hit.
    pub score: f64,
    /// How it came about.
    pub why: Text,
}

impl Lists {
    /// Entries in force on a day that a name (or domain, or e-mail address) names or resembles: by verdict,
    /// then score, then list and entry.
    pub fn ask(&self, name: &str, asked: AskedAs, day: Day) -> Vec<Named<'_>> {
        let name = name.trim();
        let at = name.rsplit_once('@').map_or(name, |(_, domain)| domain);
        let domains = domain(at).map(|domain| (domain, "domain"));
        let screened = Screened {
            party: PartyId::new("asked"),
            role: Role::Customer,
            person: asked == AskedAs::Person,
            names: vec![Text::new(name)],
            domains: domains.into_iter().collect(),
            above: None,
        };
        let named = |(at, found): (usize, Found)| {
            let entry = self.entries.get(at)?;
            let (verdict, score) = (found.verdict(&screened, entry), found.score);
            Some(Named { entry, verdict, score, why: found.why(&screened, entry) })
        };
        let mut named: Vec<_> = self.found(&screened, day, Again::Hardly).into_iter().filter_map(named).collect();
        named.sort_by(|a, b| a.verdict.cmp(&b.verdict).then(b.score.total_cmp(&a.score)));
        named
    }
}
