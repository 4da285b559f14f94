//! Names of entries by the keys under which they meet other names, so that a look-up compares a few and misses none.
//!
//! In: entries in their fixed order. Out: for a name, the names of entries that resemble it. Whether one does follows
//! from the two names alone: no key is left out because it is frequent, no list is cut short.

use super::names::{Likeness, Probe, Strength};
use crate::model::Text;
use crate::parties::{Entry, EntryKind};

/// A name of an entry.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    entry: u32,
    nth: u32,
    probe: Probe,
}

impl Listed {
    /// The entry's position.
    pub(super) fn entry(&self) -> usize {
        self.entry as usize
    }

    /// Which of its names.
    pub(super) fn nth(&self) -> usize {
        self.nth as usize
    }

    pub(super) fn probe(&self) -> &Probe {
        &self.probe
    }
}

/// Names of one kind by their keys.
#[derive(Clone, Debug, Default)]
struct Shelf {
    names: Vec<Listed>,
    /// Sorted.
    postings: Vec<(u64, u32)>,
    /// Where in the postings keys with each beginning begin.
    starts: Vec<u32>,
    /// How long a beginning is: so long that hardly two keys share one.
    bits: u32,
}

/// Names of organisations and of persons, which never meet (P8).
#[derive(Clone, Debug, Default)]
pub(super) struct Alike {
    organisations: Shelf,
    persons: Shelf,
}

impl Shelf {
    fn beginning(&self, key: u64) -> usize {
        key.checked_shr(64 - self.bits).and_then(|bits| usize::try_from(bits).ok()).unwrap_or(0)
    }

    fn add(&mut self, entry: usize, nth: usize, mut probe: Probe) {
        let (Ok(at), Ok(entry), Ok(nth)) = (u32::try_from(self.names.len()), u32::try_from(entry), u32::try_from(nth))
        else {
            return;
        };
        self.postings.extend(probe.take_own().into_iter().map(|key| (key, at)));
        self.names.push(Listed { entry, nth, probe });
    }

    fn ready(&mut self) {
        self.postings.sort_unstable();
        self.postings.shrink_to_fit();
        self.bits = self.postings.len().checked_ilog2().unwrap_or(0).min(32);
        let mut starts = vec![0; (1 << self.bits) + 1];
        for (key, _) in &self.postings {
            if let Some(count) = starts.get_mut(self.beginning(*key) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        self.starts = starts;
    }

    /// Places in the postings of all keys that begin like this one.
    fn range(&self, key: u64) -> std::ops::Range<usize> {
        let at = |place: usize| self.starts.get(place).map_or(0, |start| *start as usize);
        let beginning = self.beginning(key);
        at(beginning)..at(beginning + 1)
    }

    fn resembling(&self, probe: &Probe) -> Vec<(&Listed, Likeness)> {
        // Where each key stands is asked for all of them first: none need wait for another's memory.
        let ranges: Vec<_> = probe.seeks().iter().map(|key| (*key, self.range(*key))).collect();
        let mut candidates = Vec::with_capacity(64);
        for (key, range) in ranges {
            let postings = self.postings.get(range).unwrap_or_default();
            candidates.extend(postings.iter().filter(|(known, _)| *known == key).map(|(_, name)| *name));
        }
        candidates.sort_unstable();
        candidates.dedup();
        let listed = candidates.into_iter().filter_map(|at| self.names.get(at as usize));
        let compared = listed.map(|listed| (listed, probe.compared(&listed.probe)));
        compared.filter(|(_, likeness)| Strength::of(likeness.score) > Strength::None).collect()
    }
}

impl Alike {
    pub(super) fn of(entries: &[Entry]) -> Self {
        let names = |(at, entry): (usize, &'_ Entry)| {
            let person = entry.kind == EntryKind::Person;
            entry.names.iter().enumerate().map(move |(nth, name)| (at, nth, name.clone(), person)).collect::<Vec<_>>()
        };
        Self::of_names(entries.iter().enumerate().flat_map(names))
    }

    /// Of names by entry and place in it, each with whether it is a person's.
    fn of_names(names: impl Iterator<Item = (usize, usize, Text, bool)>) -> Self {
        let mut all = Self::default();
        for (at, nth, name, person) in names {
            if person {
                all.persons.add(at, nth, Probe::of_person(&name));
            } else {
                all.organisations.add(at, nth, Probe::of(&name));
            }
        }
        all.organisations.ready();
        all.persons.ready();
        all
    }

    /// Every name of an entry that resembles this one, by entry and name; persons meet persons alone.
    pub(super) fn resembling(&self, name: &Probe) -> Vec<(&Listed, Likeness)> {
        if name.is_person() { self.persons.resembling(name) } else { self.organisations.resembling(name) }
    }

    /// Whether nothing could resemble a name of this kind.
    pub(super) fn is_empty(&self, person: bool) -> bool {
        if person { self.persons.names.is_empty() } else { self.organisations.names.is_empty() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    fn index(names: &[&str], person: bool) -> Alike {
        Alike::of_names(names.iter().enumerate().map(|(at, name)| (at, 0, Text::new(name), person)))
    }

    fn read(name: &str, person: bool) -> Probe {
        if person { Probe::of_person(name) } else { Probe::of(name) }
    }

    /// Positions and scores.
    type Found = Vec<(usize, f64)>;

    /// Positions and scores of the names the index finds, and of those that comparing all of them finds.
    fn both_ways(index: &Alike, names: &[Probe], name: &Probe) -> (Found, Found) {
        let found =
            index.resembling(name).into_iter().map(|(listed, likeness)| (listed.entry(), likeness.score)).collect();
        let all = names.iter().enumerate().filter_map(|(at, other)| Some((at, name.likeness(other)?.score)));
        (found, all.filter(|(_, score)| Strength::of(*score) > Strength::None).collect())
    }

    const NAMES: &[&str] = &[
        "Harbin Institute of Technology",
        "哈尔滨工业大学",
        "Qingdao Sophgo Technology Co., Ltd.",
        "算能科技(北京)有限公司",
        "China Electronics Technology Group Corporation 14th Research Institute (CETC 14)",
        "中国电子科技集团公司第十四研究所",
        "Sichuan University, Luzhou Industrial Technology Research Institute",
        "四川大学",
        "ООО \"Новые технологии\"",
        "National Supercomputing Center Wuxi",
        "国家超级计算无锡中心",
        "Beijing Information Technology",
        "SMIC",
        "Anduril Industries",
        "安杜里尔公司",
        "Yangtze Memory Technologies Co., Ltd.",
        "YMTC",
        "Al-Example Trading Est.",
        "Serko Limited",
        "Wang Wei",
        "王伟",
    ];

    /// A name with a few letters changed, left out, doubled or moved.
    fn edited() -> impl Strategy<Value = String> {
        let edit = (any::<proptest::sample::Index>(), 0..6_u8, select(vec!['a', 'e', 'n', '1', ' ', '-', '学', 'о']));
        (select(NAMES), proptest::collection::vec(edit, 0..4)).prop_map(|(name, edits)| {
            let mut letters: Vec<char> = name.chars().collect();
            for (at, what, letter) in edits {
                if letters.is_empty() {
                    break;
                }
                let at = at.index(letters.len());
                match what {
                    0 => letters[at] = letter,
                    1 => letters.insert(at, letter),
                    2 => drop(letters.remove(at)),
                    3 => letters.insert(at, letters[at]),
                    4 if at > 0 => letters.swap(at, at - 1),
                    _ => letters.rotate_left(at),
                }
            }
            letters.into_iter().collect()
        })
    }

    proptest! {
        #[test]
        fn the_index_finds_what_comparing_all_names_finds(name in edited(), person in any::<bool>()) {
            let names: Vec<_> = NAMES.iter().map(|name| read(name, person)).collect();
            let (found, all) = both_ways(&index(NAMES, person), &names, &read(&name, person));
            prop_assert_eq!(found, all);
        }

        #[test]
        fn a_score_is_the_same_alone_and_in_company(name in edited()) {
            let name = Probe::of(&name);
            let score = |index: &Alike, at: usize| {
                let found = index.resembling(&name).into_iter().find(|(listed, _)| listed.entry() == at);
                found.map(|(_, likeness)| likeness.score)
            };
            let together = index(NAMES, false);
            for (at, one) in NAMES.iter().enumerate() {
                prop_assert_eq!(score(&index(&[one], false), 0), score(&together, at));
            }
        }

        #[test]
        fn any_text_can_be_compared_and_both_ways_give_one_score(a in "\\PC{0,40}", b in edited()) {
            let (one, other) = (Probe::of(&a), Probe::of(&b));
            let (there, back) = (one.likeness(&other), other.likeness(&one));
            prop_assert_eq!(there.as_ref().map(|found| found.score), back.as_ref().map(|found| found.score));
            prop_assert!(there.is_none_or(|found| (0.0..=1.0).contains(&found.score)));
        }
    }

    #[test]
    fn on_the_published_lists_too_the_index_misses_nothing() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/lists/bis_entity_list_2026-07-09.json");
        let Ok(text) = std::fs::read_to_string(path) else {
            println!("SKIPPED (no ../shared/data): on_the_published_lists_too_the_index_misses_nothing");
            return;
        };
        let list: serde_json::Value = serde_json::from_str(&text).unwrap();
        let names: Vec<&str> =
            list["entities"].as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap()).collect();
        let probes: Vec<_> = names.iter().map(|name| Probe::of(name)).collect();
        let index = index(&names, false);
        for name in names.iter().step_by(97) {
            let (found, all) = both_ways(&index, &probes, &Probe::of(name));
            assert_eq!(found, all, "{name}");
            assert!(!found.is_empty(), "{name}");
        }
    }
}
