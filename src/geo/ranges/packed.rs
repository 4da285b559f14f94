//! Ranges in little memory.
//!
//! In: ranges in order, none reaching into the next. Out: which of them an address is in. It refuses to know what is there.

use std::net::{IpAddr, Ipv6Addr};

/// IPv4, as it lies among the IPv6 addresses.
const MAPPED: u128 = 0xffff << u32::BITS;
const MAPPED_LAST: u128 = MAPPED | u32::MAX as u128;
/// The half of an IPv6 address that tells hosts of one network apart.
const HOST: u128 = u64::MAX as u128;

/// A number for every range. IPv4 takes 12 bytes a range, and whole networks of IPv6 take 24.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Packed {
    v4: Sorted<u32>,
    /// Of IPv6 whole networks, by their first halves.
    networks: Sorted<u64>,
    /// The rest of IPv6.
    hosts: Sorted<u128>,
}

/// Ranges of one kind, in order; what is behind the last address and before the next first one is in no range.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sorted<A>(Vec<Range<A>>);

/// From the first address to the last. Side by side they are one memory: a few large ones are dearer to get than one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Range<A> {
    first: A,
    last: A,
    of: u32,
}

impl Packed {
    /// None yet, with room for so many of each kind.
    pub(super) fn with_capacity(v4: usize, v6: usize) -> Self {
        let (v4, networks) = (Sorted(Vec::with_capacity(v4)), Sorted(Vec::with_capacity(v6)));
        Self { v4, networks, hosts: Sorted::default() }
    }

    /// One behind all others.
    pub(super) fn push(&mut self, first: u128, last: u128, of: u32) {
        let within =
            |low: u128, high: u128| Some((first.max(low), last.min(high))).filter(|(first, last)| first <= last);
        if let Some((first, last)) = within(0, MAPPED - 1) {
            self.push_v6(first, last, of);
        }
        if let Some((first, last)) = within(MAPPED, MAPPED_LAST) {
            self.v4.push(first as u32, last as u32, of);
        }
        if let Some((first, last)) = within(MAPPED_LAST + 1, u128::MAX) {
            self.push_v6(first, last, of);
        }
    }

    /// The same of IPv4.
    pub(super) fn push_v4(&mut self, first: u32, last: u32, of: u32) {
        self.v4.push(first, last, of);
    }

    fn push_v6(&mut self, first: u128, last: u128, of: u32) {
        if first & HOST == 0 && last & HOST == HOST {
            self.networks.push(network(first), network(last), of);
        } else {
            self.hosts.push(first, last, of);
        }
    }

    /// The number of the range around an address.
    pub(super) fn at(&self, address: IpAddr) -> Option<u32> {
        match address.to_canonical() {
            IpAddr::V4(v4) => self.v4.at(v4.to_bits()),
            IpAddr::V6(v6) => self.at_v6(v6),
        }
    }

    fn at_v6(&self, address: Ipv6Addr) -> Option<u32> {
        let number = address.to_bits();
        self.networks.at(network(number)).or_else(|| self.hosts.at(number))
    }
}

/// An IPv4 address as it lies among the IPv6 addresses.
pub(super) fn mapped(address: u32) -> u128 {
    MAPPED | u128::from(address)
}

/// The half of an IPv6 address that names its network.
fn network(number: u128) -> u64 {
    (number >> u64::BITS) as u64
}

impl<A> Default for Sorted<A> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<A: Copy + Ord> Sorted<A> {
    fn push(&mut self, first: A, last: A, of: u32) {
        self.0.push(Range { first, last, of });
    }

    fn at(&self, number: A) -> Option<u32> {
        let before = self.0.partition_point(|range| range.first <= number).checked_sub(1)?;
        self.0.get(before).filter(|range| number <= range.last).map(|range| range.of)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Addresses near the ends of what is kept apart.
    fn near_an_end() -> impl Strategy<Value = u128> {
        let ends = [0, 1 << 64, 0x2001_0db8 << 96, MAPPED, MAPPED + 9, MAPPED_LAST, 2 * HOST + 1, u128::MAX - 3];
        (prop::sample::select(ends.to_vec()), 0u128..4, any::<bool>())
            .prop_map(|(end, off, up)| if up { end.saturating_add(off) } else { end.saturating_sub(off) })
    }

    proptest! {
        #[test]
        fn an_address_is_in_the_range_that_a_walk_over_all_of_them_finds(
            ends in prop::collection::btree_set(near_an_end(), 0..12),
            addresses in prop::collection::vec(near_an_end(), 8),
        ) {
            let pairs: Vec<u128> = ends.iter().copied().collect();
            let ranges: Vec<(u128, u128)> = pairs.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
            let mut packed = Packed::default();
            ranges.iter().zip(0..).for_each(|((first, last), of)| packed.push(*first, *last, of));
            let all: BTreeSet<u128> = ends.into_iter().chain(addresses).collect();
            for number in all {
                let walked = ranges.iter().position(|(first, last)| (*first..=*last).contains(&number));
                let found = packed.at(Ipv6Addr::from_bits(number).into());
                prop_assert_eq!(found, walked.map(|of| of as u32), "{:x}", number);
            }
        }
    }
}
