//! Keys under which names meet: two names are compared only when they share one.
//!
//! In: a name, read. Out: the keys it is found under and the keys it looks for; they differ where one sort of word meets
//! another (letters that may be initials, and initials). Which names meet depends on the two alone: nothing counts how
//! often a key occurs. It refuses to hold entries.

use super::read::Name;
use super::token::{Class, Kind, Script, Token};
use super::{han, sound, token};

/// The keys of a name, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Keys {
    /// Found under these.
    pub(super) own: Vec<u64>,
    /// Looks for these.
    pub(super) seeks: Vec<u64>,
}

/// Two texts with one key only cost a comparison.
fn hash(space: &str, parts: &[&str]) -> u64 {
    parts.iter().fold(token::hash(&[space]), |value, part| token::onward(value, part))
}

/// Kinds of keys; small letters seek capital ones and the other way round.
const WORD: &str = "=";
const SHORTER: &str = "-";
const BEGINS: &str = "<";
const ENDS: &str = ">";
const LETTERS: &str = "~";
const SET: &str = "*";
const TOPICS: &str = "+";
const LEET: (&str, &str) = ("l", "L");
const SOUND: (&str, &str) = ("s", "S");
const ACRONYM: (&str, &str) = ("a", "A");

impl Keys {
    pub(super) fn of(name: &Name) -> Self {
        let mut keys = Self::default();
        let known = name.known.as_deref().unwrap_or_default();
        for tokens in [known, &*name.spelt] {
            for token in tokens {
                keys.token(token);
            }
            for pair in tokens.windows(2) {
                if let [first, second] = pair
                    && (first.is_distinct() || second.is_distinct())
                    && first.script == Script::Latin
                    && second.script == Script::Latin
                {
                    keys.both(hash(WORD, &[&first.letters, &second.letters]));
                }
            }
            keys.set(tokens);
        }
        keys.letters(name);
        keys.initials(name);
        keys.sorted()
    }

    /// Keys of a person's name: two of its words by their consonants, in any order.
    pub(super) fn of_person(name: &Name) -> Self {
        let mut keys = Self::default();
        if name.skeleton.len() > 1 {
            keys.both(hash(LETTERS, &[&name.skeleton]));
        }
        let words: Vec<String> = name.spelt.iter().take(6).map(|token| sound::bones(&token.letters)).collect();
        for (at, one) in words.iter().enumerate() {
            for other in words.iter().skip(at + 1) {
                let (first, second) = if one < other { (one, other) } else { (other, one) };
                keys.both(hash(SET, &[first, " ", second]));
            }
        }
        keys.sorted()
    }

    fn sorted(mut self) -> Self {
        for list in [&mut self.own, &mut self.seeks] {
            list.sort_unstable();
            list.dedup();
            list.shrink_to_fit();
        }
        self
    }

    fn both(&mut self, key: u64) {
        self.own.push(key);
        self.seeks.push(key);
    }

    fn mirrored(&mut self, (own, seeks): (&str, &str), text: &str) {
        self.own.push(hash(own, &[text]));
        self.seeks.push(hash(seeks, &[text]));
    }

    fn token(&mut self, token: &Token) {
        match token.kind {
            Kind::Organisation(_) => self.both(hash(WORD, &[&token.key])),
            Kind::Distinct if token.script == Script::Han => self.han(token),
            Kind::Known(Class::Topic) if token.script == Script::Han => {
                self.both(hash(WORD, &[&han::joined(&token.letters)]))
            }
            Kind::Distinct if token.letters.len() > 1 => {
                let letters = token.letters.as_str();
                self.both(hash(WORD, &[letters]));
                if !letters.is_ascii() {
                    return;
                }
                if letters.len() > 3 {
                    self.near(letters);
                    let folded = letters.replace('l', "i");
                    let leet = token.script == Script::Leet;
                    self.mirrored(if leet { LEET } else { (LEET.1, LEET.0) }, &folded);
                    if leet {
                        self.both(hash(LEET.0, &[&folded]));
                    }
                }
                if token.heard.len() > 1 {
                    self.mirrored(SOUND, &token.heard);
                }
            }
            Kind::Distinct | Kind::Known(_) | Kind::Place(_) | Kind::Number => {}
        }
    }

    /// Words one error away share the word with one letter less; long ones two errors away often their beginning or end.
    fn near(&mut self, letters: &str) {
        if letters.len() < 15 {
            self.both(hash(SHORTER, &[letters]));
            without_one(letters, |before, after| self.both(hash(SHORTER, &[before, after])));
        }
        if letters.len() > 7 {
            for (space, part) in [(BEGINS, letters.get(..5)), (ENDS, letters.get(letters.len() - 5..))] {
                self.both(hash(space, &[part.unwrap_or_default()]));
            }
        }
    }

    /// A run of Han: itself, its beginning and end, how it is spelt and how it sounds.
    fn han(&mut self, token: &Token) {
        let letters = token.letters.as_str();
        self.both(hash(WORD, &[letters]));
        let ends: Vec<usize> = letters.char_indices().map(|(at, _)| at).collect();
        if let (Some(second), Some(last)) = (ends.get(2), ends.len().checked_sub(2).and_then(|at| ends.get(at))) {
            self.both(hash(WORD, &[letters.get(..*second).unwrap_or_default()]));
            self.both(hash(WORD, &[letters.get(*last..).unwrap_or_default()]));
        }
        self.both(hash(WORD, &[&han::joined(letters)]));
        let heard = token.heard.as_str();
        if heard.len() > 1 {
            self.mirrored((SOUND.1, SOUND.0), heard);
        }
        if heard.len() > 3 {
            without_one(heard, |before, after| {
                self.own.push(hash(SOUND.1, &[before, after]));
                self.seeks.push(hash(SOUND.0, &[before, after]));
            });
        }
    }

    /// A name of common words alone is found by all of them, and by all but one or two; any name by all but one of what
    /// it does, where that is several things.
    fn set(&mut self, tokens: &[Token]) {
        let of = |wanted: fn(&Token) -> bool| {
            let mut keys: Vec<&str> =
                tokens.iter().filter(|token| wanted(token)).map(|token| token.key.as_str()).collect();
            keys.sort_unstable();
            keys.dedup();
            keys.truncate(10);
            keys
        };
        let topics = of(|token| token.kind == Kind::Known(Class::Topic));
        if topics.len() > 2 {
            self.all_but(&topics, usize::from(topics.len() > 3), TOPICS);
        }
        let mut keys = of(|token| matches!(token.kind, Kind::Known(_)));
        let distinct = tokens.iter().filter(|token| token.is_distinct()).count();
        if distinct > 0 {
            // One odd word among many common ones may be a common one too.
            if distinct == 1 && keys.len() > 3 {
                self.all_but(&keys, 0, SET);
            }
            return;
        }
        if keys.is_empty() {
            keys = of(|token| matches!(token.kind, Kind::Place(_)));
        }
        match keys.len() {
            0 => {}
            1 | 2 => self.all_but(&keys, 0, SET),
            3 => self.all_but(&keys, 1, SET),
            _ => self.all_but(&keys, 2, SET),
        }
    }

    /// The keys together, and with up to so many left out.
    fn all_but(&mut self, keys: &[&str], out: usize, space: &str) {
        let mut joined = Vec::with_capacity(keys.len() * 2);
        for key in keys {
            joined.extend([*key, " "]);
        }
        self.both(hash(space, &joined));
        if out > 0 {
            for without in 0..keys.len() {
                let rest: Vec<&str> =
                    keys.iter().enumerate().filter(|(at, _)| *at != without).map(|(_, key)| *key).collect();
                self.all_but(&rest, out - 1, space);
            }
        }
    }

    /// All letters in a row, and those of a short name with an error in them.
    fn letters(&mut self, name: &Name) {
        for letters in [&name.skeleton, &name.whole] {
            if letters.len() > 1 {
                self.both(hash(LETTERS, &[letters]));
            }
        }
        let letters = &*name.skeleton;
        if name.spelt.len() < 4
            && name.spelt.iter().all(|token| token.is_distinct())
            && letters.len() > 6
            && letters.is_ascii()
        {
            let (begins, ends) = letters.split_at(letters.len() / 2);
            self.both(hash(BEGINS, &["~", begins]));
            self.both(hash(ENDS, &["~", ends]));
            without_one(begins, |before, after| self.both(hash(BEGINS, &["~", before, after])));
            without_one(ends, |before, after| self.both(hash(ENDS, &["~", before, after])));
        }
    }

    fn initials(&mut self, name: &Name) {
        let letters = name.initials.as_str();
        if name.content == 1 && (3..=8).contains(&name.skeleton.len()) {
            self.mirrored(ACRONYM, &name.skeleton);
        }
        if name.content < 2 || !letters.is_ascii() {
            return;
        }
        for length in name.content.clamp(3, 4)..=letters.len().min(8) {
            self.mirrored((ACRONYM.1, ACRONYM.0), letters.get(..length).unwrap_or_default());
        }
    }

    /// Whether one finds the other.
    pub(super) fn meet(&self, other: &Self) -> bool {
        let (mut a, mut b) = (self.seeks.as_slice(), other.own.as_slice());
        while let (Some((x, rest_a)), Some((y, rest_b))) = (a.split_first(), b.split_first()) {
            match x.cmp(y) {
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Less => a = rest_a,
                std::cmp::Ordering::Greater => b = rest_b,
            }
        }
        false
    }
}

/// The text without each of its letters in turn.
fn without_one(text: &str, mut each: impl FnMut(&str, &str)) {
    for at in 0..text.len() {
        if let (Some(before), Some(after)) = (text.get(..at), text.get(at + 1..)) {
            each(before, after);
        }
    }
}
