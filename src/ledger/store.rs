//! Facts by identity: of those that share one, the greatest rank is kept (D1).
//!
//! In: facts with positions. Out: what became of each, and where it is held. The position kept is that of the copy first
//! seen; it is shown to people and never compared. What starts or stops a machine is found by the machine, all else by
//! its identity; both in few bytes, since most of an account's machines hold no accelerator.

use std::cmp::Ordering;

use hashbrown::HashTable;

use super::arena::{Arena, Loc};
use super::bytes::{put_varint, varint_len};
use super::intern::{Interner, hash};
use super::pack;
use super::record::{Record, Tag, begin_in_chain, card, has_key, id_of, key_of, put_resource_key, read, resource_key};
use super::shape::{Outline, Shape};
use crate::decode::{self, Outcome};
use crate::model::{AccountId, ContentHash, Fact, FactId, Position, ResourceId, Text, Usage, UsageKind};

/// What became of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Its identity was new.
    Applied,
    /// It said what was known.
    Duplicate,
    /// It lost against what was known, or what was known lost against it: one of the two counts no more.
    Superseded,
    /// It cannot be held: see `Refusal` for why.
    Refused,
}

impl Fate {
    /// Every one, in order.
    pub const ALL: &'static [Self] = &[Self::Applied, Self::Duplicate, Self::Superseded, Self::Refused];

    /// As metrics name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Duplicate => "duplicate",
            Self::Superseded => "superseded",
            Self::Refused => "refused",
        }
    }
}

/// Where a fact landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Landed {
    /// Its identity was new.
    New(Loc),
    /// It counts, and what counted until now does no more.
    Won { now: Loc, before: Loc },
    /// It said what was known.
    Same,
    /// It lost against what was known.
    Lost,
    /// There is no room, or it is longer than can be held.
    Full,
}

impl Landed {
    pub(super) fn fate(self) -> Fate {
        match self {
            Self::New(_) => Fate::Applied,
            Self::Same => Fate::Duplicate,
            Self::Won { .. } | Self::Lost => Fate::Superseded,
            Self::Full => Fate::Refused,
        }
    }
}

/// Facts and what they share.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    pub(super) arena: Arena,
    pub(super) shapes: Interner<Shape>,
    pub(super) sources: Interner<Text>,
    pub(super) accounts: Interner<AccountId>,
    by_id: HashTable<Loc>,
    /// Of each resource the record that came last; each names the one before.
    by_resource: HashTable<Loc>,
    desk: Desk,
}

/// Where a record is written before it is put: kept, so that a fact costs no allocation of its own.
#[derive(Clone, Debug, Default)]
struct Desk {
    /// Shape and own parts.
    content: Vec<u8>,
    key: Vec<u8>,
    record: Vec<u8>,
}

impl Desk {
    fn clear(&mut self) {
        for part in [&mut self.content, &mut self.key, &mut self.record] {
            part.clear();
        }
    }
}

impl Store {
    /// Takes a usage fact in, and says which account it is of. Its identity follows from it, where it was not held before.
    pub(super) fn put(&mut self, usage: &Usage, id: Option<FactId>, position: &Position) -> (Landed, u32) {
        let account = match self.accounts.find(&usage.account) {
            Some(found) => Some(found),
            None => self.accounts.put(usage.account.clone()).map(|(account, _)| account),
        };
        let landed = account.and_then(|account| self.try_put(account, usage, id, position));
        (landed.unwrap_or(Landed::Full), account.unwrap_or_default())
    }

    fn try_put(&mut self, account: u32, usage: &Usage, id: Option<FactId>, position: &Position) -> Option<Landed> {
        let outline = Outline::of(usage);
        let shape = match self.shapes.find_like(&outline, |shape| shape.fits(&outline)) {
            Some(found) => found,
            None => self.shapes.put(Shape::of(usage))?.0,
        };
        let mut desk = std::mem::take(&mut self.desk);
        desk.clear();
        put_varint(&mut desk.content, shape.into());
        pack::put_own(&mut desk.content, usage);
        let landed = match pack::resource(usage) {
            Some(resource) => self.put_transition(usage, account, resource, &mut desk, position),
            None => self.put_keyed(usage, account, id, &mut desk, position),
        };
        self.desk = desk;
        landed
    }

    fn put_keyed(
        &mut self,
        usage: &Usage,
        account: u32,
        id: Option<FactId>,
        desk: &mut Desk,
        position: &Position,
    ) -> Option<Landed> {
        let id = id.unwrap_or_else(|| usage.identity());
        let found = self.find(&id);
        let rival = found.map(|loc| (loc, self.content(loc) == Some(&desk.content[..])));
        match self.settle(rival, || Fact::Usage(usage.clone()).rank()) {
            Settled::Ended(landed) => Some(landed),
            Settled::Counts(before) => {
                let record = &mut desk.record;
                record.push(Tag::KEYED.0);
                record.extend(id.bytes());
                put_varint(record, account.into());
                self.put_position(record, position)?;
                record.extend(&desk.content);
                self.put_by_id(&id, record, before)
            }
        }
    }

    fn put_transition(
        &mut self,
        usage: &Usage,
        account: u32,
        resource: &ResourceId,
        Desk { content, record, key }: &mut Desk,
        position: &Position,
    ) -> Option<Landed> {
        put_resource_key(key, account, resource);
        let hashed = hash(&key[..]);
        let head = self.head(key, hashed);
        let rival = self.chain(head).find(|(_, record)| self.is_same(record, usage));
        let rival = rival.map(|(loc, _)| (loc, self.content(loc) == Some(&content[..])));
        match self.settle(rival, || Fact::Usage(usage.clone()).rank()) {
            Settled::Ended(landed) => Some(landed),
            Settled::Counts(before) => {
                begin_in_chain(record, Tag::TRANSITION, key, head);
                self.put_position(record, position)?;
                record.extend(&content[..]);
                let now = self.put_in_chain(hashed, head, record)?;
                self.outdo(before);
                Some(before.map_or(Landed::New(now), |before| Landed::Won { now, before }))
            }
        }
    }

    /// Whether a record has the identity of a start or stop of the same resource.
    fn is_same(&self, record: &Record<'_>, usage: &Usage) -> bool {
        if record.is_dead() || record.tag.kind() == Tag::LINK {
            return false;
        }
        let mut body = record.body;
        let Some(shape) = self.shapes.get(record.shape) else { return false };
        let same_kind = match (&shape.kind, &usage.kind) {
            (UsageKind::CapacityStarted { .. }, UsageKind::CapacityStarted { .. }) => true,
            (UsageKind::CapacityStopped { end: one, .. }, UsageKind::CapacityStopped { end: other, .. }) => {
                one == other
            }
            _ => false,
        };
        // An identity takes a region that is not said for an empty one.
        let region = |region: &Option<crate::model::Region>| region.as_ref().map(|r| r.text()).unwrap_or_default();
        same_kind && region(&shape.region) == region(&usage.region) && pack::time(&mut body) == Some(usage.time)
    }

    /// Takes a card in.
    pub(super) fn put_card(&mut self, fact: &Fact, position: &Position) -> Landed {
        self.try_put_card(fact, position).unwrap_or(Landed::Full)
    }

    fn try_put_card(&mut self, fact: &Fact, position: &Position) -> Option<Landed> {
        let id = fact.identity();
        let json = serde_json::to_vec(fact).ok()?;
        let mut head = Vec::with_capacity(json.len() + 32);
        head.push(Tag::CARD.0);
        head.extend(id.bytes());
        self.put_position(&mut head, position)?;
        let rival = self.find(&id).map(|loc| (loc, self.card_json(loc).is_some_and(|(_, known)| known == json)));
        match self.settle(rival, || fact.rank()) {
            Settled::Ended(landed) => Some(landed),
            Settled::Counts(before) => {
                head.extend(json);
                self.put_by_id(&id, &head, before)
            }
        }
    }

    fn put_position(&mut self, out: &mut Vec<u8>, position: &Position) -> Option<()> {
        let source = match self.sources.find(&position.source) {
            Some(source) => source,
            None => self.sources.put(position.source.clone())?.0,
        };
        put_varint(out, source.into());
        put_varint(out, position.at);
        Some(())
    }

    /// D1: against the one that counts, if any. Its rank is only asked for where the two say different things.
    fn settle(&self, rival: Option<(Loc, bool)>, rank: impl FnOnce() -> Rank) -> Settled {
        let Some((loc, same)) = rival else { return Settled::Counts(None) };
        if same {
            return Settled::Ended(Landed::Same);
        }
        let before = self.fact(loc).map(|known| known.rank());
        match before.map(|before| rank().cmp(&before)) {
            Some(Ordering::Equal) => Settled::Ended(Landed::Same),
            Some(Ordering::Less) => Settled::Ended(Landed::Lost),
            Some(Ordering::Greater) | None => Settled::Counts(Some(loc)),
        }
    }

    /// Another record counts instead. That this one is live stays: whoever folded it in takes it back first.
    fn outdo(&mut self, before: Option<Loc>) {
        before.iter().for_each(|loc| self.arena.mark(*loc, |tag| tag | Tag::DEAD));
    }

    fn put_by_id(&mut self, id: &FactId, record: &[u8], before: Option<Loc>) -> Option<Landed> {
        let now = self.arena.push(record)?;
        self.outdo(before);
        let arena = &self.arena;
        match self.by_id.find_mut(id.half(), |loc| id_of(arena.get(*loc)).as_ref() == Some(id)) {
            Some(slot) => *slot = now,
            None => {
                let half = |loc: &Loc| id_of(arena.get(*loc)).map_or(0, |id| id.half());
                self.by_id.insert_unique(id.half(), now, half);
            }
        }
        Some(before.map_or(Landed::New(now), |before| Landed::Won { now, before }))
    }

    /// The record that counts for an identity that is none of a start or stop.
    fn find(&self, id: &FactId) -> Option<Loc> {
        self.by_id.find(id.half(), |loc| id_of(self.arena.get(*loc)).as_ref() == Some(id)).copied()
    }

    fn head(&self, key: &[u8], hashed: u64) -> Option<Loc> {
        self.by_resource.find(hashed, |loc| has_key(self.arena.get(*loc), key)).copied()
    }

    fn put_in_chain(&mut self, hashed: u64, head: Option<Loc>, record: &[u8]) -> Option<Loc> {
        let now = self.arena.push(record)?;
        let arena = &self.arena;
        match head.and_then(|head| self.by_resource.find_mut(hashed, |loc| *loc == head)) {
            Some(slot) => *slot = now,
            None => {
                let rehash = |loc: &Loc| key_of(arena.get(*loc)).map_or(0, hash);
                self.by_resource.insert_unique(hashed, now, rehash);
            }
        }
        Some(now)
    }

    /// Puts a start that an operation said among the transitions of a resource, live.
    pub(super) fn link(&mut self, account: u32, resource: &ResourceId, last: Loc, first: Loc) -> Option<Loc> {
        let key = resource_key(account, resource);
        let hashed = hash(&key[..]);
        let head = self.head(&key, hashed);
        let mut record = Vec::new();
        begin_in_chain(&mut record, Tag(Tag::LINK.0 | Tag::LIVE), &key, head);
        record.extend([last.0, first.0].iter().flat_map(|loc| loc.to_le_bytes()));
        self.put_in_chain(hashed, head, &record)
    }

    /// Takes such a start away.
    pub(super) fn unlink(&mut self, loc: Loc) {
        self.arena.mark(loc, |tag| (tag | Tag::DEAD) & !Tag::LIVE);
    }

    /// Forgets a record; it is left out when the facts are opened again.
    pub(super) fn kill(&mut self, loc: Loc) {
        self.unlink(loc);
        let arena = &self.arena;
        let Some(id) = id_of(arena.get(loc)) else { return };
        if let Ok(entry) = self.by_id.find_entry(id.half(), |known| *known == loc) {
            entry.remove();
        }
    }

    /// Folds a record in, or takes it back.
    pub(super) fn set_live(&mut self, loc: Loc, live: bool) {
        self.arena.mark(loc, |tag| if live { tag | Tag::LIVE } else { tag & !Tag::LIVE });
    }

    /// The latest come record of every resource, in no order that means anything.
    pub(super) fn heads(&self) -> Vec<Loc> {
        let mut heads: Vec<Loc> = self.by_resource.iter().copied().collect();
        heads.sort();
        heads
    }

    /// Forgets a resource.
    pub(super) fn drop_resource(&mut self, account: u32, resource: &ResourceId) {
        let key = resource_key(account, resource);
        let arena = &self.arena;
        if let Ok(entry) = self.by_resource.find_entry(hash(&key[..]), |loc| key_of(arena.get(*loc)) == Some(&key[..]))
        {
            entry.remove();
        }
    }

    /// The record of a resource that came last.
    pub(super) fn latest(&self, account: u32, resource: &ResourceId) -> Option<Loc> {
        let key = resource_key(account, resource);
        self.head(&key, hash(&key[..]))
    }

    /// Every record of a resource, latest come first.
    pub(super) fn transitions(&self, account: u32, resource: &ResourceId) -> impl Iterator<Item = (Loc, Record<'_>)> {
        self.chain(self.latest(account, resource))
    }

    fn chain(&self, head: Option<Loc>) -> impl Iterator<Item = (Loc, Record<'_>)> {
        let mut next = head;
        std::iter::from_fn(move || {
            let loc = next?;
            let record = self.record(loc)?;
            next = record.earlier;
            Some((loc, record))
        })
    }

    /// A record that is no card.
    pub(super) fn record(&self, loc: Loc) -> Option<Record<'_>> {
        read(self.arena.get(loc))
    }

    /// Shape and own parts, as bytes.
    fn content(&self, loc: Loc) -> Option<&[u8]> {
        let bytes = self.arena.get(loc);
        let record = read(bytes)?;
        bytes.get(bytes.len().checked_sub(record.body.0.len() + varint_len(record.shape.into()))?..)
    }

    /// The usage fact of a record, but for who acted and the event's id.
    pub(super) fn usage(&self, loc: Loc) -> Option<Usage> {
        let record = self.record(loc)?;
        let account = self.accounts.get(record.account)?.clone();
        let mut body = record.body;
        pack::join(account, self.shapes.get(record.shape)?, record.resource(), &mut body)
    }

    /// Who a usage fact is.
    pub(super) fn id(&self, loc: Loc) -> Option<FactId> {
        match self.record(loc)?.id {
            Some(id) => Some(id),
            None => Some(self.usage(loc)?.identity()),
        }
    }

    pub(super) fn position(&self, loc: Loc) -> Option<Position> {
        let record = self.record(loc)?;
        Some(Position { source: self.sources.get(record.source)?.clone(), at: record.at })
    }

    fn card_json(&self, loc: Loc) -> Option<(FactId, &[u8])> {
        card(self.arena.get(loc)).map(|(id, _, json)| (id, json))
    }

    /// A card or usage fact.
    pub(super) fn fact(&self, loc: Loc) -> Option<Fact> {
        match self.card_json(loc) {
            Some((_, json)) => read_card(json),
            None => self.usage(loc).map(Fact::Usage),
        }
    }

    /// The same facts, to be read one by one only.
    pub(super) fn frozen(&self) -> Self {
        Self {
            arena: self.arena.clone(),
            shapes: self.shapes.frozen(),
            sources: self.sources.frozen(),
            accounts: self.accounts.frozen(),
            by_id: HashTable::new(),
            by_resource: HashTable::new(),
            desk: Desk::default(),
        }
    }

    /// The first fact that counts from a place on, with its position; and the place behind it.
    pub(super) fn next(&self, from: Loc) -> Option<(Position, Known, Loc)> {
        let mut from = Some(from);
        while let Some((loc, behind)) = from.and_then(|from| self.arena.next(from)) {
            if let Some((position, known)) = self.known(loc) {
                return Some((position, known, behind));
            }
            from = Some(behind);
        }
        None
    }

    fn known(&self, loc: Loc) -> Option<(Position, Known)> {
        let bytes = self.arena.get(loc);
        let tag = Tag(*bytes.first()?);
        if tag.has(Tag::DEAD) || tag.kind() == Tag::LINK {
            return None;
        }
        let position = |source: u32, at| Some(Position { source: self.sources.get(source)?.clone(), at });
        if let Some((_, (source, at), json)) = card(bytes) {
            return Some((position(source, at)?, Known::Card(read_card(json)?)));
        }
        let record = read(bytes)?;
        let usage = self.usage(loc)?;
        let id = record.id.unwrap_or_else(|| usage.identity());
        Some((position(record.source, record.at)?, Known::Usage(usage, id)))
    }
}

/// A fact as it is held: of usage all but who acted and ids, with its identity.
#[derive(Clone, Debug)]
pub enum Known {
    /// Anything but usage.
    Card(Fact),
    /// Usage.
    Usage(Usage, FactId),
}

/// What decides between two facts of one identity ([`Fact::rank`]).
type Rank = (u64, i64, ContentHash);

/// What D1 says of a fact.
enum Settled {
    Ended(Landed),
    Counts(Option<Loc>),
}

fn read_card(json: &[u8]) -> Option<Fact> {
    let mut found = None;
    let mut input = json;
    decode::stream(&Text::default(), &mut input, &decode::Settings::default(), &mut |item| {
        if let Outcome::Relevant(facts) = item.outcome {
            found = facts.into_iter().next();
        }
    });
    found
}

#[cfg(test)]
mod tests;
