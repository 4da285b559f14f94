//! The thread of one target: takes records in order, decides, sends, waits, and tells how far it is.
//!
//! In: records of its feed, a clock. Out: requests. A dead target keeps this thread waiting and nobody else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use super::client::Client;
use super::core::Core;
use super::feed::{Feed, Said, Shared, WAITING};
use super::message::Message;
use super::outcome::Outcome;
use super::retry::{Answer, Pace, is_over};
use super::target::Target;
use crate::model::EventTime;

/// How often a worker that hears nothing looks whether it is stopped.
const SLICE: Duration = Duration::from_millis(250);
/// How long nothing must be heard before a day that has ended is summed up.
const QUIET: Duration = Duration::from_secs(30);

/// Sends to one target; to be run on a thread of its own.
pub struct Worker {
    target: Target,
    core: Core,
    /// The time of reading each partition that the core's memory is of.
    generations: BTreeMap<i32, u64>,
    /// The feed's generation at which it was last looked whether they are over.
    looked: u64,
    line: Receiver<Said>,
    shared: Arc<Shared>,
    pace: Pace,
    quiet: Duration,
}

/// Both ends of a target's line.
pub fn open(target: Target) -> (Feed, Worker) {
    let shared = Arc::new(Shared::default());
    let (sender, line) = sync_channel(WAITING);
    let feed = Feed::new(target.name.clone(), sender, Arc::clone(&shared));
    let core = Core::new(&target);
    let (generations, looked) = (BTreeMap::new(), 0);
    (feed, Worker { target, core, generations, looked, line, shared, pace: Pace::STATED, quiet: QUIET })
}

/// Whether to go on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    /// Stopped, or the partition was taken, before the message was dealt with.
    Left,
}

impl Worker {
    #[cfg(test)]
    pub(super) fn hurried(self, pace: Pace, quiet: Duration) -> Self {
        Self { pace, quiet, ..self }
    }

    /// Runs until the feed is stopped or dropped. `now` is the wall clock, in UTC.
    pub fn run(mut self, now: impl Fn() -> EventTime) {
        let client = Client::new(self.target.clone());
        let mut heard_nothing = Duration::ZERO;
        while !self.shared.is_stopped() {
            match self.line.recv_timeout(SLICE.min(self.quiet)) {
                Ok(said) => {
                    heard_nothing = Duration::ZERO;
                    self.take(said, &client, &now);
                }
                Err(RecvTimeoutError::Timeout) => {
                    heard_nothing = heard_nothing.saturating_add(SLICE);
                    if heard_nothing >= self.quiet {
                        self.forget_taken();
                        for summary in self.core.quiet(now()) {
                            self.deliver(&summary, None, &client, &now);
                        }
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Gives back the memory of partitions that somebody else reads now, or that are read again: what was counted of them
    /// must not be held against the others.
    fn forget_taken(&mut self) {
        let Self { generations, looked, shared, core, .. } = self;
        let generation = shared.generation();
        if std::mem::replace(looked, generation) == generation {
            return;
        }
        generations.retain(|partition, generation| {
            let held = shared.start(*partition, *generation).is_some();
            if !held {
                core.forget(*partition);
            }
            held
        });
    }

    /// Deals with one record.
    fn take(&mut self, said: Said, client: &Client, now: &impl Fn() -> EventTime) {
        let Said { generation, heard } = said;
        let (partition, offset) = (heard.partition, heard.offset);
        self.forget_taken();
        let Some(start) = self.shared.start(partition, generation) else { return };
        self.generations.insert(partition, generation);
        let decided = self.core.hear(start, heard, now());
        decided.counted.into_iter().for_each(|outcome| self.shared.count(outcome));
        for message in &decided.send {
            // A summary is of the target, not of a partition: it is not dropped with one.
            let hold = message.alert().map(|_| (partition, generation));
            if self.deliver(message, hold, client, now) == Flow::Left {
                return;
            }
        }
        self.shared.done(partition, generation, offset);
    }

    /// Tries until the message is delivered, refused or given up.
    fn deliver(
        &self,
        message: &Message,
        hold: Option<(i32, u64)>,
        client: &Client,
        now: &impl Fn() -> EventTime,
    ) -> Flow {
        let mut attempt = 0;
        loop {
            let taken = hold.is_some_and(|(partition, generation)| self.shared.start(partition, generation).is_none());
            if taken || self.shared.is_stopped() {
                return Flow::Left;
            }
            attempt += 1;
            let at = now();
            let ended = match client.post(&message.request(&self.target.shape, at), at) {
                Answer::Delivered => Outcome::Delivered,
                Answer::Refused { status } => {
                    tracing::warn!(webhook = %self.target.name, key = %message.key, status, "message refused");
                    Outcome::Refused
                }
                Answer::Again { why, after } => {
                    let (now, since) = (now(), self.shared.fails(why, at));
                    if !is_over(self.target.give_up_after, message.at, since, now) {
                        self.shared.count(Outcome::Retried);
                        self.shared.wait(self.pace.wait(&message.key, attempt, after), hold);
                        continue;
                    }
                    tracing::warn!(webhook = %self.target.name, key = %message.key, why = why.as_str(), "message given up");
                    self.shared.count(Outcome::Abandoned);
                    return Flow::On;
                }
            };
            self.shared.answers();
            self.shared.count(ended);
            return Flow::On;
        }
    }
}
