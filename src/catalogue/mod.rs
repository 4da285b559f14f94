//! What a SKU is made of, how a chip is controlled on a day, and which country belongs to which group.
//!
//! In: tables and files as text (`config/catalogue`, `config/controls.yaml`, `config/jurisdictions.yaml`). Out: meanings.
//! It refuses to know accounts, parties and time as it passes: the day is handed in.

mod chip;
mod classify;
mod control;
mod dated;
mod jurisdictions;
mod looks;
mod sku;

use crate::model::{ChipCount, Day, Micros, Provider, Sku, Text};
use crate::written::{Problems, Source};

pub use chip::Chip;
pub use classify::{Classified, Finding, describe};
pub use control::{Control, ControlClass};
pub use dated::ControlStatus;
pub use jurisdictions::Jurisdictions;

use chip::Chips;
use control::Controls;
use sku::{Skus, Sold, fold};

/// Chips, SKUs and controls.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    chips: Chips,
    skus: Skus,
    controls: Controls,
}

/// What a SKU stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SkuMeaning<'a> {
    /// So many of a chip.
    Accelerator {
        /// Which.
        chip: &'a Chip,
        /// How many; fractions of a chip are sold.
        count: ChipCount,
    },
    /// No accelerator in it.
    Ordinary,
    /// It looks like an accelerator and is not in the table, the table does not say how many, or it has no name at all.
    Unknown,
}

impl Catalogue {
    /// Reads the three files; every problem of all of them at once.
    pub fn read(chips: &Source, skus: &Source, controls: &Source) -> Result<Self, Problems> {
        let mut problems = Problems::of(&chips.name);
        let chips = Chips::read(chips, &mut problems);
        let mut of_skus = Problems::of(&skus.name);
        let skus = Skus::read(skus, &chips, &mut of_skus);
        problems.append(of_skus);
        let mut of_controls = Problems::of(&controls.name);
        let controls = Controls::read(controls, &chips, &mut of_controls);
        problems.append(of_controls);
        problems.or(Self { chips, skus, controls })
    }

    /// What a provider's SKU, usage type or meter stands for.
    pub fn sku(&self, provider: &Provider, sku: &Sku) -> SkuMeaning<'_> {
        self.look_up(provider.as_str(), sku.as_str()).0
    }

    /// The meaning, and the row it rests on where there is one.
    fn look_up(&self, provider: &str, name: &str) -> (SkuMeaning<'_>, Option<Sold>) {
        let provider = match provider {
            "aws-sagemaker" => "aws",
            other => other,
        };
        let folded = fold(provider, name);
        if folded.is_empty() {
            return (SkuMeaning::Unknown, None);
        }
        if let Some(sold) = self.skus.find(provider, &folded) {
            let meaning = match (self.chips.get(sold.chip), sold.count) {
                (Some(chip), Some(count)) => SkuMeaning::Accelerator { chip, count },
                _ => SkuMeaning::Unknown,
            };
            return (meaning, Some(sold));
        }
        let meaning = match self.plain(provider, &folded) {
            Some((chip, count)) => SkuMeaning::Accelerator { chip, count },
            None if looks::accelerator(provider, &folded, &self.chips) => SkuMeaning::Unknown,
            None => SkuMeaning::Ordinary,
        };
        (meaning, None)
    }

    /// Providers without rows often sell chips by their own names: `h100.8`, `8xh100`, `h100x8`, `h100`.
    fn plain(&self, provider: &str, folded: &str) -> Option<(&Chip, ChipCount)> {
        if self.skus.knows(provider) {
            return None;
        }
        let number = |text: &str| text.parse::<u16>().ok().filter(|n| *n > 0 && !text.starts_with('+'));
        // A bare number is nobody's chip, though people say `4090`.
        let spoken = |name: &str| name.contains(|c: char| c.is_ascii_alphabetic());
        let named = |name: &str| if spoken(name) { self.chips.find(name.trim_matches(['_', '-'])) } else { None };
        let after = folded.rsplit_once(['.', 'x', '*']).and_then(|(name, n)| Some((named(name)?, number(n)?)));
        let before = || folded.split_once(['x', '*']).and_then(|(n, name)| Some((named(name)?, number(n)?)));
        let (chip, count) = after.or_else(before).or_else(|| named(folded).map(|chip| (chip, 1)))?;
        Some((self.chips.get(chip)?, ChipCount(Micros::whole(i64::from(count))?)))
    }

    /// A chip by its name in any writing, or by the word people use: `H100`, `MI300X`, `A100 80GB`.
    pub fn chip(&self, name: &str) -> Option<&Chip> {
        self.chips.find(name).and_then(|index| self.chips.get(index))
    }

    /// Every chip, in the order of the table.
    pub fn chips(&self) -> impl Iterator<Item = &Chip> {
        self.chips.iter()
    }

    /// The providers whose SKUs the table knows.
    pub fn providers(&self) -> impl Iterator<Item = &Text> {
        self.skus.providers()
    }

    /// How a chip is controlled on a day.
    pub fn control(&self, chip: &Chip, on: Day) -> Control {
        self.controls.of(chip, on)
    }

    /// The same catalogue as somebody knew it on a day: what was published later is hidden, and so are ends that were
    /// announced later.
    pub fn known_on(&self, day: Day) -> Self {
        Self { controls: self.controls.known_on(day), ..self.clone() }
    }
}

#[cfg(test)]
mod tests;
