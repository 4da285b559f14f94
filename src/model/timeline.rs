//! What held when: values with a valid-from and perhaps a valid-to.
//!
//! In: values by valid-from. Out: the one in force at an instant. It refuses to merge: where two overlap, the one that
//! began later is in force, and when that one ends the earlier comes back.

use std::collections::BTreeMap;

use super::EventTime;

/// Values by the instant they begin to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline<T> {
    entries: BTreeMap<EventTime, (Option<EventTime>, T)>,
}

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self { entries: BTreeMap::new() }
    }
}

impl<T> Timeline<T> {
    /// Puts a value that holds from `from` up to, not including, `to`; replaces one with the same `from`.
    pub fn put(&mut self, from: EventTime, to: Option<EventTime>, value: T) {
        self.entries.insert(from, (to, value));
    }

    /// The value in force at `at`: among those that hold, the one that began last.
    pub fn at(&self, at: EventTime) -> Option<&T> {
        self.entries.range(..=at).rev().find(|(_, (to, _))| to.is_none_or(|to| at < to)).map(|(_, (_, value))| value)
    }

    /// Every value with when it holds, by its beginning.
    pub fn iter(&self) -> impl Iterator<Item = (EventTime, Option<EventTime>, &T)> {
        self.entries.iter().map(|(from, (to, value))| (*from, *to, value))
    }

    /// Whether nothing was ever put.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> EventTime {
        super::super::Hour(hours).start()
    }

    #[test]
    fn the_later_beginning_is_in_force_and_the_earlier_comes_back() {
        let mut line = Timeline::default();
        line.put(at(1), None, "first");
        line.put(at(5), Some(at(7)), "second");
        assert_eq!(line.at(at(0)), None);
        assert_eq!(line.at(at(4)), Some(&"first"));
        assert_eq!(line.at(at(5)), Some(&"second"));
        assert_eq!(line.at(at(7)), Some(&"first"));
    }
}
