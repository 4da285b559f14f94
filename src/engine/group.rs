//! One (rule, subject): who has a share in it, what that adds up to, and the hours in which its condition held.
//!
//! In: shares of accounts, day by day. Out: episodes, and what an alert shows. A share that changes changes sums from the
//! hour on in which it differs, and the condition is asked anew from there: what lies before stays as it is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::episodes::{Episodes, Holds};
use super::rows::Row;
use super::share::Share;
use super::totals::Totals;
use super::window::{Sums, Window};
use crate::ledger::Activity;
use crate::model::{AccountId, Day, Hour, SubjectKind};
use crate::policy::{Measure, Rule};

/// An account's shares, by day.
#[derive(Debug, Default)]
pub(super) struct Member {
    pub(super) days: BTreeMap<Day, Share>,
    /// Chip-seconds of all of it.
    weight: i128,
}

#[derive(Debug, Default)]
pub(super) struct GroupState {
    members: BTreeMap<AccountId, Member>,
    /// Members, the one that weighs most first; where there can be several.
    ranked: BTreeSet<(Reverse<i128>, AccountId)>,
    sums: Sums,
    holds: Holds,
    /// From which hour on the condition must be asked anew.
    from: Option<Hour>,
    pub(super) episodes: Episodes,
}

impl GroupState {
    /// Whether nobody has a share.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The condition must be asked anew from an hour on.
    pub(super) fn doubt(&mut self, hour: Hour) {
        self.from = Some(self.from.map_or(hour, |from| from.min(hour)));
    }

    /// Takes the place of what the account said of this day before; whether it says anything else.
    pub(super) fn take(&mut self, rule: &Rule, account: &AccountId, day: Day, share: Share) -> bool {
        let member = self.members.entry(account.clone()).or_default();
        let weight = member.weight;
        let none = Share::default();
        let before = member.days.get(&day).unwrap_or(&none);
        if *before == share {
            if member.days.is_empty() {
                self.members.remove(account);
            }
            return false;
        }
        let (gone, come) = difference(&before.rows, &share.rows);
        let seconds = |rows: &[Arc<Row>]| rows.iter().map(|row| row.activity.seconds()).sum::<i128>();
        member.weight += seconds(&come) - seconds(&gone);
        let asks_accounts = rule.asks_for(Measure::Accounts);
        if asks_accounts {
            attend(&mut self.sums, member, rule.window_hours, -1);
        }
        if share.rows.is_empty() {
            member.days.remove(&day)
        } else {
            member.days.insert(day, share)
        };
        if asks_accounts {
            attend(&mut self.sums, member, rule.window_hours, 1);
        }
        let (now, empty) = (member.weight, member.days.is_empty());
        if rule.subject != SubjectKind::Account {
            self.ranked.remove(&(Reverse(weight), account.clone()));
            if !empty {
                self.ranked.insert((Reverse(now), account.clone()));
            }
        }
        if empty {
            self.members.remove(account);
        }
        if let Some(hour) = differs_from(&gone, &come) {
            gone.iter().for_each(|row| self.add(rule, row, -1));
            come.iter().for_each(|row| self.add(rule, row, 1));
            self.doubt(hour);
        }
        true
    }

    /// What an account said last of a day.
    pub(super) fn share(&self, account: &AccountId, day: Day) -> Option<&Share> {
        self.members.get(account)?.days.get(&day)
    }

    fn add(&mut self, rule: &Rule, row: &Row, times: i64) {
        let activity = &row.activity;
        self.sums.totals.add(activity.first, activity.last, &Totals::of(activity), times);
        self.sums.values.add(row, rule, times);
        if rule.asks_for(Measure::StartsAfterDenial) {
            self.sums.moments.add(activity, times);
        }
    }

    /// Days before `known` are forgotten, and hours before `evaluated` are without episodes; whether that changes anything.
    pub(super) fn forget(&mut self, rule: &Rule, known: Day, evaluated: Hour) -> bool {
        let old = |member: &Member| member.days.range(..known).map(|(day, _)| *day).collect::<Vec<_>>();
        let gone: Vec<(AccountId, Vec<Day>)> = self
            .members
            .iter()
            .map(|(account, member)| (account.clone(), old(member)))
            .filter(|(_, days)| !days.is_empty())
            .collect();
        for (account, days) in &gone {
            days.iter().for_each(|day| {
                self.take(rule, account, *day, Share::default());
            });
        }
        let begins = self.episodes.bounds().is_some_and(|bounds| bounds.first < evaluated);
        if begins {
            self.doubt(evaluated);
        }
        begins || !gone.is_empty()
    }

    /// Asks the condition of every hour in doubt, `earliest` being the first that is asked about at all; the hour from
    /// which on episodes are others than before.
    pub(super) fn ask(
        &mut self,
        rule: &Rule,
        earliest: Option<Hour>,
        holds: impl Fn(&Window<'_>) -> bool,
    ) -> Option<Hour> {
        let from = self.from.take()?;
        let from = earliest.map_or(from, |earliest| from.max(earliest));
        self.holds.cut(from);
        earliest.into_iter().for_each(|earliest| self.holds.cut_before(earliest));
        let end = self.sums.totals.end().map_or(from, |end| end.plus(-1));
        let active: Vec<(Hour, Hour)> = self
            .sums
            .totals
            .stretches(from, end)
            .filter(|(.., level)| level.rows > 0)
            .map(|(first, last, _)| (first, last))
            .collect();
        if rule.having.is_none() {
            active.iter().for_each(|(first, last)| self.holds.hold(*first, *last));
        } else if let Some((first, _)) = active.first() {
            let mut window = Window::ending(&self.sums, rule.window_hours, *first);
            for (first, last) in active {
                if first.0 - window.last().0 > rule.window_hours {
                    window = Window::ending(&self.sums, rule.window_hours, first);
                }
                while window.last() < first {
                    window.step();
                }
                loop {
                    if holds(&window) {
                        self.holds.hold(window.last(), window.last());
                    }
                    if window.last() >= last {
                        break;
                    }
                    window.step();
                }
            }
        }
        self.sums.totals.remember(end.plus(1 - rule.window_hours));
        self.sums.accounts.remember(end);
        let episodes = self.holds.episodes(rule.quiet_hours);
        let changed = episodes.differ_from(&self.episodes);
        self.episodes = episodes;
        changed
    }

    /// The window that ends in an hour.
    pub(super) fn window(&self, rule: &Rule, last: Hour) -> Window<'_> {
        Window::ending(&self.sums, rule.window_hours, last)
    }

    /// Members, the one that weighs most first.
    pub(super) fn ranked(&self) -> impl Iterator<Item = (&AccountId, &Member)> {
        let several = self.ranked.iter().filter_map(|(_, account)| self.members.get_key_value(account));
        let single = if self.ranked.is_empty() { Some(self.members.iter()) } else { None };
        single.into_iter().flatten().chain(several)
    }
}

impl Member {
    /// Its rows in an hour.
    pub(super) fn rows_at(&self, hour: Hour) -> impl Iterator<Item = &Row> {
        let rows = self.days.get(&hour.day()).into_iter().flat_map(|share| &share.rows);
        rows.map(Arc::as_ref).filter(move |row| (row.activity.first..=row.activity.last).contains(&hour))
    }
}

/// Rows of the one list and of the other, without those whose activity stands in both.
fn difference(before: &[Arc<Row>], after: &[Arc<Row>]) -> (Vec<Arc<Row>>, Vec<Arc<Row>>) {
    let mut come: Vec<Arc<Row>> = after.to_vec();
    let mut gone = Vec::new();
    for row in before {
        match come.iter().position(|other| other.activity == row.activity) {
            Some(at) => {
                come.swap_remove(at);
            }
            None => gone.push(Arc::clone(row)),
        }
    }
    (gone, come)
}

/// The first hour in which rows gone and rows come are not the same: a run of hours that only grew longer differs where
/// it grew.
fn differs_from(gone: &[Arc<Row>], come: &[Arc<Row>]) -> Option<Hour> {
    let grown = |row: &Activity, others: &[Arc<Row>]| {
        let longer = |other: &&Arc<Row>| other.activity.begins_like(row);
        others.iter().find(longer).map(|other| other.activity.last.min(row.last).plus(1))
    };
    let of = |rows: &[Arc<Row>], others: &[Arc<Row>]| {
        rows.iter().map(|row| grown(&row.activity, others).unwrap_or(row.activity.first)).min()
    };
    of(gone, come).into_iter().chain(of(come, gone)).min()
}

/// An account is in the windows that end in an hour with a row of its own, and up to a window's length later.
fn attend(sums: &mut Sums, member: &Member, window: i64, times: i64) {
    let mut spans: Vec<(Hour, Hour)> = Vec::new();
    for row in member.days.values().flat_map(|share| &share.rows) {
        let (first, last) = (row.activity.first, row.activity.last.plus(window - 1));
        match spans.last_mut() {
            Some((_, until)) if first <= until.plus(1) => *until = last.max(*until),
            _ => spans.push((first, last)),
        }
    }
    spans.into_iter().for_each(|(first, last)| sums.accounts.add(first, last, &1, times));
}
