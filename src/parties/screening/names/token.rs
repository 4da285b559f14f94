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

/// What of a word is looked at first; for most pairs of words it is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The key's hash, which stands for the key: two words share one by a chance of one in 10^19.
    pub(super) id: u64,
    /// Which Latin letters occur, a bit each; of Han those its first letter's pinyin may begin with.
    pub(super) mask: u32,
    pub(super) kind: Kind,
    /// Hundredths.
    pub(super) weight: u16,
    /// First byte of the letters; none of numbers.
    pub(super) first: u8,
    /// How many bytes the letters take, 255 at most; none of numbers.
    pub(super) length: u8,
    pub(super) script: Script,
    /// It may stand for several keys.
    pub(super) ambiguous: bool,
}

/// A word of a name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    mark: Mark,
    /// One for all spellings.
    pub(super) key: Text,
    /// Other keys it may stand for: 研究院 is an institute or an academy.
    other: Vec<Text>,
    /// As cleaned: Latin letters or Han.
    pub(super) letters: Text,
    /// Its consonants by class, where it is a word nobody's table knows.
    pub(super) heard: Text,
}

impl Mark {
    /// A byte of the id, for a first look.
    pub(super) fn short_id(&self) -> u8 {
        self.id.to_le_bytes().first().copied().unwrap_or(0)
    }

    /// The place it names.
    pub(super) fn place(&self) -> Option<u16> {
        if let Kind::Place(at) = self.kind { Some(at) } else { None }
    }

    pub(super) fn is_distinct(&self) -> bool {
        matches!(self.kind, Kind::Distinct | Kind::Organisation(_))
    }
}

impl std::ops::Deref for Token {
    type Target = Mark;

    fn deref(&self) -> &Mark {
        &self.mark
    }
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
    mask: u32,
    text: Text,
}

impl Letters {
    pub(super) fn new(text: &str) -> Self {
        Self { id: id(text), mask: mask(text), text: Text::new(text) }
    }

    /// Whether so many errors could make one of the other; where not, they cannot.
    pub(super) fn near(&self, other: &Self, errors: usize) -> bool {
        self.len().abs_diff(other.len()) <= errors && near(self.mask, other.mask, errors)
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

/// FNV-1a, 64 bit: stated, so that it is the same everywhere.
pub(super) fn hash(parts: &[&str]) -> u64 {
    parts.iter().fold(0xcbf2_9ce4_8422_2325, |value, part| onward(value, part))
}

/// The hash of what was hashed so far with this behind it.
pub(super) fn onward(value: u64, text: &str) -> u64 {
    text.bytes().fold(value, |value, byte| (value ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Whether so many errors can come between two words in which these letters occur: each puts one letter for another at most.
pub(super) fn near(a: u32, b: u32, errors: usize) -> bool {
    (a ^ b).count_ones() as usize <= 2 * errors
}

/// A bit for each Latin letter, one for anything else.
pub(super) fn letter(byte: u8) -> u32 {
    1 << if byte.is_ascii_lowercase() { byte - b'a' } else { 31 }
}

/// Which Latin letters occur, a bit each; anything else is the last bit.
pub(super) fn mask(letters: &str) -> u32 {
    letters.bytes().fold(0, |mask, byte| mask | letter(byte))
}

impl Token {
    fn new(key: Text, kind: Kind, weight: u16, letters: Text, script: Script) -> Self {
        let mask = match script {
            Script::Han => letters.chars().next().map_or(0, han::spelt_from),
            Script::Latin | Script::Leet => mask(&letters),
        };
        let (first, length) = (first(&letters), length(&letters));
        let mark = Mark { id: hash(&[&key]), mask, kind, weight, first, length, script, ambiguous: false };
        Self { mark, key, other: Vec::new(), letters, heard: Text::default() }
    }

    pub(super) fn distinct(letters: &str, script: Script) -> Self {
        let count = letters.chars().count();
        let weight = match (script, count) {
            (Script::Han, 1) => 50,
            (Script::Han, 2 | 3) => 100,
            (Script::Han, _) => 130,
            (_, 1) => 35,
            (_, 2) => 60,
            (_, 3) => 85,
            _ => 100,
        };
        let heard = match script {
            Script::Han if count > 1 => sound::pinyin(han::read(letters).iter().map(Text::as_str)),
            Script::Latin | Script::Leet if letters.is_ascii() => sound::latin(letters),
            Script::Han | Script::Latin | Script::Leet => String::new(),
        };
        let key = Text::new(letters);
        Self { heard: Text::new(heard), ..Self::new(key.clone(), Kind::Distinct, weight, key, script) }
    }

    pub(super) fn number(value: u32, letters: &str) -> Self {
        let key = Text::new(format!("#{value}"));
        let mut number = Self::new(key, Kind::Number, 50, Text::new(letters), Script::Latin);
        (number.mark.mask, number.mark.first, number.mark.length) = (0, 0, 0);
        number
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
        Some(Self::new(key, kind, weight, Text::new(letters), script))
    }

    /// The same, which may also stand for what these stand for.
    pub(super) fn or(mut self, others: impl Iterator<Item = Self>) -> Self {
        self.other = others.map(|token| token.key).collect();
        self.mark.ambiguous = !self.other.is_empty();
        self
    }

    /// The same in letters some of which were written as digits.
    pub(super) fn leet(letters: &str) -> Self {
        let mut token = Self::distinct(letters, Script::Latin);
        token.mark.script = Script::Leet;
        token
    }

    /// The number it is.
    pub(super) fn value(&self) -> Option<u32> {
        if self.kind == Kind::Number { self.key.strip_prefix('#')?.parse().ok() } else { None }
    }

    /// Every key it may stand for.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Text> {
        std::iter::once(&self.key).chain(&self.other)
    }

    /// Whether two tokens stand for the same.
    pub(super) fn same(&self, other: &Self) -> bool {
        if !self.ambiguous && !other.ambiguous {
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
