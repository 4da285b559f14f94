//! Which keys a native record may have, the one place: the parser checks by it, and so does the published schema's test.
//!
//! In: nothing. Out: [`Shape`]s. It refuses to know what a value may be.

/// The keys of one kind of object.
#[derive(Debug)]
pub(super) struct Shape {
    /// The type, kind or nested key it belongs to.
    pub(super) name: &'static str,
    /// Must be there and not null.
    pub(super) required: &'static [&'static str],
    /// May be left out or null.
    pub(super) optional: &'static [&'static str],
}

const fn shape(name: &'static str, required: &'static [&'static str], optional: &'static [&'static str]) -> Shape {
    Shape { name, required, optional }
}

impl Shape {
    /// Whether the key is one of its own.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.required.contains(&key) || self.optional.contains(&key)
    }
}

pub(super) const ACCOUNT: Shape = shape(
    "account",
    &["type", "provider", "id", "valid_from"],
    &[
        "name",
        "customer",
        "payer",
        "sold_by",
        "country",
        "billing_country",
        "payment",
        "email_domain",
        "phone_country",
        "created",
        "kyc",
        "shared",
        "version",
        "valid_to",
    ],
);
pub(super) const PARTY: Shape = shape(
    "party",
    &["type", "id", "names", "valid_from"],
    &["roles", "country", "hq", "domains", "identifiers", "person", "version", "valid_to"],
);
pub(super) const EDGE: Shape =
    shape("edge", &["type", "kind", "from", "to", "source", "valid_from"], &["percent", "version", "valid_to"]);
pub(super) const AUTHORISATION: Shape =
    shape("authorisation", &["type", "id", "scope", "chips", "basis", "reference", "from"], &["to"]);
pub(super) const SUPPRESSION: Shape =
    shape("suppression", &["type", "id", "subject", "until", "reason", "by"], &["rule"]);
pub(super) const TENDER: Shape = shape(
    "tender",
    &["type", "id", "buyer", "published", "source"],
    &["intermediary", "provider", "amount", "currency"],
);
pub(super) const TICK: Shape = shape("tick", &["type", "time"], &[]);

/// What every usage record has; its kind adds its own.
pub(super) const USAGE: Shape =
    shape("usage", &["type", "provider", "account", "id", "time", "kind"], &["region", "actor", "via"]);

/// What each kind of usage adds.
pub(super) const USAGE_KINDS: &[Shape] = &[
    shape("capacity_started", &["count"], &["sku", "resources", "market"]),
    shape("capacity_stopped", &["resources"], &["end"]),
    shape("operation_half", &["operation", "half"], &["sku", "resources", "count", "market", "outcome"]),
    shape("capacity_denied", &["reason"], &["sku", "count"]),
    shape("capacity_reserved", &["sku", "count", "from", "to"], &["reservation"]),
    shape(
        "usage_billed",
        &["period", "quantity", "unit"],
        &["sku", "meter", "cost", "currency", "line", "resource", "class", "issuer", "publisher", "payer", "statement"],
    ),
    shape("statement_complete", &["statement"], &[]),
    shape("model_used", &["model", "operation"], &["tokens"]),
    shape("sighting", &["network", "principal_class"], &[]),
    shape("attribute", &["attribute", "value", "column"], &[]),
];

pub(super) const ACTOR: Shape = shape("actor", &[], &["principal", "ip"]);
pub(super) const PAYMENT: Shape = shape("payment", &[], &["country", "kind"]);
pub(super) const PERIOD: Shape = shape("period", &["from", "to"], &[]);
pub(super) const STATEMENT: Shape = shape("statement", &["export", "period"], &["version"]);

/// Every record type but usage.
pub(super) const TYPES: &[&Shape] = &[&ACCOUNT, &PARTY, &EDGE, &AUTHORISATION, &SUPPRESSION, &TENDER, &TICK];
