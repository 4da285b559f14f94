//! Words nobody knows, looked at again.
//!
//! In: the tokens of a name. Out: the same, with pinyin as the Han words it spells, digits as the letters they stand for
//! and long common words without their typing errors. It refuses to touch what the tables know.

use super::edit::{allowed, distance};
use super::han;
use super::sound::{is_syllable, spelt};
use super::tables::{HanWord, Tables, tables};
use super::token::{Class, Kind, Script, Sense, Token};
use super::words::{Cut, Part};

/// Words nobody knows, looked at again: pinyin of what the tables know in Han, digits for letters, typing errors in
/// common words.
///
/// Beside them whether another cut could give others.
pub(super) fn refined(tokens: &[Token], cut: Cut, tables: &Tables) -> (Vec<Token>, bool) {
    let mut matters = false;
    let latin: Vec<bool> = tokens
        .iter()
        .map(|token| token.script == Script::Latin && !matches!(token.kind, Kind::Number | Kind::Organisation(_)))
        .collect();
    if !tokens.iter().any(|token| token.kind == Kind::Distinct && token.script == Script::Latin) {
        return (tokens.to_vec(), matters);
    }
    let pinyin: Vec<Option<usize>> =
        tokens.iter().zip(&latin).map(|(token, latin)| if *latin { spelt(&token.letters) } else { None }).collect();
    let mut out = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let run = pinyin.iter().skip(at).take_while(|syllables| syllables.is_some()).count();
        if run > 0 {
            let taken = from_pinyin(tokens.get(at..at + run).unwrap_or_default(), cut, tables, &mut out, &mut matters);
            if taken > 0 {
                at += taken;
                continue;
            }
        }
        at += 1;
        if token.kind == Kind::Distinct && token.script == Script::Latin {
            out.push(corrected(token, tables));
        } else {
            out.push(token.clone());
        }
    }
    (out, matters)
}

/// Takes as many tokens from the start as make a Han word of the tables, and says how many.
fn from_pinyin(run: &[Token], cut: Cut, tables: &Tables, out: &mut Vec<Token>, matters: &mut bool) -> usize {
    let mut joined = String::new();
    let mut ends = Vec::new();
    for token in run.iter().take(24) {
        joined.push_str(&token.letters);
        ends.push(joined.len());
    }
    for (count, end) in ends.iter().enumerate().rev() {
        let text = joined.get(..*end).unwrap_or_default();
        let Some(word) = (text.len() > 3).then(|| tables.by_pinyin(text)).flatten() else { continue };
        // As spelt it stays as spelt: only where organisations count is it one.
        let organisation = word.senses.iter().flatten().any(|sense| matches!(sense, Sense::Organisation(_)));
        *matters |= organisation;
        if organisation && cut == Cut::Words {
            continue;
        }
        if count > 0 && !run.iter().take(count + 1).any(|token| token.kind == Kind::Distinct) {
            continue;
        }
        if count > 0 || (run.first().is_some_and(|token| token.kind == Kind::Distinct) && telling(word)) {
            let mut parts = Vec::new();
            han::known(word, text, Script::Latin, &mut parts);
            push_tokens(parts, out);
            return count + 1;
        }
    }
    let spaced = run.iter().take_while(|token| is_syllable(&token.letters)).count();
    if spaced > 1 {
        let text: String = run.iter().take(spaced).map(|token| token.letters.as_str()).collect();
        respelt(&text, tables, out);
        return spaced;
    }
    if let Some(first) = run.first().filter(|token| token.kind == Kind::Distinct && token.letters.len() > 8)
        && spelt(&first.letters).is_some_and(|syllables| syllables > 3)
    {
        respelt(&first.letters, tables, out);
        return 1;
    }
    0
}

/// Whether a single word in pinyin is likelier to be this than a name: common endings are, 联合 (Lianhe) is not.
fn telling(word: &HanWord) -> bool {
    word.letters > 2
        || word.senses.iter().flatten().all(|sense| match sense {
            Sense::Organisation(at) => !tables().is_institution(*at),
            sense => matches!(sense, Sense::Legal | Sense::Word(_, Class::Generic | Class::Sort)),
        })
}

/// Pinyin without spaces as the words the tables know in it; the rest stays one word.
fn respelt(text: &str, tables: &Tables, out: &mut Vec<Token>) {
    let Some(steps) = han::respell(text, tables) else {
        out.push(Token::distinct(text, Script::Latin));
        return;
    };
    let mut unknown: Option<(usize, usize)> = None;
    let flush = |unknown: &mut Option<(usize, usize)>, out: &mut Vec<Token>| {
        if let Some(letters) = unknown.take().and_then(|(from, to)| text.get(from..to)) {
            match syllable_number(letters) {
                Some(value) => out.push(Token::number(value, letters)),
                None => out.push(Token::distinct(letters, Script::Latin)),
            }
        }
    };
    for (word, from, to) in steps {
        match word {
            None => unknown = Some((unknown.map_or(from, |(start, _)| start), to)),
            Some(word) => {
                flush(&mut unknown, out);
                let mut parts = Vec::new();
                han::known(word, text.get(from..to).unwrap_or_default(), Script::Latin, &mut parts);
                push_tokens(parts, out);
            }
        }
    }
    flush(&mut unknown, out);
}

/// 第三 in pinyin.
fn syllable_number(letters: &str) -> Option<u32> {
    let digits = letters.strip_prefix("di")?;
    let known = ["yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu", "shi"];
    let one = |text: &str| known.iter().position(|digit| *digit == text).and_then(|at| u32::try_from(at + 1).ok());
    one(digits).or_else(|| {
        let (tens, ones) = digits.split_once("shi")?;
        let tens = if tens.is_empty() { 1 } else { one(tens)? };
        Some(tens * 10 + if ones.is_empty() { 0 } else { one(ones)? })
    })
}

fn push_tokens(parts: Vec<Part>, out: &mut Vec<Token>) {
    out.extend(parts.into_iter().filter_map(|part| match part {
        Part::Token(token) => Some(token),
        _ => None,
    }));
}

/// A word with digits for letters, or a common word with a typing error in it.
fn corrected(token: &Token, tables: &Tables) -> Token {
    let letters = token.letters.as_str();
    let sense =
        |word: &str| tables.lexicon.inflected(word).filter(|sense| matches!(sense, Sense::Word(..) | Sense::Place(_)));
    let as_word = |sense: &Sense| Token::of(sense, letters, Script::Latin);
    if let Some(unleet) = leet(letters) {
        for one in ["l", "i"] {
            if let Some(token) = sense(&unleet.replace('1', one)).and_then(as_word) {
                return token;
            }
        }
        let mixed = ["li", "il"].iter().find_map(|order| sense(&alternate(&unleet, order)));
        if let Some(token) = mixed.and_then(as_word) {
            return token;
        }
        let plain = unleet.replace('1', "i");
        return match tables.lexicon.near(&plain).and_then(as_word) {
            Some(token) => token,
            None => Token::leet(&plain),
        };
    }
    if letters.len() > 6
        && spelt(letters).is_none()
        && let Some(token) = tables.lexicon.near(letters).and_then(as_word)
    {
        return token;
    }
    token.clone()
}

fn alternate(text: &str, order: &str) -> String {
    let mut letters = order.chars().cycle();
    text.chars().map(|letter| if letter == '1' { letters.next().unwrap_or('i') } else { letter }).collect()
}

/// Letters for the digits that stand for them, `1` left open; `None` where digits are more likely digits.
fn leet(word: &str) -> Option<String> {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 || digits == word.len() || !word.is_ascii() {
        return None;
    }
    let mut out = String::with_capacity(word.len());
    for letter in word.chars() {
        out.push(match letter {
            '0' => 'o',
            '3' => 'e',
            '4' => 'a',
            '5' => 's',
            '7' => 't',
            '2' | '6' | '8' | '9' => return None,
            letter => letter,
        });
    }
    let inside = word
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .bytes()
        .any(|c| c.is_ascii_digit());
    let starts = word.starts_with(|c: char| c.is_ascii_alphabetic());
    (starts && word.len() > 3 && (inside || word.len() - digits > 3)).then_some(out)
}

impl super::words::Lexicon {
    /// The one common word this is with a typing error; long words only, as short ones are often other words.
    fn near(&self, word: &str) -> Option<&Sense> {
        if word.len() < 7 || !word.is_ascii() {
            return None;
        }
        let bound = if word.len() > 9 { 2 } else { allowed(word.len()).min(1) };
        let best = self.long_words(word, bound).filter_map(|known| Some((distance(word, known, bound)?, known))).min();
        best.and_then(|(_, known)| self.single(known)).or_else(|| {
            // Errors are looked for from the second letter on; the first two may have changed places.
            let mut letters: Vec<char> = word.chars().collect();
            letters.swap(0, 1);
            self.single(&letters.into_iter().collect::<String>())
        })
    }
}
