//! Where an object ends, sixty-four bytes at a time.
//!
//! In: bytes that begin with an object. Out: its length, whether anything in it could be other than it looks, and where in it
//! something reads like the key that is asked for. It is exact for whatever brackets and strings are well formed in; it refuses to
//! know whether the rest is JSON.
//!
//! The method is that of the first stage of simdjson (Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019):
//! a bit for each byte that is a quote, those inside strings by a running exclusive or, brackets outside of them counted.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, mask8x64, u8x64};

use super::marks::{BLOCK, LookedFor, Marks, all};
use super::members::{Brackets, Watch};

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

/// The key that is looked for, quotes and all: where its capital stands as far behind a quote as in it.
pub(super) const KEY: &[u8; 11] = br#""eventName""#;
/// Where its capital stands.
pub(super) const KEY_CAPITAL: usize = 6;

/// A block, and so much behind it that the capital of a key which begins in it is seen.
const WINDOW: usize = BLOCK + KEY_CAPITAL;

/// How far the object goes that `bytes` begin with. `None` where it does not end in them, holds a line end or a backslash outside of
/// its strings, or is nested about as deep as `deepest` or deeper. `is_fine` is asked of what follows each [`KEY`].
#[inline(always)]
pub(super) fn find<S: Simd>(
    simd: S,
    bytes: &[u8],
    deepest: usize,
    is_fine: impl Fn(&[u8]) -> bool,
    watch: &mut impl Watch,
) -> Option<Extent> {
    watch.begin();
    let looked_for = Within::new(simd);
    let mut object = Object { strings: Strings::default(), depth: 0, deepest, fine: true };
    let mut at = 0;
    while let Some(window) = window(bytes, at) {
        match object.block(&looked_for, window, (bytes, at), &is_fine, watch) {
            Step::Goes => at += BLOCK,
            Step::Ends(last) => return Some(object.extent(at + last)),
            Step::Breaks => return None,
        }
    }
    // Less than a window is left: two blocks at most.
    let mut padded = [b' '; BLOCK + WINDOW];
    padded.iter_mut().zip(bytes.get(at..)?).for_each(|(to, from)| *to = *from);
    for from in [0, BLOCK] {
        let at = at + from;
        match object.block(&looked_for, window(&padded, from)?, (bytes, at), &is_fine, watch) {
            Step::Goes => {}
            Step::Ends(last) => return Some(object.extent(at + last)),
            Step::Breaks => return None,
        }
    }
    None
}

#[inline(always)]
fn window(bytes: &[u8], from: usize) -> Option<&[u8; WINDOW]> {
    bytes.get(from..)?.first_chunk()
}

/// Whether what stands there is no [`KEY`], or what follows it is fine.
#[inline(always)]
fn is_fine_at(bytes: &[u8], at: usize, is_fine: &impl Fn(&[u8]) -> bool) -> bool {
    let Some(behind) = bytes.get(at..).and_then(|bytes| bytes.strip_prefix(KEY)) else { return true };
    is_fine(behind)
}

/// An object as far as it was followed.
struct Object {
    strings: Strings,
    depth: usize,
    deepest: usize,
    fine: bool,
}

/// Where a block leaves an object.
enum Step {
    Goes,
    /// With this byte of the block.
    Ends(usize),
    /// It is nested too deep, or holds a line end, or a backslash outside of its strings.
    Breaks,
}

impl Object {
    /// Follows it through the block that stands there. What is rare is asked about once, for every block pays for the question.
    #[inline(always)]
    fn block<S: Simd>(
        &mut self,
        looked_for: &Within<S>,
        window: &[u8; WINDOW],
        (bytes, at): (&[u8], usize),
        is_fine: &impl Fn(&[u8]) -> bool,
        watch: &mut impl Watch,
    ) -> Step {
        let (Some(block), Some(ahead)) = (window.first_chunk(), window.last_chunk()) else { return Step::Breaks };
        let marks = looked_for.marks.within(block);
        let keys = marks.quotes & looked_for.capital(ahead);
        let is_rare = (keys | marks.backslashes | marks.lines).any_true();
        let inside = self.strings.inside(block, &marks, is_rare);
        let (opening, closing) = (marks.opening.to_bitmask() & !inside, marks.closing.to_bitmask() & !inside);
        let (opened, closed) = (opening.count_ones() as usize, closing.count_ones() as usize);
        if self.depth + opened > self.deepest {
            return Step::Breaks;
        }
        let colons = || looked_for.colons(block).to_bitmask() & !inside;
        watch.block(at, self.depth, Brackets { opening, closing }, colons);
        let mut end = None;
        if closed < self.depth {
            self.depth = self.depth + opened - closed;
        } else {
            (self.depth, end) = nest(opening, closing, self.depth);
        }
        if is_rare {
            let own = end.map_or(u64::MAX, |at| u64::MAX >> (63 - at));
            // Outside of strings a backslash means nothing, and what is behind it nobody agrees about.
            if (marks.lines.to_bitmask() | marks.backslashes.to_bitmask() & !inside) & own != 0 {
                return Step::Breaks;
            }
            let mut keys = keys.to_bitmask() & own;
            while keys != 0 {
                self.fine &= is_fine_at(bytes, at + keys.trailing_zeros() as usize, is_fine);
                keys &= keys - 1;
            }
        }
        end.map_or(Step::Goes, |at| Step::Ends(at as usize))
    }

    fn extent(&self, last: usize) -> Extent {
        Extent { length: last + 1, hides: self.strings.hides, fine: self.fine }
    }
}

/// What is looked for in the blocks of an object.
struct Within<S: Simd> {
    simd: S,
    marks: LookedFor<S>,
    capital: u8x64<S>,
}

impl<S: Simd> Within<S> {
    #[inline(always)]
    fn new(simd: S) -> Self {
        Self { simd, marks: LookedFor::new(simd), capital: all(simd, b'N') }
    }

    /// Where the capital of the key stands.
    #[inline(always)]
    fn capital(&self, block: &[u8; BLOCK]) -> mask8x64<S> {
        u8x64::from_slice(self.simd, block).simd_eq(self.capital)
    }

    #[inline(always)]
    fn colons(&self, block: &[u8; BLOCK]) -> mask8x64<S> {
        u8x64::from_slice(self.simd, block).simd_eq(u8x64::splat(self.simd, b':'))
    }
}

/// The depth behind these brackets, or that of the bracket with which the object ends.
#[inline(always)]
pub(super) fn nest(opening: u64, closing: u64, mut depth: usize) -> (usize, Option<u32>) {
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
    /// The bytes inside strings, their first quotes among them. Without backslashes in the block it need not be rare.
    #[inline(always)]
    pub(super) fn inside<S: Simd>(&mut self, block: &[u8; BLOCK], marks: &Marks<S>, is_rare: bool) -> u64 {
        let mut quotes = marks.quotes.to_bitmask();
        if is_rare || self.escaped != 0 {
            let backslashes = marks.backslashes.to_bitmask();
            if backslashes | self.escaped != 0 {
                let Escapes { escaped, next, hides } = escapes(block, backslashes, self.escaped);
                quotes &= !escaped;
                self.escaped = next;
                self.hides |= hides;
            }
        }
        let inside = running_xor(quotes) ^ self.in_string;
        self.in_string = 0u64.wrapping_sub(inside >> 63);
        inside
    }
}

/// What the backslashes of a block do.
struct Escapes {
    /// The bytes behind backslashes that are not themselves behind one.
    escaped: u64,
    /// One where the first byte of the next block is one of them.
    next: u64,
    /// One of them is a `u`.
    hides: bool,
}

/// By value, so that what every block needs stays in registers.
#[inline(never)]
fn escapes(block: &[u8; BLOCK], mut backslashes: u64, mut escaped: u64) -> Escapes {
    let (mut next, mut hides) = (0, escaped == 1 && block.first() == Some(&b'u'));
    while backslashes != 0 {
        let at = backslashes.trailing_zeros();
        backslashes &= backslashes - 1;
        if escaped >> at & 1 == 1 {
            continue;
        }
        match block.get(at as usize + 1) {
            None => next = 1,
            Some(byte) => {
                escaped |= 1 << (at + 1);
                hides |= *byte == b'u';
            }
        }
    }
    Escapes { escaped, next, hides }
}

/// A bit is set where an odd number of bits is set up to it.
#[inline(always)]
pub(super) fn running_xor(mut bits: u64) -> u64 {
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
    use crate::decode::marks::{LEVEL, levels};

    fn object(bytes: &[u8], deepest: usize) -> Option<Extent> {
        let on = |level| dispatch!(level, simd => find(simd, bytes, deepest, |_| true, &mut ()));
        let found: Vec<Option<Extent>> = levels().into_iter().map(on).collect();
        assert!(found.iter().all(|extent| *extent == found[0]), "{found:?}");
        found[0]
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
                let found = dispatch!(*LEVEL, simd => find(simd, text.as_bytes(), 100, ask, &mut ()));
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
                b'\\' if !in_string => return None,
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
