//! Intake: records of source topics in, facts in the fact log.
//!
//! In: messages of the group's partitions, borrowed. Out: facts, each to the shard of its account or to all; rejects; and
//! offsets, committed with their running totals once everything before them is durable. One thread, one consumer, one
//! producer; any number of them share the sources' partitions. It keeps no state of its own.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::KafkaError as Cause;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use super::ahead::{Ahead, Totals};
use super::clock::{self, Stopwatch};
use super::held::POSITION;
use super::reject::{self, Rejecting};
use super::view::View;
use crate::app::Tally;
use crate::config::{Service, Source};
use crate::decode::{self, Outcome};
use crate::engine::Home;
use crate::kafka::{Consumer, Group, KafkaError, Producer, Record, Sending};
use crate::model::{AccountId, EventTime, Fact, Position, Text};

/// How long one request to a broker may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often offsets are committed.
const COMMIT: Duration = Duration::from_secs(1);
/// Most messages taken before deliveries are looked at.
const BATCH: usize = 2_048;

/// What the thread is told.
pub(super) struct Orders {
    /// How records are read; another one takes its place at a reload.
    pub(super) decode: Mutex<Arc<decode::Settings>>,
    /// Reference facts that are to be sent (at start, and at each reload).
    pub(super) reference: Mutex<VecDeque<(Position, Fact)>>,
    /// Set when it is to end.
    pub(super) stop: std::sync::atomic::AtomicBool,
}

/// Something on its way to a topic of ours.
struct Out {
    topic: Text,
    partition: Option<i32>,
    key: Option<String>,
    value: Vec<u8>,
    position: String,
    /// The source message it comes from.
    from: Option<(Arc<Part>, u64)>,
}

/// A source partition as long as it is ours: the same one given again is another.
#[derive(Debug)]
struct Part {
    topic: String,
    partition: i32,
    source: Text,
    format: Option<decode::Format>,
    ahead: Mutex<Ahead>,
}

impl Part {
    fn ahead(&self) -> std::sync::MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The partitions that are ours.
#[derive(Default)]
struct Parts(Mutex<BTreeMap<(String, i32), Arc<Part>>>);

impl Parts {
    fn all(&self) -> Vec<Arc<Part>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn get(&self, topic: &str, partition: i32) -> Option<Arc<Part>> {
        // A borrowed key of two would need an owned topic; the few partitions there are, are found as fast.
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.values().find(|part| part.partition == partition && part.topic == topic).cloned()
    }
}

/// What the group tells.
struct Member {
    parts: Arc<Parts>,
    sources: Vec<Source>,
    view: Arc<View>,
}

impl Member {
    /// Where a partition was left, and what its records had come to.
    fn begin(&self, consumer: &Consumer, partitions: &mut TopicPartitionList) -> Result<(), Cause> {
        let committed = consumer.committed_offsets(partitions.clone(), PATIENCE)?;
        for element in committed.elements() {
            let (topic, partition) = (element.topic().to_owned(), element.partition());
            let (low, _) = consumer.fetch_watermarks(&topic, partition, PATIENCE)?;
            let low = u64::try_from(low).unwrap_or_default();
            let (next, totals) = match element.offset() {
                Offset::Offset(offset) => (u64::try_from(offset).unwrap_or_default(), Totals::read(element.metadata())),
                // What was removed before anybody read here is nothing that was lost to us.
                _ => (low, Totals::default()),
            };
            let mut ahead = Ahead::new(next, totals);
            tell_lost(&topic, partition, ahead.begins_at(low));
            partitions.set_partition_offset(&topic, partition, Offset::Offset(offset(ahead.next())))?;
            self.view.sources.insert((topic.clone(), partition), ahead.totals().clone());
            let source = Text::new(format!("{topic}/{partition}"));
            let format = self.sources.iter().find(|source| matches(&source.topic, &topic)).and_then(|s| s.format);
            let part = Part { topic: topic.clone(), partition, source, format, ahead: Mutex::new(ahead) };
            self.parts.0.lock().unwrap_or_else(PoisonError::into_inner).insert((topic, partition), Arc::new(part));
        }
        Ok(())
    }
}

/// Whether a name, or a pattern as librdkafka reads it, names a topic. Patterns are only told apart, not interpreted: of
/// several the first counts.
fn matches(source: &str, topic: &str) -> bool {
    source == topic || source.starts_with('^')
}

fn tell_lost(topic: &str, partition: i32, lost: u64) {
    if lost > 0 {
        tracing::error!(topic, partition, lost, "the source removed messages before they were read");
    }
}

fn offset(offset: u64) -> i64 {
    i64::try_from(offset).unwrap_or(i64::MAX)
}

impl Group for Member {
    fn given(&self, consumer: &Consumer, partitions: &mut TopicPartitionList) {
        while let Err(error) = self.begin(consumer, partitions) {
            // Without the totals the partition must not be read.
            tracing::warn!(%error, "cannot learn where partitions were left, trying again");
            self.view.counts.add("kafka_errors", "committed");
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    fn begun(&self, _: &Consumer, partitions: &TopicPartitionList) {
        self.view.joined.store(true, Ordering::Relaxed);
        let names: Vec<String> =
            partitions.elements().iter().map(|each| format!("{}/{}", each.topic(), each.partition())).collect();
        tracing::info!(partitions = names.join(" "), "intake reads");
    }

    fn taken(&self, consumer: &Consumer, partitions: &TopicPartitionList) {
        // What is on its way and not yet delivered is read again by whoever comes next: facts are the same twice.
        let lost = consumer.assignment_lost();
        for element in partitions.elements() {
            let key = (element.topic().to_owned(), element.partition());
            let part = self.parts.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
            self.view.sources.remove(&key);
            self.view.lags.remove(&key);
            if let Some(part) = part.filter(|_| !lost) {
                commit(consumer, &[part], CommitMode::Sync, &self.view);
            }
        }
        tracing::info!(partitions = partitions.count(), lost, "intake gave partitions back");
    }
}

/// Commits what is durable, with its totals.
fn commit(consumer: &Consumer, parts: &[Arc<Part>], mode: CommitMode, view: &View) {
    let mut list = TopicPartitionList::new();
    for part in parts {
        let Some((offset, totals)) = part.ahead().commit() else { continue };
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

/// The thread.
pub(super) struct Intake {
    consumer: Consumer,
    producer: Producer,
    parts: Arc<Parts>,
    orders: Arc<Orders>,
    view: Arc<View>,
    facts: Text,
    rejecting: Rejecting,
    shards: NonZeroU32,
    ticks: Ticks,
    /// How often this thread lets time pass; only one does.
    tick: Option<Duration>,
    ticked: Option<EventTime>,
    pending: VecDeque<Out>,
    in_flight: BTreeMap<usize, Out>,
    number: usize,
    paused: bool,
    /// Nothing came when it last looked.
    idle: bool,
}

impl Intake {
    /// A member of the group. `first`: of all threads of the process this one lets time pass.
    pub(super) fn new(
        service: &Service,
        orders: Arc<Orders>,
        view: Arc<View>,
        first: bool,
    ) -> Result<Self, KafkaError> {
        let connection = service.kafka.clone().unwrap_or_default();
        let parts = Arc::new(Parts::default());
        let member = Member { parts: Arc::clone(&parts), sources: service.sources.clone(), view: Arc::clone(&view) };
        let group = service.group_of("intake");
        let consumer = connection.member(&group, Box::new(member), Some(Arc::clone(&view.lags)))?;
        let producer = connection.producer()?;
        let topics: Vec<&str> = service.sources.iter().map(|source| source.topic.as_str()).collect();
        if !topics.is_empty() {
            consumer.subscribe(&topics).map_err(|error| KafkaError::Request {
                brokers: connection.brokers.clone(),
                what: format!("subscribe to {}", topics.join(", ")),
                why: error.to_string(),
            })?;
        }
        Ok(Self {
            consumer,
            producer,
            parts,
            orders,
            view,
            facts: Text::new(&service.topics.facts),
            rejecting: Rejecting::of(service),
            shards: service.engine.count,
            ticks: if service.engine.tick.is_some() { Ticks::OfClock } else { Ticks::OfRecords },
            tick: service.engine.tick.filter(|_| first),
            ticked: None,
            pending: VecDeque::new(),
            in_flight: BTreeMap::new(),
            number: 0,
            paused: false,
            idle: false,
        })
    }

    /// Runs until it is told to stop, and then until what it has read is durable or its patience ends.
    pub(super) fn run(mut self) {
        let mut committed = Stopwatch::start();
        while !self.orders.stop.load(Ordering::Relaxed) {
            self.let_time_pass();
            self.take_reference();
            self.send();
            self.deliveries(Duration::ZERO);
            if self.pending.is_empty() {
                self.resume();
                self.read(BATCH, Duration::from_millis(20));
            } else {
                self.wait();
            }
            // Sooner where there is nothing else to do.
            if committed.has_passed(if self.idle { COMMIT / 10 } else { COMMIT }) {
                self.commit(CommitMode::Async);
            }
        }
        self.drain();
    }

    /// Up to so many messages; the first is waited for a little.
    fn read(&mut self, most: usize, mut wait: Duration) {
        let settings = Arc::clone(&self.orders.decode.lock().unwrap_or_else(PoisonError::into_inner));
        // The last partition, as messages come in runs of one.
        let mut part: Option<Arc<Part>> = None;
        let mut of_format: Option<decode::Settings> = None;
        let mut run = Run::default();
        for _ in 0..most {
            let message = match self.consumer.poll(wait) {
                None => {
                    self.idle = wait > Duration::ZERO;
                    break;
                }
                Some(Ok(message)) => message,
                Some(Err(error)) => {
                    let error = error.clone();
                    self.fault(&error);
                    break;
                }
            };
            (wait, self.idle) = (Duration::ZERO, false);
            let (topic, partition) = (message.topic(), message.partition());
            if part.as_ref().is_none_or(|part| part.partition != partition || part.topic != topic) {
                part = self.parts.get(topic, partition);
                of_format = part
                    .as_ref()
                    .and_then(|part| part.format)
                    .map(|format| decode::Settings { format: Some(format), ..(*settings).clone() });
            }
            // Not ours any more: whoever has it now reads it.
            let Some(part) = &part else { continue };
            let settings = of_format.as_ref().unwrap_or(&settings);
            if let Some(payload) = message.payload()
                && decode::says_nothing(payload, settings)
            {
                run.add(part, message.offset());
                continue;
            }
            run.end();
            let reading = Reading {
                settings,
                part,
                offset: u64::try_from(message.offset()).unwrap_or_default(),
                payload: message.payload(),
                facts: &self.facts,
                rejecting: &self.rejecting,
                shards: self.shards,
                ticks: self.ticks,
            };
            let latest = reading.read(&mut self.pending);
            if let Some(time) = latest {
                let mut known = self.view.latest.entry(part.topic.clone()).or_insert(time);
                *known = (*known).max(time);
            }
            if !self.pending.is_empty() {
                drop(message);
                self.send();
                if !self.pending.is_empty() {
                    break;
                }
            }
        }
    }

    /// Hands over what is pending until the queue is full.
    fn send(&mut self) {
        while let Some(out) = self.pending.front() {
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
                    if let Some(out) = self.pending.pop_front() {
                        self.in_flight.insert(self.number, out);
                    }
                    self.number += 1;
                }
                Err(error) => {
                    // The topic is not there now, or nobody may write: nothing is committed meanwhile.
                    tracing::warn!(%error, "cannot send, trying again");
                    self.view.counts.add("kafka_errors", "send");
                    std::thread::sleep(Duration::from_millis(500));
                    return;
                }
            }
        }
    }

    fn deliveries(&mut self, wait: Duration) {
        for delivered in self.producer.poll(wait) {
            let Some(out) = self.in_flight.remove(&delivered.number) else { continue };
            match delivered.offset {
                Ok(_) => {}
                Err(why) if reject::is_too_large(&why) => {
                    // It can never be sent. Its record is relevant, and this is where it ends.
                    tracing::error!(
                        topic = &*out.topic,
                        position = out.position,
                        bytes = out.value.len(),
                        "too large to be sent"
                    );
                    self.view.counts.add("undeliverable", "too_large");
                }
                Err(why) => {
                    tracing::warn!(why, topic = &*out.topic, "not delivered, sending it again");
                    self.view.counts.add("kafka_errors", "delivery");
                    self.pending.push_back(out);
                    continue;
                }
            }
            if let Some((part, offset)) = &out.from {
                part.ahead().delivered(*offset);
            }
        }
    }

    /// The queue to the log is full: partitions are paused, and the group is still answered.
    fn wait(&mut self) {
        if let Ok(assigned) = self.consumer.assignment()
            && assigned.count() > 0
            && self.consumer.pause(&assigned).is_ok()
        {
            if !self.paused {
                self.view.counts.add("backpressure", "intake");
            }
            self.paused = true;
        }
        // A partition given to us meanwhile is not paused yet: what comes of it is not dropped.
        self.read(1, Duration::ZERO);
        self.deliveries(Duration::from_millis(20));
    }

    fn resume(&mut self) {
        if self.paused
            && let Ok(assigned) = self.consumer.assignment()
        {
            // What came between pausing and now was not looked at: it is read from where we are.
            self.paused = self.consumer.resume(&assigned).is_err();
        }
    }

    fn fault(&mut self, error: &Cause) {
        let code = error.rdkafka_error_code();
        self.view.counts.add("kafka_errors", code.map_or("other".to_owned(), |code| format!("{code:?}")));
        match code {
            Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => self.skip_removed(),
            Some(RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::AllBrokersDown) => {}
            _ => tracing::warn!(%error, "cannot read"),
        }
    }

    /// The source no longer holds what was to be read next.
    fn skip_removed(&mut self) {
        for part in self.parts.all() {
            let low = match self.consumer.fetch_watermarks(&part.topic, part.partition, PATIENCE) {
                Ok((low, _)) => u64::try_from(low).unwrap_or_default(),
                Err(_) => continue,
            };
            let lost = part.ahead().begins_at(low);
            if lost > 0 {
                tell_lost(&part.topic, part.partition, lost);
                let begin = Offset::Offset(offset(low));
                if let Err(error) = self.consumer.seek(&part.topic, part.partition, begin, PATIENCE) {
                    tracing::warn!(%error, "cannot read on");
                }
            }
        }
    }

    /// A tick for every shard, on the minute or whatever was set.
    fn let_time_pass(&mut self) {
        let Some(every) = self.tick else { return };
        let every = i64::try_from(every.as_nanos()).unwrap_or(i64::MAX);
        let due = EventTime::from_nanos(clock::now().nanos() / every * every);
        if self.ticked.is_some_and(|ticked| ticked >= due) || !self.pending.is_empty() {
            return;
        }
        self.ticked = Some(due);
        self.put(&Position { source: Text::new_static("clock"), at: 0 }, &Fact::Tick(due));
    }

    fn take_reference(&mut self) {
        while self.pending.len() < BATCH {
            let next = self.orders.reference.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some((position, fact)) = next else { return };
            self.put(&position, &fact);
        }
    }

    fn put(&mut self, position: &Position, fact: &Fact) {
        let mut outs = outs(&self.facts, self.shards, position, fact);
        self.pending.append(&mut outs);
    }

    fn commit(&self, mode: CommitMode) {
        let parts = self.parts.all();
        for part in &parts {
            self.view.sources.insert((part.topic.clone(), part.partition), part.ahead().totals().clone());
        }
        commit(&self.consumer, &parts, mode, &self.view);
    }

    fn drain(&mut self) {
        let began = Stopwatch::start();
        while began.elapsed() < PATIENCE && !(self.pending.is_empty() && self.in_flight.is_empty()) {
            self.send();
            self.deliveries(Duration::from_millis(20));
        }
        self.commit(CommitMode::Sync);
        self.consumer.unsubscribe();
        // Leaving the group is an event of its own; whoever takes over need not wait for our silence.
        for _ in 0..10 {
            if self.consumer.poll(Duration::from_millis(20)).is_none() {
                break;
            }
        }
    }
}

/// Messages of one partition, one after the other, that say nothing: counted together.
#[derive(Default)]
struct Run {
    part: Option<Arc<Part>>,
    count: u64,
    last: i64,
}

impl Run {
    fn add(&mut self, part: &Arc<Part>, offset: i64) {
        if self.part.as_ref().is_none_or(|own| !Arc::ptr_eq(own, part)) {
            self.end();
            self.part = Some(Arc::clone(part));
        }
        self.count += 1;
        self.last = offset;
    }

    fn end(&mut self) {
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
struct Reading<'a> {
    settings: &'a decode::Settings,
    part: &'a Arc<Part>,
    offset: u64,
    payload: Option<&'a [u8]>,
    facts: &'a Text,
    rejecting: &'a Rejecting,
    shards: NonZeroU32,
    ticks: Ticks,
}

/// What lets event time pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ticks {
    /// Our clock: a tick among the records is a time like any other, and moves nothing.
    OfClock,
    /// Ticks among the records alone, for histories.
    OfRecords,
}

impl Reading<'_> {
    /// What is to be sent; the latest event time of its facts.
    fn read(&self, pending: &mut VecDeque<Out>) -> Option<EventTime> {
        let (mut tally, mut latest) = (Tally::default(), None);
        let before = pending.len();
        let Some(payload) = self.payload else {
            let outcome = Outcome::reject("tombstone", "a card is ended by valid_to, not by a tombstone");
            tally.count(&outcome);
            self.reject(&outcome, 1, 0, pending);
            self.part.ahead().read(self.offset, &tally, pending.len() - before);
            return None;
        };
        decode::message(&self.part.source, payload, self.settings, &mut |item| {
            tally.count(&item.outcome);
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
                Outcome::Irrelevant => {}
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
fn outs(topic: &Text, shards: NonZeroU32, position: &Position, fact: &Fact) -> VecDeque<Out> {
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
