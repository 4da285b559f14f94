//! Bytes of records, one behind the other, in chunks that a copy of the arena shares.
//!
//! In: records. Out: where each stands, for good. A record never moves; only the byte it begins with may change. A copy
//! costs a pointer a chunk, so a snapshot holds nobody up. It refuses records longer than a chunk, and more than 4 GiB.

use std::sync::Arc;

use super::bytes::{Reader, put_varint, varint_len};

const CHUNK: usize = 1 << 16;
/// Chunks that a place can name.
const CHUNKS: usize = 1 << 16;

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Loc(pub(super) u32);

/// Records in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Arena {
    chunks: Vec<Arc<Vec<u8>>>,
}

impl Arena {
    /// Of chunks as they were.
    pub(super) fn of(chunks: Vec<Vec<u8>>) -> Self {
        Self { chunks: chunks.into_iter().map(Arc::new).collect() }
    }

    /// Puts a record, whose first byte may be changed later; `None` when it does not fit.
    pub(super) fn push(&mut self, record: &[u8]) -> Option<Loc> {
        let length = varint_len(record.len() as u64) + record.len();
        if length > CHUNK {
            return None;
        }
        if self.chunks.last().is_none_or(|chunk| chunk.len() + length > CHUNK) {
            if self.chunks.len() == CHUNKS {
                return None;
            }
            // The first chunk grows: small shards, of which tests have many, stay small.
            let capacity = if self.chunks.is_empty() { 0 } else { CHUNK };
            self.chunks.push(Arc::new(Vec::with_capacity(capacity)));
        }
        let index = self.chunks.len().checked_sub(1)?;
        let chunk = Arc::make_mut(self.chunks.last_mut()?);
        let at = chunk.len();
        put_varint(chunk, record.len() as u64);
        chunk.extend_from_slice(record);
        Some(Loc(u32::try_from(index << 16 | at).ok()?))
    }

    /// The record at a place; nothing where there is none.
    pub(super) fn get(&self, loc: Loc) -> &[u8] {
        let chunk = self.chunks.get((loc.0 >> 16) as usize);
        let from = chunk.and_then(|chunk| chunk.get((loc.0 & 0xffff) as usize..)).unwrap_or_default();
        let mut reader = Reader(from);
        reader.length().and_then(|length| reader.bytes(length)).unwrap_or_default()
    }

    /// Changes the first byte of a record.
    pub(super) fn mark(&mut self, loc: Loc, change: impl FnOnce(u8) -> u8) {
        let header = self.chunks.get((loc.0 >> 16) as usize).and_then(|chunk| {
            let from = chunk.get((loc.0 & 0xffff) as usize..)?;
            from.iter().position(|byte| *byte < 0x80).map(|last| last + 1)
        });
        let (Some(header), Some(chunk)) = (header, self.chunks.get_mut((loc.0 >> 16) as usize)) else { return };
        let at = (loc.0 & 0xffff) as usize + header;
        // A snapshot that is still being written keeps its own copy.
        if let Some(first) = Arc::make_mut(chunk).get_mut(at) {
            *first = change(*first);
        }
    }

    /// The first record at a place or behind it, in the order in which they came; and the place behind it.
    pub(super) fn next(&self, from: Loc) -> Option<(Loc, Loc)> {
        let (mut index, mut at) = ((from.0 >> 16) as usize, (from.0 & 0xffff) as usize);
        while let Some(chunk) = self.chunks.get(index) {
            let mut reader = Reader(chunk.get(at..).unwrap_or_default());
            if let Some(length) = reader.length().filter(|length| reader.bytes(*length).is_some()) {
                let loc = Loc(u32::try_from(index << 16 | at).ok()?);
                let behind = at + varint_len(length as u64) + length;
                let behind = if behind < CHUNK { index << 16 | behind } else { (index + 1) << 16 };
                return Some((loc, Loc(u32::try_from(behind).unwrap_or(u32::MAX))));
            }
            (index, at) = (index + 1, 0);
        }
        None
    }

    /// The bytes themselves.
    pub(super) fn chunks(&self) -> impl Iterator<Item = &Arc<Vec<u8>>> {
        self.chunks.iter()
    }

    /// How many bytes.
    pub(super) fn len(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_stay_where_they_are_and_a_copy_does_not_see_later_marks() {
        let mut arena = Arena::default();
        let records: Vec<Vec<u8>> = (0..2_000u32).map(|n| vec![n as u8; 1 + n as usize % 300]).collect();
        let locs: Vec<Loc> = records.iter().map(|record| arena.push(record).unwrap()).collect();
        let copy = arena.clone();
        arena.mark(locs[700], |_| 99);
        assert!(locs.iter().zip(&records).all(|(loc, record)| copy.get(*loc) == record));
        assert_eq!(arena.get(locs[700])[0], 99);
        let all = std::iter::successors(copy.next(Loc(0)), |(_, behind)| copy.next(*behind)).map(|(loc, _)| loc);
        assert!(all.eq(locs.iter().copied()));
        assert!(arena.push(&vec![0; CHUNK]).is_none(), "longer than a chunk");
        assert_eq!(arena.get(Loc(u32::MAX)), b"");
    }
}
