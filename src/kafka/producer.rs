//! A producer whose deliveries are told by the number they were sent under.
//!
//! In: records, each with a number of the sender's. Out: the numbers that are durable, with their offsets, and those that
//! never will be. Idempotent, acknowledged by all replicas in sync, without an end of trying: what the broker cannot take
//! now waits, and the queue that fills up is the back-pressure.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError as Cause, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};

use super::{Connection, KafkaError};

/// What is sent. The partition is always stated: no default partitioner decides where anything goes.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The topic.
    pub topic: &'a str,
    /// Which partition; `None` leaves it to the client, for records whose order does not matter.
    pub partition: Option<i32>,
    /// The key, where the topic is compacted.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Headers.
    pub headers: &'a [(&'static str, &'a str)],
}

/// A record that is durable, or never will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// The sender's number.
    pub number: usize,
    /// Where it stands, or why it does not.
    pub offset: Result<u64, String>,
}

/// Whether a record was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It waits for its delivery.
    Sent,
    /// The queue is full: poll, and try again.
    Full,
}

#[derive(Default)]
struct Deliveries {
    told: Mutex<Vec<Delivered>>,
    /// Set once the client can send nothing any more, with what it said.
    fatal: OnceLock<String>,
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        super::context::log(level, facility, message);
    }

    fn error(&self, error: Cause, reason: &str) {
        if super::trouble::is_echo(&error) {
            return tracing::debug!(%error, "kafka: {reason}");
        }
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) {
            // What the broker has of this producer is not what it should have: nobody knows what was lost.
            let _ = self.fatal.set(reason.to_owned());
        }
        tracing::warn!(%error, "kafka: {}", super::trouble::explained(reason));
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, number: usize) {
        let offset = match result {
            Ok(message) => Ok(u64::try_from(message.offset()).unwrap_or_default()),
            Err((error, _)) => Err(error.to_string()),
        };
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push(Delivered { number, offset });
    }
}

/// Sends, on the thread that polls it.
pub struct Producer {
    inner: BaseProducer<Deliveries>,
    deliveries: Arc<Deliveries>,
    connection: Connection,
}

impl Connection {
    /// A producer. What is sent at once goes together; it waits two milliseconds for that.
    pub fn producer(&self) -> Result<Producer, KafkaError> {
        let mut config = self.client();
        config.set("enable.idempotence", "true").set("acks", "all").set("message.timeout.ms", "0");
        config.set("compression.type", "lz4").set("linger.ms", "2");
        // Bounds memory: sixteen mebibytes wait for the broker, then the sender does.
        config.set("queue.buffering.max.kbytes", "16384").set("queue.buffering.max.messages", "100000");
        // Larger records are for the broker to refuse, which knows its own limit.
        config.set("message.max.bytes", "16000000");
        if let Some(bytes) = self.batch_bytes {
            config.set("batch.size", bytes.to_string());
        }
        self.properties.apply(&mut config);
        let inner: BaseProducer<Deliveries> =
            config.create_with_context(Deliveries::default()).map_err(|error| self.refused("producer", &error))?;
        let deliveries = Arc::clone(inner.context());
        Ok(Producer { inner, deliveries, connection: self.clone() })
    }
}

impl Producer {
    /// Hands a record over; its delivery is told by [`Self::poll`] under `number`. Fails for what cannot be sent
    /// now: the topic is not there, or nobody may write. What is too large for any broker is a delivery that failed.
    pub fn send(&self, record: &Record<'_>, number: usize) -> Result<Sending, KafkaError> {
        let mut headers = OwnedHeaders::new_with_capacity(record.headers.len());
        for (key, value) in record.headers {
            headers = headers.insert(Header { key, value: Some(*value) });
        }
        let mut base: BaseRecord<'_, [u8], [u8], usize> =
            BaseRecord::with_opaque_to(record.topic, number).headers(headers);
        if let Some(partition) = record.partition {
            base = base.partition(partition);
        }
        if let Some(key) = record.key {
            base = base.key(key);
        }
        if let Some(value) = record.value {
            base = base.payload(value);
        }
        match self.inner.send(base) {
            Ok(()) => Ok(Sending::Sent),
            Err((Cause::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => Ok(Sending::Full),
            Err((error @ Cause::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge), _)) => {
                self.told().push(Delivered { number, offset: Err(error.to_string()) });
                Ok(Sending::Sent)
            }
            Err((error, _)) => Err(self.connection.failed(format!("send to {}", record.topic), &error)),
        }
    }

    /// Why nothing can be sent any more, however long it is tried; whoever starts anew can.
    pub fn is_able(&self) -> Result<(), KafkaError> {
        match self.deliveries.fatal.get() {
            None => Ok(()),
            Some(why) => Err(KafkaError::Client {
                brokers: self.connection.brokers.clone(),
                what: "producer",
                why: self.connection.blank(why),
            }),
        }
    }

    /// Deliveries since last asked; waits so long for the first.
    pub fn poll(&self, wait: Duration) -> Vec<Delivered> {
        // One call serves one event, which may be a line of log as well as a batch of deliveries.
        self.inner.poll(wait);
        let (mut known, mut nothing) = (self.told().len(), 0);
        while nothing < 3 && known < Self::AT_ONCE {
            self.inner.poll(Duration::ZERO);
            let now = self.told().len();
            nothing = if now == known { nothing + 1 } else { 0 };
            known = now;
        }
        std::mem::take(&mut *self.told())
    }

    /// Deliveries told at once, about.
    const AT_ONCE: usize = 10_000;

    fn told(&self) -> std::sync::MutexGuard<'_, Vec<Delivered>> {
        self.deliveries.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
