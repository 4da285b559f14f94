//! A thread that holds shards: their three partitions in, what they have to say out.
//!
//! In: which shards are ours, and the rulebook. Out: alerts and contributions on their topics, snapshots in their place. It
//! reads what it is told to by its own consumer, outside of any group, so that neither a slow rule nor a large snapshot
//! costs a membership.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use rdkafka::consumer::Consumer as _;
use rdkafka::message::Headers as _;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use super::clock::Stopwatch;
use super::held::{Message, Outgoing, POSITION, SENDER, Taken, Topic};
use super::onward::Onward;
use super::open::{Open, PATIENCE};
use super::opening::{self, Opening};
use super::reject::is_too_large;
use super::saving::Saving;
use super::view::{ShardView, View};
use crate::config::Service;
use crate::engine::{Forgotten, Rulebook, Walk, Work};
use crate::kafka::{Consumer, Producer, Record, Sending};

/// What a worker is told.
pub(super) enum Order {
    /// This shard is ours.
    Take(u32),
    /// This one is not any more; answer once it has said all.
    Give(u32, SyncSender<()>),
    /// Whether every shard could go on under another rulebook.
    Ask(Rulebook, SyncSender<Result<(), Forgotten>>),
    /// Another rulebook, which every shard can go on under.
    Reload(Rulebook),
    /// Say all, save all, and end.
    Stop,
}

/// What all workers share.
pub(super) struct Shared {
    /// Settings.
    pub(super) service: Service,
    /// The rulebook for shards that are opened.
    pub(super) book: Mutex<Rulebook>,
    /// What is told of shards.
    pub(super) view: Arc<View>,
    /// Snapshots, and the log they are of.
    pub(super) saving: Saving,
    /// Who we are, for those who read claims.
    pub(super) instance: String,
}

impl Shared {
    /// A topic of ours by name.
    pub(super) fn topic(&self, topic: Topic) -> &str {
        let topics = &self.service.topics;
        match topic {
            Topic::Facts => &topics.facts,
            Topic::Contributions => &topics.contributions,
            Topic::Alerts => &topics.alerts,
        }
    }

    fn named(&self, name: &str) -> Option<Topic> {
        Topic::ALL.into_iter().find(|topic| self.topic(*topic) == name)
    }

    /// The rulebook for shards that are opened.
    pub(super) fn book(&self) -> Rulebook {
        self.book.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How long a shard that was succeeded, or could not be sent for, waits before it is opened again where it is still ours.
const AGAIN: Duration = Duration::from_secs(3);
/// How long what is said last is waited for.
const DRAIN: Duration = Duration::from_secs(8);
/// Most messages taken at once, and most that wait to be sent before nothing more is published.
const BATCH: usize = 512;
const WAITING: usize = 4_096;
/// Facts, days of accounts and groups looked at in one slice of a new rulebook; accounts in one slice of metrics.
const SLICE: usize = 256;
/// How often what is told of shards is told anew.
const TELL: Duration = Duration::from_secs(1);

/// A message on its way.
struct Flight {
    shard: u32,
    opening: u64,
    what: Sent,
    /// Offset before which it cannot stand: what was read of its partition when it was sent.
    least: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Claim,
    Said,
}

/// The thread.
pub(super) struct Worker {
    shared: Arc<Shared>,
    orders: Receiver<Order>,
    consumer: Consumer,
    producer: Producer,
    shards: BTreeMap<u32, Open>,
    /// Ours, and to be opened once the stopwatch says so.
    closed: BTreeMap<u32, Stopwatch>,
    pending: VecDeque<(u32, u64, Sent, Outgoing)>,
    in_flight: BTreeMap<usize, Flight>,
    number: usize,
    openings: u64,
    published: Stopwatch,
    told: Stopwatch,
    stopping: bool,
    /// When a shard was last opened in vain: while nobody answers, those that are open go on.
    in_vain: Option<Stopwatch>,
    /// Of one of these a partition does not hold what was to be read next: where to read on is still to be found out.
    astray: BTreeSet<u32>,
    /// When that was last tried in vain.
    unfound: Option<Stopwatch>,
}

impl Worker {
    /// A worker that holds nothing yet.
    pub(super) fn new(shared: Arc<Shared>, orders: Receiver<Order>) -> anyhow::Result<Self> {
        let connection = shared.service.kafka.clone().unwrap_or_default();
        let (consumer, producer) = (connection.reader()?, connection.producer()?);
        Ok(Self {
            shared,
            orders,
            consumer,
            producer,
            shards: BTreeMap::new(),
            closed: BTreeMap::new(),
            pending: VecDeque::new(),
            in_flight: BTreeMap::new(),
            number: 0,
            openings: 0,
            published: Stopwatch::start(),
            told: Stopwatch::start(),
            stopping: false,
            in_vain: None,
            astray: BTreeSet::new(),
            unfound: None,
        })
    }

    /// Runs until it is told to stop. An error is one that no waiting mends: state that cannot be trusted.
    pub(super) fn run(mut self) -> anyhow::Result<()> {
        while !self.stopping {
            self.orders()?;
            self.open_again()?;
            self.send();
            self.deliveries(Duration::ZERO);
            self.producer.is_able()?;
            if self.pending.len() < WAITING {
                self.read();
            } else {
                self.deliveries(Duration::from_millis(10));
            }
            self.read_on();
            self.reconfigure();
            if self.published.has_passed(self.shared.service.engine.publish) {
                self.publish();
                self.save();
            }
            self.add_up();
            if self.told.has_passed(TELL) {
                self.tell();
            }
        }
        let all: Vec<u32> = self.shards.keys().copied().collect();
        self.finish(&all);
        for (shard, open) in std::mem::take(&mut self.shards) {
            self.shared.saving.save_now(shard, open.held.member());
        }
        Ok(())
    }

    fn orders(&mut self) -> anyhow::Result<()> {
        loop {
            let order = match self.orders.try_recv() {
                Ok(order) => order,
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => Order::Stop,
            };
            match order {
                Order::Take(shard) => self.open(shard)?,
                Order::Give(shard, answer) => {
                    self.closed.remove(&shard);
                    self.finish(&[shard]);
                    self.close(shard);
                    // Whoever asked has its own patience.
                    let _ = answer.send(());
                }
                Order::Ask(book, answer) => {
                    let mut members = self.shards.values().map(|open| open.held.member());
                    let _ = answer.send(members.try_for_each(|member| member.could_reconfigure(&book)));
                }
                Order::Reload(book) => {
                    for open in self.shards.values_mut() {
                        if let Err(error) = open.held.member_mut().reconfigure(book.clone()) {
                            tracing::error!(%error, "a shard stays under the rulebook it has");
                        }
                    }
                }
                Order::Stop => {
                    self.stopping = true;
                    return Ok(());
                }
            }
        }
    }

    /// One at a time: whoever does not answer costs patience.
    fn open_again(&mut self) -> anyhow::Result<()> {
        if self.in_vain.is_some_and(|since| since.elapsed() < AGAIN) {
            return Ok(());
        }
        let due = self.closed.iter().filter(|(_, since)| since.elapsed() >= AGAIN).map(|(shard, _)| *shard).next();
        due.map_or(Ok(()), |shard| self.open(shard))
    }

    /// Takes a shard over: newest snapshot, claim, and everything after it.
    fn open(&mut self, shard: u32) -> anyhow::Result<()> {
        self.close(shard);
        let opening = match opening::open(&self.shared, &self.consumer, shard) {
            Ok(opening) => opening,
            Err(opening::Refused::Now(error)) => {
                tracing::warn!(shard, %error, "cannot be opened now, trying again");
                self.shared.view.counts.add("kafka_errors", "open");
                self.closed.insert(shard, Stopwatch::start());
                self.in_vain = Some(Stopwatch::start());
                return Ok(());
            }
            Err(opening::Refused::Ever(error)) => return Err(error.context(format!("shard {shard}"))),
        };
        let Opening { mut held, next, ends } = opening;
        self.closed.remove(&shard);
        self.openings += 1;
        let mut list = TopicPartitionList::new();
        for topic in Topic::ALL {
            let begin = next.get(&topic).copied().unwrap_or_default();
            let begin = Offset::Offset(i64::try_from(begin).unwrap_or(i64::MAX));
            list.add_partition_offset(self.shared.topic(topic), partition(shard), begin)?;
        }
        self.consumer.incremental_assign(&list).context("cannot read")?;
        let claim = held.claim(&self.shared.instance);
        self.pending.push_back((shard, self.openings, Sent::Claim, claim));
        let (walked, view) = (Stopwatch::start(), ShardView::default());
        let mut open = Open { held, opening: self.openings, next, ends, dirty: true, walk: None, walked, view };
        Topic::ALL.into_iter().for_each(|topic| open.reach(topic));
        self.shards.insert(shard, open);
        self.tell();
        Ok(())
    }

    fn close(&mut self, shard: u32) {
        if self.shards.remove(&shard).is_none() {
            return;
        }
        let mut list = TopicPartitionList::new();
        Topic::ALL.into_iter().for_each(|topic| {
            list.add_partition(self.shared.topic(topic), partition(shard));
        });
        if let Err(error) = self.consumer.incremental_unassign(&list) {
            tracing::warn!(shard, %error, "cannot stop reading");
        }
        self.pending.retain(|(of, ..)| *of != shard);
        self.shared.view.shards.remove(&shard);
    }

    /// It is still ours, and will be opened again in a while.
    fn reopen_later(&mut self, shard: u32) {
        self.close(shard);
        self.closed.insert(shard, Stopwatch::start());
    }

    /// Says what is to be said and waits until it is durable, within patience.
    fn finish(&mut self, shards: &[u32]) {
        let began = Stopwatch::start();
        for shard in shards {
            self.publish_one(*shard);
        }
        let waits = |worker: &Self| {
            let of = |shard: &u32| shards.contains(shard);
            worker.pending.iter().any(|(shard, ..)| of(shard)) || worker.in_flight.values().any(|f| of(&f.shard))
        };
        while waits(self) && began.elapsed() < DRAIN {
            self.send();
            self.deliveries(Duration::from_millis(10));
        }
    }

    /// Up to a batch of messages.
    fn read(&mut self) {
        // Whatever comes ends the waiting; what is to be published does not wait long.
        let dirty = self.shards.values().any(|open| open.dirty);
        let mut wait = Duration::from_millis(if dirty { 5 } else { 50 });
        let mut header = String::new();
        for _ in 0..BATCH {
            let message = match self.consumer.poll(wait) {
                None => break,
                Some(Ok(message)) => message,
                Some(Err(error)) => {
                    let code = error.rdkafka_error_code();
                    let kind = code.map_or("other".to_owned(), |code| format!("{code:?}"));
                    self.shared.view.counts.add("kafka_errors", kind);
                    tracing::warn!(%error, "cannot read our own topics");
                    if matches!(code, Some(RDKafkaErrorCode::AutoOffsetReset | RDKafkaErrorCode::OffsetOutOfRange)) {
                        (self.astray, self.unfound) = (self.shards.keys().copied().collect(), None);
                    }
                    break;
                }
            };
            wait = Duration::ZERO;
            let Some(topic) = self.shared.named(message.topic()) else { continue };
            let Some(open) = u32::try_from(message.partition()).ok().and_then(|shard| self.shards.get_mut(&shard))
            else {
                continue;
            };
            let offset = u64::try_from(message.offset()).unwrap_or_default();
            let wanted = if topic == Topic::Facts { POSITION } else { SENDER };
            header.clear();
            let found = message.headers().and_then(|headers| headers.iter().find(|header| header.key == wanted));
            let found = found.and_then(|header| std::str::from_utf8(header.value?).ok());
            found.iter().for_each(|text| header.push_str(text));
            let header = found.is_some().then_some(header.as_str());
            let key = message.key().unwrap_or_default();
            let taken = open.held.take(topic, Message { offset, key, value: message.payload(), header });
            if let Taken::Unread(_, why) = taken {
                let name = message.topic();
                tracing::warn!(
                    topic = name,
                    partition = message.partition(),
                    offset,
                    why,
                    "cannot be read, passed over"
                );
            }
            open.dirty = true;
            open.next.insert(topic, offset + 1);
            open.reach(topic);
        }
    }

    /// Reads on where a partition did not hold what was to be read next: librdkafka has stopped reading it, and does not
    /// say which one that is.
    fn read_on(&mut self) {
        if self.astray.is_empty() || self.unfound.is_some_and(|since| since.elapsed() < AGAIN) {
            return;
        }
        self.unfound = None;
        for shard in std::mem::take(&mut self.astray) {
            let Some(open) = self.shards.get_mut(&shard) else { continue };
            match open.read_on(shard, &self.shared, &self.consumer) {
                Ok(Onward::On) => {}
                Ok(Onward::Anew) => self.reopen_later(shard),
                Err(error) => {
                    tracing::warn!(shard, %error, "cannot read on, trying again");
                    self.astray.insert(shard);
                    self.unfound = Some(Stopwatch::start());
                }
            }
        }
    }

    fn publish(&mut self) {
        let all: Vec<u32> = self.shards.keys().copied().collect();
        for shard in all {
            if self.pending.len() >= WAITING {
                return;
            }
            self.publish_one(shard);
        }
    }

    fn publish_one(&mut self, shard: u32) {
        let Some(open) = self.shards.get_mut(&shard) else { return };
        if open.held.is_succeeded() {
            tracing::info!(shard, "somebody else has claimed it");
            self.shared.view.counts.add("succeeded", "shard");
            return self.reopen_later(shard);
        }
        if !std::mem::take(&mut open.dirty) {
            return;
        }
        let opening = open.opening;
        let out = open.held.publish();
        self.pending.extend(out.into_iter().map(|out| (shard, opening, Sent::Said, out)));
    }

    /// Hands over what is pending until the queue is full.
    fn send(&mut self) {
        while let Some((_, _, _, out)) = self.pending.front() {
            let headers: Vec<(&'static str, &str)> =
                out.headers.iter().map(|(key, value)| (*key, value.as_str())).collect();
            let record = Record {
                topic: self.shared.topic(out.topic),
                partition: Some(partition(out.partition)),
                key: Some(out.key.as_bytes()),
                value: out.value.as_deref(),
                headers: &headers,
            };
            match self.producer.send(&record, self.number) {
                Ok(Sending::Full) => return,
                Ok(Sending::Sent) => {
                    if let Some((shard, opening, what, out)) = self.pending.pop_front() {
                        // Only of its own partitions it knows how far they are.
                        let own = self.shards.get(&shard).filter(|_| out.partition == shard);
                        let least = own.and_then(|open| open.next.get(&out.topic)).copied().unwrap_or_default();
                        self.in_flight.insert(self.number, Flight { shard, opening, what, least });
                    }
                    self.number += 1;
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot send, trying again");
                    self.shared.view.counts.add("kafka_errors", "send");
                    std::thread::sleep(Duration::from_millis(500));
                    return;
                }
            }
        }
    }

    fn deliveries(&mut self, wait: Duration) {
        for delivered in self.producer.poll(wait) {
            let Some(flight) = self.in_flight.remove(&delivered.number) else { continue };
            let Some(open) = self.shards.get_mut(&flight.shard).filter(|open| open.opening == flight.opening) else {
                continue;
            };
            match delivered.offset {
                Ok(offset) if offset < flight.least => {
                    let (shard, least) = (flight.shard, flight.least);
                    tracing::error!(shard, offset, least, "a topic of ours was made anew: the shard is opened anew");
                    self.reopen_later(shard);
                }
                Ok(offset) if flight.what == Sent::Claim => {
                    open.held.claimed(offset);
                    open.dirty = true;
                    tracing::info!(shard = flight.shard, claim = offset + 1, "claimed");
                }
                Ok(_) => {}
                Err(why) if is_too_large(&why) => {
                    tracing::error!(shard = flight.shard, why, "an alert or contribution is too large to be sent");
                    self.shared.view.counts.add("undeliverable", "too_large");
                }
                Err(why) => {
                    // What was said after it may have been delivered: everything is said anew.
                    tracing::warn!(shard = flight.shard, why, "not delivered: the shard is opened anew");
                    self.shared.view.counts.add("kafka_errors", "delivery");
                    self.reopen_later(flight.shard);
                }
            }
        }
    }

    /// A slice of a new rulebook, where one is to be put in force.
    fn reconfigure(&mut self) {
        let mut done = Vec::new();
        for (shard, open) in &mut self.shards {
            if open.held.work(SLICE) == Work::Done {
                done.push(*shard);
            }
        }
        for shard in done {
            tracing::info!(shard, "another rulebook is in force");
            let name = self.shared.topic(Topic::Contributions);
            let end = self.consumer.fetch_watermarks(name, partition(shard), PATIENCE);
            let sought = end.and_then(|(_, end)| {
                self.consumer.seek(name, partition(shard), Offset::Beginning, PATIENCE)?;
                Ok(u64::try_from(end).unwrap_or_default())
            });
            let (end, open) = match (sought, self.shards.get_mut(&shard)) {
                (Ok(end), Some(open)) => (end, open),
                (Err(error), _) => {
                    tracing::warn!(shard, %error, "cannot hear the others again: the shard is opened anew");
                    self.reopen_later(shard);
                    continue;
                }
                (Ok(_), None) => continue,
            };
            open.next.insert(Topic::Contributions, 0);
            open.ends.insert(Topic::Contributions, end);
            open.reach(Topic::Contributions);
            let claim = open.held.claim(&self.shared.instance);
            self.pending.push_back((shard, open.opening, Sent::Claim, claim));
        }
    }

    /// A slice of what runs, for metrics; whole sums every quarter of a minute at most.
    fn add_up(&mut self) {
        const EVERY: Duration = Duration::from_secs(15);
        for open in self.shards.values_mut() {
            if open.walk.is_none() && (open.view.consumption.is_none() || open.walked.has_passed(EVERY)) {
                open.walk = open.held.behind().next().is_none().then(Walk::default);
            }
            let Some(walk) = &mut open.walk else { continue };
            if open.held.member().engine().add_up(walk, SLICE)
                && let Some(walk) = open.walk.take()
            {
                open.view.consumption = Some(Arc::new(walk.sums));
                open.walked = Stopwatch::start();
            }
        }
    }

    fn save(&mut self) {
        for (shard, open) in &mut self.shards {
            if open.held.behind().next().is_none() {
                self.shared.saving.save_when_due(*shard, open.held.member());
            }
        }
    }

    fn tell(&mut self) {
        for (shard, open) in &mut self.shards {
            open.tell();
            open.view.snapshot = self.shared.saving.last(*shard);
            self.shared.view.shards.insert(*shard, open.view.clone());
        }
    }
}

/// A shard's partition, in each of the topics.
pub(super) fn partition(shard: u32) -> i32 {
    i32::try_from(shard).unwrap_or(i32::MAX)
}
