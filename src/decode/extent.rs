//! Where an object ends, sixty-four bytes at a time.
//!
//! In: bytes that begin with an object. Out: its length, and whether anything in it could be other than it looks. It is
//! exact for whatever brackets and strings are well formed in; it refuses to know whether the rest is JSON.
//!
//! The method is that of the first stage of simdjson (Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019):
//! a bit for each byte that is a quote, those inside strings by a running exclusive or, brackets outside of them counted.

use std::sync::LazyLock;

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, u8x64};

/// What the processor can do.
pub(super) static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);

pub(super) const BLOCK: usize = 64;

/// An object as far as it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Bytes, both brackets among them.
    pub(super) length: usize,
    /// It holds a `\u`, or one stands just behind it: a name in it may be written otherwise than it reads.
    pub(super) hides: bool,
}

/// How far the object goes that `bytes` begin with. `None` where it does not end in them, holds a line end, or is nested
/// about as deep as `deepest` or deeper.
pub(super) fn object(bytes: &[u8], deepest: usize) -> Option<Extent> {
    dispatch!(*LEVEL, simd => find(simd, bytes, deepest))
}

#[inline(always)]
fn find<S: Simd>(simd: S, bytes: &[u8], deepest: usize) -> Option<Extent> {
    let mut scan = Scan::default();
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let length = |block: usize, at: u32| block * BLOCK + at as usize + 1;
    for (n, block) in blocks.iter().enumerate() {
        match scan.block(simd, block, deepest) {
            Step::Goes => {}
            Step::Ends(at) => return Some(Extent { length: length(n, at), hides: scan.hides }),
            Step::Unsure => return None,
        }
    }
    let mut last = [b' '; BLOCK];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    match scan.block(simd, &last, deepest) {
        Step::Ends(at) => Some(Extent { length: length(blocks.len(), at), hides: scan.hides }),
        Step::Goes | Step::Unsure => None,
    }
}

enum Step {
    Goes,
    /// With the byte of this number.
    Ends(u32),
    Unsure,
}

#[derive(Default)]
pub(super) struct Scan {
    /// All ones inside a string.
    in_string: u64,
    /// One where the next byte is behind a backslash.
    escaped: u64,
    depth: usize,
    hides: bool,
}

/// One bit a byte.
pub(super) struct Marks {
    quotes: u64,
    backslashes: u64,
    pub(super) opening: u64,
    pub(super) closing: u64,
    lines: u64,
}

impl Marks {
    #[inline(always)]
    pub(super) fn of<S: Simd>(simd: S, block: &[u8; BLOCK]) -> Self {
        let bytes = u8x64::from_slice(simd, block);
        // `[` and `{` differ in this bit, and so do `]` and `}`.
        let folded = bytes | u8x64::splat(simd, 0x20);
        let are = |bytes: u8x64<S>, byte: u8| bytes.simd_eq(u8x64::splat(simd, byte)).to_bitmask();
        Self {
            quotes: are(bytes, b'"'),
            backslashes: are(bytes, b'\\'),
            opening: are(folded, b'{'),
            closing: are(folded, b'}'),
            lines: are(bytes, b'\n'),
        }
    }
}

impl Scan {
    #[inline(always)]
    fn block<S: Simd>(&mut self, simd: S, block: &[u8; BLOCK], deepest: usize) -> Step {
        let marks = Marks::of(simd, block);
        let inside = self.inside(block, &marks);
        let step = self.brackets(marks.opening & !inside, marks.closing & !inside, deepest);
        let own = match step {
            Step::Ends(at) => u64::MAX >> (63 - at),
            Step::Goes | Step::Unsure => u64::MAX,
        };
        if marks.lines & own == 0 { step } else { Step::Unsure }
    }

    /// The bytes inside strings, their first quotes among them.
    #[inline(always)]
    pub(super) fn inside(&mut self, block: &[u8; BLOCK], marks: &Marks) -> u64 {
        let mut quotes = marks.quotes;
        if marks.backslashes | self.escaped != 0 {
            quotes &= !self.escapes(block, marks.backslashes);
        }
        let inside = running_xor(quotes) ^ self.in_string;
        self.in_string = 0u64.wrapping_sub(inside >> 63);
        inside
    }

    /// The bytes behind backslashes that are not themselves behind one.
    fn escapes(&mut self, block: &[u8; BLOCK], mut backslashes: u64) -> u64 {
        let mut escaped = self.escaped;
        self.hides |= escaped == 1 && block.first() == Some(&b'u');
        self.escaped = 0;
        while backslashes != 0 {
            let at = backslashes.trailing_zeros();
            backslashes &= backslashes - 1;
            if escaped >> at & 1 == 1 {
                continue;
            }
            match block.get(at as usize + 1) {
                None => self.escaped = 1,
                Some(next) => {
                    escaped |= 1 << (at + 1);
                    self.hides |= *next == b'u';
                }
            }
        }
        escaped
    }

    #[inline(always)]
    fn brackets(&mut self, opening: u64, closing: u64, deepest: usize) -> Step {
        let (opened, closed) = (opening.count_ones() as usize, closing.count_ones() as usize);
        if self.depth + opened > deepest {
            return Step::Unsure;
        }
        if closed < self.depth {
            self.depth = self.depth + opened - closed;
            return Step::Goes;
        }
        let mut marks = opening | closing;
        while marks != 0 {
            let at = marks.trailing_zeros();
            marks &= marks - 1;
            if opening >> at & 1 == 1 {
                self.depth += 1;
            } else {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    return Step::Ends(at);
                }
            }
        }
        Step::Goes
    }
}

/// A bit is set where an odd number of bits is set up to it.
#[inline(always)]
fn running_xor(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, byte by byte.
    fn slowly(bytes: &[u8]) -> Option<Extent> {
        let (mut depth, mut in_string, mut escaped, mut hides) = (0, false, false, false);
        for (at, byte) in bytes.iter().enumerate() {
            let behind_backslash = escaped;
            escaped = *byte == b'\\' && !escaped;
            match byte {
                b'\n' => return None,
                b'u' => hides |= behind_backslash,
                b'"' => in_string ^= !behind_backslash,
                b'{' | b'[' if !in_string => depth += 1,
                b'}' | b']' if !in_string => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(Extent { length: at + 1, hides });
                    }
                }
                _ => {}
            }
        }
        None
    }

    #[test]
    fn an_object_ends_where_its_first_bracket_is_closed() {
        for (text, length) in [
            ("{}", Some(2)),
            ("{},{}", Some(2)),
            (r#"{"a":"}"}x"#, Some(9)),
            (r#"{"a":"\"}"}"#, Some(11)),
            (r#"{"a":"\\"}}"#, Some(10)),
            ("{\"a\":\n1}", None),
            ("{", None),
            ("{\"a", None),
            ("{}\n", Some(2)),
        ] {
            assert_eq!(object(text.as_bytes(), 100).map(|extent| extent.length), length, "{text}");
        }
        assert!(object(br#"{"a":"\u0061"}"#, 100).unwrap().hides);
        assert!(!object(br#"{"a":"\\u0061"}"#, 100).unwrap().hides, "a backslash, and then a letter");
        assert_eq!(object(&[[b'['; 300], [b']'; 300]].concat(), 100), None, "too deep");
    }

    #[test]
    fn blocks_come_to_the_same_as_bytes() {
        let piece = proptest::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            "\"",
            "\\",
            "u",
            "a",
            "\\\"",
            "\\\\",
            "\\u",
            ",",
            ":",
            " ",
            "\u{e9}",
            "\n",
            "\"0123456789012345678901234567890123456789\"",
            "\"0123456789012345678901234567890123456789012345678901234567890\\",
        ]);
        proptest!(ProptestConfig::with_cases(20_000), |(parts in proptest::collection::vec(piece, 0..40))| {
            let text = format!("{{{}", parts.concat());
            let (found, known) = (object(text.as_bytes(), 1_000), slowly(text.as_bytes()));
            prop_assert_eq!(found.map(|extent| extent.length), known.map(|extent| extent.length), "{}", text);
            prop_assert!(found.is_some_and(|extent| extent.hides) || !known.is_some_and(|extent| extent.hides));
        });
    }
}
