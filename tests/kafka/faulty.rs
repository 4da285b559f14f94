//! A cluster that fails on demand: librdkafka's mock. In: which requests fail and how; out: an address. It keeps 5 MB a
//! partition, compacts nothing and only pretends transactions, so what must last belongs to a real broker.

use std::time::Duration;

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use crate::client::Client;

pub struct Faulty(MockCluster<'static, DefaultProducerContext>);

/// Every broker of the cluster, where a number would name one.
const ALL: i32 = -1;

impl Faulty {
    pub fn start(brokers: i32) -> Self {
        Self(MockCluster::new(brokers).unwrap())
    }

    pub fn bootstrap(&self) -> String {
        self.0.bootstrap_servers()
    }

    pub fn client(&self) -> Client {
        Client::to(&self.bootstrap())
    }

    /// The mock does not know the request by which real topics are made.
    pub fn create_topic(&self, name: &str, partitions: i32) {
        self.0.create_topic(name, partitions, 1).unwrap();
    }

    /// The next requests of this kind fail, one with each of these errors. `RD_KAFKA_RESP_ERR__TRANSPORT` hangs up.
    pub fn fail_next(&self, request: RDKafkaApiKey, errors: &[RDKafkaRespErr]) {
        self.0.request_errors(request, errors);
    }

    /// Takes back failures that were not used up.
    pub fn forgive(&self, request: RDKafkaApiKey) {
        self.0.clear_request_errors(request);
    }

    /// Every answer takes this long.
    pub fn slow(&self, delay: Duration) {
        self.0.broker_round_trip_time(ALL, delay).unwrap();
    }

    /// Hangs up on everybody and answers nobody, until `up`.
    pub fn down(&self) {
        self.0.broker_down(ALL).unwrap();
    }

    pub fn up(&self) {
        self.0.broker_up(ALL).unwrap();
    }

    /// Moves a partition to another broker, or, with `None`, leaves it without.
    pub fn lead(&self, topic: &str, partition: i32, broker: Option<i32>) {
        self.0.partition_leader(topic, partition, broker).unwrap();
    }
}
