//! A client for tests: topics, offsets and what a broker says of itself. In: an address; out: plain values, or a panic
//! with what Kafka said; knows nothing of what tidewaiter writes. Producing and reading are in `produce` and `drain`.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};

use crate::wait::{PATIENCE, eventually};

/// One number for each partition.
pub type Offsets = BTreeMap<i32, i64>;

/// What a group committed for a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    pub offset: i64,
    pub metadata: String,
}

/// Settings; every call connects anew, so a client outlives any broker.
#[derive(Clone)]
pub struct Client(pub ClientConfig);

impl Client {
    pub fn to(bootstrap: &str) -> Self {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", bootstrap);
        // Brokers of tests come back within a second or two.
        config.set("reconnect.backoff.ms", "20").set("reconnect.backoff.max.ms", "200");
        Self(config)
    }

    /// With another setting of librdkafka.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.0.set(name, value);
        self
    }

    /// How many brokers answer; `None` where none does in time.
    pub fn brokers(&self, timeout: Duration) -> Option<usize> {
        let metadata = self.consumer().fetch_metadata(None, timeout).ok()?;
        Some(metadata.brokers().len())
    }

    /// Why the broker turns this client down, or this client the broker: waits for the first reason that is none of
    /// a broker that does not listen.
    pub fn refusal(&self) -> String {
        let consumer: BaseConsumer<Reasons> = self.0.create_with_context(Reasons::default()).unwrap();
        eventually(PATIENCE, "a refusal", || {
            let answer = consumer.fetch_metadata(None, Duration::from_millis(50));
            assert!(answer.is_err(), "{:?} was let in", self.0);
            // For a while, not once: a poll that does not wait serves one event, and lines of log are events too.
            drop(consumer.poll(Duration::from_millis(50)));
            consumer.context().0.lock().unwrap().first().cloned()
        })
    }

    /// Makes a topic; once this returns, every partition of it has a leader.
    pub fn create_topic(&self, name: &str, partitions: i32, config: &[(&str, &str)]) {
        self.try_create_topic(name, partitions, config).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }

    /// The same where there may be one of this name still.
    pub fn try_create_topic(
        &self,
        name: &str,
        partitions: i32,
        config: &[(&str, &str)],
    ) -> Result<(), RDKafkaErrorCode> {
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        topic.config.extend_from_slice(config);
        let results = self.admin(|admin, options| block_on(admin.create_topics([&topic], options)));
        results.unwrap().remove(0).map_err(|(_, code)| code)?;
        let count = usize::try_from(partitions).unwrap();
        eventually(PATIENCE, "leaders of a new topic", || (self.led(name) == count).then_some(()));
        Ok(())
    }

    /// A compacted topic whose older records are compacted away within about a second, each time that something more
    /// is produced: the segment that is being written to is never compacted.
    pub fn create_compacted_topic(&self, name: &str, partitions: i32) {
        let eager = [("segment.ms", "100"), ("min.cleanable.dirty.ratio", "0.001"), ("max.compaction.lag.ms", "100")];
        self.create_topic(name, partitions, &[&[("cleanup.policy", "compact")], &eager[..]].concat());
    }

    /// Sets a property of a topic; what else was set of it is forgotten.
    pub fn set_topic(&self, name: &str, property: &str, value: &str) {
        let config = AlterConfig::new(ResourceSpecifier::Topic(name)).set(property, value);
        let results = self.admin(|admin, options| block_on(admin.alter_configs([&config], options)));
        results.unwrap().remove(0).unwrap_or_else(|error| panic!("{error:?}"));
    }

    pub fn delete_topic(&self, name: &str) {
        let results = self.admin(|admin, options| block_on(admin.delete_topics(&[name], options)));
        results.unwrap().remove(0).unwrap_or_else(|error| panic!("{error:?}"));
    }

    /// Deletes what lies before these offsets.
    pub fn delete_records(&self, topic: &str, before: &Offsets) {
        let mut list = TopicPartitionList::new();
        for (&partition, &offset) in before {
            list.add_partition_offset(topic, partition, Offset::Offset(offset)).unwrap();
        }
        let done = self.admin(|admin, options| block_on(admin.delete_records(&list, options))).unwrap();
        done.elements().iter().for_each(|element| element.error().unwrap());
    }

    /// Each partition's first offset that is still held.
    pub fn starts(&self, topic: &str) -> Offsets {
        self.watermarks(topic, |(start, _)| start)
    }

    /// Each partition's next offset; after transactions the last record may lie further back than one.
    pub fn ends(&self, topic: &str) -> Offsets {
        self.watermarks(topic, |(_, end)| end)
    }

    /// What a group committed; partitions without a commit are left out.
    pub fn committed(&self, group: &str, topic: &str) -> BTreeMap<i32, Committed> {
        let consumer = self.clone().set("group.id", group).consumer();
        let mut asked = TopicPartitionList::new();
        for partition in partitions(&consumer, topic) {
            asked.add_partition(topic, partition);
        }
        // Right after a broker starts nobody coordinates the group yet.
        let answer = eventually(PATIENCE, "a coordinator", || consumer.committed_offsets(asked.clone(), PATIENCE).ok());
        let committed = answer.elements().into_iter().filter_map(|element| {
            let Offset::Offset(offset) = element.offset() else { return None };
            Some((element.partition(), Committed { offset, metadata: element.metadata().to_owned() }))
        });
        committed.collect()
    }

    /// Commits for a group without members.
    pub fn commit(&self, group: &str, topic: &str, committed: &BTreeMap<i32, Committed>) {
        let mut list = TopicPartitionList::new();
        for (&partition, Committed { offset, metadata }) in committed {
            let mut element = list.add_partition(topic, partition);
            element.set_offset(Offset::Offset(*offset)).unwrap();
            element.set_metadata(metadata);
        }
        let consumer = self.clone().set("group.id", group).consumer();
        consumer.commit(&list, CommitMode::Sync).unwrap();
    }

    pub fn consumer(&self) -> BaseConsumer {
        self.0.create().unwrap()
    }

    fn admin<T>(&self, ask: impl FnOnce(&AdminClient<DefaultClientContext>, &AdminOptions) -> T) -> T {
        let options = AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE));
        ask(&self.0.create().unwrap(), &options)
    }

    /// How many partitions of a topic have a leader.
    fn led(&self, topic: &str) -> usize {
        let Ok(metadata) = self.consumer().fetch_metadata(Some(topic), PATIENCE) else { return 0 };
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        partitions.filter(|partition| partition.leader() >= 0 && partition.error().is_none()).count()
    }

    fn watermarks(&self, topic: &str, which: fn((i64, i64)) -> i64) -> Offsets {
        let consumer = self.consumer();
        let ask = |partition| (partition, which(consumer.fetch_watermarks(topic, partition, PATIENCE).unwrap()));
        partitions(&consumer, topic).into_iter().map(ask).collect()
    }
}

/// Panics where there is no such topic.
pub fn partitions(consumer: &BaseConsumer, topic: &str) -> Vec<i32> {
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).unwrap();
    let topic = &metadata.topics()[0];
    assert!(topic.error().is_none(), "{}: {:?}", topic.name(), topic.error());
    topic.partitions().iter().map(|partition| partition.id()).collect()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Keeps what went wrong with connections, in words.
#[derive(Default)]
struct Reasons(Mutex<Vec<String>>);

impl ClientContext for Reasons {
    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code().map(|code| format!("{code:?}")).unwrap_or_default();
        if !matches!(code.as_str(), "BrokerTransportFailure" | "AllBrokersDown") {
            self.0.lock().unwrap().push(format!("{code}: {reason}"));
        }
    }
}

impl ConsumerContext for Reasons {}
