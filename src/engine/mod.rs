//! Facts in, alert changes out.
//!
//! In: facts in any order, any number of times, and a rulebook. Out: the alert table, a pure function of the set of
//! facts, the last tick and the rulebook (P1), and its differences to what was published before. It refuses to know
//! clocks, files and where facts come from.

mod alert;
mod consumption;
mod episodes;
mod evaluate;
mod refusal;
mod rows;
mod scope;
mod standing;
mod summary;
mod window;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue::{Catalogue, Jurisdictions};
use crate::geo::Geo;
pub use crate::ledger::Fate;
use crate::ledger::Ledger;
use crate::model::{Alert, AlertId, EventTime, Fact, FactKind, Position, Revision, Text};
use crate::parties::{Lists, Parties};
use crate::policy::Policy;

pub use refusal::Refusal;

pub use consumption::{Consumed, Consumption};

/// Everything that decides what facts mean.
#[derive(Clone, Debug)]
pub struct Rulebook {
    /// SKUs, chips and controls.
    pub catalogue: Arc<Catalogue>,
    /// Country groups.
    pub jurisdictions: Arc<Jurisdictions>,
    /// Addresses to places.
    pub geo: Arc<Geo>,
    /// Lists of parties.
    pub lists: Arc<Lists>,
    /// Rules.
    pub policy: Arc<Policy>,
    /// `sha256:` of all of it.
    pub digest: Text,
}

/// A difference between what was published and what holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// New.
    Opened(Alert),
    /// It says something else than before.
    Updated(Alert),
    /// Its last episode disappeared.
    Withdrawn(AlertId),
}

/// One shard.
#[derive(Debug)]
pub struct Engine {
    book: Rulebook,
    ledger: Ledger,
    parties: Parties,
    now: Option<EventTime>,
    published: BTreeMap<AlertId, Alert>,
    position: u64,
    fates: BTreeMap<(FactKind, Fate), u64>,
}

impl Engine {
    /// An empty shard.
    pub fn new(book: Rulebook) -> Self {
        Self {
            book,
            ledger: Ledger::default(),
            parties: Parties::default(),
            now: None,
            published: BTreeMap::new(),
            position: 0,
            fates: BTreeMap::new(),
        }
    }

    /// Takes one fact in. Same state and same fact give the same outcome.
    pub fn apply(&mut self, position: &Position, fact: Fact) -> Fate {
        self.position += 1;
        let kind = fact.kind();
        let fate = if Refusal::of(&fact).is_none() { self.fold(position, fact) } else { Fate::Refused };
        *self.fates.entry((kind, fate)).or_default() += 1;
        fate
    }

    fn fold(&mut self, position: &Position, fact: Fact) -> Fate {
        if let Fact::Tick(time) = fact {
            self.now = self.now.max(Some(time));
        }
        let id = fact.identity();
        let (fate, kept) = self.ledger.apply(id, position, fact);
        if let Some(fact) = kept {
            self.parties.put(fact);
        }
        fate
    }

    /// Brings what is published up to what holds, and says what changed, by alert id. Before the first tick nothing is
    /// evaluated.
    pub fn publish(&mut self) -> Vec<Change> {
        let table = self.table();
        let mut changes = Vec::new();
        for (id, alert) in &table {
            match self.published.get(id) {
                None => changes.push(Change::Opened(alert.clone())),
                Some(before) if before.canonical() != alert.canonical() => changes.push(Change::Updated(alert.clone())),
                Some(_) => {}
            }
        }
        let gone = self.published.keys().filter(|id| !table.contains_key(id));
        changes.extend(gone.map(|id| Change::Withdrawn(id.clone())));
        self.published = table;
        changes
    }

    /// The alerts published, by id.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.published.values()
    }

    /// How many facts of each kind came to what.
    pub fn fates(&self) -> &BTreeMap<(FactKind, Fate), u64> {
        &self.fates
    }

    /// Halves of operations that wait for the other: applied, and without effect so far.
    pub fn pending(&self) -> u64 {
        self.ledger.pending()
    }

    /// Billed lines that could not be told apart, the greater usage counted (D4).
    pub fn ambiguous(&self) -> u64 {
        self.ledger.ambiguous()
    }

    /// What is held, by kind: distinct facts.
    pub fn held(&self) -> BTreeMap<FactKind, u64> {
        let mut held = BTreeMap::new();
        for (_, fact) in self.ledger.facts() {
            *held.entry(fact.fact.kind()).or_default() += 1;
        }
        held
    }

    /// What ran, for metrics.
    pub fn consumption(&self) -> Consumption {
        let Some(now) = self.now else { return Consumption::default() };
        consumption::of(&rows::rows(&self.ledger, &self.parties, &self.book, now), &self.book, now)
    }

    /// The rulebook in force.
    pub fn book(&self) -> &Rulebook {
        &self.book
    }

    fn table(&self) -> BTreeMap<AlertId, Alert> {
        let Some(now) = self.now else { return BTreeMap::new() };
        let rows = rows::rows(&self.ledger, &self.parties, &self.book, now);
        let (findings, held) = evaluate::findings(&rows, &self.book, now);
        let revision = Revision { epoch: 1, position: self.position, config: self.book.digest.clone() };
        let desk = alert::Desk { book: &self.book, ledger: &self.ledger, held: &held, now, revision };
        findings.iter().filter_map(|finding| desk.alert(finding)).map(|alert| (alert.id.clone(), alert)).collect()
    }
}
