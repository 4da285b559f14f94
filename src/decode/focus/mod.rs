//! FOCUS 1.0 to 1.2 cost and usage rows, whoever exports them.
//!
//! In: a row under its header. Out: a billed line, when its SKU, meter or text speaks of accelerators or tokens, or its
//! resource is a machine; any other row is irrelevant. It refuses to know what a SKU holds, and prices: capacity blocks
//! bill only an operating-system fee by the hour, so hours are what counts.
//!
//! FOCUS names no line id. Only Oracle's reference number is one; other rows are told apart by their columns (D4).

mod columns;
mod quantity;
#[cfg(test)]
mod tests;
mod text;

use self::columns::{ASKED, Column};
use self::quantity::Measure;
use self::text::{LOOKED_AT, Words};
use super::billing::{self, Origin, Parties};
use super::decoders::TableDecoder;
use super::layout::Row;
use super::{Context, Format, Outcome, Reason};
use crate::model::{BilledLine, Fact, Sku, Text};

/// FOCUS, by columns that every version asks for and no other export has together.
pub(super) const TABLE: TableDecoder = TableDecoder {
    format: Format::Focus,
    telling: &[&["billingaccountid"], &["chargecategory"], &["chargeperiodstart"], &["chargeperiodend"]],
    asked: ASKED,
    looked_at: LOOKED_AT,
    may_matter: text::may_matter,
    row,
};

fn row(row: &Row<'_>, context: &Context<'_>) -> Outcome {
    let words = Words::of(row);
    if !words.is_relevant() {
        return Outcome::Irrelevant;
    }
    line(row, &words, context).map_or_else(Outcome::Rejected, Outcome::Relevant)
}

fn line(row: &Row<'_>, words: &Words<'_>, context: &Context<'_>) -> Result<Vec<Fact>, Reason> {
    let provider = words.provider.as_str();
    let payer = row.get(Column::BillingAccountId).map(|id| billing::account(provider, id, "BillingAccountId"));
    let payer = payer.transpose()?;
    let account = match row.get(Column::SubAccountId) {
        Some(id) => billing::account(provider, id, "SubAccountId")?,
        None => {
            payer.clone().ok_or_else(|| Reason::new("missing_account", "neither SubAccountId nor BillingAccountId"))?
        }
    };
    let time = |column, name| Ok::<_, Reason>((billing::time(row.get(column), name)?, name));
    let from = time(Column::ChargePeriodStart, "ChargePeriodStart")?;
    let period = billing::period(from, time(Column::ChargePeriodEnd, "ChargePeriodEnd")?)?;
    let class = words.class(row.get(Column::ChargeCategory).unwrap_or_default());
    let Measure { quantity, unit } = quantity::measure(row, words, class)?;
    let origin = Origin::of(context.source);
    let month = row.get(Column::BillingPeriodStart).and_then(billing::instant);
    let statement = payer
        .as_ref()
        .zip(month)
        .map(|(payer, month)| billing::statement("focus", payer, &origin, month.day(), origin.delivery.in_order()));
    let told = Parties::of(&account, period.from.day()).payer(payer.as_ref(), "BillingAccountId").issuer(
        row.get(Column::InvoiceIssuerName),
        row.get(Column::PublisherName),
        "InvoiceIssuerName",
    );
    let told: Vec<Fact> = told.facts().collect();
    let line = BilledLine {
        period,
        sku: words.sku.as_deref().map(Sku::new),
        meter: words.meter.map(Text::new),
        quantity,
        unit,
        cost: billing::cost(row.get(Column::BilledCost), row.get(Column::BillingCurrency), "BilledCost")?,
        line: row.get(Column::ReferenceNumber).map(Text::new),
        resource: row.get(Column::ResourceId).map(|id| billing::resource(provider, id)),
        class,
        issuer: row.get(Column::InvoiceIssuerName).map(Text::new),
        publisher: row.get(Column::PublisherName).map(Text::new),
        payer: payer.filter(|payer| *payer != account),
        statement,
    };
    let region = row.get(Column::RegionId).or_else(|| row.get(Column::Region)).map(billing::region);
    let line = billing::fact(account, region, line, || billing::row_id("focus row", row, is_amount));
    Ok(std::iter::once(line).chain(told).collect())
}

/// Quantities, prices and costs; `Id` is no column of FOCUS: the public sample numbers its rows with it.
fn is_amount(column: &str) -> bool {
    column == "id" || ["cost", "quantity", "unitprice"].iter().any(|end| column.ends_with(end))
}
