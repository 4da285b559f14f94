//! Cloud Billing's export to BigQuery, standard and detailed, as rows of a table or as objects.
//!
//! In: a row. Out: a billed line for accelerators and tokens. Its lines are per chip and never per machine: `Nvidia H100
//! 80GB GPU running in Americas` counts chip-seconds, beside lines of cores and memory. It refuses to take credits off: a
//! line's credits stand within it and are money only.

mod columns;
mod identity;

use self::columns::{ASKED, Column};
use crate::decode::billing::{self, Origin, Parties, Unit, beyond, number};
use crate::decode::decoders::TableDecoder;
use crate::decode::layout::Row;
use crate::decode::{Context, Format, Outcome, Reason};
use crate::model::{BilledClass, BilledLine, BilledUnit, Day, Fact, Micros, ResourceId, Text};

/// The export.
pub(in crate::decode) const BILLS: TableDecoder = TableDecoder {
    format: Format::Gcp,
    telling: &[&["billingaccountid"], &["skuid", "skudescription"], &["usagestarttime"]],
    asked: ASKED,
    looked_at: &[Column::SkuDescription as usize, Column::ServiceDescription as usize],
    may_matter,
    row,
};

fn may_matter(row: &Row<'_>) -> bool {
    // Lines of a model's service speak of it in their own words or not at all.
    row.mentions(Column::SkuDescription) || row.mentions(Column::ServiceDescription)
}

fn row(row: &Row<'_>, context: &Context<'_>) -> Outcome {
    line(row, context).map_or_else(Outcome::Rejected, Outcome::Relevant)
}

fn line(row: &Row<'_>, context: &Context<'_>) -> Result<Vec<Fact>, Reason> {
    let read = |column, name| row.get(column).map(|id| billing::account("gcp", id, name)).transpose();
    let payer = read(Column::BillingAccount, "billing_account_id")?;
    let told = || Reason::new("missing_account", "neither project.id nor billing_account_id");
    let account = read(Column::Project, "project.id")?.or_else(|| payer.clone()).ok_or_else(told)?;
    let time = |column, name| Ok::<_, Reason>((billing::time(row.get(column), name)?, name));
    let from = time(Column::UsageStart, "usage_start_time")?;
    let period = billing::period(from, time(Column::UsageEnd, "usage_end_time")?)?;
    let description = row.get(Column::SkuDescription).unwrap_or_default();
    let class = class(row, description);
    let (quantity, unit) = measure(row, class, description)?;
    let origin = Origin::of(context.source);
    let month = row.get(Column::InvoiceMonth).and_then(month).unwrap_or_else(|| billing::month(period.from.day()));
    let statement = payer.as_ref().map(|payer| {
        billing::statement("gcp", payer, &origin, origin.period.unwrap_or(month), origin.delivery.in_order())
    });
    let resource = row.get(Column::ResourceName).or_else(|| row.get(Column::ResourceGlobalName));
    // A reseller's own account pays for those of its customers.
    let parent = read(Column::PayerBillingAccount, "payer_billing_account_id")?;
    let told = Parties::of(&account, period.from.day());
    let told = match &parent {
        Some(parent) => told.payer(Some(parent), "payer_billing_account_id"),
        None => told.payer(payer.as_ref(), "billing_account_id"),
    };
    let told: Vec<Fact> = told.facts().collect();
    let line = BilledLine {
        period,
        sku: None,
        meter: (!description.is_empty()).then(|| Text::new(description)),
        quantity,
        unit,
        cost: billing::cost(row.get(Column::Cost), row.get(Column::Currency), "cost")?,
        line: None,
        resource: resource.map(ResourceId::new),
        class,
        issuer: row.get(Column::Seller).map(Text::new),
        publisher: None,
        payer: payer.filter(|payer| *payer != account),
        statement,
    };
    let region = row.get(Column::Region).or_else(|| row.get(Column::Location)).map(billing::region);
    let line = billing::fact(account, region, line, || identity::of(row));
    Ok(std::iter::once(line).chain(told).collect())
}

fn class(row: &Row<'_>, description: &str) -> BilledClass {
    match row.get(Column::CostType).unwrap_or("regular") {
        "regular" => {}
        "tax" => return BilledClass::Fee,
        // Adjustments and rounding: money without use.
        _ => return BilledClass::Credit,
    }
    let has = |word: &str| description.split(|c: char| !c.is_alphanumeric()).any(|w| w.eq_ignore_ascii_case(word));
    let reserved = row.get(Column::ResourceGlobalName).is_some_and(|name| name.contains("/reservations/"));
    match () {
        // A commitment is paid whether it is used or not; licences and workstations are billed beside the chip.
        () if has("commitment") || has("licensing") || has("license") || has("workstation") => BilledClass::Fee,
        () if reserved => BilledClass::Held,
        () => BilledClass::Run,
    }
}

fn measure(row: &Row<'_>, class: BilledClass, description: &str) -> Result<(Micros, BilledUnit), Reason> {
    let counts = matches!(class, BilledClass::Run | BilledClass::Held);
    let read = |amount, unit, column| Some((row.get(amount)?, Unit::read(row.get(unit).unwrap_or("")), column));
    let used = read(Column::Amount, Column::Unit, "usage.amount");
    let priced = read(Column::PricingAmount, Column::PricingUnit, "usage.amount_in_pricing_units");
    let is_time = |unit: &Unit| unit.is_hours() || unit.is_seconds();
    let timed = [&used, &priced].into_iter().flatten().find(|(_, unit, _)| is_time(unit));
    let Some((written, unit, column)) = timed.or(used.as_ref()).or(priced.as_ref()) else {
        return if counts {
            Err(Reason::new("missing_value", "no usage.amount"))
        } else {
            Ok((Micros(0), BilledUnit::Units))
        };
    };
    let quantity = number(written).map_err(|error| Reason::new("bad_value", format!("{column}: {error}")))?;
    let has = |word: &str| description.split(|c: char| !c.is_alphanumeric()).any(|w| w.eq_ignore_ascii_case(word));
    let beside = ["core", "cores", "ram", "vcpu", "memory", "storage", "disk", "ssd"].iter().any(|word| has(word));
    match () {
        () if !counts => Ok((quantity, BilledUnit::Units)),
        () if unit.is_seconds() && !beside => Ok((quantity, BilledUnit::GpuSeconds)),
        () if unit.is_hours() && !beside => Ok((quantity, BilledUnit::GpuHours)),
        () if unit.base.contains("token") => Ok((beyond(quantity, unit.multiple, column)?, BilledUnit::Tokens)),
        () => Ok((quantity, BilledUnit::Units)),
    }
}

/// `202406`.
fn month(text: &str) -> Option<Day> {
    Day::parse(&format!("{}-{}-01", text.get(..4)?, text.get(4..6)?)).ok()
}
