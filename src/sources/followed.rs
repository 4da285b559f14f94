//! Files that grow, and the standard input, as whole lines.
//!
//! In: an entry that is a plain file of lines. Out: every line once it is whole, however it was written; after a rotation those
//! of the new file, after a truncation those from the beginning. What never gets its end is handed over when the file ends. A
//! file that is cut and grows beyond where it was between two looks cannot be told from one that only grew.
//!
//! It refuses to wait: who asks decides when to ask again.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

use super::{Entry, SourceError};
use crate::model::Text;

/// Bytes read at a time.
const CHUNK: usize = 256 << 10;
/// Chunks of the standard input that wait.
const AHEAD: usize = 4;

/// Looks in a row that must find nothing before a file that was moved away is left for the new one: whoever wrote to it may go
/// on for a while.
const LINGER: u8 = 4;

/// A line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// More bytes than may be held; so many.
    TooLong(u64),
}

/// What a look at a source found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Something: there may be more.
    Read,
    /// Nothing new.
    Dry,
    /// It is over: nothing will come.
    Ended,
}

/// A source that may grow.
pub struct Followed {
    /// As positions name it.
    pub name: Text,
    path: PathBuf,
    from: From,
    lines: Lines,
}

enum From {
    /// At which byte it is, and how many looks in a row found another file in its place and nothing more in it.
    File {
        file: File,
        at: u64,
        moved: u8,
    },
    Stdin(Receiver<io::Result<Vec<u8>>>),
    Over,
}

impl Followed {
    /// Follows an entry from its beginning, and holds at most `longest` bytes of a line. Refuses what is no plain file of
    /// lines that begin with `{`; of the standard input that is known when it comes.
    pub fn open(entry: &Entry, longest: usize) -> Result<Self, SourceError> {
        let path = entry.path().to_owned();
        let refused = |error| SourceError { path: PathBuf::from(entry.name.as_str()), error };
        let from = if entry.is_stdin() {
            From::Stdin(stdin())
        } else if entry.is_member() || !path.is_file() {
            return Err(refused(no_lines("not a plain file")));
        } else {
            let mut file = File::open(&path).map_err(refused)?;
            let mut first = [0; 4];
            let read = file.read(&mut first).map_err(refused)?;
            check(first.get(..read).unwrap_or_default()).map_err(refused)?;
            file.rewind().map_err(refused)?;
            From::File { file, at: 0, moved: 0 }
        };
        Ok(Self { name: entry.name.clone(), path, from, lines: Lines { held: Vec::new(), lost: 0, longest } })
    }

    /// Takes what came since, at most some 256 KiB.
    pub fn look(&mut self, take: &mut dyn FnMut(Line<'_>)) -> Result<Look, SourceError> {
        let looked = match &mut self.from {
            From::Over => Ok(Look::Ended),
            From::Stdin(chunks) => match chunks.try_recv() {
                Ok(chunk) => chunk.map(|chunk| {
                    self.lines.push(&chunk, take);
                    Look::Read
                }),
                Err(TryRecvError::Empty) => Ok(Look::Dry),
                Err(TryRecvError::Disconnected) => {
                    self.end(take);
                    Ok(Look::Ended)
                }
            },
            From::File { .. } => self.look_at_file(take),
        };
        looked.map_err(|error| {
            self.end(take);
            SourceError { path: PathBuf::from(self.name.as_str()), error }
        })
    }

    /// Nothing more is asked for: what waits for its end is handed over as it is.
    pub fn end(&mut self, take: &mut dyn FnMut(Line<'_>)) {
        self.lines.end(take);
        self.from = From::Over;
    }

    fn look_at_file(&mut self, take: &mut dyn FnMut(Line<'_>)) -> io::Result<Look> {
        let From::File { file, at, moved } = &mut self.from else { return Ok(Look::Ended) };
        let now = match fs::metadata(&self.path) {
            Ok(now) => Some(now),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let held = file.metadata()?;
        if held.len() > *at {
            let mut chunk = vec![0; CHUNK];
            let read = file.read(&mut chunk)?;
            (*at, *moved) = (*at + read as u64, 0);
            self.lines.push(chunk.get(..read).unwrap_or_default(), take);
            return Ok(Look::Read);
        }
        if held.len() < *at {
            self.lines.end(take);
            *at = file.seek(SeekFrom::Start(0))?;
            return Ok(Look::Read);
        }
        // Moved away, and no other there yet.
        let Some(now) = now.filter(|now| (held.dev(), held.ino()) != (now.dev(), now.ino())) else {
            return Ok(Look::Dry);
        };
        *moved = (*moved + 1).min(LINGER);
        if *moved < LINGER || !now.is_file() {
            return Ok(Look::Dry);
        }
        match File::open(&self.path) {
            Ok(new) => {
                self.lines.end(take);
                (*file, *at, *moved) = (new, 0, 0);
                Ok(Look::Read)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Look::Dry),
            Err(error) => Err(error),
        }
    }
}

/// Reads the standard input ahead, for reading it waits.
fn stdin() -> Receiver<io::Result<Vec<u8>>> {
    let (told, hears) = sync_channel(AHEAD);
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        let mut begun = false;
        loop {
            let mut chunk = vec![0; CHUNK];
            let read = match input.read(&mut chunk) {
                Ok(0) => return,
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return drop(told.send(Err(error))),
            };
            chunk.truncate(read);
            let wrong = if begun { Ok(()) } else { check(&chunk) };
            begun = true;
            let told = told.send(wrong.map(|()| chunk));
            if told.is_err() {
                return;
            }
        }
    });
    hears
}

/// Lines are told by how they begin: with `{`, or nothing yet.
fn check(first: &[u8]) -> io::Result<()> {
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    if matches!(text, [] | [b'{', ..]) {
        return Ok(());
    }
    Err(no_lines("it does not begin with {"))
}

fn no_lines(why: &str) -> io::Error {
    let told = format!("only plain NDJSON files and stdin are followed, and this is none: {why}");
    io::Error::new(ErrorKind::InvalidInput, told)
}

/// Puts lines together.
struct Lines {
    held: Vec<u8>,
    /// Bytes of a line that is too long.
    lost: u64,
    longest: usize,
}

impl Lines {
    fn push(&mut self, chunk: &[u8], take: &mut dyn FnMut(Line<'_>)) {
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            match piece.strip_suffix(b"\n") {
                Some(line) if self.held.is_empty() && self.lost == 0 && line.len() <= self.longest => {
                    take(Line::Whole(line));
                }
                Some(rest) => {
                    self.hold(rest);
                    self.end(take);
                }
                None => self.hold(piece),
            }
        }
    }

    fn hold(&mut self, piece: &[u8]) {
        if self.lost > 0 || self.held.len() + piece.len() > self.longest {
            self.lost += (self.held.len() + piece.len()) as u64;
            self.held = Vec::new();
        } else {
            self.held.extend_from_slice(piece);
        }
    }

    fn end(&mut self, take: &mut dyn FnMut(Line<'_>)) {
        match std::mem::take(&mut self.lost) {
            0 if self.held.is_empty() => {}
            0 => take(Line::Whole(&self.held)),
            lost => take(Line::TooLong(lost)),
        }
        self.held.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::path::Path;

    use super::*;
    use crate::sources::list;

    fn follow(path: &Path) -> Result<Followed, String> {
        let listing = list(&[path.to_owned()]);
        Followed::open(&listing.entries[0], 20).map_err(|error| error.to_string())
    }

    /// What is new, line by line, until there is nothing more.
    fn fresh(followed: &mut Followed) -> Vec<String> {
        let mut lines = Vec::new();
        let mut put = |line: Line<'_>| {
            lines.push(match line {
                Line::Whole(line) => String::from_utf8_lossy(line).into_owned(),
                Line::TooLong(size) => format!("{size} bytes"),
            });
        };
        while followed.look(&mut put).unwrap() == Look::Read {}
        lines
    }

    fn append(path: &Path, text: &str) {
        let mut file = File::options().create(true).append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn only_whole_lines_are_taken_and_half_ones_wait() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        append(&path, "{1}\n{2");
        let mut followed = follow(&path).unwrap();
        assert_eq!(fresh(&mut followed), ["{1}"]);
        append(&path, "2");
        assert_eq!(fresh(&mut followed), [""; 0]);
        append(&path, "2}\n\n{3");
        assert_eq!(fresh(&mut followed), ["{222}", ""]);
        append(&path, &"3".repeat(19));
        append(&path, "}\n{4}\n{5}");
        assert_eq!(fresh(&mut followed), ["22 bytes", "{4}"]);
        let mut last = Vec::new();
        followed.end(&mut |line| last.push(format!("{line:?}")));
        assert_eq!(last.len(), 1, "what never got its end is handed over all the same");
    }

    #[test]
    fn a_file_that_is_moved_away_is_read_to_its_end_and_then_the_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        append(&path, "{1}\n");
        let mut followed = follow(&path).unwrap();
        assert_eq!(fresh(&mut followed), ["{1}"]);
        let moved = dir.path().join("log.1");
        fs::rename(&path, &moved).unwrap();
        append(&moved, "{2}\n{3");
        assert_eq!(fresh(&mut followed), ["{2}"]);
        append(&path, "{4}\n");
        assert_eq!(fresh(&mut followed), [""; 0]);
        append(&moved, "3}\n{5");
        let late: Vec<_> = (0..6).flat_map(|_| fresh(&mut followed)).collect();
        assert_eq!(late, ["{33}", "{5", "{4}"], "who wrote to it may go on for a while");
    }

    #[test]
    fn a_file_that_is_cut_is_read_from_its_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        append(&path, "{1}\n{2}\n");
        let mut followed = follow(&path).unwrap();
        assert_eq!(fresh(&mut followed), ["{1}", "{2}"]);
        fs::write(&path, "{3}\n").unwrap();
        assert_eq!(fresh(&mut followed), ["{3}"]);
    }

    #[test]
    fn what_is_no_plain_file_of_lines_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in [("a.json.gz", &b"\x1f\x8b\x08"[..]), ("b.csv", b"a,b\n"), ("c.json", b"\n [1]")] {
            let path = dir.path().join(name);
            fs::write(&path, bytes).unwrap();
            let told = format!(
                "cannot read {}: only plain NDJSON files and stdin are followed, and this is none: it does not begin with {{",
                path.display()
            );
            assert_eq!(follow(&path).err(), Some(told));
        }
        fs::write(dir.path().join("d.json"), b"").unwrap();
        assert!(follow(&dir.path().join("d.json")).is_ok());
    }
}
