//! What bills ask for the use of accelerators and AI models, by money and day.
//!
//! In: billed lines that count, coming and going. Out: what those of an account come to between two days. A line's cost
//! spreads over its hours as its quantity does (D5). It is kept up for accounts that are watched; of all others it is added
//! up when asked. Of hours of which nothing is known any more (D2) it knows nothing either. It refuses to turn one money
//! into another, and to guess what a line without a price costs.

use std::collections::BTreeMap;

use super::bills::Spread;
use super::{AccountIndex, ActivityKind, Ledger};
use crate::model::{BilledLine, Currency, Day, Hour, UsageKind};

/// By money, `None` where a line names no price.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Costs(BTreeMap<Option<Currency>, BTreeMap<Day, Sum>>);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    /// Micro-units.
    amount: i128,
    /// Lines that bill something on the day: credits may make their sum nought.
    lines: i64,
}

/// What lines in one money come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Billed {
    /// Micro-units.
    pub sum: i128,
    /// The first day they bill.
    pub from: Day,
    /// The last.
    pub to: Day,
}

/// What bills ask between two days: in the money asked about, and besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// `None` where no line asks anything in it.
    pub billed: Option<Billed>,
    /// Other moneys of lines on these days, by name; `None` stands for lines without a price.
    pub besides: Vec<Option<Currency>>,
}

impl Costs {
    /// A line comes or goes, as far as it bills days from `known` on; whether it bills any.
    fn count(&mut self, line: &BilledLine, times: i64, known: Day) -> bool {
        let hours = line.period.hours();
        let (first, last) = (Hour(*hours.start()), Hour(*hours.end()));
        let from = first.day().max(known);
        if hours.is_empty() || from > last.day() {
            return false;
        }
        let spread = Spread::of(line, line.cost.as_ref().map_or(0, |cost| cost.amount.0.into()));
        let money = line.cost.as_ref().map(|cost| cost.currency.clone());
        let days = self.0.entry(money.clone()).or_default();
        for day in (from.0..=last.day().0).map(Day) {
            let sum = days.entry(day).or_default();
            sum.amount += spread.within(first.max(day.first_hour()), last.min(day.last_hour())) * i128::from(times);
            sum.lines += times;
            if sum.lines == 0 {
                days.remove(&day);
            }
        }
        if days.is_empty() {
            self.0.remove(&money);
        }
        true
    }

    /// Days before `known` are known no more; whether there were any.
    fn forget(&mut self, known: Day) -> bool {
        let mut any = false;
        self.0.retain(|_, days| {
            let rest = days.split_off(&known);
            any |= !days.is_empty();
            *days = rest;
            !days.is_empty()
        });
        any
    }

    fn between(&self, money: &Currency, days: (Day, Day)) -> Asked {
        let within = |sums: &BTreeMap<Day, Sum>| sums.range(days.0..=days.1).next().is_some();
        let mut asked = Asked::default();
        for (of, sums) in self.0.iter().filter(|(_, sums)| within(sums)) {
            if of.as_ref() != Some(money) {
                asked.besides.push(of.clone());
                continue;
            }
            for (day, sum) in sums.range(days.0..=days.1) {
                let billed = asked.billed.get_or_insert(Billed { sum: 0, from: *day, to: *day });
                billed.sum += sum.amount;
                billed.to = *day;
            }
        }
        asked
    }
}

impl Ledger {
    /// What an account's bills ask for the use of accelerators and AI models between two days, both included: the lines
    /// that count (D4) and say that something ran, was held or was called.
    pub fn billed(&self, account: AccountIndex, money: &Currency, days: (Day, Day)) -> Asked {
        match self.costs.get(&account) {
            Some(costs) => costs.between(money, days),
            None => self.added_up(account).between(money, days),
        }
    }

    /// From now on every change of what an account's bills ask touches all of its days.
    pub fn watch(&mut self, account: AccountIndex) {
        if !self.costs.contains_key(&account) {
            let costs = self.added_up(account);
            self.costs.insert(account, costs);
        }
    }

    fn added_up(&self, account: AccountIndex) -> Costs {
        let (mut costs, known) = (Costs::default(), self.known_from().day());
        for (key, series) in self.accounts.get(account as usize).into_iter().flat_map(|own| &own.series) {
            let uses = [ActivityKind::Run, ActivityKind::Held, ActivityKind::Model];
            if self.keys.get(*key).is_none_or(|key| !uses.contains(&key.kind)) {
                continue;
            }
            for usage in series.behind.all().filter_map(|entry| self.store.usage(entry.loc)) {
                if let UsageKind::UsageBilled(line) = &usage.kind {
                    costs.count(line, 1, known);
                }
            }
        }
        costs
    }

    /// A line that speaks of a use counts, or does no more.
    pub(super) fn count_cost(&mut self, account: AccountIndex, line: &BilledLine, times: i64) {
        let known = self.known_from().day();
        if self.costs.get_mut(&account).is_some_and(|costs| costs.count(line, times, known)) {
            self.charged.push(account);
        }
    }

    /// What lies before everything that is known.
    pub(super) fn forget_costs(&mut self) {
        let known = self.known_from().day();
        for (account, costs) in &mut self.costs {
            if costs.forget(known) {
                self.charged.push(*account);
            }
        }
    }

    /// Touches every day of the accounts whose bills ask something else than before.
    pub(super) fn touch_charged(&mut self) {
        let mut charged = std::mem::take(&mut self.charged);
        charged.sort_unstable();
        charged.dedup();
        for account in charged {
            if let Some((first, last)) = self.span(account) {
                self.touched.push((account, first.day(), last.day()));
            }
        }
    }
}
