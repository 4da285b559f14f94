//! The half of a shard that knows accounts: facts in, shares out.
//!
//! In: facts, one at a time, and ticks. Out: the shares that changed since last asked, of the days of accounts that facts,
//! cards or the passing of time have touched. It refuses to know groups, windows and alerts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Rulebook;
use super::gate::{Gates, Known, Named, Rules};
use super::rows::{self, Row, Sources};
use super::share::{self, Group, Lines, Share};
use super::tenders::{Bills, BillsRead};
use crate::ledger::{AccountIndex, ActivityKind, Fate, Ledger, Retention};
use crate::model::{AccountId, Day, EventTime, Fact, FactId, Position, Suppression, Text};
use crate::parties::Parties;

/// A share that changed: empty where the account has none any more on that day.
pub(super) struct Said {
    pub(super) group: Group,
    pub(super) account: AccountId,
    pub(super) day: Day,
    pub(super) share: Share,
}

/// What a fact did beyond its own account.
pub(super) struct Applied {
    pub(super) fate: Fate,
    /// Suppressions that came or changed.
    pub(super) suppressions: Vec<Suppression>,
}

/// Most accounts of which who stands behind them is kept in mind.
const KNOWN: usize = 1 << 16;

#[derive(Debug, Default)]
pub(super) struct Accounts {
    pub(super) ledger: Ledger,
    pub(super) parties: Parties,
    touched: Vec<(AccountIndex, Day)>,
    /// Where something runs that some rule has found, or that has hardly begun: every tick says something new of it.
    lively: BTreeSet<AccountIndex>,
    /// Where each account has shares.
    shares: BTreeMap<AccountIndex, BTreeMap<Day, Vec<Group>>>,
    /// Who stood behind accounts when last asked; forgotten when a card has a say about them.
    known: BTreeMap<AccountIndex, Known>,
    gates: Gates,
    lines: Lines,
}

impl Accounts {
    /// Empty, and forgets what is older.
    pub(super) fn keeping(retention: Option<Retention>) -> Self {
        Self { ledger: Ledger::keeping(retention), ..Self::default() }
    }

    pub(super) fn apply(&mut self, position: &Position, fact: &Fact, id: Option<FactId>, book: &Rulebook) -> Applied {
        match fact {
            Fact::Usage(usage) => {
                let fate = self.ledger.apply(position, usage, id, &book.catalogue);
                if let Some(told) = usage.told().filter(|_| fate == Fate::Applied) {
                    self.parties.tell(&usage.account, &told);
                    self.ledger.index(&usage.account).into_iter().for_each(|account| _ = self.known.remove(&account));
                }
                Applied { fate, suppressions: Vec::new() }
            }
            card => self.card(position, card),
        }
    }

    fn card(&mut self, position: &Position, card: &Fact) -> Applied {
        let known = self.ledger.apply_card(position, card);
        let (fate, before) = known;
        let wins = fate == Fate::Applied || before.is_some();
        let mut suppressions = Vec::new();
        if !wins {
            return Applied { fate, suppressions };
        }
        // Whom the card that counts no more reached, is asked before it gives way.
        before.iter().for_each(|before| self.touch(before));
        self.parties.put(card);
        self.touch(card);
        if let Fact::Suppression(suppression) = card {
            let before = before.into_iter().filter_map(|fact| match fact {
                Fact::Suppression(before) => Some(before),
                _ => None,
            });
            suppressions = before.chain([suppression.clone()]).collect();
        }
        Applied { fate, suppressions }
    }

    /// Touches what a card can have a say about, in the time for which it speaks.
    fn touch(&mut self, card: &Fact) {
        let (from, to) = match card {
            Fact::Account(card) => (card.valid_from, card.valid_to),
            Fact::Party(card) => (card.valid_from, card.valid_to),
            Fact::Edge(card) => (card.valid_from, card.valid_to),
            Fact::Authorisation(card) => (card.from, card.to),
            Fact::Tender(tender) => {
                let (first, last) = tender.days();
                (first.start(), Some(last.next().start()))
            }
            Fact::Usage(_) | Fact::Suppression(_) | Fact::Tick(_) => return,
        };
        for account in self.parties.touched(card) {
            if let Some(account) = self.ledger.touch(&account, from, to.unwrap_or(EventTime::MAX)) {
                self.known.remove(&account);
            }
        }
    }

    /// Forgets where accounts had shares before a day.
    pub(super) fn forget(&mut self, first: Day) {
        self.shares.retain(|_, days| {
            *days = days.split_off(&first);
            !days.is_empty()
        });
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: EventTime, book: &Rulebook) {
        let known_before = self.ledger.known_from().day();
        self.ledger.tick(now, &book.catalogue);
        // Where a tender's first day was forgotten, no bill fits it any more.
        let begun = self.parties.tenders_from(known_before..self.ledger.known_from().day());
        begun.into_iter().for_each(|tender| self.touch(&tender));
        if book.policy.is_steady() {
            let running = self.lively.intersection(self.ledger.running()).copied().collect::<Vec<_>>();
            running.into_iter().for_each(|account| self.ledger.touch_today(account));
        } else {
            self.ledger.touch_running(now);
        }
    }

    /// The shares of one touched account on one day, each that it has or had; `None` when none is left.
    pub(super) fn next(&mut self, book: &Rulebook) -> Option<Vec<Said>> {
        if self.touched.is_empty() {
            self.touched = self.ledger.take_touched(book.policy.sighted_days());
            // Taken from the end, so that an account's days come one after the other, the first one first.
            self.touched.reverse();
        }
        let (account, day) = self.touched.pop()?;
        Some(self.ask(account, day, book))
    }

    fn ask(&mut self, account: AccountIndex, day: Day, book: &Rulebook) -> Vec<Said> {
        let rows = self.rows(account, day, book);
        let runs = |row: &Row| row.activity.key.kind == ActivityKind::Run;
        let hardly_begun = rows.iter().any(|(row, _)| runs(row) && row.activity.amounts.seconds <= 0);
        let shares = share::shares(account, day, rows, book, &self.ledger, &mut self.lines);
        if let Some(now) = self.ledger.now().filter(|now| now.day() == day) {
            let runs_on = |row: &Arc<Row>| runs(row) && row.activity.last == now.hour();
            let found = shares.values().flat_map(|share| &share.rows).any(runs_on);
            if found || hardly_begun || self.ledger.begins_now(account) {
                self.lively.insert(account)
            } else {
                self.lively.remove(&account)
            };
        }
        if shares.is_empty() && !self.shares.contains_key(&account) {
            return Vec::new();
        }
        let Some(id) = self.ledger.account(account).cloned() else { return Vec::new() };
        let before = self.groups_of(account, day, shares.keys().cloned().collect());
        let left = before.into_iter().filter(|group| !shares.contains_key(group)).collect::<Vec<_>>();
        let left = left.into_iter().map(|group| (group, Share::default()));
        let said = |(group, share)| Said { group, account: id.clone(), day, share };
        shares.into_iter().chain(left).map(said).collect()
    }

    /// The rows of an account on a day that some rule may find, with those rules.
    fn rows(&mut self, account: AccountIndex, day: Day, book: &Rulebook) -> Vec<(Row, Rules)> {
        let gates = &mut self.gates;
        let keys = self.ledger.keys(account).filter_map(|(index, key)| {
            let of_key = gates.of(index, key, day, book)?;
            (!of_key.rules.is_empty()).then(|| (index, Arc::clone(of_key)))
        });
        let keys: Vec<_> = keys.collect();
        let Some(id) = self.ledger.account(account).filter(|_| !keys.is_empty()) else { return Vec::new() };
        let mut known = self.known.get(&account).cloned();
        let bills_read = BillsRead::default();
        let (begins, ends) = (day.first_hour().start(), day.last_hour().start());
        if !self.parties.change_within(begins, ends) {
            let (text, told) = (Text::new(id.to_string()), self.ledger.told(account, day));
            let bills = Bills { ledger: &self.ledger, account: Some(account), read: Some(&bills_read) };
            let named = Named { id, text: &text, told: &told, bills };
            let now = Known::at(begins, known, named, &self.parties, book);
            let ruled_out = keys.iter().all(|(_, of_key)| of_key.rules.both(&now.rules).is_none());
            known = Some(now);
            if ruled_out {
                self.know(account, known, bills_read);
                return Vec::new();
            }
        }
        self.ledger.remember(account, day);
        let sources = Sources { ledger: &self.ledger, parties: &self.parties, book, bills_read: Some(&bills_read) };
        let rows = rows::rows((account, day), &keys, &sources, &mut known, Rules::both);
        self.know(account, known, bills_read);
        rows
    }

    /// Keeps in mind who stands behind an account; where its bills had a say in that, it is looked up anew each time, and
    /// another bill touches all of its days.
    fn know(&mut self, account: AccountIndex, known: Option<Known>, bills_read: BillsRead) {
        if bills_read.any.get() {
            bills_read.added_up.into_inner().into_iter().for_each(|costs| self.ledger.watch(account, costs));
            self.known.remove(&account);
            return;
        }
        if self.known.len() >= KNOWN {
            self.known.clear();
        }
        self.known.extend(known.map(|known| (account, known)));
    }

    /// Notes where the account has shares on a day; where it had some.
    fn groups_of(&mut self, account: AccountIndex, day: Day, now: Vec<Group>) -> Vec<Group> {
        if now.is_empty() {
            let Some(days) = self.shares.get_mut(&account) else { return Vec::new() };
            let before = days.remove(&day).unwrap_or_default();
            if days.is_empty() {
                self.shares.remove(&account);
            }
            return before;
        }
        self.shares.entry(account).or_default().insert(day, now).unwrap_or_default()
    }
}
