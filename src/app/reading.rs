//! Files to items on several threads, heard in the order of the listing.
//!
//! In: entries and how many threads may read. Out: what stands in them, entry after entry, whoever read ahead meanwhile.
//! It refuses to know what becomes of an item.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::tally::{SourceTally, Tally};
use crate::decode::{self, Item, Outcome, Settings};
use crate::model::Text;
use crate::sources::{Caps, Entry, Opened, Skipped, SourceError};

/// Items handed over at once.
const BATCH: usize = 256;
/// Batches that wait for the one who hears: a bound on memory.
const AHEAD: usize = 16;

/// What is heard of an entry: of each source in it its items and how it ended, then that this was all.
#[derive(Debug)]
pub enum Heard {
    /// A source begins: the entry itself, or a member of it.
    Begun(Text),
    /// A record that says something, or is rejected.
    Item(Item),
    /// All of the source was read.
    Ended(SourceTally),
    /// A member is not read.
    Skipped(Skipped),
    /// The entry cannot be opened.
    Unreadable(SourceError),
    /// All of the entry was told.
    Done,
}

/// Reads every entry and tells of each, in order: everything of the first, then everything of the second.
pub(super) fn each(entries: &[Entry], settings: &Settings, workers: NonZeroUsize, hear: &mut dyn FnMut(&Entry, Heard)) {
    if workers.get() == 1 || entries.len() == 1 {
        entries.iter().for_each(|entry| read(entry, settings, &mut |heard| hear(entry, heard)));
        return;
    }
    thread::scope(|scope| {
        let mut waiting = entries.iter();
        let mut begun: VecDeque<(&Entry, Receiver<Vec<Heard>>)> = VecDeque::new();
        loop {
            for entry in waiting.by_ref().take(workers.get() - begun.len()) {
                let (told, hears) = sync_channel(AHEAD);
                begun.push_back((entry, hears));
                scope.spawn(move || {
                    let mut batch = Vec::new();
                    read(entry, settings, &mut |heard| {
                        batch.push(heard);
                        if batch.len() == BATCH {
                            // Who hears hears everything.
                            let _ = told.send(std::mem::take(&mut batch));
                        }
                    });
                    let _ = told.send(batch);
                });
            }
            let Some((entry, hears)) = begun.pop_front() else { return };
            hears.iter().flatten().for_each(|heard| hear(entry, heard));
        }
    });
}

/// Reads an entry and tells of it.
pub fn read(entry: &Entry, settings: &Settings, tell: &mut dyn FnMut(Heard)) {
    entry.open(&Caps::default(), &mut |opened| match opened {
        Opened::Bytes(name, input) => source(name, tell, |emit| decode::stream(name, input, settings, emit)),
        Opened::File(name, file) => source(name, tell, |emit| decode::file(name, Box::new(file), settings, emit)),
        Opened::Skipped(skipped) => tell(Heard::Skipped(skipped)),
        Opened::Unreadable(error) => tell(Heard::Unreadable(error)),
    });
    tell(Heard::Done);
}

fn source(name: &Text, tell: &mut dyn FnMut(Heard), decode: impl FnOnce(&mut dyn FnMut(Item))) {
    tell(Heard::Begun(name.clone()));
    let mut tally = Tally::default();
    decode(&mut |item| {
        tally.count(&item.outcome, item.records);
        if !matches!(item.outcome, Outcome::Irrelevant | Outcome::Repeated) {
            tell(Heard::Item(item));
        }
    });
    tell(Heard::Ended(SourceTally { path: name.to_string(), tally }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources;

    #[test]
    fn any_number_of_threads_tells_the_same_in_the_same_order() {
        let dir = tempfile::tempdir().unwrap();
        for file in 0..23 {
            let lines = (0..file * 37 % 700).map(|n| match n % 3 {
                0 => format!("{{\"type\":\"tick\",\"time\":\"2024-06-01T00:00:{:02}Z\"}}\n", n % 60),
                1 => {
                    "{\"eventVersion\":\"1\",\"eventSource\":\"s3.amazonaws.com\",\"eventName\":\"GetObject\"}\n".into()
                }
                _ => format!("{{\"what\":{n}}}\n"),
            });
            std::fs::write(dir.path().join(format!("{file:02}.ndjson")), lines.collect::<String>()).unwrap();
        }
        let listing = sources::list(&[dir.path().to_owned()]);
        let heard = |workers: usize| {
            let mut all = Vec::new();
            each(&listing.entries, &Settings::default(), NonZeroUsize::new(workers).unwrap(), &mut |entry, heard| {
                all.push(match heard {
                    Heard::Item(item) => format!("{} {:?}", item.position, item.outcome),
                    other => format!("{} {other:?}", entry.name),
                });
            });
            all
        };
        let alone = heard(1);
        assert!(alone.len() > 3_000 && [2, 3, 50].iter().all(|workers| heard(*workers) == alone));
    }
}
