//! Where a name ends and its address begins.
//!
//! In: a name that an address may follow. Out: the name alone. It looks for what addresses begin with, and leaves a name
//! whole when in doubt: a name with its address is found by nobody, half a name may be somebody else's.

/// Words that addresses begin with.
const BEGINNINGS: [&str; 31] = [
    "no",
    "room",
    "rm",
    "floor",
    "suite",
    "unit",
    "building",
    "bldg",
    "block",
    "flat",
    "office",
    "p.o",
    "po box",
    "box",
    "house",
    "apt",
    "apartment",
    "plot",
    "shop",
    "level",
    "lot",
    "d",
    "ul",
    "str",
    "street",
    "address",
    "addresses",
    "km",
    "villa",
    "tower",
    "warehouse",
];
/// Short words that end in a point without ending a sentence.
const SHORT: [&str; 23] = [
    "co", "ltd", "inc", "corp", "llc", "st", "no", "gen", "dr", "prof", "acad", "sci", "tech", "intl", "jr", "sr",
    "im", "bros", "cie", "gmbh", "s.a", "l.l.c", "univ",
];
/// Legal forms that go on behind a point.
const FORMS: [&str; 10] = ["ltd", "limited", "inc", "llc", "co", "corp", "company", "gmbh", "fze", "plc"];

/// The text up to its address.
pub(super) fn cut(text: &str) -> &str {
    let ends = text.char_indices().filter(|(_, letter)| matches!(letter, ',' | '.' | '('));
    let mut ends = ends.filter(|(at, letter)| {
        let (before, after) = (text.get(..*at).unwrap_or(""), text.get(at + 1..).unwrap_or(""));
        let next = after.trim_start();
        match letter {
            _ if before.trim().is_empty() => false,
            '(' => next.starts_with("Address") || next.starts_with("See "),
            _ if !after.starts_with(' ') => false,
            ',' => begins(next) || numbered(next),
            // "Liyang No. 28" goes on.
            _ if abbreviates(before) && !whole(before) => false,
            _ => begins(next) || (whole(before) && !form(next) && spelled(next)),
        }
    });
    match ends.next() {
        // The point of "Ltd." belongs to the name.
        Some((at, '.')) if text.get(..at).is_some_and(abbreviates) => text.get(..=at).unwrap_or(text),
        Some((at, _)) => text.get(..at).unwrap_or(text).trim_end(),
        None => text,
    }
}

/// Whether a text begins as an address does.
pub(super) fn begins(text: &str) -> bool {
    let text = text.trim_start_matches("and ").trim_start();
    if text.starts_with('#') || text.starts_with("Address") {
        return true;
    }
    let word = text.split([' ', ',']).next().unwrap_or("");
    let behind = word.trim_start_matches(|c: char| c.is_ascii_digit());
    // "12", "5A", "5/F", "2nd", not "4Paradigm".
    let number = behind.len() < word.len()
        && (behind.len() <= 1 || behind.starts_with(['/', '-', '⁄']) || matches!(behind, "st" | "nd" | "rd" | "th"));
    if number {
        // "38th Research Institute" and "7103 Factory" are names; "12 Road, Town" is none.
        return text.contains(',') && !named(text.split(',').next().unwrap_or(""));
    }
    let word = word.trim_end_matches(['.', ':']).to_lowercase();
    let followed = text.split([' ', ',']).nth(1).is_some_and(|next| next.contains(|c: char| c.is_ascii_digit()));
    // "No 14 Research Institute" is a name, "No. 14, Town" is none.
    let place = BEGINNINGS.contains(&word.as_str()) && !named(text.split(',').next().unwrap_or(""));
    place && (followed || matches!(word.as_str(), "p.o" | "ul" | "address" | "addresses"))
}

/// Whether a text is an address and nothing else: it begins as one, or has a number and two commas, and names no organisation.
pub(super) fn fills(text: &str) -> bool {
    let numbers = text.contains(|c: char| c.is_ascii_digit()) && text.matches(',').count() >= 2;
    begins(text) || (numbers && !text.contains("k.a.") && !named(text.split(',').next().unwrap_or("")))
}

/// Whether these words name an organisation.
fn named(words: &str) -> bool {
    let words = words.to_lowercase();
    ["institute", "factory", "academy", "plant", "bureau", "research", "laboratory", "works", "regiment"]
        .iter()
        .any(|word| words.contains(word))
}

/// Whether the next part up to a comma has a number, and more follows.
fn numbered(text: &str) -> bool {
    text.split_once(',').is_some_and(|(part, rest)| {
        part.contains(|c: char| c.is_ascii_digit()) && !named(part) && !form(part) && !rest.trim().is_empty()
    })
}

/// Whether a text ends in a word of four letters or more, or in a legal form: a point behind it ends a sentence.
fn whole(text: &str) -> bool {
    let word = text.rsplit([' ', '-', '—']).next().unwrap_or("").trim_matches(['\'', '"', '”', ')']);
    let lower = word.to_lowercase();
    FORMS.contains(&lower.as_str())
        || (word.chars().count() >= 4 && !word.contains('.') && !SHORT.contains(&lower.as_str()))
}

/// Whether a legal form comes next.
fn form(text: &str) -> bool {
    let word = text.split([' ', ',', '.']).next().unwrap_or("").to_lowercase();
    FORMS.contains(&word.as_str())
}

/// Whether it reads as a place: it begins with a capital, and has a comma.
fn spelled(text: &str) -> bool {
    let initial = text.split(' ').next().is_some_and(|word| word.ends_with('.') && word.chars().count() == 2);
    text.starts_with(char::is_uppercase) && text.contains(',') && !initial
}

/// Whether a text ends in a word that is written short, so that a point behind it belongs to it.
pub(super) fn abbreviates(text: &str) -> bool {
    let word = text.rsplit([' ', '-', ',']).next().unwrap_or("");
    let lower = word.trim_matches(['(', '\'', '"']).to_lowercase();
    SHORT.contains(&lower.as_str())
        || word.contains('.')
        || (word.chars().count() == 1 && word.chars().all(char::is_uppercase) && text.contains(' '))
}
