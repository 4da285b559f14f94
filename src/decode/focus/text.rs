//! What the words of a row say: whose it is, which machine, which meter, and what class of charge.

use serde_json::Value;

use super::Row;
use crate::decode::billing_words::{instance_type, mentions_accelerator};
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
const TEXTS: &[&str] = &[
    "skumeter",
    "x_usagetype",
    "x_skumetername",
    "chargedescription",
    "x_skudescription",
    "x_skumetersubcategory",
    "x_skumetercategory",
    "x_skuinstancetype",
    "servicename",
    "resourcetype",
];

/// Columns that may be the meter, the best first; one that speaks of accelerators is better than a part number.
const METERS: &[&str] = &["skumeter", "x_usagetype", "x_skumetername", "chargedescription", "x_skudescription"];

impl<'a> Words<'a> {
    /// Reads them.
    pub(super) fn of(row: &Row<'a>) -> Self {
        let provider = provider(row);
        let unused = ["capacityreservationstatus", "commitmentdiscountstatus"]
            .iter()
            .any(|column| row.get(column).is_some_and(|status| status.eq_ignore_ascii_case("unused")));
        Self {
            sku: sku(row, &provider),
            provider,
            meter: meter(row),
            is_machine: row.get("resourcetype").is_some_and(is_machine),
            texts: TEXTS.iter().filter_map(|column| row.get(column)).collect(),
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
    let mut meters = METERS.iter().filter_map(|column| row.get(column));
    meters.clone().find(|meter| mentions_accelerator(meter)).or_else(|| meters.next())
}

/// `BoxUsage` of `USE1-BoxUsage:p5.48xlarge`.
fn usage_type(text: &str) -> Option<&str> {
    let (before, after) = text.split_once(':')?;
    let word = before.rsplit('-').next()?;
    (!after.starts_with(' ') && !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(word)
}

/// Held capacity, the zero-rated twins of what ran on it, and what is billed by the hour beside the machine.
fn aws_class(usage_type: &str) -> Option<BilledClass> {
    match usage_type {
        "UnusedBox" | "UnusedDed" => Some(BilledClass::Held),
        "Reservation" | "DedicatedRes" | "CapacityBlockFee" | "EBSOptimized" | "CPUCredits" => Some(BilledClass::Fee),
        _ => None,
    }
}

/// Later versions call the column `ServiceProviderName`.
fn provider(row: &Row<'_>) -> Provider {
    let name = ["providername", "serviceprovidername", "publishername"].iter().find_map(|column| row.get(column));
    let lower = name.unwrap_or("unknown").to_lowercase();
    let starts = |word: &str| lower.starts_with(word);
    let known = match () {
        () if starts("aws") || starts("amazon") => "aws",
        () if starts("microsoft") || starts("azure") => "azure",
        () if starts("oracle") || lower == "oci" => "oci",
        () if starts("google") || lower == "gcp" => "gcp",
        () => return Provider::new(lower.split_whitespace().collect::<Vec<_>>().join("-")),
    };
    Provider::new(known)
}

fn is_machine(resource_type: &str) -> bool {
    let lower = resource_type.to_lowercase();
    let machine = lower.ends_with("virtualmachines") || lower.ends_with("virtual machine") || lower == "vm";
    machine || lower.split(|c: char| !c.is_alphanumeric()).any(|word| word == "instance" || word == "instances")
}

/// The instance type: of the price's details, of Microsoft's own column, behind the colon of a usage type, or as the
/// text names it.
fn sku(row: &Row<'_>, provider: &Provider) -> Option<String> {
    let details = row.get("skupricedetails").and_then(|text| detail(text, &["InstanceType", "x_InstanceType"]));
    let own = || row.get("x_skuinstancetype").map(str::to_owned);
    let azure = || row.get("x_skudetails").and_then(|text| detail(text, &["ServiceType", "ServerSku"]));
    if let Some(named) = details.or_else(own).or_else(azure) {
        return Some(instance_type(&named).unwrap_or(named));
    }
    let columns = ["x_usagetype", "skumeter", "x_skumetername", "resourcetype", "chargedescription"];
    let texts = columns.iter().filter_map(|column| row.get(column));
    texts.clone().find_map(instance_type).or_else(|| azure_meter(row, provider))
}

/// A key of a JSON column.
fn detail(text: &str, keys: &[&str]) -> Option<String> {
    let details: Value = serde_json::from_str(text).ok()?;
    let named = keys.iter().find_map(|key| details.get(key)?.as_str())?.trim();
    (!named.is_empty()).then(|| named.to_owned())
}

/// `ND96isr H100 v5 Spot` is `Standard_ND96isr_H100_v5`, on a meter of virtual machines.
fn azure_meter(row: &Row<'_>, provider: &Provider) -> Option<String> {
    let of_machines = ["x_skumetercategory", "servicename"].iter().find_map(|column| row.get(column))?;
    if provider.as_str() != "azure" || !of_machines.eq_ignore_ascii_case("virtual machines") {
        return None;
    }
    let meter = row.get("x_skumetername").or_else(|| row.get("skumeter"))?;
    let meter = meter.split('/').next()?.trim();
    let meter = [" Spot", " Low Priority"].iter().fold(meter, |meter, end| meter.strip_suffix(end).unwrap_or(meter));
    let fits = meter.starts_with(|c: char| c.is_ascii_uppercase()) && meter.contains(|c: char| c.is_ascii_digit());
    fits.then(|| format!("Standard_{}", meter.trim().replace(' ', "_")))
}
