//! Which words of two names stand for one another.
//!
//! In: the words of two names. Out: pairs, each with how sure it is and why, and what each side has left. It refuses to
//! know what the pairs add up to.

use super::edit::{MOST, allowed, distance};
use super::han;
use super::row::{Pair, Row, Run, Taken, WORDS, Word};
use super::token::{Class, Kind, Mark, Script, Words, letter, mask, near};

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
#[derive(Debug)]
pub(super) struct Aligned {
    pairs: [Option<Pair>; WORDS],
    count: usize,
    pub(super) left: Taken,
    pub(super) right: Taken,
}

impl Aligned {
    fn new(a: &Row<'_>, b: &Row<'_>) -> Self {
        Self { pairs: [None; WORDS], count: 0, left: Taken::none_of(a), right: Taken::none_of(b) }
    }

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

    /// Free words that begin with the letter of a free word of the other side, as all do that are several words of it, first
    /// letters, or cut short; and those in Han, which may be spelt by words that begin otherwise.
    fn beginning_alike(&self, a: &Row<'_>, b: &Row<'_>) -> Bits {
        let (left, right) = (self.left.free(), self.right.free());
        let (lefts, rights) = (a.firsts(left), b.firsts(right));
        let among = |mark: &Mark, firsts: u32| mark.script == Script::Han || letter(mark.first) & firsts != 0;
        (left & a.which(|mark| among(mark, rights)), right & b.which(|mark| among(mark, lefts)))
    }

    /// Pairs each free word of one side with the first free word of the other that agrees best, among those that may.
    fn each(
        &mut self,
        a: &Row<'_>,
        b: &Row<'_>,
        may: impl Fn(&Mark, &Mark) -> bool,
        agree: impl Fn(Word<'_>, Word<'_>) -> Option<Agreed>,
    ) {
        for left in a.words(self.left.free()) {
            let mut best: Option<(usize, Agreed)> = None;
            for right in b.words(self.right.free() & b.which(|mark| may(left.mark, mark))) {
                let found = agree(left, right).filter(|found| best.is_none_or(|(_, known)| known.0 < found.0));
                best = found.map(|found| (right.at, found)).or(best);
            }
            if let Some((other, agreed)) = best {
                self.take(Run::one(left.at), Run::one(other), agreed);
            }
        }
    }
}

/// Words of each side, a bit each.
type Bits = (u32, u32);

/// Pairs up two names.
pub(super) fn align(a: &Words, b: &Words) -> Aligned {
    let (a, b) = (Row::of(a), Row::of(b));
    let mut found = Aligned::new(&a, &b);
    let ambiguous = b.which(|mark| mark.ambiguous);
    for left in a.words(found.left.free()) {
        let may = if left.mark.ambiguous { u32::MAX } else { ambiguous | b.which(|mark| mark.id == left.mark.id) };
        if let Some(right) = b.words(found.right.free() & may).find(|right| left.same(*right)) {
            found.take(Run::one(left.at), Run::one(right.at), (100, How::Same));
        }
    }
    if found.left.free() == 0 || found.right.free() == 0 {
        return found;
    }
    let begins = found.beginning_alike(&a, &b);
    joined(&a, &b, begins, &mut found);
    found.each(&a, &b, may_be_typo, typo);
    if a.any(|mark| mark.script == Script::Han) || b.any(|mark| mark.script == Script::Han) {
        found.each(&a, &b, |_, _| true, across);
    }
    initials(&a, &b, begins, &mut found);
    if begins.0 != 0 {
        found.each(&a, &b, |left, right| left.first == right.first, abbreviation);
    }
    found
}

/// One word on one side, several on the other: Sber Bank, Tian-Hai-Xiang.
fn joined(a: &Row<'_>, b: &Row<'_>, (left, right): Bits, found: &mut Aligned) {
    for one in a.words(found.left.free() & left) {
        if let Some((run, how)) = run(one, b, &found.right) {
            found.take(Run::one(one.at), run, (97, how));
        }
    }
    for one in b.words(found.right.free() & right) {
        if let Some((run, how)) = run(one, a, &found.left) {
            found.take(run, Run::one(one.at), (97, how));
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
    let begins = others.which(|mark| mark.first == one.mark.first && mark.length <= one.mark.length);
    others.words(taken.free() & begins).find_map(|start| {
        let mut rest = one.letters();
        for (count, word) in others.from(start.at).take(5).enumerate() {
            let begins = rest.as_bytes().first() == Some(&word.mark.first);
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
fn spelt_run(one: Word<'_>, others: &Row<'_>, taken: &Taken) -> Option<(Run, How)> {
    let begins = |word: &Word<'_>| word.letters().get(..1).is_some_and(|first| one.mark.mask & mask(first) != 0);
    let mut text = String::new();
    for start in others.words(taken.free()).filter(begins) {
        text.clear();
        for (count, word) in others.from(start.at).take(5).enumerate() {
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

/// Whether they may be apart by typing errors, by their lengths.
fn may_be_typo(left: &Mark, right: &Mark) -> bool {
    let leet = left.script == Script::Leet || right.script == Script::Leet;
    leet || left.length.min(right.length) > 3 && usize::from(left.length.abs_diff(right.length)) <= MOST
}

/// Latin words apart by typing errors, of which a longer word may hold more.
fn typo(left: Word<'_>, right: Word<'_>) -> Option<Agreed> {
    let (one, other) = (left.mark, right.mark);
    let leet = one.script == Script::Leet || other.script == Script::Leet;
    let (shorter, length) = (one.length.min(other.length), usize::from(one.length.max(other.length)));
    let bound = allowed(usize::from(shorter));
    let far = bound == 0 || length - usize::from(shorter) > bound;
    let known = |mark: &Mark| matches!(mark.kind, Kind::Known(_) | Kind::Place(_));
    let fixed = |mark: &Mark| matches!(mark.kind, Kind::Number | Kind::Organisation(_)) || mark.script == Script::Han;
    let far = far || known(one) && known(other) || !near(one.mask, other.mask, bound);
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
fn initials(a: &Row<'_>, b: &Row<'_>, (left, right): Bits, found: &mut Aligned) {
    for one in a.words(found.left.free() & left) {
        if let Some(run) = first_letters(one, b, &found.right) {
            found.take(Run::one(one.at), run, (85, How::Initials));
        }
    }
    for one in b.words(found.right.free() & right) {
        if let Some(run) = first_letters(one, a, &found.left) {
            found.take(run, Run::one(one.at), (85, How::Initials));
        }
    }
}

fn first_letters(one: Word<'_>, others: &Row<'_>, taken: &Taken) -> Option<Run> {
    let count = usize::from(one.mark.length);
    if one.mark.kind != Kind::Distinct || one.mark.script != Script::Latin || !(3..=8).contains(&count) {
        return None;
    }
    let begins = others.which(|mark| mark.first == one.mark.first);
    let runs = others.words(taken.free() & begins).map(|start| Run::of(start.at, count));
    let mut free = runs.filter(|run| run.among(others.marks).len() == count && taken.is_free(*run));
    free.find(|run| run.among(others.marks).iter().zip(one.letters().bytes()).all(|(mark, letter)| mark.first == letter))
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
