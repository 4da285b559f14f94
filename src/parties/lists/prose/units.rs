//! Names that say they name a part of something.
//!
//! In: a name and what is noted beside it. Out: the part and the whole. `A subordinate institution: B`, `B (a subordinate
//! institute of A)`, `A—B Institute`, and B with a note "Subordinate institution of A". A dash within other names is left
//! alone: half of them are spelling.

/// Words between a whole and its part.
const BELOW: [&str; 6] = [
    "subordinate institution",
    "subordinate institute",
    "subordinate entity",
    "sub-unit",
    "subunit",
    "affiliated institute",
];
/// A name behind a dash that ends in or holds one of these is a part.
const INSTITUTES: [&str; 5] = ["institute", "academy", "laboratory", "college", "research center"];

/// A part and what it is a part of, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::parties::lists) struct Part {
    /// Its name; empty where the list gives it among the aliases only.
    pub(in crate::parties::lists) name: String,
    /// The whole.
    pub(in crate::parties::lists) of: String,
}

/// What a name, or the note beside it, says it is a part of.
pub(in crate::parties::lists) fn part(name: &str, note: &str) -> Option<Part> {
    let lower = name.to_lowercase();
    // Offsets of the lower-case text hold for the text where both are as long.
    let same = lower.len() == name.len();
    for word in BELOW.iter().filter(|_| same) {
        let Some(at) = lower.find(word) else { continue };
        let (before, after) = (name.get(..at).unwrap_or("").trim_end(), name.get(at + word.len()..).unwrap_or(""));
        if let Some(unit) = after.strip_prefix(':').filter(|_| !before.is_empty()) {
            return Some(Part { name: unit.trim().to_owned(), of: before.trim_end_matches(',').to_owned() });
        }
        if let Some(whole) = after.trim_start().strip_prefix("of ") {
            let unit =
                before.trim_end_matches(" a").trim_end_matches("(a").trim_end_matches("(").trim_end_matches([' ', ',']);
            let whole = whole.trim_end_matches([')', '.', ' ']);
            return (!unit.is_empty()).then(|| Part { name: unit.to_owned(), of: whole.to_owned() });
        }
    }
    if let Some(of) = noted(note) {
        return Some(Part { name: name.to_owned(), of });
    }
    let (of, unit) = name.split_once('—')?;
    let institute = INSTITUTES.iter().any(|word| unit.to_lowercase().contains(word));
    // A dash within quotation marks or between two words of one name is no hierarchy.
    let whole = of.split_whitespace().count() >= 2 && unit.split_whitespace().count() >= 2 && !of.contains(['\'', '“']);
    (institute && whole && !unit.contains('—')).then(|| Part { name: unit.trim().to_owned(), of: of.trim().to_owned() })
}

/// `Subordinate institution of A.`
fn noted(note: &str) -> Option<String> {
    let note = note.trim();
    BELOW.iter().find_map(|word| {
        let said = note.get(..word.len())?.eq_ignore_ascii_case(word);
        let whole = note.get(word.len()..)?.trim_start().strip_prefix("of ")?;
        (said && !whole.trim().is_empty()).then(|| whole.trim().trim_end_matches('.').to_owned())
    })
}
