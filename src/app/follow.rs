//! Following: files that grow into the engine, and what changes of its alerts as it happens.
//!
//! In: a configuration, reference records, plain files of lines. Out: differences of the alert table whenever there is nothing
//! more to read, at the end the engine as a replay of the same lines would leave it. Time is that of the records: without
//! `until`, *now* is the greatest event time read so far, and no clock moves it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use super::reading;
use super::replay::{Fold, Progress, Replay, Replayed};
use super::tally::{SourceTally, Tally};
use crate::config::Config;
use crate::decode::{self, Item, Outcome, Settings, Sighted};
use crate::engine::Change;
use crate::model::{Position, Text};
use crate::sources::{self, Followed, Line, Look, SourceError};

/// Between two looks that found nothing.
const WAIT: Duration = Duration::from_millis(250);
/// Looks at every source without publishing, at most: some 16 MiB of each.
const BUSY: usize = 64;

/// Who hears of alerts as they change.
pub trait Audience: Progress {
    /// What changed since it was told last; an error ends the following.
    fn changed(&mut self, changes: Vec<Change>) -> anyhow::Result<()>;
}

/// Why nothing is followed.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct NotFollowed(pub Vec<SourceError>);

/// A flag that is set when the process is told to end (INT, TERM).
pub fn told_to_stop() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let (mut terminate, mut interrupt) = {
        let _entered = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    thread::spawn(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        });
        told.store(true, Ordering::Relaxed);
    });
    Ok(stop)
}

struct Source {
    followed: Followed,
    so_far: SoFar,
}

/// What the lines before this one came to.
#[derive(Default)]
struct SoFar {
    tally: Tally,
    sighted: Sighted,
}

impl Replay {
    /// Reads the reference records, then follows the paths until `stop` is set, or all of them are over.
    pub fn follow(&self, config: Config, stop: &AtomicBool, audience: &mut dyn Audience) -> anyhow::Result<Replayed> {
        let settings = config.decode;
        let reference = sources::list(&self.reference);
        let listing = sources::list(&self.paths);
        let mut sources = open(&listing.entries, &settings)?;
        let mut fold = Fold::new(config.rulebook, self.shards, self.workers);
        for left in [reference.skipped, listing.skipped] {
            fold.skipped.extend(left);
        }
        for wrong in [reference.errors, listing.errors] {
            fold.unreadable.extend(wrong);
        }
        for entry in &reference.entries {
            reading::read(entry, &settings, &mut |heard| fold.hear(entry, heard, audience));
        }
        let mut busy = 0;
        let mut behind = true;
        while !stop.load(Ordering::Relaxed) {
            let look = pass(&mut sources, &settings, &mut fold, audience);
            behind |= look == Look::Read;
            busy = if look == Look::Read { busy + 1 } else { BUSY };
            if behind && busy >= BUSY {
                audience.changed(fold.publish(self.until))?;
                (busy, behind) = (0, false);
            }
            match look {
                Look::Read => {}
                Look::Dry => thread::sleep(WAIT),
                Look::Ended => break,
            }
        }
        for source in &mut sources {
            let Source { followed, so_far } = source;
            let name = followed.name.clone();
            followed.end(&mut |line| take(&name, line, so_far, &settings, &mut fold, audience));
        }
        audience.changed(fold.publish(self.until))?;
        for Source { followed, so_far } in sources {
            fold.tallies.push(SourceTally { path: followed.name.to_string(), tally: so_far.tally });
        }
        Ok(fold.replayed())
    }
}

fn open(entries: &[sources::Entry], settings: &Settings) -> Result<Vec<Source>, NotFollowed> {
    let (mut sources, mut refused) = (Vec::new(), Vec::new());
    for entry in entries {
        match Followed::open(entry, settings.limits.record_bytes) {
            Ok(followed) => sources.push(Source { followed, so_far: SoFar::default() }),
            Err(error) => refused.push(error),
        }
    }
    if refused.is_empty() { Ok(sources) } else { Err(NotFollowed(refused)) }
}

/// Looks once at every source. Over is what has no source left that could grow.
fn pass(sources: &mut [Source], settings: &Settings, fold: &mut Fold, audience: &mut dyn Audience) -> Look {
    let mut all = Look::Ended;
    for Source { followed, so_far } in sources {
        let name = followed.name.clone();
        match followed.look(&mut |line| take(&name, line, so_far, settings, fold, audience)) {
            Ok(Look::Read) => all = Look::Read,
            Ok(Look::Dry) if all == Look::Ended => all = Look::Dry,
            Ok(Look::Dry | Look::Ended) => {}
            Err(error) => fold.unreadable.push(error),
        }
    }
    all
}

/// Reads a line as a topic's message is read: on its own.
fn take(
    name: &Text,
    line: Line<'_>,
    so_far: &mut SoFar,
    settings: &Settings,
    fold: &mut Fold,
    audience: &mut dyn Audience,
) {
    let SoFar { tally, sighted } = so_far;
    let mut hear = |mut item: Item| {
        tally.count(&item.outcome, item.records);
        item.position = Position { source: name.clone(), at: tally.read };
        fold.item(item, audience);
    };
    match line {
        Line::Whole(line) if line.trim_ascii().is_empty() => {}
        Line::Whole(line) => decode::message(name, line, settings, sighted, &mut hear),
        Line::TooLong(size) => {
            let told = format!("a record has more than {} bytes", settings.limits.record_bytes);
            let position = Position { source: name.clone(), at: 0 };
            hear(Item { position, records: 1, outcome: Outcome::reject("too_large", told), size });
        }
    }
}
