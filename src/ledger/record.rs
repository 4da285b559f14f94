//! Records as bytes: what a fact is written as in the arena, and how much of it is read to find it again.
//!
//! In: parts of a record. Out: its bytes, and the parts again; `None` where the bytes are none of a record. It refuses to
//! know which records count.

use super::arena::Loc;
use super::bytes::{Reader, put_text, put_varint};
use crate::model::{FactId, ResourceId};

/// What a record is, and what of it holds; its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag(pub(super) u8);

impl Tag {
    const KIND: u8 = 0b11;
    /// A start or stop of a resource.
    pub(super) const TRANSITION: Self = Self(0);
    /// Any other usage fact.
    pub(super) const KEYED: Self = Self(1);
    /// A start that an operation said, among the transitions of its resource; follows from its two halves.
    pub(super) const LINK: Self = Self(2);
    /// A card: anything but usage.
    pub(super) const CARD: Self = Self(3);
    pub(super) const HAS_EARLIER: u8 = 0b100;
    /// Folded in: what it says counts now.
    pub(super) const LIVE: u8 = 0b1000;
    /// Another of its identity counts.
    pub(super) const DEAD: u8 = 0b1_0000;

    pub(super) fn kind(self) -> Self {
        Self(self.0 & Self::KIND)
    }

    pub(super) fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

/// A record that is no card, as far as it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) tag: Tag,
    pub(super) id: Option<FactId>,
    pub(super) account: u32,
    resource: Option<&'a [u8]>,
    /// The one that came before among those of its resource.
    pub(super) earlier: Option<Loc>,
    pub(super) source: u32,
    pub(super) at: u64,
    pub(super) shape: u32,
    pub(super) body: Reader<'a>,
}

impl Record<'_> {
    pub(super) fn is_live(&self) -> bool {
        self.tag.has(Tag::LIVE)
    }

    pub(super) fn is_dead(&self) -> bool {
        self.tag.has(Tag::DEAD)
    }

    pub(super) fn resource(&self) -> Option<ResourceId> {
        Reader(self.resource?).text().map(ResourceId::new)
    }

    /// The halves of the operation that a link stands for: last and first.
    pub(super) fn halves(&self) -> Option<(Loc, Loc)> {
        if self.tag.kind() != Tag::LINK {
            return None;
        }
        let mut body = self.body;
        Some((Loc(u32::from_le_bytes(body.array()?)), Loc(u32::from_le_bytes(body.array()?))))
    }
}

pub(super) fn put_resource_key(out: &mut Vec<u8>, account: u32, resource: &ResourceId) {
    put_varint(out, account.into());
    put_text(out, resource.as_str());
}

pub(super) fn resource_key(account: u32, resource: &ResourceId) -> Vec<u8> {
    let mut key = Vec::with_capacity(24);
    put_resource_key(&mut key, account, resource);
    key
}

/// A record among the transitions of a resource, up to what is its own.
pub(super) fn begin_in_chain(out: &mut Vec<u8>, tag: Tag, key: &[u8], head: Option<Loc>) {
    out.push(tag.0 | if head.is_some() { Tag::HAS_EARLIER } else { 0 });
    out.extend(key);
    out.extend(head.iter().flat_map(|loc| loc.0.to_le_bytes()));
}

/// Account and resource of a start, stop or link, as bytes.
pub(super) fn key_of(bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader(bytes.get(1..)?);
    let whole = reader.0;
    reader.varint()?;
    reader.skip_text()?;
    whole.get(..whole.len() - reader.0.len())
}

/// Whether a record is of this account and resource: they are written right behind its first byte, and never are the
/// beginning of another's.
pub(super) fn has_key(bytes: &[u8], key: &[u8]) -> bool {
    bytes.get(1..).is_some_and(|rest| rest.starts_with(key))
}

/// The identity of a record found by it.
pub(super) fn id_of(bytes: &[u8]) -> Option<FactId> {
    let mut reader = Reader(bytes.get(1..)?);
    Some(FactId::from_bytes(reader.array()?))
}

pub(super) fn read(bytes: &[u8]) -> Option<Record<'_>> {
    let mut reader = Reader(bytes);
    let tag = Tag(reader.byte()?);
    let kind = tag.kind();
    if kind == Tag::CARD {
        return None;
    }
    let id = if kind == Tag::KEYED { Some(FactId::from_bytes(reader.array()?)) } else { None };
    let account = reader.index()?;
    let resource = if kind == Tag::KEYED {
        None
    } else {
        let from = reader.0;
        reader.skip_text()?;
        from.get(..from.len() - reader.0.len())
    };
    let earlier = if tag.has(Tag::HAS_EARLIER) { Some(Loc(u32::from_le_bytes(reader.array()?))) } else { None };
    let (mut source, mut at, mut shape) = (0, 0, 0);
    if kind != Tag::LINK {
        (source, at, shape) = (reader.index()?, reader.varint()?, reader.index()?);
    }
    Some(Record { tag, id, account, resource, earlier, source, at, shape, body: reader })
}

/// Identity, source and place, and JSON of a card.
pub(super) type CardRecord<'a> = (FactId, (u32, u64), &'a [u8]);

pub(super) fn card(bytes: &[u8]) -> Option<CardRecord<'_>> {
    let mut reader = Reader(bytes);
    if Tag(reader.byte()?).kind() != Tag::CARD {
        return None;
    }
    let id = FactId::from_bytes(reader.array()?);
    let position = (reader.index()?, reader.varint()?);
    Some((id, position, reader.0))
}
