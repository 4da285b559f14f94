//! Consumers: one that joins a group, and one that reads what it is told to.
//!
//! In: a connection. Out: consumers that commit and store nothing by themselves, that tell of partitions given and taken
//! away, and of how far they lag behind. What became of a commit is not told: librdkafka has nobody to tell it to where, as
//! here, events are asked for; whoever must know asks the broker what it has.

use std::sync::{Arc, Mutex, PoisonError};

use dashmap::DashMap;
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::KafkaError as Cause;
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;

use super::trouble::{self, Trouble};
use super::{Connection, KafkaError};

/// A consumer of ours.
pub type Consumer = BaseConsumer<Told>;

/// Hears of partitions that a group gives or takes away. Called on the thread that polls, within `poll`.
pub trait Group: Send + Sync {
    /// These are ours once this returns: where to begin is to be set in the list.
    fn given(&self, consumer: &Consumer, partitions: &mut TopicPartitionList);
    /// These are ours, and nothing of them was fetched yet.
    fn begun(&self, consumer: &Consumer, partitions: &TopicPartitionList);
    /// These are not ours any more when this returns: what is unfinished is to be finished, soon.
    fn taken(&self, consumer: &Consumer, partitions: &TopicPartitionList);
}

/// Belongs to no group.
pub struct Plain;

impl Group for Plain {
    fn given(&self, _: &Consumer, _: &mut TopicPartitionList) {}
    fn begun(&self, _: &Consumer, _: &TopicPartitionList) {}
    fn taken(&self, _: &Consumer, _: &TopicPartitionList) {}
}

/// Records that lie ahead, by topic and partition.
pub type Lags = Arc<DashMap<(String, i32), i64>>;

/// What librdkafka tells us, handed on.
pub struct Told {
    group: Box<dyn Group>,
    lags: Option<Lags>,
    trouble: Mutex<Option<(Trouble, String)>>,
}

impl Told {
    fn new(group: Box<dyn Group>, lags: Option<Lags>) -> Self {
        Self { group, lags, trouble: Mutex::default() }
    }

    /// The last trouble with a connection since asked before, in words.
    pub(super) fn trouble(&self) -> Option<(Trouble, String)> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ClientContext for Told {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn stats(&self, statistics: Statistics) {
        let Some(lags) = &self.lags else { return };
        for (name, topic) in statistics.topics {
            for (partition, state) in topic.partitions.into_iter().filter(|(_, state)| state.consumer_lag >= 0) {
                lags.insert((name.clone(), partition), state.consumer_lag);
            }
        }
    }

    fn error(&self, error: Cause, reason: &str) {
        if trouble::is_echo(&error) {
            return tracing::debug!(%error, "kafka: {reason}");
        }
        tracing::warn!(%error, "kafka: {}", trouble::explained(reason));
        let mut known = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let trouble = Trouble::of(reason);
        // Who is turned down is also hung up on: the first says why.
        if known.as_ref().is_none_or(|(known, _)| trouble >= *known) {
            *known = Some((trouble, trouble::explained(reason)));
        }
    }
}

/// A line of librdkafka's own log. What brokers refuse is worth a line; what it does all day is not.
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
            tracing::warn!(facility, message, "librdkafka");
        }
        RDKafkaLogLevel::Warning => tracing::info!(facility, message, "librdkafka"),
        _ => tracing::debug!(facility, message, "librdkafka"),
    }
}

impl ConsumerContext for Told {
    /// Always the cooperative way: that is what our groups are set to.
    fn rebalance(&self, consumer: &Consumer, what: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let done = match what {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                self.group.given(consumer, partitions);
                let done = consumer.incremental_assign(partitions);
                self.group.begun(consumer, partitions);
                done
            }
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => {
                self.group.taken(consumer, partitions);
                consumer.incremental_unassign(partitions)
            }
            other => return tracing::warn!(?other, "the group could not be balanced"),
        };
        if let Err(error) = done {
            tracing::warn!(%error, "the group's partitions could not be taken over");
        }
    }
}

impl Connection {
    /// A consumer that joins a group; topics of `never` no pattern names. The classic protocol: `group.protocol=consumer`
    /// stalls with this librdkafka.
    pub fn member(
        &self,
        group: &str,
        told: Box<dyn Group>,
        lags: Option<Lags>,
        never: &[&str],
    ) -> Result<Consumer, KafkaError> {
        let mut config = self.consumer(group);
        if !never.is_empty() {
            let exactly = |name: &&str| format!("^{}$", name.replace('.', "\\."));
            config.set("topic.blacklist", never.iter().map(exactly).collect::<Vec<_>>().join(","));
        }
        config.set("partition.assignment.strategy", "cooperative-sticky");
        // A process that died is noticed within ten seconds. One that lives polls all the time.
        config.set("session.timeout.ms", "10000").set("heartbeat.interval.ms", "2000");
        // What the source no longer holds is told, not passed over: see the intake.
        config.set("auto.offset.reset", "error");
        // New topics that a pattern names are found within half a minute.
        config.set("topic.metadata.refresh.interval.ms", "30000");
        if lags.is_some() {
            config.set("statistics.interval.ms", "2000");
        }
        self.make(config, Told::new(told, lags))
    }

    /// A consumer that reads the partitions it is told to.
    pub fn reader(&self) -> Result<Consumer, KafkaError> {
        let mut config = self.consumer("tidewaiter-reader");
        // What is not held any more is told, not passed over: whoever reads decides what that means.
        config.set("auto.offset.reset", "error");
        self.make(config, Told::new(Box::new(Plain), None))
    }

    fn consumer(&self, group: &str) -> rdkafka::ClientConfig {
        let mut config = self.client();
        config.set("group.id", group).set("enable.auto.commit", "false").set("enable.auto.offset.store", "false");
        // Bounds memory, loosely; by default it is 64 MiB, and a pause of a second where it is reached. What is little is
        // still in the processor's cache when it is looked at: with more, all threads slow down.
        config.set("queued.max.messages.kbytes", "16384").set("fetch.queue.backoff.ms", "1");
        config.set("fetch.max.bytes", "4000000");
        config.set("fetch.wait.max.ms", "50").set("allow.auto.create.topics", "false");
        config
    }

    fn make(&self, mut config: rdkafka::ClientConfig, told: Told) -> Result<Consumer, KafkaError> {
        self.properties.apply(&mut config);
        config.create_with_context(told).map_err(|error| self.refused("consumer", &error))
    }
}
