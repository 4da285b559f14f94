//! What a snapshot is a snapshot of.
//!
//! In: the identity of a log and a place in it. Out: the same as bytes, and back. It refuses texts longer than it could
//! read again.

use super::error::{Damage, StoreError};
use super::name::Name;
use crate::model::Text;

/// Most bytes of each text.
const TEXT: usize = 1024;

/// Of which log, shard and moment a snapshot is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Identity of the fact log: what tells it from another one of the same name. At most 1024 bytes.
    pub log: Text,
    /// Number of virtual shards of the log.
    pub shards: u32,
    /// Which of them, from 0.
    pub shard: u32,
    /// Which log this is, of those that followed each other; from 1.
    pub epoch: u32,
    /// Offset in the log up to and including which everything is folded.
    pub position: u64,
    /// Digest of the configuration it was folded under. At most 1024 bytes.
    pub configuration: Text,
}

/// What a snapshot must be of to be of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// Identity of the fact log.
    pub log: Text,
    /// Its number of virtual shards.
    pub shards: u32,
    /// Which of them.
    pub shard: u32,
    /// Its epoch. Snapshots of earlier epochs are left alone; that there are later ones is a refusal.
    pub epoch: u32,
}

impl Header {
    /// As bytes: numbers in little-endian order, texts after their lengths (`u16`).
    pub(super) fn write(&self) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        for number in [self.shards, self.shard, self.epoch] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.position.to_le_bytes());
        for (field, text) in [("log", &self.log), ("configuration", &self.configuration)] {
            let length = u16::try_from(text.len()).ok().filter(|_| text.len() <= TEXT).ok_or_else(|| {
                StoreError::LongText { name: Name::of(self).text(), field, bytes: text.len(), most: TEXT }
            })?;
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        Ok(bytes)
    }

    /// From the first of `bytes`, which it takes away.
    pub(super) fn read(bytes: &mut &[u8]) -> Result<Self, Damage> {
        let shards = u32::from_le_bytes(take(bytes)?);
        let shard = u32::from_le_bytes(take(bytes)?);
        let epoch = u32::from_le_bytes(take(bytes)?);
        let position = u64::from_le_bytes(take(bytes)?);
        let log = text(bytes)?;
        let configuration = text(bytes)?;
        Ok(Self { log, shards, shard, epoch, position, configuration })
    }
}

/// The first `N` bytes, taken away.
pub(super) fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], Damage> {
    let (first, rest) = bytes.split_first_chunk().ok_or(Damage::Malformed("it ends within a number"))?;
    *bytes = rest;
    Ok(*first)
}

fn text(bytes: &mut &[u8]) -> Result<Text, Damage> {
    let length = usize::from(u16::from_le_bytes(take(bytes)?));
    let (first, rest) = bytes
        .split_at_checked(length)
        .filter(|_| length <= TEXT)
        .ok_or(Damage::Malformed("a text of its header is too long"))?;
    *bytes = rest;
    std::str::from_utf8(first).map(Text::new).map_err(|_| Damage::Malformed("a text of its header is not UTF-8"))
}
