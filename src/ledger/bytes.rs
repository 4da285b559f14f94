//! Facts in few bytes: integers and text as they are held in the arena.
//!
//! In: integers and text. Out: bytes, and the same again. It refuses to panic on bytes it did not write: reading gives
//! `None`. Names that are mostly hexadecimal, as providers make them, take half the room.

use crate::model::Text;

/// Longest text written as its own length byte.
const SHORT: usize = 0xef;
const LONG: u8 = 0xf0;
/// `i-` and seventeen hexadecimal digits.
const INSTANCE: u8 = 0xf1;
/// Any text that ends in many hexadecimal digits.
const HEX_ENDED: u8 = 0xf3;
const INSTANCE_DIGITS: usize = 17;
/// From so many hexadecimal digits on it pays to halve them.
const HALVE_FROM: usize = 8;

pub(super) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number as u8 & 0x7f) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Bytes of a number as [`put_varint`] writes it.
pub(super) fn varint_len(number: u64) -> usize {
    (u64::BITS - (number | 1).leading_zeros()).div_ceil(7) as usize
}

pub(super) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put_varint(out, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    let digits = text.bytes().rev().take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')).count();
    let digits = digits.min(usize::from(u8::MAX));
    let (stem, hex) = text.split_at(text.len() - digits);
    if digits == INSTANCE_DIGITS && stem == "i-" {
        out.push(INSTANCE);
        put_hex(out, hex);
    } else if digits >= HALVE_FROM && stem.len() < usize::from(u8::MAX) {
        out.extend([HEX_ENDED, stem.len() as u8, digits as u8]);
        out.extend(stem.bytes());
        put_hex(out, hex);
    } else {
        if text.len() <= SHORT {
            out.push(text.len() as u8);
        } else {
            out.push(LONG);
            put_varint(out, text.len() as u64);
        }
        out.extend(text.bytes());
    }
}

fn put_hex(out: &mut Vec<u8>, hex: &str) {
    let nibble = |byte: &u8| if *byte <= b'9' { byte - b'0' } else { byte - b'a' + 10 };
    for pair in hex.as_bytes().chunks(2) {
        let high = pair.first().map_or(0, nibble);
        let low = pair.get(1).map_or(0, nibble);
        out.push(high << 4 | low);
    }
}

/// Reads what was put, from the front.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub(super) fn varint(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn index(&mut self) -> Option<u32> {
        u32::try_from(self.varint()?).ok()
    }

    pub(super) fn length(&mut self) -> Option<usize> {
        usize::try_from(self.varint()?).ok()
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let number = self.varint()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub(super) fn text(&mut self) -> Option<Text> {
        let header = self.byte()?;
        match header {
            INSTANCE => {
                let mut text = String::from("i-");
                self.hex(INSTANCE_DIGITS, &mut text)?;
                Some(Text::new(text))
            }
            HEX_ENDED => {
                let (stem, digits) = (self.byte()?, self.byte()?);
                let mut text = std::str::from_utf8(self.bytes(stem.into())?).ok()?.to_owned();
                self.hex(digits.into(), &mut text)?;
                Some(Text::new(text))
            }
            LONG => {
                let length = self.length()?;
                Some(Text::new(std::str::from_utf8(self.bytes(length)?).ok()?))
            }
            length => Some(Text::new(std::str::from_utf8(self.bytes(length.into())?).ok()?)),
        }
    }

    /// Past a text, without reading it.
    pub(super) fn skip_text(&mut self) -> Option<()> {
        let length = match self.byte()? {
            INSTANCE => INSTANCE_DIGITS.div_ceil(2),
            HEX_ENDED => usize::from(self.byte()?) + usize::from(self.byte()?).div_ceil(2),
            LONG => self.length()?,
            length => length.into(),
        };
        self.bytes(length).map(|_| ())
    }

    fn hex(&mut self, digits: usize, out: &mut String) -> Option<()> {
        let bytes = self.bytes(digits.div_ceil(2))?;
        let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).take(digits);
        nibbles.for_each(|nibble| out.push(char::from_digit(nibble.into(), 16).unwrap_or('0')));
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_and_names_in_hexadecimal_take_half_the_room() {
        let long = "x".repeat(400);
        let all =
            ["", "a", "i-0123456789abcdef0", "0f8fad5b-d9cb-469f-a165-70867728950e", "vm-ü-deadbeef", &long, "i-"];
        for text in all {
            let mut bytes = Vec::new();
            put_text(&mut bytes, text);
            bytes.push(7);
            let (mut read, mut skipped) = (Reader(&bytes), Reader(&bytes));
            assert_eq!(read.text().as_deref(), Some(text));
            skipped.skip_text().unwrap();
            assert_eq!((read.byte(), skipped.byte()), (Some(7), Some(7)), "{text}");
        }
        let mut bytes = Vec::new();
        put_text(&mut bytes, "i-0123456789abcdef0");
        assert_eq!(bytes.len(), 10);
    }

    #[test]
    fn every_integer_comes_back_and_cut_bytes_are_none() {
        for number in [0, 1, -1, 127, 128, i64::MAX, i64::MIN] {
            let mut bytes = Vec::new();
            put_signed(&mut bytes, number);
            assert_eq!(Reader(&bytes).signed(), Some(number));
            assert_eq!(Reader(&bytes[..bytes.len() - 1]).signed(), None);
        }
        assert_eq!(Reader(&[0xff; 20]).varint(), None);
        assert_eq!(Reader(&[5, b'a']).text(), None);
    }
}
