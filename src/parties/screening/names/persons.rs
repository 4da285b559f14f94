//! Persons: read and compared without the words of organisations.
//!
//! In: a person's name in Latin letters, Han or another script. Out: the same as for other names. At least two words have
//! to agree, whatever their order, as one name alone is borne by thousands. It refuses to know nationality or origin:
//! nothing here says more than how a name is spelt.

use super::align::{How, align};
use super::clean::clean;
use super::han;
use super::read::Name;
use super::row::Run;
use super::score::{Ground, Likeness};
use super::tables::{Tables, tables};
use super::token::{Letters, Script, Token};
use super::words::{Part, split};
use crate::model::Text;

/// Words between names that many spellings leave out.
const PARTICLES: &[&str] = &[
    "al", "el", "bin", "bint", "ben", "ibn", "de", "da", "del", "della", "di", "van", "von", "der", "den", "la", "le",
    "mr", "mrs", "ms", "dr",
];

/// Family names of two letters.
const DOUBLE: &[&str] = &[
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯", "长孙", "宇文",
    "端木",
];

impl Name {
    /// Reads a person's name.
    pub(super) fn person(name: &str) -> Self {
        let tables = tables();
        let pieces = split(&clean(name));
        let mut tokens = Vec::new();
        for piece in &pieces {
            if piece.han {
                from_han(&piece.text, tables, &mut tokens);
            } else if !PARTICLES.contains(&piece.text.as_str()) {
                tokens.push(Token::distinct(&piece.text, Script::Latin));
            }
        }
        let skeleton: String = tokens.iter().map(|token| token.letters.as_str()).collect();
        let han: String = pieces.iter().filter(|piece| piece.han).map(|piece| piece.text.as_str()).collect();
        Self {
            whole: Letters::new(&skeleton),
            skeleton: Letters::new(&skeleton),
            han: Text::new(han),
            spelt: tokens.into(),
            ..Self::default()
        }
    }
}

/// Family name and given name in pinyin, or what the tables know of names from elsewhere.
fn from_han(text: &str, tables: &Tables, out: &mut Vec<Token>) {
    let mut parts = Vec::new();
    han::cut(text, tables, &mut parts);
    let spelt = |part: &Part| matches!(part, Part::Token(token) if token.script == Script::Latin);
    if parts.iter().all(spelt) {
        out.extend(parts.into_iter().filter_map(|part| if let Part::Token(token) = part { Some(token) } else { None }));
        return;
    }
    let family = if DOUBLE.iter().any(|double| text.starts_with(double)) { 2 } else { 1 };
    let cut = text.char_indices().nth(family).map_or(text.len(), |(at, _)| at);
    let (family, given) = text.split_at(cut);
    for part in [family, given].into_iter().filter(|part| !part.is_empty()) {
        out.push(Token::distinct(&han::joined(part), Script::Latin));
    }
}

/// Compares two persons' names.
pub(super) fn likeness(a: &Name, b: &Name) -> Likeness {
    let otherwise_written = !a.han.is_empty() && !b.han.is_empty() && a.han != b.han;
    if !a.skeleton.is_empty() && a.skeleton == b.skeleton && !otherwise_written {
        return Likeness::of(0.96, Ground::Letters);
    }
    let found = align(&a.spelt, &b.spelt);
    let both = a.spelt.len() > 1 && b.spelt.len() > 1;
    if otherwise_written || !both || found.pairs().len() < 2 {
        return Likeness::of(0.0, Ground::Nothing);
    }
    let mut sum = 0;
    // One letter makes another name of a short one.
    let short = |run: Run| run.among(&a.spelt).first().is_none_or(|token| token.letters.len() < 5);
    for pair in found.pairs().iter().filter(|pair| pair.how != How::Typo || !short(pair.left)) {
        let weight =
            |tokens: &[Token], run: Run| run.among(tokens).iter().map(|token| u32::from(token.weight)).sum::<u32>();
        sum += (weight(&a.spelt, pair.left) + weight(&b.spelt, pair.right)) * u32::from(pair.sure);
    }
    let all: u32 = a.spelt.iter().chain(b.spelt.iter()).map(|token| u32::from(token.weight)).sum();
    let dice = f64::from(sum) / 100.0 / f64::from(all.max(1));
    Likeness::of((0.5 * dice + 0.5 * dice.powi(2)).min(0.95), Ground::Spelled)
}
