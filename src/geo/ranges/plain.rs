//! Tables as most are written: no quotes, `network` first, ranges in order. The one that ships is read at every start.
//!
//! In: a table's text. Out: its ranges, in a small part of the time of the general way; or nothing, when the table is any different or
//! anything may be wrong with it. It refuses to say what: the general way does.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::network::{leading_prefix, range};
use super::packed::{Packed, mapped};
use super::{COLUMNS, Ranges, place_of};
use crate::geo::Place;

/// What stands behind the network in a row.
#[derive(Clone, Copy)]
struct Columns {
    country: usize,
    kind: Option<usize>,
    asn: Option<usize>,
    count: usize,
}

/// Places by what stands in their rows behind the network.
#[derive(Default)]
struct Known<'t> {
    numbers: HashTable<u32>,
    texts: Vec<&'t str>,
    places: Vec<Place>,
    hasher: FixedState,
}

/// `None`: ask the general way.
pub(super) fn read(text: &str) -> Option<Ranges> {
    if memchr::memchr2(b'"', b'\r', text.as_bytes()).is_some() {
        return None;
    }
    let (heading, rows) = text.split_once('\n')?;
    let columns = Columns::of(heading)?;
    let (mut ranges, mut known, mut next) = (room(rows), Known::default(), Some(0));
    for row in lines(rows).filter(|row| !row.is_empty()) {
        let short = leading_prefix(row.as_bytes());
        let (first, last, comma) = match short {
            Some((first, last, comma)) => (mapped(first), mapped(last), comma),
            None => {
                let comma = row.bytes().position(|byte| byte == b',')?;
                let (first, last) = range(row.get(..comma)?).ok()?;
                (first, last, comma)
            }
        };
        // Nothing is behind the last address there is.
        if first < next? {
            return None;
        }
        let place = known.number(row.get(comma + 1..)?, columns)?;
        match short {
            Some((first, last, _)) => ranges.push_v4(first, last, place),
            None => ranges.push(first, last, place),
        }
        next = last.checked_add(1);
    }
    Some(Ranges { ranges, places: known.places })
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    let mut from = 0;
    ends.map(move |end| text.get(std::mem::replace(&mut from, end + 1)..end).unwrap_or_default())
}

/// Room for as many ranges as there are rows: of IPv4 those with three dots.
fn room(rows: &str) -> Packed {
    let count = |byte| memchr::memchr_iter(byte, rows.as_bytes()).count();
    let v4 = count(b'.') / 3;
    Packed::with_capacity(v4, count(b'\n').saturating_sub(v4))
}

impl Columns {
    /// `None` unless the network comes first, a country behind it, and every column is known and stands there once.
    fn of(heading: &str) -> Option<Self> {
        let mut names = heading.split(',');
        names.next().filter(|first| *first == "network")?;
        let names: Vec<&str> = names.collect();
        let at = |column: &str| names.iter().position(|name| *name == column);
        let known = |name: &&str| COLUMNS.required.contains(name) || COLUMNS.optional.contains(name);
        let fine = names.iter().enumerate().all(|(index, name)| known(name) && at(name) == Some(index));
        let columns = Self { country: at("country")?, kind: at("kind"), asn: at("asn"), count: names.len() };
        (fine && at("network").is_none()).then_some(columns)
    }

    fn place(self, rest: &str) -> Option<Place> {
        let cells: Vec<&str> = rest.split(',').map(str::trim).collect();
        let cell = |index: Option<usize>| index.and_then(|index| cells.get(index)).copied().unwrap_or_default();
        let mut fine = cells.len() == self.count;
        let cells = [cell(Some(self.country)), cell(self.kind), cell(self.asn)];
        let place = place_of(cells, |_, _| fine = false);
        fine.then_some(place)
    }
}

impl<'t> Known<'t> {
    fn number(&mut self, rest: &'t str, columns: Columns) -> Option<u32> {
        let Self { numbers, texts, places, hasher } = self;
        let text = |number: u32| texts.get(number as usize).copied().unwrap_or_default();
        let hash = hasher.hash_one(rest);
        if let Some(number) = numbers.find(hash, |number| text(*number) == rest) {
            return Some(*number);
        }
        let number = u32::try_from(places.len()).ok()?;
        numbers.insert_unique(hash, number, |number| hasher.hash_one(text(*number)));
        texts.push(rest);
        places.push(columns.place(rest)?);
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;
    use crate::written::Source;

    fn general(text: &str) -> Option<Ranges> {
        Ranges::in_any_order(&Source { name: "geo.csv".into(), text: text.to_owned().into() }).ok()
    }

    const HEADINGS: [&str; 3] = ["network,country", "network,country,kind", "network,asn,country,kind"];
    const CELLS: [&[&str]; 3] =
        [&["US", "us", " DE "], &["US,", "us ,vpn", ",isp"], &["64500,US,", "1,, tor", ",DE,", "4294967295,,"]];
    const ODD: [&str; 18] = [
        "",
        " ",
        "network",
        "203.0.113.9",
        "203.0.113.9,US",
        "203.0.113.9,US,cafe",
        "203.0.113.9,64500,US,",
        "203.0.113.9,4294967296,US,",
        "203.0.113.9,,,",
        "203.0.113.9,USA",
        "203.0.113.9,US\r",
        "203.0.113.9,\u{a0}US",
        " 203.0.113.9 ,US",
        "203.0.113.9,\"US\"",
        "203.0.113.0/33,US",
        "198.51.100.0/24,US",
        "2001:db8::/32,US",
        "ffff::/16,US",
    ];

    proptest! {
        #[test]
        fn what_is_read_plainly_is_read_the_same_in_general(
            kind in 0usize..3,
            rows in prop::collection::vec((1u32..4, 0u32..4, any::<prop::sample::Index>()), 0..12),
            odd in prop::option::of((any::<prop::sample::Index>(), prop::sample::select(ODD.to_vec()))),
            end in prop::sample::select(vec!["", "\n", "\n\n"]),
        ) {
            let mut next = u32::from(Ipv4Addr::new(203, 0, 113, 0));
            let mut lines = vec![HEADINGS[kind].to_owned()];
            for (gap, width, cells) in rows {
                let (first, last) = (Ipv4Addr::from(next + gap - 1), Ipv4Addr::from(next + gap - 1 + width));
                lines.push(format!("{first}-{last},{}", CELLS[kind][cells.index(CELLS[kind].len())]));
                next += gap + width;
            }
            if let Some((index, row)) = odd {
                lines.insert(index.index(lines.len() + 1), row.to_owned());
            }
            let text = lines.join("\n") + end;
            let plain = read(&text);
            prop_assert!(plain.is_some() || odd.is_some() || lines.len() == 1, "{}", text);
            if let Some(plain) = plain {
                let general = general(&text).unwrap();
                for address in (next - 64..next + 4).map(Ipv4Addr::from) {
                    prop_assert_eq!(plain.at(address.into()), general.at(address.into()), "{} {}", address, text);
                }
            }
        }
    }

    #[test]
    fn tables_with_other_headings_are_left_to_the_general_way() {
        let row = "198.51.100.0/24,US,vpn\n";
        assert!(read(&format!("network,country,kind\n{row}")).is_some());
        for heading in [
            "network,kind,asn",
            "network,country,country",
            "network,country,network",
            "network,country,more",
            "network, country,kind",
            "country,network,kind",
            "\u{feff}network,country,kind",
        ] {
            assert!(read(&format!("{heading}\n{row}")).is_none(), "{heading}");
        }
        assert!(read("").is_none() && read("network,country").is_none());
    }

    #[test]
    fn the_table_that_ships_is_read_plainly_and_tells_the_same_in_general() {
        let text = include_str!("../../../config/geo/country.csv");
        let (plain, general) = (read(text).unwrap(), general(text).unwrap());
        assert!(plain.ranges == general.ranges && plain.places == general.places);
    }
}
