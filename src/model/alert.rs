//! Alerts: a review somebody is asked to make, with everything it rests on.
//!
//! In: what the engine found. Out: one JSON object a line (docs/alert.schema.json). An alert is never a verdict:
//! `review_required` is always true.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::words::{from_text, words};
use super::{Digest, EventTime, FactId, FactKind, PartyId, Position, RuleId, TenderLine, Text};

words! {
    /// How much it matters.
    Severity {
        /// For information.
        Info = "info",
        /// A look when there is time.
        Low = "low",
        /// A look soon.
        Medium = "medium",
        /// A look today.
        High = "high",
        /// A look now.
        Critical = "critical",
    }
    /// What kind of evidence a rule rests on.
    Family {
        /// Who.
        Identity = "identity",
        /// Through whom.
        Chain = "chain",
        /// From where.
        Place = "place",
        /// Paid how.
        Payment = "payment",
        /// What and how much.
        Usage = "usage",
    }
    /// Whether a rule's alerts are sent.
    RuleMode {
        /// They are.
        Live = "live",
        /// They are marked and not sent.
        Shadow = "shadow",
    }
    /// What an alert rests on in law or policy.
    BasisKind {
        /// A sign of risk, no rule forbids it as such.
        RiskOnly = "risk_only",
        /// The operator's own policy.
        ProviderPolicy = "provider_policy",
        /// A rule that is proposed.
        ProposedRule = "proposed_rule",
        /// A catch-all that needs an end-use indication.
        CatchAll = "catch_all",
        /// A licence is asked for.
        LicenceRequired = "licence_required",
        /// A list whose entry blocks services.
        ListBlock = "list_block",
    }
    /// Whether the condition still holds.
    AlertStatus {
        /// It held within the rule's quiet time before now.
        Open = "open",
        /// It did not.
        Resolved = "resolved",
    }
}

/// What an alert is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectKind {
    /// One account.
    Account,
    /// The party that uses accounts.
    Customer,
    /// The ultimate parent.
    Owner,
    /// A party that sells.
    Reseller,
    /// An account that pays.
    Payer,
    /// Accounts that share an identifier of this key.
    Shared(Text),
}

impl SubjectKind {
    /// From a rule's words: `account`, `shared.payment`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "account" => Self::Account,
            "customer" => Self::Customer,
            "owner" => Self::Owner,
            "reseller" => Self::Reseller,
            "payer" => Self::Payer,
            _ => Self::Shared(Text::new(text.strip_prefix("shared.").filter(|key| !key.is_empty())?)),
        })
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("account"),
            Self::Customer => f.write_str("customer"),
            Self::Owner => f.write_str("owner"),
            Self::Reseller => f.write_str("reseller"),
            Self::Payer => f.write_str("payer"),
            Self::Shared(key) => write!(f, "shared.{key}"),
        }
    }
}

from_text!(SubjectKind, "a kind of subject");

impl Serialize for SubjectKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whom or what an alert is about; written `kind:id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// Which kind.
    pub kind: SubjectKind,
    /// Account as `provider/id`, party id, or keyed hash.
    pub id: Text,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

/// One alert for each (rule, subject), for ever (D8).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlertId(Text);

impl AlertId {
    /// hash(rule, subject), 32 hexadecimal digits.
    pub fn of(rule: &RuleId, subject: &Subject) -> Self {
        let id = Digest::new("alert").field(rule.as_str()).field(subject.kind.to_string()).field(&subject.id).fact_id();
        Self(Text::new(id.to_string()))
    }

    /// Reads 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        FactId::parse(text).map(|id| Self(Text::new(id.to_string())))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A line of the alert table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// hash(rule, subject).
    pub id: AlertId,
    /// What it was computed from; left out of comparisons.
    pub revision: Revision,
    /// Whether the condition still holds.
    pub status: AlertStatus,
    /// The rule, with the basis in force when the condition last held.
    pub rule: Arc<RuleLine>,
    /// Always true: nothing acts on an account.
    pub review_required: bool,
    /// Whom it is about.
    pub subject: SubjectLine,
    /// First hour in which the condition held.
    pub first_seen: EventTime,
    /// End of the last hour in which it held.
    pub last_seen: EventTime,
    /// When it held, gaps up to the rule's quiet time joined.
    pub episodes: Vec<Episode>,
    /// The measures the rule asks about, at the last hour it held.
    pub measures: BTreeMap<Text, Measured>,
    /// Chips in that hour's window.
    pub chips: Vec<ChipLine>,
    /// The chain of the account that weighs most, in force at that hour.
    pub chain: Vec<HopLine>,
    /// List entries matched, in force at that hour.
    pub hits: Vec<HitLine>,
    /// Public tenders that name somebody of the chain, where the rule asks about them, in force at that hour.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenders: Vec<TenderLine>,
    /// Facts that made it, first and last by (time, identity).
    pub evidence: Vec<Arc<EvidenceLine>>,
    /// What is not known.
    pub unknown: Vec<Text>,
    /// A triage decision in force, shown here and nothing more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppression: Option<SuppressionLine>,
    /// For people.
    pub explanation: Text,
}

/// What an alert was computed from (D9): the fold of the log up to a position, under one configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// The log's epoch.
    pub epoch: u64,
    /// Facts folded so far; of a log on Kafka the offset after the last one.
    pub position: u64,
    /// What was heard from other shards, as the offset after it; 0 where there is nobody else.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub heard: u64,
    /// `sha256:` and the configuration's digest.
    pub config: Text,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The subject as an alert names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubjectLine {
    /// Which.
    #[serde(flatten)]
    pub subject: Subject,
    /// Its display name at the last hour, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
}

impl Alert {
    /// Whether another says the same, how it was read aside.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self.canonical() == other.canonical()
    }

    /// The alert without what depends on how it was read: revision and source positions (P1 compares this).
    pub fn canonical(&self) -> Self {
        let mut alert = self.clone();
        alert.revision = Revision::default();
        for line in &mut alert.evidence {
            Arc::make_mut(line).position = Position { source: Text::default(), at: 0 };
        }
        alert
    }
}

/// The rule as an alert names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleLine {
    /// Which.
    pub id: RuleId,
    /// In words.
    pub title: Text,
    /// Live or shadow.
    pub mode: RuleMode,
    /// How much it matters.
    pub severity: Severity,
    /// What kind of evidence.
    pub family: Family,
    /// What it rests on.
    pub basis: BasisKind,
    /// Where that is written.
    pub cites: Vec<Text>,
    /// Known innocent explanations.
    pub innocent: Vec<Text>,
}

/// A stretch of time in which a condition held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Episode {
    /// Start of its first hour.
    pub from: EventTime,
    /// End of its last hour; `None` while it may still go on.
    pub to: Option<EventTime>,
}

/// A measure and what the rule compares it with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Its value.
    pub value: f64,
    /// The literal it is compared with, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
}

/// A chip in an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChipLine {
    /// Its name, or `unknown:` and the SKU.
    pub chip: Text,
    /// Greatest number at once, in whole and part chips.
    pub count: f64,
    /// Class of control at the last hour it ran.
    pub control: Text,
}

/// A hop of the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HopLine {
    /// provider, distributor, reseller, payer, customer, end_user.
    pub role: Text,
    /// Party id, or account id where no party is known.
    pub party: Text,
    /// Where it is registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Text>,
    /// Its ultimate parent, where another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<PartyId>,
    /// Where its ultimate parent has its headquarters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hq: Option<Text>,
    /// Where the hop was learnt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Text>,
    /// How sure it is: card, edge, bill, name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Text>,
}

/// A list entry matched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HitLine {
    /// Who matched.
    pub party: PartyId,
    /// Which list.
    pub list: Text,
    /// Which entry.
    pub entry: Text,
    /// From 0 to 1.
    pub score: f64,
    /// How.
    pub why: Text,
}

/// A fact that made an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvidenceLine {
    /// Which.
    pub fact: FactId,
    /// When.
    pub time: EventTime,
    /// What kind.
    pub kind: FactKind,
    /// In words.
    pub summary: Text,
    /// Where it was read; left out of comparisons.
    pub position: Position,
}

/// A triage decision as shown on an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuppressionLine {
    /// Which.
    pub id: Text,
    /// Expires.
    pub until: EventTime,
    /// Why.
    pub reason: Text,
    /// Who.
    pub by: Text,
}
