//! The measures of a subject in an hour-aligned window (D7).
//!
//! In: what a group adds up to over time. Out: sums, peaks and distinct values of the window that ends in an hour. It moves
//! on by an hour at the cost of that hour. Chips not in the catalogue are measured as unknown hours and never mixed into
//! GPU-hours.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ops::Bound;

use super::totals::{Moments, Totals, Value, Values};
use crate::ledger::{ChipKey, Level, Steps};
use crate::model::{Hour, Text};

/// What a group adds up to, by hour.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) totals: Steps<Totals>,
    pub(super) values: Values,
    /// Of each account whether it has a row in the window that ends in an hour.
    pub(super) accounts: Steps<i64>,
    pub(super) moments: Moments,
}

/// The window of a group that ends in an hour.
pub(super) struct Window<'a> {
    sums: &'a Sums,
    hours: i64,
    last: Hour,
    /// Levels of the last hour, and of the hour before the first one.
    front: Cursor<'a>,
    back: Cursor<'a>,
    sum: Totals,
    peak: OnceCell<i128>,
}

/// A level and the changes that lie ahead.
struct Cursor<'a> {
    level: Totals,
    ahead: &'a [(Hour, Totals)],
}

impl<'a> Cursor<'a> {
    fn at(steps: &'a Steps<Totals>, hour: Hour) -> Self {
        Self { level: steps.at(hour), ahead: steps.from(hour.plus(1)) }
    }

    fn move_to(&mut self, hour: Hour) -> &Totals {
        while let Some(((_, step), rest)) = self.ahead.split_first().filter(|((at, _), _)| *at <= hour) {
            self.level.add(step, 1);
            self.ahead = rest;
        }
        &self.level
    }
}

impl<'a> Window<'a> {
    /// The window of so many hours that ends in `last`.
    pub(super) fn ending(sums: &'a Sums, hours: i64, last: Hour) -> Self {
        let mut sum = Totals::default();
        for (from, to, level) in sums.totals.stretches(last.plus(1 - hours), last) {
            sum.add(&level, to.0 - from.0 + 1);
        }
        let front = Cursor::at(&sums.totals, last);
        let back = Cursor::at(&sums.totals, last.plus(-hours));
        Self { sums, hours, last, front, back, sum, peak: OnceCell::new() }
    }

    /// The same window an hour later.
    pub(super) fn step(&mut self) {
        self.last = self.last.plus(1);
        self.sum.add(self.front.move_to(self.last), 1);
        self.sum.add(self.back.move_to(self.last.plus(-self.hours)), -1);
        self.peak.take();
    }

    fn first(&self) -> Hour {
        self.last.plus(1 - self.hours)
    }

    /// Its last hour.
    pub(super) fn last(&self) -> Hour {
        self.last
    }

    pub(super) fn sums(&self) -> &Totals {
        &self.sum
    }

    fn stretches(&self) -> impl Iterator<Item = (Hour, Hour, Totals)> + '_ {
        self.sums.totals.stretches(self.first(), self.last)
    }

    /// Greatest chip-seconds in one hour.
    pub(super) fn peak(&self) -> i128 {
        *self.peak.get_or_init(|| self.stretches().map(|(.., level)| level.seconds).max().unwrap_or(0).max(0))
    }

    /// Starts after the first denial of the window. In that denial's own hour, at most the last 64 instants are known of
    /// each account, region, SKU and way of buying.
    pub(super) fn starts_after_denial(&self) -> i128 {
        let Moments { denied, started } = &self.sums.moments;
        let Some((first, _)) = denied.range(self.first().start()..self.last.end()).next() else { return 0 };
        let hour = first.hour();
        let same_hour = (Bound::Excluded(*first), Bound::Excluded(hour.end()));
        let in_hour: i128 = started.range(same_hour).map(|(_, count)| i128::from(*count)).sum();
        let later = self.sums.totals.stretches(hour.plus(1), self.last);
        in_hour + later.map(|(from, to, level)| level.starts * i128::from(to.0 - from.0 + 1)).sum::<i128>()
    }

    /// Accounts with a row.
    pub(super) fn accounts(&self) -> i64 {
        self.sums.accounts.at(self.last)
    }

    /// Hours with a row.
    pub(super) fn active_hours(&self) -> i64 {
        self.stretches().filter(|(.., level)| level.rows > 0).map(|(from, to, _)| to.0 - from.0 + 1).sum()
    }

    /// Days with a row.
    pub(super) fn active_days(&self) -> usize {
        let active = self.stretches().filter(|(.., level)| level.rows > 0);
        active.flat_map(|(from, to, _)| from.day().0..=to.day().0).collect::<BTreeSet<_>>().len()
    }

    /// Values of a kind that some row of the window has.
    pub(super) fn values<T>(&self, pick: impl Fn(&'a Value) -> Option<T>) -> impl Iterator<Item = T> {
        let (first, last) = (self.first(), self.last);
        let here = move |steps: &Steps<i64>| steps.stretches(first, last).any(|(.., rows)| rows > 0);
        self.sums.values.seen.iter().filter_map(move |(value, steps)| pick(value).filter(|_| here(steps)))
    }

    /// Chips of every row, with the greatest chip-seconds of one hour in which they ran or were held, and the last such
    /// hour.
    pub(super) fn chips(&self) -> impl Iterator<Item = (&'a ChipKey, Option<(i128, Hour)>)> {
        let (first, last) = (self.first(), self.last);
        self.sums.values.chips.iter().filter_map(move |(chip, steps)| {
            let stretches = || steps.stretches(first, last);
            stretches().any(|(.., level)| level.rows > 0).then(|| {
                let ran = || stretches().filter(|(.., level)| level.ran > 0);
                let most = ran().map(|(.., level)| level.seconds).max();
                (chip, most.zip(ran().map(|(_, to, _)| to).last()))
            })
        })
    }

    /// Chips named, in order.
    pub(super) fn chip_names(&self) -> BTreeSet<Text> {
        self.chips().map(|(chip, _)| Text::new(chip.to_string())).filter(|chip| !chip.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_moves_on_by_an_hour_is_the_window_that_ends_there() {
        let mut sums = Sums::default();
        for (first, last, seconds) in [(3, 9, 5), (5, 5, 70), (12, 30, 11), (31, 31, 400)] {
            let level = Totals { rows: 1, seconds, starts: seconds, ..Totals::default() };
            sums.totals.add(Hour(first), Hour(last), &level, 1);
        }
        for hours in [1, 2, 7, 24] {
            let mut moving = Window::ending(&sums, hours, Hour(0));
            for last in 1..70 {
                moving.step();
                let fresh = Window::ending(&sums, hours, Hour(last));
                assert_eq!(moving.sums(), fresh.sums(), "{hours} hours up to {last}");
                assert_eq!((moving.peak(), moving.active_hours()), (fresh.peak(), fresh.active_hours()));
                let naive: i128 = (last - hours + 1..=last).map(|hour| sums.totals.at(Hour(hour)).seconds).sum();
                assert_eq!(fresh.sums().seconds, naive, "{hours} hours up to {last}");
            }
        }
    }
}
