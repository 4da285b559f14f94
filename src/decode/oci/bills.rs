//! Oracle's cost reports.
//!
//! In: a row. Out: a billed line for accelerators: its quantity is chip-hours already, never to be multiplied. It refuses
//! the part number as a name: the description is what a catalogue can look at when it does not know the part.
//!
//! A correction names the line it corrects and has an id of its own: both stand, and their quantities add up.

use crate::decode::billing::{self, Origin, Unit, number};
use crate::decode::decoders::TableDecoder;
use crate::decode::layout::{Row, columns};
use crate::decode::{Context, Format, Outcome, Reason};
use crate::model::{BilledClass, BilledLine, BilledUnit, Fact, Micros, Text};

columns! {
    Reference = "lineitemreferenceno";
    Tenant = "lineitemtenantid";
    From = "lineitemintervalusagestart";
    To = "lineitemintervalusageend";
    Region = "productregion";
    Resource = "productresourceid";
    Quantity = "usagebilledquantity";
    Part = "costproductsku";
    Description = "productdescription";
    Cost = "costmycost";
    Currency = "costcurrencycode";
    Readable = "costbillingunitreadable";
    Unit = "costskuunitdescription";
}

/// Cost reports.
pub(in crate::decode) const BILLS: TableDecoder = TableDecoder {
    format: Format::Oci,
    telling: &[&["lineitemtenantid"], &["costproductsku"], &["usagebilledquantity"]],
    asked: ASKED,
    looked_at: &[Column::Description as usize, Column::Unit as usize, Column::Readable as usize],
    may_matter,
    row,
};

fn may_matter(row: &Row<'_>) -> bool {
    [Column::Description, Column::Unit, Column::Readable].iter().any(|column| row.mentions(*column))
}

fn row(row: &Row<'_>, context: &Context<'_>) -> Outcome {
    line(row, context).map_or_else(Outcome::Rejected, |fact| Outcome::Relevant(vec![fact]))
}

fn line(row: &Row<'_>, context: &Context<'_>) -> Result<Fact, Reason> {
    let tenant = row.get(Column::Tenant).ok_or_else(|| Reason::new("missing_account", "no lineItem/tenantId"))?;
    let account = billing::account("oci", tenant, "lineItem/tenantId")?;
    let time = |column, name| Ok::<_, Reason>((billing::time(row.get(column), name)?, name));
    let from = time(Column::From, "intervalUsageStart")?;
    let period = billing::period(from, time(Column::To, "intervalUsageEnd")?)?;
    let description = row.get(Column::Description).or_else(|| row.get(Column::Part)).unwrap_or_default();
    let class = class(description);
    let (quantity, unit) = measure(row, class, description)?;
    let origin = Origin::of(context.source);
    let line = BilledLine {
        period,
        sku: None,
        meter: (!description.is_empty()).then(|| Text::new(description)),
        quantity,
        unit,
        cost: billing::cost(row.get(Column::Cost), row.get(Column::Currency), "cost/myCost")?,
        line: row.get(Column::Reference).map(Text::new),
        resource: row.get(Column::Resource).map(|id| billing::resource("oci", id)),
        class,
        issuer: None,
        publisher: None,
        payer: None,
        // Each file adds lines and none restates another, so there is one version.
        statement: Some(billing::statement("oci", &account, &origin, billing::month(period.from.day()), 0)),
    };
    let region = row.get(Column::Region).map(billing::region);
    Ok(billing::fact(account, region, line, || billing::row_id("oci row", row, is_amount)))
}

/// Licences of software for chips, and machines in a customer's own rooms, rent no chip.
fn class(description: &str) -> BilledClass {
    let lower = description.to_lowercase();
    let beside = ["nvidia ai enterprise", "cloud@customer", "licen", "marketplace"];
    if beside.iter().any(|word| lower.contains(word)) { BilledClass::Fee } else { BilledClass::Run }
}

/// Older lines count `OCPU Per Hour` and mean chips.
fn measure(row: &Row<'_>, class: BilledClass, description: &str) -> Result<(Micros, BilledUnit), Reason> {
    let Some(written) = row.get(Column::Quantity) else {
        return Err(Reason::new("missing_value", "no usage/billedQuantity"));
    };
    let quantity = number(written).map_err(|error| Reason::new("bad_value", format!("billedQuantity: {error}")))?;
    let units = [Column::Unit, Column::Readable].iter().filter_map(|column| row.get(*column));
    let hours = units.map(Unit::read).any(|unit| unit.is_hours() || unit.base.contains("hour"));
    let of_chips = class == BilledClass::Run && hours && !description.to_lowercase().contains("storage");
    Ok((quantity, if of_chips { BilledUnit::GpuHours } else { BilledUnit::Units }))
}

fn is_amount(column: &str) -> bool {
    ["cost", "quantity", "price", "overage"].iter().any(|end| column.ends_with(end))
}
