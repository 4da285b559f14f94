//! Names brought to one form, so that writing differences that mean nothing do not hide a match.
//!
//! In: a name. Out: NFKC, lower case, everything that is no letter, digit or mark a space, spaces collapsed. It refuses
//! to know words: legal forms, abbreviations and transliteration are left alone.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::model::Text;

/// The folded name; empty when it holds neither letter nor digit. Folding twice changes nothing.
pub fn fold(name: &str) -> Text {
    let mut folded = String::with_capacity(name.len());
    if name.is_ascii() {
        for letter in name.bytes() {
            if letter.is_ascii_alphanumeric() {
                folded.push(char::from(letter.to_ascii_lowercase()));
            } else if !folded.ends_with(' ') {
                folded.push(' ');
            }
        }
        return Text::new(folded.trim());
    }
    // Lower case may come apart into marks (İ), so it is composed again.
    let lower: String = name.nfkc().collect::<String>().to_lowercase();
    for letter in lower.nfkc() {
        match letter {
            // The sigma at the end of a word is another character, and folding moves where words end.
            'ς' => folded.push('σ'),
            letter if letter.is_alphanumeric() || is_combining_mark(letter) => folded.push(letter),
            _ if folded.ends_with(' ') => {}
            _ => folded.push(' '),
        }
    }
    let folded = folded.trim();
    if folded.chars().any(char::is_alphanumeric) { Text::new(folded) } else { Text::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_width_punctuation_and_spaces_are_folded_away() {
        let cases = [
            ("  ACME   Co.,Ltd. ", "acme co ltd"),
            ("Ａｃｍｅ（Ｈｏｌｄｉｎｇｓ）", "acme holdings"),
            ("Société Générale", "société générale"),
            ("Societe\u{301} Ge\u{301}ne\u{301}rale", "societé générale"),
            ("STRASSE straße", "strasse straße"),
            ("İSTANBUL", "i\u{307}stanbul"),
            ("ΟΔΟΣ-Α", "οδοσ α"),
            ("未来・計算（上海）有限公司", "未来 計算 上海 有限公司"),
            ("Qar'awi", "qar awi"),
            ("…!?", ""),
            ("\u{301}", ""),
        ];
        for (name, folded) in cases {
            assert_eq!(fold(name), folded, "{name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn folding_twice_changes_nothing(name in "\\PC*") {
            let once = fold(&name);
            proptest::prop_assert_eq!(fold(&once), once);
        }
    }
}
