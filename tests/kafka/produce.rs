//! Producing. In: a topic and records; out: where each of them came to lie, once all are acknowledged; knows nothing
//! of what they mean.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};

use crate::client::Client;
use crate::message::Record;
use crate::wait::PATIENCE;

/// Partition and offset, once acknowledged.
pub type Delivered = Result<(i32, i64), KafkaError>;

impl Client {
    /// Produces all, in this order, and waits for every delivery: (partition, offset) of each record.
    pub fn produce(&self, topic: &str, records: &[Record]) -> Vec<(i32, i64)> {
        self.try_produce(topic, records).into_iter().map(Result::unwrap).collect()
    }

    /// The same where deliveries may fail; `message.timeout.ms` says after how long.
    pub fn try_produce(&self, topic: &str, records: &[Record]) -> Vec<Delivered> {
        let mut config = self.0.clone();
        // Stated: librdkafka's own default is another one than Java's.
        config.set("partitioner", "murmur2_random");
        if config.get("linger.ms").is_none() {
            config.set("linger.ms", "1");
        }
        let producer: BaseProducer<Deliveries> = config.create_with_context(Deliveries::default()).unwrap();
        for (number, record) in records.iter().enumerate() {
            send(&producer, topic, number, record);
        }
        producer.flush(PATIENCE).unwrap();
        let delivered = std::mem::take(&mut *producer.context().0.lock().unwrap());
        assert_eq!(delivered.len(), records.len(), "deliveries");
        delivered.into_values().collect()
    }
}

fn send(producer: &BaseProducer<Deliveries>, topic: &str, number: usize, record: &Record) {
    let mut message = BaseRecord::<[u8], [u8], usize>::with_opaque_to(topic, number);
    message = message.headers(record.rdkafka_headers());
    message.key = record.key.as_deref();
    message.payload = record.payload.as_deref();
    message.partition = record.partition;
    message.timestamp = record.timestamp;
    while let Err((error, back)) = producer.send(message) {
        assert_eq!(error, KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull));
        producer.poll(std::time::Duration::from_millis(10));
        message = back;
    }
    // Deliveries are counted on the way, so that they never fill the queue.
    producer.poll(std::time::Duration::ZERO);
}

/// What became of each record, by its number.
#[derive(Default)]
struct Deliveries(Mutex<BTreeMap<usize, Delivered>>);

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, number: usize) {
        let result = match result {
            Ok(message) => Ok((message.partition(), message.offset())),
            Err((error, _)) => Err(error.clone()),
        };
        self.0.lock().unwrap().insert(number, result);
    }
}
