//! Members of tar archives, one after the other as the archive is read: it is never held, and never read twice.
//!
//! In: an archive's bytes, decompressed within limits. Out: its files in the order in which they stand, each under its own name.
//! What breaks a member costs that member; what breaks the archive ends it.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;
use std::rc::Rc;

use tar::{Archive, EntryType};

use super::capped::{Caps, unpack};
use super::files::{self, Opened, Skipped};
use super::zipped::MEMBERS;
use crate::model::Text;

/// Most bytes between two members: headers, long names.
const BETWEEN: u64 = 1 << 20;
/// Endings of names of archives.
const ENDINGS: [&str; 5] = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst"];

/// A tar archive, compressed or not, by its name.
pub(super) fn is_named(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// A tar archive by its first bytes.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.get(257..262) == Some(b"ustar")
}

/// Hands over every member; an error is what broke the archive off, unless a member told it.
pub(super) fn each(
    archive: &str,
    input: Box<dyn BufRead>,
    caps: &Caps,
    take: &mut dyn FnMut(Opened<'_>),
) -> io::Result<()> {
    let allowed = Rc::new(Cell::new(BETWEEN));
    let mut tar = Archive::new(Guarded { inner: input, allowed: Rc::clone(&allowed) });
    for (count, member) in tar.entries()?.enumerate() {
        let member = member?;
        if count == MEMBERS {
            let told = format!("an archive of more than {MEMBERS} members");
            return Err(io::Error::new(ErrorKind::FileTooLarge, told));
        }
        let written = String::from_utf8_lossy(&member.path_bytes()).into_owned();
        let name = Text::new(format!("{archive}!{}", written.strip_prefix("./").unwrap_or(&written)));
        // A sparse file says how large it would be, however little of it is there.
        let stored = match member.header().entry_type() {
            EntryType::GNUSparse => member.header().entry_size()?,
            _ => member.size(),
        };
        allowed.set(u64::MAX);
        let left = Cell::new(stored);
        let broken = Cell::new(false);
        match unread(member.header().entry_type(), &written) {
            Some(None) => {}
            Some(Some(reason)) => take(Opened::Skipped(Skipped { name, reason: Text::new_static(reason) })),
            None => {
                let bytes = BufReader::new(Member { inner: member, left: &left, broken: &broken });
                take(Opened::Bytes(&name, &mut *unpack(Box::new(bytes), stored, caps)));
            }
        }
        if broken.get() {
            return Ok(());
        }
        // What was not read of the member is passed over, and then come headers.
        allowed.set(left.get().saturating_add(BETWEEN));
    }
    allowed.set(u64::MAX);
    let mut rest = tar.into_inner().inner;
    loop {
        let padding = rest.fill_buf()?;
        if padding.iter().any(|byte| *byte != 0) {
            return Err(io::Error::new(ErrorKind::InvalidData, "more stands behind the end of the archive"));
        }
        match padding.len() {
            0 => return Ok(()),
            length => rest.consume(length),
        }
    }
}

/// Whether a member is left, and why, where that is worth telling.
fn unread(kind: EntryType, name: &str) -> Option<Option<&'static str>> {
    match kind {
        _ if name.ends_with('/') => Some(None),
        EntryType::Directory | EntryType::XGlobalHeader => Some(None),
        EntryType::Regular | EntryType::Continuous => files::unread(Path::new(name)).map(Some),
        EntryType::Link | EntryType::Symlink => Some(Some("a link")),
        EntryType::GNUSparse => Some(Some("a sparse file")),
        _ => Some(Some("not a file")),
    }
}

/// The archive's bytes, of which no more are read than is allowed: names are read into memory.
struct Guarded {
    inner: Box<dyn BufRead>,
    allowed: Rc<Cell<u64>>,
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let allowed = usize::try_from(self.allowed.get()).unwrap_or(usize::MAX).min(buffer.len());
        if allowed == 0 && !buffer.is_empty() {
            let told = format!("more than {BETWEEN} bytes of headers between two members of the archive");
            return Err(io::Error::new(ErrorKind::FileTooLarge, told));
        }
        let read = self.inner.read(buffer.get_mut(..allowed).unwrap_or_default())?;
        self.allowed.set(self.allowed.get().saturating_sub(read as u64));
        Ok(read)
    }
}

/// The bytes of a member, which must all be there.
struct Member<'a, R> {
    inner: R,
    left: &'a Cell<u64>,
    broken: &'a Cell<bool>,
}

impl<R: Read> Read for Member<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer).and_then(|read| {
            if read == 0 && !buffer.is_empty() && self.left.get() > 0 {
                return Err(io::Error::new(ErrorKind::UnexpectedEof, "the archive ends inside this member"));
            }
            Ok(read)
        });
        match &read {
            Ok(read) => self.left.set(self.left.get().saturating_sub(*read as u64)),
            Err(error) => self.broken.set(error.kind() != ErrorKind::Interrupted),
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use tar::{Builder, Header};

    use super::*;
    use crate::sources::list;

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn header(kind: EntryType, size: u64) -> Header {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size);
        header
    }

    fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        for (name, bytes) in members {
            let kind = if name.ends_with('/') { EntryType::Directory } else { EntryType::Regular };
            builder.append_data(&mut header(kind, bytes.len() as u64), name, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    /// What is told of an archive of that name: `name=text`, `name!error` or `name-reason`.
    fn told(name: &str, bytes: &[u8], caps: &Caps) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(name), bytes).unwrap();
        let root = dir.path().to_string_lossy().into_owned() + "/";
        let mut told = Vec::new();
        let listing = list(&[dir.path().join(name)]);
        assert_eq!(listing.entries.len(), 1);
        listing.entries[0].open(caps, &mut |opened| match opened {
            Opened::Bytes(name, input) => {
                let mut text = Vec::new();
                let ended = input.read_to_end(&mut text);
                let text = String::from_utf8_lossy(&text);
                let ended = ended.map_or_else(|error| format!(" ! {error}"), |_| String::new());
                told.push(format!("{} = {:.9}{ended}", name.trim_start_matches(&root), text.trim()));
            }
            Opened::Skipped(left) => told.push(format!("{} - {}", left.name.trim_start_matches(&root), left.reason)),
            Opened::File(name, _) => panic!("{name} is no archive"),
            Opened::Unreadable(error) => panic!("{error}"),
        });
        told
    }

    #[test]
    fn members_are_read_in_their_order_under_their_names_and_the_rest_is_told() {
        let long = "d/".repeat(80) + "x.json";
        let bytes = tar(&[
            ("b.json", b"[1]"),
            ("a/", b""),
            ("a/z.ndjson.gz", &gz(&gz(b"[2]"))),
            ("a/notes.txt", b"?"),
            ("README.md", b"?"),
            ("inner.tar.gz", b"?"),
            (&long, b"[3]"),
            ("empty.json", b""),
        ]);
        let expected = |archive: &str| {
            vec![
                format!("{archive}!b.json = [1]"),
                format!("{archive}!a/z.ndjson.gz = [2]"),
                format!("{archive}!a/notes.txt - no known extension"),
                format!("{archive}!README.md - a licence or read-me by its name"),
                format!("{archive}!inner.tar.gz - no known extension"),
                format!("{archive}!{long} = [3]"),
                format!("{archive}!empty.json = "),
            ]
        };
        let caps = Caps::default();
        for (name, bytes) in [
            ("a.tar", bytes.clone()),
            ("a.TGZ", gz(&bytes)),
            ("a.tar.gz", gz(&bytes)),
            ("a.tar.zst", zstd::encode_all(&*bytes, 1).unwrap()),
            ("by-content", gz(&bytes)),
        ] {
            assert_eq!(told(name, &bytes, &caps), expected(name));
        }
        assert!(told("none.tar", b"", &caps).is_empty());
    }

    #[test]
    fn a_bomb_costs_its_member_and_a_bomb_of_an_archive_what_is_left_of_it() {
        let bomb = gz(&vec![b' '; 40 << 20]);
        let members: [(&str, &[u8]); 3] = [("a.json", b"[1]"), ("bomb.json.gz", &bomb), ("c.json", b"[3]")];
        let size = bomb.len();
        let strict = Caps { ratio: 50, ..Caps::default() };
        let limit = format!("decompresses to more than 50 times its {size} bytes");
        let bytes = tar(&members);
        assert_eq!(
            told("a.tar", &bytes, &strict),
            ["a.tar!a.json = [1]", &format!("a.tar!bomb.json.gz =  ! {limit}"), "a.tar!c.json = [3]"]
        );
        let large = vec![b' '; 40 << 20];
        let bytes = gz(&tar(&[("a.json", b"[1]"), ("bomb.json", &large), ("c.json", b"[3]")]));
        let limit = format!("decompresses to more than 50 times its {} bytes", bytes.len());
        assert_eq!(
            told("a.tar.gz", &bytes, &strict),
            ["a.tar.gz!a.json = [1]", &format!("a.tar.gz!bomb.json =  ! {limit}")]
        );
        let bytes = gz(&tar(&[("a.json", b"[1]"), ("bomb.txt", &large), ("c.json", b"[3]")]));
        let limit = format!("decompresses to more than 50 times its {} bytes", bytes.len());
        assert_eq!(
            told("a.tar.gz", &bytes, &strict),
            ["a.tar.gz!a.json = [1]", "a.tar.gz!bomb.txt - no known extension", &format!("a.tar.gz =  ! {limit}"),]
        );
    }

    #[test]
    fn an_archive_that_breaks_off_is_told_once() {
        let bytes = tar(&[("a.json", b"[1]"), ("b.json", b"[2,3,4,5]"), ("c.json", b"[6]")]);
        let caps = Caps::default();
        // Two blocks a member.
        assert_eq!(
            told("a.tar", &bytes[..1538], &caps),
            ["a.tar!a.json = [1]", "a.tar!b.json = [2 ! the archive ends inside this member"]
        );
        assert_eq!(
            told("a.tar", &bytes[..1100], &caps),
            ["a.tar!a.json = [1]", "a.tar =  ! failed to read entire block"]
        );
        let mut damaged = bytes.clone();
        damaged[1024 + 20] = b'x';
        assert_eq!(
            told("a.tar", &damaged, &caps),
            ["a.tar!a.json = [1]", "a.tar =  ! archive header checksum mismatch"]
        );
        let twice = [bytes.clone(), bytes].concat();
        assert_eq!(told("a.tar", &twice, &caps)[3..], ["a.tar =  ! more stands behind the end of the archive"]);
        assert_eq!(told("a.tar", b"{}", &caps), ["a.tar =  ! failed to read entire block"]);
    }

    #[test]
    fn what_a_header_claims_is_not_believed() {
        let mut builder = Builder::new(Vec::new());
        builder.append_data(&mut header(EntryType::Regular, 3), "a.json", &b"[1]"[..]).unwrap();
        let mut sparse = header(EntryType::GNUSparse, 0);
        let gnu = sparse.as_gnu_mut().unwrap();
        gnu.realsize = *b"77777777777\0";
        gnu.sparse[0].offset = *b"77777777777\0";
        gnu.sparse[0].numbytes = *b"00000000000\0";
        builder.append_data(&mut sparse, "holes.json", io::empty()).unwrap();
        let mut link = header(EntryType::Symlink, 0);
        link.set_link_name("a.json").unwrap();
        builder.append_data(&mut link, "link.json", io::empty()).unwrap();
        let name = vec![b'n'; 2 << 20];
        builder.append_data(&mut header(EntryType::GNULongName, name.len() as u64), "././@LongLink", &*name).unwrap();
        builder.append_data(&mut header(EntryType::Regular, 3), "c.json", &b"[3]"[..]).unwrap();
        assert_eq!(
            told("a.tar.gz", &gz(&builder.into_inner().unwrap()), &Caps::default()),
            [
                "a.tar.gz!a.json = [1]",
                "a.tar.gz!holes.json - a sparse file",
                "a.tar.gz!link.json - a link",
                "a.tar.gz =  ! more than 1048576 bytes of headers between two members of the archive",
            ]
        );
    }
}
