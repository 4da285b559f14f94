//! The words of a name in a row, and what is asked of them for every pair of names, worked out once.
//!
//! In: tokens. Out: which of the first words have an id, a letter, a kind, a bit each; sums of weights. It refuses to know
//! when two words agree.

use super::token::{Class, Kind, Mark, Script, Token};

/// Names are compared by their first so many words.
pub(super) const WORDS: usize = 32;

/// The words of a name, their marks apart from the rest.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Words {
    marks: Box<[Mark]>,
    tokens: Box<[Token]>,
    /// A byte of each id.
    ids: Bytes,
    firsts: Bytes,
    /// Those in Han.
    pub(super) han: u32,
    /// Those that may stand for several keys.
    pub(super) ambiguous: u32,
    /// Those nobody's table knows, in other letters than Han.
    pub(super) unknown: u32,
    /// Words and places of the tables, in other letters than Han.
    pub(super) common: u32,
    pub(super) sums: Sums,
}

/// What all words of a name come to; weights in hundredths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) weight: u32,
    /// Of words that tell names apart.
    pub(super) distinct: u32,
    pub(super) topics: u32,
    pub(super) sorts: u32,
    pub(super) numbers: u32,
    pub(super) organisations: u32,
    pub(super) places: u32,
}

impl Sums {
    pub(super) fn add(&mut self, word: &Mark) {
        let weight = u32::from(word.weight);
        self.weight += weight;
        self.distinct += if word.is_distinct() { weight } else { 0 };
        match word.kind {
            Kind::Known(Class::Topic) => self.topics += 1,
            Kind::Known(Class::Sort) => self.sorts += 1,
            Kind::Number => self.numbers += 1,
            Kind::Organisation(_) => self.organisations += 1,
            Kind::Place(_) => self.places += 1,
            Kind::Known(Class::Generic) | Kind::Distinct => {}
        }
    }
}

impl Sums {
    /// What is left without some of them.
    pub(super) fn without(&self, some: &Self) -> Self {
        Self {
            weight: self.weight - some.weight,
            distinct: self.distinct - some.distinct,
            topics: self.topics - some.topics,
            sorts: self.sorts - some.sorts,
            numbers: self.numbers - some.numbers,
            organisations: self.organisations - some.organisations,
            places: self.places - some.places,
        }
    }
}

impl From<Vec<Token>> for Words {
    fn from(tokens: Vec<Token>) -> Self {
        let marks: Box<[Mark]> = tokens.iter().map(|token| **token).collect();
        let which = |fits: fn(&Mark) -> bool| {
            marks.iter().take(WORDS).enumerate().fold(0, |bits, (at, mark)| bits | u32::from(fits(mark)) << at)
        };
        let common = |mark: &Mark| matches!(mark.kind, Kind::Known(_) | Kind::Place(_)) && mark.script != Script::Han;
        let mut sums = Sums::default();
        marks.iter().for_each(|mark| sums.add(mark));
        Self {
            ids: Bytes::of(marks.iter().map(|mark| mark.short_id())),
            firsts: Bytes::of(marks.iter().map(|mark| mark.first)),
            han: which(|mark| mark.script == Script::Han),
            ambiguous: which(|mark| mark.ambiguous),
            unknown: which(|mark| mark.kind == Kind::Distinct && mark.script != Script::Han),
            common: which(common),
            sums,
            marks,
            tokens: tokens.into(),
        }
    }
}

impl std::ops::Deref for Words {
    type Target = [Token];

    fn deref(&self) -> &[Token] {
        &self.tokens
    }
}

impl Words {
    pub(super) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The first words, a bit each.
    fn bits(&self) -> u32 {
        u32::MAX.checked_shr(u32::try_from(WORDS.saturating_sub(self.marks.len())).unwrap_or(0)).unwrap_or(0)
    }

    /// Words that may have this id, and all that have it.
    pub(super) fn with_id(&self, mark: &Mark) -> u32 {
        self.ids.which(mark.short_id())
    }

    /// Words that begin with this byte; more than there are words may be set, for 0.
    pub(super) fn beginning(&self, first: u8) -> u32 {
        self.firsts.which(first)
    }

    /// Words by their bits.
    pub(super) fn some(&self, mut bits: u32) -> impl Iterator<Item = Word<'_>> {
        std::iter::from_fn(move || {
            let rest = bits & bits.checked_sub(1)?;
            let at = bits.trailing_zeros() as usize;
            let mark = self.marks.get(at)?;
            bits = rest;
            Some(Word { words: self, at, mark })
        })
    }

    /// The first words from here on.
    pub(super) fn onward(&self, at: usize) -> impl Iterator<Item = Word<'_>> {
        self.marks.iter().take(WORDS).enumerate().skip(at).map(|(at, mark)| Word { words: self, at, mark })
    }
}

/// A byte of each of the first words, eight in a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bytes([u64; WORDS / 8]);

impl Bytes {
    fn of(bytes: impl Iterator<Item = u8>) -> Self {
        let mut all = Self::default();
        for (at, byte) in bytes.take(WORDS).enumerate() {
            if let Some(eight) = all.0.get_mut(at / 8) {
                *eight |= u64::from(byte) << (at % 8 * 8);
            }
        }
        all
    }

    /// Where this byte stands, a bit each.
    fn which(&self, byte: u8) -> u32 {
        let [first, rest @ ..] = &self.0;
        let first = which_of(*first, byte);
        if byte != 0 && *rest == [0; WORDS / 8 - 1] {
            return first;
        }
        rest.iter().rev().fold(0, |bits, eight| bits << 8 | which_of(*eight, byte)) << 8 | first
    }
}

/// Which of eight bytes are this one, a bit each: all eight are looked at in a few steps.
fn which_of(eight: u64, byte: u8) -> u32 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let differ = eight ^ (u64::from(byte) * 0x0101_0101_0101_0101);
    // The high bit of every byte in which nothing differs.
    let same = !(((differ & LOW) + LOW) | differ | LOW);
    // Those eight bits, side by side.
    ((same >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
}

/// A word where it stands; its mark is looked at first, its letters last.
#[derive(Clone, Copy)]
pub(super) struct Word<'a> {
    words: &'a Words,
    pub(super) at: usize,
    pub(super) mark: &'a Mark,
}

impl<'a> Word<'a> {
    pub(super) fn token(self) -> Option<&'a Token> {
        self.words.tokens.get(self.at)
    }

    pub(super) fn letters(self) -> &'a str {
        self.token().map_or("", |token| token.letters.as_str())
    }

    /// Whether two words stand for the same.
    pub(super) fn same(self, other: Self) -> bool {
        if !self.mark.ambiguous && !other.mark.ambiguous && self.mark.id != other.mark.id {
            return false;
        }
        self.token().zip(other.token()).is_some_and(|(one, other)| one.same(other))
    }
}

/// Words in a row: the first, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Run {
    pub(super) from: u8,
    pub(super) count: u8,
}

impl Run {
    pub(super) fn of(from: usize, count: usize) -> Self {
        let [from, count] = [from, count].map(|number| u8::try_from(number.min(WORDS)).unwrap_or_default());
        Self { from, count }
    }

    pub(super) fn one(at: usize) -> Self {
        Self::of(at, 1)
    }

    fn bits(self) -> u32 {
        ((1_u32 << self.count.min(31)) - 1) << self.from.min(31)
    }

    /// These words of a name.
    pub(super) fn among<T>(self, words: &[T]) -> &[T] {
        let from = usize::from(self.from);
        words.get(from..from + usize::from(self.count)).unwrap_or_default()
    }
}

/// Which of the first words of one side are left over, and how sure the others are, in hundredths.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    taken: u32,
    free: u32,
    sure: [u8; WORDS],
}

impl Taken {
    pub(super) fn none_of(words: &Words) -> Self {
        Self { taken: 0, free: words.bits(), sure: [0; WORDS] }
    }

    /// A bit for each of the first words that is left over.
    pub(super) fn free(&self) -> u32 {
        self.free
    }

    /// A bit for each word that is taken.
    pub(super) fn taken(&self) -> u32 {
        self.taken
    }

    /// How sure it is that a word agrees with the other side.
    pub(super) fn sure(&self, at: usize) -> u8 {
        self.sure.get(at).copied().unwrap_or(0)
    }

    pub(super) fn is_free(&self, run: Run) -> bool {
        self.free & run.bits() == run.bits()
    }

    pub(super) fn add(&mut self, run: Run, sure: u8) {
        self.free &= !run.bits();
        self.taken |= run.bits();
        for at in run.from..run.from.saturating_add(run.count) {
            if let Some(place) = self.sure.get_mut(usize::from(at)) {
                *place = sure;
            }
        }
    }

    /// Those of the first words that are left over.
    pub(super) fn left<'a, T>(&self, words: &'a [T]) -> impl Iterator<Item = &'a T> + use<'a, T> {
        let free = self.free;
        words.iter().take(WORDS).enumerate().filter(move |(at, _)| free & (1 << at) != 0).map(|(_, word)| word)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_byte_is_found_where_it_stands_and_nowhere_else(
            bytes in proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(128), any::<u8>()], 0..40),
            byte in prop_oneof![Just(0_u8), Just(1), Just(127), Just(128), Just(129), any::<u8>()],
        ) {
            let found = Bytes::of(bytes.iter().copied()).which(byte);
            for (at, known) in bytes.iter().take(WORDS).enumerate() {
                prop_assert_eq!(found & (1 << at) != 0, *known == byte);
            }
        }
    }
}
