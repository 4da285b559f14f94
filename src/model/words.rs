//! Closed sets of words, as records and rules write them.

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
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

/// What a `parse` says: a value or none, whatever else it says.
pub(crate) trait Parsed<T> {
    fn some(self) -> Option<T>;
}

impl<T> Parsed<T> for Option<T> {
    fn some(self) -> Option<T> {
        self
    }
}

impl<T, E> Parsed<T> for Result<T, E> {
    fn some(self) -> Option<T> {
        self.ok()
    }
}

/// Reads what is written as text by its own `parse`.
macro_rules! from_text {
    ($name:ty, $what:literal) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                crate::model::words::Parsed::some(Self::parse(&text))
                    .ok_or_else(|| serde::de::Error::invalid_value(serde::de::Unexpected::Str(&text), &$what))
            }
        }
    };
}
pub(crate) use from_text;

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
    /// What a bill says of an account.
    Attribute {
        /// The account that pays for it.
        Payer = "payer",
        /// Who sells it to its customer.
        SoldBy = "sold_by",
        /// Who sells it to the one who sells it.
        Distributor = "distributor",
        /// Who uses it.
        Customer = "customer",
    }
    /// The kinds of fact, as records and metrics name them.
    FactKind {
        /// `UsageKind::CapacityStarted`.
        CapacityStarted = "capacity_started",
        /// `UsageKind::CapacityStopped`.
        CapacityStopped = "capacity_stopped",
        /// `UsageKind::OperationHalf`.
        OperationHalf = "operation_half",
        /// `UsageKind::CapacityDenied`.
        CapacityDenied = "capacity_denied",
        /// `UsageKind::CapacityReserved`.
        CapacityReserved = "capacity_reserved",
        /// `UsageKind::UsageBilled`.
        UsageBilled = "usage_billed",
        /// `UsageKind::StatementComplete`.
        StatementComplete = "statement_complete",
        /// `UsageKind::ModelUsed`.
        ModelUsed = "model_used",
        /// `UsageKind::Sighting`.
        Sighting = "sighting",
        /// `UsageKind::Attribute`.
        Attribute = "attribute",
        /// `Account`.
        Account = "account",
        /// `Party`.
        Party = "party",
        /// `Edge`.
        Edge = "edge",
        /// `Authorisation`.
        Authorisation = "authorisation",
        /// `Suppression`.
        Suppression = "suppression",
        /// `Tender`.
        Tender = "tender",
        /// `Fact::Tick`.
        Tick = "tick",
    }
}
