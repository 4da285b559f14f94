//! What held when: values with a valid-from and perhaps a valid-to.
//!
//! In: values by valid-from. Out: the one in force at an instant. It refuses to merge: where two overlap, the one that
//! began later is in force, and when that one ends the earlier comes back.

use super::EventTime;

/// Values by the instant they begin to hold. Of some there are millions, and most have one: it stands here by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline<T>(Entries<T>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entries<T> {
    None,
    One(Entry<T>),
    /// By their beginning, each once.
    Many(Vec<Entry<T>>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry<T> {
    from: EventTime,
    to: Option<EventTime>,
    value: T,
}

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self(Entries::None)
    }
}

impl<T> Timeline<T> {
    /// Puts a value that holds from `from` up to, not including, `to`; replaces one with the same `from`.
    pub fn put(&mut self, from: EventTime, to: Option<EventTime>, value: T) {
        let entry = Entry { from, to, value };
        match &mut self.0 {
            Entries::None => self.0 = Entries::One(entry),
            Entries::One(old) if old.from == from => *old = entry,
            Entries::One(_) => {
                let Entries::One(old) = std::mem::replace(&mut self.0, Entries::None) else { return };
                let both = if old.from < from { [old, entry] } else { [entry, old] };
                self.0 = Entries::Many(both.into());
            }
            Entries::Many(entries) => match entries.binary_search_by_key(&from, |entry| entry.from) {
                Ok(at) => {
                    if let Some(old) = entries.get_mut(at) {
                        *old = entry;
                    }
                }
                Err(at) => entries.insert(at, entry),
            },
        }
    }

    fn entries(&self) -> &[Entry<T>] {
        match &self.0 {
            Entries::None => &[],
            Entries::One(entry) => std::slice::from_ref(entry),
            Entries::Many(entries) => entries,
        }
    }

    /// When its only value holds, where it has one and no more.
    pub fn only(&self) -> Option<(EventTime, Option<EventTime>)> {
        match &self.0 {
            Entries::One(entry) => Some((entry.from, entry.to)),
            Entries::None | Entries::Many(_) => None,
        }
    }

    /// The value in force at `at`: among those that hold, the one that began last.
    pub fn at(&self, at: EventTime) -> Option<&T> {
        let entries = self.entries();
        let begun = entries.partition_point(|entry| entry.from <= at);
        let in_force = |entry: &&Entry<T>| entry.to.is_none_or(|to| at < to);
        entries.iter().take(begun).rev().find(in_force).map(|entry| &entry.value)
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

    #[test]
    fn any_order_gives_the_same_and_the_same_beginning_replaces() {
        let values = [(1, None, "first"), (5, Some(7), "second"), (3, Some(9), "third")];
        let line = |order: [usize; 3]| {
            let mut line = Timeline::default();
            order
                .map(|nth| values[nth])
                .into_iter()
                .for_each(|(from, to, value)| line.put(at(from), to.map(at), value));
            line
        };
        let lines = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].map(line);
        assert!(lines.iter().all(|other| *other == lines[0]));
        assert_eq!(
            [2, 4, 6, 8, 9].map(|hour| lines[0].at(at(hour)).copied().unwrap()),
            ["first", "third", "second", "third", "first"]
        );
        for mut line in lines {
            line.put(at(3), Some(at(4)), "fourth");
            assert_eq!([3, 4, 8].map(|hour| line.at(at(hour)).copied().unwrap()), ["fourth", "first", "first"]);
        }
        let mut one = Timeline::default();
        one.put(at(1), None, "first");
        one.put(at(1), Some(at(2)), "again");
        assert_eq!([1, 2].map(|hour| one.at(at(hour)).copied()), [Some("again"), None]);
    }
}
