//! A shard that a worker holds, and how far its partitions were read.
//!
//! In: what its partitions hold now. Out: that it has caught up, that it can be read on or must be opened anew, and what is
//! told of it. It refuses to know who reads and who sends.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use super::clock::Stopwatch;
use super::held::{Held, Topic};
use super::onward::{Onward, onward};
use super::view::ShardView;
use super::worker::{Shared, partition};
use crate::engine::Walk;
use crate::kafka::Consumer;

/// How long one request to a broker may take where a shard has lost its way.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// A shard that is open.
pub(super) struct Open {
    pub(super) held: Held,
    /// Tells what is on its way from what another opening sent.
    pub(super) opening: u64,
    pub(super) next: BTreeMap<Topic, u64>,
    pub(super) ends: BTreeMap<Topic, u64>,
    /// Something was taken in since it last published.
    pub(super) dirty: bool,
    /// Facts in the topic's order, of what ran.
    pub(super) walk: Option<Walk>,
    pub(super) walked: Stopwatch,
    pub(super) view: ShardView,
}

impl Open {
    /// Notes where a partition was read to the end it had when it was taken over.
    pub(super) fn reach(&mut self, topic: Topic) {
        let (next, end) = (self.next.get(&topic), self.ends.get(&topic));
        if next.zip(end).is_some_and(|(next, end)| next >= end) {
            self.held.reached(topic);
        }
    }

    /// Reads on in each partition, where all of them let it.
    pub(super) fn read_on(&mut self, shard: u32, shared: &Shared, consumer: &Consumer) -> Result<Onward, KafkaError> {
        let mut all = TopicPartitionList::new();
        for topic in Topic::ALL {
            let (name, next) = (shared.topic(topic), self.next.get(&topic).copied().unwrap_or_default());
            let (low, high) = consumer.fetch_watermarks(name, partition(shard), PATIENCE)?;
            let (low, high) = (u64::try_from(low).unwrap_or_default(), u64::try_from(high).unwrap_or_default());
            if onward(topic, next, low, high) == Onward::Anew {
                let (topic, begins, ends) = (name, low, high);
                tracing::error!(topic, shard, next, begins, ends, "what was to be read next is gone: opened anew");
                return Ok(Onward::Anew);
            }
            let from = next.max(low);
            let offset = Offset::Offset(i64::try_from(from).unwrap_or(i64::MAX));
            all.add_partition_offset(name, partition(shard), offset)?;
            self.next.insert(topic, from);
            self.reach(topic);
        }
        // Nothing can be sought in a partition that is not read any more: it is begun anew. Where only that failed before,
        // there is nothing to be ended.
        let _ = consumer.incremental_unassign(&all);
        consumer.incremental_assign(&all)?;
        Ok(Onward::On)
    }

    pub(super) fn tell(&mut self) {
        let member = self.held.member();
        let engine = member.engine();
        let view = &mut self.view;
        (view.position, view.now) = (member.position(), member.now());
        view.behind = self.held.behind().map(Topic::word).collect();
        view.waits_for = member.waits_for();
        view.fates.clone_from(engine.fates());
        (view.pending, view.ambiguous) = (engine.pending(), engine.ambiguous());
        view.alerts.clear();
        for alert in engine.alerts() {
            let rule = &alert.rule;
            let key = (rule.id.text(), rule.severity.as_str(), rule.basis.as_str(), alert.status.as_str());
            *view.alerts.entry(key).or_default() += 1;
        }
        view.unread = self.held.unread().iter().map(|(what, count)| (what.word(), *count)).collect();
        view.config = engine.book().digest.clone();
    }
}
