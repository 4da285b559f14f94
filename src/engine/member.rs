//! One virtual shard of a log, alone: in service every shard is one of these, wherever the others are held.
//!
//! In: the facts of one partition with their offsets, what other shards say to its groups, and what the alerts topic
//! says was published. Out: alert changes, and contributions for other shards. Even where several are held in one
//! process they speak through the topic alone, so that what an alert says follows from how far the log and the
//! contributions were read (D9), never from who holds what. It refuses to know topics and clocks.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use super::contribution::{self, About, Contribution, Key, Sender, Voice};
use super::heard::{Heard, Known, Listening, Others};
use super::partition::{self, Span};
use super::table::Whose;
use super::{Change, Engine, Fate, Forgotten, Rulebook, Snapshot};
use crate::model::{Alert, AlertId, EventTime, Fact, Position, Text};

/// One shard.
#[derive(Debug)]
pub struct Member {
    engine: Engine,
    shard: u32,
    others: Others,
    claim: Option<Claim>,
    listening: Listening,
    /// Shares that must be said again, because the topic holds something stale of them.
    again: BTreeSet<About>,
    /// The same of completions, by the shard that said everything.
    complete_again: BTreeSet<u32>,
}

/// Under which number this shard speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Claim {
    number: u64,
    /// Whether everything was said under it.
    complete: bool,
}

/// What is to be sent, in this order.
#[derive(Debug, Default, PartialEq)]
pub struct Published {
    /// For the alerts topic.
    pub changes: Vec<Change>,
    /// For the contributions topic.
    pub contributions: Vec<Contribution>,
}

/// A record of the contributions topic that this version cannot read: what it says is missing until it is said again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    /// Its key is none of ours.
    #[error("a contribution with a key that is not as this version writes it")]
    Key,
    /// Its value is none of ours.
    #[error("a contribution with a value that is not as this version writes it")]
    Value,
}

/// Which shard of how many, of which log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// The shard, from 0.
    pub shard: u32,
    /// How many there are.
    pub of: NonZeroU32,
    /// The log's epoch.
    pub epoch: u32,
}

impl Member {
    /// A shard of which nothing is known yet. Facts that come more hours late are refused, and what no window can reach
    /// any more is forgotten (D2); without a bound nothing is.
    pub fn empty(book: Rulebook, seat: Seat, lateness: Option<i64>) -> Self {
        let span = Span { first: seat.shard, of: seat.of };
        Self::of(Engine::holding(book, span, NonZeroU32::MIN, lateness), seat)
    }

    /// The shard of a snapshot of one shard, under any rulebook.
    pub fn restore(book: Rulebook, seat: Seat, snapshot: Snapshot) -> Result<Self, Forgotten> {
        let span = Span { first: seat.shard, of: seat.of };
        Ok(Self::of(Engine::reopen(book, span, snapshot)?, seat))
    }

    fn of(mut engine: Engine, seat: Seat) -> Self {
        engine.read.epoch = u64::from(seat.epoch);
        Self {
            engine,
            shard: seat.shard,
            others: Others::new(seat.shard, seat.of),
            claim: None,
            listening: Listening::CatchingUp,
            again: BTreeSet::new(),
            complete_again: BTreeSet::new(),
        }
    }

    /// Takes the fact in that stands in the log at this offset. One of an account that belongs to another shard is refused.
    pub fn apply(&mut self, offset: u64, position: &Position, fact: Fact) -> Fate {
        let fate = self.engine.apply(position, fact);
        self.skip(offset);
        fate
    }

    /// The log's record at this offset is folded, or is none.
    pub fn skip(&mut self, offset: u64) {
        self.engine.shards.iter_mut().for_each(|shard| shard.at(offset.saturating_add(1)));
    }

    /// Takes in what the contributions topic holds for this shard at an offset.
    pub fn hear(&mut self, offset: u64, from: Sender, key: &[u8], value: Option<&[u8]>) -> Result<(), Unheard> {
        self.engine.read.heard = offset.saturating_add(1);
        let heard = match Key::read(key).ok_or(Unheard::Key)? {
            Key::Complete => {
                let digest = value.and_then(|value| std::str::from_utf8(value).ok()).ok_or(Unheard::Value)?;
                self.others.complete(from, Text::new(digest))
            }
            Key::Share(about) => {
                let share = match value {
                    Some(value) => contribution::read(&about.account, value).ok_or(Unheard::Value)?,
                    None => Default::default(),
                };
                if from.voice == Voice::Own {
                    // What stands in the topic from now on is what was said.
                    self.again.remove(&about);
                }
                self.others.share(from, about, share, self.listening)
            }
        };
        match heard {
            Heard::Noted => {}
            Heard::Changed(come) => self.take(come),
            Heard::Renewed { gone, come } => {
                self.take(gone.iter().map(|about| (about.clone(), Default::default())).collect());
                self.take(come);
                self.again.extend(gone);
            }
            Heard::Stale(about) => {
                self.again.insert(about);
            }
            Heard::StaleCompletion => {
                self.complete_again.insert(from.shard);
            }
            Heard::Echo(about, share) => {
                if contribution::write(&share) != self.value(&about) {
                    self.again.insert(about);
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, come: Vec<(About, super::share::Share)>) {
        let Engine { book, shards, .. } = &mut self.engine;
        for (about, share) in come {
            let About { group, account, day } = about;
            let said = super::accounts::Said { group, account, day, share };
            if let Some(shard) = shards.first_mut() {
                shard.hear(said, book);
            }
        }
    }

    /// The last that somebody else said of a share, as written.
    fn value(&self, about: &About) -> Option<String> {
        match self.others.known(self.home(about), about) {
            Known::Staged(share, _) => contribution::write(share),
            Known::InForce(_) => {
                let shard = self.engine.shards.first()?;
                contribution::write(shard.heard(&about.group, &about.account, about.day)?)
            }
            Known::Gone(_) | Known::Open => None,
        }
    }

    /// What is said again for others. What is gone is taken back under the claim before: so much was said under that, or
    /// earlier, and nothing that its owner says meanwhile under its own is taken back with it.
    fn say_again(&mut self) -> Vec<Contribution> {
        let echo = |shard, claim| Sender { shard, claim, voice: Voice::Echo };
        let mut said = Vec::new();
        for about in std::mem::take(&mut self.again) {
            let home = self.home(&about);
            let claim = match self.others.known(home, &about) {
                Known::Open => continue,
                Known::Staged(_, claim) | Known::InForce(claim) => claim,
                Known::Gone(claim) => claim.saturating_sub(1),
            };
            let (key, value) = (Key::of_share(&about), self.value(&about));
            said.push(Contribution { to: self.shard, key, value, from: echo(home, claim) });
        }
        for shard in std::mem::take(&mut self.complete_again) {
            if let Some((claim, digest)) = self.others.completion(shard) {
                let (key, value) = (Key::of_completion(shard), Some(digest.to_string()));
                said.push(Contribution { to: self.shard, key, value, from: echo(shard, claim) });
            }
        }
        said
    }

    /// Which shard a share comes from.
    fn home(&self, about: &About) -> u32 {
        u32::try_from(partition::of_account(&about.account, self.engine.span.of)).unwrap_or(u32::MAX)
    }

    /// Speaks under a claim from now on: the first [`Self::publish`] says everything anew.
    pub fn claim(&mut self, number: u64) {
        self.claim = Some(Claim { number, complete: false });
    }

    /// Who says what [`Self::publish`] hands out to other shards; `None` before any claim.
    pub fn sender(&self) -> Option<Sender> {
        self.claim.map(|claim| Sender { shard: self.shard, claim: claim.number, voice: Voice::Own })
    }

    /// What the alerts topic says of an alert, and this shard did not say: its predecessor did, or somebody who believes to
    /// be its owner. What holds is published again where it differs.
    pub fn told(&mut self, id: &AlertId, alert: Option<Alert>) {
        match alert {
            Some(alert) => self.engine.adopt([alert]),
            None => self.engine.shards.iter_mut().for_each(|shard| shard.withdrawn(id)),
        }
    }

    /// Brings what is published up to what holds. Before any claim, and while a new rulebook was put in force and no new
    /// claim was made, nothing is.
    pub fn publish(&mut self) -> Published {
        let Some(from) = self.sender() else { return Published::default() };
        self.listening = Listening::Live;
        self.engine.speak();
        let mut contributions = self.say_again();
        let of = self.engine.span.of;
        for (about, share) in self.engine.outbox.take() {
            let to = u32::try_from(partition::of_subject(&about.group.subject, of)).unwrap_or_default();
            let (key, value) = (Key::of_share(&about), contribution::write(&share));
            contributions.push(Contribution { to, key, value, from });
        }
        if self.claim.as_mut().is_some_and(|claim| !std::mem::replace(&mut claim.complete, true)) {
            for to in (0..of.get()).filter(|to| *to != self.shard) {
                let (key, value) = (Key::of_completion(self.shard), Some(self.engine.book.digest.to_string()));
                contributions.push(Contribution { to, key, value, from });
            }
        }
        let whole = self.others.missing(&self.engine.book.digest).next().is_none();
        let changes = self.engine.settle(if whole { Whose::All } else { Whose::Accounts });
        Published { changes, contributions }
    }

    /// Shards that have not said everything under the rulebook in force: until they have, alerts about groups stay as they
    /// were published.
    pub fn waits_for(&self) -> Vec<u32> {
        self.others.missing(&self.engine.book.digest).collect()
    }

    /// Whether another rulebook could be put in force.
    pub fn could_reconfigure(&self, book: &Rulebook) -> Result<(), Forgotten> {
        self.engine.could_reconfigure(book)
    }

    /// Asks for another rulebook to be in force ([`Engine::reconfigure`]).
    pub fn reconfigure(&mut self, book: Rulebook) -> Result<(), Forgotten> {
        self.engine.reconfigure(book)
    }

    /// Does so much of what a new rulebook asks for. Once all is done the shard has no claim and has heard nobody: it must
    /// claim anew, and the contributions topic must be heard again from its beginning.
    pub fn work(&mut self, most: usize) -> Work {
        if self.engine.coming.is_none() {
            return Work::Nothing;
        }
        if !self.engine.work(most) {
            return Work::Going;
        }
        self.claim = None;
        self.listening = Listening::CatchingUp;
        self.again.clear();
        self.complete_again.clear();
        self.others = Others::new(self.shard, self.engine.span.of);
        self.engine.read.heard = 0;
        Work::Done
    }

    /// The offset after the last record folded.
    pub fn position(&self) -> u64 {
        self.engine.shards.first().map_or(0, |shard| shard.position())
    }

    /// Up to when time has passed.
    pub fn now(&self) -> Option<EventTime> {
        self.engine.now()
    }

    /// Everything else that can be asked of an engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// How far a new rulebook is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// There is none.
    Nothing,
    /// There is more to do.
    Going,
    /// It is in force from now on.
    Done,
}
