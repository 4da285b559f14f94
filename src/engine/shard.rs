//! One shard: facts in, alert changes out.
//!
//! In: the facts of its accounts, every card, every tick, and the shares other shards send. Out: shares for other shards,
//! and the alerts of the groups it adds up. One thread holds it, and may ask accounts and word alerts with other hands beside it. It
//! refuses to know clocks, files and other shards.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::accounts::{Accounts, Applied, Said};
use super::beside::Hands;
use super::gate::{Gates, Rules};
use super::rows::{self, Sources};
use super::share::{Group, Share};
use super::snapshot::Saved;
use super::table::{Table, Whose};
use super::{Change, Read, Refusal, Rulebook, Walk, consumption};
use crate::ledger::{AccountIndex, Fate, Known, Ledger, Retention};
use crate::model::{AccountId, Alert, AlertId, Day, EventTime, Fact, FactId, FactKind, Position, Revision, RuleId};
use crate::parties::Parties;

/// One shard.
#[derive(Debug, Default)]
pub(super) struct Shard {
    accounts: Accounts,
    table: Table,
    now: Option<EventTime>,
    retention: Option<Retention>,
    position: u64,
    fates: BTreeMap<(FactKind, Fate), u64>,
}

impl Shard {
    /// Empty, and forgets what is older.
    pub(super) fn keeping(retention: Option<Retention>) -> Self {
        Self { accounts: Accounts::keeping(retention), retention, ..Self::default() }
    }

    /// Takes one fact in. Same state and same fact give the same outcome.
    pub(super) fn apply(&mut self, position: &Position, fact: &Fact, book: &Rulebook) -> Fate {
        self.position += 1;
        let kind = fact.kind();
        let late = matches!(fact, Fact::Usage(usage) if self.accounts.ledger.is_late(usage));
        let refused = late || Refusal::of(fact).is_some();
        let fate = if refused { Fate::Refused } else { self.fold(position, fact, None, book) };
        *self.fates.entry((kind, fate)).or_default() += 1;
        fate
    }

    /// The same for a fact that is not refused; one that was held elsewhere brings its identity along.
    pub(super) fn fold(&mut self, position: &Position, fact: &Fact, id: Option<FactId>, book: &Rulebook) -> Fate {
        if let Fact::Tick(time) = fact {
            return self.tick(*time, book);
        }
        let Applied { fate, suppressions } = self.accounts.apply(position, fact, id, book);
        self.table.suppress(suppressions);
        fate
    }

    /// Only the greatest tick counts (D2).
    fn tick(&mut self, time: EventTime, book: &Rulebook) -> Fate {
        match Some(time).cmp(&self.now) {
            Ordering::Less => Fate::Superseded,
            Ordering::Equal => Fate::Duplicate,
            Ordering::Greater => {
                let before = self.now.replace(time);
                self.accounts.tick(time, book);
                self.table.tick(time);
                if let Some(retention) =
                    self.retention.filter(|_| before.is_none_or(|before| before.day() < time.day()))
                {
                    self.accounts.forget(retention.known_from(time).day());
                    let rule = |id: &RuleId| book.policy.rules.iter().find(|rule| rule.id == *id);
                    self.table.forget(retention, time, rule);
                }
                Fate::Applied
            }
        }
    }

    /// What touched accounts have to say to groups about so many days at most, and of how many that is; `None` when all have
    /// spoken.
    pub(super) fn speak(&mut self, book: &Rulebook, most: usize, hands: &dyn Hands) -> Option<(usize, Vec<Said>)> {
        self.accounts.next(book, most, hands)
    }

    /// What an account of any shard says.
    pub(super) fn hear(&mut self, said: Said, book: &Rulebook) {
        if let Some(rule) = book.policy.rules.iter().find(|rule| rule.id == said.group.rule) {
            self.table.take(said.group, rule, &said.account, said.day, said.share);
        }
    }

    /// What was said so far is to be weighed before it is asked for.
    pub(super) fn weigh_ahead(&mut self) {
        self.table.weigh_ahead();
    }

    /// Weighs so many groups ahead; whether none is left.
    pub(super) fn weigh_some(&mut self, book: &Rulebook, most: usize) -> bool {
        self.table.weigh_some(book, most)
    }

    /// Brings what is published up to what holds, once every account of every shard has spoken.
    pub(super) fn settle(&mut self, book: &Rulebook, read: Read, whose: Whose, hands: &dyn Hands) -> Vec<Change> {
        let Some(now) = self.now else { return Vec::new() };
        let (position, config) = (self.position, book.digest.clone());
        let revision = Revision { epoch: read.epoch, position, heard: read.heard, config };
        self.table.settle(book, now, &revision, whose, hands)
    }

    /// How much of the log is folded.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// So much of the log is folded.
    pub(super) fn at(&mut self, position: u64) {
        self.position = position;
    }

    /// What was published before this shard was taken over.
    pub(super) fn adopt(&mut self, alert: Alert) {
        self.table.adopt(alert);
    }

    /// That an alert is not published any more, whoever withdrew it.
    pub(super) fn withdrawn(&mut self, id: &AlertId) {
        self.table.withdrawn(id);
    }

    /// What an account said last to a group about a day; nothing where it has no share.
    pub(super) fn heard(&self, group: &Group, account: &AccountId, day: Day) -> Option<&Share> {
        self.table.share(group, account, day)
    }

    /// Up to when time has passed.
    pub(super) fn now(&self) -> Option<EventTime> {
        self.now
    }

    /// The alerts published, by id.
    pub(super) fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.table.alerts()
    }

    pub(super) fn fates(&self) -> &BTreeMap<(FactKind, Fate), u64> {
        &self.fates
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.accounts.ledger
    }

    pub(super) fn parties(&self) -> &Parties {
        &self.accounts.parties
    }

    /// Adds what ran on so many more accounts of this shard; whether none is left.
    pub(super) fn consumption(&self, walk: &mut Walk, book: &Rulebook, most: usize) -> bool {
        let Some(now) = self.now else { return true };
        let Accounts { ledger, parties, .. } = &self.accounts;
        let (sources, mut gates) = (Sources { ledger, parties, book, bills_read: None }, Gates::default());
        let most = AccountIndex::try_from(most).unwrap_or(AccountIndex::MAX);
        let end = walk.account.saturating_add(most).min(ledger.accounts());
        for account in std::mem::replace(&mut walk.account, end)..end {
            let Some((first, last)) = ledger.span(account) else { continue };
            let mut known = None;
            for day in (first.day().0..=last.day().0).map(Day) {
                let of = |(index, key)| Some((index, Arc::clone(gates.of(index, key, day, book)?)));
                let keys: Vec<_> = ledger.keys(account).filter_map(of).collect();
                let all = rows::rows((account, day), &keys, &sources, &mut known, |_, _| Some(Rules::default()));
                consumption::add(&mut walk.sums, all.iter().map(|(row, _)| row), book, now);
            }
        }
        end == ledger.accounts()
    }

    /// Everything this shard must not forget.
    pub(super) fn saved(&self) -> Saved {
        let ledger = &self.accounts.ledger;
        Saved {
            position: self.position,
            now: self.now,
            fates: self.fates.clone(),
            ambiguous: ledger.ambiguous(),
            known_from: ledger.forgotten_before(),
            facts: ledger.facts(),
        }
    }

    /// Begins a shard that is to hold what was saved, as of the same instant.
    pub(super) fn reopen(saved: &Saved, retention: Option<Retention>, book: &Rulebook) -> Self {
        let mut shard = Self::keeping(retention);
        if let Some(now) = saved.now {
            shard.tick(now, book);
        }
        shard
    }

    /// Takes a fact over that another shard held.
    pub(super) fn take_over(&mut self, position: &Position, known: Known, book: &Rulebook) {
        let (fact, id) = match known {
            Known::Card(card) => (card, None),
            Known::Usage(usage, id) => (Fact::Usage(usage), Some(id)),
        };
        self.fold(position, &fact, id, book);
    }

    /// Takes running totals up again.
    pub(super) fn recount(&mut self, saved: &Saved) {
        self.position = saved.position;
        self.fates.clone_from(&saved.fates);
        self.accounts.ledger.recount(saved.ambiguous, saved.known_from);
    }

    /// Forgets machines that stopped before anything that is known.
    pub(super) fn forget_resources(&mut self, book: &Rulebook) {
        self.accounts.ledger.forget_resources(&book.catalogue);
    }
}
