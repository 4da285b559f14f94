//! Networks as tables write them: prefixes, ranges, addresses.
//!
//! In: the text of a cell. Out: its first and last address, or what is wrong with it. It refuses to know what is there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// As a number; IPv4 lies in `::ffff:0:0/96`.
pub(super) fn number(address: IpAddr) -> u128 {
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
    let slash = text.bytes().rposition(|byte| byte == b'/')?;
    let (network, length) = (text.get(..slash)?.strip_suffix("::")?, text.get(slash + 1..)?);
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

/// First and last address of a row that begins like `198.51.100.0/24,`, and where that comma stands: so begin most rows of a
/// table, and each is read once and forgotten.
pub(super) fn leading_prefix(row: &[u8]) -> Option<(u32, u32, usize)> {
    let (mut network, mut parts, mut part, mut digits) = (0u32, 0, 0u32, 0);
    for (at, byte) in row.iter().enumerate() {
        match byte {
            // Not `010`, which some read as eight.
            b'0'..=b'9' if digits == 0 || part > 0 && digits < 3 => {
                part = part * 10 + u32::from(byte - b'0');
                digits += 1;
            }
            b'.' | b'/' if digits > 0 && part < 256 && parts < 4 && (*byte == b'/') == (parts == 3) => {
                network = network << 8 | part;
                (parts, part, digits) = (parts + 1, 0, 0);
            }
            b',' if digits > 0 && parts == 4 && part <= Ipv4Addr::BITS => {
                let hosts = u32::MAX.checked_shr(part).unwrap_or(0);
                return (network & hosts == 0).then_some((network, network | hosts, at));
            }
            _ => return None,
        }
    }
    None
}

/// First and last address of `198.51.100.0/24`, `198.51.100.0-198.51.100.255` or `198.51.100.7`.
pub(super) fn range(text: &str) -> Result<(u128, u128), &'static str> {
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

#[cfg(test)]
mod tests {
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
        fn so_does_the_way_of_a_whole_row(
            row in "([0-2]?[0-9]{1,2}\\.){3,4}[0-2]?[0-9]{1,2}/?[0-9]{0,3},?[A-Z]{0,2}",
            network in any::<u32>(),
            length in 0u32..33,
        ) {
            let network = network & u32::MAX.checked_shl(32 - length).unwrap_or(0);
            let written = format!("{}/{length},SG", Ipv4Addr::from(network));
            for row in [row, written] {
                let Some((first, last, comma)) = leading_prefix(row.as_bytes()) else {
                    prop_assert!(!row.ends_with(",SG"), "{}", row);
                    continue;
                };
                let long = range(&row[..comma]).unwrap();
                prop_assert_eq!([first, last].map(|at| number(Ipv4Addr::from(at).into())), [long.0, long.1], "{}", row);
                prop_assert_eq!(row.find(','), Some(comma));
            }
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
    }
}
