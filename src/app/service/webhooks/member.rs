//! A target as a member of its group: partitions given, taken, and taken up later where nobody answers for them yet.
//!
//! In: what the group says, what brokers answer. Out: the target's feed knows which partitions are its own and where each
//! goes on. It refuses to wait for long: who does not poll is put out of the group, and other partitions wait too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::KafkaError as Cause;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};

use super::PATIENCE;
use super::past::Past;
use crate::app::service::clock::Stopwatch;
use crate::app::service::view::View;
use crate::kafka::{Consumer, Group};
use crate::sinks::webhook::Feed;

/// How long partitions that are given are asked for before they are taken up later. A round that has begun is ended: with
/// all that it asks, that stays far below the 300 s after which who does not poll is put out.
const GIVEN: Duration = Duration::from_secs(30);
/// Between two rounds.
const PAUSE: Duration = Duration::from_millis(500);
/// The leader of a partition that has none.
const NOBODY: i32 = -1;

/// What the group tells.
pub(super) struct Member {
    feed: Arc<Feed>,
    view: Arc<View>,
    stop: Arc<AtomicBool>,
    past: Mutex<Past>,
    /// Some partitions are ours and not read yet.
    behind: AtomicBool,
    /// [`GIVEN`], less in tests.
    given: Duration,
}

impl Member {
    pub(super) fn new(feed: Arc<Feed>, view: Arc<View>, stop: Arc<AtomicBool>) -> Self {
        Self { feed, view, stop, past: Mutex::default(), behind: AtomicBool::new(false), given: GIVEN }
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether some partitions are ours and not read yet: see [`Member::take_up`].
    pub(super) fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }

    /// Of these partitions, those that are not read yet and that somebody answers for begin, and are given back. Each is
    /// read from its first record, so that it is known what was said before; what is new begins where this target left off.
    fn begin(&self, consumer: &Consumer, partitions: &mut TopicPartitionList) -> Result<TopicPartitionList, Cause> {
        let mut begun = TopicPartitionList::new();
        let mut wanted = TopicPartitionList::new();
        for element in partitions.elements().iter().filter(|element| self.feed.next(element.partition()).is_none()) {
            wanted.add_partition(element.topic(), element.partition());
        }
        let Some(topic) = wanted.elements().first().map(|element| element.topic().to_owned()) else { return Ok(begun) };
        let leaders = leaders(consumer, &topic)?;
        let committed = consumer.committed_offsets(wanted, PATIENCE)?;
        // One that did not answer is not waited for again in this round: it may lead many of them.
        let mut silent = BTreeSet::from([NOBODY]);
        for element in committed.elements() {
            let partition = element.partition();
            let leader = leaders.get(&partition).copied().unwrap_or(NOBODY);
            if silent.contains(&leader) || element.error().is_err() {
                continue;
            }
            match consumer.fetch_watermarks(&topic, partition, PATIENCE) {
                Ok((low, high)) => {
                    let stated = partitions.set_partition_offset(&topic, partition, Offset::Offset(low));
                    if let Err(error) =
                        stated.and_then(|()| begun.add_partition_offset(&topic, partition, Offset::Offset(low)))
                    {
                        self.could_not_ask(&error);
                        continue;
                    }
                    let committed = match element.offset() {
                        Offset::Offset(offset) => Some(offset),
                        _ => None,
                    };
                    let new = self.past().begins(partition, committed, low, high);
                    self.feed.assign(partition, new);
                }
                Err(error) => {
                    self.could_not_ask(&error);
                    if error.rdkafka_error_code() == Some(RDKafkaErrorCode::OperationTimedOut) {
                        silent.insert(leader);
                    }
                }
            }
        }
        Ok(begun)
    }

    fn could_not_ask(&self, error: &Cause) {
        tracing::warn!(webhook = &**self.feed.name(), %error, "cannot learn where a webhook was left, trying again");
        self.view.counts.add("kafka_errors", "committed");
    }

    /// How many of these are not read yet.
    fn missing(&self, partitions: &TopicPartitionList) -> usize {
        partitions.elements().iter().filter(|element| self.feed.next(element.partition()).is_none()).count()
    }

    /// Asks again for partitions that are ours and not read yet.
    pub(super) fn take_up(&self, consumer: &Consumer) -> Result<(), Cause> {
        let mut assigned = consumer.assignment()?;
        let begun = self.begin(consumer, &mut assigned)?;
        if begun.count() > 0 {
            // Where only what follows failed before, there is nothing to be ended.
            let _ = consumer.incremental_unassign(&begun);
            if let Err(error) = consumer.incremental_assign(&begun) {
                self.interrupt(consumer, &begun);
                return Err(error);
            }
        }
        self.behind.store(self.missing(&assigned) > 0, Ordering::Relaxed);
        Ok(())
    }

    /// Partitions are to be read anew: what was told of them is known from their beginnings.
    pub(super) fn interrupt(&self, consumer: &Consumer, partitions: &TopicPartitionList) {
        let positions = consumer.position().unwrap_or_else(|_| TopicPartitionList::new());
        for element in partitions.elements() {
            let partition = element.partition();
            let Some(next) = self.feed.next(partition) else { continue };
            let read = match positions.find_partition(element.topic(), partition).map(|position| position.offset()) {
                Some(Offset::Offset(read)) => read,
                _ => next,
            };
            self.past().interrupted(partition, next, read);
            self.feed.revoke(partition);
            self.behind.store(true, Ordering::Relaxed);
        }
    }

    /// Commits how far these partitions are dealt with. The first time, whatever `mode` says, it is waited for: from then on
    /// this target is known, and what comes while it is away is not missed.
    pub(super) fn commit(&self, consumer: &Consumer, partitions: &TopicPartitionList, mode: CommitMode) {
        let offsets = self.feed.offsets();
        let (mut list, mut mode) = (TopicPartitionList::new(), mode);
        for element in partitions.elements() {
            let partition = element.partition();
            let Some(offset) = offsets.get(&partition) else { continue };
            if let Err(error) = list.add_partition_offset(element.topic(), partition, Offset::Offset(*offset)) {
                tracing::warn!(%error, "cannot state an offset");
            }
            if !self.past().is_known(partition) {
                mode = CommitMode::Sync;
            }
        }
        if list.count() == 0 {
            return;
        }
        match consumer.commit(&list, mode) {
            Ok(()) if matches!(mode, CommitMode::Sync) => {
                list.elements().iter().for_each(|element| self.past().is_committed(element.partition()));
            }
            Ok(()) => {}
            Err(error) => {
                tracing::warn!(webhook = &**self.feed.name(), %error, "offsets of a webhook were not committed");
            }
        }
    }
}

/// Who leads which partition.
fn leaders(consumer: &Consumer, topic: &str) -> Result<BTreeMap<i32, i32>, Cause> {
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE)?;
    let of_topic = metadata.topics().iter().filter(|known| known.name() == topic);
    Ok(of_topic.flat_map(|known| known.partitions()).map(|partition| (partition.id(), partition.leader())).collect())
}

impl Group for Arc<Member> {
    /// Nothing is committed here: that fails for who was put out of the group meanwhile, until it polls again.
    fn given(&self, consumer: &Consumer, partitions: &mut TopicPartitionList) {
        let began = Stopwatch::start();
        loop {
            if let Err(error) = self.begin(consumer, partitions) {
                self.could_not_ask(&error);
            }
            let missing = self.missing(partitions);
            if missing == 0 || self.stop.load(Ordering::Relaxed) {
                return;
            }
            self.behind.store(true, Ordering::Relaxed);
            if began.elapsed() >= self.given {
                tracing::warn!(webhook = &**self.feed.name(), missing, "nobody answers for partitions of alerts");
                break;
            }
            std::thread::sleep(PAUSE);
        }
        // What comes of the others is not heard before they are taken up.
        for element in partitions.clone().elements() {
            let (topic, partition) = (element.topic(), element.partition());
            if self.feed.next(partition).is_none()
                && let Err(error) = partitions.set_partition_offset(topic, partition, Offset::Beginning)
            {
                tracing::warn!(%error, "cannot state an offset");
            }
        }
    }

    fn begun(&self, _: &Consumer, partitions: &TopicPartitionList) {
        tracing::info!(webhook = &**self.feed.name(), partitions = partitions.count(), "webhook reads alerts");
    }

    fn taken(&self, consumer: &Consumer, partitions: &TopicPartitionList) {
        if !consumer.assignment_lost() {
            self.commit(consumer, partitions, CommitMode::Sync);
        }
        for element in partitions.elements() {
            let partition = element.partition();
            self.past().taken(partition, self.feed.next(partition));
            self.feed.revoke(partition);
        }
        tracing::info!(webhook = &**self.feed.name(), partitions = partitions.count(), "webhook gave partitions back");
    }
}

#[cfg(test)]
mod tests;
