//! How much a row bills, and of what.

use super::columns::Column;
use super::text::{self, Words};
use crate::decode::Reason;
use crate::decode::billing::{Unit, beyond, number};
use crate::decode::layout::Row;
use crate::model::{BilledClass, BilledUnit, Micros};

/// An amount and what it counts.
pub(super) struct Measure {
    pub(super) quantity: Micros,
    pub(super) unit: BilledUnit,
}

/// Consumed quantity where it counts hours, chips or tokens, else the priced one where that does. Usage without either
/// cannot be counted; a fee or credit without one counts nothing.
pub(super) fn measure(row: &Row<'_>, words: &Words<'_>, class: BilledClass) -> Result<Measure, Reason> {
    let read = |quantity, column, unit| {
        let (written, unit) = (row.get(quantity)?, Unit::read(row.get(unit).unwrap_or("")));
        let counted = counts(&unit, words, class);
        Some((column, written, unit, counted))
    };
    let consumed = read(Column::ConsumedQuantity, "ConsumedQuantity", Column::ConsumedUnit);
    let priced = read(Column::PricingQuantity, "PricingQuantity", Column::PricingUnit);
    let counting = [&consumed, &priced].into_iter().flatten().find(|(.., counted)| *counted != BilledUnit::Units);
    let Some((column, written, unit, counted)) = counting.or(consumed.as_ref()).or(priced.as_ref()) else {
        return match class {
            BilledClass::Fee | BilledClass::Credit => Ok(Measure { quantity: Micros(0), unit: BilledUnit::Units }),
            BilledClass::Run | BilledClass::Held => {
                Err(Reason::new("missing_value", "neither ConsumedQuantity nor PricingQuantity"))
            }
        };
    };
    let quantity = number(written).map_err(|error| Reason::new("bad_value", format!("{column}: {error}")))?;
    let multiple = if *counted == BilledUnit::Units { 1 } else { unit.multiple };
    let quantity = beyond(quantity, multiple, column)?;
    // The details of a price are per one priced unit; a machine's type says more than a number of chips.
    match text::chips(row).filter(|_| words.sku.is_none() && unit.is_hours() && class == BilledClass::Run) {
        Some(chips) if matches!(counted, BilledUnit::InstanceHours | BilledUnit::Units) => {
            Ok(Measure { quantity: beyond(quantity, chips, column)?, unit: BilledUnit::GpuHours })
        }
        _ => Ok(Measure { quantity, unit: *counted }),
    }
}

/// What a unit counts on this row. Google's and Oracle's lines are per chip already, never per machine.
fn counts(unit: &Unit, words: &Words<'_>, class: BilledClass) -> BilledUnit {
    if unit.is_per_chip() && unit.base.contains("hour") {
        return BilledUnit::GpuHours;
    }
    if unit.is_per_chip() && unit.base.contains("second") {
        return BilledUnit::GpuSeconds;
    }
    if unit.base.contains("token") || (unit.base.is_empty() && words.has(&["tokens", "token"])) {
        return BilledUnit::Tokens;
    }
    // Oracle's older GPU lines count `OCPU Per Hour` and mean chips.
    let oracle = words.provider.as_str() == "oci" && unit.base.contains("hour");
    let (hours, seconds) = (unit.is_hours() || oracle, unit.is_seconds());
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
