//! Accelerators and what they can do.
//!
//! In: `chips.csv`. Out: [`Chip`]s, found by name or by the word people use (`H100`). It refuses to guess a number.

use std::collections::BTreeMap;

use crate::model::{ChipName, Text};
use crate::written::{Columns, Problems, Row, Source, table};

/// An accelerator. A number that no source gives is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    /// `H100-80GB-SXM`.
    pub name: ChipName,
    /// Its maker.
    pub vendor: Text,
    /// The year it came out.
    pub release_year: Option<u16>,
    /// Whether it is made or sold for data centres.
    pub data_centre: bool,
    /// Memory, GB.
    pub memory_gb: Option<f64>,
    /// Memory bandwidth, GB/s.
    pub memory_bandwidth: Option<f64>,
    /// Aggregate bidirectional transfer rate to other chips, GB/s.
    pub transfer_rate: Option<f64>,
    /// Total processing performance: bit length × dense TOPS.
    pub tpp: Option<f64>,
    /// TPP by die area, per mm².
    pub performance_density: Option<f64>,
    /// Dense bf16 (or fp16) FLOP/s.
    pub bf16_flop_per_s: Option<f64>,
    /// Where the numbers come from.
    pub sources: Text,
    /// What of them is recall, unverified or disputed; empty when nothing is.
    pub marks: Text,
}

impl Chip {
    /// What of its numbers no source was seen for, if anything.
    pub fn doubt(&self) -> Option<&str> {
        match (self.marks.as_str(), self.sources.as_str()) {
            ("", sources) if sources.to_ascii_lowercase().contains("recall") => Some("numbers are recall in part"),
            ("", _) => None,
            (marks, _) => Some(marks),
        }
    }

    /// The words of its name, in lower case: `h100`, `80gb`, `sxm`.
    fn words(&self) -> Vec<Text> {
        words(self.name.as_str())
    }
}

/// The words of a name; makers' own words and the generation of a socket say nothing.
fn words(name: &str) -> Vec<Text> {
    let lower = name.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| {
        !matches!(*word, "" | "nvidia" | "amd" | "intel" | "google" | "huawei" | "aws" | "tesla" | "instinct" | "gpu")
    });
    words
        .map(|word| match word {
            "sxm2" | "sxm3" | "sxm4" | "sxm5" | "sxm6" => Text::new("sxm"),
            word => Text::new(word),
        })
        .collect()
}

/// All chips, by name, and what else they are called.
#[derive(Clone, Debug, Default)]
pub(super) struct Chips {
    list: Vec<Chip>,
    /// Squeezed names (`h10080gbsxm`) and family words (`h100`) → index.
    called: BTreeMap<Text, usize>,
    /// The words of each chip's name, beside `list`.
    words: Vec<Vec<Text>>,
}

const REQUIRED: &[&str] = &[
    "chip",
    "vendor",
    "release_year",
    "datacenter",
    "memory_gb",
    "mem_bw_gb_s",
    "interconnect_gb_s_bidir",
    "tpp",
    "performance_density",
    "bf16_dense_flop_per_s",
    "sources",
    "unverified_or_disputed",
];
/// Kept in the file for people: what the numbers above were worked out from.
const UNREAD: &[&str] = &[
    "process_nm",
    "nonplanar",
    "die_area_mm2",
    "fp64_tflops",
    "fp32_tflops",
    "bf16_fp16_dense_tflops",
    "fp8_dense_tflops",
    "int8_dense_tops",
    "fp6_dense_tflops",
    "fp4_dense_tflops",
    "int4_dense_tops",
    "tpp_basis",
    "tpp_epoch",
    "h100e_8bit",
    "h100e_bf16",
];

impl Chips {
    pub(super) fn read(source: &Source, problems: &mut Problems) -> Self {
        let mut list: Vec<Chip> = Vec::with_capacity(source.text.lines().count());
        table(source, Columns { required: REQUIRED, optional: UNREAD }, problems, |row, problems| {
            let Some(chip) = read_chip(row, problems) else { return };
            if list.iter().any(|known| known.name.as_str().eq_ignore_ascii_case(chip.name.as_str())) {
                problems.add(row.place("chip"), format!("chip {:?} stands here twice", chip.name.as_str()));
            } else {
                list.push(chip);
            }
        });
        Self::of(list)
    }

    fn of(list: Vec<Chip>) -> Self {
        let words: Vec<_> = list.iter().map(Chip::words).collect();
        let mut order: Vec<usize> = (0..list.len()).collect();
        order.sort_by(|a, b| standing(list.get(*a)).total_cmp(&standing(list.get(*b))).reverse());
        let mut called = BTreeMap::new();
        for (index, chip) in list.iter().enumerate() {
            called.insert(squeezed(chip.name.as_str()), index);
        }
        // A family word stands for the first by `standing`; a whole name always for itself.
        for index in order {
            if let Some(family) = words.get(index).and_then(|words| model_word(words)) {
                called.entry(family.clone()).or_insert(index);
            }
        }
        Self { list, called, words }
    }

    /// The chip of exactly this name, in any case.
    pub(super) fn index_of(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|chip| chip.name.as_str().eq_ignore_ascii_case(name))
    }

    pub(super) fn get(&self, index: usize) -> Option<&Chip> {
        self.list.get(index)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Chip> {
        self.list.iter()
    }

    /// The chip people mean: by its name in any writing, by its family word, or by words that lead to few.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        if let Some(index) = self.called.get(&squeezed(name)) {
            return Some(*index);
        }
        let asked = words(name);
        let fits = |words: &[Text]| {
            model_word(words).is_some_and(|model| asked.contains(model))
                && asked.iter().all(|word| words.contains(word))
        };
        let fitting = self.words.iter().enumerate().rev().filter(|(_, words)| fits(words));
        fitting.map(|(index, _)| index).max_by(|a, b| standing(self.get(*a)).total_cmp(&standing(self.get(*b))))
    }

    /// Whether a word is a chip's family word: `h100`, `mi300x`, `v5e`.
    pub(super) fn is_family(&self, word: &str) -> bool {
        self.called.contains_key(word)
    }
}

/// The word that says which chip it is: the first with a digit (`h100`, `4090`, `v5e`).
fn model_word(words: &[Text]) -> Option<&Text> {
    words.iter().find(|word| word.bytes().any(|b| b.is_ascii_digit()))
}

/// Letters and digits only.
fn squeezed(name: &str) -> Text {
    words(name).iter().map(Text::as_str).collect::<String>().into()
}

/// Who stands for a family where a name leaves several: the most performance, then transfer rate, then the earliest,
/// then memory bandwidth. A family's chips mostly share their class; where not, the stricter is named.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Standing([f64; 4]);

impl Standing {
    fn total_cmp(&self, other: &Self) -> std::cmp::Ordering {
        let pairs = self.0.iter().zip(&other.0);
        pairs.map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
    }
}

fn standing(chip: Option<&Chip>) -> Standing {
    let Some(chip) = chip else { return Standing([0.0; 4]) };
    let number = |n: Option<f64>| n.unwrap_or(0.0);
    let year = chip.release_year.map_or(0.0, f64::from);
    Standing([number(chip.tpp), number(chip.transfer_rate), -year, number(chip.memory_bandwidth)])
}

fn read_chip(row: Row<'_>, problems: &mut Problems) -> Option<Chip> {
    let name = row.cell("chip");
    if name.is_empty() {
        problems.add(row.place("chip"), "a chip needs a name");
        return None;
    }
    let mut number = |column: &str| match row.cell(column) {
        "" => None,
        text => match text.parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Some(number),
            _ => {
                let what = format!("{column} of chip {name} must be a number not below 0, got {text:?}");
                problems.add(row.place(column), what);
                None
            }
        },
    };
    let chip = Chip {
        name: ChipName::new(name),
        vendor: row.cell("vendor").into(),
        release_year: number("release_year").map(|year| year as u16),
        data_centre: row.cell("datacenter").starts_with("yes"),
        memory_gb: number("memory_gb"),
        memory_bandwidth: number("mem_bw_gb_s"),
        transfer_rate: number("interconnect_gb_s_bidir"),
        tpp: number("tpp"),
        performance_density: number("performance_density"),
        bf16_flop_per_s: number("bf16_dense_flop_per_s"),
        sources: row.cell("sources").into(),
        marks: row.cell("unverified_or_disputed").into(),
    };
    if !matches!(row.cell("datacenter"), "yes" | "no" | "no(consumer)" | "no(workstation)") {
        let what =
            format!("datacenter must be yes, no, no(consumer) or no(workstation), got {:?}", row.cell("datacenter"));
        problems.add(row.place("datacenter"), what);
    }
    Some(chip)
}
