//! From an address to a place: country, kind of network, autonomous system.
//!
//! In: tables as text and MaxMind-format databases as bytes. Out: [`GeoMatch`]. It refuses to take an address without
//! a record for a harmless one: that is an answer of its own.
//!
//! Layers, from above: own ranges (`network,country,kind,asn`), databases, the shipped table. What one leaves empty is
//! taken from the next. A prefix is looked up by its first address.

mod ranges;

use std::net::IpAddr;
use std::sync::Arc;

use maxminddb::path;

use crate::model::{Country, NetworkPrefix, Text};
use crate::written::{Problems, Source};

use ranges::Ranges;

/// What is known of where an address is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeoMatch {
    /// Something is known.
    Place(Place),
    /// An address of no public network: private, loopback, link-local, multicast, reserved.
    NotRoutable,
    /// Nothing is known.
    NoRecord,
}

/// A place, as far as known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The country; `None` is unknown.
    pub country: Option<Country>,
    /// `hosting`, `vpn`, `tor`, `isp`, or empty: unknown.
    pub network: Text,
    /// The autonomous system.
    pub asn: Option<u32>,
}

impl Place {
    fn or(self, below: Self) -> Self {
        Self {
            country: self.country.or(below.country),
            network: if self.network.is_empty() { below.network } else { self.network },
            asn: self.asn.or(below.asn),
        }
    }
}

/// A MaxMind-format database.
pub type Database = maxminddb::Reader<Vec<u8>>;

/// Bytes that are no sound database.
#[derive(Debug, thiserror::Error)]
#[error("not a sound MaxMind-format database: {0}")]
pub struct InvalidDatabase(maxminddb::MaxMindDbError);

/// Everything that says where addresses are.
#[derive(Clone, Debug, Default)]
pub struct Geo {
    own: Ranges,
    countries: Option<Arc<Database>>,
    systems: Option<Arc<Database>>,
    table: Ranges,
}

impl Geo {
    /// Reads a table of `network,country[,kind][,asn]`; every problem at once. `network` is a prefix, a range
    /// `from-to` or an address; where ranges overlap the narrowest counts.
    pub fn read_table(source: &Source) -> Result<Self, Problems> {
        Ok(Self { table: Ranges::read(source)?, ..Self::default() })
    }

    /// Puts ranges of one's own above everything else; private addresses may be among them.
    pub fn with_own_ranges(self, source: &Source) -> Result<Self, Problems> {
        Ok(Self { own: Ranges::read(source)?, ..self })
    }

    /// Puts a country database above the table.
    pub fn with_countries(self, database: Database) -> Self {
        Self { countries: Some(Arc::new(database)), ..self }
    }

    /// Takes autonomous systems from a database.
    pub fn with_systems(self, database: Database) -> Self {
        Self { systems: Some(Arc::new(database)), ..self }
    }

    /// Opens a database and walks all of it, so that a broken one is refused here and not met later.
    pub fn open(bytes: Vec<u8>) -> Result<Database, InvalidDatabase> {
        let database = Database::from_source(bytes).map_err(InvalidDatabase)?;
        database.verify().map_err(InvalidDatabase)?;
        Ok(database)
    }

    /// Where a network is.
    pub fn lookup(&self, prefix: NetworkPrefix) -> GeoMatch {
        let address = prefix.network().to_canonical();
        let own = self.own.at(address);
        if own.is_none() && !is_routable(address) {
            return GeoMatch::NotRoutable;
        }
        let database = Place {
            country: self.countries.as_deref().and_then(|database| country(database, address)),
            network: Text::default(),
            asn: self.systems.as_deref().and_then(|database| system(database, address)),
        };
        let table = self.table.at(address).cloned().unwrap_or_default();
        let place = own.cloned().unwrap_or_default().or(database).or(table);
        if place == Place::default() { GeoMatch::NoRecord } else { GeoMatch::Place(place) }
    }
}

impl Geo {
    /// The country of what [`Self::lookup`] finds.
    pub fn country(&self, prefix: NetworkPrefix) -> Option<Country> {
        let address = prefix.network().to_canonical();
        let own = self.own.at(address);
        if own.is_none() && !is_routable(address) {
            return None;
        }
        let in_table = || self.table.at(address)?.country;
        let in_database = || country(self.countries.as_deref()?, address);
        own.and_then(|own| own.country).or_else(in_database).or_else(in_table)
    }
}

/// The country of a database, in MaxMind's own layout or as a plain `country_code`.
fn country(database: &Database, address: IpAddr) -> Option<Country> {
    let found = database.lookup(address).ok()?;
    let layouts = [&path!["country", "iso_code"][..], &path!["country_code"][..]];
    layouts.iter().find_map(|path| found.decode_path::<&str>(path).ok().flatten()).and_then(Country::parse)
}

fn system(database: &Database, address: IpAddr) -> Option<u32> {
    database.lookup(address).ok()?.decode_path(&path!["autonomous_system_number"]).ok().flatten()
}

/// Whether an address is one of the public internet. Documentation ranges count as such: nobody has a record of them.
fn is_routable(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let special = a == 0 || (a, b, c) == (192, 0, 0) || (a == 198 && (18..20).contains(&b));
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || shared || special || a >= 224)
        }
        // Global unicast is 2000::/3; 64:ff9b::/96 stands for IPv4 addresses behind a translator.
        IpAddr::V6(v6) => matches!(v6.segments(), [0x2000..=0x3fff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, _, _]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source { name: "geo.csv".into(), text: text.to_owned().into() }
    }

    fn find(geo: &Geo, text: &str) -> String {
        match geo.lookup(NetworkPrefix::parse(text).unwrap()) {
            GeoMatch::NotRoutable => "not routable".into(),
            GeoMatch::NoRecord => "no record".into(),
            GeoMatch::Place(Place { country, network, asn }) => {
                let country = country.map(|c| c.to_string()).unwrap_or_default();
                format!("{country} {network} {}", asn.map(|n| n.to_string()).unwrap_or_default()).trim().into()
            }
        }
    }

    #[test]
    fn the_narrowest_range_counts_and_own_ranges_stand_above() {
        let geo = Geo::read_table(&source(
            "network,country\n198.51.0.0/16,US\n198.51.100.0/24,CN\n203.0.113.0-203.0.114.255,SG\n2001:db8::/32,DE\n",
        ))
        .unwrap();
        assert_eq!(find(&geo, "198.51.100.7"), "CN");
        assert_eq!(find(&geo, "198.51.101.7"), "US");
        assert_eq!(find(&geo, "198.51.99.7"), "US");
        assert_eq!(find(&geo, "203.0.114.9"), "SG");
        assert_eq!(find(&geo, "203.0.115.9"), "no record");
        assert_eq!(find(&geo, "2001:db8:1::1"), "DE");
        assert_eq!(find(&geo, "2001:db9::1"), "no record");
        let own = "network,country,kind,asn\n198.51.100.0/25,,vpn,64500\n10.1.0.0/16,SG,,\n192.0.2.5,KH,tor,\n";
        let geo = geo.with_own_ranges(&source(own)).unwrap();
        assert_eq!(find(&geo, "198.51.100.7"), "CN vpn 64500");
        assert_eq!(find(&geo, "10.1.2.3"), "SG");
        assert_eq!(find(&geo, "10.2.2.3"), "not routable");
    }

    #[test]
    fn addresses_of_no_public_network_are_not_routable() {
        let geo = Geo::default();
        for text in [
            "10.0.0.1",
            "172.31.0.1",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0/0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(find(&geo, text), "not routable", "{text}");
        }
        for text in ["100.128.0.1", "172.32.0.1", "198.51.100.1", "2001:db8::1"] {
            assert_eq!(find(&geo, text), "no record", "{text}");
        }
    }

    #[test]
    fn every_wrong_row_is_told_with_its_place() {
        let problems = Geo::read_table(&source(
            "network,country,kind\n198.51.100.0/33,US,\nhost,US,\n198.51.100.0/24,USA,\n198.51.100.9-198.51.100.1,US,\n\
             198.51.100.0-2001:db8::,US,\n203.0.113.0/24,US,cafe\n203.0.113.1/24,US,\n192.0.3.0/24,,\n192.0.2.0/24,US,\n192.0.2.0/24,DE,\n",
        ))
        .unwrap_err()
        .to_string();
        let lines: Vec<_> = problems.lines().collect();
        assert_eq!(lines.len(), 9, "{problems}");
        assert_eq!(lines[2], "geo.csv:4:17: a country is two letters, got \"USA\"");
        assert!(lines[8].starts_with("geo.csv:11:1: \"192.0.2.0/24\" stands here twice"), "{problems}");
    }

    #[test]
    fn the_shipped_table_knows_well_known_networks() {
        let geo = Geo::read_table(&Source {
            name: "country.csv".into(),
            text: include_str!("../../config/geo/country.csv").into(),
        })
        .unwrap();
        assert_eq!(find(&geo, "8.8.8.8"), "US");
        assert_eq!(find(&geo, "114.114.114.114"), "CN");
        assert_eq!(find(&geo, "5.9.0.1"), "DE");
        assert_eq!(find(&geo, "2001:200::1"), "JP");
        assert_eq!(find(&geo, "203.0.113.5"), "no record");
    }

    /// A database of one IPv4 network, in the layout of MaxMind's specification 2.0.
    fn database(network: [u8; 4], length: u8, data: &[u8]) -> Vec<u8> {
        let text = |text: &str| [&[0x40 + text.len() as u8], text.as_bytes()].concat();
        let record = |n: u32| n.to_be_bytes()[1..].to_vec();
        let nodes = u32::from(length);
        let mut bytes = Vec::new();
        for depth in 0..length {
            let next = if depth + 1 == length { nodes + 16 } else { u32::from(depth) + 1 };
            let bit = network[usize::from(depth / 8)] >> (7 - depth % 8) & 1;
            let pair = if bit == 0 { [next, nodes] } else { [nodes, next] };
            bytes.extend(pair.iter().flat_map(|n| record(*n)));
        }
        bytes.extend([0; 16]);
        bytes.extend(data);
        bytes.extend(b"\xab\xcd\xefMaxMind.com\xe9");
        for (key, value) in [
            ("node_count", vec![0xc1, length]),
            ("record_size", vec![0xa1, 24]),
            ("ip_version", vec![0xa1, 4]),
            ("database_type", text("Test")),
            ("languages", vec![0x01, 0x04, 0x42, b'e', b'n']),
            ("binary_format_major_version", vec![0xa1, 2]),
            ("binary_format_minor_version", vec![0xa0]),
            ("build_epoch", vec![0x01, 0x02, 1]),
            ("description", [vec![0xe1], text("en"), text("x")].concat()),
        ] {
            bytes.extend(text(key));
            bytes.extend(value);
        }
        bytes
    }

    #[test]
    fn databases_stand_between_own_ranges_and_the_table() {
        let country = b"\xe1\x47country\xe1\x48iso_code\x42KH";
        let plain = b"\xe1\x4ccountry_code\x42VN";
        let system = b"\xe1\x58autonomous_system_number\xc2\xfb\xf4";
        let open = |data| Geo::open(database([203, 0, 113, 0], 24, data)).unwrap();
        let geo = Geo::read_table(&source("network,country\n203.0.113.0/24,SG\n198.51.100.0/24,SG\n")).unwrap();
        let geo = geo.with_countries(open(country)).with_systems(open(system));
        assert_eq!(find(&geo, "203.0.113.9"), "KH  64500");
        assert_eq!(find(&geo, "198.51.100.9"), "SG");
        assert_eq!(find(&geo.with_countries(open(plain)), "203.0.113.9"), "VN  64500");
    }

    #[test]
    fn broken_databases_are_refused() {
        assert!(Geo::open(Vec::new()).is_err());
        let whole = database([203, 0, 113, 0], 24, b"\xe1\x47country\xe1\x48iso_code\x42KH");
        for cut in 0..whole.len() {
            assert!(Geo::open(whole[..cut].to_vec()).is_err(), "{cut}");
        }
    }
}
