//! Source partitions that are ours: where they were left, and what may be committed of them.
//!
//! In: what the group gives and takes. Out: partitions with their running totals, and commits of both together. It refuses
//! to know what records say.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::KafkaError as Cause;
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{Offset, TopicPartitionList};

use super::ahead::{Ahead, Committed, Totals};
use super::intake::Orders;
use super::view::View;
use crate::config::Source;
use crate::decode;
use crate::kafka::{Consumer, Group};
use crate::model::Text;

/// How long one request to a broker may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long one partition's leader may take where others wait.
const LITTLE: Duration = Duration::from_secs(2);
/// How many leaders are waited for in vain before none is.
const SILENT: usize = 3;

/// A source partition as long as it is ours: the same one given again is another.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) source: Text,
    pub(super) format: Option<decode::Format>,
    ours: AtomicBool,
    ahead: Mutex<Ahead>,
    /// Sightings that its messages gave since it is ours: each is durable once a later message is committed.
    sighted: Mutex<decode::Sighted>,
}

impl Part {
    /// Whether it was not taken away meanwhile.
    pub(super) fn is_ours(&self) -> bool {
        self.ours.load(Ordering::Relaxed)
    }

    pub(super) fn ahead(&self) -> std::sync::MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn sighted(&self) -> std::sync::MutexGuard<'_, decode::Sighted> {
        self.sighted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The partitions that are ours.
#[derive(Default)]
pub(super) struct Parts {
    held: Mutex<BTreeMap<(String, i32), Arc<Part>>>,
    /// What was ours before, and had been committed: where the broker knows nothing of that any more, it is another source.
    left: Mutex<BTreeMap<(String, i32), Totals>>,
}

impl Parts {
    fn held(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, i32), Arc<Part>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn left(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, i32), Totals>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn all(&self) -> Vec<Arc<Part>> {
        self.held().values().cloned().collect()
    }

    fn hold(&self, part: Part) {
        self.left().remove(&(part.topic.clone(), part.partition));
        self.held().insert((part.topic.clone(), part.partition), Arc::new(part));
    }

    fn leave(&self, key: &(String, i32)) -> Option<Arc<Part>> {
        let part = self.held().remove(key)?;
        part.ours.store(false, Ordering::Relaxed);
        let ahead = part.ahead();
        if ahead.forgotten(Committed::Nothing) {
            self.left().insert(key.clone(), ahead.totals().clone());
        }
        drop(ahead);
        Some(part)
    }

    /// The source was made anew and is read from its first offset. What is on its way from the one before is delivered to
    /// that one: nothing of it counts as delivered here.
    pub(super) fn begin_anew(&self, part: &Part, first: u64) {
        tell_anew(&part.topic, part.partition);
        let ahead = Mutex::new(part.ahead().anew(first));
        part.ours.store(false, Ordering::Relaxed);
        let (topic, source, ours) = (part.topic.clone(), part.source.clone(), AtomicBool::new(true));
        let (partition, format, sighted) = (part.partition, part.format, Mutex::default());
        self.hold(Part { topic, partition, source, format, ours, ahead, sighted });
    }

    pub(super) fn get(&self, topic: &str, partition: i32) -> Option<Arc<Part>> {
        // A borrowed key of two would need an owned topic; the few partitions there are, are found as fast.
        let parts = self.held();
        parts.values().find(|part| part.partition == partition && part.topic == topic).cloned()
    }
}

/// What the group tells.
pub(super) struct Member {
    pub(super) parts: Arc<Parts>,
    pub(super) sources: Vec<Source>,
    pub(super) view: Arc<View>,
    pub(super) orders: Arc<Orders>,
}

impl Member {
    /// Where partitions were left, and what their records had come to.
    fn begin(&self, consumer: &Consumer, partitions: &mut TopicPartitionList) -> Result<(), Cause> {
        let committed = consumer.committed_offsets(partitions.clone(), PATIENCE)?;
        let mut silent = 0;
        for element in committed.elements() {
            element.error()?;
            let key = (element.topic().to_owned(), element.partition());
            // Whoever has no leader keeps nobody waiting: it is read from where it was left once it has one.
            let marks = if silent < SILENT { watermarks(consumer, &key.0, key.1).ok() } else { None };
            silent += usize::from(marks.is_none());
            let ahead = self.ahead(&key, &element, marks);
            let begin = ahead.begins().map_or(Offset::Beginning, |next| Offset::Offset(offset(next)));
            partitions.set_partition_offset(&key.0, key.1, begin)?;
            self.view.sources.insert(key.clone(), ahead.totals().clone());
            let source = Text::new(format!("{}/{}", key.0, key.1));
            let format = self.sources.iter().find(|source| source.topic == key.0).and_then(|source| source.format);
            let (ours, ahead, sighted) = (AtomicBool::new(true), Mutex::new(ahead), Mutex::default());
            self.parts.hold(Part { topic: key.0, partition: key.1, source, format, ours, ahead, sighted });
        }
        Ok(())
    }

    /// `marks`: the partition's first offset and the one after its last, where anybody says.
    fn ahead(&self, key: &(String, i32), committed: &TopicPartitionListElem<'_>, marks: Option<(u64, u64)>) -> Ahead {
        let mut ahead = match (committed.offset(), marks) {
            (Offset::Offset(offset), _) => {
                Ahead::committed(u64::try_from(offset).unwrap_or_default(), Totals::read(committed.metadata()))
            }
            // What was removed before anybody read here is nothing that was lost to us.
            (_, marks) => {
                let known = self.parts.left().get(key).cloned();
                known.iter().for_each(|_| tell_anew(&key.0, key.1));
                let known = known.unwrap_or_default();
                marks.map_or_else(|| Ahead::beginning(known.clone()), |(low, _)| Ahead::new(low, known.clone()))
            }
        };
        let Some((low, high)) = marks else {
            tracing::warn!(topic = key.0, partition = key.1, "nobody says where it begins: it has no leader");
            self.view.counts.add("kafka_errors", "watermarks");
            return ahead;
        };
        tell_lost(&key.0, key.1, ahead.begins_at(low));
        if ahead.is_another(high, Committed::Unknown) {
            tell_anew(&key.0, key.1);
            ahead = ahead.anew(low);
        }
        ahead
    }
}

/// A partition's first offset, and the one after its last.
pub(super) fn watermarks(consumer: &Consumer, topic: &str, partition: i32) -> Result<(u64, u64), Cause> {
    let (low, high) = consumer.fetch_watermarks(topic, partition, LITTLE)?;
    Ok((u64::try_from(low).unwrap_or_default(), u64::try_from(high).unwrap_or_default()))
}

pub(super) fn tell_lost(topic: &str, partition: i32, lost: u64) {
    if lost > 0 {
        tracing::error!(topic, partition, lost, "the source removed messages before they were read");
    }
}

fn tell_anew(topic: &str, partition: i32) {
    tracing::error!(topic, partition, "the source was made anew: read from its start");
}

/// What the broker says was committed of partitions, by topic and partition.
pub(super) fn ask_committed(
    consumer: &Consumer,
    parts: &[Arc<Part>],
    patience: Duration,
) -> Result<BTreeMap<(String, i32), Committed>, Cause> {
    let mut list = TopicPartitionList::new();
    for part in parts {
        list.add_partition(&part.topic, part.partition);
    }
    let answer = consumer.committed_offsets(list, patience)?;
    let committed = answer.elements().into_iter().map(|element| {
        let committed = match (element.error(), element.offset()) {
            (Ok(()), Offset::Offset(offset)) => Committed::Offset(u64::try_from(offset).unwrap_or_default()),
            (Ok(()), Offset::Invalid) => Committed::Nothing,
            _ => Committed::Unknown,
        };
        ((element.topic().to_owned(), element.partition()), committed)
    });
    Ok(committed.collect())
}

pub(super) fn offset(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}

impl Group for Member {
    fn given(&self, consumer: &Consumer, partitions: &mut TopicPartitionList) {
        while let Err(error) = self.begin(consumer, partitions) {
            // Without the totals the partition must not be read; who is to end need not read it.
            if self.orders.stop.load(Ordering::Relaxed) {
                return;
            }
            tracing::warn!(%error, "cannot learn where partitions were left, trying again");
            self.view.counts.add("kafka_errors", "committed");
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    fn begun(&self, _: &Consumer, partitions: &TopicPartitionList) {
        self.view.joined("intake");
        let names: Vec<String> =
            partitions.elements().iter().map(|each| format!("{}/{}", each.topic(), each.partition())).collect();
        tracing::info!(partitions = names.join(" "), "intake reads");
    }

    fn taken(&self, consumer: &Consumer, partitions: &TopicPartitionList) {
        // What is on its way and not yet delivered is read again by whoever comes next: facts are the same twice.
        let lost = consumer.assignment_lost();
        for element in partitions.elements() {
            let key = (element.topic().to_owned(), element.partition());
            let part = self.parts.leave(&key);
            self.view.sources.remove(&key);
            self.view.lags.remove(&key);
            let Some(part) = part else { continue };
            if !lost {
                commit(consumer, &[part], CommitMode::Sync, &self.view);
            }
        }
        tracing::info!(partitions = partitions.count(), lost, "intake gave partitions back");
    }
}

/// Commits what is durable and the broker does not have yet, with its totals.
pub(super) fn commit(consumer: &Consumer, parts: &[Arc<Part>], mode: CommitMode, view: &View) {
    let mut list = TopicPartitionList::new();
    for part in parts {
        let due = part.ahead().commit();
        let Some((offset, totals)) = due else { continue };
        let mut element = list.add_partition(&part.topic, part.partition);
        element.set_metadata(totals);
        if let Err(error) = element.set_offset(Offset::Offset(self::offset(offset))) {
            tracing::warn!(%error, "cannot state an offset");
        }
    }
    if list.count() == 0 {
        return;
    }
    if let Err(error) = consumer.commit(&list, mode) {
        // The next commit holds all that this one would have.
        tracing::warn!(%error, "offsets were not committed");
        view.counts.add("kafka_errors", "commit");
    }
}
