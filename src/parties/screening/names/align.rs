//! Which words of two names stand for one another.
//!
//! In: the tokens of two names. Out: pairs, each with how sure it is and why, and what each side has left. It refuses to
//! know what the pairs add up to.

use super::edit::{allowed, distance};
use super::han;
use super::token::{Class, Kind, Script, Token, mask as mask_of};

/// Names are compared by their first so many words.
const WORDS: usize = 32;

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

/// Words of the left name that stand for words of the right one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// First word and how many, of each side.
    pub(super) left: (usize, usize),
    pub(super) right: (usize, usize),
    /// Hundredths.
    pub(super) sure: u16,
    pub(super) how: How,
}

/// The pairs found so far, and the words already taken.
#[derive(Debug, Default)]
pub(super) struct Aligned {
    pub(super) pairs: Vec<Pair>,
    pub(super) left: u32,
    pub(super) right: u32,
}

fn mask((from, count): (usize, usize)) -> u32 {
    ((1_u32 << count.min(31)) - 1) << from.min(31)
}

impl Aligned {
    /// The same, seen from the other name.
    pub(super) fn mirrored(self) -> Self {
        let turned = |pair: Pair| Pair { left: pair.right, right: pair.left, ..pair };
        Self { pairs: self.pairs.into_iter().map(turned).collect(), left: self.right, right: self.left }
    }

    fn take(&mut self, left: (usize, usize), right: (usize, usize), sure: u16, how: How) {
        self.left |= mask(left);
        self.right |= mask(right);
        self.pairs.push(Pair { left, right, sure, how });
    }

    /// Pairs each free word of one side with the first free word of the other that agrees.
    fn each(&mut self, a: &[Token], b: &[Token], agree: impl Fn(&Token, &Token) -> Option<(u16, How)>) {
        for (at, left) in a.iter().enumerate() {
            if self.left & mask((at, 1)) != 0 {
                continue;
            }
            let free = b.iter().enumerate().filter(|(other, _)| self.right & mask((*other, 1)) == 0);
            let best = free
                .filter_map(|(other, right)| agree(left, right).map(|(sure, how)| (sure, other, how)))
                .max_by_key(|(sure, other, _)| (*sure, usize::MAX - other));
            if let Some((sure, other, how)) = best {
                self.take((at, 1), (other, 1), sure, how);
            }
        }
    }
}

/// Pairs up two names.
pub(super) fn align(a: &[Token], b: &[Token]) -> Aligned {
    let (a, b) = (a.get(..a.len().min(WORDS)).unwrap_or_default(), b.get(..b.len().min(WORDS)).unwrap_or_default());
    let mut found = Aligned::default();
    for (at, left) in a.iter().enumerate() {
        let free = b.iter().enumerate().filter(|(other, _)| found.right & mask((*other, 1)) == 0);
        if let Some((other, _)) = free.into_iter().find(|(_, right)| left.same(right)) {
            found.take((at, 1), (other, 1), 100, How::Same);
        }
    }
    if found.left.count_ones() as usize == a.len() || found.right.count_ones() as usize == b.len() {
        return found;
    }
    let han = |tokens: &[Token]| tokens.iter().any(|token| token.script == Script::Han);
    joined(a, b, &mut found);
    found.each(a, b, typo);
    if han(a) || han(b) {
        found.each(a, b, across);
    }
    initials(a, b, &mut found);
    found.each(a, b, |left, right| abbreviation(left, right).or_else(|| abbreviation(right, left)));
    found
}

/// One word on one side, several on the other: Sber Bank, Tian-Hai-Xiang.
fn joined(a: &[Token], b: &[Token], found: &mut Aligned) {
    for (at, one) in a.iter().enumerate() {
        if found.left & mask((at, 1)) == 0
            && let Some((run, how)) = run(one, b, found.right)
        {
            found.take((at, 1), run, 97, how);
        }
    }
    for (at, one) in b.iter().enumerate() {
        if found.right & mask((at, 1)) == 0
            && let Some((run, how)) = run(one, a, found.left)
        {
            found.take(run, (at, 1), 97, how);
        }
    }
}

/// The run of words that, written together, are the one.
fn run(one: &Token, others: &[Token], taken: u32) -> Option<((usize, usize), How)> {
    if one.script == Script::Han {
        let named = matches!(one.kind, Kind::Distinct | Kind::Known(Class::Topic));
        return if named { spelt_run(one, others, taken) } else { None };
    }
    if one.kind == Kind::Number || one.length < 5 {
        return None;
    }
    (0..others.len()).find_map(|start| {
        let mut rest = one.letters.as_str();
        for (count, token) in others.iter().skip(start).take(5).enumerate() {
            let begins = rest.as_bytes().first() == Some(&token.first);
            if !begins || taken & mask((start + count, 1)) != 0 || token.script == Script::Han {
                return None;
            }
            rest = rest.strip_prefix(token.letters.as_str())?;
            if rest.is_empty() {
                return (count > 0).then_some(((start, count + 1), How::Joined));
            }
        }
        None
    })
}

/// The run of Latin words that spell the Han word.
fn spelt_run(one: &Token, others: &[Token], taken: u32) -> Option<((usize, usize), How)> {
    let begins = |token: &Token| token.letters.get(..1).is_some_and(|first| one.mask & mask_of(first) != 0);
    let mut text = String::new();
    for start in (0..others.len()).filter(|start| others.get(*start).is_some_and(begins)) {
        text.clear();
        for (count, token) in others.iter().skip(start).take(5).enumerate() {
            if taken & mask((start + count, 1)) != 0 || token.script == Script::Han || !token.letters.is_ascii() {
                break;
            }
            text.push_str(&token.letters);
            if han::spells(&text, &one.letters) {
                return Some(((start, count + 1), How::Pinyin));
            }
        }
    }
    None
}

fn folded(word: &str) -> String {
    word.replace('l', "i")
}

/// Latin words apart by typing errors, of which a longer word may hold more.
fn typo(left: &Token, right: &Token) -> Option<(u16, How)> {
    let leet = left.script == Script::Leet || right.script == Script::Leet;
    let (shorter, length) = (left.length.min(right.length), usize::from(left.length.max(right.length)));
    let bound = allowed(usize::from(shorter));
    let far = bound == 0
        || length - usize::from(shorter) > bound
        || (left.mask ^ right.mask).count_ones() as usize > 2 * bound;
    let known = |token: &Token| matches!(token.kind, Kind::Known(_) | Kind::Place(_));
    let fixed =
        |token: &Token| matches!(token.kind, Kind::Number | Kind::Organisation(_)) || token.script == Script::Han;
    if (far && !leet) || known(left) && known(right) || fixed(left) || fixed(right) {
        return None;
    }
    let (a, b) = (left.letters.as_str(), right.letters.as_str());
    if leet && folded(a) == folded(b) {
        return Some((97, How::Typo));
    }
    let found = u16::try_from(distance(a, b, bound)?).ok()?;
    let lost = u16::try_from(usize::from(found) * 110 / length.max(1)).ok()?;
    Some((100_u16.saturating_sub(lost), How::Typo))
}

/// Han against Han that is part of it or one letter off; Han against the Latin word it writes down by its sound.
fn across(left: &Token, right: &Token) -> Option<(u16, How)> {
    match (left.script, right.script) {
        (Script::Han, Script::Han) => part(left, right),
        (Script::Han, _) => sounds(left, right).or_else(|| sort_of(left, right)),
        (_, Script::Han) => sounds(right, left).or_else(|| sort_of(left, right)),
        _ => None,
    }
}

fn part(left: &Token, right: &Token) -> Option<(u16, How)> {
    if left.kind != Kind::Distinct || right.kind != Kind::Distinct {
        return None;
    }
    let (a, b) = (&left.letters, &right.letters);
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let count = short.chars().count();
    if count >= 2 && (long.starts_with(short.as_str()) || long.ends_with(short.as_str())) {
        return Some((75, How::Part));
    }
    let differ = short.chars().zip(long.chars()).filter(|(a, b)| a != b).count();
    (count >= 4 && long.chars().count() == count && differ == 1).then_some((55, How::Typo))
}

fn sounds(han: &Token, latin: &Token) -> Option<(u16, How)> {
    if han.kind != Kind::Distinct
        || latin.kind != Kind::Distinct
        || han.letters.chars().nth(1).is_none()
        || !latin.letters.is_ascii()
    {
        return None;
    }
    let (a, b) = (&han.heard, &latin.heard);
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
fn sort_of(left: &Token, right: &Token) -> Option<(u16, How)> {
    let sort = |token: &Token| token.kind == Kind::Known(Class::Sort);
    let school = |token: &Token| token.keys().any(|key| key == "university");
    (sort(left) && sort(right) && !school(left) && !school(right)).then_some((60, How::SortOf))
}

/// First letters of several words in a row.
fn initials(a: &[Token], b: &[Token], found: &mut Aligned) {
    for (at, one) in a.iter().enumerate() {
        if found.left & mask((at, 1)) == 0
            && let Some(run) = first_letters(one, b, found.right)
        {
            found.take((at, 1), run, 85, How::Initials);
        }
    }
    for (at, one) in b.iter().enumerate() {
        if found.right & mask((at, 1)) == 0
            && let Some(run) = first_letters(one, a, found.left)
        {
            found.take(run, (at, 1), 85, How::Initials);
        }
    }
}

fn first_letters(one: &Token, others: &[Token], taken: u32) -> Option<(usize, usize)> {
    let count = usize::from(one.length);
    if one.kind != Kind::Distinct || one.script != Script::Latin || !(3..=8).contains(&count) || others.len() < count {
        return None;
    }
    (0..=others.len() - count)
        .find(|start| {
            let run = (*start, count);
            taken & mask(run) == 0
                && others.iter().skip(*start).zip(one.letters.bytes()).all(|(token, letter)| token.first == letter)
        })
        .map(|start| (start, count))
}

/// A word cut short: Elec for Electronics.
fn abbreviation(short: &Token, long: &Token) -> Option<(u16, How)> {
    let fits = short.first == long.first
        && short.script == Script::Latin
        && long.script == Script::Latin
        && matches!(short.kind, Kind::Distinct | Kind::Known(Class::Topic))
        && matches!(long.kind, Kind::Known(_) | Kind::Distinct)
        && short.length >= 3
        && long.length >= short.length.saturating_add(3)
        && long.letters.starts_with(short.letters.as_str());
    fits.then_some((if long.kind == Kind::Distinct { 60 } else { 85 }, How::Abbreviation))
}
