//! What everything else speaks of: ids, units, times, facts, parties, alerts, risk and positions.
//!
//! In: nothing. Out: plain values with identity and order. It refuses to know any provider's format, any rule, any file.

mod alert;
mod bill;
mod digest;
mod fact;
mod ids;
mod party;
mod place;
mod position;
mod risk;
mod secret;
mod tender;
mod time;
mod timeline;
mod units;
mod usage;
mod words;

pub use alert::{
    Alert, AlertId, AlertStatus, BasisKind, ChipLine, Episode, EvidenceLine, Family, HitLine, HopLine, Measured,
    Revision, RuleLine, RuleMode, Severity, Subject, SubjectKind, SubjectLine, SuppressionLine,
};
pub use bill::{BilledLine, Statement};
pub use digest::{ContentHash, Digest, FactId};
pub use fact::Fact;
pub use ids::{
    AccountId, ChipName, Country, EntryId, ListId, PartyId, Provider, Region, ResourceId, RuleId, Sku, Text,
};
pub use party::{
    Account, Authorisation, AuthorisationBasis, ChipScope, Edge, EdgeKind, Kyc, Party, PartyRole, Payment, Suppression,
};
pub use place::{NetworkPrefix, PrincipalClass};
pub use position::Position;
pub use risk::Risk;
pub use secret::Secret;
pub use tender::{BilledLines, Coverage, Tender, TenderLine, TenderSide};
pub use time::{Day, EventTime, Hour, InvalidTime, Period, SECONDS_PER_HOUR};
pub use timeline::Timeline;
pub use units::{ChipCount, Currency, InvalidQuantity, Micros, Money};
pub use usage::{Actor, Told, Usage, UsageKind};
pub(crate) use words::words;
pub use words::{Attribute, BilledClass, BilledUnit, DenialReason, FactKind, Half, Market, StopEnd};
