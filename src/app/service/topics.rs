//! Our own topics as they must be.

use crate::app::service::Role;
use crate::config::Service;
use crate::kafka::{self, Cleanup, Connection, Consumer, KafkaError, Wanted};

const DAY_MS: i64 = 24 * 3_600 * 1_000;
/// How long facts are kept where nobody says: longer than any may be late, and than snapshots may fail.
const SPARE_DAYS: i64 = 30;

/// What a stalled predecessor says must not push out what its successor said before that has been read. Whoever reads
/// contributions wants the last of every key and no more, so that minutes are enough.
const CONTRIBUTIONS: Cleanup = Cleanup::Compact { lag_ms: 10 * 60 * 1_000, tombstones_ms: None };
/// A webhook tells what became of an alert, withdrawals too, after an outage of so long: docs/webhooks.md.
const ALERTS: Cleanup = Cleanup::Compact { lag_ms: 2 * DAY_MS, tombstones_ms: Some(2 * DAY_MS) };

/// Most bytes that librdkafka sends at once by itself.
const BATCH_BYTES: u64 = 1_000_000;

/// Sees that every topic of this role is there and as it must be. What producers may send at once, where that is less than
/// they would.
pub(super) async fn ensure(
    connection: &Connection,
    consumer: &Consumer,
    service: &Service,
    role: Role,
) -> Result<Option<u64>, KafkaError> {
    let topics = &service.topics;
    let shards = Some(service.engine.count.get());
    let wanted = |name: &str, partitions, cleanup| Wanted {
        name: name.to_owned(),
        partitions,
        cleanup,
        replication: topics.replication,
    };
    let mut all = vec![wanted(&topics.facts, shards, Cleanup::Delete { retention_ms: retention(service) })];
    if role.holds_shards() {
        all.push(wanted(&topics.contributions, shards, CONTRIBUTIONS));
        all.push(wanted(&topics.alerts, shards, ALERTS));
    }
    if role.reads_records()
        && let Some(rejects) = &topics.rejects
    {
        all.push(wanted(rejects, None, Cleanup::Any));
    }
    let found = kafka::ensure(connection, consumer, &all, topics.create).await?;
    for created in found.created {
        tracing::info!(topic = created, "created");
    }
    Ok(found.message_bytes.filter(|bytes| *bytes < BATCH_BYTES))
}

/// Milliseconds; -1 is for ever.
fn retention(service: &Service) -> i64 {
    let days = service.topics.retention_days.map(i64::from);
    let days = days.or(service.engine.lateness_hours.map(|hours| hours / 24 + SPARE_DAYS));
    days.map_or(-1, |days| days * DAY_MS)
}
