//! The half of a shard that knows accounts: facts in, shares out.
//!
//! In: facts, one at a time, and ticks. Out: the shares that changed since last asked, of the days of accounts that facts,
//! cards or the passing of time have touched. It refuses to know groups, windows and alerts.

use std::collections::{BTreeMap, BTreeSet};

use super::Rulebook;
use super::asker::{Answer, Asked, Asker, Life, Looked};
use super::beside::{self, Hands};
use super::gate::Known;
use super::share::{Group, Share};
use super::tenders::BillsRead;
use crate::ledger::{AccountIndex, Fate, Ledger, Retention, TouchedDays};
use crate::model::{AccountId, Day, EventTime, Fact, FactId, Position, Suppression};
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
/// Most accounts that are asked at the same time.
const ROUND: usize = 2048;

#[derive(Debug, Default)]
pub(super) struct Accounts {
    pub(super) ledger: Ledger,
    pub(super) parties: Parties,
    touched: Vec<TouchedDays>,
    /// Where every tick says something new.
    lively: BTreeSet<AccountIndex>,
    /// Where each account has shares.
    shares: BTreeMap<AccountIndex, BTreeMap<Day, Vec<Group>>>,
    /// Who stood behind accounts when last asked; forgotten when a card has a say about them.
    known: BTreeMap<AccountIndex, Known>,
    /// One for each hand that asks.
    askers: Vec<Asker>,
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

    /// What touched accounts say of so many days, each share that they have or had, and of how many that is; `None` when none is
    /// left.
    pub(super) fn next(&mut self, book: &Rulebook, most: usize, hands: &dyn Hands) -> Option<(usize, Vec<Said>)> {
        if self.touched.is_empty() {
            self.touched = self.ledger.take_touched(book.policy.sighted_days());
            // Taken from the end, so that an account's days come one after the other, the first one first.
            self.touched.reverse();
        }
        if self.askers.len() < hands.count() {
            self.askers.resize_with(hands.count(), Asker::default);
        }
        if hands.count() == 1 {
            let of = self.first()?;
            let asker = self.askers.first_mut()?;
            let answer = asker.ask(
                of,
                self.known.get(&of.0).cloned(),
                Asked { ledger: &self.ledger, parties: &self.parties, book },
            );
            return Some((1, self.note(of, answer)));
        }
        let mut round = self.round(most.min(ROUND));
        let (known, asked) = (&self.known, Asked { ledger: &self.ledger, parties: &self.parties, book });
        let ask = |asker: &mut Asker, of: &mut (AccountIndex, Day)| asker.ask(*of, known.get(&of.0).cloned(), asked);
        let answers = beside::each(hands, &mut self.askers, &mut round, ask);
        let said = round.iter().zip(answers).flat_map(|(of, answer)| self.note(*of, answer)).collect();
        (!round.is_empty()).then_some((round.len(), said))
    }

    /// The first day that is touched, of the first account.
    fn first(&mut self) -> Option<(AccountIndex, Day)> {
        let (account, from, to) = self.touched.last_mut()?;
        let first = (*account, *from);
        *from = from.next();
        if from > to {
            self.touched.pop();
        }
        Some(first)
    }

    /// The first day of each of the first accounts: another day of one is asked about when this one is noted.
    fn round(&mut self, most: usize) -> Vec<(AccountIndex, Day)> {
        let mut round: Vec<(AccountIndex, Day)> = Vec::new();
        let mut left = self.touched.len();
        for (account, from, _) in self.touched.iter_mut().rev() {
            if round.len() == most {
                break;
            }
            left -= 1;
            if round.last().is_none_or(|(last, _)| last != account) {
                round.push((*account, *from));
                *from = from.next();
            }
        }
        let rest = self.touched.split_off(left);
        self.touched.extend(rest.into_iter().filter(|(_, from, to)| from <= to));
        round
    }

    fn note(&mut self, (account, day): (AccountIndex, Day), answer: Answer) -> Vec<Said> {
        let Answer { shares, life, looked, known, bills_read } = answer;
        if looked == Looked::Whole {
            // The next to be asked about is a day near this one.
            self.ledger.remember(account, day);
        }
        self.know(account, known, bills_read);
        match life {
            Life::Unsaid => {}
            Life::Lively => _ = self.lively.insert(account),
            Life::Still => _ = self.lively.remove(&account),
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
