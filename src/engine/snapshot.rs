//! What must not be forgotten: the facts that count, and the running totals.
//!
//! In: shards. Out: a copy of them that other threads may write down while facts go on, and the copy again from what was
//! written. It refuses to hold anything that follows from the facts: opening folds them again, so a snapshot outlives every
//! change of rules, and of the engine. What was published is no part of it either: that is where it was published.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ledger::{Facts, Fate};
use crate::model::{EventTime, FactKind, Hour};

/// First bytes of what is written; the number is that of the layout.
const MAGIC: &str = "tidewaiter shard 1\n";

/// All shards at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) shards: Vec<Saved>,
    pub(super) fates: BTreeMap<(FactKind, Fate), u64>,
    pub(super) lateness: Option<i64>,
}

/// One shard at one moment.
#[derive(Clone, Debug)]
pub(super) struct Saved {
    pub(super) position: u64,
    pub(super) now: Option<EventTime>,
    pub(super) fates: BTreeMap<(FactKind, Fate), u64>,
    pub(super) ambiguous: u64,
    /// Of hours before this one something was forgotten; `None`: nothing ever was.
    pub(super) known_from: Option<Hour>,
    pub(super) facts: Facts,
}

/// Bytes that are no shard of this engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// They begin otherwise than a shard.
    #[error("not a shard as this version writes it: it begins otherwise")]
    Foreign,
    /// They begin like one and cannot be read.
    #[error("a shard that cannot be read: {0}")]
    Damaged(&'static str),
}

impl Snapshot {
    /// How many shards.
    pub fn len(&self) -> usize {
        self.shards.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.shards.is_empty()
    }

    /// One shard as bytes, in pieces: a line that says what it is, a line of running totals (JSON), the facts. Pieces are
    /// shared with the engine where they can be, so that this takes next to no memory.
    pub fn write(&self, shard: usize) -> Option<Vec<Arc<Vec<u8>>>> {
        let saved = self.shards.get(shard)?;
        let totals = serde_json::json!({
            "position": saved.position,
            "now": saved.now.map(EventTime::nanos),
            "fates": counts(&saved.fates),
            "ambiguous": saved.ambiguous,
            "known_from": saved.known_from.map(|hour| hour.0),
            "lateness": self.lateness,
            "engine_fates": counts(&self.fates),
        });
        let head = format!("{MAGIC}{totals}\n").into_bytes();
        Some(std::iter::once(Arc::new(head)).chain(saved.facts.write()).collect())
    }

    /// All shards again, each from its own bytes, in order.
    pub fn read<'a>(payloads: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Unreadable> {
        let mut snapshot = Self { shards: Vec::new(), fates: BTreeMap::new(), lateness: None };
        for payload in payloads {
            let rest = payload.strip_prefix(MAGIC.as_bytes()).ok_or(Unreadable::Foreign)?;
            let end =
                rest.iter().position(|byte| *byte == b'\n').ok_or(Unreadable::Damaged("it ends in its totals"))?;
            let (totals, facts) = rest.split_at(end);
            let totals = serde_json::from_slice(totals).map_err(|_| Unreadable::Damaged("its totals are no JSON"))?;
            let facts = facts.get(1..).and_then(Facts::read).ok_or(Unreadable::Damaged("its facts end early"))?;
            snapshot.add(&totals, facts).ok_or(Unreadable::Damaged("a total is missing"))?;
        }
        Ok(snapshot)
    }

    fn add(&mut self, totals: &serde_json::Value, facts: Facts) -> Option<()> {
        self.lateness = totals.get("lateness")?.as_i64();
        self.fates = fates(totals.get("engine_fates")?)?;
        self.shards.push(Saved {
            position: totals.get("position")?.as_u64()?,
            now: totals.get("now")?.as_i64().map(EventTime::from_nanos),
            fates: fates(totals.get("fates")?)?,
            ambiguous: totals.get("ambiguous")?.as_u64()?,
            known_from: totals.get("known_from")?.as_i64().map(Hour),
            facts,
        });
        Some(())
    }
}

fn counts(fates: &BTreeMap<(FactKind, Fate), u64>) -> Vec<(&'static str, &'static str, u64)> {
    fates.iter().map(|((kind, fate), count)| (kind.as_str(), fate.as_str(), *count)).collect()
}

fn fates(counts: &serde_json::Value) -> Option<BTreeMap<(FactKind, Fate), u64>> {
    let one = |entry: &serde_json::Value| {
        let kind = FactKind::parse(entry.get(0)?.as_str()?)?;
        let fate =
            Fate::ALL.iter().copied().find(|fate| Some(fate.as_str()) == entry.get(1).and_then(|f| f.as_str()))?;
        Some(((kind, fate), entry.get(2)?.as_u64()?))
    };
    counts.as_array()?.iter().map(one).collect()
}
