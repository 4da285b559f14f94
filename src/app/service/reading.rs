//! Messages of source topics on their way to becoming facts.
//!
//! In: a message, borrowed. Out: what is to be sent: its facts, each to the shard of its account or to all, and rejects. It
//! refuses to know when anything is sent, and whether.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;

use super::parts::Part;
use super::reject::Rejecting;
use crate::app::Tally;
use crate::decode::{self, Outcome};
use crate::engine::Home;
use crate::model::{AccountId, EventTime, Fact, Position, Text};

/// Something on its way to a topic of ours.
pub(super) struct Out {
    pub(super) topic: Text,
    pub(super) partition: Option<i32>,
    pub(super) key: Option<String>,
    pub(super) value: Vec<u8>,
    pub(super) position: String,
    /// The source message it comes from.
    pub(super) from: Option<(Arc<Part>, u64)>,
}

/// Messages of one partition, one after the other, that say nothing: counted together.
#[derive(Default)]
pub(super) struct Run {
    part: Option<Arc<Part>>,
    count: u64,
    last: i64,
}

impl Run {
    pub(super) fn add(&mut self, part: &Arc<Part>, offset: i64) {
        if self.part.as_ref().is_none_or(|own| !Arc::ptr_eq(own, part)) {
            self.end();
            self.part = Some(Arc::clone(part));
        }
        self.count += 1;
        self.last = offset;
    }

    pub(super) fn end(&mut self) {
        if let Some(part) = self.part.take() {
            let tally = Tally { read: self.count, irrelevant: self.count, ..Tally::default() };
            part.ahead().read(u64::try_from(self.last).unwrap_or_default(), &tally, 0);
            self.count = 0;
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.end();
    }
}

/// One message on its way to becoming facts.
pub(super) struct Reading<'a> {
    pub(super) settings: &'a decode::Settings,
    pub(super) part: &'a Arc<Part>,
    pub(super) offset: u64,
    pub(super) payload: Option<&'a [u8]>,
    pub(super) facts: &'a Text,
    pub(super) rejecting: &'a Rejecting,
    pub(super) shards: NonZeroU32,
    pub(super) ticks: Ticks,
}

/// What lets event time pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ticks {
    /// Our clock: a tick among the records is a time like any other, and moves nothing.
    OfClock,
    /// Ticks among the records alone, for histories.
    OfRecords,
}

impl Reading<'_> {
    /// What is to be sent; the latest event time of its facts.
    pub(super) fn read(&self, pending: &mut VecDeque<Out>) -> Option<EventTime> {
        let (mut tally, mut latest) = (Tally::default(), None);
        let before = pending.len();
        let Some(payload) = self.payload else {
            let outcome = Outcome::reject("tombstone", "a card is ended by valid_to, not by a tombstone");
            tally.count(&outcome, 1);
            self.reject(&outcome, 1, 0, pending);
            self.part.ahead().read(self.offset, &tally, pending.len() - before);
            return None;
        };
        let mut sighted = self.part.sighted();
        decode::message(&self.part.source, payload, self.settings, &mut sighted, &mut |item| {
            tally.count(&item.outcome, item.records);
            match &item.outcome {
                Outcome::Relevant(facts) => {
                    let position = self.position(item.position.at);
                    for fact in facts {
                        latest = latest.max(fact.event_time());
                        if self.ticks == Ticks::OfClock && matches!(fact, Fact::Tick(_)) {
                            continue;
                        }
                        pending.extend(
                            outs(self.facts, self.shards, &position, fact)
                                .into_iter()
                                .map(|out| Out { from: Some((Arc::clone(self.part), self.offset)), ..out }),
                        );
                    }
                }
                Outcome::Irrelevant | Outcome::Repeated => {}
                rejected @ Outcome::Rejected(_) => self.reject(rejected, item.position.at, item.size, pending),
            }
        });
        self.part.ahead().read(self.offset, &tally, pending.len() - before);
        latest
    }

    /// `topic/partition:offset`, and of messages that hold several records from the second on the record's number behind.
    fn position(&self, record: u64) -> Position {
        let source = &self.part.source;
        match record {
            1 => Position { source: source.clone(), at: self.offset },
            _ => Position { source: Text::new(format!("{source}:{}", self.offset)), at: record },
        }
    }

    fn reject(&self, outcome: &Outcome, record: u64, size: u64, pending: &mut VecDeque<Out>) {
        let Outcome::Rejected(reason) = outcome else { return };
        let position = self.position(record);
        tracing::debug!(%position, reason = &*reason.code, detail = reason.detail, "rejected");
        let Some((topic, value)) = self.rejecting.write(reason, &position, size, self.payload) else { return };
        let from = Some((Arc::clone(self.part), self.offset));
        pending.push_back(Out { topic, partition: None, key: None, value, position: String::new(), from });
    }
}

/// A fact on its way to one shard, or to all.
pub(super) fn outs(topic: &Text, shards: NonZeroU32, position: &Position, fact: &Fact) -> VecDeque<Out> {
    let value = serde_json::to_vec(fact).unwrap_or_default();
    let key = match fact {
        Fact::Usage(usage) => Some(usage.account.to_string()),
        Fact::Account(card) => Some(AccountId::to_string(&card.account)),
        _ => None,
    };
    let out = |shard: u32| Out {
        topic: topic.clone(),
        partition: i32::try_from(shard).ok(),
        key: key.clone(),
        value: value.clone(),
        position: position.to_string(),
        from: None,
    };
    match Home::of(fact, shards) {
        Home::Shard(shard) => VecDeque::from([out(shard)]),
        Home::Every => (0..shards.get()).map(out).collect(),
    }
}
