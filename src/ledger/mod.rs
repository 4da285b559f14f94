//! What each account ran, was billed, was refused and from where it was used, as far as it is known so far.
//!
//! In: facts, in any order, any number of times. Out: per account the activities of every hour ([`Activity`]), its
//! sightings, and the facts behind them. It refuses to know rules, parties and what time it is: `now` is handed in.

mod activity;
mod bills;
mod halves;
mod intervals;
mod store;

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::Catalogue;
use crate::model::{
    AccountId, Day, EventTime, Fact, FactId, NetworkPrefix, Position, PrincipalClass, Provider, Statement, Suppression,
    Text, Usage, UsageKind,
};

pub use activity::{Activity, ActivityKind, ChipKey, Detail};
pub use store::{Fate, Held};

use bills::Completed;
use store::Store;

/// A use of an account: day, network, kind of principal.
pub type Sighting = (Day, NetworkPrefix, PrincipalClass);

/// All accounts of a shard.
#[derive(Debug, Default)]
pub struct Ledger {
    store: Store,
    accounts: BTreeMap<AccountId, BTreeSet<FactId>>,
    completed: Completed,
    suppressions: BTreeSet<FactId>,
}

/// What a fact touched.
#[derive(Debug, PartialEq, Eq)]
pub enum Touched {
    /// Nothing that was not known.
    Nothing,
    /// One account.
    Account(AccountId),
    /// Every account with lines of this statement; perhaps any.
    Statement(Provider, Statement),
    /// Reference facts: accounts, parties, edges, authorisations, tenders, suppressions.
    Reference,
    /// Time.
    Now,
}

impl Ledger {
    /// Takes a fact with its identity in by D1 and says what became of it and what it touched.
    pub fn apply(&mut self, id: FactId, position: &Position, fact: Fact) -> (Fate, Touched) {
        let (fate, kept) = self.store.apply(id, position, fact);
        let Some(kept) = kept else { return (fate, Touched::Nothing) };
        let touched = match kept {
            Fact::Usage(Usage { account, kind: UsageKind::StatementComplete { statement }, .. }) => {
                self.completed.add(&account.provider, statement);
                Touched::Statement(account.provider.clone(), statement.clone())
            }
            Fact::Usage(usage) => {
                self.accounts.entry(usage.account.clone()).or_default().insert(id);
                Touched::Account(usage.account.clone())
            }
            Fact::Tick(_) => Touched::Now,
            Fact::Suppression(_) => {
                self.suppressions.insert(id);
                Touched::Reference
            }
            _ => Touched::Reference,
        };
        (fate, touched)
    }

    /// A fact by its identity.
    pub fn fact(&self, id: &FactId) -> Option<&Held> {
        self.store.get(id)
    }

    /// Every fact that counts, by identity.
    pub fn facts(&self) -> impl Iterator<Item = (&FactId, &Held)> {
        self.store.iter()
    }

    /// Every suppression, whether in force or not.
    pub fn suppressions(&self) -> impl Iterator<Item = &Suppression> {
        self.suppressions.iter().filter_map(|id| match &self.store.get(id)?.fact {
            Fact::Suppression(suppression) => Some(suppression),
            _ => None,
        })
    }

    /// Accounts with usage facts, in order.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        self.accounts.keys()
    }

    /// Accounts that have lines of a statement.
    pub fn accounts_on(&self, provider: &Provider, export: &Text, period: &Text) -> Vec<AccountId> {
        let on = |usage: &Usage| match &usage.kind {
            UsageKind::UsageBilled(line) => {
                line.statement.as_ref().is_some_and(|s| s.export == *export && s.period == *period)
            }
            _ => false,
        };
        let accounts = self.accounts.keys().filter(|account| account.provider == *provider);
        accounts.filter(|account| self.usages(account).any(|(_, usage)| on(usage))).cloned().collect()
    }

    /// The activities of an account by hour, up to and including the hour of `now` (D3–D5).
    pub fn activities(&self, account: &AccountId, catalogue: &Catalogue, now: EventTime) -> Vec<Activity> {
        let usages: Vec<_> = self.usages(account).collect();
        activity::of_account(&account.provider, &usages, &self.completed, catalogue, now)
    }

    /// Where an account was used from, by day.
    pub fn sightings(&self, account: &AccountId) -> BTreeSet<Sighting> {
        let of = |usage: &Usage| match &usage.kind {
            UsageKind::Sighting { network, principal_class } => Some((usage.time.day(), *network, *principal_class)),
            _ => None,
        };
        self.usages(account).filter_map(|(_, usage)| of(usage)).collect()
    }

    fn usages(&self, account: &AccountId) -> impl Iterator<Item = (FactId, &Usage)> {
        let ids = self.accounts.get(account).into_iter().flatten();
        ids.filter_map(|id| match &self.store.get(id)?.fact {
            Fact::Usage(usage) => Some((*id, usage)),
            _ => None,
        })
    }
}
