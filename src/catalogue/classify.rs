//! `tidewaiter classify`: what a SKU or chip is and how it is controlled, in words and as JSON.
//!
//! In: the catalogue, a word, perhaps a provider, and a day. Out: [`Classified`]. It refuses to let an unknown
//! accelerator pass quietly.

use std::fmt;

use serde::Serialize;

use super::{Catalogue, Chip, Control, SkuMeaning};
use crate::model::{ChipName, Day, Micros, Provider, Text};

/// Everything a word stands for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Classified {
    /// The word as asked.
    pub asked: Text,
    /// The day it was asked for.
    pub on: Day,
    /// What it stands for; never empty.
    pub findings: Vec<Finding>,
}

/// One thing a word stands for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Finding {
    /// Accelerators that a provider sells.
    Sku {
        /// Who sells it; `any` for a chip sold by its own name.
        provider: Text,
        /// Which chip.
        chip: ChipName,
        /// How many.
        count: Micros,
        /// How the chip is controlled.
        #[serde(flatten)]
        control: Control,
        /// Where the table has it from; recall and unverified are said there.
        source: Text,
    },
    /// A chip.
    Chip {
        /// Which.
        chip: ChipName,
        /// How it is controlled.
        #[serde(flatten)]
        control: Control,
    },
    /// It looks like an accelerator and is not in the catalogue.
    Unknown {
        /// The providers for which it looks so.
        providers: Vec<Text>,
    },
    /// No accelerator is known by this name and it does not look like one.
    Ordinary,
}

impl Classified {
    /// Whether it looks like an accelerator that the catalogue does not know, or one whose class is not known.
    pub fn is_unknown(&self) -> bool {
        self.findings.iter().any(|finding| matches!(finding, Finding::Unknown { .. }))
    }
}

/// What a word stands for on a day. Without a provider every provider of the table is tried.
pub fn describe(catalogue: &Catalogue, word: &str, provider: Option<&Provider>, on: Day) -> Classified {
    let word = word.trim();
    let providers: Vec<Text> = match provider {
        Some(provider) => vec![provider.as_str().to_ascii_lowercase().into()],
        None => catalogue.providers().cloned().chain(["any".into()]).collect(),
    };
    let mut findings = Vec::new();
    let mut looks = Vec::new();
    if let (None, Some(chip)) = (provider, catalogue.chip(word)) {
        findings.push(Finding::Chip { chip: chip.name.clone(), control: catalogue.control(chip, on) });
    }
    for provider in providers {
        let (meaning, sold) = catalogue.look_up(&provider, word);
        match meaning {
            // A bare chip name is told as the chip, not also as a SKU of nobody.
            SkuMeaning::Accelerator { .. } if provider == "any" && !findings.is_empty() => {}
            SkuMeaning::Accelerator { chip, count } => {
                let row = sold.and_then(|sold| catalogue.skus.row(&provider, sold.line));
                let source = row.map_or_else(|| "read from its name".into(), |(_, source)| source.clone());
                findings.push(sku(catalogue, chip, (provider, count.0), source, on));
            }
            SkuMeaning::Unknown => looks.push(provider),
            SkuMeaning::Ordinary => {}
        }
    }
    if findings.is_empty() {
        findings.push(if looks.is_empty() { Finding::Ordinary } else { Finding::Unknown { providers: looks } });
    }
    Classified { asked: word.into(), on, findings }
}

fn sku(catalogue: &Catalogue, chip: &Chip, (provider, count): (Text, Micros), source: Text, on: Day) -> Finding {
    Finding::Sku { provider, chip: chip.name.clone(), count, control: catalogue.control(chip, on), source }
}

impl fmt::Display for Classified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, on, findings } = self;
        for (index, finding) in findings.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            match finding {
                Finding::Sku { provider, chip, count, control, source } => {
                    write!(f, "{asked} ({provider}): {count} × {chip}")?;
                    told(f, control, *on)?;
                    write!(f, "\n  table: {source}")?;
                }
                Finding::Chip { chip, control } => {
                    write!(f, "{asked}: chip {chip}")?;
                    told(f, control, *on)?;
                }
                Finding::Unknown { providers } => write!(
                    f,
                    "{asked}: UNKNOWN — looks like an accelerator and is not in the catalogue ({}); \
                     add it to the SKU table, until then nothing can be said of its control",
                    providers.join(", ")
                )?,
                Finding::Ordinary => write!(f, "{asked}: no accelerator is known by this name")?,
            }
        }
        Ok(())
    }
}

fn told(f: &mut fmt::Formatter<'_>, control: &Control, on: Day) -> fmt::Result {
    let Control { class, controlled, status, cites, notes } = control;
    let controlled = if *controlled { "controlled" } else { "not controlled" };
    let controlled = if class.as_str() == "unknown" { "not known whether controlled" } else { controlled };
    write!(f, "\n  on {on}: {}, {controlled}, {}", class.as_str(), status.as_str())?;
    if !cites.is_empty() {
        write!(f, "\n  cites: {}", cites.join("; "))?;
    }
    notes.iter().try_for_each(|note| write!(f, "\n  - {note}"))
}
