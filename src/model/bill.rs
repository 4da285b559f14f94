//! Lines of bills and the statements they stand on (D4).

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{AccountId, BilledClass, BilledUnit, Digest, FactId, Micros, Money, Period, ResourceId, Sku, Text};

/// A line of a bill.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct BilledLine {
    /// The charge period.
    pub period: Period,
    /// As written; a line has a SKU or a meter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// The provider's meter or description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meter: Option<Text>,
    /// How much, signed.
    pub quantity: Micros,
    /// Of what.
    pub unit: BilledUnit,
    /// For how much.
    #[serde(flatten, serialize_with = "as_cost")]
    pub cost: Option<Money>,
    /// The provider's id of the line; without one every other column is the identity (D4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<Text>,
    /// The machine or reservation billed for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// Run, held, fee or credit.
    pub class: BilledClass,
    /// Who sends the invoice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Text>,
    /// Who made what is billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<Text>,
    /// The account that pays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payer: Option<AccountId>,
    /// The statement it stands on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
}

fn as_cost<S: Serializer>(cost: &Option<Money>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    if let Some(cost) = cost {
        map.serialize_entry("cost", &cost.amount)?;
        map.serialize_entry("currency", &cost.currency)?;
    }
    map.end()
}

/// A bill: one export of one billing period, in one version (D4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Statement {
    /// The export's identity.
    pub export: Text,
    /// The billing period, as the source names it.
    pub period: Text,
    /// Greater replaces lesser once complete; 0 where the source has no versions.
    pub version: u64,
}

impl BilledLine {
    /// D4: with a line id that is the identity (within its statement's version); without one, every column but
    /// quantity and cost, and in a versioned statement those too. Columns that no field holds are in the event's id.
    pub(super) fn identity(&self, digest: Digest, event: &str, region: &str) -> FactId {
        let digest = match &self.statement {
            Some(s) => digest.field(&s.export).field(&s.period).number(s.version.cast_signed()),
            None => digest.field("no statement"),
        };
        if let Some(line) = &self.line {
            return digest.field("line").field(line).fact_id();
        }
        let text = |t: &Option<Text>| t.clone().unwrap_or_default();
        let digest = digest
            .field(event)
            .field(region)
            .number(self.period.from.nanos())
            .number(self.period.to.nanos())
            .field(self.sku.as_ref().map_or("", Sku::as_str))
            .field(text(&self.meter))
            .field(self.unit.as_str())
            .field(self.resource.as_ref().map_or("", ResourceId::as_str))
            .field(self.class.as_str())
            .field(text(&self.issuer))
            .field(text(&self.publisher))
            .field(self.payer.as_ref().map(ToString::to_string).unwrap_or_default());
        if self.is_versioned() {
            let cost = self.cost.as_ref().map(|c| (c.amount.0, c.currency.0.clone())).unwrap_or_default();
            return digest.number(self.quantity.0).number(cost.0).field(cost.1).fact_id();
        }
        digest.fact_id()
    }

    fn is_versioned(&self) -> bool {
        self.statement.as_ref().is_some_and(|s| s.version > 0)
    }

    /// Without a line id and a versioned statement the greater usage wins (D4).
    pub fn is_ambiguous(&self) -> bool {
        self.line.is_none() && !self.is_versioned()
    }
}
