//! What facts of one kind, place and SKU have in common, found without copying anything of the fact.
//!
//! In: a usage fact. Out: whether a shape is its shape, and a hash by which to look; the shape itself where it is new. It
//! refuses to know how shapes and the rest are written.

use std::hash::{Hash, Hasher};

use super::pack::{empty, never, nowhere};
use crate::model::{BilledLine, Micros, Money, Period, Provider, Region, Statement, Text, Usage, UsageKind};

/// Parts that are written for each fact are left empty; where a part may be missing, an empty one says that it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) provider: Provider,
    pub(super) region: Option<Region>,
    pub(super) via: Option<Text>,
    pub(super) kind: UsageKind,
}

/// A fact or shape as it is looked for: equal for a fact and its shape.
pub(super) struct Outline<'a> {
    provider: &'a Provider,
    region: &'a Option<Region>,
    via: &'a Option<Text>,
    kind: &'a UsageKind,
}

impl<'a> Outline<'a> {
    pub(super) fn of(usage: &'a Usage) -> Self {
        Self { provider: &usage.account.provider, region: &usage.region, via: &usage.via, kind: &usage.kind }
    }
}

/// By what tells most shapes apart.
impl Hash for Outline<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.provider, self.region, self.via).hash(state);
        match self.kind {
            UsageKind::CapacityStarted { sku, count, market, resource } => {
                (0u8, sku, count, market, resource.is_some()).hash(state);
            }
            UsageKind::CapacityStopped { end, .. } => (1u8, end).hash(state),
            UsageKind::OperationHalf { half, sku, count, outcome, .. } => (2u8, half, sku, count, outcome).hash(state),
            UsageKind::CapacityDenied { sku, count, reason } => (3u8, sku, count, reason).hash(state),
            UsageKind::CapacityReserved { sku, count, .. } => (4u8, sku, count).hash(state),
            UsageKind::UsageBilled(line) => (5u8, &line.sku, &line.meter, line.class, &line.payer).hash(state),
            UsageKind::StatementComplete { statement } => (6u8, statement).hash(state),
            UsageKind::ModelUsed { model, operation, .. } => (7u8, model, operation).hash(state),
            UsageKind::Sighting { principal_class, .. } => (8u8, principal_class).hash(state),
            UsageKind::Attribute { attribute, value, column } => (9u8, attribute, value, column).hash(state),
        }
    }
}

impl Hash for Shape {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Outline { provider: &self.provider, region: &self.region, via: &self.via, kind: &self.kind }.hash(state);
    }
}

impl Shape {
    /// That of a fact.
    pub(super) fn of(usage: &Usage) -> Self {
        let kind = match &usage.kind {
            UsageKind::CapacityStarted { sku, count, resource, market } => {
                let (sku, resource) = (sku.clone(), resource.as_ref().map(|_| empty()));
                UsageKind::CapacityStarted { sku, count: *count, resource, market: *market }
            }
            UsageKind::CapacityStopped { end, .. } => UsageKind::CapacityStopped { resource: empty(), end: *end },
            UsageKind::OperationHalf { half, sku, count, market, outcome, .. } => {
                let (operation, resources) = (Text::default(), Vec::new());
                let (half, count, market) = (*half, *count, *market);
                let (sku, outcome) = (sku.clone(), outcome.clone());
                UsageKind::OperationHalf { operation, half, sku, resources, count, market, outcome }
            }
            UsageKind::CapacityReserved { sku, count, reservation, .. } => {
                let reservation = reservation.as_ref().map(|_| Text::default());
                UsageKind::CapacityReserved { sku: sku.clone(), count: *count, from: never(), to: never(), reservation }
            }
            UsageKind::UsageBilled(line) => UsageKind::UsageBilled(Box::new(BilledLine {
                period: Period { from: never(), to: never() },
                quantity: Micros(0),
                cost: line.cost.as_ref().map(|cost| Money { amount: Micros(0), currency: cost.currency.clone() }),
                resource: line.resource.as_ref().map(|_| empty()),
                statement: line.statement.as_ref().map(|statement| Statement { version: 0, ..statement.clone() }),
                // The line's id is in the fact's identity.
                line: line.line.as_ref().map(|_| Text::default()),
                ..BilledLine::clone(line)
            })),
            UsageKind::ModelUsed { model, operation, tokens } => {
                UsageKind::ModelUsed { model: model.clone(), operation: operation.clone(), tokens: tokens.map(|_| 0) }
            }
            UsageKind::Sighting { principal_class, .. } => {
                UsageKind::Sighting { network: nowhere(), principal_class: *principal_class }
            }
            kept @ (UsageKind::CapacityDenied { .. }
            | UsageKind::StatementComplete { .. }
            | UsageKind::Attribute { .. }) => kept.clone(),
        };
        Self { provider: usage.account.provider.clone(), region: usage.region.clone(), via: usage.via.clone(), kind }
    }

    /// Whether it is that of a fact: what [`Self::of`] would give.
    pub(super) fn fits(&self, outline: &Outline<'_>) -> bool {
        let Outline { provider, region, via, kind } = outline;
        self.provider == **provider && self.region == **region && self.via == **via && fits(&self.kind, kind)
    }
}

fn fits(shape: &UsageKind, kind: &UsageKind) -> bool {
    use UsageKind as Kind;
    match (shape, kind) {
        (
            Kind::CapacityStarted { sku, count, resource, market },
            Kind::CapacityStarted { sku: own_sku, count: own_count, resource: own, market: own_market },
        ) => (sku, count, market) == (own_sku, own_count, own_market) && resource.is_some() == own.is_some(),
        (Kind::CapacityStopped { end, .. }, Kind::CapacityStopped { end: own, .. }) => end == own,
        (
            Kind::OperationHalf { half, sku, count, market, outcome, operation: _, resources: _ },
            Kind::OperationHalf {
                half: own_half,
                sku: own_sku,
                count: own_count,
                market: own_market,
                outcome: own,
                ..
            },
        ) => (half, sku, count, market, outcome) == (own_half, own_sku, own_count, own_market, own),
        (
            Kind::CapacityReserved { sku, count, reservation, .. },
            Kind::CapacityReserved { sku: own_sku, count: own_count, reservation: own, .. },
        ) => (sku, count) == (own_sku, own_count) && reservation.is_some() == own.is_some(),
        (Kind::UsageBilled(shape), Kind::UsageBilled(line)) => line_fits(shape, line),
        (
            Kind::ModelUsed { model, operation, tokens },
            Kind::ModelUsed { model: own_model, operation: own_operation, tokens: own },
        ) => (model, operation) == (own_model, own_operation) && tokens.is_some() == own.is_some(),
        (Kind::Sighting { principal_class, .. }, Kind::Sighting { principal_class: own, .. }) => principal_class == own,
        (shape, kind) => shape == kind,
    }
}

fn line_fits(shape: &BilledLine, line: &BilledLine) -> bool {
    let cost = |line: &BilledLine| line.cost.as_ref().map(|cost| cost.currency.clone());
    let of_statement =
        |(one, other): (&Statement, &Statement)| (&one.export, &one.period) == (&other.export, &other.period);
    (&shape.sku, &shape.meter, shape.unit, shape.class) == (&line.sku, &line.meter, line.unit, line.class)
        && (&shape.issuer, &shape.publisher, &shape.payer) == (&line.issuer, &line.publisher, &line.payer)
        && cost(shape) == cost(line)
        && (shape.resource.is_some(), shape.line.is_some()) == (line.resource.is_some(), line.line.is_some())
        && shape.statement.is_some() == line.statement.is_some()
        && shape.statement.iter().zip(&line.statement).all(of_statement)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::intern::hash;
    use crate::model::*;

    fn facts() -> Vec<Usage> {
        let (sku, resource) = (Some(Sku::new("p5.48xlarge")), Some(ResourceId::new("i-1")));
        let at = Hour(480_000).start();
        let statement = Statement { export: "e".into(), period: "2026-03".into(), version: 3 };
        let line = BilledLine {
            period: Period { from: at, to: at },
            sku: sku.clone(),
            meter: None,
            quantity: Micros(7),
            unit: BilledUnit::InstanceHours,
            cost: Some(Money { amount: Micros(5), currency: Currency("USD".into()) }),
            line: Some("l".into()),
            resource: resource.clone(),
            class: BilledClass::Run,
            issuer: Some("i".into()),
            publisher: None,
            payer: Some(AccountId::new("aws", "1")),
            statement: Some(statement.clone()),
        };
        let bare = BilledLine { cost: None, statement: None, resource: None, line: None, ..line.clone() };
        let half = |half| UsageKind::OperationHalf {
            operation: "op".into(),
            half,
            sku: sku.clone(),
            resources: vec![ResourceId::new("i-1")],
            count: None,
            market: None,
            outcome: None,
        };
        let reserved = |reservation| UsageKind::CapacityReserved {
            sku: Sku::new("p5.48xlarge"),
            count: 1,
            from: at,
            to: at,
            reservation,
        };
        let model = |tokens| UsageKind::ModelUsed { model: "m".into(), operation: "o".into(), tokens };
        let started =
            |resource| UsageKind::CapacityStarted { sku: sku.clone(), count: 1, resource, market: Market::Spot };
        let stopped = |end| UsageKind::CapacityStopped { resource: ResourceId::new("i-1"), end };
        let network = NetworkPrefix::parse("198.51.100.0/24").unwrap();
        let attribute = |value: &str| UsageKind::Attribute {
            attribute: Attribute::SoldBy,
            value: value.into(),
            column: "c".into(),
        };
        let kinds = [
            started(resource),
            started(None),
            stopped(StopEnd::Stopped),
            stopped(StopEnd::Terminated),
            half(Half::First),
            half(Half::Last),
            UsageKind::CapacityDenied { sku: sku.clone(), count: 1, reason: DenialReason::Quota },
            UsageKind::CapacityDenied { sku: None, count: 1, reason: DenialReason::Quota },
            reserved(None),
            reserved(Some("r".into())),
            UsageKind::UsageBilled(Box::new(line)),
            UsageKind::UsageBilled(Box::new(bare)),
            UsageKind::StatementComplete { statement },
            model(None),
            model(Some(9)),
            UsageKind::Sighting { network, principal_class: PrincipalClass::Root },
            attribute("a"),
            attribute("b"),
        ];
        let account = AccountId::new("aws", "1");
        let usage = |kind| Usage {
            account: account.clone(),
            event: "e".into(),
            time: at,
            region: Some(Region::new("r")),
            actor: Actor::default(),
            via: Some("v".into()),
            kind,
        };
        kinds.map(usage).into()
    }

    #[test]
    fn a_shape_fits_the_facts_it_would_be_made_of_and_no_others() {
        let facts = facts();
        for (index, usage) in facts.iter().enumerate() {
            let shape = Shape::of(usage);
            assert_eq!(hash(&shape), hash(&Outline::of(usage)), "{usage:?}");
            for (other, fact) in facts.iter().enumerate() {
                assert_eq!(shape.fits(&Outline::of(fact)), shape == Shape::of(fact));
                assert_eq!(shape.fits(&Outline::of(fact)), index == other, "{usage:?} {fact:?}");
            }
            let elsewhere = Usage { region: None, ..usage.clone() };
            assert!(!shape.fits(&Outline::of(&elsewhere)));
        }
    }
}
