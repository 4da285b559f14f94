//! What the words of a row say: whose it is, which machine, which meter, and what class of charge.

use serde_json::Value;

use super::columns::Column;
use crate::decode::billing::provider_named;
use crate::decode::billing_words::{aws_class, azure_meter, instance_type, mentions_accelerator, usage_type};
use crate::decode::layout::Row;
use crate::model::{BilledClass, Provider};

/// The words of a row.
pub(super) struct Words<'a> {
    /// Whose service it is.
    pub(super) provider: Provider,
    /// The instance type, where the row names one.
    pub(super) sku: Option<String>,
    /// The meter or description.
    pub(super) meter: Option<&'a str>,
    /// The billed resource is a machine.
    pub(super) is_machine: bool,
    /// Columns that describe what is billed.
    texts: Vec<&'a str>,
    unused: bool,
}

/// Columns that describe what is billed; AWS and Microsoft put theirs under `x_`.
const TEXTS: &[Column] = &[
    Column::SkuMeter,
    Column::UsageType,
    Column::MeterName,
    Column::ChargeDescription,
    Column::SkuDescription,
    Column::MeterSubcategory,
    Column::MeterCategory,
    Column::InstanceType,
    Column::ServiceName,
    Column::ResourceType,
];

/// Columns that may be the meter, the best first; one that speaks of accelerators is better than a part number.
const METERS: &[Column] =
    &[Column::SkuMeter, Column::UsageType, Column::MeterName, Column::ChargeDescription, Column::SkuDescription];

/// What [`may_matter`] reads.
pub(super) const LOOKED_AT: &[usize] = &[
    Column::SkuMeter as usize,
    Column::UsageType as usize,
    Column::MeterName as usize,
    Column::ChargeDescription as usize,
    Column::SkuDescription as usize,
    Column::MeterSubcategory as usize,
    Column::MeterCategory as usize,
    Column::InstanceType as usize,
    Column::ServiceName as usize,
    Column::ResourceType as usize,
    Column::SkuPriceDetails as usize,
    Column::DetailInstanceType as usize,
    Column::SkuDetails as usize,
];

/// Whether a row may be worth keeping: a cheap look, more generous than [`Words::is_relevant`].
pub(super) fn may_matter(row: &Row<'_>) -> bool {
    let details = [Column::SkuPriceDetails, Column::DetailInstanceType, Column::SkuDetails];
    row.get(Column::ResourceType).is_some_and(is_machine)
        || TEXTS.iter().chain(&details).any(|column| row.mentions(*column))
}

impl<'a> Words<'a> {
    /// Reads them.
    pub(super) fn of(row: &Row<'a>) -> Self {
        let provider = provider(row);
        let unused = [Column::CapacityReservationStatus, Column::CommitmentDiscountStatus]
            .iter()
            .any(|column| row.get(*column).is_some_and(|status| status.eq_ignore_ascii_case("unused")));
        Self {
            sku: sku(row, &provider),
            provider,
            meter: meter(row),
            is_machine: row.get(Column::ResourceType).is_some_and(is_machine),
            texts: TEXTS.iter().filter_map(|column| row.get(*column)).collect(),
            unused,
        }
    }

    /// Whether the row is worth keeping.
    pub(super) fn is_relevant(&self) -> bool {
        self.is_machine || self.sku.as_deref().is_some_and(mentions_accelerator) || self.mentions_accelerator()
    }

    /// Whether any column speaks of accelerators or tokens.
    pub(super) fn mentions_accelerator(&self) -> bool {
        self.texts.iter().any(|text| mentions_accelerator(text))
    }

    /// Whether any column has one of these words (in lower case).
    pub(super) fn has(&self, words: &[&str]) -> bool {
        let has = |text: &str| {
            text.split(|c: char| !c.is_alphanumeric()).any(|word| words.iter().any(|w| word.eq_ignore_ascii_case(w)))
        };
        self.texts.iter().any(|text| has(text))
    }

    /// What class of charge it is.
    pub(super) fn class(&self, category: &str) -> BilledClass {
        match category.to_ascii_lowercase().as_str() {
            "credit" | "adjustment" => return BilledClass::Credit,
            "purchase" | "tax" => return BilledClass::Fee,
            _ => {}
        }
        let usage_types = self.texts.iter().filter_map(|text| usage_type(text));
        if let Some(class) = usage_types.filter_map(aws_class).next() {
            return class;
        }
        match () {
            () if self.unused => BilledClass::Held,
            // Licences and software are billed by the hour beside the machine.
            () if self.has(&["license", "licence", "licenses", "licences", "software", "workstation"]) => {
                BilledClass::Fee
            }
            // Google bills commitments as usage.
            () if self.provider.as_str() == "gcp" && self.has(&["commitment"]) => BilledClass::Fee,
            () => BilledClass::Run,
        }
    }
}

fn meter<'a>(row: &Row<'a>) -> Option<&'a str> {
    let mut meters = METERS.iter().filter_map(|column| row.get(*column));
    meters.clone().find(|meter| mentions_accelerator(meter)).or_else(|| meters.next())
}

/// Later versions call the column `ServiceProviderName`.
fn provider(row: &Row<'_>) -> Provider {
    let name = [Column::ProviderName, Column::ServiceProviderName, Column::PublisherName]
        .iter()
        .find_map(|column| row.get(*column));
    let name = name.unwrap_or("unknown");
    match provider_named(name) {
        Some(provider) => Provider::new(provider),
        None => Provider::new(name.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-")),
    }
}

fn is_machine(resource_type: &str) -> bool {
    let ends_with = |end: &str| {
        let start = resource_type.len().checked_sub(end.len());
        start.and_then(|start| resource_type.get(start..)).is_some_and(|found| found.eq_ignore_ascii_case(end))
    };
    let is_any = |word: &str, of: &[&str]| of.iter().any(|name| word.eq_ignore_ascii_case(name));
    ends_with("virtualmachines")
        || ends_with("virtual machine")
        || is_any(resource_type, &["vm"])
        || resource_type.split(|c: char| !c.is_alphanumeric()).any(|word| is_any(word, &["instance", "instances"]))
}

/// The instance type: of the price's details, of Microsoft's own column, behind the colon of a usage type, or as the
/// text names it.
fn sku(row: &Row<'_>, provider: &Provider) -> Option<String> {
    let inner = || row.get(Column::DetailInstanceType).map(str::to_owned);
    let details =
        || row.get(Column::SkuPriceDetails).and_then(|text| detail(text, &["InstanceType", "x_InstanceType"]));
    let own = || row.get(Column::InstanceType).map(str::to_owned);
    let azure = || row.get(Column::SkuDetails).and_then(|text| detail(text, &["ServiceType", "ServerSku"]));
    if let Some(named) = inner().or_else(details).or_else(own).or_else(azure) {
        return Some(instance_type(&named).unwrap_or(named));
    }
    let columns =
        [Column::UsageType, Column::SkuMeter, Column::MeterName, Column::ResourceType, Column::ChargeDescription];
    let texts = columns.iter().filter_map(|column| row.get(*column));
    texts.clone().find_map(instance_type).or_else(|| {
        let category = row.get(Column::MeterCategory).or_else(|| row.get(Column::ServiceName))?;
        let meter = row.get(Column::MeterName).or_else(|| row.get(Column::SkuMeter))?;
        (provider.as_str() == "azure").then(|| azure_meter(category, meter)).flatten()
    })
}

/// A key of a JSON column.
fn detail(text: &str, keys: &[&str]) -> Option<String> {
    let details: Value = serde_json::from_str(text).ok()?;
    let named = keys.iter().find_map(|key| details.get(key)?.as_str())?.trim();
    (!named.is_empty()).then(|| named.to_owned())
}

/// Chips in one priced unit, where the price's details say so and name no machine.
pub(super) fn chips(row: &Row<'_>) -> Option<u32> {
    let details: Value = serde_json::from_str(row.get(Column::SkuPriceDetails)?).ok()?;
    let count = details.get("GpuCount")?;
    // Some write `8.0`.
    let count = count.as_f64().or_else(|| count.as_str()?.trim().parse().ok())?;
    let is_whole = count.fract() == 0.0 && (1.0..=f64::from(u16::MAX)).contains(&count);
    is_whole.then_some(count as u32)
}
