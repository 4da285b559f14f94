//! Letters of a name brought to one form: what looks or reads the same is written the same.
//!
//! In: a name as written. Out: lower case, compatibility forms folded, without invisible letters and marks, look-alikes
//! of other alphabets as Latin where a word or its name is Latin, Han simplified, other scripts in Latin letters.
//! It refuses to know words.

use any_ascii::any_ascii_char;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::tables::simplify;

/// Letters that look like Latin ones, as pairs: Cyrillic, Greek, Armenian, Cherokee and small capitals.
const LOOKALIKES: &str = "аaеeоoрpсcуyхxіiѕsјjһhԁdԛqԝwкkмmтtвbнhгrпnзzьbӏlԍgѵvАAВBЕEКKМMНHОOРPСCТTУYХXІIЅSЈJҺHԀDԚQԜWѴVЗZӀI\
    ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXοoνvρpαaιiκkυuτtηnγyχxωwςcϲcϳjϹCͿJՕOօoսuհhոnցgԼLՏSᎪAᏴBᏟCᎠDᎬEᏀGᎻHᎥiᏦKᏞLᎷMᏢPᏚSᎢTᏙVᏔWᏃZ\
    ᴀaʙbᴄcᴅdᴇeɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpʀrᴛtᴜuᴠvᴡwʏyᴢzɡgıiɑaɩi";

/// Whether a character is Han.
pub(super) fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' | '々' | '〇')
}

/// Marks that show nothing: zero width, directions, soft hyphens, variation selectors, tags, controls.
fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
        || (letter.is_control() && !letter.is_whitespace())
}

/// The name in one form; see the module. Cleaning twice changes nothing.
pub(super) fn clean(name: &str) -> String {
    if name.is_ascii() {
        return name
            .chars()
            .filter(|letter| !letter.is_ascii_control() || letter.is_whitespace())
            .collect::<String>()
            .to_ascii_lowercase();
    }
    let visible: String = name
        .chars()
        .filter(|letter| !is_invisible(*letter))
        .collect::<String>()
        .nfkc()
        .filter(|letter| !is_invisible(*letter))
        .collect();
    let other = |word: &&str| word.chars().any(is_other_alphabet);
    let latin_words = visible.split_whitespace().filter(|word| word.chars().any(is_latin)).count();
    let other_words = visible.split_whitespace().filter(other).filter(|word| !word.chars().any(is_latin)).count();
    let mut out = String::with_capacity(visible.len());
    for word in visible.split_inclusive(char::is_whitespace) {
        let mixed = word.chars().any(is_latin) && word.chars().any(is_other_alphabet);
        let alone = !mixed
            && latin_words > other_words
            && word
                .chars()
                .filter(|letter| letter.is_alphabetic() && !is_han(*letter))
                .all(|letter| lookalike(letter).is_some());
        for letter in word.chars() {
            let letter = if mixed || alone { lookalike(letter).unwrap_or(letter) } else { letter };
            push(letter, &mut out);
        }
    }
    out
}

fn is_latin(letter: char) -> bool {
    letter.is_ascii_alphabetic() || matches!(letter, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

fn is_other_alphabet(letter: char) -> bool {
    letter.is_alphabetic() && !is_latin(letter) && !is_han(letter) && lookalike(letter).is_some()
        || matches!(letter, '\u{370}'..='\u{52f}')
}

fn lookalike(letter: char) -> Option<char> {
    if letter.is_ascii() {
        return None;
    }
    let mut pairs = LOOKALIKES.chars();
    while let (Some(like), Some(latin)) = (pairs.next(), pairs.next()) {
        if like == letter {
            return Some(latin);
        }
    }
    None
}

/// Appends a letter: Han simplified, kana as it is, Latin without marks, the rest in Latin letters.
fn push(letter: char, out: &mut String) {
    if letter.is_ascii() {
        out.push(letter.to_ascii_lowercase());
    } else if is_han(letter) {
        out.push(simplify(letter));
    } else if letter.is_whitespace() || !letter.is_alphanumeric() && !is_combining_mark(letter) {
        out.push(punctuation(letter));
    } else if let Some(spelt) = cyrillic(letter) {
        out.push_str(spelt);
    } else {
        for part in std::iter::once(letter).nfd().filter(|part| !is_combining_mark(*part)) {
            if part.is_ascii() {
                out.push(part.to_ascii_lowercase());
            } else {
                any_ascii_char(part).chars().for_each(|ascii| out.push(ascii.to_ascii_lowercase()));
            }
        }
    }
}

/// The few letters whose customary spelling in company names differs from a letter-by-letter one.
fn cyrillic(letter: char) -> Option<&'static str> {
    Some(match letter {
        'х' | 'Х' => "kh",
        'ж' | 'Ж' => "zh",
        'ц' | 'Ц' => "ts",
        'щ' | 'Щ' => "shch",
        'ю' | 'Ю' => "yu",
        'я' | 'Я' => "ya",
        'ь' | 'Ь' | 'ъ' | 'Ъ' => "",
        'э' | 'Э' | 'ё' | 'Ё' => "e",
        'ы' | 'Ы' | 'й' | 'Й' => "y",
        _ => return None,
    })
}

fn punctuation(letter: char) -> char {
    match letter {
        '’' | '‘' | 'ʼ' | 'ʻ' | '´' | '′' | '＇' | '`' => '\'',
        '·' | '・' | '‧' | '•' | '∙' => '·',
        '（' | '【' | '［' | '〔' => '(',
        '）' | '】' | '］' | '〕' => ')',
        _ => ' ',
    }
}
