//! Words cut out of a cleaned name, and what the tables say of each.
//!
//! In: cleaned text. Out: pieces, and parts: tokens to compare, legal forms, branches, words that say nothing. It
//! refuses to know organisations: those are found afterwards, in the tokens.

use super::clean::is_han;
use super::dictionary::Dictionary;
use super::han;
use super::sound::is_syllable;
use super::tables::{Tables, pieces};
use super::token::{Script, Sense, Token, mask};
use crate::model::Text;

/// A run of letters and digits of one script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: Text,
    pub(super) han: bool,
    /// It stands alone in brackets.
    pub(super) bracketed: bool,
}

/// Whether several words the tables know as one are one: `integrated circuit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    Phrases,
    Words,
}

/// What a piece, or several, mean.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Token(Token),
    Stop,
    Legal,
    LegalAtEdge(Text),
    Branch,
}

impl Part {
    pub(super) fn of(sense: &Sense, letters: &str) -> Self {
        match sense {
            Sense::Legal => Self::Legal,
            Sense::LegalAtEdge => Self::LegalAtEdge(Text::new(letters)),
            Sense::Branch => Self::Branch,
            sense => Token::of(sense, letters, Script::Latin).map_or(Self::Stop, Self::Token),
        }
    }
}

/// Cuts cleaned text. Letters with dots between them are one word (`s.a.r.l.`), apostrophes are left out, and so is the
/// `s` of a genitive.
pub(super) fn split(text: &str) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut word = String::new();
    let mut han = false;
    let mut bracket = None;
    let letters: Vec<char> = text.chars().collect();
    let at = |place: usize| letters.get(place).copied().unwrap_or(' ');
    let mut alone = 0_usize;
    let push = |word: &mut String, han: bool, out: &mut Vec<Piece>| {
        if !word.is_empty() {
            out.push(Piece { text: Text::new(std::mem::take(word)), han, bracketed: false });
        }
    };
    let mut skip = false;
    for (place, &letter) in letters.iter().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        let next = at(place + 1);
        if letter.is_alphanumeric() {
            if han != is_han(letter) {
                push(&mut word, han, &mut out);
                han = is_han(letter);
            }
            word.push(letter);
            alone += 1;
            continue;
        }
        let dotted = letter == '.' && alone == 1 && next.is_ascii_alphabetic() && !at(place + 2).is_alphanumeric();
        let genitive = letter == '\'' && next == 's' && !at(place + 2).is_alphanumeric() && word.chars().count() > 2;
        alone = 0;
        skip = genitive;
        if dotted || genitive || (letter == '·' && han) || (letter == '\'' && !word.is_empty()) {
            continue;
        }
        push(&mut word, han, &mut out);
        match letter {
            '&' | '+' => out.push(Piece { text: Text::new_static("and"), han: false, bracketed: false }),
            '(' => bracket = Some(out.len()),
            ')' => {
                if bracket.take() == Some(out.len().saturating_sub(1))
                    && let Some(last) = out.last_mut()
                {
                    last.bracketed = true;
                }
            }
            _ => {}
        }
    }
    push(&mut word, han, &mut out);
    out
}

/// What follows a first word to make a phrase, and what the phrase means.
type Phrase = (Vec<Text>, Sense);

/// Latin words and phrases, by first word; longest phrase first.
#[derive(Debug, Default)]
pub(super) struct Lexicon {
    phrases: Dictionary<Text, Vec<Phrase>>,
    /// Long single words with the letters they hold, sorted by first letter and length.
    long: Vec<(Text, u32)>,
}

impl Lexicon {
    /// Adds a phrase; the first meaning of one stays.
    pub(super) fn add(&mut self, phrase: &str, sense: Sense) {
        let mut words = pieces(phrase).into_iter().map(|piece| piece.text);
        let Some(first) = words.next() else { return };
        let rest: Vec<_> = words.collect();
        let known = self.phrases.or_make(first, Vec::new);
        if known.iter().all(|(other, _)| *other != rest) {
            let at = known.partition_point(|(other, _)| other.len() >= rest.len());
            known.insert(at, (rest, sense));
        }
    }

    /// What one word means by itself.
    pub(super) fn single(&self, word: &str) -> Option<&Sense> {
        let (rest, sense) = self.phrases.get(word)?.last()?;
        rest.is_empty().then_some(sense)
    }

    /// The same for plurals and a few endings the tables leave out.
    pub(super) fn inflected(&self, word: &str) -> Option<&Sense> {
        let stem = |end: &str| word.strip_suffix(end).filter(|stem| stem.len() > 2);
        self.single(word)
            .or_else(|| stem("ies").and_then(|stem| self.single(&format!("{stem}y"))))
            .or_else(|| stem("es").and_then(|stem| self.single(stem)))
            .or_else(|| stem("s").and_then(|stem| self.single(stem)))
            .or_else(|| if word.len() > 5 && !word.ends_with('s') { self.single(&format!("{word}s")) } else { None })
    }

    /// Sets aside the long words, among which typing errors are looked for.
    pub(super) fn settle(&mut self) {
        let single = |(word, phrases): &(Text, Vec<Phrase>)| {
            let telling =
                phrases.last().is_some_and(|(rest, sense)| rest.is_empty() && matches!(sense, Sense::Word(..)));
            (telling && word.len() > 5 && word.is_ascii()).then(|| (word.clone(), mask(word)))
        };
        self.long = self.phrases.iter().filter_map(single).collect();
        self.long.sort_unstable_by(|(a, _), (b, _)| by_beginning(a).cmp(&by_beginning(b)).then_with(|| a.cmp(b)));
    }

    /// Words of about this length that begin like this one and hold about the same letters.
    pub(super) fn long_words(&self, word: &str, bound: usize) -> impl Iterator<Item = &Text> {
        let ((first, length), letters) = (by_beginning(word), mask(word));
        let from = self.long.partition_point(|(known, _)| by_beginning(known) < (first, length.saturating_sub(bound)));
        self.long
            .iter()
            .skip(from)
            .take_while(move |(known, _)| by_beginning(known) <= (first, length + bound))
            .filter(move |(_, mask)| (mask ^ letters).count_ones() as usize <= 2 * bound)
            .map(|(known, _)| known)
    }

    /// The longest phrase that begins here, and how many pieces it takes.
    fn phrase(&self, pieces: &[Piece], cut: Cut) -> Option<(&Sense, usize)> {
        let (first, rest) = pieces.split_first()?;
        let known = self.phrases.get(&first.text)?;
        let (words, sense) = known.iter().find(|(words, sense)| {
            let fits = words.len() <= rest.len() && words.iter().zip(rest).all(|(word, piece)| *word == piece.text);
            fits && (cut == Cut::Phrases || words.is_empty() || !matches!(sense, Sense::Word(..)))
        })?;
        Some((sense, words.len() + 1))
    }

    /// What the pieces mean, one after the other, and whether another cut could give other parts.
    pub(super) fn parts(&self, pieces: &[Piece], cut: Cut, tables: &Tables) -> (Vec<Part>, bool) {
        let mut out = Vec::with_capacity(pieces.len());
        let mut matters = cut == Cut::Words;
        let mut rest = pieces;
        while let Some((piece, after)) = rest.split_first() {
            let mut taken = 1;
            if piece.han {
                han::cut(&piece.text, tables, &mut out);
            } else if among_syllables(pieces, pieces.len() - rest.len())
                || !out.is_empty() && self.is_last_letter(piece, after)
            {
                out.push(Part::Token(Token::distinct(&piece.text, Script::Latin)));
            } else if let Some((sense, length)) = self.phrase(rest, cut) {
                taken = length;
                matters |= length > 1 && matches!(sense, Sense::Word(..));
                let letters: String = rest.iter().take(length).map(|piece| piece.text.as_str()).collect();
                out.push(Part::of(sense, &letters));
            } else if matches!(piece.text.as_str(), "no" | "nr" | "num" | "number")
                && after.first().is_some_and(|next| ordinal(&next.text).is_some())
            {
                out.push(Part::Stop);
            } else if let Some(value) = ordinal(&piece.text)
                .or_else(|| roman(&piece.text, after.is_empty() || piece.text.len() > 1, out.is_empty()))
            {
                out.push(Part::Token(Token::number(value, &piece.text)));
            } else if let Some(sense) = self.inflected(&piece.text) {
                out.push(Part::of(sense, &piece.text));
            } else {
                out.push(Part::Token(Token::distinct(&piece.text, Script::Latin)));
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
        (out, matters)
    }

    /// Whether it is the letter that tells `Holder A` from `Holder B`, and no article: the last word but for a legal form, which
    /// `García y Cía` has too.
    fn is_last_letter(&self, piece: &Piece, after: &[Piece]) -> bool {
        let is_legal = |piece: &Piece| {
            let sense = self.phrase(std::slice::from_ref(piece), Cut::Phrases);
            matches!(sense, Some((Sense::Legal | Sense::LegalAtEdge, _)))
        };
        match piece.text.as_str() {
            "a" => after.iter().all(is_legal),
            "e" | "o" | "y" => after.is_empty(),
            _ => false,
        }
    }

    /// The tokens of a phrase, without those that say nothing.
    pub(super) fn plain(&self, phrase: &str, tables: &Tables) -> Vec<Token> {
        let (parts, _) = self.parts(&pieces(phrase), Cut::Phrases, tables);
        let tokens = parts.into_iter().filter_map(|part| match part {
            Part::Token(token) => Some(token),
            Part::Stop | Part::Legal | Part::LegalAtEdge(_) | Part::Branch => None,
        });
        without_research(tokens.collect())
    }
}

/// First letter and length.
fn by_beginning(word: &str) -> (Option<u8>, usize) {
    (word.bytes().next(), word.len())
}

/// Research is what institutes, academies and centres do: 研究所 says it, an English name may or may not.
pub(super) fn without_research(mut tokens: Vec<Token>) -> Vec<Token> {
    if !says_research(&tokens) {
        return tokens;
    }
    let researches = |token: &Token| {
        token
            .keys()
            .any(|key| matches!(key.as_str(), "institute" | "academy" | "center" | "laboratory" | "keylaboratory"))
    };
    if tokens.iter().any(researches) {
        tokens.retain(|token| token.key != "research");
    }
    tokens
}

/// Whether the word is among them.
pub(super) fn says_research(tokens: &[Token]) -> bool {
    tokens.iter().any(|token| token.key == "research")
}

/// Whether a word that mostly says nothing is a syllable of pinyin here: da in `gong ye da xue`.
fn among_syllables(pieces: &[Piece], at: usize) -> bool {
    let syllable = |at: usize| pieces.get(at).is_some_and(|piece| !piece.han && is_syllable(&piece.text));
    let says_nothing = |at: usize| {
        pieces.get(at).is_some_and(|piece| {
            matches!(piece.text.as_str(), "a" | "an" | "da" | "de" | "di" | "du" | "e" | "la" | "le")
        })
    };
    if !says_nothing(at) {
        return false;
    }
    let beside = at.checked_sub(1).is_some_and(|before| syllable(before) && !says_nothing(before));
    beside || syllable(at + 1) && !says_nothing(at + 1)
}

/// A number in digits, with or without the ending of an ordinal.
fn ordinal(text: &str) -> Option<u32> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let end = text.get(digits.len()..)?;
    (digits.len() <= 9 && matches!(end, "" | "st" | "nd" | "rd" | "th")).then(|| digits.parse().ok()).flatten()
}

/// A Roman numeral up to 39; a single letter only at the end of a name, none at its beginning.
fn roman(text: &str, alone: bool, first: bool) -> Option<u32> {
    if first || !alone || text.len() > 5 || !text.bytes().all(|letter| matches!(letter, b'i' | b'v' | b'x')) {
        return None;
    }
    let tens = text.bytes().take_while(|letter| *letter == b'x').count();
    let ones = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"]
        .iter()
        .position(|ones| *ones == text.get(tens..).unwrap_or_default())?;
    u32::try_from(tens * 10 + ones).ok().filter(|value| *value < 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_letters_are_one_word_and_apostrophes_none() {
        let cut = |text: &str| split(text).iter().map(|piece| piece.text.to_string()).collect::<Vec<_>>().join("|");
        for (text, pieces) in [
            ("l.x.c aviation", "lxc|aviation"),
            ("open s.a.r.l.", "open|sarl"),
            ("academy's xi'an int'l", "academy|xian|intl"),
            ("smith & jones-x", "smith|and|jones|x"),
            ("中电科14所", "中电科|14|所"),
            ("贝拉克·奥巴马", "贝拉克奥巴马"),
        ] {
            assert_eq!(cut(text), pieces);
        }
    }

    #[test]
    fn ordinals_and_numerals_are_numbers() {
        assert_eq!(["14th", "1st", "58", "a1", "1x"].map(ordinal), [Some(14), Some(1), Some(58), None, None]);
        assert_eq!(["ii", "xiv", "iix", "x"].map(|text| roman(text, true, false)), [Some(2), Some(14), None, Some(10)]);
    }
}
