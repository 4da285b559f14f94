//! The words of a name as they are compared.
//!
//! In: what the tables say of a word. Out: a key that stands for all its spellings, what sort of word it is, what it
//! weighs. Weights are fixed: distinctive words weigh most, words every second company has least.

use super::tables::tables;
use super::{han, sound};
use crate::model::Text;

/// What a word of the glossary is to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// Says nearly nothing: technology, trading, international, group.
    Generic,
    /// Says what an organisation does: aerospace, bank, steel.
    Topic,
    /// Says what sort of organisation it is: university, institute, hospital.
    Sort,
}

impl Class {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "generic" => Self::Generic,
            "topic" => Self::Topic,
            "sort" => Self::Sort,
            _ => return None,
        })
    }
}

/// What the tables say a word means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// Nothing: of, the, formerly known as.
    Stop,
    /// A legal form.
    Legal,
    /// A legal form at the beginning or end of a name, a word elsewhere.
    LegalAtEdge,
    /// A branch or an office of what stands before.
    Branch,
    /// A word of the glossary.
    Word(Text, Class),
    /// A place, by its position in the table.
    Place(u16),
    /// An organisation, by its position in the table.
    Organisation(u16),
    /// A number.
    Number(u32),
    /// A name nobody's table explains, in its customary Latin spelling.
    Spelling(Text),
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A word the tables do not know: what tells organisations apart.
    Distinct,
    /// A word they know.
    Known(Class),
    Place(u16),
    Number,
    Organisation(u16),
}

/// A word of a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    /// One for all spellings.
    pub(super) key: Text,
    /// The key's hash: keys are compared by the million.
    pub(super) id: u32,
    /// Other keys it may stand for: 研究院 is an institute or an academy.
    pub(super) other: Vec<Text>,
    pub(super) kind: Kind,
    /// Hundredths.
    pub(super) weight: u16,
    /// As cleaned: Latin letters or Han.
    pub(super) letters: Text,
    /// Its consonants by class, where it is a word nobody's table knows.
    pub(super) heard: Text,
    /// Which Latin letters occur, a bit each; of Han those its first letter's pinyin may begin with.
    pub(super) mask: u32,
    /// First byte of the letters.
    pub(super) first: u8,
    /// How many bytes the letters take, 255 at most.
    pub(super) length: u8,
    pub(super) script: Script,
}

/// How a token was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    /// Digits among the letters that may stand for letters.
    Leet,
    Han,
}

/// Letters in a row, compared by their hash first.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Letters {
    id: u32,
    text: Text,
}

impl Letters {
    pub(super) fn new(text: &str) -> Self {
        Self { id: id(text), text: Text::new(text) }
    }
}

impl std::ops::Deref for Letters {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

fn length(letters: &str) -> u8 {
    u8::try_from(letters.len()).unwrap_or(u8::MAX)
}

fn first(letters: &str) -> u8 {
    letters.bytes().next().unwrap_or(0)
}

fn id(key: &str) -> u32 {
    key.bytes().fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Which Latin letters occur, a bit each; anything else is the last bit.
pub(super) fn mask(letters: &str) -> u32 {
    letters.bytes().fold(0, |mask, letter| mask | 1 << if letter.is_ascii_lowercase() { letter - b'a' } else { 31 })
}

fn heard_of_han(letters: &str, count: usize) -> String {
    if count > 1 { sound::pinyin(han::read(letters).iter().map(Text::as_str)) } else { String::new() }
}

fn han_mask(letters: &str) -> u32 {
    letters.chars().next().map_or(0, han::spelt_from)
}

impl Token {
    pub(super) fn distinct(letters: &str, script: Script) -> Self {
        let count = letters.chars().count();
        let weight = match (script, count) {
            (Script::Han, 1) | (_, 2) if script == Script::Han && count == 1 => 50,
            (Script::Han, 2 | 3) => 100,
            (Script::Han, _) => 130,
            (_, 1) => 35,
            (_, 2) => 60,
            (_, 3) => 85,
            _ => 100,
        };
        let key = Text::new(letters);
        let (heard, mask) = match script {
            Script::Han => (heard_of_han(letters, count), han_mask(letters)),
            Script::Latin | Script::Leet => (if letters.is_ascii() { sound::latin(letters) } else { String::new() }, mask(letters)),
        };
        Self {
            letters: key.clone(),
            heard: Text::new(heard),
            id: id(&key),
            key,
            other: Vec::new(),
            kind: Kind::Distinct,
            weight,
            script,
            mask,
            first: first(letters),
            length: length(letters),
        }
    }

    pub(super) fn number(value: u32, letters: &str) -> Self {
        let key = Text::new(format!("#{value}"));
        Self {
            id: id(&key),
            key,
            other: Vec::new(),
            kind: Kind::Number,
            weight: 50,
            letters: Text::new(letters),
            heard: Text::default(),
            script: Script::Latin,
            mask: 0,
            first: 0,
            length: 0,
        }
    }

    /// A token for a sense that is a word; `None` for legal forms and the like.
    pub(super) fn of(sense: &Sense, letters: &str, script: Script) -> Option<Self> {
        let (key, kind, weight) = match sense {
            Sense::Word(key, class) => {
                let weight = match class {
                    Class::Generic => 15,
                    Class::Topic => 40,
                    Class::Sort => 30,
                };
                (key.clone(), Kind::Known(*class), weight)
            }
            Sense::Place(at) => (Text::new(format!("@{at}")), Kind::Place(*at), if *at == 0 { 15 } else { 35 }),
            Sense::Organisation(at) => (Text::new(format!("&{at}")), Kind::Organisation(*at), 120),
            Sense::Number(value) => return Some(Self::number(*value, letters)),
            Sense::Spelling(latin) => return Some(Self::distinct(latin, Script::Latin)),
            Sense::Stop | Sense::Legal | Sense::LegalAtEdge | Sense::Branch => return None,
        };
        Some(Self {
            id: id(&key),
            key,
            other: Vec::new(),
            kind,
            weight,
            letters: Text::new(letters),
            heard: Text::default(),
            script,
            mask: if script == Script::Han { han_mask(letters) } else { mask(letters) },
            first: first(letters),
            length: length(letters),
        })
    }

    /// The place it names.
    pub(super) fn place(&self) -> Option<u16> {
        if let Kind::Place(at) = self.kind { Some(at) } else { None }
    }

    /// The number it is.
    pub(super) fn value(&self) -> Option<u32> {
        if self.kind == Kind::Number { self.key.strip_prefix('#')?.parse().ok() } else { None }
    }

    pub(super) fn is_distinct(&self) -> bool {
        matches!(self.kind, Kind::Distinct | Kind::Organisation(_))
    }

    /// Every key it may stand for.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Text> {
        std::iter::once(&self.key).chain(&self.other)
    }

    /// Whether two tokens stand for the same.
    pub(super) fn same(&self, other: &Self) -> bool {
        if self.other.is_empty() && other.other.is_empty() {
            return self.id == other.id && self.key == other.key;
        }
        self.keys().any(|key| other.keys().any(|known| known == key))
    }

    /// In words, for explanations.
    pub(super) fn shown(&self) -> String {
        match self.kind {
            Kind::Organisation(at) => {
                tables().organisations.get(usize::from(at)).map(|org| org.name.to_string()).unwrap_or_default()
            }
            Kind::Distinct | Kind::Known(_) | Kind::Place(_) | Kind::Number => self.letters.to_string(),
        }
    }
}
