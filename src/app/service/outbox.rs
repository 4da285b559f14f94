//! Facts and rejects on their way to topics of ours.
//!
//! In: what is to be sent, and whether there is much more to come. Out: what is durable, told to the partition it was read
//! from. While there is much to read, what is to be sent waits a little for more: each request costs a broker as much as
//! hundreds of records. Where reading has caught up nothing waits. It refuses to know what is sent.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::clock::Stopwatch;
use super::held::POSITION;
use super::reading::Out;
use super::reject;
use super::view::View;
use crate::kafka::{KafkaError, Producer, Record, Sending};

/// How long what is to be sent waits for more at most.
const HOLD: Duration = Duration::from_millis(50);
/// How much waits at most.
const MOST: usize = 4_096;
/// How long a topic that takes nothing is left alone.
const AGAIN: Duration = Duration::from_millis(500);

/// How reading goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// There is much to be read yet.
    CatchingUp,
    /// What comes is read as it comes.
    Live,
}

/// What is to be sent, and what was and is not durable yet.
pub(super) struct Outbox {
    producer: Producer,
    view: Arc<View>,
    waiting: VecDeque<Out>,
    /// Since when something has been waiting.
    since: Option<Stopwatch>,
    /// Handed over, and not all was taken.
    stuck: bool,
    in_flight: BTreeMap<usize, Out>,
    number: usize,
}

impl Outbox {
    pub(super) fn new(producer: Producer, view: Arc<View>) -> Self {
        let (waiting, in_flight) = (VecDeque::new(), BTreeMap::new());
        Self { producer, view, waiting, since: None, stuck: false, in_flight, number: 0 }
    }

    /// Where to put what is to be sent.
    pub(super) fn waiting(&mut self) -> &mut VecDeque<Out> {
        &mut self.waiting
    }

    /// Whether nothing waits to be handed over.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether so much waits that it is to be handed over before more is put there.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= MOST
    }

    /// Whether what was handed over was not all taken: nothing more is to be read until it is.
    pub(super) fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// Whether all that was ever put here is durable.
    pub(super) fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.is_empty()
    }

    /// Fails where nothing can be sent any more: whoever starts anew reads on from what was committed.
    pub(super) fn is_able(&self) -> Result<(), KafkaError> {
        self.producer.is_able()
    }

    /// Hands over what waits, where it has waited long enough.
    pub(super) fn send(&mut self, pace: Pace) {
        if self.waiting.is_empty() {
            (self.since, self.stuck) = (None, false);
            return;
        }
        let waited = self.since.get_or_insert_with(Stopwatch::start).elapsed();
        if self.stuck || pace == Pace::Live || self.is_full() || waited >= HOLD {
            self.hand_over();
            self.stuck = !self.waiting.is_empty();
            self.since = None;
        }
    }

    /// Until the queue is full.
    fn hand_over(&mut self) {
        while let Some(out) = self.waiting.front() {
            let headers: &[(&'static str, &str)] = &[(POSITION, &out.position)];
            let record = Record {
                topic: &out.topic,
                partition: out.partition,
                key: out.key.as_deref().map(str::as_bytes),
                value: Some(&out.value),
                headers: if out.position.is_empty() { &[] } else { headers },
            };
            match self.producer.send(&record, self.number) {
                Ok(Sending::Full) => return,
                Ok(Sending::Sent) => {
                    if let Some(out) = self.waiting.pop_front() {
                        self.in_flight.insert(self.number, out);
                    }
                    self.number += 1;
                }
                Err(error) => {
                    // The topic is not there now, or nobody may write: nothing is committed meanwhile.
                    tracing::warn!(%error, "cannot send, trying again");
                    self.view.counts.add("kafka_errors", "send");
                    std::thread::sleep(AGAIN);
                    return;
                }
            }
        }
    }

    /// What became durable, and what never will be; waits so long for the first.
    pub(super) fn deliveries(&mut self, wait: Duration) {
        for delivered in self.producer.poll(wait) {
            let Some(out) = self.in_flight.remove(&delivered.number) else { continue };
            match delivered.offset {
                Ok(_) => {}
                Err(why) if reject::is_too_large(&why) => {
                    // It can never be sent. Its record is relevant, and this is where it ends.
                    let (topic, bytes) = (&*out.topic, out.value.len());
                    tracing::error!(topic, position = out.position, bytes, "too large to be sent");
                    self.view.counts.add("undeliverable", "too_large");
                }
                Err(why) => {
                    tracing::warn!(why, topic = &*out.topic, "not delivered, sending it again");
                    self.view.counts.add("kafka_errors", "delivery");
                    self.waiting.push_back(out);
                    continue;
                }
            }
            if let Some((part, offset)) = &out.from {
                part.ahead().delivered(*offset);
            }
        }
    }
}
