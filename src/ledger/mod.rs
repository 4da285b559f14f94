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
    AccountId, Day, EventTime, Fact, FactId, NetworkPrefix, Position, PrincipalClass, Suppression, Usage, UsageKind,
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
    ambiguous: u64,
}

impl Ledger {
    /// Takes a fact with its identity in by D1. Says what became of it, and gives it back where it now counts.
    pub fn apply(&mut self, id: FactId, position: &Position, fact: Fact) -> (Fate, Option<&Fact>) {
        let ambiguous =
            matches!(&fact, Fact::Usage(Usage { kind: UsageKind::UsageBilled(line), .. }) if line.is_ambiguous());
        let (fate, kept) = self.store.apply(id, position, fact);
        self.ambiguous += u64::from(ambiguous && fate == Fate::Superseded);
        match kept {
            Some(Fact::Usage(Usage { account, kind: UsageKind::StatementComplete { statement }, .. })) => {
                self.completed.add(&account.provider, statement);
            }
            Some(Fact::Usage(usage)) => {
                self.accounts.entry(usage.account.clone()).or_default().insert(id);
            }
            Some(Fact::Suppression(_)) => {
                self.suppressions.insert(id);
            }
            _ => {}
        }
        (fate, kept)
    }

    /// Billed lines that could not be told apart, the greater usage counted (D4).
    pub fn ambiguous(&self) -> u64 {
        self.ambiguous
    }

    /// Halves of operations whose other half has not been seen.
    pub fn pending(&self) -> u64 {
        self.accounts.keys().map(|account| halves::pending(self.usages(account))).sum()
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

    /// The activities of an account by hour, up to and including the hour of `now` (D3–D5).
    pub fn activities(&self, account: &AccountId, catalogue: &Catalogue, now: EventTime) -> Vec<Activity> {
        let usages: Vec<_> = self.usages(account).collect();
        activity::of_account(&account.provider, &usages, &self.completed, catalogue, now)
    }

    /// Where an account was used from, by day, with the facts that say so.
    pub fn sightings(&self, account: &AccountId) -> BTreeMap<Sighting, FactId> {
        let of = |usage: &Usage| match &usage.kind {
            UsageKind::Sighting { network, principal_class } => Some((usage.time.day(), *network, *principal_class)),
            _ => None,
        };
        self.usages(account).filter_map(|(id, usage)| Some((of(usage)?, id))).collect()
    }

    fn usages(&self, account: &AccountId) -> impl Iterator<Item = (FactId, &Usage)> {
        let ids = self.accounts.get(account).into_iter().flatten();
        ids.filter_map(|id| match &self.store.get(id)?.fact {
            Fact::Usage(usage) => Some((*id, usage)),
            _ => None,
        })
    }
}
