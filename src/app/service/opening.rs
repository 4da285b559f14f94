//! Taking a shard over: its newest snapshot, and where its partitions begin and end.
//!
//! In: a shard. Out: the shard as it was saved, or why it cannot be: now, because somebody does not answer, or ever,
//! because going on would be wrong. It refuses to start over a gap.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, anyhow};
use rdkafka::consumer::Consumer as _;

use super::held::{Held, Topic};
use super::worker::{Shared, partition};
use crate::engine::{Member, Seat, Snapshot};
use crate::kafka::Consumer;
use crate::store::{Start, reach};

/// A shard that was taken over, and where to read on.
pub(super) struct Opening {
    pub(super) held: Held,
    pub(super) next: BTreeMap<Topic, u64>,
    /// Ends of the partitions when it was taken over.
    pub(super) ends: BTreeMap<Topic, u64>,
}

/// Why not.
pub(super) enum Refused {
    /// Somebody does not answer: it is worth trying again.
    Now(anyhow::Error),
    /// What is there cannot be gone on from.
    Ever(anyhow::Error),
}

/// How long one request to a broker may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Opens a shard.
pub(super) fn open(shared: &Shared, consumer: &Consumer, shard: u32) -> Result<Opening, Refused> {
    let (mut next, mut ends) = (BTreeMap::new(), BTreeMap::new());
    for topic in Topic::ALL {
        let name = shared.topic(topic);
        let marks = consumer.fetch_watermarks(name, partition(shard), PATIENCE);
        let (low, high) =
            marks.with_context(|| format!("cannot ask where {name}/{shard} begins")).map_err(Refused::Now)?;
        next.insert(topic, u64::try_from(low).unwrap_or_default());
        ends.insert(topic, u64::try_from(high).unwrap_or_default());
    }
    let (low, high) = (of(&next, Topic::Facts), of(&ends, Topic::Facts));
    let found = shared.saving.newest(shard).map_err(Refused::Now)?;
    for passed in &found.passed_over {
        tracing::warn!(shard, snapshot = &*passed.name, why = %passed.why, "a snapshot cannot be used");
        shared.view.counts.add("snapshots", "damaged");
    }
    let loaded = found.loaded;
    let start =
        reach(loaded.as_ref().map(|loaded| &loaded.header), low).map_err(|error| Refused::Ever(error.into()))?;
    let from = match start {
        Start::Beginning => low,
        Start::At(offset) => offset,
    };
    if from > high {
        let name = shared.topic(Topic::Facts);
        return Err(Refused::Ever(anyhow!(
            "the log {name}/{shard} ends at {high} and the snapshot is of offset {}: the log was made anew under the same \
             name; give it a name of its own and a greater epoch",
            from - 1
        )));
    }
    next.insert(Topic::Facts, from);
    let engine = &shared.service.engine;
    let seat = Seat { shard, of: engine.count, epoch: engine.epoch };
    let member = match loaded {
        Some(loaded) => {
            let snapshot = Snapshot::read([loaded.payload.as_slice()])
                .with_context(|| format!("snapshot {}", loaded.name))
                .map_err(Refused::Ever)?;
            // Others may hold on to the rules before it, and whoever loads those again can open it.
            Member::restore(shared.book(), seat, snapshot).map_err(|error| Refused::Now(error.into()))?
        }
        None => Member::empty(shared.book(), seat, engine.lateness_hours),
    };
    tracing::info!(shard, from, end = high, "opened");
    Ok(Opening { held: Held::new(member, shard, shared.service.topics.format), next, ends })
}

fn of(marks: &BTreeMap<Topic, u64>, topic: Topic) -> u64 {
    marks.get(&topic).copied().unwrap_or_default()
}
