//! Webhooks: each target a consumer of the alerts topic with offsets of its own.
//!
//! In: alerts as published. Out: what the target's worker makes of them, and offsets of what it has dealt with. A target
//! that takes nothing pauses its own partitions and nobody else's. It refuses to know what is sent and when.

mod member;
mod past;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::Message as _;
use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::types::RDKafkaErrorCode;

use self::member::Member;
use super::clock::{self, Stopwatch};
use super::view::View;
use crate::config::Service;
use crate::kafka::{Consumer, KafkaError};
use crate::model::EventTime;
use crate::sinks::AlertFormat;
use crate::sinks::webhook::{self, Feed, Heard, NotTaken, Said, Target};

/// How long one request to a broker may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often offsets are committed.
const COMMIT: Duration = Duration::from_secs(1);
/// Least time between two rounds of asking for partitions that nobody answered for.
const AGAIN: Duration = Duration::from_millis(500);
/// So many times as long as the last round took, what is read already has its turn before the next.
const SHARE: u32 = 3;

/// Reads the alerts topic for one target.
pub(super) struct Webhook {
    consumer: Consumer,
    member: Arc<Member>,
    feed: Arc<Feed>,
    view: Arc<View>,
    format: AlertFormat,
    /// What the worker was not ready for, in the order it was read.
    waiting: VecDeque<Said>,
    /// A partition does not hold what was to be read next: librdkafka does not say which, and has stopped reading it.
    astray: bool,
    /// Since when partitions were not asked for, and how long they are not.
    asked: (Stopwatch, Duration),
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
        let member = Arc::new(Member::new(Arc::clone(&feed), Arc::clone(&view), stop));
        let consumer = connection.member(&group, Box::new(Arc::clone(&member)), None, &[])?;
        let topic = &service.topics.alerts;
        consumer.subscribe(&[topic]).map_err(|error| KafkaError::Request {
            brokers: connection.brokers.clone(),
            what: format!("subscribe to {topic}"),
            why: error.to_string(),
        })?;
        let name = format!("webhook-{}", feed.name());
        let worker = std::thread::Builder::new().name(name).spawn(move || worker.run(clock::now))?;
        let (format, waiting, astray) = (service.topics.format, VecDeque::new(), false);
        let asked = (Stopwatch::start(), Duration::ZERO);
        Ok(Self { consumer, member, feed, view, format, waiting, astray, asked, worker })
    }

    /// Until it is told to stop.
    pub(super) fn run(mut self, stop: &AtomicBool) -> anyhow::Result<()> {
        let mut committed = Stopwatch::start();
        while !stop.load(Ordering::Relaxed) {
            anyhow::ensure!(!self.worker.is_finished(), "what sends to webhook {} has ended", self.feed.name());
            self.step();
            self.ask_again();
            if committed.has_passed(COMMIT)
                && let Ok(assigned) = self.consumer.assignment()
            {
                self.member.commit(&self.consumer, &assigned, CommitMode::Async);
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

    /// Where a partition is astray, all from their beginnings again; and those that nobody answered for.
    fn ask_again(&mut self) {
        let (since, pause) = self.asked;
        if !(self.astray || self.member.is_behind()) || since.elapsed() < pause {
            return;
        }
        let round = Stopwatch::start();
        let taken_up = self.consumer.assignment().and_then(|assigned| {
            if std::mem::take(&mut self.astray) {
                self.member.interrupt(&self.consumer, &assigned);
            }
            self.member.take_up(&self.consumer)
        });
        if let Err(error) = taken_up {
            tracing::warn!(webhook = &**self.feed.name(), %error, "cannot read alerts anew, trying again");
        }
        self.asked = (Stopwatch::start(), AGAIN.max(round.elapsed() * SHARE));
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
