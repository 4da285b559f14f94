//! Which shards are ours: membership in the engine's group, and nothing else.
//!
//! In: partitions of the fact log as the group gives and takes them. Out: orders to workers. Its partitions are paused:
//! it reads nothing, so that it always answers the group, however long a worker thinks.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};

use super::clock::Stopwatch;
use super::view::View;
use super::worker::{Order, partition};
use crate::config::Service;
use crate::kafka::{Consumer, Group, KafkaError};

/// How long workers may take to say what is to be said before a shard goes.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often positions are committed, for whoever watches the group's lag.
const COMMIT: Duration = Duration::from_secs(1);

/// Workers, each by where its orders go.
pub(super) type Workers = Vec<Sender<Order>>;

/// Which worker holds a shard.
pub(super) fn of(workers: &Workers, shard: u32) -> Option<&Sender<Order>> {
    let count = u32::try_from(workers.len()).ok().filter(|count| *count > 0)?;
    workers.get(usize::try_from(shard % count).ok()?)
}

struct Holder {
    workers: Mutex<Workers>,
    ours: Arc<Mutex<BTreeSet<u32>>>,
    view: Arc<View>,
}

impl Holder {
    fn told(&self) {
        let ours = self.ours.lock().unwrap_or_else(PoisonError::into_inner);
        self.view.assigned.store(ours.len() as u64, Ordering::Relaxed);
        self.view.joined("engine");
        let shards: Vec<String> = ours.iter().map(ToString::to_string).collect();
        tracing::info!(shards = shards.join(" "), "the engine holds");
    }
}

fn shards(partitions: &TopicPartitionList) -> Vec<u32> {
    partitions.elements().iter().filter_map(|each| u32::try_from(each.partition()).ok()).collect()
}

impl Group for Holder {
    fn given(&self, _: &Consumer, partitions: &mut TopicPartitionList) {
        // Nothing is read from here: where it would begin does not matter.
        if let Err(error) = partitions.set_all_offsets(Offset::End) {
            tracing::warn!(%error, "cannot state where nothing is read");
        }
    }

    fn begun(&self, consumer: &Consumer, partitions: &TopicPartitionList) {
        if let Err(error) = consumer.pause(partitions) {
            tracing::warn!(%error, "cannot pause what is not read here");
        }
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        for shard in shards(partitions) {
            self.ours.lock().unwrap_or_else(PoisonError::into_inner).insert(shard);
            if let Some(worker) = of(&workers, shard) {
                // A worker that is gone has said why.
                let _ = worker.send(Order::Take(shard));
            }
        }
        drop(workers);
        self.told();
    }

    fn taken(&self, _: &Consumer, partitions: &TopicPartitionList) {
        let workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answers = Vec::new();
        for shard in shards(partitions) {
            self.ours.lock().unwrap_or_else(PoisonError::into_inner).remove(&shard);
            let (done, answer) = sync_channel(1);
            if of(&workers, shard).is_some_and(|worker| worker.send(Order::Give(shard, done)).is_ok()) {
                answers.push(answer);
            }
        }
        drop(workers);
        let began = Stopwatch::start();
        for answer in answers {
            // One that is late is succeeded all the same: what it says then is put right.
            let _ = answer.recv_timeout(PATIENCE.saturating_sub(began.elapsed()));
        }
        self.told();
    }
}

/// The member of the group.
pub(super) struct Membership {
    consumer: Consumer,
    topic: String,
    ours: Arc<Mutex<BTreeSet<u32>>>,
    view: Arc<View>,
}

impl Membership {
    /// Joins.
    pub(super) fn join(service: &Service, workers: Workers, view: Arc<View>) -> Result<Self, KafkaError> {
        let connection = service.kafka.clone().unwrap_or_default();
        let ours = Arc::<Mutex<BTreeSet<u32>>>::default();
        let holder = Holder { workers: Mutex::new(workers), ours: Arc::clone(&ours), view: Arc::clone(&view) };
        let consumer = connection.member(&service.group_of("engine"), Box::new(holder), None, &[])?;
        let topic = service.topics.facts.clone();
        consumer.subscribe(&[&topic]).map_err(|error| KafkaError::Request {
            brokers: connection.brokers.clone(),
            what: format!("subscribe to {topic}"),
            why: error.to_string(),
        })?;
        Ok(Self { consumer, topic, ours, view })
    }

    /// Answers the group until it is told to stop, then leaves it.
    pub(super) fn run(self, stop: &AtomicBool) {
        let mut committed = Stopwatch::start();
        while !stop.load(Ordering::Relaxed) {
            if let Some(Err(error)) = self.consumer.poll(Duration::from_millis(50)) {
                let code = error.rdkafka_error_code();
                let kind = code.map_or("other".to_owned(), |code| format!("{code:?}"));
                self.view.counts.add("kafka_errors", kind);
                tracing::warn!(%error, "the engine's group");
            }
            if committed.has_passed(COMMIT) {
                self.commit();
            }
        }
        self.commit();
        self.consumer.unsubscribe();
        let left = Stopwatch::start();
        while left.elapsed() < PATIENCE {
            let _ = self.consumer.poll(Duration::from_millis(50));
            if self.ours.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                break;
            }
        }
    }

    /// How far shards are, with what their facts came to: told to whoever looks at the group, read by nobody here.
    fn commit(&self) {
        let mut list = TopicPartitionList::new();
        for shard in self.ours.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let Some(view) = self.view.shards.get(shard) else { continue };
            let mut by_fate = std::collections::BTreeMap::<&str, u64>::new();
            for ((_, fate), count) in &view.fates {
                *by_fate.entry(fate.as_str()).or_default() += count;
            }
            let mut element = list.add_partition(&self.topic, partition(*shard));
            element.set_metadata(serde_json::to_string(&by_fate).unwrap_or_default());
            let offset = Offset::Offset(i64::try_from(view.position).unwrap_or(i64::MAX));
            if let Err(error) = element.set_offset(offset) {
                tracing::warn!(%error, "cannot state an offset");
            }
        }
        if list.count() > 0
            && let Err(error) = self.consumer.commit(&list, CommitMode::Async)
        {
            tracing::debug!(%error, "positions were not committed");
        }
    }
}
