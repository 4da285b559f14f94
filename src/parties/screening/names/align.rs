//! Which words of two names stand for one another.
//!
//! In: the words of two names. Out: pairs, each with how sure it is and why, and what each side has left. It refuses to
//! know what the pairs add up to.

use super::edit::{allowed, distance};
use super::han;
use super::row::{Run, Taken, WORDS, Word, Words};
use super::token::{Class, Kind, Mark, Script, mask, near};

/// How a pair agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Same,
    Joined,
    Typo,
    Pinyin,
    Part,
    Sound,
    Initials,
    Abbreviation,
    SortOf,
}

/// How sure a pair is, in hundredths, and how it agrees.
type Agreed = (u8, How);

/// Words of the left name that stand for words of the right one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) left: Run,
    pub(super) right: Run,
    /// Hundredths.
    pub(super) sure: u8,
    pub(super) how: How,
}

/// The pairs found so far, and the words already taken.
#[derive(Debug)]
pub(super) struct Aligned {
    pairs: [Pair; WORDS],
    count: usize,
    pub(super) left: Taken,
    pub(super) right: Taken,
}

impl Aligned {
    fn new(a: &Words, b: &Words) -> Self {
        let none = Run { from: 0, count: 0 };
        let pairs = [Pair { left: none, right: none, sure: 0, how: How::Same }; WORDS];
        Self { pairs, count: 0, left: Taken::none_of(a), right: Taken::none_of(b) }
    }

    pub(super) fn pairs(&self) -> &[Pair] {
        self.pairs.get(..self.count).unwrap_or_default()
    }

    /// The same, seen from the other name.
    pub(super) fn mirrored(self) -> Self {
        let turned = |pair: Pair| Pair { left: pair.right, right: pair.left, ..pair };
        Self { pairs: self.pairs.map(turned), left: self.right, right: self.left, ..self }
    }

    fn take(&mut self, left: Run, right: Run, (sure, how): Agreed) {
        self.left.add(left, sure);
        self.right.add(right, sure);
        if let Some(place) = self.pairs.get_mut(self.count) {
            *place = Pair { left, right, sure, how };
            self.count += 1;
        }
    }

    fn is_done(&self) -> bool {
        self.left.free() == 0 || self.right.free() == 0
    }

    /// Free words that begin with the letter of a free word of the other side, as all do that are several words of it, first
    /// letters, or cut short; and those in Han, which may be spelt by words that begin otherwise.
    fn beginning_alike(&self, a: &Words, b: &Words) -> (u32, u32) {
        let (mut left, mut right) = (a.han, b.han);
        for word in a.some(self.left.free()) {
            let alike = b.beginning(word.mark.first) & self.right.free();
            if alike != 0 {
                left |= 1 << word.at;
                right |= alike;
            }
        }
        (left, right)
    }

    /// Pairs each of these free words of one side with the first free word of the other that agrees best, among those that
    /// may.
    fn each<'a>(
        &mut self,
        (a, some): (&'a Words, u32),
        b: &'a Words,
        may: impl Fn(Word<'a>) -> u32,
        agree: impl Fn(Word<'a>, Word<'a>) -> Option<Agreed>,
    ) {
        for left in a.some(self.left.free() & some) {
            let mut best = None;
            let mut surest = 0;
            for right in b.some(self.right.free() & may(left)) {
                if let Some((sure, how)) = agree(left, right)
                    && sure > surest
                {
                    surest = sure;
                    best = Some((right.at, how));
                }
            }
            if let Some((other, how)) = best {
                self.take(Run::one(left.at), Run::one(other), (surest, how));
            }
        }
    }
}

/// Pairs up two names.
pub(super) fn align(a: &Words, b: &Words) -> Aligned {
    let mut found = Aligned::new(a, b);
    for left in a.some(found.left.free()) {
        let may = if left.mark.ambiguous { u32::MAX } else { b.with_id(left.mark) | b.ambiguous };
        if let Some(right) = b.some(found.right.free() & may).find(|right| left.same(*right)) {
            found.take(Run::one(left.at), Run::one(right.at), (100, How::Same));
        }
    }
    if found.is_done() {
        return found;
    }
    let (left, right) = found.beginning_alike(a, b);
    if left | right != 0 {
        joined(a, b, (left, right), &mut found);
    }
    // Of two words the tables know none is the other with an error.
    let may = |word: Word<'_>| b.unknown | if word.mark.kind == Kind::Distinct { b.common } else { 0 };
    found.each((a, a.unknown | a.common), b, may, typo);
    if a.han | b.han != 0 {
        found.each((a, u32::MAX), b, |_| u32::MAX, across);
    }
    if left | right != 0 {
        initials(a, b, (left, right), &mut found);
        found.each((a, left), b, |word| b.beginning(word.mark.first), abbreviation);
    }
    found
}

/// One word on one side, several on the other: Sber Bank, Tian-Hai-Xiang.
fn joined(a: &Words, b: &Words, (left, right): (u32, u32), found: &mut Aligned) {
    for one in a.some(found.left.free() & left) {
        if let Some((run, how)) = run(one, b, &found.right) {
            found.take(Run::one(one.at), run, (97, how));
        }
    }
    for one in b.some(found.right.free() & right) {
        if let Some((run, how)) = run(one, a, &found.left) {
            found.take(run, Run::one(one.at), (97, how));
        }
    }
}

/// The run of words that, written together, are the one.
fn run(one: Word<'_>, others: &Words, taken: &Taken) -> Option<(Run, How)> {
    if one.mark.script == Script::Han {
        let named = matches!(one.mark.kind, Kind::Distinct | Kind::Known(Class::Topic));
        return if named { spelt_run(one, others, taken) } else { None };
    }
    if one.mark.kind == Kind::Number || one.mark.length < 5 {
        return None;
    }
    let mut starts = others.some(taken.free() & others.beginning(one.mark.first));
    starts.find_map(|start| {
        let mut rest = one.letters();
        for (count, word) in others.onward(start.at).take(5).enumerate() {
            let begins = rest.as_bytes().first() == Some(&word.mark.first) && word.mark.length <= one.mark.length;
            if !begins || !taken.is_free(Run::one(word.at)) || word.mark.script == Script::Han {
                return None;
            }
            rest = rest.strip_prefix(word.letters())?;
            if rest.is_empty() {
                return (count > 0).then_some((Run::of(start.at, count + 1), How::Joined));
            }
        }
        None
    })
}

/// The run of Latin words that spell the Han word.
fn spelt_run(one: Word<'_>, others: &Words, taken: &Taken) -> Option<(Run, How)> {
    let begins = |word: &Word<'_>| word.letters().get(..1).is_some_and(|first| one.mark.mask & mask(first) != 0);
    let mut text = String::new();
    for start in others.some(taken.free()).filter(begins) {
        text.clear();
        for (count, word) in others.onward(start.at).take(5).enumerate() {
            let is_free = taken.is_free(Run::one(word.at));
            if !is_free || word.mark.script == Script::Han || !word.letters().is_ascii() {
                break;
            }
            text.push_str(word.letters());
            if han::spells(&text, one.letters()) {
                return Some((Run::of(start.at, count + 1), How::Pinyin));
            }
        }
    }
    None
}

fn same_but_for_l(a: &str, b: &str) -> bool {
    let folded = |letter: u8| if letter == b'l' { b'i' } else { letter };
    a.len() == b.len() && a.bytes().map(folded).eq(b.bytes().map(folded))
}

/// Words apart by typing errors, of which a longer word may hold more.
fn typo(left: Word<'_>, right: Word<'_>) -> Option<Agreed> {
    let (one, other) = (left.mark, right.mark);
    let (shorter, length) = (usize::from(one.length.min(other.length)), usize::from(one.length.max(other.length)));
    let bound = allowed(shorter);
    let far = bound == 0 || length - shorter > bound || !near(one.mask, other.mask, bound);
    let leet = one.script == Script::Leet || other.script == Script::Leet;
    if far && !leet {
        return None;
    }
    let (a, b) = (left.letters(), right.letters());
    if leet && same_but_for_l(a, b) {
        return Some((97, How::Typo));
    }
    let lost = u8::try_from(distance(a, b, bound)? * 110 / length.max(1)).ok()?;
    Some((100_u8.saturating_sub(lost), How::Typo))
}

/// Han against Han that is part of it or one letter off; Han against the Latin word it writes down by its sound.
fn across(left: Word<'_>, right: Word<'_>) -> Option<Agreed> {
    match (left.mark.script, right.mark.script) {
        (Script::Han, Script::Han) => part(left, right),
        (Script::Han, _) => sounds(left, right).or_else(|| sort_of(left, right)),
        (_, Script::Han) => sounds(right, left).or_else(|| sort_of(left, right)),
        _ => None,
    }
}

fn part(left: Word<'_>, right: Word<'_>) -> Option<Agreed> {
    if left.mark.kind != Kind::Distinct || right.mark.kind != Kind::Distinct {
        return None;
    }
    let (a, b) = (left.letters(), right.letters());
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let count = short.chars().count();
    if count >= 2 && (long.starts_with(short) || long.ends_with(short)) {
        return Some((75, How::Part));
    }
    let differ = short.chars().zip(long.chars()).filter(|(a, b)| a != b).count();
    (count >= 4 && long.chars().count() == count && differ == 1).then_some((55, How::Typo))
}

fn sounds(han: Word<'_>, latin: Word<'_>) -> Option<Agreed> {
    if han.mark.kind != Kind::Distinct || latin.mark.kind != Kind::Distinct {
        return None;
    }
    let (a, b) = (&han.token()?.heard, &latin.token()?.heard);
    if a == b {
        return match a.len() {
            0 | 1 => None,
            2 => Some((70, How::Sound)),
            _ => Some((88, How::Sound)),
        };
    }
    (a.len().min(b.len()) >= 4 && distance(a, b, 1).is_some()).then_some((72, How::Sound))
}

/// A 研究院 may call itself a centre.
fn sort_of(left: Word<'_>, right: Word<'_>) -> Option<Agreed> {
    let sort = |word: Word<'_>| word.mark.kind == Kind::Known(Class::Sort);
    let school = |word: Word<'_>| word.token().is_some_and(|token| token.keys().any(|key| key == "university"));
    (sort(left) && sort(right) && !school(left) && !school(right)).then_some((60, How::SortOf))
}

/// First letters of several words in a row.
fn initials(a: &Words, b: &Words, (left, right): (u32, u32), found: &mut Aligned) {
    for one in a.some(found.left.free() & left) {
        if let Some(run) = first_letters(one, b, &found.right) {
            found.take(Run::one(one.at), run, (85, How::Initials));
        }
    }
    for one in b.some(found.right.free() & right) {
        if let Some(run) = first_letters(one, a, &found.left) {
            found.take(run, Run::one(one.at), (85, How::Initials));
        }
    }
}

fn first_letters(one: Word<'_>, others: &Words, taken: &Taken) -> Option<Run> {
    let count = usize::from(one.mark.length);
    if one.mark.kind != Kind::Distinct || one.mark.script != Script::Latin || !(3..=8).contains(&count) {
        return None;
    }
    let starts = others.some(taken.free() & others.beginning(one.mark.first));
    let mut runs = starts.map(|start| Run::of(start.at, count)).filter(|run| taken.is_free(*run));
    let agrees = |marks: &[Mark]| marks.iter().zip(one.letters().bytes()).all(|(mark, letter)| mark.first == letter);
    runs.find(|run| agrees(run.among(others.marks())))
}

/// A word cut short: Elec for Electronics.
fn abbreviation(left: Word<'_>, right: Word<'_>) -> Option<Agreed> {
    if left.mark.length < right.mark.length { cut_short(left, right) } else { cut_short(right, left) }
}

fn cut_short(short: Word<'_>, long: Word<'_>) -> Option<Agreed> {
    let (one, other) = (short.mark, long.mark);
    let fits = one.first == other.first
        && one.script == Script::Latin
        && other.script == Script::Latin
        && matches!(one.kind, Kind::Distinct | Kind::Known(Class::Topic))
        && matches!(other.kind, Kind::Known(_) | Kind::Distinct)
        && one.length >= 3
        && other.length >= one.length.saturating_add(3)
        && one.mask & !other.mask == 0
        && long.letters().starts_with(short.letters());
    fits.then_some((if other.kind == Kind::Distinct { 60 } else { 85 }, How::Abbreviation))
}
