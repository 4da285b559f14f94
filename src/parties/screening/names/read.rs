//! A name, read: the words it comes down to, twice over.
//!
//! In: a name as written. Out: its tokens as spelt and with known organisations in place of their words, its numbers,
//! places, skeleton and initials. It refuses to look at any other name.

use super::clean::clean;
use super::han;
use super::mail::{domain_of, is_free_mail};
use super::refine::refined;
use super::row::Words;
use super::sound::is_syllable;
use super::tables::{Tables, tables};
use super::token::{Kind, Letters, Script, Sense, Token};
use super::words::{Cut, Part, Piece, says_research, split, without_research};
use crate::model::Text;

/// A name ready to be compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Name {
    /// What is compared, as spelt; a known organisation in the words of its first name.
    pub(super) spelt: Words,
    /// The same with known organisations as one token each and phrases as one word, where that differs.
    pub(super) known: Option<Words>,
    /// All letters without spaces and legal form; Han in pinyin.
    pub(super) skeleton: Letters,
    /// The same with the legal form.
    pub(super) whole: Letters,
    /// First letters of all Latin words but `of` and the like.
    pub(super) initials: Text,
    /// How many of those stand before the legal form.
    pub(super) content: usize,
    /// Han as written, simplified, without legal form and places' endings.
    pub(super) han: Text,
    /// Places it spells out.
    pub(super) places: Box<[u16]>,
    /// Numbers it holds.
    pub(super) numbers: Box<[u32]>,
    /// Words of a single letter, a bit each: `Plant A` is not `Plant B`.
    pub(super) lone: u32,
    /// A branch or office was left out.
    pub(super) branch: bool,
    /// It was a domain or an address: only an organisation known by it is left.
    pub(super) domain: bool,
}

/// Official lists write a part behind its whole (`… subordinate institution: X`), and a parent in brackets behind it.
fn itself(name: &str) -> &str {
    let name = name.split_once("subordinate institution:").map_or(name, |(_, part)| part);
    name.split_once("(parent organization").map_or(name, |(name, _)| name)
}

impl Name {
    /// Reads a name. Every text can be read; what holds neither letter nor digit comes down to nothing and resembles
    /// nothing.
    pub(super) fn read(name: &str) -> Self {
        let tables = tables();
        let cleaned = clean(name);
        let cleaned = itself(&cleaned);
        if let Some(domain) = domain_of(cleaned) {
            return Self::domain(domain, tables);
        }
        let pieces = split(cleaned);
        let mut read = Self::default();
        read.outline(&pieces, tables);
        let (phrases, mut matters) = read.cut(&pieces, Cut::Phrases, tables);
        let words = if matters { Some(read.cut(&pieces, Cut::Words, tables).0) } else { None };
        let (literal, apart) = refined(words.as_deref().unwrap_or(&phrases), Cut::Words, tables);
        let literal = without_research(literal);
        matters |= apart || says_research(&phrases);

        let phrases = without_research(phrases);
        let known = match organisations(&phrases, tables) {
            // Read as it was spelt.
            None if !matters => literal.clone(),
            found => without_research(refined(&found.unwrap_or(phrases), Cut::Phrases, tables).0),
        };
        let known = once(organisations(&known, tables).unwrap_or(known));
        read.places = literal.iter().filter_map(|token| token.place()).collect();
        read.numbers = literal.iter().filter_map(Token::value).collect();
        read.spelt = spelt_out(literal, tables).into();
        read.lone = lone_letters(&read.spelt);
        read.known = (*known != *read.spelt).then(|| known.into());
        read
    }

    /// The tokens of a cut, and whether another one could give others.
    fn cut(&mut self, pieces: &[Piece], cut: Cut, tables: &Tables) -> (Vec<Token>, bool) {
        let (parts, matters) = tables.lexicon.parts(pieces, cut, tables);
        let tokens = self.tokens(parts);
        if pieces.iter().skip(2).any(|piece| piece.bracketed) {
            return (without_own_initials(tokens, pieces, cut, tables), true);
        }
        (tokens, matters)
    }

    fn domain(domain: &str, tables: &Tables) -> Self {
        let organisation = if is_free_mail(domain) { None } else { tables.by_domain(domain) };
        let token = organisation.and_then(|at| Token::of(&Sense::Organisation(at), domain, Script::Latin));
        let known = token.into_iter().collect::<Vec<_>>();
        Self { known: Some(known.into()), whole: Letters::new(domain), domain: true, ..Self::default() }
    }

    /// Letters in a row, and first letters.
    fn outline(&mut self, pieces: &[Piece], tables: &Tables) {
        let (mut skeleton, mut whole, mut initials, mut han) =
            (String::new(), String::new(), String::new(), String::new());
        for piece in pieces {
            if piece.han {
                let mut parts = Vec::new();
                han::cut(&piece.text, tables, &mut parts);
                for part in &parts {
                    if let Part::Token(token) = part {
                        han.push_str(&token.letters);
                    }
                }
                let bare: String = if parts.iter().any(|part| matches!(part, Part::Legal | Part::LegalAtEdge(_))) {
                    han::joined(&legal_off(&piece.text, &parts)).to_string()
                } else {
                    han::joined(&piece.text).to_string()
                };
                skeleton.push_str(&bare);
                whole.push_str(&bare);
                continue;
            }
            whole.push_str(&piece.text);
            let sense = tables.lexicon.single(&piece.text);
            if !matches!(sense, Some(Sense::Legal | Sense::LegalAtEdge)) {
                skeleton.push_str(&piece.text);
            }
            if !matches!(sense, Some(Sense::Stop)) {
                initials.extend(piece.text.chars().next());
                if !matches!(sense, Some(Sense::Legal | Sense::LegalAtEdge)) {
                    self.content = initials.len();
                }
            }
        }
        if let [piece] = pieces
            && let Some(bare) = unglued(&piece.text)
        {
            skeleton = bare.to_owned();
        }
        self.skeleton = Letters::new(if skeleton.is_empty() { &whole } else { &skeleton });
        self.whole = Letters::new(&whole);
        self.initials = Text::new(initials);
        self.han = Text::new(han);
    }

    /// The tokens among the parts. Legal forms go, unless nothing else is there; a branch goes with its place.
    fn tokens(&mut self, parts: Vec<Part>) -> Vec<Token> {
        let mut out: Vec<Token> = Vec::new();
        let mut legal = Vec::new();
        let last = parts.iter().rposition(|part| matches!(part, Part::Token(_))).unwrap_or(0);
        for (at, part) in parts.into_iter().enumerate() {
            match part {
                Part::Token(token) => out.push(token),
                Part::LegalAtEdge(letters) if !out.is_empty() && at < last => {
                    out.push(Token::distinct(&letters, Script::Latin))
                }
                Part::LegalAtEdge(letters) => legal.push(letters),
                Part::Branch => {
                    self.branch = true;
                    while out.len() > 1 && out.last().is_some_and(|token| matches!(token.kind, Kind::Place(_))) {
                        out.pop();
                    }
                }
                Part::Stop | Part::Legal => {}
            }
        }
        if out.is_empty() {
            out.extend(legal.iter().map(|letters| Token::distinct(letters, Script::Latin)));
        }
        out
    }

    /// What is compared, with known organisations as one token each.
    pub(super) fn known(&self) -> &Words {
        self.known.as_ref().unwrap_or(&self.spelt)
    }

    /// Organisations it names.
    pub(super) fn organisations(&self) -> impl Iterator<Item = u16> {
        self.known().marks().iter().filter_map(|word| match word.kind {
            Kind::Organisation(at) => Some(at),
            _ => None,
        })
    }

    /// Whether it comes down to nothing that could be compared.
    pub(super) fn is_empty(&self) -> bool {
        self.known().marks().is_empty() && self.skeleton.is_empty()
    }
}

fn lone_letters(tokens: &[Token]) -> u32 {
    tokens.iter().fold(0, |all, token| match token.letters.as_bytes() {
        [letter] if letter.is_ascii_lowercase() => all | 1 << (letter - b'a'),
        _ => all,
    })
}

/// A word without the legal form it is written together with: `argumentjsc`.
fn unglued(word: &str) -> Option<&str> {
    let forms =
        ["limited", "company", "corp", "gmbh", "jsc", "ojsc", "llc", "ltd", "inc", "plc", "pte", "ooo", "coltd"];
    let cut =
        |form: &&str| word.strip_suffix(*form).or_else(|| if form.len() < 5 { word.strip_prefix(*form) } else { None });
    forms.iter().find_map(cut).filter(|bare| bare.len() > 4)
}

/// A run of Han without its legal form.
fn legal_off(text: &str, parts: &[Part]) -> String {
    let mut out = String::new();
    for part in parts {
        if let Part::Token(token) = part
            && (token.script == Script::Han)
            && !out.ends_with(token.letters.as_str())
        {
            out.push_str(&token.letters);
        }
    }
    if out.is_empty() { text.to_owned() } else { out }
}

/// `Institute of Automation (IOA)`: what only repeats first letters goes, and so does a known acronym behind a name that
/// is spelt out.
fn without_own_initials(mut tokens: Vec<Token>, pieces: &[Piece], cut: Cut, tables: &Tables) -> Vec<Token> {
    let acronym =
        |(at, piece): &(usize, &Piece)| *at > 1 && piece.bracketed && !piece.han && (2..=8).contains(&piece.text.len());
    for (at, piece) in pieces.iter().enumerate().filter(acronym) {
        let says = |piece: &&Piece| !matches!(piece.text.as_str(), "of" | "and" | "the" | "for");
        let firsts: String =
            pieces.iter().take(at).filter(says).filter_map(|before| before.text.chars().next()).collect();
        let repeats = firsts.contains(piece.text.get(..piece.text.len() - 1).unwrap_or_default());
        let is_it = |token: &Token| token.kind == Kind::Distinct && token.letters == piece.text;
        let known = |token: &Token| tables.organisation(std::slice::from_ref(token)).is_some();
        let spelt_out =
            cut == Cut::Words && tokens.len() > 4 && tokens.iter().any(|token| is_it(token) && known(token));
        if (repeats || spelt_out) && tokens.iter().any(|token| !is_it(token)) {
            tokens.retain(|token| !is_it(token));
        }
    }
    tokens
}

/// Known organisations in place of their words, the longest first from the left; `None` where there is none.
fn organisations(tokens: &[Token], tables: &Tables) -> Option<Vec<Token>> {
    let named = |at: usize| {
        let found = tables.organisation(tokens.get(at..).unwrap_or_default());
        found.filter(|(_, length)| *length > 1 || !among_syllables(tokens, at))
    };
    (0..tokens.len()).find(|at| named(*at).is_some())?;
    let mut out = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(first) = tokens.get(at) {
        let rest = tokens.get(at..).unwrap_or_default();
        match named(at) {
            Some((organisation, length)) => {
                let letters: String = rest.iter().take(length).map(|token| token.letters.as_str()).collect();
                out.extend(Token::of(&Sense::Organisation(organisation), &letters, Script::Latin));
                at += length;
            }
            None => {
                out.push(first.clone());
                at += 1;
            }
        }
    }
    Some(out)
}

/// Whether a short word is a syllable of pinyin beside others, and no acronym: shu in `ke xue ji shu`.
fn among_syllables(tokens: &[Token], at: usize) -> bool {
    let syllable =
        |at: usize| tokens.get(at).is_some_and(|token| token.script == Script::Latin && is_syllable(&token.letters));
    syllable(at) && (syllable(at + 1) || at.checked_sub(1).is_some_and(syllable))
}

/// Organisations in the words of their first names.
fn spelt_out(tokens: Vec<Token>, tables: &Tables) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len());
    for token in tokens {
        match token.kind {
            Kind::Organisation(at) => match tables.organisations.get(usize::from(at)) {
                Some(organisation) if !organisation.spelt.is_empty() => out.extend(organisation.spelt.iter().cloned()),
                _ => out.push(token),
            },
            _ => out.push(token),
        }
    }
    out
}

/// An organisation said twice counts once: `… Corporation (CETC) 14 (CETC 14)`.
fn once(tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let repeats = matches!(token.kind, Kind::Organisation(_) | Kind::Number)
            && out.iter().any(|known| known.key == token.key);
        if !repeats {
            out.push(token);
        }
    }
    out
}
