//! A name, read: the words it comes down to, twice over.
//!
//! In: a name as written. Out: its tokens as spelt and with known organisations in place of their words, its numbers,
//! places, skeleton and initials. It refuses to look at any other name.

use super::clean::clean;
use super::edit::{allowed, distance};
use super::han;
use super::sound::{is_syllable, spelt};
use super::tables::{Tables, tables};
use super::token::{Class, Kind, Script, Sense, Token};
use super::words::{Cut, Part, Piece, split, without_research};
use crate::model::Text;

/// A name ready to be compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Name {
    /// What is compared, as spelt; a known organisation in the words of its first name.
    pub(super) spelt: Box<[Token]>,
    /// The same with known organisations as one token each and phrases as one word, where that differs.
    pub(super) known: Option<Box<[Token]>>,
    /// All letters without spaces and legal form; Han in pinyin.
    pub(super) skeleton: Text,
    /// The same with the legal form.
    pub(super) whole: Text,
    /// First letters of all Latin words but `of` and the like.
    pub(super) initials: Text,
    /// How many of those stand before the legal form.
    pub(super) content: usize,
    /// Han as written, simplified, without legal form and places' endings.
    pub(super) han: Text,
    /// Places it spells out.
    pub(super) places: Vec<u16>,
    /// A branch or office was left out.
    pub(super) branch: bool,
    /// It was a domain or an address: only an organisation known by it is left.
    pub(super) domain: bool,
}

/// Ends of domains; what ends otherwise is a word with a dot in it.
const TOP: &[&str] = &[
    "com", "net", "org", "edu", "gov", "mil", "int", "info", "biz", "io", "ai", "co", "me", "tv", "cc", "app", "dev",
    "cloud", "tech", "cn", "hk", "tw", "mo", "sg", "my", "jp", "kr", "kp", "in", "pk", "ir", "ae", "tr", "ru", "su",
    "by", "ua", "kz", "uz", "de", "fr", "uk", "eu", "it", "es", "nl", "ch", "at", "se", "no", "fi", "pl", "cz", "us",
    "ca", "mx", "br", "au", "nz", "za", "vn", "th", "id", "ph",
];

/// Mailboxes anybody can have.
const FREE_MAIL: &[&str] = &[
    "qq.com",
    "vip.qq.com",
    "foxmail.com",
    "163.com",
    "126.com",
    "yeah.net",
    "188.com",
    "vip.163.com",
    "139.com",
    "189.cn",
    "wo.cn",
    "sina.com",
    "sina.cn",
    "sina.com.cn",
    "vip.sina.com",
    "sohu.com",
    "tom.com",
    "21cn.com",
    "aliyun.com",
    "263.net",
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "live.cn",
    "msn.com",
    "yahoo.com",
    "yahoo.cn",
    "yahoo.com.cn",
    "yahoo.co.jp",
    "ymail.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.com",
    "gmx.com",
    "gmx.net",
    "gmx.de",
    "web.de",
    "mail.com",
    "mail.ru",
    "bk.ru",
    "inbox.ru",
    "list.ru",
    "yandex.ru",
    "yandex.com",
    "ya.ru",
    "rambler.ru",
    "protonmail.com",
    "proton.me",
    "pm.me",
    "tutanota.com",
    "zoho.com",
    "fastmail.com",
    "naver.com",
    "daum.net",
    "hanmail.net",
    "mailbox.org",
    "hushmail.com",
    "dingtalk.com",
];

/// Whether anybody can have a mailbox there, so that it names nobody.
pub(in super::super) fn is_free_mail(domain: &str) -> bool {
    FREE_MAIL.contains(&domain)
}

fn domain_of(text: &str) -> Option<&str> {
    let text = text.trim();
    let domain = text.rsplit_once('@').map_or(text, |(_, domain)| domain);
    let label =
        |label: &str| !label.is_empty() && label.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-');
    let (_, top) = domain.rsplit_once('.')?;
    (TOP.contains(&top) && domain.split('.').all(label) && !text.contains(char::is_whitespace)).then_some(domain)
}

/// Official lists write a part behind its whole (`… subordinate institution: X`), and a parent in brackets behind it.
fn itself(name: &str) -> &str {
    let name = name.split_once("subordinate institution:").map_or(name, |(_, part)| part);
    name.split_once("(parent organization").map_or(name, |(name, _)| name)
}

impl Name {
    /// Reads a name. Every text can be read; what holds neither letter nor digit comes down to nothing and resembles
    /// nothing.
    pub(super) fn read(name: &str) -> Self {
        let tables = tables();
        let cleaned = clean(name);
        let cleaned = itself(&cleaned);
        if let Some(domain) = domain_of(cleaned) {
            return Self::domain(domain, tables);
        }
        let pieces = split(cleaned);
        let mut read = Self::default();
        read.outline(&pieces, tables);
        let cut = |read: &mut Self, cut| {
            let tokens = read.tokens(tables.lexicon.parts(&pieces, cut, tables));
            without_research(without_own_initials(tokens, &pieces))
        };
        let literal = refined(cut(&mut read, Cut::Words), Cut::Words, tables);
        read.places =
            literal.iter().filter_map(|token| if let Kind::Place(at) = token.kind { Some(at) } else { None }).collect();
        read.spelt = spelt_out(literal, tables).into();
        let known = organisations(cut(&mut read, Cut::Phrases), tables);
        let known = once(organisations(refined(known, Cut::Phrases, tables), tables));
        read.known = (*known != *read.spelt).then(|| known.into());
        read
    }

    fn domain(domain: &str, tables: &Tables) -> Self {
        let organisation = if is_free_mail(domain) { None } else { tables.by_domain(domain) };
        let token = organisation.and_then(|at| Token::of(&Sense::Organisation(at), domain, Script::Latin));
        let known = token.into_iter().collect();
        Self { known: Some(known), whole: Text::new(domain), domain: true, ..Self::default() }
    }

    /// Letters in a row, and first letters.
    fn outline(&mut self, pieces: &[Piece], tables: &Tables) {
        let (mut skeleton, mut whole, mut initials, mut han) =
            (String::new(), String::new(), String::new(), String::new());
        for piece in pieces {
            if piece.han {
                let mut parts = Vec::new();
                han::cut(&piece.text, tables, &mut parts);
                for part in &parts {
                    if let Part::Token(token) = part {
                        han.push_str(&token.letters);
                    }
                }
                let bare: String = if parts.iter().any(|part| matches!(part, Part::Legal | Part::LegalAtEdge(_))) {
                    han::joined(&legal_off(&piece.text, &parts)).to_string()
                } else {
                    han::joined(&piece.text).to_string()
                };
                skeleton.push_str(&bare);
                whole.push_str(&bare);
                continue;
            }
            whole.push_str(&piece.text);
            let sense = tables.lexicon.single(&piece.text);
            if !matches!(sense, Some(Sense::Legal | Sense::LegalAtEdge)) {
                skeleton.push_str(&piece.text);
            }
            if !matches!(sense, Some(Sense::Stop)) {
                initials.extend(piece.text.chars().next());
                if !matches!(sense, Some(Sense::Legal | Sense::LegalAtEdge)) {
                    self.content = initials.len();
                }
            }
        }
        if let [piece] = pieces
            && let Some(bare) = unglued(&piece.text)
        {
            skeleton = bare.to_owned();
        }
        self.skeleton = Text::new(if skeleton.is_empty() { &whole } else { &skeleton });
        self.whole = Text::new(whole);
        self.initials = Text::new(initials);
        self.han = Text::new(han);
    }

    /// The tokens among the parts. Legal forms go, unless nothing else is there; a branch goes with its place.
    fn tokens(&mut self, parts: Vec<Part>) -> Vec<Token> {
        let mut out: Vec<Token> = Vec::new();
        let mut legal = Vec::new();
        let last = parts.iter().rposition(|part| matches!(part, Part::Token(_))).unwrap_or(0);
        for (at, part) in parts.into_iter().enumerate() {
            match part {
                Part::Token(token) => out.push(token),
                Part::LegalAtEdge(letters) if !out.is_empty() && at < last => {
                    out.push(Token::distinct(&letters, Script::Latin))
                }
                Part::LegalAtEdge(letters) => legal.push(letters),
                Part::Branch => {
                    self.branch = true;
                    while out.len() > 1 && out.last().is_some_and(|token| matches!(token.kind, Kind::Place(_))) {
                        out.pop();
                    }
                }
                Part::Stop | Part::Legal => {}
            }
        }
        if out.is_empty() {
            out.extend(legal.iter().map(|letters| Token::distinct(letters, Script::Latin)));
        }
        out
    }

    /// What is compared, with known organisations as one token each.
    pub(super) fn known(&self) -> &[Token] {
        self.known.as_deref().unwrap_or(&self.spelt)
    }

    /// Organisations it names.
    pub(super) fn organisations(&self) -> impl Iterator<Item = u16> {
        self.known().iter().filter_map(|token| match token.kind {
            Kind::Organisation(at) => Some(at),
            _ => None,
        })
    }

    /// Whether it comes down to nothing that could be compared.
    pub(super) fn is_empty(&self) -> bool {
        self.known().is_empty() && self.skeleton.is_empty()
    }
}

/// A word without the legal form it is written together with: `argumentjsc`.
fn unglued(word: &str) -> Option<&str> {
    let forms =
        ["limited", "company", "corp", "gmbh", "jsc", "ojsc", "llc", "ltd", "inc", "plc", "pte", "ooo", "coltd"];
    let cut =
        |form: &&str| word.strip_suffix(*form).or_else(|| if form.len() < 5 { word.strip_prefix(*form) } else { None });
    forms.iter().find_map(cut).filter(|bare| bare.len() > 4)
}

/// A run of Han without its legal form.
fn legal_off(text: &str, parts: &[Part]) -> String {
    let mut out = String::new();
    for part in parts {
        if let Part::Token(token) = part
            && (token.script == Script::Han)
            && !out.ends_with(token.letters.as_str())
        {
            out.push_str(&token.letters);
        }
    }
    if out.is_empty() { text.to_owned() } else { out }
}

/// `Institute of Automation (IOA)`: what only repeats first letters goes.
fn without_own_initials(mut tokens: Vec<Token>, pieces: &[Piece]) -> Vec<Token> {
    for (at, piece) in pieces
        .iter()
        .enumerate()
        .filter(|(at, piece)| *at > 1 && piece.bracketed && !piece.han && (2..=8).contains(&piece.text.len()))
    {
        let firsts: String = pieces
            .iter()
            .take(at)
            .filter(|before| !matches!(before.text.as_str(), "of" | "and" | "the" | "for"))
            .filter_map(|before| before.text.chars().next())
            .collect();
        if firsts.contains(piece.text.get(..piece.text.len() - 1).unwrap_or_default()) {
            let before = tokens.len();
            tokens.retain(|token| token.kind != Kind::Distinct || token.letters != piece.text);
            if tokens.is_empty() || before == tokens.len() {
                continue;
            }
        }
    }
    tokens
}

/// Known organisations in place of their words, the longest first from the left.
fn organisations(tokens: Vec<Token>, tables: &Tables) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut rest = tokens.as_slice();
    while let Some((first, after)) = rest.split_first() {
        match tables.organisation(rest) {
            Some((at, length)) => {
                let letters: String = rest.iter().take(length).map(|token| token.letters.as_str()).collect();
                out.extend(Token::of(&Sense::Organisation(at), &letters, Script::Latin));
                rest = rest.get(length..).unwrap_or_default();
            }
            None => {
                out.push(first.clone());
                rest = after;
            }
        }
    }
    out
}

/// Organisations in the words of their first names.
fn spelt_out(tokens: Vec<Token>, tables: &Tables) -> Vec<Token> {
    let mut out = Vec::with_capacity(tokens.len());
    for token in tokens {
        match token.kind {
            Kind::Organisation(at) => match tables.organisations.get(usize::from(at)) {
                Some(organisation) if !organisation.spelt.is_empty() => out.extend(organisation.spelt.iter().cloned()),
                _ => out.push(token),
            },
            _ => out.push(token),
        }
    }
    out
}

/// An organisation said twice counts once: `… Corporation (CETC) 14 (CETC 14)`.
fn once(tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let repeats = matches!(token.kind, Kind::Organisation(_) | Kind::Number)
            && out.iter().any(|known| known.key == token.key);
        if !repeats {
            out.push(token);
        }
    }
    out
}

/// Words nobody knows, looked at again: pinyin of what the tables know in Han, digits for letters, typing errors in
/// common words.
fn refined(tokens: Vec<Token>, cut: Cut, tables: &Tables) -> Vec<Token> {
    let latin: Vec<bool> = tokens
        .iter()
        .map(|token| token.script == Script::Latin && !matches!(token.kind, Kind::Number | Kind::Organisation(_)))
        .collect();
    if !tokens.iter().any(|token| token.kind == Kind::Distinct && token.script == Script::Latin) {
        return tokens;
    }
    let pinyin: Vec<Option<usize>> =
        tokens.iter().zip(&latin).map(|(token, latin)| if *latin { spelt(&token.letters) } else { None }).collect();
    let mut out = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let run = pinyin.iter().skip(at).take_while(|syllables| syllables.is_some()).count();
        if run > 0 {
            let taken = from_pinyin(tokens.get(at..at + run).unwrap_or_default(), cut, tables, &mut out);
            if taken > 0 {
                at += taken;
                continue;
            }
        }
        at += 1;
        if token.kind == Kind::Distinct && token.script == Script::Latin {
            out.push(corrected(token, tables));
        } else {
            out.push(token.clone());
        }
    }
    out
}

/// Takes as many tokens from the start as make a Han word of the tables, and says how many.
fn from_pinyin(run: &[Token], cut: Cut, tables: &Tables, out: &mut Vec<Token>) -> usize {
    let mut joined = String::new();
    let mut ends = Vec::new();
    for token in run.iter().take(14) {
        joined.push_str(&token.letters);
        ends.push(joined.len());
    }
    for (count, end) in ends.iter().enumerate().rev() {
        let text = joined.get(..*end).unwrap_or_default();
        let Some(word) = (text.len() > 3).then(|| tables.by_pinyin(text)).flatten() else { continue };
        // As spelt it stays as spelt: only where organisations count is it one.
        let organisation = word.senses.iter().flatten().any(|sense| matches!(sense, Sense::Organisation(_)));
        if organisation && cut == Cut::Words {
            continue;
        }
        if count > 0 && !run.iter().take(count + 1).any(|token| token.kind == Kind::Distinct) {
            continue;
        }
        if count > 0 || (run.first().is_some_and(|token| token.kind == Kind::Distinct) && telling(word)) {
            let mut parts = Vec::new();
            han::known(word, text, Script::Latin, &mut parts);
            push_tokens(parts, out);
            return count + 1;
        }
    }
    let spaced = run.iter().take_while(|token| is_syllable(&token.letters)).count();
    if spaced > 1 {
        let text: String = run.iter().take(spaced).map(|token| token.letters.as_str()).collect();
        respelt(&text, tables, out);
        return spaced;
    }
    if let Some(first) = run.first().filter(|token| token.kind == Kind::Distinct && token.letters.len() > 8)
        && spelt(&first.letters).is_some_and(|syllables| syllables > 3)
    {
        respelt(&first.letters, tables, out);
        return 1;
    }
    0
}

/// Whether a single word in pinyin is likelier to be this than a name: common endings are, 联合 (Lianhe) is not.
fn telling(word: &super::tables::HanWord) -> bool {
    word.letters > 2
        || word.senses.iter().flatten().all(|sense| match sense {
            Sense::Organisation(at) => !tables().is_institution(*at),
            sense => matches!(sense, Sense::Legal | Sense::Word(_, Class::Generic | Class::Sort)),
        })
}

/// Pinyin without spaces as the words the tables know in it; the rest stays one word.
fn respelt(text: &str, tables: &Tables, out: &mut Vec<Token>) {
    let Some(steps) = han::respell(text, tables) else {
        out.push(Token::distinct(text, Script::Latin));
        return;
    };
    let mut unknown: Option<(usize, usize)> = None;
    let flush = |unknown: &mut Option<(usize, usize)>, out: &mut Vec<Token>| {
        if let Some(letters) = unknown.take().and_then(|(from, to)| text.get(from..to)) {
            match syllable_number(letters) {
                Some(value) => out.push(Token::number(value, letters)),
                None => out.push(Token::distinct(letters, Script::Latin)),
            }
        }
    };
    for (word, from, to) in steps {
        match word {
            None => unknown = Some((unknown.map_or(from, |(start, _)| start), to)),
            Some(word) => {
                flush(&mut unknown, out);
                let mut parts = Vec::new();
                han::known(word, text.get(from..to).unwrap_or_default(), Script::Latin, &mut parts);
                push_tokens(parts, out);
            }
        }
    }
    flush(&mut unknown, out);
}

/// 第三 in pinyin.
fn syllable_number(letters: &str) -> Option<u32> {
    let digits = letters.strip_prefix("di")?;
    let known = ["yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu", "shi"];
    let one = |text: &str| known.iter().position(|digit| *digit == text).and_then(|at| u32::try_from(at + 1).ok());
    one(digits).or_else(|| {
        let (tens, ones) = digits.split_once("shi")?;
        let tens = if tens.is_empty() { 1 } else { one(tens)? };
        Some(tens * 10 + if ones.is_empty() { 0 } else { one(ones)? })
    })
}

fn push_tokens(parts: Vec<Part>, out: &mut Vec<Token>) {
    out.extend(parts.into_iter().filter_map(|part| match part {
        Part::Token(token) => Some(token),
        _ => None,
    }));
}

/// A word with digits for letters, or a common word with a typing error in it.
fn corrected(token: &Token, tables: &Tables) -> Token {
    let letters = token.letters.as_str();
    let sense =
        |word: &str| tables.lexicon.inflected(word).filter(|sense| matches!(sense, Sense::Word(..) | Sense::Place(_)));
    let as_word = |sense: &Sense| Token::of(sense, letters, Script::Latin);
    if let Some(unleet) = leet(letters) {
        for one in ["l", "i"] {
            if let Some(token) = sense(&unleet.replace('1', one)).as_ref().and_then(as_word) {
                return token;
            }
        }
        let mixed = ["li", "il"].iter().find_map(|order| sense(&alternate(&unleet, order)));
        if let Some(token) = mixed.as_ref().and_then(as_word) {
            return token;
        }
        let plain = unleet.replace('1', "i");
        return match tables.lexicon.near(&plain).as_ref().and_then(as_word) {
            Some(token) => token,
            None => Token { script: Script::Leet, ..Token::distinct(&plain, Script::Latin) },
        };
    }
    if letters.len() > 6
        && let Some(token) = tables.lexicon.near(letters).as_ref().and_then(as_word)
    {
        return token;
    }
    token.clone()
}

fn alternate(text: &str, order: &str) -> String {
    let mut letters = order.chars().cycle();
    text.chars().map(|letter| if letter == '1' { letters.next().unwrap_or('i') } else { letter }).collect()
}

/// Letters for the digits that stand for them, `1` left open; `None` where digits are more likely digits.
fn leet(word: &str) -> Option<String> {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 || digits == word.len() || !word.is_ascii() {
        return None;
    }
    let mut out = String::with_capacity(word.len());
    for letter in word.chars() {
        out.push(match letter {
            '0' => 'o',
            '3' => 'e',
            '4' => 'a',
            '5' => 's',
            '7' => 't',
            '2' | '6' | '8' | '9' => return None,
            letter => letter,
        });
    }
    let inside = word
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .bytes()
        .any(|c| c.is_ascii_digit());
    let starts = word.starts_with(|c: char| c.is_ascii_alphabetic());
    (starts && word.len() > 3 && (inside || word.len() - digits > 3)).then_some(out)
}

impl super::words::Lexicon {
    /// The one common word this is with a typing error; long words only, as short ones are often other words.
    fn near(&self, word: &str) -> Option<Sense> {
        if word.len() < 7 || !word.is_ascii() {
            return None;
        }
        let bound = if word.len() > 9 { 2 } else { allowed(word.len()).min(1) };
        let mut best: Option<(usize, &Text)> = None;
        for known in self.long_words(word, bound) {
            let found = distance(word, known, bound).filter(|found| best.is_none_or(|(least, _)| *found < least));
            if let Some(found) = found {
                best = Some((found, known));
            }
        }
        best.and_then(|(_, known)| self.single(known)).or_else(|| {
            // Errors are looked for from the second letter on; the first two may have changed places.
            let mut letters: Vec<char> = word.chars().collect();
            letters.swap(0, 1);
            self.single(&letters.into_iter().collect::<String>())
        })
    }
}
