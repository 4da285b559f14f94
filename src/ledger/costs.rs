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

/// What an account's bills ask, by money, `None` where a line names no price, and day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Costs(BTreeMap<Option<Currency>, BTreeMap<Day, Sum>>);

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

    /// What they ask between two days, both included.
    pub fn between(&self, money: &Currency, days: (Day, Day)) -> Asked {
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
    /// What the bills of an account that is watched ask.
    pub fn watched_costs(&self, account: AccountIndex) -> Option<&Costs> {
        self.costs.get(&account)
    }

    /// From now on every change of what an account's bills ask, which was added up a moment ago, touches all of its days.
    pub fn watch(&mut self, account: AccountIndex, costs: Costs) {
        self.costs.entry(account).or_insert(costs);
    }

    /// What an account's bills ask for the use of accelerators and AI models: the lines that count (D4) and say that something
    /// ran, was held or was called. Goes through all of them.
    pub fn added_up(&self, account: AccountIndex) -> Costs {
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

    /// What lies before everything that is known, if that is not as it was.
    pub(super) fn forget_costs(&mut self, known_before: Hour) {
        let known = self.known_from().day();
        if known == known_before.day() {
            return;
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::ledger::Retention;
    use crate::model::{
        AccountId, Actor, BilledClass, BilledUnit, EventTime, Micros, Money, Period, Position, Sku, Statement, Text,
        Usage,
    };

    fn day(day: i64) -> Day {
        Day(20_000 + day)
    }

    /// Half an hour into an hour of day 0.
    fn at(hour: i64) -> EventTime {
        EventTime::from_nanos(day(0).first_hour().plus(hour).start().nanos() + 1_800_000_000_000)
    }

    /// A line of one use from an hour up to another; `cost` in micro-units.
    fn line((from, to): (i64, i64), cost: Option<(i64, &str)>) -> BilledLine {
        let money = |(amount, money): (i64, &str)| Money { amount: Micros(amount), currency: Currency(money.into()) };
        BilledLine {
            period: Period { from: at(from), to: at(to) },
            sku: Some(Sku::new("gpu.mystery")),
            meter: None,
            quantity: Micros::ONE,
            unit: BilledUnit::InstanceHours,
            cost: cost.map(money),
            line: Some("l-1".into()),
            resource: None,
            class: BilledClass::Run,
            issuer: None,
            publisher: None,
            payer: None,
            statement: None,
        }
    }

    fn of_version(version: u64, line: BilledLine) -> BilledLine {
        let statement = Statement { export: "x".into(), period: "p".into(), version };
        BilledLine { statement: Some(statement), line: Some("l-2".into()), ..line }
    }

    fn usage(kind: UsageKind) -> Usage {
        let (account, actor) = (AccountId::new("corp-cloud", "1"), Actor::default());
        Usage { account, event: Text::default(), time: at(0), region: None, actor, via: None, kind }
    }

    fn ledger(retention: Option<Retention>) -> Ledger {
        let mut ledger = Ledger::keeping(retention);
        ledger.tick(at(1), &Catalogue::default());
        ledger
    }

    fn put(ledger: &mut Ledger, line: BilledLine) {
        let position = Position { source: Text::default(), at: 0 };
        let usage = usage(UsageKind::UsageBilled(Box::new(line)));
        ledger.apply(&position, &usage, None, &Catalogue::default());
    }

    fn watch(ledger: &mut Ledger, account: AccountIndex) {
        let costs = ledger.added_up(account);
        ledger.watch(account, costs);
    }

    /// Sum, first and last day, and what there is besides.
    fn asked(ledger: &Ledger, days: (i64, i64)) -> (Option<(i128, i64, i64)>, Vec<String>) {
        let costs = ledger.watched_costs(0).cloned().unwrap_or_else(|| ledger.added_up(0));
        let Asked { billed, besides } = costs.between(&Currency("CNY".into()), (day(days.0), day(days.1)));
        let billed = billed.map(|billed| (billed.sum, billed.from.0 - day(0).0, billed.to.0 - day(0).0));
        (billed, besides.into_iter().map(|money| money.map_or("-".into(), |money| money.0.to_string())).collect())
    }

    #[test]
    fn a_lines_cost_spreads_over_its_hours_and_the_first_have_the_remainder() {
        let mut ledger = ledger(None);
        // Hours 22, 23, 24 and 25 have 26, 26, 25 and 25.
        put(&mut ledger, line((22, 25), Some((102, "CNY"))));
        assert_eq!(asked(&ledger, (0, 0)).0, Some((52, 0, 0)));
        assert_eq!(asked(&ledger, (1, 9)).0, Some((50, 1, 1)));
        assert_eq!(asked(&ledger, (0, 9)).0, Some((102, 0, 1)));
        assert_eq!(asked(&ledger, (2, 9)).0, None);
    }

    #[test]
    fn hours_of_a_spread_add_up_to_its_total_wherever_they_are_cut() {
        let first = day(0).first_hour().plus(-1);
        let line = line((-1, 6), None);
        for total in [-10, -1, 0, 1, 7, 8, 15] {
            let spread = Spread::of(&line, total);
            for cut in 0..9 {
                let before = spread.within(first, first.plus(cut - 1));
                assert_eq!(before + spread.within(first.plus(cut), first.plus(7)), total, "{total} cut at {cut}");
            }
        }
    }

    #[test]
    fn other_money_and_lines_without_a_price_stand_beside_and_in_no_sum() {
        let mut ledger = ledger(None);
        put(&mut ledger, line((0, 1), Some((10, "USD"))));
        assert_eq!(asked(&ledger, (0, 0)), (None, vec!["USD".to_owned()]));
        put(&mut ledger, of_version(1, line((0, 1), None)));
        assert_eq!(asked(&ledger, (0, 0)), (None, vec!["-".to_owned(), "USD".to_owned()]));
        assert_eq!(asked(&ledger, (1, 9)), (None, vec![]));
    }

    #[test]
    fn only_what_says_that_something_was_used_is_asked_for_it() {
        let none = |change: &dyn Fn(&mut BilledLine)| {
            let (mut ledger, mut line) = (ledger(None), line((0, 1), Some((10, "CNY"))));
            change(&mut line);
            put(&mut ledger, line);
            asked(&ledger, (0, 0)).0
        };
        assert_eq!(none(&|_| {}), Some((10, 0, 0)));
        assert_eq!(none(&|line| line.class = BilledClass::Held), Some((10, 0, 0)));
        assert_eq!(none(&|line| line.unit = BilledUnit::Tokens), Some((10, 0, 0)));
        assert_eq!(none(&|line| line.class = BilledClass::Fee), None);
        assert_eq!(none(&|line| line.class = BilledClass::Credit), None);
        assert_eq!(none(&|line| line.unit = BilledUnit::Units), None);
        assert_eq!(none(&|line| line.quantity = Micros(0)), None);
        assert_eq!(none(&|line| line.sku = Some(Sku::new("plain.large"))), None);
    }

    #[test]
    fn a_newer_version_of_a_statement_asks_instead_and_a_watched_account_is_touched_by_it() {
        let (mut watched, mut other) = (ledger(None), ledger(None));
        for (nth, cost) in [(1, 10), (2, 30), (1, 50), (3, 0)] {
            for ledger in [&mut watched, &mut other] {
                put(ledger, of_version(nth, line((23, 24), Some((cost, "CNY")))));
            }
            watch(&mut watched, 0);
            assert_eq!(asked(&watched, (0, 9)), asked(&other, (0, 9)));
            assert_eq!(watched.costs.get(&0), Some(&other.added_up(0)));
        }
        assert_eq!(asked(&watched, (0, 9)).0, Some((0, 0, 1)), "a line for nothing is a line");
        watched.tick(day(5).start(), &Catalogue::default());
        put(&mut watched, line((0, 1), Some((1, "CNY"))));
        watched.take_touched(None);
        put(&mut watched, BilledLine { line: Some("l-9".into()), ..line((50, 51), Some((9, "CNY"))) });
        let touched = watched.take_touched(None).into_iter().map(|(_, from, to)| (from.0 - day(0).0, to.0 - day(0).0));
        assert_eq!(touched.collect::<Vec<_>>(), [(0, 2)]);
    }

    #[test]
    fn what_lies_before_everything_known_is_asked_no_more_whether_watched_or_not() {
        let retention = Some(Retention { lateness: 24, window: 24 });
        let (mut watched, mut other) = (ledger(retention), ledger(retention));
        for ledger in [&mut watched, &mut other] {
            put(ledger, line((0, 71), Some((72, "CNY"))));
        }
        watch(&mut watched, 0);
        for ledger in [&mut watched, &mut other] {
            ledger.tick(day(3).start(), &Catalogue::default());
            assert_eq!(asked(ledger, (0, 9)).0, Some((48, 1, 2)));
        }
        assert_eq!(watched.costs.get(&0), Some(&other.added_up(0)));
        watched.take_touched(None);
        watched.tick(day(4).start(), &Catalogue::default());
        assert_eq!(asked(&watched, (0, 9)).0, Some((24, 2, 2)));
        assert!(!watched.take_touched(None).is_empty());
        watched.tick(day(9).start(), &Catalogue::default());
        assert_eq!(watched.costs.get(&0), Some(&Costs::default()));
    }
}
