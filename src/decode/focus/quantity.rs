//! How much a row bills, and of what.

use super::Row;
use super::text::Words;
use crate::decode::Reason;
use crate::model::{BilledClass, BilledUnit, Micros};

/// An amount and what it counts.
pub(super) struct Measure {
    pub(super) quantity: Micros,
    pub(super) unit: BilledUnit,
}

/// Consumed quantity where it counts hours, chips or tokens, else the priced one where that does. Usage without either
/// cannot be counted; a fee or credit without one counts nothing.
pub(super) fn measure(row: &Row<'_>, words: &Words<'_>, class: BilledClass) -> Result<Measure, Reason> {
    let read = |quantity, unit| {
        let (written, unit) = (row.get(quantity)?, Unit::read(row.get(unit).unwrap_or("")));
        let counted = counts(&unit.base, words, class);
        Some((quantity, written, unit, counted))
    };
    let consumed = read("consumedquantity", "consumedunit");
    let priced = read("pricingquantity", "pricingunit");
    let counting = [&consumed, &priced].into_iter().flatten().find(|(.., counted)| *counted != BilledUnit::Units);
    let Some((column, written, unit, counted)) = counting.or(consumed.as_ref()).or(priced.as_ref()) else {
        return match class {
            BilledClass::Fee | BilledClass::Credit => Ok(Measure { quantity: Micros(0), unit: BilledUnit::Units }),
            BilledClass::Run | BilledClass::Held => {
                Err(Reason::new("missing_value", "neither ConsumedQuantity nor PricingQuantity"))
            }
        };
    };
    let bad = |told: String| Reason::new("bad_value", format!("{column}: {told}"));
    let quantity = Micros::parse(written).map_err(|error| bad(error.to_string()))?;
    let multiple = if *counted == BilledUnit::Units { 1 } else { unit.multiple };
    let micros = i128::from(quantity.0) * i128::from(multiple);
    let within = i64::try_from(micros).ok().filter(|micros| micros.unsigned_abs() <= BOUND);
    let quantity = within.map(Micros).ok_or_else(|| bad(format!("{quantity} × {multiple} is beyond 10^12")))?;
    Ok(Measure { quantity, unit: *counted })
}

/// 10¹² units.
const BOUND: u64 = 1_000_000_000_000_000_000;

/// `1K tokens` is a thousand of `tokens`.
struct Unit {
    multiple: u32,
    base: String,
}

impl Unit {
    fn read(unit: &str) -> Self {
        let lower = unit.trim().to_lowercase();
        let digits = lower.len() - lower.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = lower.split_at_checked(digits).unwrap_or(("", &lower));
        let number: u32 = number.parse().unwrap_or(1);
        let (letter, base) = match rest.split_at_checked(1) {
            Some((letter @ ("k" | "m"), base)) if !base.starts_with(|c: char| c.is_alphanumeric()) => (letter, base),
            _ => ("", rest),
        };
        let (word, base) = match base.trim().split_once(' ') {
            Some((word @ ("thousand" | "million"), base)) => (word, base),
            _ => ("", base.trim()),
        };
        let scale = match (letter, word) {
            ("k", _) | (_, "thousand") => 1_000,
            ("m", _) | (_, "million") => 1_000_000,
            _ => 1,
        };
        match number.checked_mul(scale) {
            Some(multiple) if multiple > 0 => Self { multiple, base: base.to_owned() },
            _ => Self { multiple: 1, base: lower },
        }
    }

    fn is_hours(base: &str) -> bool {
        matches!(
            base,
            "hour" | "hours" | "hr" | "hrs" | "h" | "hourly" | "instance hours" | "instance-hours" | "instance hour"
        )
    }
}

/// What a unit counts on this row. Google's and Oracle's lines are per chip already, never per machine.
fn counts(base: &str, words: &Words<'_>, class: BilledClass) -> BilledUnit {
    let per_chip = base.split(|c: char| !c.is_alphanumeric()).any(|word| word == "gpu" || word == "gpus");
    if per_chip && base.contains("hour") {
        return BilledUnit::GpuHours;
    }
    if per_chip && base.contains("second") {
        return BilledUnit::GpuSeconds;
    }
    if base.contains("token") || (base.is_empty() && words.has(&["tokens", "token"])) {
        return BilledUnit::Tokens;
    }
    // Oracle's older GPU lines count `OCPU Per Hour` and mean chips.
    let oracle = words.provider.as_str() == "oci" && base.contains("hour");
    let (hours, seconds) = (Unit::is_hours(base) || oracle, matches!(base, "second" | "seconds" | "s"));
    // A fee by the hour (a licence, a volume's bandwidth) is beside the machine's hours, not more of them.
    if class == BilledClass::Fee || !(hours || seconds) {
        return BilledUnit::Units;
    }
    let beside = words.has(&["core", "cores", "ram", "vcpu", "memory", "storage", "disk"]);
    let sold_by_chip = matches!(words.provider.as_str(), "gcp" | "oci") && !beside && words.mentions_accelerator();
    match (sold_by_chip, seconds, words.sku.is_some() || words.is_machine) {
        (true, true, _) => BilledUnit::GpuSeconds,
        (true, false, _) => BilledUnit::GpuHours,
        (false, false, true) if !beside || words.sku.is_some() => BilledUnit::InstanceHours,
        _ => BilledUnit::Units,
    }
}
