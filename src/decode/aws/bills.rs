//! Cost and usage reports, in both their versions.
//!
//! In: a row of CUR 1 (`lineItem/UsageType`) or CUR 2 (`line_item_usage_type`). Out: a billed line for machines of every
//! type, accelerators and tokens. It refuses prices: the hours of a capacity block bill only its operating system.
//!
//! No hour counts twice: what a savings plan or a reservation covers is a line of use of its own; its negation is a
//! credit and its fees are fees. A row that shares a machine's cost out to its containers repeats the machine's own line.

mod columns;

use self::columns::{ASKED, Column};
use crate::decode::billing::{self, Origin, Parties, Unit, beyond, number};
use crate::decode::billing_words::{aws_class, host_family, instance_type, is_machine_type, usage_type};
use crate::decode::decoders::TableDecoder;
use crate::decode::layout::Row;
use crate::decode::{Context, Format, Outcome, Reason};
use crate::model::{BilledClass, BilledLine, BilledUnit, EventTime, Fact, Micros, Sku, Text};

/// Cost and usage reports.
pub(in crate::decode) const BILLS: TableDecoder = TableDecoder {
    format: Format::Aws,
    telling: &[&["lineitemusageaccountid"], &["lineitemusagetype"]],
    asked: ASKED,
    looked_at: LOOKED_AT,
    may_matter,
    row,
};

const LOOKED_AT: &[usize] = &[
    Column::UsageType as usize,
    Column::InstanceType as usize,
    Column::Description as usize,
    Column::ProductName as usize,
    Column::SplitParent as usize,
];

/// Columns that describe what is billed.
const TEXTS: &[Column] = &[Column::UsageType, Column::InstanceType, Column::Description, Column::ProductName];

fn may_matter(row: &Row<'_>) -> bool {
    row.get(Column::SplitParent).is_none()
        && (token(row).is_some_and(is_machine_type) || TEXTS.iter().any(|column| row.mentions(*column)))
}

/// `BoxUsage` of `USE1-BoxUsage:p5.48xlarge`; us-east-1 has no prefix. `BoxUsage` alone is the smallest machine.
fn token<'a>(row: &Row<'a>) -> Option<&'a str> {
    let written = row.get(Column::UsageType)?;
    usage_type(written).or_else(|| written.rsplit('-').next())
}

fn row(row: &Row<'_>, context: &Context<'_>) -> Outcome {
    line(row, context).map_or_else(Outcome::Rejected, Outcome::Relevant)
}

fn line(row: &Row<'_>, context: &Context<'_>) -> Result<Vec<Fact>, Reason> {
    let account = row.get(Column::UsageAccount).ok_or_else(|| Reason::new("missing_account", "no UsageAccountId"))?;
    let account = billing::account("aws", account, "UsageAccountId")?;
    let payer = row.get(Column::Payer).map(|id| billing::account("aws", id, "PayerAccountId")).transpose()?;
    let (from, to) = times(row)?;
    let period = billing::period((from, "UsageStartDate"), (to, "UsageEndDate"))?;
    let class = class(row);
    let sku = sku(row);
    let (quantity, unit) = measure(row, class, sku.is_some())?;
    let origin = Origin::of(context.source);
    let month = row.get(Column::BillingPeriodStart).and_then(billing::instant).unwrap_or(from);
    let statement = billing::statement(
        "cur",
        payer.as_ref().unwrap_or(&account),
        &origin,
        origin.period.unwrap_or(month.day()),
        origin.delivery.apart(),
    );
    // An id is one within its hour or day only.
    let interval = row.get(Column::TimeInterval).map_or_else(|| from.to_string(), str::to_owned);
    let id = row.get(Column::LineItemId).map(|id| Text::from(format!("{id}@{interval}")));
    let told = Parties::of(&account, from.day()).payer(payer.as_ref(), "bill/PayerAccountId").issuer(
        row.get(Column::InvoicingEntity),
        row.get(Column::LegalEntity),
        "bill/InvoicingEntity",
    );
    let told: Vec<Fact> = told.facts().collect();
    let line = BilledLine {
        period,
        sku: sku.as_deref().map(Sku::new),
        meter: row.get(Column::UsageType).or_else(|| row.get(Column::Description)).map(Text::new),
        quantity,
        unit,
        cost: billing::cost(row.get(Column::UnblendedCost), row.get(Column::Currency), "UnblendedCost")?,
        line: id,
        resource: row.get(Column::Resource).map(|id| billing::resource("aws", id)),
        class,
        issuer: row.get(Column::InvoicingEntity).map(Text::new),
        publisher: row.get(Column::LegalEntity).map(Text::new),
        payer: payer.filter(|payer| *payer != account),
        statement: Some(statement),
    };
    let region = row.get(Column::Region).or_else(|| row.get(Column::Zone).and_then(region_of)).map(billing::region);
    let line = billing::fact(account, region, line, || billing::row_id("cur row", row, is_amount));
    Ok(std::iter::once(line).chain(told).collect())
}

/// `identity/TimeInterval` says both where the dates are left out.
fn times(row: &Row<'_>) -> Result<(EventTime, EventTime), Reason> {
    let interval = row.get(Column::TimeInterval).and_then(|interval| interval.split_once('/'));
    let from = row.get(Column::UsageStart).or(interval.map(|(from, _)| from));
    let to = row.get(Column::UsageEnd).or(interval.map(|(_, to)| to));
    Ok((billing::time(from, "UsageStartDate")?, billing::time(to, "UsageEndDate")?))
}

/// What the type of the line says first: fees carry hours of a whole month, and a negation mirrors a line of use.
fn class(row: &Row<'_>) -> BilledClass {
    let line_type = row.get(Column::LineItemType).unwrap_or("Usage");
    match line_type {
        "Usage" | "DiscountedUsage" | "SavingsPlanCoveredUsage" => {}
        "Fee" | "RIFee" | "Tax" | "SavingsPlanRecurringFee" | "SavingsPlanUpfrontFee" => return BilledClass::Fee,
        // Credits, refunds, negations and every discount there is or will be.
        _ => return BilledClass::Credit,
    }
    if let Some(class) = token(row).and_then(aws_class) {
        return class;
    }
    let software = [Column::Description, Column::BillingEntity].iter().filter_map(|column| row.get(*column));
    let software = software.map(str::to_lowercase).any(|text| text.contains("software usage"));
    if software && !row.get(Column::UsageType).is_some_and(is_tokens) { BilledClass::Fee } else { BilledClass::Run }
}

fn sku(row: &Row<'_>) -> Option<String> {
    let product = row.get(Column::InstanceType);
    let named = product.map(|product| instance_type(product).unwrap_or_else(|| product.to_owned()));
    let written =
        || [Column::UsageType, Column::Description].iter().find_map(|column| instance_type(row.get(*column)?));
    let host = || row.get(Column::UsageType).and_then(host_family).map(str::to_owned);
    named.or_else(written).or_else(host)
}

fn measure(row: &Row<'_>, class: BilledClass, has_sku: bool) -> Result<(Micros, BilledUnit), Reason> {
    let counts = matches!(class, BilledClass::Run | BilledClass::Held);
    let Some(written) = row.get(Column::UsageAmount) else {
        return if counts {
            Err(Reason::new("missing_value", "no UsageAmount"))
        } else {
            Ok((Micros(0), BilledUnit::Units))
        };
    };
    let quantity = number(written).map_err(|error| Reason::new("bad_value", format!("UsageAmount: {error}")))?;
    let usage_type = row.get(Column::UsageType).unwrap_or_default();
    let unit = row.get(Column::PricingUnit).map(Unit::read);
    let hours = unit.as_ref().map_or_else(|| token(row).is_some_and(is_machine_type), Unit::is_hours);
    match unit {
        _ if !counts => Ok((quantity, BilledUnit::Units)),
        _ if hours && has_sku => Ok((quantity, BilledUnit::InstanceHours)),
        Some(unit) if has_sku && unit.is_seconds() => {
            Ok((Micros(quantity.0.div_euclid(3_600)), BilledUnit::InstanceHours))
        }
        Some(unit) if unit.base.contains("token") || (is_tokens(usage_type) && unit.multiple > 1) => {
            Ok((beyond(quantity, unit.multiple, "UsageAmount")?, BilledUnit::Tokens))
        }
        _ if is_tokens(usage_type) => match scale(row.get(Column::Description).unwrap_or_default()) {
            Some(scale) => Ok((beyond(quantity, scale, "UsageAmount")?, BilledUnit::Tokens)),
            // How many tokens a unit is, nobody says: not guessed.
            None => Ok((quantity, BilledUnit::Units)),
        },
        _ => Ok((quantity, BilledUnit::Units)),
    }
}

/// Input and output of models: `InputTokenCount-Units`, `input_tokens_standard-Units`.
fn is_tokens(usage_type: &str) -> bool {
    let lower = usage_type.to_ascii_lowercase();
    lower.contains("tokencount") || lower.contains("_tokens") || lower.contains("-tokens")
}

/// `Million Input Tokens` in a description.
fn scale(description: &str) -> Option<u32> {
    let mut words = description.split(|c: char| !c.is_alphanumeric());
    words.find_map(|word| match word.to_ascii_lowercase().as_str() {
        "million" | "1m" => Some(1_000_000),
        "thousand" | "1k" | "1000" => Some(1_000),
        _ => None,
    })
}

/// `us-east-1` of `us-east-1a`, and of the local zone `us-west-2-lax-1a` the region it belongs to.
fn region_of(zone: &str) -> Option<&str> {
    let mut end = 0;
    for part in zone.split('-') {
        if part.starts_with(|c: char| c.is_ascii_digit()) {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            return zone.get(..end + digits);
        }
        end += part.len() + 1;
    }
    None
}

/// Amounts, rates, costs, and the id, which is another in every delivery.
fn is_amount(column: &str) -> bool {
    let words = ["cost", "amount", "rate", "quantity", "lineitemid", "line_item_id", "fee", "_usage", "commitment"];
    words.iter().any(|word| column.contains(word) && !column.ends_with("account_id") && !column.ends_with("accountid"))
}
