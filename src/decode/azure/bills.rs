//! Cost details: actual and amortised, of enterprise, customer, partner and pay-as-you-go agreements, in any language.
//!
//! In: a row. Out: a billed line for virtual machines, accelerators, provisioned throughput and tokens. It refuses to tell
//! actual from amortised rows: both hold the same use, and the same row of both is one line.

mod columns;
mod when;

use serde_json::Value;

use self::columns::{ASKED, Column};
use crate::decode::billing::{self, Origin, Parties, Unit, beyond, number};
use crate::decode::billing_words::azure_meter;
use crate::decode::decoders::TableDecoder;
use crate::decode::layout::Row;
use crate::decode::{Context, Format, Outcome, Reason};
use crate::model::{AccountId, Attribute, BilledClass, BilledLine, BilledUnit, Day, Fact, Micros, Period, Sku, Text};

/// Cost details.
pub(in crate::decode) const BILLS: TableDecoder = TableDecoder {
    format: Format::Azure,
    telling: &[&["metercategory"], &["subscriptionguid", "subscriptionid"]],
    asked: ASKED,
    looked_at: LOOKED_AT,
    may_matter,
    row,
};

const LOOKED_AT: &[usize] = &[
    Column::MeterCategory as usize,
    Column::MeterSubcategory as usize,
    Column::MeterName as usize,
    Column::Product as usize,
    Column::AdditionalInfo as usize,
];

/// Columns that describe what is billed.
const TEXTS: &[Column] = &[Column::MeterName, Column::MeterSubcategory, Column::Product, Column::MeterCategory];

/// Virtual machines of every size, for a bill may be all that names it (D3).
fn may_matter(row: &Row<'_>) -> bool {
    is_of_machines(row)
        || TEXTS.iter().any(|column| row.mentions(*column))
        || row.get(Column::AdditionalInfo).is_some_and(|info| info.to_ascii_lowercase().contains("\"standard_n"))
}

fn is_of_machines(row: &Row<'_>) -> bool {
    row.get(Column::MeterCategory).is_some_and(|category| category.eq_ignore_ascii_case("virtual machines"))
}

fn row(row: &Row<'_>, context: &Context<'_>) -> Outcome {
    line(row, context).map_or_else(Outcome::Rejected, Outcome::Relevant)
}

fn line(row: &Row<'_>, context: &Context<'_>) -> Result<Vec<Fact>, Reason> {
    let read = |column, name| row.get(column).map(|id| billing::account("azure", id, name)).transpose();
    let payer = read(Column::BillingAccount, "BillingAccountId")?;
    let told = || Reason::new("missing_account", "neither SubscriptionId nor BillingAccountId");
    // What a partner's customer buys without a subscription is its tenant's.
    let own = read(Column::Subscription, "SubscriptionId")?.or(read(Column::CustomerTenant, "CustomerTenantId")?);
    let account = own.or_else(|| payer.clone()).ok_or_else(told)?;
    let day = when::day(row.get(Column::Date).unwrap_or_default())?;
    let period = Period { from: day.start(), to: day.next().start() };
    let class = class(row);
    let sku = sku(row);
    let (quantity, unit) = measure(row, class, sku.is_some())?;
    let origin = Origin::of(context.source);
    let month = row.get(Column::BillingPeriodStart).and_then(|text| when::day(text).ok());
    let month = origin.period.or(month).unwrap_or_else(|| billing::month(day));
    let scope = payer.as_ref().unwrap_or(&account);
    let statement = super::manifest::statement(scope, &origin, month);
    let told: Vec<Fact> = parties(row, &account, payer.as_ref(), day).facts().collect();
    let line = BilledLine {
        period,
        sku: sku.as_deref().map(Sku::new),
        meter: row.get(Column::MeterName).or_else(|| row.get(Column::Product)).map(Text::new),
        quantity,
        unit,
        cost: billing::cost(row.get(Column::Cost), row.get(Column::Currency), "Cost")?,
        line: None,
        resource: row.get(Column::Resource).map(|id| billing::resource("azure", id)),
        class,
        // In a partner's agreement whoever is nearest to the customer sends the invoice.
        issuer: row.get(Column::Reseller).or_else(|| row.get(Column::Partner)).map(Text::new),
        publisher: row.get(Column::Publisher).map(Text::new),
        payer: payer.filter(|payer| *payer != account),
        statement: Some(statement),
    };
    let region = row.get(Column::Location).map(|name| billing::region(&name.replace(' ', "")));
    let line = billing::fact(account, region, line, || billing::row_id("azure row", row, is_amount));
    Ok(std::iter::once(line).chain(told).collect())
}

/// In a partner's agreement a reseller buys from the partner; without one the partner sells itself. Numbers are told where
/// no name is: only the operator's own records know whose they are.
fn parties<'a>(row: &Row<'_>, account: &'a AccountId, payer: Option<&AccountId>, day: Day) -> Parties<'a> {
    let first = |columns: &[(Column, &'static str)]| {
        columns.iter().find_map(|(column, name)| Some((row.get(*column)?.to_owned(), *name)))
    };
    let (reseller, partner) = ((Column::Reseller, "ResellerName"), (Column::Partner, "PartnerName"));
    let numbers = [(Column::ResellerNumber, "ResellerMpnId"), (Column::PartnerTenant, "PartnerTenantId")];
    let seller = first(&[reseller, partner]).or_else(|| first(&numbers));
    let above = first(&[reseller])
        .and(first(&[partner]))
        .filter(|(name, _)| seller.as_ref().is_none_or(|(seller, _)| !seller.eq_ignore_ascii_case(name)));
    let customer = first(&[(Column::Customer, "CustomerName"), (Column::CustomerTenant, "CustomerTenantId")]);
    let said = [(Attribute::SoldBy, seller), (Attribute::Distributor, above), (Attribute::Customer, customer)];
    let told = Parties::of(account, day).payer(payer, "BillingAccountId");
    said.iter().fold(told, |told, (attribute, named)| match named {
        Some((name, column)) => told.named(*attribute, Some(name), column),
        None => told,
    })
}

fn class(row: &Row<'_>) -> BilledClass {
    let has = |column, word: &str| row.get(column).is_some_and(|text: &str| text.to_lowercase().contains(word));
    match row.get(Column::ChargeType).unwrap_or("Usage").to_ascii_lowercase().as_str() {
        "usage" => {}
        // Paid for and not used.
        "unusedreservation" => return BilledClass::Held,
        "refund" | "credit" => return BilledClass::Credit,
        // Purchases, taxes, rounding, savings plans nobody used.
        _ => return BilledClass::Fee,
    }
    match () {
        // A machine that nobody runs in a capacity reservation is billed on the reservation.
        () if has(Column::Resource, "/capacityreservationgroups/") => BilledClass::Held,
        () if has(Column::MeterCategory, "licens") || has(Column::Product, "software") => BilledClass::Fee,
        () => BilledClass::Run,
    }
}

/// The size: of the additional information, else as the meter writes it.
fn sku(row: &Row<'_>) -> Option<String> {
    let named = row.get(Column::AdditionalInfo).and_then(size);
    named.or_else(|| azure_meter(row.get(Column::MeterCategory)?, row.get(Column::MeterName)?))
}

/// `ServiceType` of the JSON, which some exports write without its brackets. Other services put other words there.
fn size(info: &str) -> Option<String> {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    let info = read(info).filter(Value::is_object).or_else(|| read(&format!("{{{info}}}")))?;
    let named =
        ["ServiceType", "serviceType", "VMSize", "ServerSku"].iter().find_map(|key| info.get(key)?.as_str())?.trim();
    let is_size = |prefix: &str| named.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    (is_size("standard_") || is_size("basic_")).then(|| named.to_owned())
}

/// Hours are hours, whatever block of them is priced: `10 Hours` of a machine that ran a day are 24. Operations and tokens
/// are counted in the block: 2.5 of `1K` are 2,500.
fn measure(row: &Row<'_>, class: BilledClass, has_sku: bool) -> Result<(Micros, BilledUnit), Reason> {
    let counts = matches!(class, BilledClass::Run | BilledClass::Held);
    let Some(written) = row.get(Column::Quantity) else {
        return if counts {
            Err(Reason::new("missing_value", "no Quantity"))
        } else {
            Ok((Micros(0), BilledUnit::Units))
        };
    };
    let quantity = number(written).map_err(|error| Reason::new("bad_value", format!("Quantity: {error}")))?;
    let unit = Unit::read(row.get(Column::Unit).unwrap_or(""));
    let hours = unit.is_hours() || (unit.base.is_empty() && unit.multiple == 1 && is_of_machines(row));
    let tokens = TEXTS.iter().filter_map(|column| row.get(*column)).any(|text| text.to_lowercase().contains("token"));
    match () {
        () if !counts => Ok((quantity, BilledUnit::Units)),
        () if hours && has_sku => Ok((quantity, BilledUnit::InstanceHours)),
        () if unit.base.contains("token") || (tokens && unit.base.is_empty()) => {
            Ok((beyond(quantity, unit.multiple, "Quantity")?, BilledUnit::Tokens))
        }
        () => Ok((quantity, BilledUnit::Units)),
    }
}

/// Quantities, prices, costs and rates: what actual and amortised rows differ in, and what is restated.
fn is_amount(column: &str) -> bool {
    let folded = crate::decode::layout::fold(column);
    ["cost", "quantity", "price", "rate"].iter().any(|end| folded.ends_with(end))
        || ["costin", "paygcost", "exchangerate"].iter().any(|start| folded.starts_with(start))
}
