//! Files to items on several threads, heard in the order of the listing.
//!
//! In: entries and how many threads may read. Out: what stands in them, entry after entry, whoever read ahead meanwhile. A large
//! file of lines is read in parts, whatever the number of threads. It refuses to know what becomes of an item.

mod ahead;

use std::num::NonZeroUsize;
use std::thread;

use self::ahead::{Ahead, Piece, Pieces, Told};
use super::tally::{SourceTally, Tally};
use crate::decode::{self, Item, Outcome, Part, Settings, Stopped};
use crate::model::Text;
use crate::sources::{self, Caps, Entry, Opened, Skipped, SourceError};

/// Bytes of a part of a large file.
const PART: u64 = 16 << 20;

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
    each_in_parts(PART, entries, settings, workers, hear);
}

fn each_in_parts(
    part: u64,
    entries: &[Entry],
    settings: &Settings,
    workers: NonZeroUsize,
    hear: &mut dyn FnMut(&Entry, Heard),
) {
    let pieces = Pieces::of(entries, settings, part);
    if workers.get() == 1 || pieces.is_single() {
        return hear_all(Ahead::alone(pieces, settings), settings, hear);
    }
    thread::scope(|scope| hear_all(Ahead::on(scope, pieces, settings, workers), settings, hear));
}

/// Tells of every piece in order, and makes one source of the parts of a file.
fn hear_all(mut ahead: Ahead<'_>, settings: &Settings, hear: &mut dyn FnMut(&Entry, Heard)) {
    let mut parts = Parts { tally: Tally::default(), stopped: Stopped::AtEnd };
    while let Some(Piece { entry, part }) = ahead.hear(|piece, told| parts.hear(piece, told, hear)) {
        let Some(part) = part else { continue };
        let mut stopped = parts.stopped();
        if let Stopped::Between(place) = stopped
            && Some(place) != part.until
        {
            // No record begins where the next part was to begin: the rest cannot be read in parts.
            let rest = Piece { entry, part: Some(Part { from: place, until: None }) };
            rest.read(settings, &mut sources::PartReader::default(), &mut |told| parts.hear(rest, told, hear));
            stopped = parts.stopped();
        }
        if stopped == Stopped::AtEnd {
            ahead.leave(entry);
            let tally = std::mem::take(&mut parts.tally);
            hear(entry, Heard::Ended(SourceTally { path: entry.name.to_string(), tally }));
            hear(entry, Heard::Done);
        }
    }
}

/// What was heard of the parts of a file.
struct Parts {
    tally: Tally,
    stopped: Stopped,
}

impl Parts {
    fn hear(&mut self, piece: Piece<'_>, told: Told, hear: &mut dyn FnMut(&Entry, Heard)) {
        match told {
            Told::Heard(Heard::Item(mut item)) => {
                // A part counts from its own beginning.
                item.position.at += self.tally.read;
                hear(piece.entry, Heard::Item(item));
            }
            Told::Heard(heard) => hear(piece.entry, heard),
            Told::Stopped(tally, stopped) => {
                self.tally.add(&tally);
                self.stopped = stopped;
            }
        }
    }

    /// How the last part ended; one that did not say so has ended.
    fn stopped(&mut self) -> Stopped {
        std::mem::replace(&mut self.stopped, Stopped::AtEnd)
    }
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
    decode(&mut |item| count(item, &mut tally, tell));
    tell(Heard::Ended(SourceTally { path: name.to_string(), tally }));
}

/// Counts a record, and tells of it if there is anything to tell.
fn count(item: Item, tally: &mut Tally, tell: &mut dyn FnMut(Heard)) {
    tally.count(&item.outcome, item.records);
    if !matches!(item.outcome, Outcome::Irrelevant | Outcome::Repeated) {
        tell(Heard::Item(item));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

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

    /// What stands on a line, or over several.
    const WRITTEN: [&str; 14] = [
        r#"{"type":"tick","time":"2024-06-01T00:00:00Z"}"#,
        r#"{"eventVersion":"1","eventSource":"s3.amazonaws.com","eventName":"GetObject"}"#,
        r#"{"eventVersion":"1","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","a":"[{"}"#,
        r#"{"eventVersion":"1","eventSource":"s3.amazonaws.com","eventName":"GetObject","#,
        r#"{"what":1}"#,
        r#"{"what":1} {"type":"tick","time":"2024-06-01T00:00:01Z"}"#,
        "{\n  \"type\":\"tick\",\n  \"time\":\"2024-06-01T00:00:02Z\"\n}",
        "{\n\"what\":[\n{\"a\":1},\n{\"b\":2}\n]\n}",
        "{\"Records\":[\n{\"type\":\"tick\",\"time\":\"2024-06-01T00:00:03Z\"},\n{\"what\":2}\n]}",
        "[{\"what\":3},\n{\"type\":\"tick\",\"time\":\"2024-06-01T00:00:04Z\"}]",
        "{\"Records\":[",
        "{\"a\":\"",
        "neither",
        "",
    ];

    proptest! {
        #[test]
        fn a_file_that_is_read_in_parts_says_what_it_says_as_a_whole(
            written in prop::collection::vec(prop_oneof![8 => 0..3usize, 1 => 0..WRITTEN.len()], 0..60),
            part in 40..900u64,
        ) {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            written.iter().for_each(|at| writeln!(file, "{}", WRITTEN[*at]).unwrap());
            let entries = sources::list(&[file.path().to_owned()]).entries;
            let heard = |part: u64, workers: usize| {
                let mut all = Vec::new();
                let workers = NonZeroUsize::new(workers).unwrap();
                each_in_parts(part, &entries, &Settings::default(), workers, &mut |_, heard| {
                    all.push(format!("{heard:?}"));
                });
                all
            };
            let whole = heard(u64::MAX / 4, 1);
            for workers in [1, 2, 5] {
                prop_assert_eq!(&heard(part, workers), &whole, "{} workers", workers);
            }
        }
    }
}
