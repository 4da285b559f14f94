//! Facts: normalised, identified observations.
//!
//! A fact says what happened to which account when, in the provider's own names. It carries nothing that configuration
//! could change later (the SKU stays as written, the address is only a prefix) and nothing about where or when a copy
//! of it was received. Facts are written in the native format (docs/records.md), so what `decode` prints can be replayed.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{
    Account, AccountId, Authorisation, ContentHash, Day, Digest, Edge, EventTime, FactId, Micros, Money, NetworkPrefix,
    Party, Period, PrincipalClass, Region, ResourceId, Sku, Suppression, Tender, Text,
};

/// One observation.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Something an account did, was billed or was refused.
    Usage(Usage),
    /// What is known of an account from a date on.
    Account(Account),
    /// What is known of an organisation or person from a date on.
    Party(Party),
    /// A relation between two parties from a date on.
    Edge(Edge),
    /// A licence or approval.
    Authorisation(Authorisation),
    /// A triage decision: shown on the alert, never dropping it.
    Suppression(Suppression),
    /// A public tender or award.
    Tender(Tender),
    /// Event time has reached this instant.
    Tick(EventTime),
}

/// Something an account did, was billed or was refused.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Actor {
    /// Keyed hash of the principal, or the principal where the operator chose so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<Text>,
    /// Network of the address.
    #[serde(rename = "ip", skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkPrefix>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
}

fn as_list<S: Serializer>(resource: &Option<ResourceId>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(resource)
}

fn one_as_list<S: Serializer>(resource: &ResourceId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq([resource])
}

/// A line of a bill.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Statement {
    /// The export's identity.
    pub export: Text,
    /// The billing period, as the source names it.
    pub period: Text,
    /// Greater replaces lesser once complete; 0 where the source has no versions.
    pub version: u64,
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As written in records.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// From the word in records.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    )*};
}
pub(crate) use words;

words! {
    /// How capacity was bought.
    Market {
        /// By the hour.
        OnDemand = "on_demand",
        /// Spare capacity, may be taken back.
        Spot = "spot",
        /// Under a reservation.
        Reserved = "reserved",
        /// A capacity block, paid in advance.
        Block = "block",
    }
    /// Whether stopped capacity may start again.
    StopEnd {
        /// It may.
        Stopped = "stopped",
        /// It is gone.
        Terminated = "terminated",
    }
    /// Which half of an operation.
    Half {
        /// The request.
        First = "first",
        /// The outcome.
        Last = "last",
    }
    /// Why capacity was refused.
    DenialReason {
        /// A rule of the provider or the organisation.
        Policy = "policy",
        /// Above a quota.
        Quota = "quota",
        /// None left.
        Capacity = "capacity",
        /// The principal may not.
        Unauthorised = "unauthorised",
        /// The provider declined to sell.
        RefusedSale = "refused_sale",
        /// Not said.
        Unknown = "unknown",
    }
    /// What a billed quantity counts.
    BilledUnit {
        /// Hours of a whole instance.
        InstanceHours = "instance_hours",
        /// Hours of one chip: not to be multiplied again.
        GpuHours = "gpu_hours",
        /// Seconds of one chip.
        GpuSeconds = "gpu_seconds",
        /// Tokens of a model.
        Tokens = "tokens",
        /// Anything else.
        Units = "units",
    }
    /// What kind of charge a line is.
    BilledClass {
        /// Compute that ran.
        Run = "run",
        /// Capacity held and not used.
        Held = "held",
        /// A fee without hours.
        Fee = "fee",
        /// A credit or refund.
        Credit = "credit",
    }
    /// The kinds of fact, as records and metrics name them.
    FactKind {
        /// See [`UsageKind::CapacityStarted`].
        CapacityStarted = "capacity_started",
        /// See [`UsageKind::CapacityStopped`].
        CapacityStopped = "capacity_stopped",
        /// See [`UsageKind::OperationHalf`].
        OperationHalf = "operation_half",
        /// See [`UsageKind::CapacityDenied`].
        CapacityDenied = "capacity_denied",
        /// See [`UsageKind::CapacityReserved`].
        CapacityReserved = "capacity_reserved",
        /// See [`UsageKind::UsageBilled`].
        UsageBilled = "usage_billed",
        /// See [`UsageKind::StatementComplete`].
        StatementComplete = "statement_complete",
        /// See [`UsageKind::ModelUsed`].
        ModelUsed = "model_used",
        /// See [`UsageKind::Sighting`].
        Sighting = "sighting",
        /// See [`Account`].
        Account = "account",
        /// See [`Party`].
        Party = "party",
        /// See [`Edge`].
        Edge = "edge",
        /// See [`Authorisation`].
        Authorisation = "authorisation",
        /// See [`Suppression`].
        Suppression = "suppression",
        /// See [`Tender`].
        Tender = "tender",
        /// See [`Fact::Tick`].
        Tick = "tick",
    }
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

    fn identity(&self) -> FactId {
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
        }
    }
}

impl BilledLine {
    /// D4: with a line id that is the identity (within its statement's version); without one, every column but
    /// quantity and cost, and in a versioned statement those too. Columns that no field holds are in the event's id.
    fn identity(&self, digest: Digest, event: &str, region: &str) -> FactId {
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

impl Fact {
    /// Who this fact is.
    pub fn identity(&self) -> FactId {
        let from = |digest: Digest, from: EventTime| digest.number(from.nanos()).fact_id();
        match self {
            Self::Usage(usage) => usage.identity(),
            Self::Account(a) => {
                from(Digest::new("account").field(a.account.provider.as_str()).field(&a.account.id), a.valid_from)
            }
            Self::Party(p) => from(Digest::new("party").field(p.id.as_str()), p.valid_from),
            Self::Edge(e) => from(
                Digest::new("edge").field(e.kind.as_str()).field(e.from.as_str()).field(e.to.as_str()),
                e.valid_from,
            ),
            Self::Authorisation(a) => Digest::new("authorisation").field(&a.id).fact_id(),
            Self::Suppression(s) => Digest::new("suppression").field(&s.id).fact_id(),
            Self::Tender(t) => Digest::new("tender").field(&t.id).fact_id(),
            Self::Tick(time) => from(Digest::new("tick"), *time),
        }
    }

    /// What decides between two facts of one identity: the greater wins (D1). Version, then for lines that could not be
    /// told apart the greater usage (D4), then the content hash.
    pub fn rank(&self) -> (u64, i64, ContentHash) {
        let (version, usage) = match self {
            Self::Account(a) => (a.version, 0),
            Self::Party(p) => (p.version, 0),
            Self::Edge(e) => (e.version, 0),
            Self::Usage(Usage { kind: UsageKind::UsageBilled(line), .. }) if line.is_ambiguous() => {
                (0, line.quantity.0)
            }
            _ => (0, 0),
        };
        (version, usage, self.content())
    }

    /// Everything the fact says, hashed. It is the hash of the native record, which holds no position.
    pub fn content(&self) -> ContentHash {
        // Writing plain data to memory cannot fail; were it to, the hash of nothing would still be the same everywhere.
        Digest::new("content").field(serde_json::to_vec(self).unwrap_or_default()).content()
    }

    /// Which kind of fact.
    pub fn kind(&self) -> FactKind {
        match self {
            Self::Usage(usage) => usage.fact_kind(),
            Self::Account(_) => FactKind::Account,
            Self::Party(_) => FactKind::Party,
            Self::Edge(_) => FactKind::Edge,
            Self::Authorisation(_) => FactKind::Authorisation,
            Self::Suppression(_) => FactKind::Suppression,
            Self::Tender(_) => FactKind::Tender,
            Self::Tick(_) => FactKind::Tick,
        }
    }

    /// The event time it speaks of; `None` for facts that only hold from a date on.
    pub fn event_time(&self) -> Option<EventTime> {
        match self {
            Self::Usage(usage) => Some(usage.time),
            Self::Tick(time) => Some(*time),
            _ => None,
        }
    }
}

/// A fact as a native record: one JSON object.
impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Typed<'a, T> {
            r#type: &'a str,
            #[serde(flatten)]
            body: &'a T,
        }
        fn typed<S: Serializer, T: Serialize>(r#type: &str, body: &T, serializer: S) -> Result<S::Ok, S::Error> {
            Typed { r#type, body }.serialize(serializer)
        }
        match self {
            Self::Usage(body) => typed("usage", body, serializer),
            Self::Account(body) => typed("account", body, serializer),
            Self::Party(body) => typed("party", body, serializer),
            Self::Edge(body) => typed("edge", body, serializer),
            Self::Authorisation(body) => typed("authorisation", body, serializer),
            Self::Suppression(body) => typed("suppression", body, serializer),
            Self::Tender(body) => typed("tender", body, serializer),
            Self::Tick(time) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("type", "tick")?;
                map.serialize_entry("time", time)?;
                map.end()
            }
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
