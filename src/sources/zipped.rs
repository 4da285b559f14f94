//! Members of zip archives, each readable by itself.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use zip::{CompressionMethod, ZipArchive};

/// Most members of one archive.
pub(super) const MEMBERS: usize = 100_000;

/// Where a member's bytes stand in its archive.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) name: String,
    start: u64,
    pub(super) compressed: u64,
    deflated: bool,
    crc: u32,
}

/// The files of an archive by name; those that cannot be read with the reason.
pub(super) fn members(path: &Path) -> io::Result<Vec<Result<Member, (String, String)>>> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(path)?)).map_err(io::Error::other)?;
    if archive.len() > MEMBERS {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("an archive of more than {MEMBERS} members")));
    }
    let mut members = Vec::new();
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(io::Error::other)?;
        if file.is_dir() {
            continue;
        }
        let name = file.name().map_or_else(|_| format!("member {index}"), |name| name.into_owned());
        let deflated = match file.compression() {
            CompressionMethod::Deflated => true,
            CompressionMethod::Stored => false,
            other => {
                members.push(Err((name, format!("compressed by {other}"))));
                continue;
            }
        };
        members.push(match file.data_start() {
            _ if file.encrypted() => Err((name, "encrypted".to_owned())),
            Some(start) => Ok(Member { name, start, compressed: file.compressed_size(), deflated, crc: file.crc32() }),
            None => Err((name, "its place in the archive is not said".to_owned())),
        });
    }
    members.sort_by(|a, b| key(a).cmp(key(b)));
    Ok(members)
}

fn key(member: &Result<Member, (String, String)>) -> &str {
    match member {
        Ok(member) => &member.name,
        Err((name, _)) => name,
    }
}

impl Member {
    /// Its bytes, decompressed and checked against its checksum at the end.
    pub(super) fn open(&self, path: &Path) -> io::Result<Box<dyn Read>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(self.start))?;
        let raw = BufReader::new(file.take(self.compressed));
        let inner: Box<dyn Read> =
            if self.deflated { Box::new(flate2::bufread::DeflateDecoder::new(raw)) } else { Box::new(raw) };
        Ok(Box::new(Checked { inner, crc: flate2::Crc::new(), meant: self.crc }))
    }
}

struct Checked {
    inner: Box<dyn Read>,
    crc: flate2::Crc,
    meant: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.crc.update(buffer.get(..read).unwrap_or_default());
        if read == 0 && !buffer.is_empty() && self.crc.sum() != self.meant {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the member's checksum differs"));
        }
        Ok(read)
    }
}
