//! Webhooks: each target a consumer of the alerts topic with offsets of its own.
//!
//! In: alerts as published. Out: what the target's worker makes of them, and offsets of what it has dealt with. A target
//! that takes nothing pauses its own partitions and nobody else's. It refuses to know what is sent and when.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::KafkaError as Cause;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use super::clock::{self, Stopwatch};
use super::view::View;
use crate::config::Service;
use crate::kafka::{Consumer, Group, KafkaError};
use crate::model::EventTime;
use crate::sinks::AlertFormat;
use crate::sinks::webhook::{self, Feed, Heard, NotTaken, Said, Target};

/// How long one request to a broker may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often offsets are committed.
const COMMIT: Duration = Duration::from_secs(1);

/// What the group tells.
#[derive(Clone)]
struct Member {
    feed: Arc<Feed>,
    view: Arc<View>,
    stop: Arc<AtomicBool>,
}

/// Where a partition is new to a target of which no offset is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum New {
    /// At its end: nobody knew the target when what stands there was said.
    AtTheEnd,
    /// At its beginning: it was made anew, and the target known before.
    AtTheBeginning,
}

impl Member {
    /// Every partition is read from its beginning, so that it is known what was said before; what is new begins where this
    /// target left off.
    fn begin(&self, consumer: &Consumer, partitions: &mut TopicPartitionList, unknown: New) -> Result<(), Cause> {
        let committed = consumer.committed_offsets(partitions.clone(), PATIENCE)?;
        let mut first = TopicPartitionList::new();
        for element in committed.elements() {
            element.error()?;
            let (topic, partition) = (element.topic(), element.partition());
            let (low, high) = consumer.fetch_watermarks(topic, partition, PATIENCE)?;
            let new = match element.offset() {
                Offset::Offset(offset) if offset <= high => offset,
                // It ends before what was read: it was made anew.
                Offset::Offset(_) => low,
                _ if unknown == New::AtTheBeginning => low,
                _ => {
                    first.add_partition_offset(topic, partition, Offset::Offset(high))?;
                    high
                }
            };
            partitions.set_partition_offset(topic, partition, Offset::Offset(low))?;
            self.feed.assign(partition, new);
        }
        if first.count() > 0 {
            // From now on this target is known: what comes while it is away is not missed.
            consumer.commit(&first, CommitMode::Sync)?;
        }
        Ok(())
    }
}

impl Group for Member {
    fn given(&self, consumer: &Consumer, partitions: &mut TopicPartitionList) {
        while let Err(error) = self.begin(consumer, partitions, New::AtTheEnd) {
            tracing::warn!(target = &**self.feed.name(), %error, "cannot learn where a webhook was left, trying again");
            self.view.counts.add("kafka_errors", "committed");
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    fn begun(&self, _: &Consumer, partitions: &TopicPartitionList) {
        tracing::info!(webhook = &**self.feed.name(), partitions = partitions.count(), "webhook reads alerts");
    }

    fn taken(&self, consumer: &Consumer, partitions: &TopicPartitionList) {
        if !consumer.assignment_lost() {
            commit(consumer, &self.feed, partitions, CommitMode::Sync);
        }
        partitions.elements().iter().for_each(|element| self.feed.revoke(element.partition()));
    }
}

fn commit(consumer: &Consumer, feed: &Feed, partitions: &TopicPartitionList, mode: CommitMode) {
    let offsets = feed.offsets();
    let mut list = TopicPartitionList::new();
    for element in partitions.elements() {
        if let Some(offset) = offsets.get(&element.partition())
            && let Err(error) = list.add_partition_offset(element.topic(), element.partition(), Offset::Offset(*offset))
        {
            tracing::warn!(%error, "cannot state an offset");
        }
    }
    if list.count() > 0
        && let Err(error) = consumer.commit(&list, mode)
    {
        tracing::warn!(webhook = &**feed.name(), %error, "offsets of a webhook were not committed");
    }
}

/// Reads the alerts topic for one target.
pub(super) struct Webhook {
    consumer: Consumer,
    member: Member,
    feed: Arc<Feed>,
    view: Arc<View>,
    format: AlertFormat,
    /// What the worker was not ready for, in the order it was read.
    waiting: VecDeque<Said>,
    /// A partition does not hold what was to be read next: librdkafka does not say which, and has stopped reading it.
    astray: bool,
    /// Sends; ends when its feed does.
    worker: JoinHandle<()>,
}

impl Webhook {
    /// Joins the target's group and starts its worker.
    pub(super) fn join(
        service: &Service,
        target: Target,
        view: Arc<View>,
        stop: Arc<AtomicBool>,
    ) -> anyhow::Result<Self> {
        let connection = service.kafka.clone().unwrap_or_default();
        let (feed, worker) = webhook::open(target);
        view.webhook(feed.watch());
        let feed = Arc::new(feed);
        let group = service.group_of(&format!("webhook-{}", feed.name()));
        let member = Member { feed: Arc::clone(&feed), view: Arc::clone(&view), stop };
        let consumer = connection.member(&group, Box::new(member.clone()), None, &[])?;
        let topic = &service.topics.alerts;
        consumer.subscribe(&[topic]).map_err(|error| KafkaError::Request {
            brokers: connection.brokers.clone(),
            what: format!("subscribe to {topic}"),
            why: error.to_string(),
        })?;
        let name = format!("webhook-{}", feed.name());
        let worker = std::thread::Builder::new().name(name).spawn(move || worker.run(clock::now))?;
        let (format, waiting, astray) = (service.topics.format, VecDeque::new(), false);
        Ok(Self { consumer, member, feed, view, format, waiting, astray, worker })
    }

    /// Until it is told to stop.
    pub(super) fn run(mut self, stop: &AtomicBool) -> anyhow::Result<()> {
        let mut committed = Stopwatch::start();
        while !stop.load(Ordering::Relaxed) {
            anyhow::ensure!(!self.worker.is_finished(), "what sends to webhook {} has ended", self.feed.name());
            self.step();
            if self.astray {
                self.read_anew();
            }
            if committed.has_passed(COMMIT)
                && let Ok(assigned) = self.consumer.assignment()
            {
                commit(&self.consumer, &self.feed, &assigned, CommitMode::Async);
            }
        }
        self.feed.stop();
        self.consumer.unsubscribe();
        let left = Stopwatch::start();
        while left.elapsed() < PATIENCE && self.consumer.assignment().is_ok_and(|assigned| assigned.count() > 0) {
            // Nothing is taken any more; what was not dealt with is read again.
            let _ = self.consumer.poll(Duration::from_millis(50));
        }
        // One that waits for a slow target ends with the process: its offset is where it was.
        drop(self.worker);
        Ok(())
    }

    fn step(&mut self) {
        let waited = !self.waiting.is_empty();
        while let Some(said) = self.waiting.pop_front() {
            // What is no longer assigned is read by whoever has its partition now, which may be us again.
            if let Err(NotTaken::Full(said)) = self.feed.offer(said) {
                self.waiting.push_front(said);
                break;
            }
        }
        if waited {
            // Paused, it is still polled, so that the group is answered; a partition given meanwhile is paused too.
            self.turn(!self.waiting.is_empty());
        }
        let heard = match self.consumer.poll(Duration::from_millis(50)) {
            None => return,
            Some(Err(error)) => {
                let code = error.rdkafka_error_code();
                let kind = code.map_or("other".to_owned(), |code| format!("{code:?}"));
                self.astray |=
                    matches!(code, Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange));
                self.view.counts.add("kafka_errors", kind);
                return tracing::warn!(webhook = &**self.feed.name(), %error, "cannot read alerts");
            }
            Some(Ok(message)) => {
                let at = message.timestamp().to_millis().unwrap_or_default();
                Heard {
                    partition: message.partition(),
                    offset: message.offset(),
                    at: EventTime::from_nanos(at.saturating_mul(1_000_000)),
                    id: String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned().into(),
                    payload: message.payload().map(|value| self.native(value)),
                }
            }
        };
        // What was read before a pause took effect comes after what waits already.
        let Some(said) = self.feed.read(heard) else { return };
        if !self.waiting.is_empty() {
            self.waiting.push_back(said);
        } else if let Err(NotTaken::Full(said)) = self.feed.offer(said) {
            self.waiting.push_back(said);
        }
    }

    /// All partitions from their beginnings again: what was told of them is known from there.
    fn read_anew(&mut self) {
        let again = || {
            let mut partitions = self.consumer.assignment()?;
            self.member.begin(&self.consumer, &mut partitions, New::AtTheBeginning)?;
            // Where only that failed before, there is nothing to be ended.
            let _ = self.consumer.incremental_unassign(&partitions);
            self.consumer.incremental_assign(&partitions)
        };
        match again() {
            Ok(()) => self.astray = false,
            Err(error) => {
                tracing::warn!(webhook = &**self.feed.name(), %error, "cannot read alerts anew, trying again")
            }
        }
    }

    /// Pauses or resumes whatever is ours.
    fn turn(&self, pause: bool) {
        let Ok(assigned) = self.consumer.assignment() else { return };
        let done = if pause { self.consumer.pause(&assigned) } else { self.consumer.resume(&assigned) };
        if let Err(error) = done {
            tracing::warn!(webhook = &**self.feed.name(), %error, "cannot pause or go on");
        }
    }

    /// The alert as this program writes it, out of whatever format the topic holds.
    fn native(&self, value: &[u8]) -> Vec<u8> {
        #[derive(serde::Deserialize)]
        struct Finding<'a> {
            #[serde(borrow)]
            unmapped: &'a serde_json::value::RawValue,
        }
        match self.format {
            AlertFormat::Ocsf => serde_json::from_slice::<Finding<'_>>(value)
                .map_or_else(|_| value.to_vec(), |finding| finding.unmapped.get().as_bytes().to_vec()),
            _ => value.to_vec(),
        }
    }
}
