//! Where a large file of lines may be cut, so that several threads can read it.
//!
//! In: a plain file and how many bytes a part should have. Out: places where a line begins with `{`, one by one, as they are
//! asked for, and the bytes from one of them on. It refuses to know whether a record begins there: whoever reads up to such a place finds out.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::files::Entry;

/// Bytes read at a time where a line end is looked for.
const LOOK: usize = 8 << 10;
/// A place is looked for in so many bytes: few lines are longer.
const FAR: u64 = 1 << 20;
/// Bytes read at a time of a part.
const AHEAD: usize = 256 << 10;
/// Bytes read at a time behind the end of a part, for what its last record hangs on; behind as many as [`FAR`] it seems to have none.
const BEHIND: u64 = 8 << 10;

/// The places where a file may be cut.
#[derive(Debug)]
pub struct Cuts {
    file: BufReader<File>,
    size: u64,
    /// Bytes of a part, at least.
    part: u64,
    last: u64,
}

impl Entry {
    /// Where it may be cut into parts of so many bytes or more; `None` where it is not large, no plain file, or begins with
    /// something else than `{`.
    pub fn cuts(&self, part: u64) -> Option<Cuts> {
        let size = self.size();
        if size < 2 * part {
            return None;
        }
        let mut file = BufReader::with_capacity(LOOK, self.plain()?);
        let begins = file.fill_buf().is_ok_and(|bytes| bytes.first() == Some(&b'{'));
        begins.then_some(Cuts { file, size, part, last: 0 })
    }
}

/// Reads parts of plain files, one after the other, through one buffer.
pub struct PartReader(BufReader<Part>);

/// A file from a place on; little is read behind the end of the part that begins there.
struct Part {
    path: PathBuf,
    file: io::Result<File>,
    at: u64,
    until: u64,
}

impl Default for PartReader {
    fn default() -> Self {
        let file = Err(io::ErrorKind::NotFound.into());
        Self(BufReader::with_capacity(AHEAD, Part { path: PathBuf::new(), file, at: 0, until: 0 }))
    }
}

impl PartReader {
    /// The bytes of an entry from a place on. `until`: where most of what will be read ends. What cannot be opened is bytes that
    /// end in an error.
    pub fn open(&mut self, entry: &Entry, from: u64, until: Option<u64>) -> &mut dyn BufRead {
        let left = self.0.buffer().len();
        self.0.consume(left);
        self.0.get_mut().place(entry.path(), from, until.unwrap_or(u64::MAX));
        &mut self.0
    }
}

impl Part {
    fn place(&mut self, path: &Path, from: u64, until: u64) {
        if self.path != path || self.file.is_err() {
            path.clone_into(&mut self.path);
            self.file = File::open(path);
        }
        if let Ok(file) = &mut self.file
            && let Err(error) = file.seek(SeekFrom::Start(from))
        {
            self.file = Err(error);
        }
        (self.at, self.until) = (from, until);
    }
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let behind = if self.at.saturating_sub(self.until) < FAR { BEHIND } else { u64::MAX };
        let most = self.until.saturating_sub(self.at).saturating_add(behind);
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(buffer.len());
        let file = self.file.as_mut().map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
        let read = file.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Iterator for Cuts {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let near = self.last + self.part;
        // What would be left is read with the part before it.
        if near + self.part / 2 > self.size {
            return None;
        }
        self.last = self.behind(near).ok().flatten()?;
        Some(self.last)
    }
}

impl Cuts {
    /// The first place from here on, of those that are not far.
    fn behind(&mut self, near: u64) -> io::Result<Option<u64>> {
        self.file.seek(SeekFrom::Start(near - 1))?;
        let (mut at, mut input) = (near - 1, (&mut self.file).take(FAR));
        loop {
            let bytes = input.fill_buf()?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let (read, end) = match memchr::memchr(b'\n', bytes) {
                Some(end) => (end + 1, true),
                None => (bytes.len(), false),
            };
            input.consume(read);
            at += read as u64;
            if end && input.fill_buf()?.first() == Some(&b'{') {
                return Ok(Some(at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::list;

    fn cut(text: &str, part: u64) -> Option<Vec<u64>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        list(&[file.path().to_owned()]).entries[0].cuts(part).map(Iterator::collect)
    }

    #[test]
    fn a_file_is_cut_where_lines_begin_with_an_object() {
        assert_eq!(cut("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n", 8), Some(vec![8, 16, 24]));
        assert_eq!(cut("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n", 9), Some(vec![16]), "the rest is too short");
        assert_eq!(cut("{\"a\":1}\n\n x\n {\"a\":2}\n{\"a\":3}\n{\"a\":4}\n", 8), Some(vec![21, 29]));
        assert_eq!(cut(&format!("{{\"a\":[1,\n{}]}}", "2,\n".repeat(99)), 8), Some(vec![]));
        assert_eq!(cut("[{\"a\":1},\n{\"a\":2},\n{\"a\":3}]\n", 8), None, "a list");
        assert_eq!(cut("{\"a\":1}\n{\"a\":2}\n", 9), None, "not large");
    }

    #[test]
    fn a_line_that_is_longer_than_anybody_looks_ends_the_cutting() {
        let long = format!("{{\"a\":\"{}\"}}\n", "x".repeat(FAR as usize + 300));
        assert_eq!(cut(&long.repeat(3), 100), Some(vec![]));
    }

    #[test]
    fn one_reader_reads_any_place_of_any_file_to_its_end() {
        let file = |text: &str| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), text).unwrap();
            file
        };
        let (one, other) = (file(&"0123456789".repeat(9_000)), file("abc"));
        let entries = list(&[one.path().to_owned(), other.path().to_owned()]).entries;
        let mut reader = PartReader::default();
        let mut read = |entry: usize, from, until| {
            let mut text = String::new();
            reader.open(&entries[entry], from, until).read_to_string(&mut text).map(|_| text)
        };
        assert_eq!(read(0, 89_997, None).unwrap(), "789");
        assert_eq!(read(0, 9, Some(10)).unwrap(), format!("9{}", "0123456789".repeat(8_999)));
        assert_eq!(read(1, 1, Some(2)).unwrap(), "bc");
        std::fs::remove_file(one.path()).unwrap();
        assert_eq!(read(0, 0, None).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(read(1, 0, None).unwrap(), "abc");
    }
}
