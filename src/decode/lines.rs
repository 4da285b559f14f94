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

use fearless_simd::prelude::*;
use fearless_simd::{Simd, mask8x64, u8x64};

use super::extent::{KEY, KEY_CAPITAL, nest};
use super::marks::{BLOCK, LookedFor, Marks, all};
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
    let around = Around::new(simd);
    let (mut depth, mut quotes) = (1, mask8x64::splat(simd, false));
    let (mut keys, mut escapes) = (Keys::default(), Escapes::default());
    // Behind the line end and the first bracket.
    let mut at = 2;
    loop {
        let block = around.block(bytes.get(at - 1..)?.first_chunk()?);
        let (opening, closing) = (block.marks.opening.to_bitmask(), block.marks.closing.to_bitmask());
        let (opened, closed) = (opening.count_ones() as usize, closing.count_ones() as usize);
        if depth + opened > deepest {
            return None;
        }
        if closed >= depth || block.is_rare() {
            let (after, end) = nest(opening, closing, depth);
            let own = end.map_or(u64::MAX, |end| u64::MAX >> (63 - end));
            let [stray, lines, backslashes] =
                [block.stray, block.marks.lines, block.marks.backslashes].map(|mask| mask.to_bitmask() & own);
            if lines != 0
                || backslashes != 0 && !escapes.are_fine(bytes, Bits::of(backslashes, at))
                || stray != 0 && !Bits::of(stray, at).all(|opening| is_inside(bytes, opening))
            {
                return None;
            }
            if let Some(end) = end {
                keys.add(block.keys.to_bitmask() & own, at);
                let all = quotes.to_bitmask().count_ones() + (block.marks.quotes.to_bitmask() & own).count_ones();
                let length = at + end as usize;
                let is_whole = (all + escapes.quotes).is_multiple_of(2) && begins(bytes.get(length + 1..)?);
                return (is_whole && keys.are_fine(bytes.get(..=length)?, &is_dull)).then_some(length);
            }
            depth = after;
        } else {
            depth = depth + opened - closed;
        }
        keys.add(block.keys.to_bitmask(), at);
        quotes ^= block.marks.quotes;
        at += BLOCK;
    }
}

/// Whether a line ends, and a record of CloudTrail begins.
#[inline(always)]
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.split_first().is_some_and(|(first, rest)| *first == b'\n' && rest.first_chunk() == Some(BEGINS))
}

/// What stands in a block, and what stands where.
struct Block<S: Simd> {
    marks: Marks<S>,
    /// Brackets that open and stand behind none of the bytes they may stand behind.
    stray: mask8x64<S>,
    /// Quotes with the capital of the key behind them where it belongs.
    keys: mask8x64<S>,
}

impl<S: Simd> Block<S> {
    #[inline(always)]
    fn is_rare(&self) -> bool {
        (self.stray | self.marks.lines | self.marks.backslashes).any_true()
    }
}

/// What is looked for in a block and around it.
struct Around<S: Simd> {
    simd: S,
    looked_for: LookedFor<S>,
    /// With these bits `:` and `[` become `{`. What else does is a letter or a mark with which a word could begin, or `{`.
    unites: u8x64<S>,
    capital: u8x64<S>,
}

impl<S: Simd> Around<S> {
    #[inline(always)]
    fn new(simd: S) -> Self {
        Self { simd, looked_for: LookedFor::new(simd), unites: all(simd, 0x61), capital: all(simd, b'N') }
    }

    #[inline(always)]
    fn block(&self, window: &[u8; WINDOW]) -> Block<S> {
        let shifted = |by: usize| window.get(by..).and_then(|bytes| bytes.first_chunk()).unwrap_or(&[0; BLOCK]);
        let [before, ahead] = [0, 1 + KEY_CAPITAL].map(|by| u8x64::from_slice(self.simd, shifted(by)));
        let marks = self.looked_for.within(shifted(1));
        Block {
            stray: marks.opening & !(before | self.unites).simd_eq(self.looked_for.opening),
            keys: marks.quotes & ahead.simd_eq(self.capital),
            marks,
        }
    }
}

/// Where a line may name calls. Nearly all do once, which is asked about at their end: where it stands nobody could foretell.
#[derive(Default)]
struct Keys {
    count: u32,
    last: usize,
}

impl Keys {
    #[inline(always)]
    fn add(&mut self, keys: u64, at: usize) {
        self.count += keys.count_ones();
        self.last = if keys == 0 { self.last } else { at + keys.trailing_zeros() as usize };
    }

    /// Whether no call is named in the line that is not dull.
    #[inline(always)]
    fn are_fine(&self, line: &[u8], is_dull: &impl Fn(&[u8]) -> bool) -> bool {
        if self.count > 1 {
            return memchr::memmem::find_iter(line, KEY).all(|at| is_fine(line, at, is_dull));
        }
        self.count == 0 || is_fine(line, self.last, is_dull)
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
#[inline(always)]
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
    use crate::decode::marks::levels;
    use crate::decode::{Item, Outcome, Settings, stream};

    const DULL: &str =
        r#"{"eventVersion":"1","userAgent":"[sdk/1]","eventName":"GetObject","a":{"b":[1,{"c":"\"x\""}]}}"#;

    fn length(line: &str) -> Option<usize> {
        let text = format!("\n{line}\n{DULL}{}", " ".repeat(WINDOW));
        let found = on_each_level(&text);
        assert!(found.is_none_or(|length| length == line.len()), "{line}");
        found
    }

    fn on_each_level(text: &str) -> Option<usize> {
        let on = |level| dispatch!(level, simd => passed(simd, text.as_bytes(), 100, |behind| !behind.starts_with(b":\"Run")));
        let found: Vec<Option<usize>> = levels().into_iter().map(on).collect();
        assert!(found.iter().all(|length| *length == found[0]), "{found:?} {text}");
        found[0]
    }

    #[test]
    fn a_line_is_passed_over_only_where_nothing_else_could_begin_in_it() {
        let plain = DULL.replace(",{", ",0,").replace("}]", "]");
        for line in [
            plain.clone(),
            plain.replace("\"b\":[1", "\"b\":[{\"c\":1}"),
            plain.replace("sdk", &"s".repeat(500)),
            plain.replace("\"a\"", "\"tableName\":1,\"a\""),
            plain.replace("\"a\"", "\"eventName\":\"Decrypt\",\"a\""),
            plain.replace("eventName", "eventname"),
            plain.replace("GetObject", "{\\\"a\\\":[{}]}"),
            plain.replace("GetObject", &format!("{}\\\\", "s".repeat(41))),
        ] {
            assert!(length(&line).is_some(), "{line}");
        }
        for (from, to) in [
            ("GetObject", "RunInstances"),
            ("\"a\"", "\"eventName\":\"RunInstances\",\"a\""),
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
            on_each_level(&text["{\"eventVersion\":\"1\"}".len()..]);
            // Where a read cuts a record, it is followed by brackets and strings.
            prop_assert_eq!(facts(items(&text, 1 << 16)), facts(items(&text, 1)), "{}", text);
        });
    }
}
