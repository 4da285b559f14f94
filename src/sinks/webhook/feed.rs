//! Between whoever reads the alerts topic and the worker: records in, offsets and counts out.
//!
//! In: partitions given and taken, records. Out: which offsets may be committed. It refuses to know Kafka, and never makes
//! its caller wait: when the worker is behind, a record is handed back.

use std::collections::BTreeMap;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::line::Heard;
use super::outcome::{Counts, Outcome};
use super::retry::Why;
use crate::model::{EventTime, Text};

/// Most records that wait for the worker of one target.
pub const WAITING: usize = 256;

/// A partition that is read for a target.
#[derive(Clone, Copy)]
struct Hold {
    /// Tells this time of reading it from earlier ones.
    generation: u64,
    /// Offset of the first record that was not dealt with before.
    start: i64,
    /// Offset of the first record that has not been dealt with.
    next: i64,
}

/// A record as it was read, and the time of reading its partition that it belongs to.
#[derive(Debug, PartialEq)]
pub struct Said {
    pub(super) generation: u64,
    pub(super) heard: Heard,
}

#[derive(Default)]
struct State {
    holds: BTreeMap<i32, Hold>,
    generations: u64,
    counts: Counts,
    failing: Option<Failing>,
    stopped: bool,
}

/// A target that takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failing {
    /// Since when.
    pub since: EventTime,
    /// What the last attempt ended in.
    pub why: Why,
}

/// What a feed and its worker share.
#[derive(Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    /// Where a partition's new records begin; `None` when this time of reading it is over.
    pub(super) fn start(&self, partition: i32, generation: u64) -> Option<i64> {
        self.state().holds.get(&partition).filter(|hold| hold.generation == generation).map(|hold| hold.start)
    }

    /// Grows whenever a partition is given or taken.
    pub(super) fn generation(&self) -> u64 {
        self.state().generations
    }

    /// The record at `offset` and all before it have been dealt with.
    pub(super) fn done(&self, partition: i32, generation: u64, offset: i64) {
        let mut state = self.state();
        if let Some(hold) = state.holds.get_mut(&partition).filter(|hold| hold.generation == generation) {
            hold.next = hold.next.max(offset.saturating_add(1));
        }
    }

    pub(super) fn count(&self, outcome: Outcome) {
        self.state().counts.add(outcome);
    }

    /// The target answered, for better or worse.
    pub(super) fn answers(&self) {
        self.state().failing = None;
    }

    /// The target failed again: since when it does.
    pub(super) fn fails(&self, why: Why, now: EventTime) -> EventTime {
        let mut state = self.state();
        let since = state.failing.map_or(now, |failing| failing.since.min(now));
        state.failing = Some(Failing { since, why });
        since
    }

    /// Waits, less when it is stopped or `hold`, a partition and its time of reading, is over meanwhile.
    pub(super) fn wait(&self, duration: Duration, hold: Option<(i32, u64)>) {
        let held = |state: &State, (partition, generation): (i32, u64)| {
            state.holds.get(&partition).is_some_and(|hold| hold.generation == generation)
        };
        let on = |state: &mut State| !state.stopped && hold.is_none_or(|hold| held(state, hold));
        // Whoever waited looks for itself what has changed.
        drop(self.changed.wait_timeout_while(self.state(), duration, on));
    }
}

/// Why a record is not taken; itself, where it is still of use.
#[derive(Debug, PartialEq)]
pub enum NotTaken {
    /// The worker is behind: offer it again later. Nothing behind it may be offered before.
    Full(Said),
    /// Its partition is not assigned any more, or was given anew: whoever has it reads the record again.
    NotAssigned,
    /// The worker has ended.
    Ended,
}

/// The end of a target's line that the reader of the topic holds. Dropping it stops the worker.
pub struct Feed {
    sender: SyncSender<Said>,
    shared: Arc<Shared>,
    name: Text,
}

impl Feed {
    pub(super) fn new(name: Text, sender: SyncSender<Said>, shared: Arc<Shared>) -> Self {
        Self { sender, shared, name }
    }

    /// The target's name: its offsets are kept under it.
    pub fn name(&self) -> &Text {
        &self.name
    }

    /// A partition is given. What follows of it are its records from the very first that the topic still has; those from
    /// `committed` on are new. For a target that has no offset yet, `committed` is the end of the partition: what was
    /// there before the target is not told to it.
    pub fn assign(&self, partition: i32, committed: i64) {
        let mut state = self.shared.state();
        state.generations += 1;
        let hold = Hold { generation: state.generations, start: committed, next: committed };
        state.holds.insert(partition, hold);
        self.shared.changed.notify_all();
    }

    /// A partition is taken: what waits of it is dropped, and whoever is given it reads it anew.
    pub fn revoke(&self, partition: i32) {
        let mut state = self.shared.state();
        state.generations += 1;
        state.holds.remove(&partition);
        self.shared.changed.notify_all();
    }

    /// A record as it is read: it belongs to this time of reading its partition. `None` where that is not assigned.
    pub fn read(&self, heard: Heard) -> Option<Said> {
        let generation = self.shared.state().holds.get(&heard.partition)?.generation;
        Some(Said { generation, heard })
    }

    /// Hands over the next record of a partition, where it is still read as it was then. Never waits.
    pub fn offer(&self, said: Said) -> Result<(), NotTaken> {
        if self.shared.start(said.heard.partition, said.generation).is_none() {
            return Err(NotTaken::NotAssigned);
        }
        self.sender.try_send(said).map_err(|error| match error {
            TrySendError::Full(said) => NotTaken::Full(said),
            TrySendError::Disconnected(_) => NotTaken::Ended,
        })
    }

    /// Offsets that may be committed, by partition: everything before each is decided, and delivered, refused or given up.
    /// Where nothing new was dealt with, it is where new records begin: once that is committed, a target is known.
    pub fn offsets(&self) -> BTreeMap<i32, i64> {
        self.shared.state().holds.iter().map(|(partition, hold)| (*partition, hold.next)).collect()
    }

    /// Offset of the first record of a partition that has not been dealt with; `None` where it is not assigned.
    pub fn next(&self, partition: i32) -> Option<i64> {
        self.shared.state().holds.get(&partition).map(|hold| hold.next)
    }

    /// A view for metrics and readiness, to be kept anywhere.
    pub fn watch(&self) -> Watch {
        Watch { name: self.name.clone(), shared: Arc::clone(&self.shared) }
    }

    /// Asks the worker to end: an attempt that is under way is finished, what waits is left for the next start.
    pub fn stop(&self) {
        self.shared.state().stopped = true;
        self.shared.changed.notify_all();
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What can be seen of a target's line. Cheap to clone.
#[derive(Clone)]
pub struct Watch {
    name: Text,
    shared: Arc<Shared>,
}

impl Watch {
    /// The target's name.
    pub fn name(&self) -> &Text {
        &self.name
    }

    /// What became of messages since the process began.
    pub fn counts(&self) -> Counts {
        self.shared.state().counts.clone()
    }

    /// Since when the target takes nothing, if so.
    pub fn failing(&self) -> Option<Failing> {
        self.shared.state().failing
    }
}
