//! Where the members of an object stand, sixty-four bytes at a time and without a look inside them.
//!
//! In: an object whose brackets and strings are well formed (`extent`). Out: its own members' keys and what begins behind
//! their colons; those of objects inside it are passed over. It refuses to know whether the rest is JSON.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, dispatch, u8x64};

use super::extent::{BLOCK, LEVEL, Marks, Strings};

/// Most members of an object that are found.
const MOST: usize = 64;

/// The colons of an object.
pub(super) struct Members<'a> {
    object: &'a [u8],
    colons: [u32; MOST],
    count: usize,
}

/// A key and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member<'a> {
    /// The object up to the quote that ends the key.
    before: &'a [u8],
    /// From the byte behind the colon to the end of the object.
    pub(super) rest: &'a [u8],
}

impl<'a> Member<'a> {
    /// The key, where it has as many letters as that name and is written without an escape before them.
    pub(super) fn key_as_long_as(&self, name: &[u8]) -> Option<&'a [u8]> {
        let quote = self.before.len().checked_sub(name.len() + 1)?;
        if self.before.get(quote) != Some(&b'"') {
            return None;
        }
        // Outside of strings no quote is behind a backslash: that one stands inside a longer key.
        let is_escaped = quote.checked_sub(1).and_then(|at| self.before.get(at)) == Some(&b'\\');
        self.before.get(quote + 1..).filter(|_| !is_escaped)
    }
}

/// The members of the object that `bytes` begin with. `None` where there are more than [`MOST`], or it does not end.
pub(super) fn of(bytes: &[u8]) -> Option<Members<'_>> {
    let mut members = Members { object: bytes, colons: [0; MOST], count: 0 };
    let found = dispatch!(*LEVEL, simd => members.find(simd));
    found.map(|()| members)
}

impl<'a> Members<'a> {
    /// Each in order; `None` for one whose key does not end just before its colon.
    pub(super) fn iter(&self) -> impl Iterator<Item = Option<Member<'a>>> {
        let object = self.object;
        self.colons.iter().take(self.count).map(move |colon| {
            let (before, behind) = object.split_at_checked(*colon as usize)?;
            Some(Member { before: before.strip_suffix(b"\"")?, rest: behind.get(1..)? })
        })
    }
}

#[derive(PartialEq)]
enum Step {
    Goes,
    Ends,
}

impl Members<'_> {
    #[inline(always)]
    fn find<S: Simd>(&mut self, simd: S) -> Option<()> {
        let (mut strings, mut depth) = (Strings::default(), 0);
        let (blocks, rest) = self.object.as_chunks::<BLOCK>();
        for (n, block) in blocks.iter().enumerate() {
            if self.block(simd, &mut strings, &mut depth, n, block)? == Step::Ends {
                return Some(());
            }
        }
        let mut last = [b' '; BLOCK];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        (self.block(simd, &mut strings, &mut depth, blocks.len(), &last)? == Step::Ends).then_some(())
    }

    #[inline(always)]
    fn block<S: Simd>(
        &mut self,
        simd: S,
        strings: &mut Strings,
        depth: &mut usize,
        n: usize,
        block: &[u8; BLOCK],
    ) -> Option<Step> {
        let marks = Marks::of(simd, block);
        let inside = strings.inside(block, &marks, marks.backslashes.any_true());
        let (opening, closing) = (marks.opening & !inside, marks.closing & !inside);
        let (opened, closed) = (opening.count_ones() as usize, closing.count_ones() as usize);
        if *depth > closed + 1 {
            // The whole block lies inside some member.
            *depth = *depth + opened - closed;
            return Some(Step::Goes);
        }
        let colons = u8x64::from_slice(simd, block).simd_eq(u8x64::splat(simd, b':')).to_bitmask() & !inside;
        let (mut brackets, mut behind) = (opening | closing, u64::MAX);
        while brackets != 0 {
            let at = brackets.trailing_zeros();
            brackets &= brackets - 1;
            let bit = 1u64 << at;
            if *depth == 1 {
                self.put(n, colons & behind & (bit - 1))?;
            }
            behind = !(bit | (bit - 1));
            if opening & bit != 0 {
                *depth += 1;
            } else {
                *depth = depth.saturating_sub(1);
                if *depth == 0 {
                    return Some(Step::Ends);
                }
            }
        }
        if *depth == 1 {
            self.put(n, colons & behind)?;
        }
        Some(Step::Goes)
    }

    #[inline(always)]
    fn put(&mut self, block: usize, mut colons: u64) -> Option<()> {
        while colons != 0 {
            let at = block * BLOCK + colons.trailing_zeros() as usize;
            colons &= colons - 1;
            *self.colons.get_mut(self.count)? = u32::try_from(at).ok()?;
            self.count += 1;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    fn key(member: &Member<'_>) -> String {
        let quote = memchr::memrchr(b'"', member.before).unwrap();
        String::from_utf8_lossy(&member.before[quote + 1..]).into_owned()
    }

    fn keys(text: &str) -> Option<Vec<String>> {
        let members = of(text.as_bytes())?;
        let keys = members.iter().map(|member| member.map(|m| key(&m)));
        keys.collect()
    }

    #[test]
    fn an_objects_own_members_are_found_and_no_others() {
        for (text, found) in [
            ("{}", vec![]),
            (r#"{"a":1,"b":{"c":2,"d":[{"e":3}]},"f":":"}"#, vec!["a", "b", "f"]),
            (r#"{"a":"\",\"b\":","c":[]}"#, vec!["a", "c"]),
            (r#"{"a":{}}{"b":1}"#, vec!["a"]),
        ] {
            assert_eq!(keys(text).unwrap(), found, "{text}");
        }
        assert_eq!(keys(r#"{"a" :1}"#), None, "white space");
        assert!(of(b"{\"a\":{}").is_none() && of(b"").is_none(), "no end");
        let many: Vec<String> = (0..=MOST).map(|n| format!("\"{n}\":0")).collect();
        assert!(of(format!("{{{}}}", many.join(",")).as_bytes()).is_none());
        let first = |text: &'static str| of(text.as_bytes()).unwrap().iter().next().unwrap().unwrap();
        assert_eq!(first(r#"{"bc":1}"#).key_as_long_as(b"xy"), Some(b"bc".as_slice()));
        for text in [r#"{"a\"bc":1}"#, r#"{"abc":1}"#, r#"{"c":1}"#] {
            assert_eq!(first(text).key_as_long_as(b"bc"), None, "{text}");
        }
    }

    #[test]
    fn members_are_those_that_a_parser_finds() {
        let text = proptest::sample::select(vec![
            "a",
            ":",
            "\\\"",
            "\\\\",
            "{",
            "}",
            "[",
            ",",
            "a long text that fills some of the block",
            "\u{e9}",
            " ",
        ]);
        let text = proptest::collection::vec(text, 0..6).prop_map(|parts| format!("\"{}\"", parts.concat()));
        let leaf = prop_oneof![text.clone(), Just("null".to_owned()), Just("-1.5e3".to_owned())];
        let value = leaf.prop_recursive(4, 40, 5, move |inner| {
            let member = (text.clone(), inner.clone()).prop_map(|(key, value)| format!("{key}:{value}"));
            prop_oneof![
                proptest::collection::vec(inner, 0..5).prop_map(|items| format!("[{}]", items.join(","))),
                proptest::collection::vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(" ,"))),
            ]
        });
        let member = ("[a-z]{1,9}", value);
        proptest!(ProptestConfig::with_cases(4_000), |(members in proptest::collection::vec(member, 0..8))| {
            let members: std::collections::BTreeMap<String, String> = members.into_iter().collect();
            let inner: Vec<String> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            let text = format!("{{{}}}", inner.join(","));
            let parsed: std::collections::BTreeMap<String, &RawValue> = serde_json::from_str(&text).unwrap();
            let found = of(text.as_bytes()).unwrap();
            let found: Vec<Member<'_>> = found.iter().map(Option::unwrap).collect();
            prop_assert!(found.iter().map(key).eq(parsed.keys().cloned()), "{}", text);
            prop_assert!(found.iter().zip(parsed.values()).all(|(m, raw)| m.rest.starts_with(raw.get().as_bytes())));
        });
    }
}
