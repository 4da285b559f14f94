//! Ranges of addresses and what is known of them.
//!
//! In: a CSV table. Out: the narrowest range around an address. It refuses the same range twice.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Place;
use crate::model::{Country, Text};
use crate::written::{Columns, Problems, Row, Source, table};

/// Ranges that do not overlap any more, in order. IPv4 lies in `::ffff:0:0/96`.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranges {
    /// First addresses; what is behind the last address and before the next first one is in no range.
    from: Vec<u128>,
    /// Last addresses.
    to: Vec<u128>,
    /// Which place, of each range.
    of: Vec<u32>,
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
        match Self::in_order(source) {
            Some(ranges) => Ok(ranges),
            None => Self::in_any_order(source),
        }
    }

    /// A table whose ranges follow one another, none up to the last address there is, and in which nothing is wrong, as the one
    /// that ships: it needs no sorting, and half the memory.
    fn in_order(source: &Source) -> Option<Self> {
        let (mut ranges, mut known) = (Self::of_rows(source), Known::default());
        let (mut problems, mut next, mut is_in_order) = (Problems::of(&source.name), 0, true);
        table(source, COLUMNS, &mut problems, |row, problems| {
            let Some((from, to)) = range(row.cell("network")).ok().filter(|(from, _)| is_in_order && *from >= next)
            else {
                is_in_order = false;
                return;
            };
            ranges.push(from, to, known.number(place(row, problems)));
            match to.checked_add(1) {
                Some(behind) => next = behind,
                None => is_in_order = false,
            }
        });
        (is_in_order && problems.or(()).is_ok()).then_some(Self { places: known.places, ..ranges })
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
        problems.or(Self { places: known.places, ..Self::sweep(&written, Self::of_rows(source)) })
    }

    /// None yet, with room for so many as a table has rows.
    fn of_rows(source: &Source) -> Self {
        let rows = memchr::memchr_iter(b'\n', source.text.as_bytes()).count();
        Self {
            from: Vec::with_capacity(rows),
            to: Vec::with_capacity(rows),
            of: Vec::with_capacity(rows),
            places: Vec::new(),
        }
    }

    fn push(&mut self, from: u128, to: u128, place: u32) {
        self.from.push(from);
        self.to.push(to);
        self.of.push(place);
    }

    /// Goes through all addresses once; of the ranges around one, the narrowest counts.
    fn sweep(written: &[Written], mut ranges: Self) -> Self {
        let mut around = BinaryHeap::new();
        let mut at = 0;
        for (next, range) in written.iter().enumerate() {
            ranges.fill(&mut around, &mut at, range.from.checked_sub(1));
            at = range.from;
            let Written { from, to, place, .. } = *range;
            around.push(Reverse(Around { width: to - from, from: Reverse(from), to, place }));
            if next + 1 == written.len() {
                ranges.fill(&mut around, &mut at, Some(u128::MAX));
            }
        }
        ranges
    }

    /// What lies from `at` to `last`, of the ranges that begin before it.
    fn fill(&mut self, around: &mut BinaryHeap<Reverse<Around>>, at: &mut u128, last: Option<u128>) {
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
            self.push(*at, end, place);
            match end.checked_add(1) {
                Some(next) => *at = next,
                None => return,
            }
        }
    }

    pub(super) fn at(&self, address: IpAddr) -> Option<&Place> {
        let number = number(address);
        let before = self.from.partition_point(|from| *from <= number).checked_sub(1)?;
        self.to.get(before).filter(|to| number <= **to)?;
        self.places.get(*self.of.get(before)? as usize)
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

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The address and the length of `198.51.100.0/24`: most of a table is written so, and it is read at every start.
fn short_prefix(text: &str) -> Option<(Ipv4Addr, u32)> {
    let mut parts = [0u8; 5];
    let mut at = 0;
    let mut digits = 0;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                let part = parts.get_mut(at)?;
                // Not `010`, which some read as eight.
                if digits > 0 && *part == 0 {
                    return None;
                }
                *part = part.checked_mul(10)?.checked_add(byte - b'0')?;
                digits += 1;
                continue;
            }
            b'.' if at < 3 && digits > 0 => {}
            b'/' if at == 3 && digits > 0 => {}
            _ => return None,
        }
        (at, digits) = (at + 1, 0);
    }
    let [a, b, c, d, length] = parts;
    (at == 4 && digits > 0).then_some((Ipv4Addr::new(a, b, c, d), u32::from(length)))
}

/// The same of `2001:db8::/32`.
fn short_prefix_6(text: &str) -> Option<(Ipv6Addr, u32)> {
    let (network, length) = text.split_once("::/")?;
    let (mut parts, mut at, mut digits) = ([0; 8], 0, 0);
    for byte in network.bytes() {
        if byte == b':' {
            if digits == 0 || at == 6 {
                return None;
            }
            (at, digits) = (at + 1, 0);
            continue;
        }
        let digit = (byte as char).to_digit(16)?;
        let part: &mut u16 = parts.get_mut(at)?;
        *part = *part << 4 | u16::try_from(digit).ok()?;
        digits += 1;
        if digits > 4 {
            return None;
        }
    }
    let length: u8 = length.parse().ok()?;
    (digits > 0).then_some((Ipv6Addr::from(parts), u32::from(length)))
}

/// First and last address of `198.51.100.0/24`, `198.51.100.0-198.51.100.255` or `198.51.100.7`.
fn range(text: &str) -> Result<(u128, u128), &'static str> {
    let address =
        |text: &str| text.trim().parse::<IpAddr>().map_err(|_| "a network is a prefix, a range or an address");
    if let Some((network, length)) = short_prefix(text) {
        return prefix(network.into(), Some(length));
    }
    if let Some((network, length)) = short_prefix_6(text) {
        return prefix(network.into(), Some(length));
    }
    if let Some((from, to)) = text.split_once('-') {
        let (from, to) = (address(from)?, address(to)?);
        return match from.is_ipv4() == to.is_ipv4() && from <= to {
            true => Ok((number(from), number(to))),
            false => Err("a range goes from a lower to a higher address of one kind"),
        };
    }
    match text.split_once('/') {
        Some((network, length)) => {
            prefix(address(network)?, Some(length.parse().map_err(|_| "a prefix length is a number")?))
        }
        None => prefix(address(text)?, None),
    }
}

/// First and last address of a prefix, or of a single address.
fn prefix(network: IpAddr, length: Option<u32>) -> Result<(u128, u128), &'static str> {
    let bits = if network.is_ipv4() { Ipv4Addr::BITS } else { u128::BITS };
    let hosts = bits.checked_sub(length.unwrap_or(bits)).ok_or("a prefix is not longer than its addresses")?;
    let last = u128::MAX.checked_shr(u128::BITS - hosts).unwrap_or(0);
    let from = number(network);
    if from & last == 0 { Ok((from, from | last)) } else { Err("a prefix begins at its first address") }
}

fn place(row: Row<'_>, problems: &mut Problems) -> Place {
    let (country, kind, asn) = (row.cell("country"), row.cell("kind"), row.cell("asn"));
    let mut wrong = |column: &str, what: String| problems.add(row.place(column), what);
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

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_short_way_reads_what_the_long_way_reads(
            text in "[0-2]?[0-9]{1,2}(\\.[0-2]?[0-9]{1,2}){2,4}/?[0-9]{0,3}",
            network in any::<u32>().prop_map(Ipv4Addr::from),
            length in 0u32..256,
        ) {
            prop_assert_eq!(short_prefix(&format!("{network}/{length}")), Some((network, length)));
            let long = text.split_once('/').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
            prop_assert!(short_prefix(&text).is_none_or(|short| Some(short) == long), "{}", text);
        }

        #[test]
        fn so_does_the_short_way_of_the_longer_addresses(
            text in "(([0-9a-fA-F]{1,5}|g|):){0,9}[0-9a-f]{0,4}::/[0-9]{0,3}",
            network in prop::collection::vec(any::<u16>(), 1..7),
            length in 0u32..256,
        ) {
            let mut parts = [0; 8];
            parts.iter_mut().zip(&network).for_each(|(part, known)| *part = *known);
            let groups: Vec<String> = network.iter().map(|part| format!("{part:x}")).collect();
            let written = format!("{}::/{length}", groups.join(":"));
            prop_assert_eq!(short_prefix_6(&written), Some((Ipv6Addr::from(parts), length)));
            let long = text.split_once('/').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
            prop_assert!(short_prefix_6(&text).is_none_or(|short| Some(short) == long), "{}", text);
        }

        #[test]
        fn the_narrowest_range_counts_however_ranges_overlap(
            ranges in prop::collection::btree_set((0u8..40, 0u8..40), 0..20),
        ) {
            let ranges: BTreeSet<(u8, u8)> = ranges.into_iter().filter(|(from, to)| from <= to).collect();
            let mut text = "network,country,kind,asn\n".to_owned();
            for (number, (from, to)) in ranges.iter().enumerate() {
                text.push_str(&format!("203.0.113.{from}-203.0.113.{to},,,{number}\n"));
            }
            let source = Source { name: "geo.csv".into(), text: text.as_str().into() };
            let read = Ranges::read(&source).unwrap();
            let long = Ranges::in_any_order(&source).unwrap();
            let parts = |ranges: &Ranges| (ranges.from.clone(), ranges.to.clone(), ranges.of.clone());
            prop_assert_eq!(parts(&read), parts(&long), "{}", text);
            for host in 0..42 {
                let around = ranges.iter().enumerate().filter(|(_, (from, to))| (*from..=*to).contains(&host));
                let narrowest = around.min_by_key(|(_, (from, to))| (to - from, Reverse(*from)));
                let found = read.at(Ipv4Addr::new(203, 0, 113, host).into()).and_then(|place| place.asn);
                prop_assert_eq!(found, narrowest.map(|(number, _)| number as u32), "{}: {}", host, text);
            }
        }
    }

    #[test]
    fn the_table_that_ships_is_in_order_and_tells_the_same_by_the_long_way() {
        let source = Source { name: "country.csv".into(), text: include_str!("../../config/geo/country.csv").into() };
        let short = Ranges::in_order(&source).unwrap();
        let long = Ranges::in_any_order(&source).unwrap();
        assert!(short.from == long.from && short.to == long.to && short.of == long.of && short.places == long.places);
    }
}
