//! A line that says nothing, passed over without telling strings from what stands between them.
//!
//! In: bytes that begin with the end of a line, behind which a record begins as CloudTrail writes it. Out: how long that line is,
//! if it says nothing. It refuses to know which brackets stand in strings, which is half of what `extent` costs.
//!
//! What must hold: a record of CloudTrail begins the line and another begins the next; every call named in between is none that
//! matters; nothing is hidden behind a `\u`; the brackets, wherever they stand, close with the line and not before; quotes that
//! are not escaped come in pairs, and backslashes escape what JSON lets them. So a record that is JSON is passed over only if
//! reading it would give nothing.
//!
//! Where brackets in the strings of a *broken* record deceive, it ends earlier, or not in its line. In the second case the next
//! line begins another. In the first no other object or list may follow: at the top of an input whatever is no record takes the
//! rest of its line with it (`split`), and only white space, a comma, a string or a bracket can stand before something that
//! does not. So each bracket that opens must stand where no record can begin but inside another: behind a byte with which such a
//! word could begin, or behind [`TEXT`]. What is given up: such a broken record counts as one that says nothing, not as a reject,
//! and a string behind it on its line is not looked into.

use fearless_simd::Simd;
use fearless_simd::prelude::*;
use fearless_simd::{i8x32, mask8x64, u8x64};

use super::extent::{BLOCK, KEY, KEY_CAPITAL, nest};
use super::sift::BEGINS;

/// Behind a letter or a digit: a string begins that is the value of a key.
const TEXT: &[u8; 3] = b"\":\"";
/// The byte before a block, the block, and so much that what is looked for behind its last byte is seen.
const WINDOW: usize = 1 + BLOCK + KEY_CAPITAL;

/// The length of the line behind the line end that `bytes` begin with, if it says nothing for sure. `is_dull` is asked of what
/// follows each [`KEY`].
#[inline(always)]
pub(super) fn passed<S: Simd>(simd: S, bytes: &[u8], deepest: usize, is_dull: impl Fn(&[u8]) -> bool) -> Option<usize> {
    if !begins(bytes) {
        return None;
    }
    let (mut depth, mut quotes, mut escapes) = (1, i8x32::splat(simd, 0), Escapes::default());
    // Behind the line end and the first bracket.
    let mut at = 2;
    loop {
        let block = Block::of(simd, bytes.get(at - 1..)?.first_chunk()?);
        let (opening, closing) = (block.opening.to_bitmask(), block.closing.to_bitmask());
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
        if block.is_rare() || end.is_some() {
            let own = end.map_or(u64::MAX, |end| u64::MAX >> (63 - end));
            let [stray, keys, backslashes] =
                [block.stray, block.keys, block.backslashes].map(|mask| mask.to_bitmask() & own);
            let is_fine = || {
                Bits::of(stray, at).all(|opening| is_inside(bytes, opening))
                    && Bits::of(keys, at).all(|key| is_fine(bytes, key, &is_dull))
            };
            if block.lines.to_bitmask() & own != 0
                || backslashes != 0 && !escapes.are_fine(bytes, Bits::of(backslashes, at))
                || stray | keys != 0 && !is_fine()
            {
                return None;
            }
            if let Some(end) = end {
                let odd = quotes.simd_lt(i8x32::splat(simd, 0)).to_bitmask().count_ones();
                let all = odd + (block.quotes.to_bitmask() & own).count_ones();
                let are_pairs = (all + escapes.quotes).is_multiple_of(2);
                let length = at + end as usize;
                return (are_pairs && begins(bytes.get(length + 1..)?)).then_some(length);
            }
        }
        let (one, other) = block.quotes.to_vector().split();
        quotes ^= one ^ other;
        at += BLOCK;
    }
}

/// Whether a line ends, and a record of CloudTrail begins.
#[inline(always)]
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.split_first().is_some_and(|(first, rest)| *first == b'\n' && rest.first_chunk() == Some(BEGINS))
}

/// What stands in a block.
struct Block<S: Simd> {
    opening: mask8x64<S>,
    closing: mask8x64<S>,
    quotes: mask8x64<S>,
    lines: mask8x64<S>,
    backslashes: mask8x64<S>,
    /// Brackets that open and stand behind none of the bytes they may stand behind.
    stray: mask8x64<S>,
    /// Quotes with the capital of the key behind them where it belongs.
    keys: mask8x64<S>,
}

impl<S: Simd> Block<S> {
    #[inline(always)]
    fn of(simd: S, window: &[u8; WINDOW]) -> Self {
        let shifted = |by: usize| {
            let bytes = window.get(by..).and_then(|bytes| bytes.first_chunk()).unwrap_or(&[0; BLOCK]);
            u8x64::from_slice(simd, bytes)
        };
        let are = |bytes: u8x64<S>, byte: u8| bytes.simd_eq(u8x64::splat(simd, byte));
        let block = shifted(1);
        // `[` and `{` differ in this bit, and so do `]` and `}`.
        let folded = block | u8x64::splat(simd, 0x20);
        // `:` and `[` become `{`. What else does is a letter or a mark with which a word could begin, or `{`.
        let before = shifted(0) | u8x64::splat(simd, 0x61);
        let (opening, quotes) = (are(folded, b'{'), are(block, b'"'));
        Self {
            opening,
            closing: are(folded, b'}'),
            quotes,
            lines: are(block, b'\n'),
            backslashes: are(block, b'\\'),
            stray: opening & !are(before, b'{'),
            keys: quotes & are(shifted(1 + KEY_CAPITAL), b'N'),
        }
    }

    #[inline(always)]
    fn is_rare(&self) -> bool {
        (self.stray | self.keys | self.lines | self.backslashes).any_true()
    }
}

/// What the backslashes of a line escape.
#[derive(Default)]
struct Escapes {
    /// The byte behind the last backslash that is not itself escaped.
    last: usize,
    /// Quotes.
    quotes: u32,
}

impl Escapes {
    /// Follows those of a block; whether each escapes what JSON lets it, and none is a `\u`, which could hide a letter.
    #[inline(never)]
    fn are_fine(&mut self, bytes: &[u8], backslashes: Bits) -> bool {
        for at in backslashes {
            if at == self.last {
                continue;
            }
            self.last = at + 1;
            match bytes.get(self.last) {
                Some(b'"') => self.quotes += 1,
                Some(b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {}
                _ => return false,
            }
        }
        true
    }
}

/// Whether what stands there is no [`KEY`], or what follows it is dull.
#[inline(never)]
fn is_fine(bytes: &[u8], at: usize, is_dull: &impl Fn(&[u8]) -> bool) -> bool {
    let found = bytes.get(at..).and_then(<[u8]>::split_first_chunk);
    found.is_none_or(|(key, behind)| key != KEY || is_dull(behind))
}

/// Whether a string begins with the bracket that opens there, in which no record can begin.
fn is_inside(bytes: &[u8], opening: usize) -> bool {
    let before = bytes.get(..opening).and_then(<[u8]>::last_chunk);
    before.is_some_and(|[letter, text @ ..]: &[u8; 4]| text == TEXT && letter.is_ascii_alphanumeric())
}

/// The places of the bits that are set.
#[derive(Clone, Copy)]
struct Bits {
    bits: u64,
    from: usize,
}

impl Bits {
    fn of(bits: u64, from: usize) -> Self {
        Self { bits, from }
    }
}

impl Iterator for Bits {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let place = (self.bits != 0).then(|| self.from + self.bits.trailing_zeros() as usize);
        self.bits &= self.bits.wrapping_sub(1);
        place
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use fearless_simd::dispatch;
    use proptest::prelude::*;

    use super::*;
    use crate::decode::extent::LEVEL;
    use crate::decode::{Item, Outcome, Settings, stream};

    const DULL: &str =
        r#"{"eventVersion":"1","userAgent":"[sdk/1]","eventName":"GetObject","a":{"b":[1,{"c":"\"x\""}]}}"#;

    fn length(line: &str) -> Option<usize> {
        let text = format!("\n{line}\n{DULL}{}", " ".repeat(WINDOW));
        let found =
            dispatch!(*LEVEL, simd => passed(simd, text.as_bytes(), 100, |behind| !behind.starts_with(b":\"Run")));
        assert!(found.is_none_or(|length| length == line.len()), "{line}");
        found
    }

    #[test]
    fn a_line_is_passed_over_only_where_nothing_else_could_begin_in_it() {
        let plain = DULL.replace(",{", ",0,").replace("}]", "]");
        for line in [
            plain.clone(),
            plain.replace("\"b\":[1", "\"b\":[{\"c\":1}"),
            plain.replace("sdk", &"s".repeat(500)),
            plain.replace("GetObject", "{\\\"a\\\":[{}]}"),
            plain.replace("GetObject", &format!("{}\\\\", "s".repeat(41))),
        ] {
            assert!(length(&line).is_some(), "{line}");
        }
        for (from, to) in [
            ("GetObject", "RunInstances"),
            ("sdk", "s\\u0064k"),
            ("sdk", "s\\dk"),
            ("sdk/1]\"", "sdk/1]\\\""),
            ("\"1\"", "\"1\"\\"),
            ("[1,", "[1,{},"),
            ("\"[sdk", "\" [sdk"),
            ("[sdk/1]", "[sdk/1"),
            ("\"eventName\"", "\"eventName"),
            ("}}", "}},\"x\":1"),
            ("}}", "}"),
            ("}}", "}}}"),
            ("}}", "}} "),
            ("}}", "}}{}"),
            ("}}", "}},\"x\":{}"),
            ("\"a\"", "\n\"a\""),
            ("{\"event", " {\"event"),
        ] {
            let edited = plain.replacen(from, to, 1);
            assert!(edited != plain && length(&edited).is_none(), "{edited}");
        }
        let deep = plain.replace("\"b\":", &format!("\"b\":{}{},\"c\":", "[".repeat(97), "]".repeat(97)));
        assert!(length(&deep).is_some() && length(&deep.replace("[[", "[[[").replace("]]", "]]]")).is_none());
    }

    /// What was read, so many bytes at a time.
    fn items(text: &str, at_a_time: usize) -> Vec<Item> {
        let mut items = Vec::new();
        let mut input = BufReader::with_capacity(at_a_time, text.as_bytes());
        stream(&"s".into(), &mut input, &Settings::default(), &mut |item| items.push(item));
        items
    }

    #[test]
    fn what_a_line_says_is_not_lost_whatever_stands_in_it() {
        let piece = proptest::sample::select(vec![
            "{\"eventVersion\":\"1\"",
            "\n{\"eventVersion\":\"1\"",
            "}\n{\"eventVersion\":\"1\"",
            "{\"type\":\"tick\",\"time\":\"2024-06-01T00:00:00Z\"}",
            "\"type\":\"tick\",\"time\":\"2024-06-01T00:00:00Z\"}",
            ",\"eventName\":\"GetObject\"",
            ",\"eventName\":\"RunInstances\"",
            ",\"a\":{\"b\":\"c\"}",
            ",\"a\":\"{\\\"b\\\":1}\"",
            ",\"a\":\"[c]\"",
            ",\"Records\":[",
            ",\"a\":\"[x\"}",
            "[\\z",
            "{\\\"Records\\\":[",
            ",\"{\\\"type\\\":\\\"tick\\\",\\\"time\\\":\\\"2024-06-01T00:00:00Z\\\"}\"",
            "\"x\"",
            "x\":\"",
            "\"[",
            "{",
            "}",
            "[",
            "]",
            "\"",
            ":",
            ",",
            "z",
            ";",
            " ",
            "\n",
            "\\",
            "1",
        ]);
        proptest!(ProptestConfig::with_cases(6_000), |(parts in proptest::collection::vec(piece, 0..10))| {
            let text = format!("{{\"eventVersion\":\"1\"}}\n{{\"eventVersion\":\"1\"{}}}\n{DULL}\n{DULL}\n", parts.concat());
            let facts = |items: Vec<Item>| -> Vec<Outcome> {
                items.into_iter().map(|item| item.outcome).filter(|outcome| matches!(outcome, Outcome::Relevant(_))).collect()
            };
            // Where a read cuts a record, it is followed by brackets and strings.
            prop_assert_eq!(facts(items(&text, 1 << 16)), facts(items(&text, 1)), "{}", text);
        });
    }
}
