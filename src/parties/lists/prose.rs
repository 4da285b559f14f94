//! Names out of the prose in which Commerce writes parties: `A Co. (ACO), a.k.a., the following two aliases: —B; and —C.`
//!
//! In: a cell of Supplement No. 4 to 15 CFR part 744, or a name or alias taken out of one. Out: names, and the parts of the
//! party that the cell lists with it, each with names of its own. Addresses that follow a name are cut off. It refuses to
//! look anything up: whether a text says it names a part of something is told by the text alone.

use crate::model::Text;
use crate::parties::screening::fold;

mod address;
mod units;

pub(super) use units::{Part, part};

/// What stands between a name and another name of the same party.
const ALSO: &[&str] = &["a.k.a.", "a.k.a", "f.k.a.", "f.k.a", "n.k.a.", "d.b.a.", "also known as", "formerly known as"];
/// Longest abbreviation in brackets that counts as a name, and the shortest.
const ABBREVIATION: std::ops::RangeInclusive<usize> = 3..=12;
/// Legal forms that stand in brackets.
const FORMS: [&str; 10] = ["JSC", "OJSC", "CJSC", "PJSC", "LLC", "OOO", "OAO", "ZAO", "PAO", "FZE"];
/// Words for how many follow.
const COUNTS: [&str; 31] = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "twenty-one",
    "twenty-two",
    "twenty-three",
    "twenty-four",
    "twenty-five",
    "twenty-six",
    "twenty-seven",
    "twenty-eight",
    "twenty-nine",
    "thirty",
];
/// Kinds of parts, as far as they are spelled alike.
const PARTS: [&str; 9] =
    ["subordinate", "sub-unit", "subunit", "affiliate", "subsidiar", "institution", "institute", "branch", "component"];

/// A party and its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// Its names, the first for display; empty when the text has none.
    pub(super) names: Vec<Text>,
    /// Parts listed with it, in their own right.
    pub(super) units: Vec<Named>,
}

/// What the items after a colon are.
#[derive(Clone, Copy)]
enum Follow {
    Nothing,
    /// So many aliases, or all that begin with a dash.
    Aliases(Option<usize>),
    /// Parts, and whether those so far began with a dash: then what does not is an address.
    Units {
        dashed: bool,
    },
}

/// Reads a whole cell.
pub(super) fn cell(text: &str) -> Named {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut named = Named::default();
    let (mut follow, mut of_units) = (Follow::Nothing, false);
    for piece in pieces(&line) {
        let (said, opens) = opened(piece.text);
        match (follow, piece.dash) {
            (Follow::Aliases(Some(0)), _) if of_units => named.units.push(one(said)),
            (Follow::Aliases(Some(0)), _) => {}
            (Follow::Aliases(left), true) => {
                follow = Follow::Aliases(left.map(|left| left - 1));
                match named.units.last_mut().filter(|_| of_units) {
                    Some(unit) => unit.take(names(said)),
                    None => named.take(names(said)),
                }
            }
            (Follow::Units { dashed }, dash) if dash || !(dashed || address::fills(said)) => {
                follow = Follow::Units { dashed: dash };
                named.units.push(one(said));
            }
            (Follow::Nothing, _) if named.names.is_empty() => named.take(names(said)),
            (Follow::Nothing, true) => named.take(names(said)),
            (Follow::Aliases(_), false) if of_units => named.units.push(one(said)),
            _ => {}
        }
        match opens {
            Follow::Nothing => {}
            Follow::Units { .. } => (follow, of_units) = (opens, true),
            Follow::Aliases(_) => follow = opens,
        }
        // A part's aliases have been told: parts follow again.
        if of_units && matches!(follow, Follow::Aliases(Some(0))) {
            follow = Follow::Units { dashed: false };
        }
    }
    named.units.retain(|unit| !unit.names.is_empty());
    named
}

fn one(text: &str) -> Named {
    Named { names: names(text), units: Vec::new() }
}

impl Named {
    fn take(&mut self, names: Vec<Text>) {
        for name in names {
            if !self.names.contains(&name) {
                self.names.push(name);
            }
        }
    }
}

/// Every name in a short text, each once: an address is cut off, brackets with an abbreviation give one more.
pub(super) fn names(text: &str) -> Vec<Text> {
    let mut named = Named::default();
    for part in split_also(text) {
        let also = |(at, part): &(usize, &str)| *at == 0 || !(address::begins(part) || part.starts_with('('));
        for (_, part) in part.split("; ").enumerate().filter(also) {
            let name = tidied(address::cut(part));
            let short = abbreviated(&name);
            named.take(
                [Some(name), short.clone().map(|(long, _)| long), short.map(|(_, short)| short)]
                    .into_iter()
                    .flatten()
                    .filter(|name| !fold(name).is_empty())
                    .map(Text::new)
                    .collect(),
            );
        }
    }
    named.names
}

/// `A (B)` as `A` and `B`, where B looks like an abbreviation: more capitals than small letters, and no legal form. In
/// `13th Institute of Example Group (EG)` it stands for the group, and says nothing of the institute.
fn abbreviated(name: &str) -> Option<(String, String)> {
    let (long, short) = name.strip_suffix(')')?.rsplit_once(" (")?;
    let count = |what: fn(char) -> bool| short.chars().filter(|c| what(*c)).count();
    let capitals = count(char::is_uppercase);
    let plain = short.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | ' ' | '&'));
    let fits =
        plain && ABBREVIATION.contains(&short.chars().count()) && capitals >= 2 && capitals > count(char::is_lowercase);
    let inner = [" of ", ", "].iter().flat_map(|word| long.match_indices(word));
    let inner = inner.map(|(at, word)| long.get(at + word.len()..).unwrap_or("")).any(|words| stands_for(short, words));
    (fits && !inner && !FORMS.contains(&short))
        .then(|| (long.trim_end_matches([' ', ',']).to_owned(), short.to_owned()))
}

/// Whether the capitals of an abbreviation are first letters of these words, in order, from the first word on.
fn stands_for(short: &str, words: &str) -> bool {
    let mut letters = short.chars().filter(|c| c.is_uppercase()).peekable();
    let firsts = words.split_whitespace().filter_map(|word| word.chars().next());
    for (at, first) in firsts.enumerate() {
        if letters.peek() == Some(&first) {
            letters.next();
        } else if at == 0 {
            return false;
        }
    }
    letters.peek().is_none()
}

/// A text at every word for "also known as".
fn split_also(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((at, word)) = ALSO
        .iter()
        .filter_map(|word| Some((find(rest, word)?, word)))
        .min_by_key(|(at, word)| (*at, std::cmp::Reverse(word.len())))
    {
        parts.push(rest.get(..at).unwrap_or(""));
        rest = rest.get(at + word.len()..).unwrap_or("");
    }
    parts.push(rest);
    parts
}

/// Where a word begins, whatever its case; only at the beginning of a word.
fn find(text: &str, word: &str) -> Option<usize> {
    text.char_indices().map(|(at, _)| at).find(|at| {
        let here = text.get(*at..at + word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word));
        here && !text.get(..*at).is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric() || c == '.'))
    })
}

/// Without dashes, "and", quotation marks around the whole, brackets that do not close and marks at the ends.
fn tidied(name: &str) -> String {
    let mark = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '—' | '–');
    let ends = |name: &'_ str| -> usize { name.trim_end_matches(|c: char| mark(c) || c == '(').len() };
    let mut name = name;
    loop {
        let before = name;
        name = name.strip_prefix("and ").unwrap_or(name);
        name = name.strip_suffix(" and").unwrap_or(name);
        name = if name == "and" { "" } else { name };
        name = name.get(..ends(name)).unwrap_or(name).trim_start_matches(mark);
        name = if name.contains(')') { name } else { name.trim_start_matches('(') };
        if name.matches(')').count() > name.matches('(').count() {
            name = name.trim_end_matches(')');
        }
        for (open, close) in [('“', '”'), ('"', '"'), ('\'', '\''), ('‘', '’')] {
            let inner = name.strip_prefix(open).and_then(|name| name.strip_suffix(close));
            name = inner.filter(|inner| !inner.contains([open, close])).unwrap_or(name);
        }
        if name == before {
            break;
        }
    }
    // "CETC-E." ends a sentence, "Foo Co." and "J. B." do not.
    let bare = name.strip_suffix('.').filter(|bare| !address::abbreviates(bare) && !bare.ends_with('.'));
    let name = bare.unwrap_or(name);
    match name.rsplit_once('(') {
        Some((before, inner)) if !inner.contains(')') => format!("{before}({inner})"),
        _ => name.to_owned(),
    }
}

struct Piece<'a> {
    /// Begins with a dash, as items of a list do.
    dash: bool,
    text: &'a str,
}

/// A cell at its semicolons, at the colons behind "the following" and at the dashes that begin an item: those stand behind a
/// space, a colon or a semicolon.
fn pieces(line: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut from, mut dash, mut before) = (0, false, ' ');
    for (at, letter) in line.char_indices() {
        let item = letter == '—' && matches!(before, ' ' | ':' | ';');
        // What follows a colon begins anew, where the colon ends "the following …".
        let opens = letter == ':' && line.get(from..at).is_some_and(|said| find(said, "the following").is_some());
        if letter == ';' || item || opens {
            pieces.push(Piece { dash, text: line.get(from..at).unwrap_or("").trim() });
            (from, dash) = (at + letter.len_utf8(), item);
        }
        before = letter;
    }
    pieces.push(Piece { dash, text: line.get(from..).unwrap_or("").trim() });
    // "and" between a semicolon and a dash says nothing.
    pieces.retain(|piece| !matches!(piece.text, "" | "and" | "or"));
    pieces
}

/// What a piece says before "the following …:", and what follows it.
fn opened(text: &str) -> (&str, Follow) {
    let Some(at) = find(text, "the following") else { return (text, Follow::Nothing) };
    let said = text.get(..at).unwrap_or("").trim_end();
    // "the following addresses and the following 22 affiliated entities:" opens the latter.
    let told = text.to_lowercase().rsplit("the following").next().unwrap_or("").trim_start().to_owned();
    let kinds = told.split(':').next().unwrap_or("");
    let said = ["including", "to include", "and"]
        .iter()
        .fold(said, |said, word| said.strip_suffix(word).unwrap_or(said).trim_end());
    let follow = if kinds.contains("address") {
        Follow::Nothing
    } else if kinds.contains("alias") {
        let word = kinds.split_whitespace().next().unwrap_or("");
        Follow::Aliases(COUNTS.iter().position(|count| *count == word).or_else(|| word.parse().ok()))
    } else if PARTS.iter().any(|part| kinds.contains(part)) {
        Follow::Units { dashed: false }
    } else {
        Follow::Nothing
    };
    (said, follow)
}

#[cfg(test)]
mod tests;
