//! How a word sounds to somebody who writes it down in Han, and the syllables of pinyin.
//!
//! In: Latin letters, or Han by their pinyin. Out: consonants in a few classes, so that 安杜里尔 (an du li er) and Anduril
//! meet. It refuses vowels, which transcription keeps least.

use std::sync::LazyLock;

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

/// Syllables letter by letter: from a place, where each letter leads to, and whether a syllable ends there.
struct Spelling {
    next: Vec<[u16; 26]>,
    ends: Vec<bool>,
}

impl Spelling {
    fn of_syllables() -> Self {
        let mut all = Self { next: vec![[0; 26]], ends: vec![false] };
        for (initial, finals) in FINALS {
            for last in *finals {
                let at = initial.bytes().chain(last.bytes()).fold(0, |at, letter| all.grow(at, letter));
                if let Some(end) = all.ends.get_mut(at) {
                    *end = true;
                }
            }
        }
        all
    }

    /// Where a letter leads to from here, with a new place where it led nowhere.
    fn grow(&mut self, at: usize, letter: u8) -> usize {
        let known = self.after(at, letter);
        if known > 0 {
            return known;
        }
        let new = self.next.len();
        let cell = self.next.get_mut(at).and_then(|row| row.get_mut(usize::from(letter.wrapping_sub(b'a'))));
        if let (Some(cell), Ok(place)) = (cell, u16::try_from(new)) {
            *cell = place;
        }
        self.next.push([0; 26]);
        self.ends.push(false);
        new
    }

    /// Where a letter leads to from here; the start, where no syllable goes on so.
    fn after(&self, at: usize, letter: u8) -> usize {
        let cell = self.next.get(at).and_then(|row| row.get(usize::from(letter.wrapping_sub(b'a'))));
        cell.copied().map_or(0, usize::from)
    }
}

fn spelling() -> &'static Spelling {
    static SPELLING: LazyLock<Spelling> = LazyLock::new(Spelling::of_syllables);
    &SPELLING
}

/// Whether this is one syllable of pinyin.
pub(super) fn is_syllable(text: &str) -> bool {
    text.len() < 7 && syllables(text.as_bytes()).any(|end| end == text.len())
}

/// How many letters from the start each syllable that could stand there takes, the shortest first.
pub(super) fn syllables(letters: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let spelling = spelling();
    let places = letters.iter().scan(0, |at, letter| {
        *at = spelling.after(*at, *letter);
        (*at > 0).then_some(*at)
    });
    places.enumerate().filter(|(_, at)| spelling.ends.get(*at) == Some(&true)).map(|(before, _)| before + 1)
}

/// Whether the whole text can be read as pinyin, in how few syllables.
pub(super) fn spelt(text: &str) -> Option<usize> {
    const LONGEST: usize = 64;
    let letters = text.as_bytes();
    if letters.len() > LONGEST {
        return None;
    }
    // One more than the syllables up to each place; none where nothing leads to.
    let mut least = [0_u8; LONGEST + 1];
    let mut furthest = 0;
    if let Some(first) = least.first_mut() {
        *first = 1;
    }
    for start in 0..letters.len() {
        let so_far = least.get(start).copied().unwrap_or(0);
        if so_far == 0 {
            if start >= furthest {
                return None;
            }
            continue;
        }
        for end in syllables(letters.get(start..).unwrap_or_default()) {
            furthest = furthest.max(start + end);
            if let Some(cell) = least.get_mut(start + end).filter(|cell| **cell == 0 || **cell > so_far + 1) {
                *cell = so_far + 1;
            }
        }
    }
    least.get(letters.len()).and_then(|found| usize::from(*found).checked_sub(1))
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
        for (initial, finals) in FINALS {
            assert!(finals.iter().all(|last| is_syllable(&format!("{initial}{last}"))), "{initial}");
        }
    }
}
