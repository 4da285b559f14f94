//! What held when: values with a valid-from and perhaps a valid-to.
//!
//! In: values by valid-from. Out: the one in force at an instant. It refuses to merge: where two overlap, the one that
//! began later is in force, and when that one ends the earlier comes back.

use super::EventTime;

/// Values by the instant they begin to hold. Most have one, and of some there are millions: a list, without room to spare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline<T> {
    /// By their beginning, each once.
    entries: Vec<Entry<T>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry<T> {
    from: EventTime,
    to: Option<EventTime>,
    value: T,
}

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<T> Timeline<T> {
    /// Puts a value that holds from `from` up to, not including, `to`; replaces one with the same `from`.
    pub fn put(&mut self, from: EventTime, to: Option<EventTime>, value: T) {
        let entry = Entry { from, to, value };
        match self.entries.binary_search_by_key(&from, |entry| entry.from) {
            Ok(at) => {
                if let Some(old) = self.entries.get_mut(at) {
                    *old = entry;
                }
            }
            Err(at) => {
                if self.entries.is_empty() {
                    self.entries.reserve_exact(1);
                }
                self.entries.insert(at, entry);
            }
        }
    }

    /// The value in force at `at`: among those that hold, the one that began last.
    pub fn at(&self, at: EventTime) -> Option<&T> {
        let begun = self.entries.partition_point(|entry| entry.from <= at);
        let in_force = |entry: &&Entry<T>| entry.to.is_none_or(|to| at < to);
        self.entries.iter().take(begun).rev().find(in_force).map(|entry| &entry.value)
    }

    /// Every value with when it holds, by its beginning.
    pub fn iter(&self) -> impl Iterator<Item = (EventTime, Option<EventTime>, &T)> {
        self.entries.iter().map(|entry| (entry.from, entry.to, &entry.value))
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
