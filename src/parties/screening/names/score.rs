//! How much two names resemble one another, and why.
//!
//! In: two names. Out: a score, what one is to the other, words that explain it. A score depends on the two names and
//! on fixed tables alone. It refuses to decide: thresholds are stated beside [`Verdict`](super::Strength).

use super::align::{Aligned, Pair, align};
use super::read::Name;
use super::row::{Run, Sums, Taken, Words};
use super::tables::tables;
use super::token::{Kind, Mark};

/// What the left name is to the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Both name the same, as far as they resemble one another.
    Same,
    /// The left names a part of the right: an institute of a university.
    PartOf,
    /// The right names a part of the left.
    Contains,
}

impl Relation {
    fn mirrored(self) -> Self {
        match self {
            Self::Same => Self::Same,
            Self::PartOf => Self::Contains,
            Self::Contains => Self::PartOf,
        }
    }
}

/// A score and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Likeness {
    /// 0 (nothing in common) to 1.
    pub score: f64,
    /// What the left is to the right.
    pub relation: Relation,
    /// The rules that made the score.
    pub(super) ground: Ground,
}

/// What a score rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    Nothing,
    Elsewhere,
    OtherNumber,
    /// Words of one letter are others.
    OtherLetter,
    Letters,
    Spelling,
    Acronym,
    Domain,
    Words,
    Known,
    Spelled,
}

/// Two names that differ in what tells such names apart do not resemble one another more than this.
const VETO: f64 = 0.35;
/// A part and its whole: enough for a look, never for a match.
pub(super) const UNIT: f64 = 0.62;

impl Likeness {
    /// Whether one of the two is no name but the domain of the other.
    pub fn is_by_domain(&self) -> bool {
        self.ground == Ground::Domain
    }

    pub(super) fn of(score: f64, ground: Ground) -> Self {
        Self { score, relation: Relation::Same, ground }
    }
}

/// Compares two names. Which is the first makes no difference to the score.
pub(super) fn likeness(a: &Name, b: &Name) -> Likeness {
    if a.whole <= b.whole {
        return ordered(a, b);
    }
    let found = ordered(b, a);
    Likeness { relation: found.relation.mirrored(), ..found }
}

fn ordered(a: &Name, b: &Name) -> Likeness {
    if a.domain || b.domain {
        if a.domain && b.domain && a.whole == b.whole {
            return Likeness::of(0.97, Ground::Letters);
        }
        let shared = a.organisations().any(|at| b.organisations().any(|other| at == other));
        return if shared { Likeness::of(0.9, Ground::Domain) } else { Likeness::of(0.0, Ground::Nothing) };
    }
    if a.is_empty() || b.is_empty() {
        return Likeness::of(0.0, Ground::Nothing);
    }
    let otherwise_written = !a.han.is_empty() && !b.han.is_empty() && a.han != b.han;
    if (a.whole == b.whole || a.skeleton == b.skeleton) && !otherwise_written {
        let score = if a.whole == b.whole { 0.97 } else { 0.96 };
        return Likeness::of(score, Ground::Letters);
    }
    if elsewhere(a, b) {
        return Likeness::of(VETO, Ground::Elsewhere);
    }
    if lacking(&a.numbers, &b.numbers).next().is_some() && lacking(&b.numbers, &a.numbers).next().is_some() {
        return Likeness::of(VETO, Ground::OtherNumber);
    }
    if a.lone & !b.lone != 0 && b.lone & !a.lone != 0 {
        return Likeness::of(VETO, Ground::OtherLetter);
    }
    let apart = apart(a, b);
    let mut best = words(a.known(), b.known(), Ground::Known);
    // Without a known organisation the two readings differ in a phrase or two at most.
    let organisations = a.organisations().next().is_some() || b.organisations().next().is_some();
    let hopeless = best.score < 0.4 && !organisations;
    if best.score < 0.95 && !hopeless && (a.known.is_some() || b.known.is_some()) {
        let spelt = words(&a.spelt, &b.spelt, Ground::Words);
        if spelt.score > best.score {
            best = spelt;
        }
    }
    let letters = letters(a, b);
    if !otherwise_written && letters.score > best.score {
        best = letters;
    }
    let acronym = acronym(a, b);
    if acronym.score > best.score {
        return acronym;
    }
    if apart && best.relation == Relation::Same {
        best.score = best.score.min(VETO);
    }
    best
}

/// Whether both name known organisations, and none in common.
pub(super) fn apart(a: &Name, b: &Name) -> bool {
    let mut any = false;
    for at in a.organisations() {
        for other in b.organisations() {
            if at == other || tables().akin(at, other) {
                return false;
            }
            any = true;
        }
    }
    any
}

/// Whether each spells out a place of its own, and they are not the same known organisation and nothing else.
fn elsewhere(a: &Name, b: &Name) -> bool {
    if a.places.is_empty() || b.places.is_empty() {
        return false;
    }
    let same = matches!((a.known().marks(), b.known().marks()), ([one], [other]) if one.id == other.id);
    !same && apart_places(lacking(&a.places, &b.places), || lacking(&b.places, &a.places))
}

/// What is here and not there.
fn lacking<'a, T: Copy + PartialEq>(here: &'a [T], there: &'a [T]) -> impl Iterator<Item = T> + 'a {
    here.iter().copied().filter(|one| !there.contains(one))
}

/// Whether both sides name places, none of which lies in one of the other side.
fn apart_places<I: Iterator<Item = u16>>(left: impl Iterator<Item = u16>, right: impl Fn() -> I) -> bool {
    let mut any = false;
    for at in left {
        any = true;
        if right().any(|other| tables().related(at, other)) {
            return false;
        }
    }
    any && right().next().is_some()
}

/// Nearly the same letters in a row, whatever the spaces.
fn letters(a: &Name, b: &Name) -> Likeness {
    let bound = if a.skeleton.len() > 15 { 2 } else { 1 };
    let length = a.skeleton.len().max(b.skeleton.len());
    fn digits(name: &Name) -> impl Iterator<Item = u8> {
        name.skeleton.bytes().filter(u8::is_ascii_digit)
    }
    let far = length < 7 || !a.skeleton.near(&b.skeleton, bound);
    if far || a.numbers != b.numbers || digits(a).ne(digits(b)) {
        return Likeness::of(0.0, Ground::Nothing);
    }
    match super::edit::distance(&a.skeleton, &b.skeleton, bound) {
        #[expect(clippy::cast_precision_loss, reason = "a handful of letters")]
        Some(errors) => Likeness::of(0.95 - 1.3 * errors as f64 / length as f64, Ground::Spelling),
        None => Likeness::of(0.0, Ground::Nothing),
    }
}

/// One name is the first letters of the other.
fn acronym(a: &Name, b: &Name) -> Likeness {
    let one = |short: &Name, long: &Name| {
        if short.content != 1 || short.initials.len() > 2 {
            return None;
        }
        let letters = &*short.skeleton;
        let enough = letters.len() >= long.content.min(4) && letters.len() <= 8;
        let fits = letters.len() > 2 && enough && long.content > 1 && long.initials.starts_with(letters);
        fits.then_some(if letters.len() > 3 { 0.86 } else { 0.76 })
    };
    one(a, b)
        .or_else(|| one(b, a))
        .map_or(Likeness::of(0.0, Ground::Nothing), |score| Likeness::of(score, Ground::Acronym))
}

/// Sums over the words of one side.
#[derive(Clone, Copy, Debug, Default)]
struct Side {
    all: Sums,
    free: Sums,
    /// Weights as far as they agree, in hundredths.
    matched: u32,
    matched_distinct: u32,
}

impl Side {
    fn of(words: &Words, taken: &Taken) -> Self {
        let (mut gone, mut matched, mut matched_distinct) = (Sums::default(), 0, 0);
        for word in words.some(taken.taken()) {
            gone.add(word.mark);
            let agreed = u32::from(word.mark.weight) * u32::from(taken.sure(word.at)) / 100;
            matched += agreed;
            matched_distinct += if word.mark.is_distinct() { agreed } else { 0 };
        }
        Self { all: words.sums, free: words.sums.without(&gone), matched, matched_distinct }
    }

    /// Whether it is left with a word that says what it is or does.
    fn says_more(&self) -> bool {
        self.free.distinct > 0 || self.free.topics > 0
    }

    fn share(&self) -> f64 {
        if self.all.weight == 0 { 0.0 } else { f64::from(self.matched) / f64::from(self.all.weight) }
    }
}

/// A few letters that stand for a known organisation, and for others nobody listed: HIT.
fn is_acronym(words: &Words, run: Run) -> bool {
    let at = usize::from(run.from);
    let short = |mark: &Mark| matches!(mark.kind, Kind::Organisation(_)) && mark.length < 5;
    words.marks().get(at).is_some_and(short) && words.get(at).is_some_and(|token| token.letters.is_ascii())
}

fn words(a: &Words, b: &Words, ground: Ground) -> Likeness {
    if a.is_empty() || b.is_empty() {
        return Likeness::of(0.0, Ground::Nothing);
    }
    let found = align(a, b);
    if found.pairs().is_empty() {
        return Likeness::of(0.0, Ground::Nothing);
    }
    let left = Side::of(a, &found.left);
    let right = Side::of(b, &found.right);
    let dice = f64::from(left.matched + right.matched) / f64::from(left.all.weight + right.all.weight).max(1.0);
    let telling = left.matched_distinct.min(right.matched_distinct) >= 60;
    let mut score = if telling { 0.6 * dice + 0.4 * left.share().max(right.share()) } else { dice };
    score *= penalties(&left, &right);
    let acronym =
        |pair: &Pair| is_acronym(a, pair.left) && left.says_more() || is_acronym(b, pair.right) && right.says_more();
    if a.sums.organisations + b.sums.organisations > 0 && found.pairs().iter().any(acronym) {
        score *= 0.8;
    }
    let veto = places_apart(a, b, &found) || (left.free.numbers > 0 && right.free.numbers > 0);
    let relation = if veto { Relation::Same } else { relation(a, b, &left, &right) };
    if veto {
        score = score.min(VETO);
    } else if relation != Relation::Same {
        score = UNIT;
    }
    Likeness { score: score.min(0.95), relation, ground }
}

/// What is left over on each side and speaks against.
fn penalties(left: &Side, right: &Side) -> f64 {
    let mut factor = 1.0;
    let nothing_telling = |one: &Side, other: &Side| one.all.distinct == 0 && other.free.distinct >= 60;
    if nothing_telling(left, right) || nothing_telling(right, left) {
        factor *= 0.7;
    }
    if left.free.distinct >= 60 && right.free.distinct >= 60 {
        factor *= 0.72;
    }
    let institution = left.all.sorts > 0 && right.all.sorts > 0;
    let telling = left.matched_distinct.min(right.matched_distinct) >= 60;
    factor *= match (left.free.topics > 0, right.free.topics > 0) {
        (true, true) => {
            if institution {
                0.7
            } else {
                0.85
            }
        }
        (true, false) | (false, true) => {
            if institution || !telling {
                0.82
            } else {
                0.9
            }
        }
        (false, false) => 1.0,
    };
    if left.free.sorts > 0 && right.free.sorts > 0 {
        factor *= 0.8;
    } else if (left.all.sorts == 0) != (right.all.sorts == 0) && left.free.sorts + right.free.sorts > 0 {
        factor *= 0.92;
    }
    if left.free.numbers + right.free.numbers > 0 {
        factor *= 0.78;
    }
    factor
}

/// Whether each side names a place the other does not, and neither lies in the other.
fn places_apart(a: &Words, b: &Words, found: &Aligned) -> bool {
    fn free(words: &Words, taken: &Taken) -> impl Iterator<Item = u16> {
        taken.left(words.marks()).filter_map(Mark::place)
    }
    a.sums.places > 0 && b.sums.places > 0 && apart_places(free(a, &found.left), || free(b, &found.right))
}

/// A part names its whole and says what part of it it is.
fn relation(a: &Words, b: &Words, left: &Side, right: &Side) -> Relation {
    if left.free.sorts + right.free.sorts == 0 {
        return Relation::Same;
    }
    let whole = |side: &Side| {
        side.share() > 0.97
            && side.all.organisations + side.all.sorts > 0
            && (side.all.distinct > 0 || side.all.sorts > 0)
            && side.all.weight >= 60
    };
    let (a_marks, b_marks) = (a.marks(), b.marks());
    let numbered =
        a_marks.iter().any(|word| word.kind == Kind::Number && b_marks.iter().any(|other| other.id == word.id));
    let part = |side: &Side| side.free.sorts > 0 && !numbered;
    if whole(right) && part(left) {
        Relation::PartOf
    } else if whole(left) && part(right) {
        Relation::Contains
    } else {
        Relation::Same
    }
}
