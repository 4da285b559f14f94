//! Which words of two names stand for one another.
//!
//! In: the words of two names. Out: pairs, each with how sure it is and why, and what each side has left. It refuses to
//! know what the pairs add up to.

use super::edit::{allowed, distance};
use super::han;
use super::row::{Pair, Row, Run, Taken, WORDS, Word};
use super::token::{Class, Kind, Mark, Script, Words, mask, near};

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

/// The pairs found so far, and the words already taken.
#[derive(Debug, Default)]
pub(super) struct Aligned {
    pairs: [Option<Pair>; WORDS],
    count: usize,
    pub(super) left: Taken,
    pub(super) right: Taken,
}

impl Aligned {
    pub(super) fn pairs(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.iter().take(self.count).flatten()
    }

    /// How many words, or runs of them, agree.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The same, seen from the other name.
    pub(super) fn mirrored(self) -> Self {
        let turned = |pair: Pair| Pair { left: pair.right, right: pair.left, ..pair };
        Self { pairs: self.pairs.map(|pair| pair.map(turned)), left: self.right, right: self.left, ..self }
    }

    fn take(&mut self, left: Run, right: Run, (sure, how): Agreed) {
        self.left.add(left, sure);
        self.right.add(right, sure);
        if let Some(place) = self.pairs.get_mut(self.count) {
            *place = Some(Pair { left, right, sure, how });
            self.count += 1;
        }
    }

    /// Pairs each free word of one side with the first free word of the other that agrees best.
    fn each(&mut self, a: &Row<'_>, b: &Row<'_>, agree: impl Fn(Word<'_>, Word<'_>) -> Option<Agreed>) {
        for (at, left) in self.left.free(a.marks) {
            let agreed = |(other, right)| {
                let (sure, how) = agree(Word { row: a, at, mark: left }, Word { row: b, at: other, mark: right })?;
                Some((sure, other, how))
            };
            let free = self.right.free(b.marks);
            if let Some((sure, other, how)) = free.filter_map(agreed).max_by_key(|found| (found.0, WORDS - found.1)) {
                self.take(Run::one(at), Run::one(other), (sure, how));
            }
        }
    }

    /// Whether one side has no word left.
    fn is_done(&self, a: &Row<'_>, b: &Row<'_>) -> bool {
        self.left.free(a.marks).next().is_none() || self.right.free(b.marks).next().is_none()
    }
}

/// Pairs up two names.
pub(super) fn align(a: &Words, b: &Words) -> Aligned {
    let (a, b) = (Row::of(a), Row::of(b));
    let mut found = Aligned::default();
    for (at, mark) in a.marks.iter().enumerate() {
        let left = Word { row: &a, at, mark };
        let same = |(other, mark): &(usize, &Mark)| left.same(Word { row: &b, at: *other, mark });
        if let Some((other, _)) = found.right.free(b.marks).find(same) {
            found.take(Run::one(at), Run::one(other), (100, How::Same));
        }
    }
    if found.is_done(&a, &b) {
        return found;
    }
    let han = |row: &Row<'_>| row.marks.iter().any(|mark| mark.script == Script::Han);
    joined(&a, &b, &mut found);
    found.each(&a, &b, typo);
    if han(&a) || han(&b) {
        found.each(&a, &b, across);
    }
    initials(&a, &b, &mut found);
    found.each(&a, &b, |left, right| abbreviation(left, right).or_else(|| abbreviation(right, left)));
    found
}

/// One word on one side, several on the other: Sber Bank, Tian-Hai-Xiang.
fn joined(a: &Row<'_>, b: &Row<'_>, found: &mut Aligned) {
    for (at, mark) in found.left.free(a.marks) {
        if let Some((run, how)) = run(Word { row: a, at, mark }, b, &found.right) {
            found.take(Run::one(at), run, (97, how));
        }
    }
    for (at, mark) in found.right.free(b.marks) {
        if let Some((run, how)) = run(Word { row: b, at, mark }, a, &found.left) {
            found.take(run, Run::one(at), (97, how));
        }
    }
}

/// The run of words that, written together, are the one.
fn run(one: Word<'_>, others: &Row<'_>, taken: &Taken) -> Option<(Run, How)> {
    if one.mark.script == Script::Han {
        let named = matches!(one.mark.kind, Kind::Distinct | Kind::Known(Class::Topic));
        return if named { spelt_run(one, others, taken) } else { None };
    }
    if one.mark.kind == Kind::Number || one.mark.length < 5 {
        return None;
    }
    let begins = |mark: &Mark| mark.first == one.mark.first && mark.length <= one.mark.length;
    taken.free(others.marks).filter(|(_, mark)| begins(mark)).find_map(|(start, _)| {
        let mut rest = one.letters();
        for (count, mark) in others.marks.iter().skip(start).take(5).enumerate() {
            let begins = rest.as_bytes().first() == Some(&mark.first);
            if !begins || taken.has(start + count) || mark.script == Script::Han {
                return None;
            }
            rest = rest.strip_prefix(others.letters(start + count))?;
            if rest.is_empty() {
                return (count > 0).then_some((Run::of(start, count + 1), How::Joined));
            }
        }
        None
    })
}

/// The run of Latin words that spell the Han word.
fn spelt_run(one: Word<'_>, others: &Row<'_>, taken: &Taken) -> Option<(Run, How)> {
    let begins = |letters: &str| letters.get(..1).is_some_and(|first| one.mark.mask & mask(first) != 0);
    let mut text = String::new();
    for (start, _) in taken.free(others.marks).filter(|(start, _)| begins(others.letters(*start))) {
        text.clear();
        for (count, mark) in others.marks.iter().skip(start).take(5).enumerate() {
            let letters = others.letters(start + count);
            if taken.has(start + count) || mark.script == Script::Han || !letters.is_ascii() {
                break;
            }
            text.push_str(letters);
            if han::spells(&text, one.letters()) {
                return Some((Run::of(start, count + 1), How::Pinyin));
            }
        }
    }
    None
}

fn same_but_for_l(a: &str, b: &str) -> bool {
    let folded = |letter: u8| if letter == b'l' { b'i' } else { letter };
    a.len() == b.len() && a.bytes().map(folded).eq(b.bytes().map(folded))
}

/// Latin words apart by typing errors, of which a longer word may hold more.
fn typo(left: Word<'_>, right: Word<'_>) -> Option<Agreed> {
    let (one, other) = (left.mark, right.mark);
    let leet = one.script == Script::Leet || other.script == Script::Leet;
    let (shorter, length) = (one.length.min(other.length), usize::from(one.length.max(other.length)));
    let bound = allowed(usize::from(shorter));
    let far = bound == 0 || length - usize::from(shorter) > bound || !near(one.mask, other.mask, bound);
    let known = |mark: &Mark| matches!(mark.kind, Kind::Known(_) | Kind::Place(_));
    let fixed = |mark: &Mark| matches!(mark.kind, Kind::Number | Kind::Organisation(_)) || mark.script == Script::Han;
    if (far && !leet) || known(one) && known(other) || fixed(one) || fixed(other) {
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
fn initials(a: &Row<'_>, b: &Row<'_>, found: &mut Aligned) {
    for (at, mark) in found.left.free(a.marks) {
        if let Some(run) = first_letters(Word { row: a, at, mark }, b, &found.right) {
            found.take(Run::one(at), run, (85, How::Initials));
        }
    }
    for (at, mark) in found.right.free(b.marks) {
        if let Some(run) = first_letters(Word { row: b, at, mark }, a, &found.left) {
            found.take(run, Run::one(at), (85, How::Initials));
        }
    }
}

fn first_letters(one: Word<'_>, others: &Row<'_>, taken: &Taken) -> Option<Run> {
    let count = usize::from(one.mark.length);
    if one.mark.kind != Kind::Distinct || one.mark.script != Script::Latin || !(3..=8).contains(&count) {
        return None;
    }
    let begins = |run: &[Mark]| run.first().is_some_and(|mark| mark.first == one.mark.first);
    let runs = others.marks.windows(count).enumerate().filter(|(_, run)| begins(run));
    runs.filter(|(start, _)| !taken.has_any(Run::of(*start, count)))
        .find(|(_, run)| run.iter().zip(one.letters().bytes()).all(|(mark, letter)| mark.first == letter))
        .map(|(start, _)| Run::of(start, count))
}

/// A word cut short: Elec for Electronics.
fn abbreviation(short: Word<'_>, long: Word<'_>) -> Option<Agreed> {
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
