//! Paths to entries: files, and everything under directories.
//!
//! `-` is the standard input; a path with `*`, `?` or `[` that is not there is a pattern (`pattern`). Order: paths as they were
//! named; what a pattern matches, and what lies under a directory, by path, name after name in the order of bytes; in an
//! zip by member; in a tar archive as they stand there. In a directory or archive only known extensions are read, licences and read-me files are not, and everything
//! that is left out is listed as skipped; a file that is named is read whatever it is called.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use super::capped::{Broken, Capped, Caps, is_packed, unpack};
use super::zipped::{self, Member};
use super::{pattern, tarred};
use crate::model::Text;

/// What a folder of published records tells of itself: `LICENSE`, `LICENSE-3rdparty.csv`, `readme.json`.
const ABOUT: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "README"];
const READ: [&str; 6] = ["json", "jsonl", "ndjson", "csv", "parquet", "cloudtrail"];
/// Directories within directories, at most.
pub(super) const DEPTH: usize = 64;
/// Bytes by which packed files and archives are told.
const FIRST: u64 = 512;
/// What names the standard input.
const STDIN: &str = "-";

/// What the paths hold.
#[derive(Debug, Default)]
pub struct Listing {
    /// To be read, in order.
    pub entries: Vec<Entry>,
    /// Not read, and why.
    pub skipped: Vec<Skipped>,
    /// What could not even be listed.
    pub errors: Vec<SourceError>,
}

/// Something to be read.
#[derive(Clone, Debug)]
pub struct Entry {
    /// As positions name it: the path, `archive.zip!member` in a zip. Members of a tar archive are known when it is read.
    pub name: Text,
    path: PathBuf,
    member: Option<Member>,
}

/// Something that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its path.
    pub name: Text,
    /// Why.
    pub reason: Text,
}

/// What an entry turns out to hold.
pub enum Opened<'a> {
    /// Bytes to be read to their end, and as positions name them: the path, `archive.tar!member` in an archive.
    Bytes(&'a Text, &'a mut dyn BufRead),
    /// The same as a plain file, at its beginning.
    File(&'a Text, File),
    /// A member that is not read.
    Skipped(Skipped),
    /// Nothing: it cannot be opened.
    Unreadable(SourceError),
}

/// A path that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}: {error}", path = path.display())]
pub struct SourceError {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// Lists what the paths hold. One that cannot be read does not hide the others.
pub fn list(paths: &[PathBuf]) -> Listing {
    let mut listing = Listing::default();
    for path in paths {
        match pattern::expand(path) {
            None => listing.named(path),
            Some(matched) => {
                matched.paths.iter().for_each(|path| listing.named(path));
                listing.errors.extend(matched.errors);
            }
        }
    }
    listing
}

impl Listing {
    fn named(&mut self, path: &Path) {
        if path == Path::new(STDIN) {
            return self.entries.push(Entry { name: Text::new_static("stdin"), path: path.to_owned(), member: None });
        }
        match fs::metadata(path) {
            Ok(data) if data.is_dir() => self.directory(path, DEPTH),
            Ok(data) if data.is_file() && is_zip(path) => self.archive(path),
            // That it can be opened is known before anything is read; of a pipe, only who reads it may open it.
            Ok(data) => match data.is_file().then(|| File::open(path)).transpose() {
                Ok(_) => self.entries.push(Entry { name: name(path), path: path.to_owned(), member: None }),
                Err(error) => self.errors.push(SourceError { path: path.to_owned(), error }),
            },
            Err(error) => self.errors.push(SourceError { path: path.to_owned(), error }),
        }
    }

    fn directory(&mut self, path: &Path, depth: usize) {
        let mut inside: Vec<PathBuf> = match fs::read_dir(path).and_then(|d| d.map(|e| Ok(e?.path())).collect()) {
            Ok(inside) => inside,
            Err(error) => return self.errors.push(SourceError { path: path.to_owned(), error }),
        };
        inside.sort();
        for path in inside {
            match fs::symlink_metadata(&path) {
                Ok(data) if data.is_dir() && depth == 0 => self.skip(name(&path), "too many directories deep"),
                Ok(data) if data.is_dir() => self.directory(&path, depth - 1),
                Ok(data) if data.is_symlink() && path.is_dir() => self.skip(name(&path), "a link to a directory"),
                Ok(_) => self.file(path),
                Err(error) => self.errors.push(SourceError { path, error }),
            }
        }
    }

    fn file(&mut self, path: PathBuf) {
        if !path.is_file() {
            return self.skip(name(&path), "not a file");
        }
        if extension(&path).as_deref() == Some("zip") {
            return self.archive(&path);
        }
        match unread(&path).filter(|_| is_about(&path) || !tarred::is_named(&path)) {
            None => self.entries.push(Entry { name: name(&path), path, member: None }),
            Some(reason) => self.skip(name(&path), reason),
        }
    }

    fn archive(&mut self, path: &Path) {
        let members = match zipped::members(path) {
            Ok(members) => members,
            Err(error) => return self.errors.push(SourceError { path: path.to_owned(), error }),
        };
        let archive = name(path);
        for member in members {
            match member {
                Ok(member) => {
                    let name = Text::new(format!("{archive}!{}", member.name));
                    match unread(Path::new(&member.name)) {
                        None => self.entries.push(Entry { name, path: path.to_owned(), member: Some(member) }),
                        Some(reason) => self.skip(name, reason),
                    }
                }
                Err((member, reason)) => self.skip(Text::new(format!("{archive}!{member}")), &reason),
            }
        }
    }

    fn skip(&mut self, name: Text, reason: &str) {
        self.skipped.push(Skipped { name, reason: Text::new(reason) });
    }
}

fn name(path: &Path) -> Text {
    Text::new(path.to_string_lossy())
}

fn extension(path: &Path) -> Option<String> {
    path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase)
}

/// Why a file is not read for its name.
pub(super) fn unread(path: &Path) -> Option<&'static str> {
    if is_about(path) {
        return Some("a licence or read-me by its name");
    }
    let inner = match extension(path).as_deref() {
        Some("gz" | "zst") => extension(path.file_stem().map(Path::new).unwrap_or(path))?,
        Some(other) => other.to_owned(),
        None => return Some("no extension"),
    };
    (!READ.contains(&inner.as_str())).then_some("no known extension")
}

/// Written in capitals the word may go on; otherwise `notices.json` might well hold records.
fn is_about(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    ABOUT.iter().any(|word| name.starts_with(word) || stem.eq_ignore_ascii_case(word))
}

/// A zip by name or, where its name says nothing, by its first bytes.
fn is_zip(path: &Path) -> bool {
    let mut first = [0; 4];
    let is_read = File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok();
    extension(path).as_deref() == Some("zip") || (is_read && first == *b"PK\x03\x04")
}

impl Entry {
    /// Hands over what it holds: its bytes under its name, or every member of a tar archive under its own. Gzip and zstd are
    /// recognised by content, up to twice, and held to the limits. What breaks off is bytes that end in an error.
    pub fn open(&self, caps: &Caps, take: &mut dyn FnMut(Opened<'_>)) {
        if let Some(file) = self.plain() {
            return take(Opened::File(&self.name, file));
        }
        let raw = match self.raw(caps) {
            Ok(raw) => raw,
            Err(error) => return take(Opened::Unreadable(SourceError { path: self.path.clone(), error })),
        };
        // How much comes by stdin is not known: only the absolute bound holds.
        let compressed = if self.is_stdin() { u64::MAX } else { self.size() };
        let mut input = unpack(raw, compressed, caps);
        if !self.is_tar(&mut *input) {
            return take(Opened::Bytes(&self.name, &mut *input));
        }
        if let Err(error) = tarred::each(&self.name, input, caps, take) {
            take(Opened::Bytes(&self.name, &mut BufReader::new(Broken(error))));
        }
    }

    /// Bytes on disk, for showing progress.
    pub fn size(&self) -> u64 {
        match &self.member {
            Some(member) => member.compressed,
            None => fs::metadata(&self.path).map_or(0, |data| data.len()),
        }
    }

    pub(super) fn is_stdin(&self) -> bool {
        self.path == Path::new(STDIN)
    }

    pub(super) fn is_member(&self) -> bool {
        self.member.is_some()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn is_tar(&self, input: &mut dyn BufRead) -> bool {
        self.member.is_none() && (tarred::is_named(&self.path) || input.fill_buf().is_ok_and(tarred::begins))
    }

    /// The file, where it is one on disk and neither packed nor an archive.
    pub(super) fn plain(&self) -> Option<File> {
        if self.is_stdin() || self.is_member() || !self.path.is_file() {
            return None;
        }
        let mut file = File::open(&self.path).ok()?;
        let mut first = Vec::new();
        // A first read that fails is left for whoever reads on.
        let _ = (&mut file).take(FIRST).read_to_end(&mut first);
        if is_packed(&first) || self.is_tar(&mut &*first) {
            return None;
        }
        file.rewind().ok()?;
        Some(file)
    }

    fn raw(&self, caps: &Caps) -> io::Result<Box<dyn BufRead>> {
        Ok(match &self.member {
            Some(member) => Box::new(Capped::new(member.open(&self.path)?, member.compressed, caps)),
            None if self.is_stdin() => Box::new(BufReader::with_capacity(256 << 10, io::stdin())),
            None => Box::new(BufReader::with_capacity(256 << 10, File::open(&self.path)?)),
        })
    }
}

#[cfg(test)]
mod tests;
