//! Replay: recorded files into the engine, one tick at the end.
//!
//! In: a configuration and paths. Out: the engine after the last fact, with a tally for every source. The tick is
//! `until`, or else the greatest event time read; ticks among the records count as event times only (D2).

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::reading::{self, Heard};
use super::tally::{SourceTally, Tally};
use super::threads::Threads;
use crate::config::Config;
use crate::decode::{Item, Outcome};
use crate::engine::{Change, Engine, Refusal, Rulebook};
use crate::model::{EventTime, Fact, Position, Text};
use crate::sinks::Reject;
use crate::sources::{self, Skipped, SourceError};

/// What to replay.
#[derive(Clone, Debug)]
pub struct Replay {
    /// Who stands behind accounts: read before the paths.
    pub reference: Vec<PathBuf>,
    /// Files, folders and patterns, read in this order.
    pub paths: Vec<PathBuf>,
    /// Evaluated as of; `None` is the greatest event time.
    pub until: Option<EventTime>,
    /// Virtual shards: any number gives the same alerts (P1).
    pub shards: NonZeroU32,
    /// Files, or parts of large ones, read at the same time, and accounts asked: any number gives the same.
    pub workers: NonZeroUsize,
}

/// After a replay.
pub struct Replayed {
    /// With every fact in, and the alert table published.
    pub engine: Engine,
    /// Files read.
    pub sources: Vec<SourceTally>,
    /// Files left, with why.
    pub skipped: Vec<Skipped>,
    /// Paths that could not be read.
    pub unreadable: Vec<SourceError>,
}

/// Who hears how far a replay is, and of rejects.
pub trait Progress {
    /// So many bytes lie ahead.
    fn plan(&mut self, bytes: u64);
    /// A source begins.
    fn source(&mut self, path: &str);
    /// So many bytes of all were read.
    fn read(&mut self, bytes: u64);
    /// A record was rejected.
    fn rejected(&mut self, reject: Reject);
}

impl Replay {
    /// Reads everything, ticks once, publishes.
    pub fn run(&self, config: Config, progress: &mut dyn Progress) -> Replayed {
        let mut fold = Fold::new(config.rulebook, self.shards, self.workers);
        let paths: Vec<PathBuf> = self.reference.iter().chain(&self.paths).cloned().collect();
        let listing = sources::list(&paths);
        progress.plan(listing.entries.iter().map(sources::Entry::size).sum());
        (fold.skipped, fold.unreadable) = (listing.skipped, listing.errors);
        reading::each(&listing.entries, &config.decode, self.workers, &mut |entry, heard| {
            fold.hear(entry, heard, progress);
        });
        fold.publish(self.until);
        fold.replayed()
    }
}

/// What is heard, folded into an engine and kept account of.
pub(super) struct Fold {
    engine: Engine,
    latest: Option<EventTime>,
    pub(super) tallies: Vec<SourceTally>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) unreadable: Vec<SourceError>,
}

impl Fold {
    pub(super) fn new(rulebook: Rulebook, shards: NonZeroU32, workers: NonZeroUsize) -> Self {
        let engine = Engine::sharded(rulebook, shards).with(Arc::new(Threads(workers)));
        Self { engine, latest: None, tallies: Vec::new(), skipped: Vec::new(), unreadable: Vec::new() }
    }

    pub(super) fn hear(&mut self, entry: &sources::Entry, heard: Heard, progress: &mut (impl Progress + ?Sized)) {
        match heard {
            Heard::Begun(source) => progress.source(&source),
            Heard::Item(item) => self.item(item, progress),
            Heard::Ended(tally) => self.tallies.push(tally),
            Heard::Skipped(left) => self.skipped.push(left),
            Heard::Unreadable(error) => self.unreadable.push(error),
            Heard::Done => progress.read(entry.size()),
        }
    }

    pub(super) fn item(&mut self, item: Item, progress: &mut (impl Progress + ?Sized)) {
        match item.outcome {
            Outcome::Relevant(facts) => {
                let mut refused = |refusal| progress.rejected(refused(&item.position, item.size, refusal));
                fold(&mut self.engine, &item.position, facts, &mut self.latest, &mut refused);
            }
            Outcome::Irrelevant | Outcome::Repeated => {}
            Outcome::Rejected(reason) => progress.rejected(Reject {
                reason: reason.code.to_string(),
                detail: reason.detail,
                position: item.position,
                size: item.size,
            }),
        }
    }

    /// Ticks to `until`, or else to the greatest event time so far, and says what is different from what was published.
    pub(super) fn publish(&mut self, until: Option<EventTime>) -> Vec<Change> {
        if let Some(now) = until.or(self.latest) {
            self.engine.apply(&Position { source: Text::new_static("replay"), at: 0 }, Fact::Tick(now));
        }
        self.engine.publish()
    }

    pub(super) fn replayed(self) -> Replayed {
        let Self { engine, tallies, skipped, unreadable, .. } = self;
        Replayed { engine, sources: tallies, skipped, unreadable }
    }
}

/// Facts of one record into the engine; `latest` becomes the greatest time any of them reaches. A billed line reaches the
/// end of its period; ticks among the records are times like any other.
pub(super) fn fold(
    engine: &mut Engine,
    position: &Position,
    facts: Vec<Fact>,
    latest: &mut Option<EventTime>,
    refused: &mut dyn FnMut(Refusal),
) {
    for fact in facts {
        if let Some(refusal) = Refusal::of(&fact) {
            refused(refusal);
        } else {
            *latest = (*latest).max(fact.reaches());
        }
        if !matches!(fact, Fact::Tick(_)) {
            engine.apply(position, fact);
        }
    }
}

fn refused(position: &Position, size: u64, refusal: Refusal) -> Reject {
    Reject {
        reason: refusal.as_str().to_owned(),
        detail: "a fact of this record cannot be held".to_owned(),
        position: position.clone(),
        size,
    }
}

impl Replayed {
    /// All sources together.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.sources.iter().for_each(|source| total.add(&source.tally));
        total
    }
}

/// Hears nothing.
pub(super) struct Silent;

impl Progress for Silent {
    fn plan(&mut self, _: u64) {}
    fn source(&mut self, _: &str) {}
    fn read(&mut self, _: u64) {}
    fn rejected(&mut self, _: Reject) {}
}

/// Paths as handed in, for tests and cases.
impl From<&Path> for Replay {
    fn from(path: &Path) -> Self {
        Self {
            reference: Vec::new(),
            paths: vec![path.to_owned()],
            until: None,
            shards: NonZeroU32::MIN,
            workers: NonZeroUsize::MIN,
        }
    }
}
