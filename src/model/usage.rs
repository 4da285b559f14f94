//! What an account did, was billed or was refused: one fact a resource, line or event.

use serde::{Serialize, Serializer};

use super::{
    AccountId, Attribute, BilledLine, Day, DenialReason, Digest, EventTime, FactId, FactKind, Half, Market,
    NetworkPrefix, PrincipalClass, Region, ResourceId, Sku, Statement, StopEnd, Text,
};

/// Something an account did, was billed or was refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Usage {
    /// Whose.
    pub account: AccountId,
    /// The provider's id of the event or line; empty where the identity is the content itself.
    pub event: Text,
    /// When it happened.
    pub time: EventTime,
    /// Where, lower case.
    pub region: Option<Region>,
    /// By whom, from where.
    pub actor: Actor,
    /// The provider's name of the call: `RunInstances`.
    pub via: Option<Text>,
    /// What happened.
    pub kind: UsageKind,
}

/// Who acted, as sparingly as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Actor {
    /// Keyed hash of the principal, or the principal where the operator chose so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<Text>,
    /// Network of the address.
    #[serde(rename = "ip", skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkPrefix>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum UsageKind {
    /// Capacity began to run. One fact a resource; a start that names none is an event without running time.
    CapacityStarted {
        /// As written; `None` where the call names none (StartInstances).
        #[serde(skip_serializing_if = "Option::is_none")]
        sku: Option<Sku>,
        /// How many of the SKU this resource is (1 for a machine, n for a node group).
        count: u32,
        /// The machine, job or group.
        #[serde(rename = "resources", serialize_with = "as_list", skip_serializing_if = "Option::is_none")]
        resource: Option<ResourceId>,
        /// How it was bought.
        market: Market,
    },
    /// Capacity stopped running. One fact a resource.
    CapacityStopped {
        /// The machine, job or group.
        #[serde(rename = "resources", serialize_with = "one_as_list")]
        resource: ResourceId,
        /// Whether it may start again.
        end: StopEnd,
    },
    /// One half of a long-running operation.
    OperationHalf {
        /// Shared by both halves.
        operation: Text,
        /// Which half.
        half: Half,
        /// As written, usually in the first half.
        #[serde(skip_serializing_if = "Option::is_none")]
        sku: Option<Sku>,
        /// Machines named.
        resources: Vec<ResourceId>,
        /// How many were asked for, where that is said, usually in the first half: of one machine, group or job named, or of none.
        #[serde(skip_serializing_if = "Option::is_none")]
        count: Option<u32>,
        /// How they are paid for, where that is said.
        #[serde(skip_serializing_if = "Option::is_none")]
        market: Option<Market>,
        /// Usually in the last half: `ok`, or the provider's error.
        #[serde(skip_serializing_if = "Option::is_none")]
        outcome: Option<Text>,
    },
    /// Capacity was asked for and refused.
    CapacityDenied {
        /// As written.
        #[serde(skip_serializing_if = "Option::is_none")]
        sku: Option<Sku>,
        /// How many were asked for.
        count: u32,
        /// Why.
        reason: DenialReason,
    },
    /// Capacity was reserved, or a larger quota asked for.
    CapacityReserved {
        /// As written.
        sku: Sku,
        /// How many.
        count: u32,
        /// First instant.
        from: EventTime,
        /// First instant after.
        to: EventTime,
        /// The reservation's or request's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        reservation: Option<Text>,
    },
    /// A line of a bill.
    UsageBilled(Box<BilledLine>),
    /// Every line of this statement version has been read.
    StatementComplete {
        /// Which.
        statement: Statement,
    },
    /// An AI model was called, or its tokens billed.
    ModelUsed {
        /// As written.
        model: Text,
        /// The provider's name of the call.
        operation: Text,
        /// Tokens in and out, where said.
        #[serde(skip_serializing_if = "Option::is_none")]
        tokens: Option<u64>,
    },
    /// The account was used from this network on this day; its identity is its whole content.
    Sighting {
        /// /24 or /48.
        network: NetworkPrefix,
        /// What kind of principal.
        principal_class: PrincipalClass,
    },
    /// A bill says who pays for, sells or uses the account on this day; its identity is its whole content.
    Attribute {
        /// What it says.
        attribute: Attribute,
        /// A name as written; of who pays the account, `provider/id`.
        value: Text,
        /// The column it stands in, as the provider names it.
        column: Text,
    },
}

/// What a bill says of an account on a day, by day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Told {
    /// When.
    pub day: Day,
    /// What.
    pub attribute: Attribute,
    /// A name as written; of who pays the account, `provider/id`.
    pub value: Text,
    /// The column it stands in, as the provider names it.
    pub column: Text,
}

impl Told {
    /// A bill speaks of its day and, where no later one does, of so many days after it: a bill a month is enough.
    pub const DAYS_AFTER: i64 = 31;
}

fn as_list<S: Serializer>(resource: &Option<ResourceId>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(resource)
}

fn one_as_list<S: Serializer>(resource: &ResourceId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq([resource])
}

impl Usage {
    /// A sighting: everything but account, day, network and class is left out, because they are its identity.
    pub fn sighting(account: AccountId, day: Day, network: NetworkPrefix, principal_class: PrincipalClass) -> Self {
        Self {
            account,
            event: Text::new_static("sighting"),
            time: day.start(),
            region: None,
            actor: Actor::default(),
            via: None,
            kind: UsageKind::Sighting { network, principal_class },
        }
    }

    /// What a bill says of an account: everything else is left out, because this is its identity.
    pub fn attribute(account: AccountId, Told { day, attribute, value, column }: Told) -> Self {
        Self {
            account,
            event: Text::new_static("attribute"),
            time: day.start(),
            region: None,
            actor: Actor::default(),
            via: None,
            kind: UsageKind::Attribute { attribute, value, column },
        }
    }

    /// What a bill says of the account, if it is that.
    pub fn told(&self) -> Option<Told> {
        match &self.kind {
            UsageKind::Attribute { attribute, value, column } => {
                let (value, column) = (value.clone(), column.clone());
                Some(Told { day: self.time.day(), attribute: *attribute, value, column })
            }
            _ => None,
        }
    }

    /// Who this observation is (D1).
    pub fn identity(&self) -> FactId {
        let start = |kind: &str| Digest::new(kind).field(self.account.provider.as_str()).field(&self.account.id);
        let region = self.region.as_ref().map_or("", Region::as_str);
        match &self.kind {
            UsageKind::CapacityStarted { resource: Some(resource), .. } => {
                start("capacity_started").field(region).field(resource.as_str()).number(self.time.nanos()).fact_id()
            }
            UsageKind::CapacityStarted { resource: None, .. } => {
                start("capacity_started_event").field(&self.event).fact_id()
            }
            UsageKind::CapacityStopped { resource, end } => start("capacity_stopped")
                .field(region)
                .field(resource.as_str())
                .number(self.time.nanos())
                .field(end.as_str())
                .fact_id(),
            UsageKind::OperationHalf { operation, half, .. } => {
                start("operation_half").field(operation).field(half.as_str()).fact_id()
            }
            UsageKind::CapacityDenied { .. } => start("capacity_denied").field(&self.event).fact_id(),
            UsageKind::CapacityReserved { reservation, .. } => {
                start("capacity_reserved").field(reservation.as_ref().unwrap_or(&self.event)).fact_id()
            }
            UsageKind::UsageBilled(line) => line.identity(start("usage_billed"), &self.event, region),
            UsageKind::StatementComplete { statement } => Digest::new("statement_complete")
                .field(self.account.provider.as_str())
                .field(&statement.export)
                .field(&statement.period)
                .number(statement.version.cast_signed())
                .fact_id(),
            UsageKind::ModelUsed { .. } => start("model_used").field(&self.event).fact_id(),
            UsageKind::Sighting { network, principal_class } => start("sighting")
                .number(self.time.day().0)
                .field(network.to_string())
                .field(principal_class.as_str())
                .fact_id(),
            UsageKind::Attribute { attribute, value, column } => start("attribute")
                .number(self.time.day().0)
                .field(attribute.as_str())
                .field(value)
                .field(column)
                .fact_id(),
        }
    }

    /// Which kind of fact.
    pub fn fact_kind(&self) -> FactKind {
        match self.kind {
            UsageKind::CapacityStarted { .. } => FactKind::CapacityStarted,
            UsageKind::CapacityStopped { .. } => FactKind::CapacityStopped,
            UsageKind::OperationHalf { .. } => FactKind::OperationHalf,
            UsageKind::CapacityDenied { .. } => FactKind::CapacityDenied,
            UsageKind::CapacityReserved { .. } => FactKind::CapacityReserved,
            UsageKind::UsageBilled(_) => FactKind::UsageBilled,
            UsageKind::StatementComplete { .. } => FactKind::StatementComplete,
            UsageKind::ModelUsed { .. } => FactKind::ModelUsed,
            UsageKind::Sighting { .. } => FactKind::Sighting,
            UsageKind::Attribute { .. } => FactKind::Attribute,
        }
    }
}

impl Serialize for Usage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape<'a> {
            provider: &'a str,
            account: &'a str,
            id: &'a str,
            time: EventTime,
            #[serde(skip_serializing_if = "Option::is_none")]
            region: &'a Option<Region>,
            #[serde(skip_serializing_if = "is_empty")]
            actor: &'a Actor,
            #[serde(skip_serializing_if = "Option::is_none")]
            via: &'a Option<Text>,
            #[serde(flatten)]
            kind: &'a UsageKind,
        }
        fn is_empty(actor: &&Actor) -> bool {
            actor.principal.is_none() && actor.network.is_none()
        }
        Shape {
            provider: self.account.provider.as_str(),
            account: &self.account.id,
            id: &self.event,
            time: self.time,
            region: &self.region,
            actor: &self.actor,
            via: &self.via,
            kind: &self.kind,
        }
        .serialize(serializer)
    }
}
