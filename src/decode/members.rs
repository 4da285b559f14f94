//! Where the members of an object stand, and those of objects right inside it, found while it is followed to its end (`extent`).
//!
//! In: the brackets and colons of one block after the other. Out: keys and what begins behind their colons; what lies deeper is
//! passed over. It refuses to know whether the rest is JSON.

/// Most members that are found.
const MOST: usize = 128;

/// Who sees the blocks of an object while it is followed.
pub(super) trait Watch {
    /// An object begins.
    fn begin(&mut self);

    /// Brackets outside of strings in the block `at` bytes behind the object's first, `depth` before it, and what tells its
    /// colons outside of strings.
    fn block(&mut self, at: usize, depth: usize, brackets: Brackets, colons: impl FnOnce() -> u64);
}

/// One bit a byte.
#[derive(Clone, Copy)]
pub(super) struct Brackets {
    pub(super) opening: u64,
    pub(super) closing: u64,
}

/// Nobody.
impl Watch for () {
    #[inline(always)]
    fn begin(&mut self) {}

    #[inline(always)]
    fn block(&mut self, _: usize, _: usize, _: Brackets, _: impl FnOnce() -> u64) {}
}

/// The colons of an object and of those right inside it.
pub(super) struct Members {
    /// Twice the place, and one more where it is inside another member.
    colons: [u32; MOST],
    count: usize,
}

/// How deep a member lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// The object's own.
    Itself,
    /// Of the value of the last of its own, if that is an object.
    Inside,
}

/// A key and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member<'a> {
    pub(super) of: Of,
    /// The object up to the quote that ends the key.
    before: &'a [u8],
    /// From the byte behind the colon to the end of the object.
    pub(super) rest: &'a [u8],
}

impl<'a> Member<'a> {
    /// The key, where it is written without quotes inside.
    pub(super) fn key(&self) -> Option<&'a [u8]> {
        let quote = memchr::memrchr(b'"', self.before)?;
        // Outside of strings no quote is behind a backslash: that one stands inside the key.
        let is_escaped = quote.checked_sub(1).and_then(|at| self.before.get(at)) == Some(&b'\\');
        self.before.get(quote + 1..).filter(|_| !is_escaped)
    }

    /// Whether its value is an object.
    pub(super) fn is_object(&self) -> bool {
        self.rest.trim_ascii_start().first() == Some(&b'{')
    }

    /// Whether its value is a null.
    pub(super) fn is_null(&self) -> bool {
        self.rest.trim_ascii_start().first() == Some(&b'n')
    }

    /// Its value, where that is text written without escapes.
    pub(super) fn written_text(&self) -> Option<&'a str> {
        written_text(self.rest.trim_ascii_start())
    }

    /// The same, trimmed.
    pub(super) fn text(&self) -> Option<&'a str> {
        plain_text(self.rest.trim_ascii_start())
    }

    /// The last byte of the key.
    pub(super) fn last(&self) -> u8 {
        self.before.last().copied().unwrap_or_default()
    }

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

/// A text that is written without escapes; `None` for any other value.
fn written_text(value: &[u8]) -> Option<&str> {
    let text = value.strip_prefix(b"\"")?;
    let end = memchr::memchr2(b'"', b'\\', text).filter(|end| text.get(*end) == Some(&b'"'))?;
    std::str::from_utf8(text.get(..end)?).ok()
}

/// The same, trimmed.
pub(super) fn plain_text(value: &[u8]) -> Option<&str> {
    let text = written_text(value)?;
    Some(match text.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    })
}

impl Default for Members {
    fn default() -> Self {
        Self { colons: [0; MOST], count: 0 }
    }
}

impl Members {
    /// Each of the object in order, `None` for one whose key does not end just before its colon; none at all where there are more
    /// than [`MOST`].
    pub(super) fn of<'a>(&self, object: &'a [u8]) -> Option<impl Iterator<Item = Option<Member<'a>>>> {
        let colons = self.colons.get(..self.count)?;
        Some(colons.iter().map(move |colon| {
            let of = if colon & 1 == 0 { Of::Itself } else { Of::Inside };
            let (before, behind) = object.split_at_checked(*colon as usize / 2)?;
            Some(Member { of, before: before.strip_suffix(b"\"")?, rest: behind.get(1..)? })
        }))
    }

    #[inline(always)]
    fn put(&mut self, block: usize, depth: usize, mut colons: u64) {
        while colons != 0 && self.count <= MOST {
            let at = block + colons.trailing_zeros() as usize;
            colons &= colons - 1;
            if let Some(slot) = self.colons.get_mut(self.count) {
                // Nothing is followed for gigabytes: records have bounds.
                *slot = u32::try_from(2 * at + depth - 1).unwrap_or(u32::MAX);
            }
            self.count += 1;
        }
    }
}

impl Watch for Members {
    fn begin(&mut self) {
        self.count = 0;
    }

    #[inline(always)]
    fn block(&mut self, at: usize, mut depth: usize, brackets: Brackets, colons: impl FnOnce() -> u64) {
        let Brackets { opening, closing } = brackets;
        if depth > closing.count_ones() as usize + 2 {
            // The whole block lies deeper.
            return;
        }
        let colons = colons();
        let (mut brackets, mut behind) = (opening | closing, u64::MAX);
        while brackets != 0 {
            let bit = brackets & brackets.wrapping_neg();
            brackets ^= bit;
            if matches!(depth, 1 | 2) {
                self.put(at, depth, colons & behind & (bit - 1));
            }
            behind = !(bit | (bit - 1));
            depth = if opening & bit != 0 { depth + 1 } else { depth.saturating_sub(1) };
            if depth == 0 {
                return;
            }
        }
        if matches!(depth, 1 | 2) {
            self.put(at, depth, colons & behind);
        }
    }
}

#[cfg(test)]
mod tests {
    use fearless_simd::dispatch;
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;
    use crate::decode::extent;
    use crate::decode::marks::LEVEL;

    fn key(member: &Member<'_>) -> String {
        let quote = memchr::memrchr(b'"', member.before).unwrap();
        String::from_utf8_lossy(&member.before[quote + 1..]).into_owned()
    }

    fn found(text: &str) -> Option<Members> {
        let mut members = Members::default();
        dispatch!(*LEVEL, simd => extent::find(simd, text.as_bytes(), 100, |_| true, &mut members))?;
        Some(members)
    }

    fn keys(text: &str, of: Of) -> Option<Vec<String>> {
        let members = found(text)?;
        let members: Option<Vec<Member<'_>>> = members.of(text.as_bytes())?.collect();
        Some(members?.iter().filter(|member| member.of == of).map(key).collect())
    }

    #[test]
    fn an_objects_own_members_are_found_and_no_others() {
        for (text, own, inside) in [
            ("{}", vec![], vec![]),
            (r#"{"a":1,"b":{"c":2,"d":[{"e":3}]},"f":":"}"#, vec!["a", "b", "f"], vec!["c", "d"]),
            (r#"{"a":"\",\"b\":","c":[]}"#, vec!["a", "c"], vec![]),
            (r#"{"a":{}}{"b":1}"#, vec!["a"], vec![]),
        ] {
            assert_eq!(keys(text, Of::Itself).unwrap(), own, "{text}");
            assert_eq!(keys(text, Of::Inside).unwrap(), inside, "{text}");
        }
        assert_eq!(keys(r#"{"a" :1}"#, Of::Itself), None, "white space");
        let many: Vec<String> = (0..=MOST).map(|n| format!("\"{n}\":0")).collect();
        assert_eq!(keys(&format!("{{{}}}", many.join(",")), Of::Itself), None);
        let (some, others) = many.split_at(MOST / 2);
        let nested = |others: &[String]| format!("{{{},\"x\":{{{}}}}}", some.join(","), others.join(","));
        assert_eq!(keys(&nested(&others[2..]), Of::Inside).map(|keys| keys.len()), Some(MOST / 2 - 1));
        assert_eq!(keys(&nested(&others[1..]), Of::Itself), None);
        let first = |text: &'static str| found(text).unwrap().of(text.as_bytes()).unwrap().next().unwrap().unwrap();
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
            let places = found(&text).unwrap();
            let all: Vec<Member<'_>> = places.of(text.as_bytes()).unwrap().map(Option::unwrap).collect();
            let found: Vec<&Member<'_>> = all.iter().filter(|member| member.of == Of::Itself).collect();
            let mut inside = all.iter().filter(|member| member.of == Of::Inside).map(key);
            for raw in parsed.values().filter(|raw| raw.get().starts_with('{')) {
                let within: Vec<String> = keys(raw.get(), Of::Itself).unwrap();
                prop_assert!(inside.by_ref().take(within.len()).eq(within.iter().cloned()), "{}", text);
            }
            prop_assert!(parsed.values().any(|raw| raw.get().starts_with('[')) || inside.next().is_none(), "{}", text);
            prop_assert!(found.iter().copied().map(key).eq(parsed.keys().cloned()), "{}", text);
            prop_assert!(found.iter().zip(parsed.values()).all(|(m, raw)| m.rest.starts_with(raw.get().as_bytes())));
        });
    }
}
