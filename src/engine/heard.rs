//! What other shards have said to the groups of this one, and whether it is all they have to say.
//!
//! In: records of this shard's contributions, in the order of their topic. Out: shares to be taken in, and what must be
//! said again because a predecessor of a sender, or a sender that was stopped for a while, said something stale.
//!
//! Whoever takes a shard over says everything anew under a claim of its own, and then that this was all. Until then what
//! was said under the claim before it stays in force; then what was not said anew is taken back. So nothing has to be
//! remembered of what a shard once said: not by its successor, which may start from an older snapshot under other rules.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use super::contribution::{About, Sender, Voice};
use super::share::Share;
use crate::model::Text;

/// What one shard said.
#[derive(Debug, Default)]
struct Said {
    claim: u64,
    /// Under which rulebook everything was said; `None`: not everything yet.
    complete: Option<Text>,
    /// Said under this claim, while it is not everything.
    staged: BTreeMap<About, Share>,
    /// What is in force.
    applied: BTreeSet<About>,
}

/// What became of a record.
#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    /// Nothing changes yet.
    Noted,
    /// These are in force from now on; an empty one takes back.
    Changed(Vec<(About, Share)>),
    /// These are in force from now on, and of the first the topic still holds what is taken back.
    Renewed { gone: Vec<About>, come: Vec<(About, Share)> },
    /// It comes from a claim that was succeeded: what it is about must be said again as it is in force.
    Stale(About),
    /// The same of a completion.
    StaleCompletion,
    /// It repeats what this share was: where it is another now, that must be said again.
    Echo(About, Share),
}

/// How far the topic was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listening {
    /// Not to its end yet: an echo may be all that compaction has left.
    CatchingUp,
    /// To its end: whatever is repeated was heard before.
    Live,
}

/// What can be said again of a share.
#[derive(Debug, PartialEq)]
pub(super) enum Known<'a> {
    /// Said under a claim that has not said everything.
    Staged(&'a Share, u64),
    /// In force, said under this claim.
    InForce(u64),
    /// All was said under this claim, and this was not.
    Gone(u64),
    /// Not said yet; whatever is said under the claim decides.
    Open,
}

/// What all other shards said.
#[derive(Debug)]
pub(super) struct Others {
    own: u32,
    count: NonZeroU32,
    said: BTreeMap<u32, Said>,
}

impl Others {
    /// Nothing was heard yet.
    pub(super) fn new(own: u32, count: NonZeroU32) -> Self {
        Self { own, count, said: BTreeMap::new() }
    }

    /// A share; an empty one takes back.
    pub(super) fn share(&mut self, from: Sender, about: About, share: Share, listening: Listening) -> Heard {
        if from.shard == self.own {
            return Heard::Noted;
        }
        let said = self.said.entry(from.shard).or_default();
        if from.claim < said.claim {
            // What takes back something unknown changes nothing, and what is open is decided by what comes.
            let harmless = share.rows.is_empty() || said.complete.is_none();
            return if harmless && !said.knows(&about) { Heard::Noted } else { Heard::Stale(about) };
        }
        said.renew(from.claim);
        if from.voice == Voice::Echo && (listening == Listening::Live || said.knows(&about)) {
            return Heard::Echo(about, share);
        }
        if said.complete.is_none() {
            said.staged.insert(about, share);
            return Heard::Noted;
        }
        said.note(&about, &share);
        Heard::Changed(vec![(about, share)])
    }

    /// That this was all, under a rulebook.
    pub(super) fn complete(&mut self, from: Sender, digest: Text) -> Heard {
        if from.shard == self.own {
            return Heard::Noted;
        }
        let said = self.said.entry(from.shard).or_default();
        if from.claim < said.claim {
            return Heard::StaleCompletion;
        }
        said.renew(from.claim);
        if said.complete.replace(digest).is_some() {
            return Heard::Noted;
        }
        let come: Vec<(About, Share)> = std::mem::take(&mut said.staged).into_iter().collect();
        let staged: BTreeSet<&About> = come.iter().map(|(about, _)| about).collect();
        let gone: Vec<About> = said.applied.iter().filter(|about| !staged.contains(about)).cloned().collect();
        said.applied.clear();
        come.iter().for_each(|(about, share)| said.note(about, share));
        Heard::Renewed { gone, come }
    }

    /// What can be said again of what a shard said.
    pub(super) fn known(&self, shard: u32, about: &About) -> Known<'_> {
        let Some(said) = self.said.get(&shard) else { return Known::Open };
        match (said.staged.get(about), &said.complete) {
            (Some(share), _) => Known::Staged(share, said.claim),
            (None, None) => Known::Open,
            (None, Some(_)) if said.applied.contains(about) => Known::InForce(said.claim),
            (None, Some(_)) => Known::Gone(said.claim),
        }
    }

    /// Under which claim a shard said everything, and under which rulebook; `None`: it has not.
    pub(super) fn completion(&self, shard: u32) -> Option<(u64, &Text)> {
        self.said.get(&shard).and_then(|said| Some((said.claim, said.complete.as_ref()?)))
    }

    /// Shards that have not said everything under this rulebook.
    pub(super) fn missing<'a>(&'a self, digest: &'a Text) -> impl Iterator<Item = u32> + 'a {
        let has = |shard: &u32| self.said.get(shard).is_some_and(|said| said.complete.as_ref() == Some(digest));
        (0..self.count.get()).filter(|shard| *shard != self.own).filter(move |shard| !has(shard))
    }
}

impl Said {
    /// Whether this was said under the claim.
    fn knows(&self, about: &About) -> bool {
        match self.complete {
            None => self.staged.contains_key(about),
            Some(_) => self.applied.contains(about),
        }
    }

    /// A greater claim begins anew.
    fn renew(&mut self, claim: u64) {
        if claim > self.claim {
            self.claim = claim;
            self.complete = None;
            self.staged.clear();
        }
    }

    fn note(&mut self, about: &About, share: &Share) {
        if share.rows.is_empty() {
            self.applied.remove(about);
        } else {
            self.applied.insert(about.clone());
        }
    }
}
