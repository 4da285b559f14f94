//! Ranges of addresses and what is known of them.
//!
//! In: a CSV table. Out: the narrowest range around an address. It refuses the same range twice.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use super::Place;
use crate::model::{Country, Text};
use crate::written::{Columns, Problems, Row, Source, table};

/// Ranges that do not overlap any more: first address → last address and place. IPv4 lies in `::ffff:0:0/96`.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranges {
    segments: BTreeMap<u128, (u128, Place)>,
}

const COLUMNS: Columns<'_> = Columns { required: &["network", "country"], optional: &["kind", "asn"] };
const KINDS: [&str; 5] = ["", "hosting", "vpn", "tor", "isp"];

impl Ranges {
    pub(super) fn read(source: &Source) -> Result<Self, Problems> {
        let mut problems = Problems::of(&source.name);
        let mut read: BTreeMap<(u128, u128), (Place, u32)> = BTreeMap::new();
        table(source, COLUMNS, &mut problems, |row, problems| {
            let range = range(row.cell("network"));
            if let Err(why) = range {
                problems.add(row.place("network"), format!("{why}, got {:?}", row.cell("network")));
            }
            let place = place(row, problems);
            let Ok(range) = range else { return };
            let line = row.place("network").line;
            if let Some((_, earlier)) = read.get(&range) {
                let what = format!("{:?} stands here twice, first on line {earlier}", row.cell("network"));
                problems.add(row.place("network"), what);
            } else {
                read.insert(range, (place, line));
            }
        });
        let mut ranges: Vec<_> = read.into_iter().collect();
        // The widest first, so that narrower ones are painted over them.
        ranges.sort_by_key(|((from, to), _)| (std::cmp::Reverse(to - from), *from));
        let mut painted = Self::default();
        for ((from, to), (place, _)) in ranges {
            painted.paint(from, to, place);
        }
        problems.or(painted)
    }

    /// Puts a range over what is there.
    fn paint(&mut self, from: u128, to: u128, place: Place) {
        let before = self.segments.range(..from).next_back().map(|(start, (end, place))| (*start, *end, place.clone()));
        if let Some((start, end, around)) = before.filter(|(_, end, _)| *end >= from) {
            self.segments.insert(start, (from - 1, around.clone()));
            if end > to {
                self.segments.insert(to + 1, (end, around));
            }
        }
        let inside: Vec<_> = self.segments.range(from..=to).map(|(start, (end, _))| (*start, *end)).collect();
        for (start, end) in inside {
            let removed = self.segments.remove(&start);
            if let Some((_, rest)) = removed.filter(|_| end > to) {
                self.segments.insert(to + 1, (end, rest));
            }
        }
        self.segments.insert(from, (to, place));
    }

    pub(super) fn at(&self, address: IpAddr) -> Option<&Place> {
        let number = number(address);
        self.segments.range(..=number).next_back().filter(|(_, (to, _))| number <= *to).map(|(_, (_, place))| place)
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// First and last address of `198.51.100.0/24`, `198.51.100.0-198.51.100.255` or `198.51.100.7`.
fn range(text: &str) -> Result<(u128, u128), &'static str> {
    let address =
        |text: &str| text.trim().parse::<IpAddr>().map_err(|_| "a network is a prefix, a range or an address");
    if let Some((from, to)) = text.split_once('-') {
        let (from, to) = (address(from)?, address(to)?);
        return match from.is_ipv4() == to.is_ipv4() && from <= to {
            true => Ok((number(from), number(to))),
            false => Err("a range goes from a lower to a higher address of one kind"),
        };
    }
    let (network, length) = match text.split_once('/') {
        Some((network, length)) => (address(network)?, length.parse().map_err(|_| "a prefix length is a number")?),
        None => (address(text)?, u32::MAX),
    };
    let bits = if network.is_ipv4() { Ipv4Addr::BITS } else { u128::BITS };
    let length = if length == u32::MAX { bits } else { length };
    let hosts = bits.checked_sub(length).ok_or("a prefix is not longer than its addresses")?;
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
