//! The fixed tables names are read with: words, places, legal forms, known organisations, simplified Han.
//!
//! In: the CSV files of `config/screening`, compiled in. Out: what a word or a run of Han may mean. It refuses to know
//! any list: what a word weighs never depends on what is screened or screened against.

use std::sync::LazyLock;

use super::dictionary::Dictionary;
use super::han;
use super::token::{Class, Kind, Sense, Token};
use super::words::{Lexicon, Piece};
use crate::model::Text;

/// A table as it ships.
macro_rules! table {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/config/screening/", $name))
    };
}

const TRADITIONAL: &str = table!("traditional.csv");
const WORDS: &str = table!("words.csv");
const PLACES: &str = table!("places.csv");
const LEGAL: &str = table!("legal_forms.csv");
const PEOPLE: &str = table!("people.csv");
const ORGANISATIONS: &str = table!("organisations.csv");

/// Tables of cells, with how many a line has.
#[cfg(test)]
pub(super) const SHIPPED: &[(&str, &str, usize)] = &[
    ("words.csv", WORDS, 6),
    ("places.csv", PLACES, 6),
    ("legal_forms.csv", LEGAL, 5),
    ("people.csv", PEOPLE, 4),
    ("organisations.csv", ORGANISATIONS, 6),
];

/// A place, and the place it lies in.
#[derive(Clone, Debug)]
pub(super) struct Place {
    key: Text,
    /// By its position.
    within: Option<u16>,
}

/// An organisation known under several names.
#[derive(Clone, Debug)]
pub(super) struct Organisation {
    /// Its first English name, for explanations.
    pub(super) name: Text,
    /// The words of that name.
    pub(super) spelt: Vec<Token>,
}

/// What a word of Han may mean: one or several concepts in a row, each with its alternatives.
#[derive(Clone, Debug)]
pub(super) struct HanWord {
    pub(super) text: Text,
    pub(super) letters: usize,
    pub(super) senses: Vec<Vec<Sense>>,
}

/// Everything the tables say.
#[derive(Debug, Default)]
pub(super) struct Tables {
    /// Latin words and phrases.
    pub(super) lexicon: Lexicon,
    han: Dictionary<char, Vec<HanWord>>,
    /// Han words by their pinyin, joined.
    pinyin: Dictionary<Text, HanWord>,
    pub(super) places: Vec<Place>,
    pub(super) organisations: Vec<Organisation>,
    /// Organisations by what their names come down to, by the first key.
    phrases: Dictionary<Text, Vec<(Vec<Text>, u16)>>,
    domains: Dictionary<Text, u16>,
}

/// The tables that ship.
pub(super) fn tables() -> &'static Tables {
    static TABLES: LazyLock<Tables> = LazyLock::new(Tables::shipped);
    &TABLES
}

/// Only what cleaning needs, so that the other tables can be cleaned while they are read.
fn simplified() -> &'static [(char, char)] {
    static PAIRS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
        let mut pairs: Vec<_> = rows(TRADITIONAL)
            .flat_map(str::split_whitespace)
            .filter_map(|pair| {
                let mut letters = pair.chars();
                Some((letters.next()?, letters.next()?))
            })
            .collect();
        pairs.sort_unstable();
        pairs
    });
    &PAIRS
}

/// The simplified form of a Han letter.
pub(super) fn simplify(letter: char) -> char {
    let pairs = simplified();
    let found = pairs.binary_search_by_key(&letter, |pair| pair.0).ok().and_then(|at| pairs.get(at));
    found.map_or(letter, |pair| pair.1)
}

/// Lines of a table after its comments and heading.
fn rows(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).skip(1)
}

fn cells<'a>(line: &'a str) -> impl FnMut() -> &'a str {
    let mut cells = line.split(',');
    move || cells.next().unwrap_or_default().trim()
}

fn several(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';').map(str::trim).filter(|part| !part.is_empty())
}

impl Tables {
    fn shipped() -> Self {
        let mut all = Self::default();
        all.read_legal();
        all.read_words();
        all.read_places();
        all.read_people();
        all.lexicon.settle();
        all.read_organisations();
        for words in all.han.values_mut() {
            words.sort_by(|a, b| b.letters.cmp(&a.letters).then_with(|| a.text.cmp(&b.text)));
        }
        all
    }

    fn read_legal(&mut self) {
        for line in rows(LEGAL) {
            let mut cell = cells(line);
            let form = cell();
            let sense = match cell() {
                "branch" => Sense::Branch,
                "edge" => Sense::LegalAtEdge,
                "stop" => Sense::Stop,
                _ => Sense::Legal,
            };
            self.add(form, &sense);
        }
    }

    fn read_people(&mut self) {
        for line in rows(PEOPLE) {
            let mut cell = cells(line);
            let latin = Text::new(super::clean::clean(cell()).replace('-', ""));
            self.add_han(cell(), &[Sense::Spelling(latin)]);
        }
    }

    fn read_words(&mut self) {
        let mut parts_of_phrases = Vec::new();
        for line in rows(WORDS) {
            let mut cell = cells(line);
            let (key, class) = (cell(), cell());
            if class == "number" {
                let number = key.parse().map(Sense::Number).unwrap_or(Sense::Stop);
                several(cell()).for_each(|word| self.lexicon.add(word, number.clone()));
                continue;
            }
            let Some(class) = Class::parse(class) else { continue };
            let sense = |key: &str| Sense::Word(Text::new(key), class);
            for english in several(cell()) {
                self.lexicon.add(english, sense(key));
                parts_of_phrases.extend(english.split(' '));
            }
            for han in several(cell()) {
                let parts: Vec<_> =
                    key.split('+').map(|key| self.lexicon.single(key).cloned().unwrap_or_else(|| sense(key))).collect();
                self.add_han(han, &parts);
            }
        }
        self.add_parts(&parts_of_phrases);
    }

    /// What phrases are made of is common by itself too.
    fn add_parts(&mut self, words: &[&str]) {
        for word in words {
            if self.lexicon.inflected(word).is_none() && word.len() > 2 {
                self.lexicon.add(word, Sense::Word(Text::new(word), Class::Topic));
            }
        }
    }

    fn read_places(&mut self) {
        for line in rows(PLACES) {
            let mut cell = cells(line);
            let (key, within, english, han) = (cell(), cell(), cell(), cell());
            let Ok(at) = u16::try_from(self.places.len()) else { break };
            let spelt = several(han).next().map(han::joined).unwrap_or_default();
            let key = if key.is_empty() { spelt.clone() } else { Text::new(key) };
            let outer = self.places.iter().position(|place| place.key == within).and_then(|at| u16::try_from(at).ok());
            self.places.push(Place { key, within: outer });
            let sense = Sense::Place(at);
            for english in several(english) {
                self.lexicon.add(english, sense.clone());
            }
            if outer.is_some_and(|outer| self.lies_in(outer, 0) || outer == 0) {
                self.lexicon.add(&spelt, sense.clone());
            }
            for han in several(han) {
                self.add_han(han, std::slice::from_ref(&sense));
                for end in if within == "china" { "省" } else { "市县区" }.chars() {
                    if !han.ends_with(end) {
                        self.add_han(&format!("{han}{end}"), std::slice::from_ref(&sense));
                    }
                }
                if within == "china" {
                    self.add_han(&format!("{han}市"), std::slice::from_ref(&sense));
                }
            }
        }
    }

    fn read_organisations(&mut self) {
        let mut spelt = Vec::new();
        for line in rows(ORGANISATIONS) {
            let mut cell = cells(line);
            let (english, han, short, domains) = (cell(), cell(), cell(), cell());
            let Ok(at) = u16::try_from(self.organisations.len()) else { break };
            let name = several(english).chain(several(short)).chain(several(han)).next().unwrap_or_default();
            self.organisations.push(Organisation { name: Text::new(name), spelt: Vec::new() });
            for han in several(han) {
                if han.bytes().any(|letter| letter.is_ascii_alphanumeric()) {
                    spelt.push((han, at));
                } else {
                    self.add_han(han, &[Sense::Organisation(at)]);
                }
            }
            spelt.extend(several(english).chain(several(short)).map(|name| (name, at)));
            for domain in several(domains) {
                self.domains.or_make(Text::new(domain), || at);
            }
        }
        for (name, at) in &spelt {
            let tokens = self.lexicon.plain(name, self);
            if let Some(known) = self.organisations.get_mut(usize::from(*at)).filter(|known| known.spelt.is_empty()) {
                known.spelt = tokens;
            }
        }
        // The shorter first, so that a longer one that adds nothing is seen to.
        spelt.sort_by_key(|(name, _)| name.len());
        for (name, at) in spelt {
            let tokens = self.lexicon.plain(name, self);
            if !self.adds_nothing(&tokens, at) {
                self.add_phrase(tokens, at);
            }
        }
    }

    fn add_phrase(&mut self, tokens: Vec<Token>, at: u16) {
        let keys: Vec<_> = tokens.into_iter().map(|token| token.key).collect();
        let Some(first) = keys.first() else { return };
        let known = self.phrases.or_make(first.clone(), Vec::new);
        if known.iter().all(|(other, _)| *other != keys) {
            let place = known.partition_point(|(other, _)| other.len() >= keys.len());
            known.insert(place, (keys, at));
        }
    }

    /// Whether a shorter name of the organisation, with words that say nothing, is this one.
    fn adds_nothing(&self, tokens: &[Token], at: u16) -> bool {
        self.organisation(tokens).is_some_and(|(known, length)| {
            known == at && tokens.iter().skip(length).all(|token| token.kind == Kind::Known(Class::Generic))
        })
    }

    fn add(&mut self, form: &str, sense: &Sense) {
        if form.chars().any(super::clean::is_han) {
            self.add_han(form, std::slice::from_ref(sense));
        } else {
            self.lexicon.add(form, sense.clone());
        }
    }

    /// A word of Han; a second meaning of the same length becomes an alternative.
    fn add_han(&mut self, han: &str, senses: &[Sense]) {
        let text: String = han.chars().filter(|letter| *letter != '·').map(simplify).collect();
        let Some(first) = text.chars().next() else { return };
        let known = self.han.or_make(first, Vec::new);
        let spelt = han::joined(&text);
        if let Some(word) = known.iter_mut().find(|word| word.text == text) {
            if word.senses.len() == senses.len() {
                word.senses.iter_mut().zip(senses).for_each(|(alternatives, sense)| {
                    if !alternatives.contains(sense) {
                        alternatives.push(sense.clone());
                    }
                });
            }
            let word = word.clone();
            if self.pinyin.get(&spelt).is_some_and(|other| other.text == word.text) {
                *self.pinyin.or_make(spelt, || word.clone()) = word.clone();
            }
            return;
        }
        let letters = text.chars().count();
        let word = HanWord {
            text: Text::new(text),
            letters,
            senses: senses.iter().map(|sense| vec![sense.clone()]).collect(),
        };
        if letters > 1 && spelt.is_ascii() {
            self.pinyin.or_make(spelt, || word.clone());
        }
        known.push(word);
    }

    /// Words of Han that could begin with this letter, the longest first.
    pub(super) fn han_words(&self, first: char) -> &[HanWord] {
        self.han.get(&first).map_or(&[], Vec::as_slice)
    }

    /// The Han word spelt so in pinyin.
    pub(super) fn by_pinyin(&self, joined: &str) -> Option<&HanWord> {
        self.pinyin.get(joined)
    }

    /// The organisation named by the longest run of keys from the start, and how many keys that takes.
    pub(super) fn organisation(&self, tokens: &[Token]) -> Option<(u16, usize)> {
        let known = self.phrases.get(&tokens.first()?.key)?;
        let (keys, at) = known.iter().find(|(keys, _)| {
            keys.len() <= tokens.len() && keys.iter().zip(tokens).all(|(key, token)| *key == token.key)
        })?;
        Some((*at, keys.len()))
    }

    /// The organisation a domain, or one it lies under, belongs to.
    pub(super) fn by_domain(&self, domain: &str) -> Option<u16> {
        crate_upwards(domain).find_map(|domain| self.domains.get(domain).copied())
    }

    /// Whether it is a university or the like by its name.
    pub(super) fn is_institution(&self, at: u16) -> bool {
        let known = self.organisations.get(usize::from(at));
        known.is_some_and(|known| known.spelt.iter().any(|token| token.kind == Kind::Known(Class::Sort)))
    }

    /// Whether two organisations share what tells them apart from others: a company and its subsidiary.
    pub(super) fn akin(&self, a: u16, b: u16) -> bool {
        let spelt = |at: u16| self.organisations.get(usize::from(at)).map_or(&[][..], |known| &known.spelt);
        !self.is_institution(a)
            && !self.is_institution(b)
            && spelt(a).iter().any(|token| token.is_distinct() && spelt(b).iter().any(|other| other.key == token.key))
    }

    /// Whether one place lies in the other, or they are the same.
    pub(super) fn related(&self, a: u16, b: u16) -> bool {
        a == b || self.lies_in(a, b) || self.lies_in(b, a)
    }

    fn lies_in(&self, inner: u16, outer: u16) -> bool {
        let within = |at: &u16| self.places.get(usize::from(*at)).and_then(|place| place.within);
        std::iter::successors(Some(inner), within).skip(1).take(4).any(|at| at == outer)
    }
}

/// The domain itself, then each it lies under, down to two labels.
fn crate_upwards(domain: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(domain), |domain| domain.split_once('.').map(|(_, rest)| rest))
        .take_while(|domain| domain.contains('.'))
}

/// A piece of a name as the lexicon reads it; for tables alone.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    super::words::split(&super::clean::clean(text))
}
