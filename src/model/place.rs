//! From where an account is used, as far as it is kept: address prefixes and what kind of principal.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Serialize;

use super::words::{from_text, words};

/// A network of addresses: /24 or /48 unless the operator keeps whole addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkPrefix {
    network: IpAddr,
    length: u8,
}

impl NetworkPrefix {
    /// The first in order.
    pub const LEAST: Self = Self { network: IpAddr::V4(Ipv4Addr::UNSPECIFIED), length: 0 };

    /// The /24 of an IPv4 address or the /48 of an IPv6 address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::new(IpAddr::V4(v4), 24),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => Self::new(IpAddr::V4(v4), 24),
                None => Self::new(IpAddr::V6(v6), 48),
            },
        }
    }

    /// A network with its host bits cleared; longer lengths are held at the address's own.
    pub fn new(address: IpAddr, length: u8) -> Self {
        match address {
            IpAddr::V4(v4) => {
                let length = length.min(32);
                let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
                Self { network: IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask)), length }
            }
            IpAddr::V6(v6) => {
                let length = length.min(128);
                let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
                Self { network: IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask)), length }
            }
        }
    }

    /// Reads `198.51.100.0/24` or a plain address; a longer prefix than /24 or /48 is widened to it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address.parse().ok()?, Some(length.parse::<u8>().ok()?)),
            None => (text.parse().ok()?, None),
        };
        let kept = Self::of(address);
        Some(match length {
            Some(length) if length < kept.length => Self::new(kept.network, length),
            _ => kept,
        })
    }

    /// The network's first address.
    pub fn network(&self) -> IpAddr {
        self.network
    }

    /// Length of the prefix in bits.
    pub fn length(&self) -> u8 {
        self.length
    }
}

impl fmt::Display for NetworkPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.length)
    }
}

from_text!(NetworkPrefix, "a network");

impl Serialize for NetworkPrefix {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

words! {
    /// What kind of principal acted.
    PrincipalClass {
        /// The account's own owner.
        Root = "root",
        /// A named user.
        User = "user",
        /// An assumed role or federated session.
        Role = "role",
        /// A service or machine identity.
        Service = "service",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_as_networks() {
        let written = |text| NetworkPrefix::parse(text).map(|p| p.to_string());
        assert_eq!(written("198.51.100.7").as_deref(), Some("198.51.100.0/24"));
        assert_eq!(written("198.51.100.7/32").as_deref(), Some("198.51.100.0/24"));
        assert_eq!(written("198.51.100.7/16").as_deref(), Some("198.51.0.0/16"));
        assert_eq!(written("2001:db8:1:2::3").as_deref(), Some("2001:db8:1::/48"));
        assert_eq!(written("::ffff:198.51.100.7").as_deref(), Some("198.51.100.0/24"));
        assert_eq!(written("AWS Internal"), None);
        assert_eq!(written("0.0.0.0/0").as_deref(), Some("0.0.0.0/0"));
    }
}
