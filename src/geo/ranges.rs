//! Ranges of addresses and what is known of them.
//!
//! In: a CSV table. Out: the narrowest range around an address. It refuses the same range twice.

mod network;
mod packed;
mod plain;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::IpAddr;

use super::Place;
use crate::model::{Country, Text};
use crate::written::{Columns, Problems, Row, Source, table};

use network::range;
use packed::Packed;

/// Ranges that do not overlap any more, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranges {
    /// Which place, of each range.
    ranges: Packed,
    places: Vec<Place>,
}

/// Places by number, each once.
#[derive(Default)]
struct Known {
    numbers: BTreeMap<(Option<Country>, Text, Option<u32>), u32>,
    places: Vec<Place>,
}

/// A range as written.
struct Written {
    from: u128,
    to: u128,
    place: u32,
    line: u32,
}

/// A range around where the sweep is; the narrowest first, and of two the later one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Around {
    width: u128,
    from: Reverse<u128>,
    to: u128,
    place: u32,
}

const COLUMNS: Columns<'_> = Columns { required: &["network", "country"], optional: &["kind", "asn"] };
const KINDS: [&str; 5] = ["", "hosting", "vpn", "tor", "isp"];

impl Ranges {
    pub(super) fn read(source: &Source) -> Result<Self, Problems> {
        match plain::read(&source.text) {
            Some(ranges) => Ok(ranges),
            None => Self::in_any_order(source),
        }
    }

    fn in_any_order(source: &Source) -> Result<Self, Problems> {
        let mut problems = Problems::of(&source.name);
        let (mut known, mut written) = (Known::default(), Vec::new());
        table(source, COLUMNS, &mut problems, |row, problems| {
            let range = range(row.cell("network"));
            if let Err(why) = range {
                problems.add(row.place("network"), format!("{why}, got {:?}", row.cell("network")));
            }
            let place = place(row, problems);
            let Ok((from, to)) = range else { return };
            written.push(Written { from, to, place: known.number(place), line: row.line() });
        });
        written.sort_by_key(|range| (range.from, range.to));
        twice(source, &written, &mut problems);
        problems.or(Self { ranges: sweep(&written), places: known.places })
    }

    pub(super) fn at(&self, address: IpAddr) -> Option<&Place> {
        self.places.get(self.ranges.at(address)? as usize)
    }
}

/// Goes through all addresses once; of the ranges around one, the narrowest counts.
fn sweep(written: &[Written]) -> Packed {
    let mut ranges = Packed::default();
    let mut around = BinaryHeap::new();
    let mut at = 0;
    for (next, range) in written.iter().enumerate() {
        fill(&mut ranges, &mut around, &mut at, range.from.checked_sub(1));
        at = range.from;
        let Written { from, to, place, .. } = *range;
        around.push(Reverse(Around { width: to - from, from: Reverse(from), to, place }));
        if next + 1 == written.len() {
            fill(&mut ranges, &mut around, &mut at, Some(u128::MAX));
        }
    }
    ranges
}

/// What lies from `at` to `last`, of the ranges that begin before it.
fn fill(ranges: &mut Packed, around: &mut BinaryHeap<Reverse<Around>>, at: &mut u128, last: Option<u128>) {
    let Some(last) = last else { return };
    while let Some(Reverse(Around { to, place, .. })) = around.peek().copied() {
        if to < *at {
            around.pop();
            continue;
        }
        if *at > last {
            return;
        }
        let end = to.min(last);
        ranges.push(*at, end, place);
        match end.checked_add(1) {
            Some(next) => *at = next,
            None => return,
        }
    }
}

impl Known {
    fn number(&mut self, place: Place) -> u32 {
        let key = (place.country, place.network.clone(), place.asn);
        *self.numbers.entry(key).or_insert_with(|| {
            self.places.push(place);
            u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

/// Ranges that stand in the table twice; `written` is sorted, and in the table's order where they are equal.
fn twice(source: &Source, written: &[Written], problems: &mut Problems) {
    let pairs = written.iter().zip(written.iter().skip(1));
    let twice: BTreeMap<u32, u32> = pairs
        .filter(|(earlier, later)| (earlier.from, earlier.to) == (later.from, later.to))
        .map(|(earlier, later)| (later.line, earlier.line))
        .collect();
    if twice.is_empty() {
        return;
    }
    // What else is wrong was told before.
    table(source, COLUMNS, &mut Problems::of(&source.name), |row, _| {
        if let Some(first) = twice.get(&row.line()) {
            let what = format!("{:?} stands here twice, first on line {first}", row.cell("network"));
            problems.add(row.place("network"), what);
        }
    });
}

fn place(row: Row<'_>, problems: &mut Problems) -> Place {
    let cells = [row.cell("country"), row.cell("kind"), row.cell("asn")];
    place_of(cells, |column, what| problems.add(row.place(column), what))
}

/// The place that country, kind and asn name; `wrong` is told what is wrong in which column.
fn place_of([country, kind, asn]: [&str; 3], mut wrong: impl FnMut(&str, String)) -> Place {
    let parsed = Country::parse(country);
    if !country.is_empty() && parsed.is_none() {
        wrong("country", format!("a country is two letters, got {country:?}"));
    }
    if !KINDS.contains(&kind) {
        wrong("kind", format!("kind must be hosting, vpn, tor or isp, got {kind:?}"));
    }
    let number = asn.parse().ok();
    if !asn.is_empty() && number.is_none() {
        wrong("asn", format!("asn must be a number below 2^32, got {asn:?}"));
    }
    if [country, kind, asn].iter().all(|cell| cell.is_empty()) {
        wrong("country", "a row says neither country nor kind nor asn".into());
    }
    Place { country: parsed, network: Text::new(kind), asn: number }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_narrowest_range_counts_however_ranges_overlap(
            ranges in prop::collection::btree_set((0u8..40, 0u8..40), 0..20),
        ) {
            let ranges: BTreeSet<(u8, u8)> = ranges.into_iter().filter(|(from, to)| from <= to).collect();
            let mut text = "network,country,kind,asn\n".to_owned();
            for (number, (from, to)) in ranges.iter().enumerate() {
                text.push_str(&format!("203.0.113.{from}-203.0.113.{to},,,{number}\n"));
            }
            let source = Source { name: "geo.csv".into(), text: text.clone().into() };
            let read = Ranges::read(&source).unwrap();
            let long = Ranges::in_any_order(&source).unwrap();
            prop_assert_eq!(&read.ranges, &long.ranges, "{}", text);
            for host in 0..42 {
                let around = ranges.iter().enumerate().filter(|(_, (from, to))| (*from..=*to).contains(&host));
                let narrowest = around.min_by_key(|(_, (from, to))| (to - from, Reverse(*from)));
                let found = read.at(Ipv4Addr::new(203, 0, 113, host).into()).and_then(|place| place.asn);
                prop_assert_eq!(found, narrowest.map(|(number, _)| number as u32), "{}: {}", host, text);
            }
        }
    }
}
