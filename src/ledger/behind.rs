//! The facts behind what one key did, each with the hours it speaks of: from here evidence is drawn (D10).
//!
//! In: entries, put and taken in any order. Out: the first and the last few, by (time, identity), of those that speak of
//! some hours. Entries stand in blocks that know the hours of all of theirs, so that looking for few among millions
//! reads few. It refuses to know what a fact says.

use super::arena::Loc;
use crate::model::{EventTime, Hour};

/// Entries of a block.
const BLOCK: usize = 128;
/// The last hour of what has not ended.
pub(super) const OPEN: Hour = Hour(i32::MAX as i64);

/// A fact and the hours it speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) time: EventTime,
    /// Half of the fact's identity: tells facts of one instant apart, the same everywhere.
    pub(super) half: u64,
    pub(super) loc: Loc,
    /// How many of something it says.
    pub(super) count: u32,
    first: i32,
    last: i32,
}

impl Entry {
    pub(super) fn new(time: EventTime, half: u64, loc: Loc, count: u32, (first, last): (Hour, Hour)) -> Self {
        // Hours of any time that can be held fit.
        let narrow = |hour: Hour| i32::try_from(hour.0).unwrap_or(if hour.0 < 0 { i32::MIN } else { i32::MAX });
        Self { time, half, loc, count, first: narrow(first), last: narrow(last) }
    }

    fn order(&self) -> (EventTime, u64, Loc, i32, i32) {
        (self.time, self.half, self.loc, self.first, self.last)
    }

    fn speaks_of(&self, first: Hour, last: Hour) -> bool {
        i64::from(self.first) <= last.0 && i64::from(self.last) >= first.0
    }

    /// What begins at this very instant and has no end has not run yet.
    fn has_run(&self, now: EventTime) -> bool {
        i64::from(self.last) != OPEN.0 || self.time < now
    }
}

#[derive(Clone, Debug)]
struct Block {
    /// The hours of all entries.
    first: i32,
    last: i32,
    entries: Vec<Entry>,
}

impl Block {
    fn of(entries: Vec<Entry>) -> Self {
        let mut block = Self { first: i32::MAX, last: i32::MIN, entries };
        block.measure();
        block
    }

    fn measure(&mut self) {
        self.first = self.entries.iter().map(|entry| entry.first).min().unwrap_or(i32::MAX);
        self.last = self.entries.iter().map(|entry| entry.last).max().unwrap_or(i32::MIN);
    }

    fn speaks_of(&self, first: Hour, last: Hour) -> bool {
        i64::from(self.first) <= last.0 && i64::from(self.last) >= first.0
    }
}

/// Entries by (time, identity).
#[derive(Clone, Debug, Default)]
pub(super) struct Behind {
    blocks: Vec<Block>,
}

impl Behind {
    fn block_of(&self, entry: &Entry) -> usize {
        let after = self.blocks.partition_point(|b| b.entries.first().is_some_and(|e| e.order() <= entry.order()));
        after.saturating_sub(1)
    }

    pub(super) fn put(&mut self, entry: Entry) {
        let at = self.block_of(&entry);
        let Some(block) = self.blocks.get_mut(at) else {
            self.blocks = vec![Block::of(vec![entry])];
            return;
        };
        let index = block.entries.partition_point(|e| e.order() <= entry.order());
        block.entries.insert(index, entry);
        block.first = block.first.min(entry.first);
        block.last = block.last.max(entry.last);
        if block.entries.len() > BLOCK {
            // Most entries come last: a block that grows at its end stays full.
            let keep = if index + 1 == block.entries.len() { BLOCK } else { BLOCK / 2 };
            let rest = Block::of(block.entries.split_off(keep));
            block.measure();
            self.blocks.insert(at + 1, rest);
        }
    }

    pub(super) fn take(&mut self, entry: &Entry) {
        let at = self.block_of(entry);
        let Some(block) = self.blocks.get_mut(at) else { return };
        if let Ok(index) = block.entries.binary_search_by(|e| e.order().cmp(&entry.order())) {
            block.entries.remove(index);
            if block.entries.is_empty() {
                self.blocks.remove(at);
            } else if entry.first == block.first || entry.last == block.last {
                block.measure();
            }
        }
    }

    /// The first `most` different facts that speak of these hours, of which `now` is the end.
    pub(super) fn first(&self, most: usize, hours: (Hour, Hour), now: EventTime) -> Vec<Entry> {
        different(self.forth(hours).filter(|entry| entry.has_run(now)), most)
    }

    /// The last `most` different facts that speak of these hours, latest first.
    pub(super) fn last(&self, most: usize, hours: (Hour, Hour), now: EventTime) -> Vec<Entry> {
        different(self.back(hours).filter(|entry| entry.has_run(now)), most)
    }

    /// The first instant of these hours, with how many.
    pub(super) fn earliest(&self, hours: (Hour, Hour)) -> Option<(EventTime, i64)> {
        self.forth(hours).next().map(|entry| (entry.time, i64::from(entry.count)))
    }

    /// The last `most` instants of these hours in order, each with how many.
    pub(super) fn latest(&self, most: usize, hours: (Hour, Hour)) -> Vec<(EventTime, i64)> {
        let mut times: Vec<(EventTime, i64)> = Vec::new();
        for entry in self.back(hours) {
            match times.last_mut() {
                Some((time, count)) if *time == entry.time => *count += i64::from(entry.count),
                last => {
                    if last.is_some() && times.len() == most {
                        break;
                    }
                    times.push((entry.time, entry.count.into()));
                }
            }
        }
        times.reverse();
        times
    }

    /// All of them, by (time, identity).
    pub(super) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.blocks.iter().flat_map(|block| &block.entries)
    }

    fn forth(&self, (first, last): (Hour, Hour)) -> impl Iterator<Item = &Entry> {
        let blocks = self.blocks.iter().filter(move |block| block.speaks_of(first, last));
        blocks.flat_map(|block| &block.entries).filter(move |entry| entry.speaks_of(first, last))
    }

    fn back(&self, (first, last): (Hour, Hour)) -> impl Iterator<Item = &Entry> {
        let blocks = self.blocks.iter().rev().filter(move |block| block.speaks_of(first, last));
        blocks.flat_map(|block| block.entries.iter().rev()).filter(move |entry| entry.speaks_of(first, last))
    }
}

/// A machine that was closed and opened again, and an operation that started many, are one fact behind several spans.
fn different<'a>(entries: impl Iterator<Item = &'a Entry>, most: usize) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::with_capacity(most.min(BLOCK));
    for entry in entries {
        if found.last().is_some_and(|last| (last.time, last.half) == (entry.time, entry.half)) {
            continue;
        }
        if found.len() == most {
            break;
        }
        found.push(*entry);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_last_are_those_of_a_plain_search_whatever_was_put_and_taken() {
        let entry = |n: i64| {
            let (time, half) = (Hour(n * 7 % 50).start(), (n % 3).unsigned_abs());
            Entry::new(time, half, Loc(n as u32), 1, (Hour(n * 7 % 50), Hour(n * 7 % 50 + n % 11)))
        };
        let mut behind = Behind::default();
        let mut plain: Vec<Entry> = (0..900).map(entry).collect();
        plain.iter().for_each(|entry| behind.put(*entry));
        for n in (0..900).step_by(3) {
            behind.take(&entry(n));
            plain.retain(|e| *e != entry(n));
        }
        plain.sort_by_key(Entry::order);
        for (first, last) in [(0, 0), (10, 12), (30, 70), (61, 61), (90, 99)].map(|(a, b)| (Hour(a), Hour(b))) {
            let all = || plain.iter().filter(|e| e.speaks_of(first, last));
            assert_eq!(behind.first(5, (first, last), EventTime::MAX), different(all(), 5));
            assert_eq!(behind.last(5, (first, last), EventTime::MAX), different(all().rev(), 5));
        }
    }
}
