//! The same facts under another rulebook, evaluated beside the one in force, in slices (D11).
//!
//! In: a snapshot, a rulebook, and the facts that come meanwhile. Out: shards in which everything is evaluated under that
//! rulebook alone. It refuses to publish: whoever takes it over does, and only what is another alert than before.

use std::num::NonZeroU32;

use super::Rulebook;
use super::accounts::Said;
use super::partition;
use super::shard::Shard;
use super::snapshot::{Saved, Snapshot};
use crate::ledger::{Cursor, Retention};
use crate::model::{Fact, Hour, Position};

/// Rules look back further than facts are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "facts are held from {} on, and the longest window of the rules reaches back to {}: fold the log again from there, \
     or shorten the window", .held.start(), .needed.start()
)]
pub struct Forgotten {
    /// The first hour of which anything is known.
    pub held: Hour,
    /// The first hour that rules may look at.
    pub needed: Hour,
}

#[derive(Debug)]
pub(super) struct Reopening {
    book: Rulebook,
    count: NonZeroU32,
    shards: Vec<Shard>,
    /// What is still to be taken over, shard by shard.
    left: Vec<(Saved, Cursor)>,
    ticks: Vec<(Position, Fact)>,
    /// Whether everybody has spoken once.
    weighing: bool,
}

impl Reopening {
    pub(super) fn begin(book: Rulebook, snapshot: Snapshot) -> Result<Self, Forgotten> {
        let retention = book.retention(snapshot.lateness);
        let count = u32::try_from(snapshot.shards.len()).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        snapshot.shards.iter().try_for_each(|saved| reaches(saved, retention))?;
        let shards = snapshot.shards.iter().map(|saved| Shard::reopen(saved, retention, &book)).collect();
        let left = snapshot.shards.into_iter().map(|saved| (saved.facts.begin(), saved)).map(|(at, saved)| (saved, at));
        Ok(Self { book, count, shards, left: left.collect(), ticks: Vec::new(), weighing: false })
    }

    /// What is to be in force.
    pub(super) fn book(&self) -> &Rulebook {
        &self.book
    }

    /// A fact that came meanwhile, and was not refused. Time stands still until all is taken over: what is still to come
    /// may be needed by what would be forgotten.
    pub(super) fn apply(&mut self, position: &Position, fact: &Fact) {
        if matches!(fact, Fact::Tick(_)) && !self.left.is_empty() {
            self.ticks.push((position.clone(), fact.clone()));
            return;
        }
        let book = &self.book;
        route(&mut self.shards, self.count, fact).for_each(|shard| {
            shard.fold(position, fact, None, book);
        });
    }

    /// Takes so many facts over; whether none is left.
    pub(super) fn fold(&mut self, most: usize) -> bool {
        for _ in 0..most {
            let Some(at) = self.left.len().checked_sub(1) else { return true };
            let (Some((saved, cursor)), Some(shard)) = (self.left.last_mut(), self.shards.get_mut(at)) else {
                return true;
            };
            match saved.facts.next(cursor) {
                Some((position, known)) => shard.take_over(&position, known, &self.book),
                None => {
                    self.left.pop();
                    self.let_time_pass();
                }
            }
        }
        self.left.is_empty()
    }

    fn let_time_pass(&mut self) {
        if self.left.is_empty() {
            let ticks = std::mem::take(&mut self.ticks);
            ticks.iter().for_each(|(position, tick)| self.apply(position, tick));
        }
    }

    /// Takes so many facts over, then asks about so many days of accounts, then weighs so many groups; whether nothing is
    /// left.
    pub(super) fn work(&mut self, most: usize) -> bool {
        if !self.fold(most) || !speak(&mut self.shards, &self.book, most) {
            return false;
        }
        if !std::mem::replace(&mut self.weighing, true) {
            self.shards.iter_mut().for_each(Shard::weigh_ahead);
        }
        self.shards.iter_mut().all(|shard| shard.weigh_some(&self.book, most))
    }

    /// The shards, with the running totals of those whose place they take.
    pub(super) fn end(mut self, saved: &[Saved]) -> (Rulebook, Vec<Shard>) {
        self.shards.iter_mut().zip(saved).for_each(|(shard, saved)| shard.recount(saved));
        (self.book, self.shards)
    }
}

fn reaches(saved: &Saved, retention: Option<Retention>) -> Result<(), Forgotten> {
    let needed = retention.zip(saved.now).map_or(Hour(i64::MIN), |(retention, now)| retention.known_from(now));
    match saved.known_from {
        Some(held) if held > needed => Err(Forgotten { held, needed }),
        _ => Ok(()),
    }
}

/// The shards that a fact goes to: that of its account, or all.
pub(super) fn route<'a>(
    shards: &'a mut [Shard],
    count: NonZeroU32,
    fact: &Fact,
) -> impl Iterator<Item = &'a mut Shard> {
    let own = match fact {
        Fact::Usage(usage) if !super::goes_to_all(fact.kind()) => Some(partition::of_account(&usage.account, count)),
        _ => None,
    };
    let (first, many) = own.map_or((0, usize::MAX), |own| (own, 1));
    shards.iter_mut().skip(first).take(many)
}

/// Lets touched accounts speak to their groups about so many days; whether none is left.
pub(super) fn speak(shards: &mut [Shard], book: &Rulebook, most: usize) -> bool {
    let count = u32::try_from(shards.len()).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
    let mut spoken = 0;
    for at in 0..shards.len() {
        while let Some(said) = shards.get_mut(at).and_then(|shard| shard.speak(book)) {
            said.into_iter().for_each(|said| deliver(shards, count, said, book));
            spoken += 1;
            if spoken >= most {
                return false;
            }
        }
    }
    true
}

fn deliver(shards: &mut [Shard], count: NonZeroU32, said: Said, book: &Rulebook) {
    if let Some(shard) = shards.get_mut(partition::of_subject(&said.group.subject, count)) {
        shard.hear(said, book);
    }
}
