//! Han: words cut out of runs without spaces, and their pinyin.
//!
//! In: simplified Han. Out: tokens, in the words of the tables where they know them; syllables.

use std::sync::LazyLock;

use pinyin::{ToPinyin, ToPinyinMulti};

use super::dictionary::Dictionary;
use super::sound::syllables;
use super::tables::{HanWord, Tables};
use super::token::{Script, Token, mask};
use super::words::Part;
use crate::model::Text;

/// Letters whose usual reading in names is not the first in the dictionary, and words that settle one.
const READINGS: &[(&str, &str)] = &[
    ("重庆", "chong qing"),
    ("银行", "yin hang"),
    ("厦门", "xia men"),
    ("会计", "kuai ji"),
    ("六安", "lu an"),
    ("蚌埠", "beng bu"),
    ("西藏", "xi zang"),
    ("成都", "cheng du"),
    ("首都", "shou du"),
    ("朝阳", "chao yang"),
    ("乐山", "le shan"),
    ("调度", "diao du"),
    ("长", "chang"),
    ("都", "du"),
    ("车", "che"),
    ("传", "chuan"),
    ("省", "sheng"),
    ("系", "xi"),
    ("校", "xiao"),
    ("量", "liang"),
    ("厂", "chang"),
    ("行", "hang"),
    ("重", "zhong"),
    ("乐", "le"),
    ("会", "hui"),
    ("参", "can"),
    ("弹", "dan"),
    ("单", "dan"),
    ("调", "diao"),
    ("藏", "zang"),
    ("朝", "chao"),
    ("盛", "sheng"),
    ("曾", "zeng"),
    ("沈", "shen"),
    ("种", "zhong"),
    ("发", "fa"),
    ("得", "de"),
    ("地", "di"),
    ("的", "de"),
    ("了", "liao"),
    ("和", "he"),
    ("与", "yu"),
    ("为", "wei"),
    ("中", "zhong"),
    ("大", "da"),
    ("理", "li"),
    ("航", "hang"),
    ("空", "kong"),
    ("强", "qiang"),
    ("化", "hua"),
    ("工", "gong"),
    ("万", "wan"),
    ("尽", "jin"),
];

/// The same by first letter, in the same order: words, each with its syllables.
type Readings = Dictionary<char, Vec<(&'static str, Vec<Text>)>>;

fn readings() -> &'static Readings {
    static READ: LazyLock<Readings> = LazyLock::new(|| {
        let mut all = Readings::default();
        for (word, syllables) in READINGS {
            let Some(first) = word.chars().next() else { continue };
            let syllables = syllables.split(' ').map(Text::new_static).collect();
            all.or_make(first, Vec::new).push((*word, syllables));
        }
        all
    });
    &READ
}

/// The usual reading of every letter.
pub(super) fn read(text: &str) -> Vec<Text> {
    let mut out = Vec::with_capacity(text.len() / 3);
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let known = readings().get(&letter).into_iter().flatten().find(|(word, _)| rest.starts_with(word));
        if let Some((word, known)) = known {
            out.extend(known.iter().cloned());
            rest = rest.get(word.len()..).unwrap_or_default();
            continue;
        }
        out.push(match letter.to_pinyin().map(|found| found.plain()) {
            Some(plain) if plain.is_ascii() => Text::new_static(plain),
            Some(plain) => Text::new(plain.replace('ü', "v")),
            None => Text::new(letter.encode_utf8(&mut [0; 4])),
        });
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    out
}

/// The same without spaces.
pub(super) fn joined(text: &str) -> Text {
    Text::new(read(text).concat())
}

/// Whether Latin letters spell all these Han letters, by any of their readings.
pub(super) fn spells(latin: &str, han: &str) -> bool {
    let mut letters = han.chars();
    let Some(letter) = letters.next() else { return latin.is_empty() };
    let follows = |rest: Option<&str>| rest.is_some_and(|rest| spells(rest, letters.as_str()));
    let Some(readings) = letter.to_pinyin_multi() else { return false };
    readings.into_iter().map(|reading| reading.plain()).any(|reading| match reading.split_once('ü') {
        None => follows(latin.strip_prefix(reading)),
        Some((before, after)) => ["v", "u", "yu"].into_iter().any(|vowel| {
            follows(latin.strip_prefix(before).and_then(|rest| rest.strip_prefix(vowel)?.strip_prefix(after)))
        }),
    })
}

/// Letters that what spells a Han letter, by any of its readings, may begin with, a bit each.
pub(super) fn spelt_from(letter: char) -> u32 {
    let firsts =
        |reading: &str| mask(if reading.starts_with('ü') { "vuy" } else { reading.get(..1).unwrap_or_default() });
    letter.to_pinyin_multi().into_iter().flatten().fold(0, |all, reading| all | firsts(reading.plain()))
}

/// One way to come to a letter: by a word of the tables, or by a letter they do not know.
#[derive(Clone, Copy)]
struct Step<'a> {
    cost: u32,
    word: Option<&'a HanWord>,
    from: usize,
}

/// Parts of a run of Han. Known words cost less than letters nobody knows, and few words less than many.
pub(super) fn cut(text: &str, tables: &Tables, out: &mut Vec<Part>) {
    let letters: Vec<(usize, char)> = text.char_indices().collect();
    let mut best: Vec<Option<Step<'_>>> = vec![None; letters.len() + 1];
    if let Some(first) = best.first_mut() {
        *first = Some(Step { cost: 0, word: None, from: 0 });
    }
    for (at, (byte, letter)) in letters.iter().enumerate() {
        let Some(here) = best.get(at).copied().flatten() else { continue };
        offer(&mut best, at + 1, Step { cost: here.cost + 12, word: None, from: at });
        let rest = text.get(*byte..).unwrap_or_default();
        for word in tables.han_words(*letter).iter().filter(|word| rest.starts_with(word.text.as_str())) {
            if word.letters > 1 || at > 0 || letters.len() == 1 {
                let cost = if word.letters > 1 {
                    10
                } else if stands_alone(word) {
                    11
                } else {
                    14
                };
                offer(&mut best, at + word.letters, Step { cost: here.cost + cost, word: Some(word), from: at });
            }
        }
    }
    let byte = |at: usize| letters.get(at).map_or(text.len(), |(byte, _)| *byte);
    let mut unknown: Option<(usize, usize)> = None;
    for (word, from, to) in walked(&best) {
        let Some(word) = word else {
            unknown = Some((unknown.map_or(from, |(start, _)| start), to));
            continue;
        };
        flush(text, unknown.take().map(|(from, to)| (byte(from), byte(to))), out);
        known(word, text.get(byte(from)..byte(to)).unwrap_or_default(), Script::Han, out);
    }
    flush(text, unknown.map(|(from, to)| (byte(from), byte(to))), out);
}

/// Of single letters only the sort of an organisation and the level of a place are words by themselves: 所, 院, 市.
fn stands_alone(word: &HanWord) -> bool {
    "所院厂局厅部校系港市省县区乡镇村队与及暨".contains(word.text.as_str())
}

fn offer<'a>(best: &mut [Option<Step<'a>>], to: usize, step: Step<'a>) {
    if let Some(cell) = best.get_mut(to).filter(|cell| cell.is_none_or(|known| known.cost > step.cost)) {
        *cell = Some(step);
    }
}

/// The cheapest way, from the start.
fn walked<'a>(best: &[Option<Step<'a>>]) -> Vec<(Option<&'a HanWord>, usize, usize)> {
    let mut steps = Vec::new();
    let mut at = best.len().saturating_sub(1);
    while at > 0 {
        let Some(step) = best.get(at).copied().flatten() else { break };
        steps.push((step.word, step.from, at));
        at = step.from;
    }
    steps.reverse();
    steps
}

/// Letters nobody knows are one word.
fn flush(text: &str, unknown: Option<(usize, usize)>, out: &mut Vec<Part>) {
    let Some(letters) = unknown.and_then(|(from, to)| text.get(from..to)) else { return };
    let (before, after) = letters.split_at(letters.find('第').unwrap_or(0));
    for letters in [before, after].into_iter().filter(|letters| !letters.is_empty()) {
        match number(letters) {
            Some(value) => out.push(Part::Token(Token::number(value, letters))),
            None => out.push(Part::Token(Token::distinct(letters, Script::Han))),
        }
    }
}

/// The parts a known word stands for.
pub(super) fn known(word: &HanWord, letters: &str, script: Script, out: &mut Vec<Part>) {
    for alternatives in &word.senses {
        let Some((first, others)) = alternatives.split_first() else { continue };
        match Token::of(first, letters, script) {
            Some(token) => {
                let others = others.iter().filter_map(|sense| Token::of(sense, letters, script));
                out.push(Part::Token(token.or(others)));
            }
            None => out.push(Part::of(first, letters)),
        }
    }
}

/// The number a run of Han digits writes, with or without 第: 第十四, 五十四, 二〇三.
pub(super) fn number(text: &str) -> Option<u32> {
    let (ordinal, digits) = text.strip_prefix('第').map_or((false, text), |digits| (true, digits));
    let mut total = 0_u32;
    let mut last: Option<u32> = None;
    let mut seen = 0;
    for letter in digits.chars() {
        seen += 1;
        if let Some(value) =
            "〇一二三四五六七八九".chars().position(|digit| digit == letter).and_then(|at| u32::try_from(at).ok())
        {
            last = Some(last.map_or(value, |last| last.saturating_mul(10).saturating_add(value)));
        } else {
            let unit = match letter {
                '零' => {
                    last = last.map(|last| last * 10);
                    continue;
                }
                '十' => 10,
                '百' => 100,
                '千' => 1000,
                _ => return None,
            };
            total = total.saturating_add(last.take().unwrap_or(1).saturating_mul(unit));
        }
    }
    (seen > usize::from(!ordinal)).then_some(total.saturating_add(last.unwrap_or(0)))
}

/// Words of joined pinyin, where the tables know at least one; each with the letters it takes.
pub(super) fn respell<'a>(latin: &str, tables: &'a Tables) -> Option<Vec<(Option<&'a HanWord>, usize, usize)>> {
    let mut best: Vec<Option<Step<'a>>> = vec![None; latin.len() + 1];
    *best.first_mut()? = Some(Step { cost: 0, word: None, from: 0 });
    for at in 0..latin.len() {
        let Some(here) = best.get(at).copied().flatten() else { continue };
        let rest = latin.get(at..)?;
        for end in syllables(rest.as_bytes()) {
            offer(&mut best, at + end, Step { cost: here.cost + 12, word: None, from: at });
        }
        for end in 4..=rest.len().min(40) {
            if let Some(word) = rest.get(..end).and_then(|part| tables.by_pinyin(part)) {
                offer(&mut best, at + end, Step { cost: here.cost + 10, word: Some(word), from: at });
            }
        }
    }
    let steps = walked(&best);
    let whole = steps.first().is_some_and(|step| step.1 == 0) && steps.last().is_some_and(|step| step.2 == latin.len());
    (whole && steps.iter().any(|step| step.0.is_some())).then_some(steps)
}
