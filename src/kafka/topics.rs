//! Topics as they must be: created where that is allowed, refused where they are otherwise.
//!
//! In: what is wanted. Out: nothing, or every topic that is missing or wrong, each with the command that mends it.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError as Cause;
use rdkafka::types::RDKafkaErrorCode;

use super::{Connection, Consumer, KafkaError};

/// How a topic's old records go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// By age: milliseconds, negative for never.
    Delete {
        /// `retention.ms`.
        retention_ms: i64,
    },
    /// The last of every key stays.
    Compact,
    /// Whatever it is.
    Any,
}

impl Cleanup {
    fn policy(self) -> &'static str {
        match self {
            Self::Delete { .. } | Self::Any => "delete",
            Self::Compact => "compact",
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
    // Errors of connections are events: they are told while it is polled.
    let _ = consumer.poll(Duration::from_millis(50));
    match consumer.fetch_metadata(None, patience) {
        Ok(_) => Ok(consumer.client().fetch_cluster_id(patience).unwrap_or_default()),
        Err(error) => {
            let why = connection.blank(&error.to_string());
            Err(KafkaError::Unreachable { brokers: connection.brokers.clone(), seconds, why })
        }
    }
}

/// Sees that every topic is there and as it must be.
pub async fn ensure(
    connection: &Connection,
    consumer: &Consumer,
    wanted: &[Wanted],
    create: Creation,
) -> Result<Vec<String>, KafkaError> {
    let admin: AdminClient<DefaultClientContext> =
        connection.client().create().map_err(|error| connection.refused("admin client", &error))?;
    let mut problems = Vec::new();
    let mut created = Vec::new();
    for topic in wanted {
        match look_up(connection, consumer, &topic.name)? {
            None if create == Creation::Allowed => match make(connection, &admin, topic).await {
                Ok(()) => created.push(topic.name.clone()),
                Err(error) => problems.push(format!("{error}; by hand: {}", command(connection, topic))),
            },
            None => problems.push(format!("topic {} does not exist: {}", topic.name, command(connection, topic))),
            Some(found) => problems.extend(differs(connection, &admin, topic, &found).await?),
        }
    }
    if problems.is_empty() { Ok(created) } else { Err(KafkaError::Topics(problems)) }
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
struct Found {
    partitions: usize,
    /// Who said so.
    broker: Option<i32>,
}

/// A topic as brokers know it; `None`: there is none of this name.
fn look_up(connection: &Connection, consumer: &Consumer, name: &str) -> Result<Option<Found>, KafkaError> {
    let metadata = consumer
        .fetch_metadata(Some(name), PATIENCE)
        .map_err(|error| connection.failed(format!("look up topic {name}"), &error))?;
    let found = metadata.topics().iter().find(|topic| topic.name() == name);
    let count = found.filter(|topic| topic.error().is_none()).map(|topic| topic.partitions().len());
    let broker = Some(metadata.orig_broker_id()).filter(|id| *id >= 0);
    Ok(count.filter(|count| *count > 0).map(|partitions| Found { partitions, broker }))
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
        // What a stalled predecessor says must not push out what its successor said before that has been read.
        Cleanup::Compact => properties.push(("min.compaction.lag.ms", "600000".to_owned())),
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

/// In what a topic that exists differs from what it must be.
async fn differs(
    connection: &Connection,
    admin: &AdminClient<DefaultClientContext>,
    topic: &Wanted,
    found: &Found,
) -> Result<Vec<String>, KafkaError> {
    let name = &topic.name;
    let mut problems = Vec::new();
    if let Some(count) = topic.partitions.filter(|count| usize::try_from(*count) != Ok(found.partitions)) {
        problems.push(format!(
            "topic {name} has {} partitions and must have {count}, one for each shard: a log keeps its number of \
             shards; another number is a new log, under another name and with a greater epoch",
            found.partitions
        ));
    }
    if topic.cleanup == Cleanup::Any {
        return Ok(problems);
    }
    let resource = ResourceSpecifier::Topic(name);
    // Any broker can tell; otherwise the controller would be waited for.
    let options = AdminOptions::new().request_timeout(Some(PATIENCE)).broker_id(found.broker);
    let described = match admin.describe_configs([&resource], &options).await {
        // Not every broker that speaks this protocol tells.
        Err(error @ Cause::AdminOp(RDKafkaErrorCode::UnsupportedFeature)) => {
            untold(name, &error.to_string());
            return Ok(problems);
        }
        described => described.map_err(|error| connection.failed(format!("describe topic {name}"), &error))?,
    };
    for config in described {
        let config = match config {
            Ok(config) => config,
            // As where we may not ask.
            Err(code) => {
                untold(name, &code.to_string());
                continue;
            }
        };
        let policy = config.get("cleanup.policy").and_then(|entry| entry.value.clone()).unwrap_or_default();
        if policy != topic.cleanup.policy() {
            problems.push(format!(
                "topic {name} has cleanup.policy={policy} and must have {}: kafka-configs.sh --bootstrap-server {} --alter \
                 --topic {name} --add-config cleanup.policy={}",
                topic.cleanup.policy(),
                connection.brokers,
                topic.cleanup.policy()
            ));
        }
    }
    Ok(problems)
}

/// It is gone on without: what nobody tells is no reason not to serve.
fn untold(topic: &str, why: &str) {
    tracing::warn!(topic, why, "the broker does not tell the topic's cleanup.policy: it was not checked");
}
