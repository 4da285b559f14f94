//! How a word sounds to somebody who writes it down in Han, and the syllables of pinyin.
//!
//! In: Latin letters, or Han by their pinyin. Out: consonants in a few classes, so that 安杜里尔 (an du li er) and Anduril
//! meet. It refuses vowels, which transcription keeps least.

/// Every syllable of pinyin without tones, by initial.
const FINALS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "a", "o", "e", "ai", "ei", "ao", "ou", "an", "en", "ang", "er", "yi", "ya", "yo", "ye", "yao", "you",
            "yan", "yin", "yang", "ying", "yong", "wu", "wa", "wo", "wai", "wei", "wan", "wen", "wang", "weng", "yu",
            "yue", "yuan", "yun",
        ],
    ),
    ("b", &["a", "o", "ai", "ei", "ao", "an", "en", "ang", "eng", "i", "ie", "iao", "ian", "in", "ing", "u"]),
    ("p", &["a", "o", "ai", "ei", "ao", "ou", "an", "en", "ang", "eng", "i", "ie", "iao", "ian", "in", "ing", "u"]),
    (
        "m",
        &[
            "a", "o", "e", "ai", "ei", "ao", "ou", "an", "en", "ang", "eng", "i", "ie", "iao", "iu", "ian", "in",
            "ing", "u",
        ],
    ),
    ("f", &["a", "o", "ei", "ou", "an", "en", "ang", "eng", "u"]),
    (
        "d",
        &[
            "a", "e", "ai", "ei", "ao", "ou", "an", "en", "ang", "eng", "ong", "i", "ia", "ie", "iao", "iu", "ian",
            "ing", "u", "uo", "ui", "uan", "un",
        ],
    ),
    (
        "t",
        &[
            "a", "e", "ai", "ao", "ou", "an", "ang", "eng", "ong", "i", "ie", "iao", "ian", "ing", "u", "uo", "ui",
            "uan", "un",
        ],
    ),
    (
        "n",
        &[
            "a", "e", "ai", "ei", "ao", "ou", "an", "en", "ang", "eng", "ong", "i", "ie", "iao", "iu", "ian", "in",
            "iang", "ing", "u", "uo", "uan", "v", "ve", "ue",
        ],
    ),
    (
        "l",
        &[
            "a", "o", "e", "ai", "ei", "ao", "ou", "an", "ang", "eng", "ong", "i", "ia", "ie", "iao", "iu", "ian",
            "in", "iang", "ing", "u", "uo", "uan", "un", "v", "ve", "ue",
        ],
    ),
    (
        "g",
        &[
            "a", "e", "ai", "ei", "ao", "ou", "an", "en", "ang", "eng", "ong", "u", "ua", "uo", "uai", "ui", "uan",
            "un", "uang",
        ],
    ),
    (
        "k",
        &[
            "a", "e", "ai", "ei", "ao", "ou", "an", "en", "ang", "eng", "ong", "u", "ua", "uo", "uai", "ui", "uan",
            "un", "uang",
        ],
    ),
    (
        "h",
        &[
            "a", "e", "ai", "ei", "ao", "ou", "an", "en", "ang", "eng", "ong", "u", "ua", "uo", "uai", "ui", "uan",
            "un", "uang",
        ],
    ),
    ("j", &["i", "ia", "ie", "iao", "iu", "ian", "in", "iang", "ing", "iong", "u", "ue", "uan", "un"]),
    ("q", &["i", "ia", "ie", "iao", "iu", "ian", "in", "iang", "ing", "iong", "u", "ue", "uan", "un"]),
    ("x", &["i", "ia", "ie", "iao", "iu", "ian", "in", "iang", "ing", "iong", "u", "ue", "uan", "un"]),
    (
        "zh",
        &[
            "a", "e", "ai", "ei", "ao", "ou", "an", "en", "ang", "eng", "ong", "i", "u", "ua", "uo", "uai", "ui",
            "uan", "un", "uang",
        ],
    ),
    (
        "ch",
        &[
            "a", "e", "ai", "ao", "ou", "an", "en", "ang", "eng", "ong", "i", "u", "ua", "uo", "uai", "ui", "uan",
            "un", "uang",
        ],
    ),
    (
        "sh",
        &[
            "a", "e", "ai", "ei", "ao", "ou", "an", "en", "ang", "eng", "i", "u", "ua", "uo", "uai", "ui", "uan", "un",
            "uang",
        ],
    ),
    ("r", &["e", "ao", "ou", "an", "en", "ang", "eng", "ong", "i", "u", "ua", "uo", "ui", "uan", "un"]),
    ("z", &["a", "e", "ai", "ei", "ao", "ou", "an", "en", "ang", "eng", "ong", "i", "u", "uo", "ui", "uan", "un"]),
    ("c", &["a", "e", "ai", "ao", "ou", "an", "en", "ang", "eng", "ong", "i", "u", "uo", "ui", "uan", "un"]),
    ("s", &["a", "e", "ai", "ao", "ou", "an", "en", "ang", "eng", "ong", "i", "u", "uo", "ui", "uan", "un"]),
];

/// Whether this is one syllable of pinyin.
pub(super) fn is_syllable(text: &str) -> bool {
    let initial = match text.as_bytes() {
        [b'z' | b'c' | b's', b'h', ..] => 2,
        [b'b'..=b'd' | b'f'..=b'h' | b'j'..=b'n' | b'p'..=b't' | b'x' | b'z', ..] => 1,
        [_, ..] => 0,
        [] => return false,
    };
    let (initial, last) = text.split_at(initial.min(text.len()));
    let finals = FINALS.get(initials(initial));
    finals.is_some_and(|(known, finals)| *known == initial && finals.contains(&last))
}

/// Where the finals of an initial stand.
fn initials(initial: &str) -> usize {
    match initial.as_bytes() {
        [] => 0,
        [letter @ b'b'..=b'z'] => {
            " bpmfdtnlgkhjqx   rzcs".bytes().position(|known| known == *letter).unwrap_or(usize::MAX)
        }
        [b'z', b'h'] => 15,
        [b'c', b'h'] => 16,
        [b's', b'h'] => 17,
        _ => usize::MAX,
    }
}

/// How many letters from the start each syllable that could stand there takes, the longest first.
pub(super) fn syllables(text: &str) -> impl Iterator<Item = usize> + '_ {
    (1..=text.len().min(6)).rev().filter(|end| text.get(..*end).is_some_and(is_syllable))
}

/// Whether the whole text can be read as pinyin, in how few syllables.
pub(super) fn spelt(text: &str) -> Option<usize> {
    if !text.is_ascii() || text.len() > 64 {
        return None;
    }
    let mut least: Vec<Option<usize>> = vec![None; text.len() + 1];
    *least.first_mut()? = Some(0);
    for start in 0..text.len() {
        let Some(Some(so_far)) = least.get(start).copied() else { continue };
        for end in syllables(text.get(start..)?) {
            if let Some(cell) = least.get_mut(start + end) {
                *cell = Some(cell.map_or(so_far + 1, |known| known.min(so_far + 1)));
            }
        }
    }
    least.last().copied().flatten()
}

/// Consonants of a Latin word by class.
pub(super) fn latin(word: &str) -> String {
    let letters = word.as_bytes();
    let mut out = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let next = letters.get(at + 1).copied().unwrap_or(b' ');
        let class = match letter {
            b'b' | b'p' if next == b'h' => "F",
            b'b' | b'p' => "P",
            b'd' | b't' => "T",
            b'g' if matches!(next, b'e' | b'i') => "S",
            b'c' if matches!(next, b'e' | b'i' | b'y' | b'h') => "S",
            b'k' | b'c' | b'q' | b'g' => "K",
            b's' | b'z' | b'j' => "S",
            b'x' => "KS",
            b'f' | b'v' => "F",
            b'l' | b'r' => "L",
            b'm' | b'n' => "N",
            _ => continue,
        };
        class.chars().for_each(|class| add(class, &mut out));
    }
    out
}

/// First letter and consonants of a name, where spellings differ least: Mohammed, Muhammad.
pub(super) fn bones(word: &str) -> String {
    let mut out = String::new();
    let letters: Vec<char> = word.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let next = letters.get(at + 1).copied().unwrap_or(' ');
        let class = match letter {
            'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'j' => {
                if at == 0 {
                    out.push('a');
                }
                continue;
            }
            'h' if at > 0 => continue,
            'c' | 'q' | 'k' if next != 'h' => 'k',
            'c' => 's',
            'g' if at == 0 => 'g',
            'g' => continue,
            'v' | 'w' | 'f' => 'v',
            'd' | 't' => 't',
            'b' | 'p' => 'p',
            'z' | 's' | 'x' => 's',
            letter => *letter,
        };
        if !out.ends_with(class) {
            out.push(class);
        }
    }
    out
}

/// Consonants of pinyin syllables by the same classes.
pub(super) fn pinyin<'a>(syllables: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for syllable in syllables {
        if syllable == "er" {
            add('L', &mut out);
            continue;
        }
        let first = match syllable.as_bytes().first() {
            Some(b'b' | b'p') => Some('P'),
            Some(b'd' | b't') => Some('T'),
            Some(b'g' | b'k') => Some('K'),
            Some(b'z' | b'c' | b's' | b'j' | b'q' | b'x') => Some('S'),
            Some(b'f') => Some('F'),
            Some(b'l' | b'r') => Some('L'),
            Some(b'm' | b'n') => Some('N'),
            _ => None,
        };
        first.into_iter().for_each(|class| add(class, &mut out));
        if syllable.len() > 1 && (syllable.ends_with('n') || syllable.ends_with("ng")) {
            add('N', &mut out);
        }
    }
    out
}

/// Neighbours of one class count once.
fn add(class: char, out: &mut String) {
    if !out.ends_with(class) {
        out.push(class);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transcriptions_sound_like_what_they_transcribe() {
        for (word, han) in
            [("anduril", "an du li er"), ("axient", "a ke xi en te"), ("subaru", "si ba lu"), ("teal", "di er")]
        {
            assert_eq!(latin(word), pinyin(han.split(' ')), "{word}");
        }
    }

    #[test]
    fn pinyin_is_told_from_what_is_none() {
        assert_eq!(spelt("beijingligongdaxue"), Some(6));
        assert_eq!(spelt("haerbin"), Some(3));
        assert_eq!(spelt("technology"), None);
        assert!(is_syllable("zhuang") && !is_syllable("zhing"));
    }
}
