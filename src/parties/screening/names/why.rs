//! Why two names got their score, in words.
//!
//! In: two names and their likeness. Out: what agrees and how, then what each has left.

use super::align::{Aligned, How, align};
use super::read::Name;
use super::row::{Run, Taken, Words};
use super::score::{Ground, Likeness, Relation, apart};
use super::token::Token;

/// In words: what agrees, then what is left over.
pub(super) fn why(a: &Name, b: &Name, likeness: &Likeness) -> String {
    let by_words = |left: &Words, right: &Words| {
        let found = if a.whole <= b.whole { align(left, right) } else { align(right, left).mirrored() };
        told(left, right, &found)
    };
    let mut why = match likeness.ground {
        Ground::Nothing => "nothing in common".to_owned(),
        Ground::Elsewhere => "in different places".to_owned(),
        Ground::OtherNumber => "with different numbers".to_owned(),
        Ground::OtherLetter => "with different single letters".to_owned(),
        Ground::Letters => "same letters, but for spaces and legal form".to_owned(),
        Ground::Spelling => "nearly the same letters".to_owned(),
        Ground::Acronym => "one is the first letters of the other".to_owned(),
        Ground::Domain => "domain of the organisation".to_owned(),
        Ground::Words | Ground::Spelled => by_words(&a.spelt, &b.spelt),
        Ground::Known => by_words(a.known(), b.known()),
    };
    match likeness.relation {
        Relation::Same => {}
        Relation::PartOf => why.push_str("; the first names a part of the second"),
        Relation::Contains => why.push_str("; the second names a part of the first"),
    }
    if apart(a, b) {
        why.push_str("; known as different organisations");
    }
    if a.branch != b.branch {
        why.push_str("; a branch");
    }
    why
}

fn told(a: &[Token], b: &[Token], found: &Aligned) -> String {
    let shown = |tokens: &[Token], run: Run| run.among(tokens).iter().map(Token::shown).collect::<Vec<_>>().join(" ");
    let mut parts = Vec::new();
    let mut pairs = found.pairs().to_vec();
    pairs.sort_by_key(|pair| pair.left);
    for pair in pairs {
        let (left, right) = (shown(a, pair.left), shown(b, pair.right));
        let how = match pair.how {
            How::Same if left == right => {
                parts.push(left);
                continue;
            }
            How::Same => "same as",
            How::Joined => "joined as",
            How::Typo => "typed as",
            How::Pinyin => "spells",
            How::Part => "part of",
            How::Sound => "sounds like",
            How::Initials => "initials of",
            How::Abbreviation => "short for",
            How::SortOf => "a sort of",
        };
        parts.push(format!("{left} {how} {right}"));
    }
    let free = |tokens: &[Token], taken: &Taken| taken.left(tokens).map(Token::shown).collect::<Vec<_>>().join(" ");
    let mut why = parts.join(", ");
    for (side, left) in [("first", free(a, &found.left)), ("second", free(b, &found.right))] {
        if !left.is_empty() {
            why.push_str(&format!("; only the {side}: {left}"));
        }
    }
    why
}
