//! Intake: records of source topics in, facts in the fact log.
//!
//! In: messages of the group's partitions, borrowed. Out: facts, each to the shard of its account or to all; rejects; and
//! offsets, committed with their running totals once everything before them is durable. One thread, one consumer, one
//! producer; any number of them share the sources' partitions. It keeps no state of its own.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::KafkaError as Cause;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use super::ahead::{Committed, Confirmed};
use super::clock::{self, Stopwatch};
use super::outbox::{Outbox, Pace};
use super::parts::{Member, PATIENCE, Part, Parts, ask_committed, commit, offset, tell_lost, watermarks};
use super::reading::{Reading, Run, Ticks, outs};
use super::reject::Rejecting;
use super::view::View;
use crate::config::Service;
use crate::decode;
use crate::kafka::{Consumer, KafkaError};
use crate::model::{EventTime, Fact, Position, Text};

/// How often offsets are committed.
const COMMIT: Duration = Duration::from_secs(1);
/// How often it is asked whether the broker still knows what was committed, where nothing more is.
const LOOK: Duration = Duration::from_secs(2);
/// How long reading waits for that answer, and how long it is not asked again where there was none.
const ANSWER: Duration = Duration::from_millis(250);
const UNANSWERED: Duration = Duration::from_secs(5);
/// Most messages taken before deliveries are looked at. Whoever finds so many at once is not reading as they come.
const BATCH: usize = 2_048;
/// How long a message is waited for: less where something waits to be sent.
const WAIT: Duration = Duration::from_millis(20);
const WAIT_LITTLE: Duration = Duration::from_millis(2);

/// What the thread is told.
pub(super) struct Orders {
    /// How records are read; another one takes its place at a reload.
    pub(super) decode: Mutex<Arc<decode::Settings>>,
    /// Reference facts that are to be sent (at start, and at each reload).
    pub(super) reference: Mutex<VecDeque<(Position, Fact)>>,
    /// Set when it is to end.
    pub(super) stop: std::sync::atomic::AtomicBool,
}

/// The thread.
pub(super) struct Intake {
    consumer: Consumer,
    outbox: Outbox,
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
    paused: bool,
    /// How many came since there was last nothing to read.
    came: usize,
    pace: Pace,
    /// Nothing came when it last looked.
    idle: bool,
    /// Partitions of which one no longer holds what was to be read next, or is another one: where to read on in each is
    /// still to be found out.
    astray: Vec<Arc<Part>>,
    /// Since when nobody answers where.
    unfound: Option<Stopwatch>,
    looked: Stopwatch,
    /// Since when nobody says what is committed.
    unanswered: Option<Stopwatch>,
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
        let member = Member {
            parts: Arc::clone(&parts),
            sources: service.sources.clone(),
            view: Arc::clone(&view),
            orders: Arc::clone(&orders),
        };
        let group = service.group_of("intake");
        let consumer =
            connection.member(&group, Box::new(member), Some(Arc::clone(&view.lags)), &service.topics.own())?;
        let outbox = Outbox::new(connection.producer()?, Arc::clone(&view));
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
            outbox,
            parts,
            orders,
            view,
            facts: Text::new(&service.topics.facts),
            rejecting: Rejecting::of(service),
            shards: service.engine.count,
            ticks: if service.engine.tick.is_some() { Ticks::OfClock } else { Ticks::OfRecords },
            tick: service.engine.tick.filter(|_| first),
            ticked: None,
            paused: false,
            came: 0,
            pace: Pace::Live,
            idle: false,
            astray: Vec::new(),
            unfound: None,
            looked: Stopwatch::start(),
            unanswered: None,
        })
    }

    /// Runs until it is told to stop, and then until what it has read is durable or its patience ends.
    pub(super) fn run(mut self) -> anyhow::Result<()> {
        let mut committed = Stopwatch::start();
        while !self.orders.stop.load(Ordering::Relaxed) {
            self.let_time_pass();
            self.take_reference();
            self.outbox.send(self.pace);
            self.outbox.deliveries(Duration::ZERO);
            self.outbox.is_able()?;
            if self.outbox.is_stuck() {
                self.wait();
            } else {
                self.resume();
                self.read(BATCH, if self.outbox.is_empty() { WAIT } else { WAIT_LITTLE });
            }
            // Sooner where there is nothing else to do.
            if committed.elapsed() >= if self.idle { COMMIT / 10 } else { COMMIT } {
                self.confirm();
                self.read_on();
                self.commit(CommitMode::Async);
                // From now on: what was waited for is no time in which anything was read.
                committed = Stopwatch::start();
            }
        }
        self.drain();
        Ok(())
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
                    self.pace = if self.came < BATCH { Pace::Live } else { Pace::CatchingUp };
                    self.came = 0;
                    break;
                }
                Some(Ok(message)) => message,
                Some(Err(error)) => {
                    let error = error.clone();
                    // What was read before it counts as read.
                    run.end();
                    self.fault(&error);
                    break;
                }
            };
            (wait, self.idle) = (Duration::ZERO, false);
            self.came += 1;
            let (topic, partition) = (message.topic(), message.partition());
            if part.as_ref().is_none_or(|part| part.partition != partition || part.topic != topic || !part.is_ours()) {
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
            let latest = reading.read(self.outbox.waiting());
            if let Some(time) = latest {
                let mut known = self.view.latest.entry(part.topic.clone()).or_insert(time);
                *known = (*known).max(time);
            }
            if self.outbox.is_full() {
                break;
            }
        }
        if self.came >= BATCH {
            self.pace = Pace::CatchingUp;
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
        self.outbox.deliveries(WAIT);
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
            Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange) => {
                self.astray = self.parts.all();
                self.unfound = None;
                self.read_on();
            }
            Some(RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::AllBrokersDown) => {}
            _ => tracing::warn!(%error, "cannot read"),
        }
    }

    /// Before more is committed, and now and then, it is asked what the broker has. What was committed may have been refused,
    /// as while partitions change hands, and nobody says so. And librdkafka reads on where it was in a source that was
    /// deleted and made anew, as long as that is not shorter: the broker forgets what was committed of it, soon after.
    fn confirm(&mut self) {
        let now_and_then = self.looked.has_passed(LOOK);
        let mut parts = self.parts.all();
        parts.retain(|part| now_and_then || part.ahead().is_due());
        if parts.is_empty() {
            return;
        }
        if self.unanswered.is_some_and(|since| since.elapsed() < UNANSWERED) {
            return;
        }
        // Reading waits meanwhile.
        let committed = match ask_committed(&self.consumer, &parts, ANSWER) {
            Ok(committed) => committed,
            // The commit that follows fails likewise.
            Err(error) => {
                tracing::debug!(%error, "cannot learn what is committed");
                self.unanswered = Some(Stopwatch::start());
                return self.view.counts.add("kafka_errors", "committed");
            }
        };
        self.unanswered = None;
        for part in parts {
            let key = (part.topic.clone(), part.partition);
            let committed = committed.get(&key).copied().unwrap_or(Committed::Unknown);
            let confirmed = part.ahead().confirm(committed);
            match confirmed {
                Confirmed::Yes => {}
                Confirmed::No => self.view.counts.add("kafka_errors", "commit"),
                Confirmed::Forgotten => self.astray.push(part),
            }
        }
    }

    /// Where sources no longer hold what was to be read next, or are others under the same name: on from what they hold.
    /// librdkafka does not say which they are, and reads on nowhere until it is told to. Tried again until it is done.
    fn read_on(&mut self) {
        self.astray.retain(|part| part.is_ours());
        if self.astray.is_empty() || self.unfound.is_some_and(|since| since.elapsed() < UNANSWERED) {
            return;
        }
        let Ok(committed) = ask_committed(&self.consumer, &self.astray, PATIENCE) else {
            self.unfound = Some(Stopwatch::start());
            return;
        };
        // Those whose leaders answer are read on with, whoever else does not.
        for part in std::mem::take(&mut self.astray) {
            let (topic, partition) = (&*part.topic, part.partition);
            let committed = committed.get(&(part.topic.clone(), partition)).copied().unwrap_or(Committed::Unknown);
            if let Err(error) = self.find(&part, committed) {
                tracing::warn!(topic, partition, %error, "cannot read on");
                // It may be another one by now, which nobody reads yet.
                self.astray.extend(self.parts.get(topic, partition));
            }
        }
        self.unfound = (!self.astray.is_empty()).then(Stopwatch::start);
    }

    /// Finds out where to read on in a partition, and does.
    fn find(&self, part: &Part, committed: Committed) -> Result<(), Cause> {
        let (low, high) = watermarks(&self.consumer, &part.topic, part.partition)?;
        let next = if part.ahead().is_another(high, committed) {
            self.parts.begin_anew(part, low);
            low
        } else {
            let lost = part.ahead().begins_at(low);
            tell_lost(&part.topic, part.partition, lost);
            part.ahead().next()
        };
        self.read_from(part, next)
    }

    /// Given up and taken again: a partition that librdkafka has stopped reading cannot be sought in.
    fn read_from(&self, part: &Part, next: u64) -> Result<(), Cause> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&part.topic, part.partition, Offset::Offset(offset(next)))?;
        // Where it was given up already, by a try that failed, there is nothing to give up.
        let _ = self.consumer.incremental_unassign(&list);
        self.consumer.incremental_assign(&list)
    }

    /// A tick for every shard, on the minute or whatever was set.
    fn let_time_pass(&mut self) {
        let Some(every) = self.tick else { return };
        let every = i64::try_from(every.as_nanos()).unwrap_or(i64::MAX);
        let due = EventTime::from_nanos(clock::now().nanos() / every * every);
        if self.ticked.is_some_and(|ticked| ticked >= due) || self.outbox.is_stuck() {
            return;
        }
        self.ticked = Some(due);
        self.put(&Position { source: Text::new_static("clock"), at: 0 }, &Fact::Tick(due));
    }

    fn take_reference(&mut self) {
        while !self.outbox.is_full() {
            let next = self.orders.reference.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some((position, fact)) = next else { return };
            self.put(&position, &fact);
        }
    }

    fn put(&mut self, position: &Position, fact: &Fact) {
        let mut outs = outs(&self.facts, self.shards, position, fact);
        self.outbox.waiting().append(&mut outs);
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
        while began.elapsed() < PATIENCE && !self.outbox.is_done() {
            self.outbox.send(Pace::Live);
            self.outbox.deliveries(WAIT);
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
