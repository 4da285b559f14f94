//! Snapshots of shards while they go on.
//!
//! In: shards, as often as anybody asks. Out: snapshots in their place, one at a time of each shard, written beside the
//! work; old ones removed. A place that cannot be written to is told, counted and tried again: it stops nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use tokio::runtime::Handle;

use super::clock::{self, Stopwatch};
use super::view::View;
use crate::config::Service;
use crate::engine::Member;
use crate::model::{EventTime, Text};
use crate::store::{Expect, Found, Header, Store};

/// Where snapshots go, and what is known of them.
pub(super) struct Saving {
    store: Option<Store>,
    runtime: Handle,
    log: Text,
    shards: u32,
    epoch: u32,
    every: std::time::Duration,
    keep: usize,
    view: Arc<View>,
    states: Arc<Mutex<BTreeMap<u32, State>>>,
}

/// One shard's snapshots.
#[derive(Default)]
struct State {
    began: Option<Stopwatch>,
    writing: bool,
    /// Offset of the last one that is durable, and when it was.
    last: Option<(u64, EventTime)>,
}

impl Saving {
    /// `log` tells this log from another one of the same name.
    pub(super) fn new(service: &Service, log: &str, runtime: Handle, view: Arc<View>) -> anyhow::Result<Self> {
        let store = match &service.snapshots {
            Some(snapshots) => Some(Store::open(&snapshots.place)?),
            None => None,
        };
        let (every, keep) = service
            .snapshots
            .as_ref()
            .map_or((std::time::Duration::MAX, 0), |snapshots| (snapshots.every, snapshots.keep));
        let (shards, epoch) = (service.engine.count.get(), service.engine.epoch);
        Ok(Self { store, runtime, log: Text::new(log), shards, epoch, every, keep, view, states: Arc::default() })
    }

    /// The newest sound snapshot of a shard; none where none are kept.
    pub(super) fn newest(&self, shard: u32) -> anyhow::Result<Found> {
        let Some(store) = &self.store else { return Ok(Found::default()) };
        let expect = Expect { log: self.log.clone(), shards: self.shards, shard, epoch: self.epoch };
        let found = self.runtime.block_on(store.newest(&expect)).context("cannot look for snapshots")?;
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.insert(shard, State { began: Some(Stopwatch::start()), ..State::default() });
        Ok(found)
    }

    /// When the last snapshot of a shard by this process was durable.
    pub(super) fn last(&self, shard: u32) -> Option<EventTime> {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.get(&shard).and_then(|state| state.last).map(|(_, when)| when)
    }

    /// Saves a shard beside the work, where it is time and there is something new.
    pub(super) fn save_when_due(&self, shard: u32, member: &Member) {
        if self.store.is_none() || member.position() == 0 {
            return;
        }
        {
            let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
            let state = states.entry(shard).or_default();
            let due = state.began.is_none_or(|began| began.elapsed() >= self.every);
            let known = state.last.is_some_and(|(offset, _)| offset + 1 == member.position());
            if state.writing || !due || known {
                return;
            }
            (state.began, state.writing) = (Some(Stopwatch::start()), true);
        }
        let (writing, runtime) = (self.writing(shard, member), self.runtime.clone());
        // Packing a shard is work for a processor: it keeps no endpoint waiting.
        self.runtime.spawn_blocking(move || runtime.block_on(writing));
    }

    /// Saves a shard and waits: for the end of a process.
    pub(super) fn save_now(&self, shard: u32, member: &Member) {
        if self.store.is_some() && member.position() > 0 {
            self.runtime.block_on(self.writing(shard, member));
        }
    }

    fn writing(&self, shard: u32, member: &Member) -> impl Future<Output = ()> + Send + use<> {
        let header = Header {
            log: self.log.clone(),
            shards: self.shards,
            shard,
            epoch: self.epoch,
            position: member.position() - 1,
            configuration: member.engine().book().digest.clone(),
        };
        let snapshot = member.engine().snapshot();
        let (store, keep, view, states) =
            (self.store.clone(), self.keep, Arc::clone(&self.view), Arc::clone(&self.states));
        async move {
            let ending = Ending { states, shard };
            let Some(store) = store else { return };
            let pieces = snapshot.write(0).unwrap_or_default().into_iter().map(Piece);
            let saved = store.save(&header, pieces).await;
            let mut durable = None;
            match saved {
                Ok(saved) => {
                    durable = Some((header.position, clock::now()));
                    tracing::info!(shard, name = &*saved.name, bytes = saved.stored, "snapshot written");
                    view.counts.add("snapshots", "written");
                    if let Err(error) = store.prune(shard, keep).await {
                        tracing::warn!(shard, %error, "old snapshots were not removed");
                    }
                }
                Err(error) => {
                    tracing::error!(shard, %error, "no snapshot was written");
                    view.counts.add("snapshots", "failed");
                }
            }
            ending.with(|state| state.last = durable.or(state.last));
        }
    }
}

/// However the writing of a snapshot ends, the next one may be begun.
struct Ending {
    states: Arc<Mutex<BTreeMap<u32, State>>>,
    shard: u32,
}

impl Ending {
    fn with(&self, change: impl FnOnce(&mut State)) {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        change(states.entry(self.shard).or_default());
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.with(|state| state.writing = false);
    }
}

/// A piece of a snapshot, shared with the shard.
struct Piece(Arc<Vec<u8>>);

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
