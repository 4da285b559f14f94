//! FOCUS 1.0 to 1.2 cost and usage rows, whoever exports them.
//!
//! In: a row under its header. Out: a billed line, when its SKU, meter or text speaks of accelerators or tokens, or its
//! resource is a machine; any other row is irrelevant. It refuses to know what a SKU holds, and prices: capacity blocks
//! bill only an operating-system fee by the hour, so hours are what counts.
//!
//! FOCUS names no line id. Only Oracle's reference number is one; other rows are told apart by their columns (D4).

mod quantity;
#[cfg(test)]
mod tests;
mod text;

use self::quantity::Measure;
use self::text::Words;
use super::mangled::is_mangled;
use super::{Context, Outcome, Reason, Row, time_text};
use crate::model::{
    AccountId, Actor, BilledLine, Currency, Day, Digest, EventTime, Fact, Micros, Money, Period, Region, ResourceId,
    Sku, Statement, Text, Usage, UsageKind,
};

/// Columns that FOCUS asks for in every version and no other export has together.
const TELLING: &[&str] = &["billingaccountid", "chargecategory", "chargeperiodstart", "chargeperiodend"];

/// Whether a header is a FOCUS one; the order and case of its columns do not matter.
pub(crate) fn header_matches(headers: &[&str]) -> bool {
    TELLING.iter().all(|column| headers.iter().any(|header| header.trim().eq_ignore_ascii_case(column)))
}

/// Reads one row.
pub(crate) fn row(row: &Row<'_>, _context: &Context<'_>) -> Outcome {
    let words = Words::of(row);
    if !words.is_relevant() {
        return Outcome::Irrelevant;
    }
    match line(row, &words) {
        Ok(usage) => Outcome::Relevant(vec![Fact::Usage(usage)]),
        Err(reason) => Outcome::Rejected(reason),
    }
}

fn line(row: &Row<'_>, words: &Words<'_>) -> Result<Usage, Reason> {
    let payer = row.get("billingaccountid").map(|id| account(words.provider.as_str(), id, "BillingAccountId"));
    let payer = payer.transpose()?;
    let account = match row.get("subaccountid") {
        Some(id) => account(words.provider.as_str(), id, "SubAccountId")?,
        None => {
            payer.clone().ok_or_else(|| Reason::new("missing_account", "neither SubAccountId nor BillingAccountId"))?
        }
    };
    let period = Period { from: time(row, "chargeperiodstart")?, to: time(row, "chargeperiodend")? };
    if period.to <= period.from {
        let told = format!("ChargePeriodEnd {} is not after ChargePeriodStart {}", period.to, period.from);
        return Err(Reason::new("bad_value", told));
    }
    let class = words.class(row.get("chargecategory").unwrap_or_default());
    let Measure { quantity, unit } = quantity::measure(row, words, class)?;
    let line_id = row.get("oci_referencenumber").map(Text::new);
    let statement = match (&payer, row.get("billingperiodstart").and_then(instant)) {
        (Some(payer), Some(start)) => Some(Statement {
            export: Text::from(format!("focus:{payer}")),
            period: Text::from(start.day().to_string()),
            version: 0,
        }),
        _ => None,
    };
    let billed = BilledLine {
        period,
        sku: words.sku.as_deref().map(Sku::new),
        meter: words.meter.map(Text::new),
        quantity,
        unit,
        cost: cost(row)?,
        line: line_id.clone(),
        resource: row.get("resourceid").map(|id| resource(words.provider.as_str(), id)),
        class,
        issuer: row.get("invoiceissuername").map(Text::new),
        publisher: row.get("publishername").map(Text::new),
        payer: payer.filter(|payer| *payer != account),
        statement,
    };
    Ok(Usage {
        account,
        event: line_id.unwrap_or_else(|| row_id(row)),
        time: period.from,
        region: row.get("regionid").or_else(|| row.get("region")).map(|region| Region::new(region.to_lowercase())),
        actor: Actor::default(),
        via: None,
        kind: UsageKind::UsageBilled(Box::new(billed)),
    })
}

/// The account as the provider's audit log writes it: Azure's export puts the subscription in a path.
fn account(provider: &str, id: &str, column: &str) -> Result<AccountId, Reason> {
    if is_mangled(id) {
        return Err(Reason::new("mangled_account_id", format!("{column}: digits are lost in {id:?}")));
    }
    let mut parts = id.split('/').skip_while(|part| {
        !["subscriptions", "billingaccounts"].iter().any(|collection| part.eq_ignore_ascii_case(collection))
    });
    let named = parts.nth(1).filter(|name| !name.is_empty()).unwrap_or(id);
    let id = if provider == "azure" { named.to_lowercase() } else { named.to_owned() };
    Ok(AccountId::new(provider, id))
}

/// The machine as audit logs write it: `i-0abc` for its ARN, lower case for Azure, whose ids have none.
fn resource(provider: &str, id: &str) -> ResourceId {
    match provider {
        "azure" => ResourceId::new(id.to_lowercase()),
        "aws" => ResourceId::new(id.split_once(":instance/").map_or(id, |(_, instance)| instance)),
        _ => ResourceId::new(id),
    }
}

/// A date alone is its first instant.
fn instant(text: &str) -> Option<EventTime> {
    time_text(text).or_else(|| Day::parse(text).ok().map(Day::start))
}

fn time(row: &Row<'_>, column: &str) -> Result<EventTime, Reason> {
    let text = row.get(column).unwrap_or_default();
    instant(text).ok_or_else(|| Reason::new("bad_time", format!("{column}: expected a time, got {text:?}")))
}

fn cost(row: &Row<'_>) -> Result<Option<Money>, Reason> {
    let currency = row.get("billingcurrency").filter(|c| c.len() == 3 && c.bytes().all(|b| b.is_ascii_alphabetic()));
    let (Some(cost), Some(currency)) = (row.get("billedcost"), currency) else { return Ok(None) };
    let amount = Micros::parse(cost).map_err(|error| Reason::new("bad_value", format!("billedcost: {error}")))?;
    Ok(Some(Money { amount, currency: Currency(Text::new(currency.to_ascii_uppercase())) }))
}

/// What tells the row from others: every column but quantities, prices and costs.
fn row_id(row: &Row<'_>) -> Text {
    let counted = |column: &str| ["cost", "quantity", "unitprice"].iter().any(|end| column.ends_with(end));
    // `Id` is no column of FOCUS: the public sample numbers its rows with it.
    let columns =
        row.columns().filter(|(column, value)| !counted(column) && *column != "id" && !value.trim().is_empty());
    let digest = columns.fold(Digest::new("focus row"), |digest, (column, value)| digest.field(column).field(value));
    Text::from(format!("row-{}", digest.fact_id()))
}
