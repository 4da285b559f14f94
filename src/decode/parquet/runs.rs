//! Lengths of values as Parquet packs them (`DELTA_BINARY_PACKED`), added up without keeping them.
//!
//! In: bytes. Out: how many lengths, their sum, and where they end. It refuses to know whose lengths they are.

/// Some lengths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lengths {
    pub(super) count: u64,
    pub(super) sum: u64,
    /// Bytes they take.
    pub(super) end: usize,
}

impl Lengths {
    /// Nothing where there are more than `most`, or they are not packed as they should be.
    pub(super) fn read(bytes: &[u8], most: u64) -> Option<Self> {
        let mut rest = bytes;
        let block = number(&mut rest)?;
        let minis = usize::try_from(number(&mut rest)?).ok()?;
        let count = number(&mut rest).filter(|count| *count <= most)?;
        let mut length = i32::try_from(signed(&mut rest)?).ok()?;
        let each = block.checked_div(minis as u64).filter(|each| each % 32 == 0)?;
        let mut found = Self { count, sum: positive(length), end: 0 };
        let mut left = count.saturating_sub(1);
        while left > 0 {
            let least = i32::try_from(signed(&mut rest)?).ok()?;
            let (widths, behind) = rest.split_at_checked(minis)?;
            rest = behind;
            if minis == 0 || each == 0 {
                return None;
            }
            for width in widths {
                if left == 0 {
                    break;
                }
                left = mini(&mut rest, (*width, each), left, |more| {
                    length = length.wrapping_add(least).wrapping_add(more);
                    found.sum = found.sum.saturating_add(positive(length));
                })?;
            }
        }
        found.end = bytes.len() - rest.len();
        Some(found)
    }
}

/// Tells the numbers of a miniblock, so many bits wide, and how many are left behind it.
fn mini(rest: &mut &[u8], (width, each): (u8, u64), left: u64, mut tell: impl FnMut(i32)) -> Option<u64> {
    let size = each.checked_mul(u64::from(width)).filter(|_| width <= 32)? / 8;
    let (packed, behind) = rest.split_at_checked(usize::try_from(size).ok()?)?;
    *rest = behind;
    let mut packed = packed.iter();
    let (mut bits, mut held) = (0u64, 0);
    for _ in 0..each.min(left) {
        while held < u32::from(width) {
            bits |= u64::from(*packed.next()?) << held;
            held += 8;
        }
        // At most 32 bits are kept of them.
        tell(u32::try_from(bits & ((1 << width) - 1)).ok()?.cast_signed());
        bits >>= width;
        held -= u32::from(width);
    }
    Some(left - each.min(left))
}

/// A negative length is refused by who reads it.
fn positive(length: i32) -> u64 {
    u64::try_from(length).unwrap_or(0)
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(*byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn signed(bytes: &mut &[u8]) -> Option<i64> {
    let number = number(bytes)?;
    Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_added_up_and_more_than_may_be_are_refused() {
        // 7, 5, 3, 1, 2, 3, 4, 5: the example of the format's description, in a block of 128 with 4 parts.
        let mut packed = vec![0x80, 0x01, 0x04, 0x08, 0x0e, 0x03, 2, 0, 0, 0];
        packed.extend([0b1100_0000, 0b0011_1111, 0, 0, 0, 0, 0, 0]);
        let read = Lengths::read(&packed, 8);
        assert_eq!(read, Some(Lengths { count: 8, sum: 30, end: packed.len() }));
        assert_eq!(Lengths::read(&packed, 7), None);
        assert_eq!(Lengths::read(&packed[..12], 8), None);
        assert_eq!(Lengths::read(&[0x80, 0x01, 0x00, 0x02, 0x02], 8), None);
        assert_eq!(Lengths::read(&[0x80, 0x01, 0x04, 0x00, 0x00], 8).map(|read| read.count), Some(0));
    }
}
