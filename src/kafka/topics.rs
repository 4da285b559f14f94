//! Topics as they must be: created where that is allowed, refused where they are otherwise.
//!
//! In: what is wanted. Out: nothing, or every topic that is missing or wrong, each with the command that mends it.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError as Cause;
use rdkafka::types::RDKafkaErrorCode;

use super::{Connection, Consumer, KafkaError, Trouble};

/// How a topic's old records go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// By age: milliseconds, negative for never.
    Delete {
        /// `retention.ms`.
        retention_ms: i64,
    },
    /// The last of every key stays.
    Compact {
        /// Milliseconds for which all others stay too: `min.compaction.lag.ms`.
        lag_ms: i64,
        /// Milliseconds for which a tombstone stays after that: `delete.retention.ms`; `None` is what the broker does.
        tombstones_ms: Option<i64>,
    },
    /// Whatever it is.
    Any,
}

impl Cleanup {
    fn policy(self) -> &'static str {
        match self {
            Self::Delete { .. } | Self::Any => "delete",
            Self::Compact { .. } => "compact",
        }
    }
}

/// A topic that must be there.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Exactly so many partitions; `None` takes any number.
    pub partitions: Option<u32>,
    /// How its old records go.
    pub cleanup: Cleanup,
    /// Copies, where it is created; `None` is what the broker does.
    pub replication: Option<u16>,
}

/// How long the broker is waited for in one request.
const PATIENCE: Duration = Duration::from_secs(15);

/// Whether any broker answers, within so many seconds; the cluster's own id.
pub fn reach_brokers(connection: &Connection, consumer: &Consumer, seconds: u64) -> Result<String, KafkaError> {
    let patience = Duration::from_secs(seconds);
    match consumer.fetch_metadata(None, patience) {
        Ok(_) => Ok(consumer.client().fetch_cluster_id(patience).unwrap_or_default()),
        Err(error) => {
            // Errors of connections are events: they are told while it is polled. A poll ends with the first one.
            while consumer.poll(Duration::from_millis(50)).is_some() {}
            let (trouble, why) =
                consumer.context().trouble().unwrap_or_else(|| (Trouble::Unreachable, error.to_string()));
            let why = connection.blank(&why);
            Err(KafkaError::Unreachable { brokers: connection.brokers.clone(), seconds, trouble, why })
        }
    }
}

/// What was found out about topics that are as they must be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Topics that were missing.
    pub created: Vec<String>,
    /// `max.message.bytes` of the topic that takes least, where it is told.
    pub message_bytes: Option<u64>,
}

/// Sees that every topic is there and as it must be.
pub async fn ensure(
    connection: &Connection,
    consumer: &Consumer,
    wanted: &[Wanted],
    create: Creation,
) -> Result<Found, KafkaError> {
    let admin: AdminClient<DefaultClientContext> =
        connection.client().create().map_err(|error| connection.refused("admin client", &error))?;
    let mut problems = Vec::new();
    let mut all = Found::default();
    for topic in wanted {
        match look_up(connection, consumer, &topic.name)? {
            None if create == Creation::Allowed => match make(connection, &admin, topic).await {
                Ok(()) => {
                    all.created.push(topic.name.clone());
                    // What it was created with is what was wanted; what it takes is what the broker does.
                    let known = described(connection, &admin, &topic.name, None).await.unwrap_or_default();
                    all.message_bytes = least(all.message_bytes, known.message_bytes);
                }
                Err(error) => problems.push(format!("{error}; by hand: {}", command(connection, topic))),
            },
            None => problems.push(format!("topic {} does not exist: {}", topic.name, command(connection, topic))),
            Some(found) => {
                let known = described(connection, &admin, &topic.name, found.broker).await?;
                all.message_bytes = least(all.message_bytes, known.message_bytes);
                problems.extend(differs(connection, topic, found.partitions, &known));
            }
        }
    }
    if problems.is_empty() { Ok(all) } else { Err(KafkaError::Topics(problems)) }
}

fn least(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}

/// Whether topics may be created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Creation {
    /// They may.
    #[default]
    Allowed,
    /// They may not: that they are missing is an error.
    Refused,
}

/// A topic that is there.
struct There {
    partitions: usize,
    /// Who said so.
    broker: Option<i32>,
}

/// A topic as brokers know it; `None`: there is none of this name.
fn look_up(connection: &Connection, consumer: &Consumer, name: &str) -> Result<Option<There>, KafkaError> {
    let metadata = consumer
        .fetch_metadata(Some(name), PATIENCE)
        .map_err(|error| connection.failed(format!("look up topic {name}"), &error))?;
    let found = metadata.topics().iter().find(|topic| topic.name() == name);
    let count = found.filter(|topic| topic.error().is_none()).map(|topic| topic.partitions().len());
    let broker = Some(metadata.orig_broker_id()).filter(|id| *id >= 0);
    Ok(count.filter(|count| *count > 0).map(|partitions| There { partitions, broker }))
}

async fn make(
    connection: &Connection,
    admin: &AdminClient<DefaultClientContext>,
    topic: &Wanted,
) -> Result<(), KafkaError> {
    let count = i32::try_from(topic.partitions.unwrap_or(1)).unwrap_or(i32::MAX);
    let copies = TopicReplication::Fixed(topic.replication.map_or(-1, i32::from));
    let properties = properties(topic);
    let mut new = NewTopic::new(&topic.name, count, copies);
    for (property, value) in &properties {
        new = new.set(property, value);
    }
    let failed = |why: String| KafkaError::Request {
        brokers: connection.brokers.clone(),
        what: format!("create topic {}", topic.name),
        why,
    };
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(PATIENCE));
    let results = admin.create_topics([&new], &options).await.map_err(|error| failed(error.to_string()))?;
    for result in results {
        match result {
            // Another process was faster.
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => return Err(failed(code.to_string())),
        }
    }
    Ok(())
}

/// What a topic is created with besides its partitions.
fn properties(topic: &Wanted) -> Vec<(&'static str, String)> {
    let mut properties = vec![("cleanup.policy", topic.cleanup.policy().to_owned())];
    match topic.cleanup {
        Cleanup::Delete { retention_ms } => properties.push(("retention.ms", retention_ms.to_string())),
        Cleanup::Compact { lag_ms, tombstones_ms } => {
            properties.push(("min.compaction.lag.ms", lag_ms.to_string()));
            properties.extend(tombstones_ms.map(|ms| ("delete.retention.ms", ms.to_string())));
        }
        Cleanup::Any => {}
    }
    properties
}

fn command(connection: &Connection, topic: &Wanted) -> String {
    let properties = properties(topic).into_iter().map(|(property, value)| format!(" --config {property}={value}"));
    let copies = topic.replication.map(|copies| format!(" --replication-factor {copies}")).unwrap_or_default();
    let count = topic.partitions.unwrap_or(1);
    let (brokers, name) = (&connection.brokers, &topic.name);
    let properties: String = properties.collect();
    format!(
        "kafka-topics.sh --bootstrap-server {brokers} --create --topic {name} --partitions {count}{copies}{properties}"
    )
}

/// What a broker tells of a topic's configuration; it may tell nothing to who may not ask.
#[derive(Debug, Default)]
struct Described {
    cleanup: Option<String>,
    message_bytes: Option<u64>,
}

/// Any broker can tell; where none is named, the controller is asked.
async fn described(
    connection: &Connection,
    admin: &AdminClient<DefaultClientContext>,
    name: &str,
    broker: Option<i32>,
) -> Result<Described, KafkaError> {
    let resource = ResourceSpecifier::Topic(name);
    let options = AdminOptions::new().request_timeout(Some(PATIENCE)).broker_id(broker);
    let answer = match admin.describe_configs([&resource], &options).await {
        // Not every broker that speaks this protocol tells.
        Err(error @ Cause::AdminOp(RDKafkaErrorCode::UnsupportedFeature)) => {
            untold(name, &error.to_string());
            return Ok(Described::default());
        }
        answer => answer.map_err(|error| connection.failed(format!("describe topic {name}"), &error))?,
    };
    let mut known = Described::default();
    for config in answer {
        match config {
            Ok(config) => {
                let value = |property| config.get(property).and_then(|entry| entry.value.clone());
                known.cleanup = Some(value("cleanup.policy").unwrap_or_default());
                known.message_bytes = value("max.message.bytes").and_then(|value| value.parse().ok());
            }
            // As where we may not ask.
            Err(code) => untold(name, &code.to_string()),
        }
    }
    Ok(known)
}

/// It is gone on without: what nobody tells is no reason not to serve.
fn untold(topic: &str, why: &str) {
    tracing::warn!(topic, why, "the broker does not tell the topic's cleanup.policy: it was not checked");
}

/// In what a topic that exists differs from what it must be.
fn differs(connection: &Connection, topic: &Wanted, found: usize, known: &Described) -> Vec<String> {
    let name = &topic.name;
    let mut problems = Vec::new();
    if let Some(count) = topic.partitions.filter(|count| usize::try_from(*count) != Ok(found)) {
        let another = Wanted { name: format!("{name}-{count}"), ..topic.clone() };
        problems.push(format!(
            "topic {name} has {found} partitions and must have {count}, one for each shard: a log keeps its number of \
             shards. Either engine.shards is what the log has, or this is a new log, with other names in topics and a greater \
             engine.epoch: {}",
            command(connection, &another)
        ));
    }
    let policy = topic.cleanup.policy();
    if topic.cleanup != Cleanup::Any
        && let Some(found) = known.cleanup.as_ref().filter(|found| *found != policy)
    {
        problems.push(format!(
            "topic {name} has cleanup.policy={found} and must have {policy}: kafka-configs.sh --bootstrap-server {} --alter \
             --topic {name} --add-config cleanup.policy={policy}",
            connection.brokers,
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_makes_a_topic_says_all_that_it_is_made_with() {
        let connection = Connection { brokers: "kafka.example:9092".to_owned(), ..Connection::default() };
        let made = |cleanup, replication| {
            command(&connection, &Wanted { name: "t".to_owned(), partitions: Some(4), cleanup, replication })
        };
        let begin = "kafka-topics.sh --bootstrap-server kafka.example:9092 --create --topic t --partitions 4";
        assert_eq!(
            made(Cleanup::Compact { lag_ms: 5, tombstones_ms: Some(7) }, Some(3)),
            format!(
                "{begin} --replication-factor 3 --config cleanup.policy=compact --config min.compaction.lag.ms=5 \
                 --config delete.retention.ms=7"
            )
        );
        assert_eq!(
            made(Cleanup::Compact { lag_ms: 5, tombstones_ms: None }, None),
            format!("{begin} --config cleanup.policy=compact --config min.compaction.lag.ms=5")
        );
        assert_eq!(
            made(Cleanup::Delete { retention_ms: -1 }, None),
            format!("{begin} --config cleanup.policy=delete --config retention.ms=-1")
        );
    }
}
