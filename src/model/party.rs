//! Reference facts: accounts, parties, the edges between them, authorisations and suppressions.
//!
//! In: what registries, resellers and the operator's own records say, valid from a date on. Out: cards with identity.
//! They refuse to hold a natural person's nationality, birthplace or language: no rule may read those.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::words::words;
use super::{AccountId, ChipName, Country, EventTime, Micros, PartyId, Provider, RuleId, Text};

/// What is known of an account from a date on.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Account {
    /// Which.
    #[serde(flatten, deserialize_with = "provider_and_id")]
    pub account: AccountId,
    /// Its display name.
    pub name: Option<Text>,
    /// The party that uses it.
    pub customer: Option<PartyId>,
    /// The account that pays for it.
    pub payer: Option<AccountId>,
    /// The party that sold it.
    pub sold_by: Option<PartyId>,
    /// Declared place.
    pub country: Option<Country>,
    /// Place of the bill.
    pub billing_country: Option<Country>,
    /// How it is paid.
    pub payment: Option<Payment>,
    /// Domain of its contacts.
    pub email_domain: Option<Text>,
    /// Country of its telephone number.
    pub phone_country: Option<Country>,
    /// When it was opened.
    pub created: Option<EventTime>,
    /// State of the identity check.
    pub kyc: Option<Kyc>,
    /// Keyed hashes of identifiers it may share with others, by key.
    #[serde(default)]
    pub shared: BTreeMap<Text, Text>,
    /// Greater replaces lesser at the same valid-from.
    #[serde(default)]
    pub version: u64,
    /// Holds from.
    pub valid_from: EventTime,
    /// Holds up to, not including.
    pub valid_to: Option<EventTime>,
}

fn provider_and_id<'de, D: Deserializer<'de>>(from: D) -> Result<AccountId, D::Error> {
    #[derive(Deserialize)]
    struct Parts {
        provider: Provider,
        id: Text,
    }
    Parts::deserialize(from).map(|parts| AccountId { provider: parts.provider, id: parts.id })
}

/// How an account is paid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// Country of the instrument.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// `card`, `bank`, `wallet` …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text>,
}

/// What is known of an organisation or person from a date on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Party {
    /// Which.
    pub id: PartyId,
    /// Its names, the first for display.
    pub names: Vec<Text>,
    /// What it does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<PartyRole>,
    /// Where it is registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// Where its headquarters are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hq: Option<Country>,
    /// Its domains, lower case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<Text>,
    /// Register numbers, by register.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub identifiers: BTreeMap<Text, Text>,
    /// A natural person.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub person: bool,
    /// Greater replaces lesser at the same valid-from.
    #[serde(skip_serializing_if = "is_zero")]
    pub version: u64,
    /// Holds from.
    pub valid_from: EventTime,
    /// Holds up to, not including.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<EventTime>,
}

/// A relation between two parties from a date on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edge {
    /// Which relation; it reads `from` kind `to`: `a owns b`.
    pub kind: EdgeKind,
    /// The party that owns, resells, pays, uses, belongs.
    pub from: PartyId,
    /// The other.
    pub to: PartyId,
    /// Stake in per cent (`owns`); `None` is unknown, never nought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<Micros>,
    /// Where it was learnt.
    pub source: Text,
    /// Greater replaces lesser at the same valid-from.
    #[serde(skip_serializing_if = "is_zero")]
    pub version: u64,
    /// Holds from.
    pub valid_from: EventTime,
    /// Holds up to, not including.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<EventTime>,
}

fn is_zero(version: &u64) -> bool {
    *version == 0
}

/// A licence or approval that covers uses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Authorisation {
    /// Which.
    pub id: Text,
    /// An account (`provider/id`) or a party id.
    pub scope: Text,
    /// Which chips.
    pub chips: ChipScope,
    /// What it is.
    pub basis: AuthorisationBasis,
    /// Its number.
    pub reference: Text,
    /// First instant.
    pub from: EventTime,
    /// First instant after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<EventTime>,
}

/// Which chips an authorisation covers.
#[derive(Clone, Debug, PartialEq)]
pub enum ChipScope {
    /// All.
    Any,
    /// These.
    Of(Vec<ChipName>),
}

impl<'de> Deserialize<'de> for ChipScope {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Of(Vec<ChipName>),
            Any(Text),
        }
        match Written::deserialize(from)? {
            Written::Of(chips) => Ok(Self::Of(chips)),
            Written::Any(word) if word == "any" => Ok(Self::Any),
            Written::Any(word) => Err(serde::de::Error::custom(format_args!("chips: a list or any, got {word:?}"))),
        }
    }
}

impl Serialize for ChipScope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Any => serializer.serialize_str("any"),
            Self::Of(chips) => serializer.collect_seq(chips),
        }
    }
}

/// A triage decision about alerts of a subject.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suppression {
    /// Which.
    pub id: Text,
    /// `kind:id` of the subject, as alerts write it.
    pub subject: Text,
    /// Only this rule; `None` is every rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleId>,
    /// Expires.
    pub until: EventTime,
    /// Why.
    pub reason: Text,
    /// Who.
    pub by: Text,
}

words! {
    /// What a party does.
    PartyRole {
        /// Uses.
        Customer = "customer",
        /// Sells to customers.
        Reseller = "reseller",
        /// Sells to resellers.
        Distributor = "distributor",
        /// Pays.
        Payer = "payer",
        /// Owns.
        Owner = "owner",
        /// Runs the cloud.
        Provider = "provider",
    }
    /// A relation; it reads `from` kind `to`.
    EdgeKind {
        /// Holds a stake in.
        Owns = "owns",
        /// Sells to, for resale.
        ResellsTo = "resells_to",
        /// Pays for.
        PaysFor = "pays_for",
        /// Uses what the other buys.
        EndUserOf = "end_user_of",
        /// Is part of, under another name.
        SubUnitOf = "sub_unit_of",
        /// Is the same party as.
        SameAs = "same_as",
    }
    /// State of the identity check.
    Kyc {
        /// Done.
        Verified = "verified",
        /// Under way.
        Pending = "pending",
        /// Failed or declined.
        Refused = "refused",
        /// Never begun.
        Missing = "missing",
    }
    /// What an authorisation is.
    AuthorisationBasis {
        /// A licence of an authority.
        Licence = "licence",
        /// An approval of the operator.
        Approval = "approval",
    }
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shape<'a> {
            provider: &'a Provider,
            id: &'a Text,
            #[serde(skip_serializing_if = "Option::is_none")]
            name: &'a Option<Text>,
            #[serde(skip_serializing_if = "Option::is_none")]
            customer: &'a Option<PartyId>,
            #[serde(skip_serializing_if = "Option::is_none")]
            payer: &'a Option<AccountId>,
            #[serde(skip_serializing_if = "Option::is_none")]
            sold_by: &'a Option<PartyId>,
            #[serde(skip_serializing_if = "Option::is_none")]
            country: &'a Option<Country>,
            #[serde(skip_serializing_if = "Option::is_none")]
            billing_country: &'a Option<Country>,
            #[serde(skip_serializing_if = "Option::is_none")]
            payment: &'a Option<Payment>,
            #[serde(skip_serializing_if = "Option::is_none")]
            email_domain: &'a Option<Text>,
            #[serde(skip_serializing_if = "Option::is_none")]
            phone_country: &'a Option<Country>,
            #[serde(skip_serializing_if = "Option::is_none")]
            created: &'a Option<EventTime>,
            #[serde(skip_serializing_if = "Option::is_none")]
            kyc: &'a Option<Kyc>,
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            shared: &'a BTreeMap<Text, Text>,
            #[serde(skip_serializing_if = "is_zero")]
            version: u64,
            valid_from: EventTime,
            #[serde(skip_serializing_if = "Option::is_none")]
            valid_to: Option<EventTime>,
        }
        Shape {
            provider: &self.account.provider,
            id: &self.account.id,
            name: &self.name,
            customer: &self.customer,
            payer: &self.payer,
            sold_by: &self.sold_by,
            country: &self.country,
            billing_country: &self.billing_country,
            payment: &self.payment,
            email_domain: &self.email_domain,
            phone_country: &self.phone_country,
            created: &self.created,
            kyc: &self.kyc,
            shared: &self.shared,
            version: self.version,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
        }
        .serialize(serializer)
    }
}
