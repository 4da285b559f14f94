//! Levels that hold from an hour on, as differences: an hour in which nothing begins or ends costs nothing.
//!
//! In: changes of a level at an hour, added and taken back in any order. Out: the level of any hour. Sums are exact, so
//! what is taken back leaves nothing behind.

use crate::model::Hour;

/// Something that adds up.
pub trait Level: Clone + Default + PartialEq {
    /// Adds another, so many times.
    fn add(&mut self, other: &Self, times: i64);

    /// Whether nothing is left.
    fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// Values of single hours, in order; those that come to nothing are dropped.
#[derive(Clone, Debug, PartialEq)]
pub struct Hourly<T> {
    hours: Vec<(Hour, T)>,
}

impl<T> Default for Hourly<T> {
    fn default() -> Self {
        Self { hours: Vec::new() }
    }
}

impl<T: Level> Hourly<T> {
    /// Adds to an hour, so many times.
    pub fn add(&mut self, hour: Hour, value: &T, times: i64) {
        // Most changes are about the latest hours.
        let at = match self.hours.last() {
            Some((last, _)) if *last < hour => self.hours.len(),
            _ => self.hours.partition_point(|(at, _)| *at < hour),
        };
        match self.hours.get_mut(at) {
            Some((found, known)) if *found == hour => {
                known.add(value, times);
                if known.is_zero() {
                    self.hours.remove(at);
                }
            }
            _ => {
                let mut fresh = T::default();
                fresh.add(value, times);
                if !fresh.is_zero() {
                    if self.hours.capacity() == 0 {
                        self.hours.reserve_exact(2);
                    }
                    self.hours.insert(at, (hour, fresh));
                }
            }
        }
    }

    /// The value of an hour.
    pub fn get(&self, hour: Hour) -> Option<&T> {
        let at = self.hours.binary_search_by_key(&hour, |(at, _)| *at).ok()?;
        self.hours.get(at).map(|(_, value)| value)
    }

    /// Values from an hour on.
    pub fn from(&self, hour: Hour) -> &[(Hour, T)] {
        let at = self.hours.partition_point(|(at, _)| *at < hour);
        self.hours.get(at..).unwrap_or_default()
    }

    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &(Hour, T)> {
        self.hours.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.hours.is_empty()
    }
}

/// A level over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Steps<T> {
    changes: Hourly<T>,
    /// An hour, and the level before it: kept true by every change, so that asking near it is cheap.
    mark: Hour,
    before: T,
}

impl<T: Level> Default for Steps<T> {
    fn default() -> Self {
        Self { changes: Hourly::default(), mark: Hour(i64::MIN), before: T::default() }
    }
}

impl<T: Level> Steps<T> {
    /// From `first` up to and including `last` the level is greater by a value, so many times.
    pub fn add(&mut self, first: Hour, last: Hour, value: &T, times: i64) {
        if first <= last {
            self.change(first, value, times);
            self.change(last.plus(1), value, -times);
        }
    }

    /// From an hour on, for good.
    pub fn change(&mut self, hour: Hour, value: &T, times: i64) {
        if hour < self.mark {
            self.before.add(value, times);
        }
        self.changes.add(hour, value, times);
    }

    /// The level just before an hour.
    pub fn before(&self, hour: Hour) -> T {
        let mut level = self.before.clone();
        let (from, to, sign) = if hour >= self.mark { (self.mark, hour, 1) } else { (hour, self.mark, -1) };
        self.changes.from(from).iter().take_while(|(at, _)| *at < to).for_each(|(_, step)| level.add(step, sign));
        level
    }

    /// Makes asking about an hour, and those near it, cheap.
    pub fn remember(&mut self, hour: Hour) {
        self.before = self.before(hour);
        self.mark = hour;
    }

    /// The level in an hour.
    pub fn at(&self, hour: Hour) -> T {
        self.before(hour.plus(1))
    }

    /// Where the level changes, from an hour on.
    pub fn from(&self, hour: Hour) -> &[(Hour, T)] {
        self.changes.from(hour)
    }

    /// Stretches of hours with one level, cut at `first` and `last`; nothing outside them.
    pub fn stretches(&self, first: Hour, last: Hour) -> Stretches<'_, T> {
        Stretches { level: self.before(first), from: first, last, changes: self.changes.from(first) }
    }

    /// The last hour at which the level changes.
    pub fn end(&self) -> Option<Hour> {
        self.changes.iter().next_back().map(|(hour, _)| *hour)
    }

    /// Whether the level never changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// See [`Steps::stretches`].
pub struct Stretches<'a, T> {
    level: T,
    from: Hour,
    last: Hour,
    changes: &'a [(Hour, T)],
}

impl<T: Level> Iterator for Stretches<'_, T> {
    type Item = (Hour, Hour, T);

    fn next(&mut self) -> Option<Self::Item> {
        if self.from > self.last {
            return None;
        }
        while let Some(((hour, step), rest)) = self.changes.split_first() {
            if *hour > self.from {
                break;
            }
            self.level.add(step, 1);
            self.changes = rest;
        }
        let to = self.changes.first().map_or(self.last, |(hour, _)| hour.plus(-1).min(self.last));
        let stretch = (self.from, to, self.level.clone());
        self.from = to.plus(1);
        Some(stretch)
    }
}

/// A number adds up.
impl Level for i64 {
    fn add(&mut self, other: &Self, times: i64) {
        *self += other * times;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_the_sum_of_what_covers_an_hour_wherever_the_mark_stands() {
        let spans = [(3, 9, 5i64), (4, 4, -2), (9, 20, 7), (0, 30, 1), (3, 9, -5)];
        for mark in [None, Some(0), Some(5), Some(9), Some(40)] {
            let mut steps = Steps::default();
            for (index, (first, last, value)) in spans.into_iter().enumerate() {
                if index == 2 {
                    mark.into_iter().for_each(|hour| steps.remember(Hour(hour)));
                }
                steps.add(Hour(first), Hour(last), &value, 1);
            }
            for hour in -1..35 {
                let naive: i64 = spans.iter().filter(|(f, l, _)| (*f..=*l).contains(&hour)).map(|s| s.2).sum();
                assert_eq!(steps.at(Hour(hour)), naive, "hour {hour}, mark {mark:?}");
            }
            let stretches: Vec<_> = steps.stretches(Hour(2), Hour(10)).map(|(a, b, level)| (a.0, b.0, level)).collect();
            assert_eq!(stretches, [(2, 3, 1), (4, 4, -1), (5, 8, 1), (9, 10, 8)]);
        }
    }

    #[test]
    fn what_is_taken_back_leaves_nothing() {
        let mut steps = Steps::default();
        steps.add(Hour(1), Hour(5), &3i64, 1);
        steps.remember(Hour(4));
        steps.add(Hour(1), Hour(5), &3, -1);
        assert!(steps.is_empty() && steps.at(Hour(4)) == 0);
    }
}
