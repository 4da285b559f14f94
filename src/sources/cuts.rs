//! Where a large file of lines may be cut, so that several threads can read it.
//!
//! In: a plain file and how many bytes a part should have. Out: places where a line begins with `{`, one by one, as they are
//! asked for. It refuses to know whether a record begins there: whoever reads up to such a place finds out.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use super::capped::Broken;
use super::files::Entry;

/// Bytes read at a time where a line end is looked for.
const LOOK: usize = 8 << 10;
/// A place is looked for in so many bytes: few lines are longer.
const FAR: u64 = 1 << 20;
/// Bytes read at a time of a part.
const AHEAD: usize = 256 << 10;

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

    /// The bytes of a plain file from a place on.
    pub fn from(&self, place: u64) -> Box<dyn BufRead> {
        let opened = || {
            let mut file = File::open(self.path())?;
            file.seek(SeekFrom::Start(place))?;
            io::Result::Ok(file)
        };
        match opened() {
            Ok(file) => Box::new(BufReader::with_capacity(AHEAD, file)),
            Err(error) => Box::new(BufReader::new(Broken(error))),
        }
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
}
