//! What threads tell of themselves, for metrics and health: shared, mostly read.
//!
//! In: what each thread last knew. Out: the same to whoever asks. It decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use dashmap::DashMap;

use super::ahead::Totals;
use crate::engine::{Consumption, Fate};
use crate::kafka::Lags;
use crate::model::{EventTime, FactKind, Text};
use crate::sinks::webhook::Watch;

/// One shard as its worker last saw it.
#[derive(Clone, Debug, Default)]
pub(super) struct ShardView {
    /// Offset after the last record folded.
    pub(super) position: u64,
    /// Up to when event time has passed.
    pub(super) now: Option<EventTime>,
    /// What is still to be read before it may speak; empty: it speaks.
    pub(super) behind: Vec<&'static str>,
    /// Shards that have not said everything under the rulebook in force.
    pub(super) waits_for: Vec<u32>,
    /// What facts came to.
    pub(super) fates: BTreeMap<(FactKind, Fate), u64>,
    /// Halves of operations that wait.
    pub(super) pending: u64,
    /// Lines that could not be told apart.
    pub(super) ambiguous: u64,
    /// Alerts published, by rule, severity, basis and status.
    pub(super) alerts: BTreeMap<(Text, &'static str, &'static str, &'static str), u64>,
    /// What ran, as of the last time it was added up.
    pub(super) consumption: Option<Arc<Consumption>>,
    /// When the last snapshot was durable.
    pub(super) snapshot: Option<EventTime>,
    /// Messages of our own topics that could not be read, by topic.
    pub(super) unread: BTreeMap<&'static str, u64>,
    /// The rulebook in force.
    pub(super) config: Text,
}

/// Things that happened, by what and which.
#[derive(Debug, Default)]
pub(super) struct Counts(DashMap<(&'static str, String), u64>);

impl Counts {
    /// One more.
    pub(super) fn add(&self, what: &'static str, which: impl Into<String>) {
        self.add_many(what, which, 1);
    }

    /// So many more.
    pub(super) fn add_many(&self, what: &'static str, which: impl Into<String>, count: u64) {
        *self.0.entry((what, which.into())).or_default() += count;
    }

    /// All of them.
    pub(super) fn all(&self) -> BTreeMap<(&'static str, String), u64> {
        self.0.iter().map(|entry| (entry.key().clone(), *entry.value())).collect()
    }
}

/// The service as its threads see it.
#[derive(Default)]
pub(super) struct View {
    /// Running totals of source partitions held, by topic and partition.
    pub(super) sources: DashMap<(String, i32), Totals>,
    /// The latest event time read of each source topic.
    pub(super) latest: DashMap<String, EventTime>,
    /// Records that lie ahead, by topic and partition.
    pub(super) lags: Lags,
    /// Shards held.
    pub(super) shards: DashMap<u32, ShardView>,
    /// Things that happened: errors of Kafka by kind, snapshots by outcome, reloads by outcome.
    pub(super) counts: Counts,
    /// What is dead and will not come back by itself.
    pub(super) dead: Mutex<Vec<String>>,
    /// Webhooks of this process.
    pub(super) webhooks: Mutex<Vec<Watch>>,
    /// Set once brokers and topics were found as they must be.
    pub(super) connected: AtomicBool,
    /// Why brokers are still waited for.
    waits: Mutex<Option<String>>,
    /// Shards that the group has given us.
    pub(super) assigned: AtomicU64,
    /// Groups that have not yet said what is ours.
    unjoined: Mutex<BTreeSet<&'static str>>,
}

impl View {
    /// Something of the process is dead: `/healthz` says so from now on.
    pub(super) fn died(&self, what: String) {
        self.dead.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    /// Why brokers are waited for; `None`: they are not any more.
    pub(super) fn waits(&self, why: Option<String>) {
        *self.waits.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// It is not ready before this group has said what is ours.
    pub(super) fn awaits(&self, group: &'static str) {
        self.unjoined.lock().unwrap_or_else(PoisonError::into_inner).insert(group);
    }

    /// The group has said what is ours.
    pub(super) fn joined(&self, group: &'static str) {
        self.unjoined.lock().unwrap_or_else(PoisonError::into_inner).remove(group);
    }

    /// Records of reference files that were rejected, by reason.
    pub(super) fn rejected(&self, reasons: &BTreeMap<String, u64>) {
        for (reason, count) in reasons {
            self.counts.add_many("rejected", reason, *count);
        }
    }

    /// A webhook to be watched.
    pub(super) fn webhook(&self, watch: Watch) {
        self.webhooks.lock().unwrap_or_else(PoisonError::into_inner).push(watch);
    }

    /// What is not ready yet, in words.
    pub(super) fn not_ready(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if !self.connected.load(Ordering::Relaxed) {
            reasons.push("brokers and topics were not yet found as they must be".to_owned());
        }
        reasons.extend(self.waits.lock().unwrap_or_else(PoisonError::into_inner).clone());
        for shard in &self.shards {
            let behind = &shard.behind;
            if !behind.is_empty() {
                reasons.push(format!("shard {} has not yet read {} to the end", shard.key(), behind.join(", ")));
            }
        }
        let (held, assigned) = (self.shards.len() as u64, self.assigned.load(Ordering::Relaxed));
        if held < assigned {
            reasons.push(format!("{} of {assigned} shards are not opened yet", assigned - held));
        }
        for group in self.unjoined.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            reasons.push(format!("the group of the {group} has not yet said which partitions are ours"));
        }
        reasons.sort();
        reasons
    }
}
