//! The same facts under another rulebook, evaluated beside the one in force, in slices (D11).
//!
//! In: a snapshot, a rulebook, and the facts that come meanwhile. Out: shards in which everything is evaluated under that
//! rulebook alone. It refuses to publish: whoever takes it over does, and only what is another alert than before.

use super::Rulebook;
use super::beside::{Hands, OneHand};
use super::contribution::Outbox;
use super::partition::{self, Home, Span};
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
    span: Span,
    shards: Vec<Shard>,
    /// What is to be said to shards held elsewhere.
    outbox: Outbox,
    /// What is still to be taken over, shard by shard.
    left: Vec<(Saved, Cursor)>,
    ticks: Vec<(Position, Fact)>,
    /// Whether everybody has spoken once.
    weighing: bool,
}

impl Reopening {
    pub(super) fn begin(book: Rulebook, span: Span, snapshot: Snapshot) -> Result<Self, Forgotten> {
        reach(&book, &snapshot)?;
        let retention = book.retention(snapshot.lateness);
        let shards = snapshot.shards.iter().map(|saved| Shard::reopen(saved, retention, &book)).collect();
        let left = snapshot.shards.into_iter().map(|saved| (saved.facts.begin(), saved)).map(|(at, saved)| (saved, at));
        let (outbox, left, ticks) = (Outbox::new(), left.collect(), Vec::new());
        Ok(Self { book, span, shards, outbox, left, ticks, weighing: false })
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
        route(&mut self.shards, self.span, fact).for_each(|shard| {
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
        if !self.fold(most) || !speak(&mut self.shards, self.span, &self.book, &mut self.outbox, most, &OneHand) {
            return false;
        }
        if !std::mem::replace(&mut self.weighing, true) {
            self.shards.iter_mut().for_each(Shard::weigh_ahead);
        }
        self.shards.iter_mut().all(|shard| shard.weigh_some(&self.book, most))
    }

    /// The shards, with the running totals of those whose place they take.
    pub(super) fn end(mut self, saved: &[Saved]) -> (Rulebook, Vec<Shard>, Outbox) {
        self.shards.iter_mut().zip(saved).for_each(|(shard, saved)| shard.recount(saved));
        (self.book, self.shards, self.outbox)
    }
}

/// Whether facts are held as far back as the rules look.
pub(super) fn reach(book: &Rulebook, snapshot: &Snapshot) -> Result<(), Forgotten> {
    let retention = book.retention(snapshot.lateness);
    snapshot.shards.iter().try_for_each(|saved| reaches(saved, retention))
}

fn reaches(saved: &Saved, retention: Option<Retention>) -> Result<(), Forgotten> {
    let needed = retention.zip(saved.now).map_or(Hour(i64::MIN), |(retention, now)| retention.known_from(now));
    match saved.known_from {
        Some(held) if held > needed => Err(Forgotten { held, needed }),
        _ => Ok(()),
    }
}

/// The shards held here that a fact goes to: that of its account, or all.
pub(super) fn route<'a>(shards: &'a mut [Shard], span: Span, fact: &Fact) -> impl Iterator<Item = &'a mut Shard> {
    let own = match Home::of(fact, span.of) {
        Home::Shard(shard) => usize::try_from(shard).ok(),
        Home::Every => None,
    };
    let (first, many) = own.map_or((0, usize::MAX), |own| (span.held_at(own).unwrap_or(usize::MAX), 1));
    shards.iter_mut().skip(first).take(many)
}

/// Lets touched accounts speak to their groups about so many days; whether none is left.
pub(super) fn speak(
    shards: &mut [Shard],
    span: Span,
    book: &Rulebook,
    outbox: &mut Outbox,
    most: usize,
    hands: &dyn Hands,
) -> bool {
    let mut spoken = 0;
    for at in 0..shards.len() {
        let next = |shards: &mut [Shard], most| shards.get_mut(at).and_then(|shard| shard.speak(book, most, hands));
        while let Some((days, said)) = next(shards, most - spoken) {
            for said in said {
                let home = span.held_at(partition::of_subject(&said.group.subject, span.of));
                match home.and_then(|home| shards.get_mut(home)) {
                    Some(shard) => shard.hear(said, book),
                    None => outbox.put(said),
                }
            }
            spoken += days;
            if spoken >= most {
                return false;
            }
        }
    }
    true
}
