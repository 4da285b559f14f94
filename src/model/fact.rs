//! Facts: normalised, identified observations.
//!
//! A fact says what happened to which account when, in the provider's own names. It carries nothing that configuration
//! could change later (the SKU stays as written, the address is only a prefix) and nothing about where or when a copy
//! of it was received. Facts are written in the native format (docs/records.md), so what `decode` prints can be replayed.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{
    Account, Actor, Authorisation, BilledClass, ContentHash, Digest, Edge, EventTime, FactId, FactKind, Party,
    Suppression, Tender, Text, Usage, UsageKind,
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

    /// Everything the fact says, hashed. It is the hash of the native record, which holds no position; who acted, and the
    /// provider's ids of the event and the line that said so, are left out: copies differ in them or their identity holds
    /// them, and nothing that is held reads them.
    pub fn content(&self) -> ContentHash {
        let bare = match self {
            Self::Usage(usage) => {
                let mut bare = Usage { event: Text::default(), actor: Actor::default(), ..usage.clone() };
                if let UsageKind::UsageBilled(line) = &mut bare.kind {
                    line.line = line.line.as_ref().map(|_| Text::default());
                }
                serde_json::to_vec(&Self::Usage(bare))
            }
            other => serde_json::to_vec(other),
        };
        // Writing plain data to memory cannot fail; were it to, the hash of nothing would still be the same everywhere.
        Digest::new("content").field(bare.unwrap_or_default()).content()
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

    /// The latest instant it speaks of: of a line that bills time the end of its period, else its event time.
    pub fn reaches(&self) -> Option<EventTime> {
        match self {
            Self::Usage(Usage { kind: UsageKind::UsageBilled(line), time, .. })
                if matches!(line.class, BilledClass::Run | BilledClass::Held) =>
            {
                Some(line.period.to.max(*time))
            }
            _ => self.event_time(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::*;

    fn account(version: u64, name: &str) -> Fact {
        Fact::Account(Account {
            account: AccountId::new("aws", "a"),
            name: Some(name.into()),
            customer: None,
            payer: None,
            sold_by: None,
            country: None,
            billing_country: None,
            payment: None,
            email_domain: None,
            phone_country: None,
            created: None,
            kyc: None,
            shared: Default::default(),
            version,
            valid_from: Hour(0).start(),
            valid_to: None,
        })
    }

    fn usage(event: &str, kind: UsageKind) -> Usage {
        let account = AccountId { provider: Provider::new("aws"), id: "a".into() };
        Usage {
            account,
            event: event.into(),
            time: Hour(9).start(),
            region: None,
            actor: Actor::default(),
            via: None,
            kind,
        }
    }

    fn billed(event: &str, quantity: i64, line: Option<&str>, version: u64) -> Fact {
        let statement = Statement { export: "x".into(), period: "2024-03".into(), version };
        let line = BilledLine {
            period: Period { from: Hour(1).start(), to: Hour(2).start() },
            sku: Some(Sku::new("p5.48xlarge")),
            meter: None,
            quantity: Micros(quantity),
            unit: BilledUnit::InstanceHours,
            cost: None,
            line: line.map(Text::new),
            resource: None,
            class: BilledClass::Run,
            issuer: None,
            publisher: None,
            payer: None,
            statement: Some(statement),
        };
        Fact::Usage(usage(event, UsageKind::UsageBilled(Box::new(line))))
    }

    #[test]
    fn the_greater_version_wins_whatever_the_content() {
        let (old, new) = (account(1, "a"), account(2, "b"));
        assert_eq!(old.identity(), new.identity());
        assert!(new.rank() > old.rank() && account(2, "a").rank() > account(1, "b").rank());
        assert_ne!(account(1, "a").rank(), account(1, "b").rank());
    }

    #[test]
    fn of_lines_that_cannot_be_told_apart_the_greater_usage_wins() {
        for (less, more) in [(1, 2), (2, 3), (-5, 1), (10, 20)] {
            let (less, more) = (billed("e", less, None, 0), billed("e", more, None, 0));
            assert_eq!(less.identity(), more.identity());
            assert!(more.rank() > less.rank());
        }
    }

    #[test]
    fn a_line_is_itself_by_its_id_and_version_or_by_every_column() {
        let id = |fact: Fact| fact.identity();
        assert_eq!(id(billed("e", 1, Some("l"), 0)), id(billed("f", 2, Some("l"), 0)), "a line id says it all");
        assert_ne!(
            id(billed("e", 1, Some("l"), 1)),
            id(billed("e", 1, Some("l"), 2)),
            "another version is another line"
        );
        assert_ne!(id(billed("e", 1, None, 1)), id(billed("e", 2, None, 1)), "in a version the whole row counts");
        assert_ne!(
            id(billed("e", 1, None, 0)),
            id(billed("f", 1, None, 0)),
            "columns without a field are in the event"
        );
    }

    #[test]
    fn starts_and_stops_are_themselves_by_resource_and_time_and_denials_by_event() {
        let start = |event, resource: Option<&str>| {
            let resource = resource.map(ResourceId::new);
            let kind = UsageKind::CapacityStarted { sku: None, count: 1, resource, market: Market::Spot };
            Fact::Usage(usage(event, kind)).identity()
        };
        let denial = |event| {
            let kind = UsageKind::CapacityDenied { sku: None, count: 1, reason: DenialReason::Quota };
            Fact::Usage(usage(event, kind)).identity()
        };
        assert_eq!(start("e", Some("i")), start("f", Some("i")));
        assert_ne!(start("e", Some("i")), start("e", Some("j")));
        assert_ne!(start("e", None), start("f", None));
        assert_ne!(denial("e"), denial("f"));
    }

    #[test]
    fn a_fact_is_written_as_a_native_record() {
        let written = serde_json::to_value(billed("e", 1_500_000, Some("l"), 2)).unwrap();
        assert_eq!(written["type"], "usage");
        assert_eq!(written["quantity"], 1.5);
        assert_eq!(written["statement"]["version"], 2);
    }
}
