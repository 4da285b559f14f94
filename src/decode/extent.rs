//! Where an object ends, sixty-four bytes at a time.
//!
//! In: bytes that begin with an object. Out: its length, whether anything in it could be other than it looks, and where in it
//! something reads like the key that is asked for. It is exact for whatever brackets and strings are well formed in; it refuses to
//! know whether the rest is JSON.
//!
//! The method is that of the first stage of simdjson (Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019):
//! a bit for each byte that is a quote, those inside strings by a running exclusive or, brackets outside of them counted.

use std::sync::LazyLock;

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, mask8x64, u8x64};

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
    /// What stands behind each [`KEY`] in it is fine.
    pub(super) fine: bool,
}

/// The key that is looked for, quotes and all: it is found where two quotes stand this far apart with its capital between.
pub(super) const KEY: &[u8] = br#""eventName""#;
const APART: u32 = 10;
const BEHIND_CAPITAL: u32 = 4;

/// How far the object goes that `bytes` begin with. `None` where it does not end in them, holds a line end, or is nested about as
/// deep as `deepest` or deeper. `is_fine` is asked of what follows each [`KEY`].
#[inline(always)]
pub(super) fn find<S: Simd>(simd: S, bytes: &[u8], deepest: usize, is_fine: impl Fn(&[u8]) -> bool) -> Option<Extent> {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let (mut strings, mut keys, mut depth, mut fine) = (Strings::default(), Keys::default(), 0, true);
    let mut last = [b' '; BLOCK];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    for (n, block) in blocks.iter().chain([&last]).enumerate() {
        let marks = Marks::of(simd, block);
        let mut found = keys.ends(&marks);
        let inside = strings.inside(block, &marks);
        let (opening, closing) = (marks.opening & !inside, marks.closing & !inside);
        let (opened, closed) = (opening.count_ones() as usize, closing.count_ones() as usize);
        if depth + opened > deepest {
            return None;
        }
        let mut end = None;
        if closed < depth {
            depth = depth + opened - closed;
        } else {
            (depth, end) = nest(opening, closing, depth);
        }
        let own = end.map_or(u64::MAX, |at| u64::MAX >> (63 - at));
        if marks.is_rare && marks.lines.to_bitmask() & own != 0 {
            return None;
        }
        found &= own;
        while found != 0 {
            let (before, behind) = bytes.split_at_checked(n * BLOCK + found.trailing_zeros() as usize + 1)?;
            fine &= !before.ends_with(KEY) || is_fine(behind);
            found &= found - 1;
        }
        if let Some(at) = end {
            return Some(Extent { length: n * BLOCK + at as usize + 1, hides: strings.hides, fine });
        }
    }
    None
}

/// The depth behind these brackets, or that of the bracket with which the object ends.
#[inline(always)]
fn nest(opening: u64, closing: u64, mut depth: usize) -> (usize, Option<u32>) {
    let mut marks = opening | closing;
    while marks != 0 {
        let at = marks.trailing_zeros();
        marks &= marks - 1;
        if opening >> at & 1 == 1 {
            depth += 1;
        } else {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return (0, Some(at));
            }
        }
    }
    (depth, None)
}

/// What stands in a block, one bit a byte.
pub(super) struct Marks<S: Simd> {
    quotes: u64,
    capitals: u64,
    pub(super) opening: u64,
    pub(super) closing: u64,
    backslashes: mask8x64<S>,
    lines: mask8x64<S>,
    /// There is a backslash or a line end: most blocks have none.
    is_rare: bool,
}

impl<S: Simd> Marks<S> {
    #[inline(always)]
    pub(super) fn of(simd: S, block: &[u8; BLOCK]) -> Self {
        let bytes = u8x64::from_slice(simd, block);
        // `[` and `{` differ in this bit, and so do `]` and `}`.
        let folded = bytes | u8x64::splat(simd, 0x20);
        let are = |bytes: u8x64<S>, byte: u8| bytes.simd_eq(u8x64::splat(simd, byte));
        let (backslashes, lines) = (are(bytes, b'\\'), are(bytes, b'\n'));
        Self {
            quotes: are(bytes, b'"').to_bitmask(),
            capitals: are(bytes, b'N').to_bitmask(),
            opening: are(folded, b'{').to_bitmask(),
            closing: are(folded, b'}').to_bitmask(),
            is_rare: (backslashes | lines).any_true(),
            backslashes,
            lines,
        }
    }
}

/// Where [`KEY`] may end, block after block.
#[derive(Default)]
struct Keys {
    /// What a block leaves for the next: bits that are moved there.
    quotes: u64,
    capitals: u64,
}

impl Keys {
    #[inline(always)]
    fn ends<S: Simd>(&mut self, marks: &Marks<S>) -> u64 {
        let first = marks.quotes << APART | self.quotes;
        let capital = marks.capitals << BEHIND_CAPITAL | self.capitals;
        self.quotes = marks.quotes >> (64 - APART);
        self.capitals = marks.capitals >> (64 - BEHIND_CAPITAL);
        marks.quotes & first & capital
    }
}

/// Which bytes stand inside strings, block after block.
#[derive(Default)]
pub(super) struct Strings {
    /// All ones inside a string.
    in_string: u64,
    /// One where the next byte is behind a backslash.
    escaped: u64,
    hides: bool,
}

impl Strings {
    /// The bytes inside strings, their first quotes among them.
    #[inline(always)]
    pub(super) fn inside<S: Simd>(&mut self, block: &[u8; BLOCK], marks: &Marks<S>) -> u64 {
        let mut quotes = marks.quotes;
        if marks.is_rare || self.escaped != 0 {
            quotes &= !self.escapes(block, marks.backslashes.to_bitmask());
        }
        let inside = running_xor(quotes) ^ self.in_string;
        self.in_string = 0u64.wrapping_sub(inside >> 63);
        inside
    }

    /// The bytes behind backslashes that are not themselves behind one.
    #[inline(never)]
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

    use fearless_simd::dispatch;

    use super::*;

    fn object(bytes: &[u8], deepest: usize) -> Option<Extent> {
        dispatch!(*LEVEL, simd => find(simd, bytes, deepest, |_| true))
    }

    #[test]
    fn every_place_of_the_key_is_asked_about_wherever_blocks_end() {
        for before in 0..130 {
            for text in [r#""eventName":"a","eventName":"b""#, r#"["eventName","eventName"]"#, r#""\"eventName":1"#] {
                let text = format!("{{\"a\":\"{}\",{text}}}\"eventName\"", "N".repeat(before));
                let asked = std::cell::RefCell::new(Vec::new());
                let ask = |behind: &[u8]| {
                    asked.borrow_mut().push(text.len() - behind.len());
                    false
                };
                let found = dispatch!(*LEVEL, simd => find(simd, text.as_bytes(), 100, ask));
                let own = found.map_or(text.len(), |extent| extent.length);
                let known = text[..own].match_indices("\"eventName\"").map(|(at, key)| at + key.len());
                assert_eq!(asked.take(), known.collect::<Vec<_>>(), "{text}");
                assert!(found.is_some_and(|extent| !extent.fine), "{text}");
            }
        }
    }

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
                        return Some(Extent { length: at + 1, hides, fine: true });
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
