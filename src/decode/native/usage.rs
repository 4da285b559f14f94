//! Native usage records: one record, one fact for each machine it names, and the sighting it implies.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fields::{Fields, Problem};
use super::keys::{ACTOR, PERIOD, STATEMENT};
use super::reference::{account_id, account_ref};
use crate::decode::{Context, mangled::is_mangled};
use crate::model::{
    AccountId, Actor, Attribute, BilledClass, BilledLine, BilledUnit, DenialReason, Fact, Half, Market, NetworkPrefix,
    Period, PrincipalClass, Region, ResourceId, Sku, Statement, StopEnd, Text, Told, Usage, UsageKind,
};

/// The facts of a usage record whose kind is `kind`.
pub(super) fn usage(fields: &mut Fields<'_>, kind: &str, context: &Context<'_>) -> Option<Vec<Fact>> {
    let account = account(fields);
    let event = fields.value("id", "text", |value| value.as_str().map(Text::new));
    let time = fields.time("time");
    let region = fields.text("region").map(|text| Region::new(text.to_lowercase()));
    let actor = actor(fields, context);
    let via = fields.text("via");
    if kind == "sighting" {
        let network = fields.value("network", "an address or a network", |v| NetworkPrefix::parse(v.as_str()?));
        let class = fields.word("principal_class", class, CLASSES.iter().map(|class| class.as_str()));
        return Some(vec![Fact::Usage(Usage::sighting(account?, time?.day(), network?, class?))]);
    }
    if kind == "attribute" {
        let told = told(fields);
        let (day, (attribute, value, column)) = (time?.day(), told?);
        return Some(vec![Fact::Usage(Usage::attribute(account?, Told { day, attribute, value, column }))]);
    }
    let kinds = kinds(fields, kind);
    if kinds.as_ref().is_some_and(|kinds| kinds.iter().any(is_its_event)) && event.as_ref().is_some_and(Text::is_empty)
    {
        fields.bad("id", format_args!("text that is not empty, as it is the identity of this {kind}"));
    }
    let (account, event, time) = (account?, event?, time?);
    // Written records do not say what kind of principal acted.
    let sighting = context.sighting(&account, time, &actor, PrincipalClass::User);
    let fact = |kind| {
        let (account, event, region, via) = (account.clone(), event.clone(), region.clone(), via.clone());
        Fact::Usage(Usage { account, event, time, region, actor: actor.clone(), via, kind })
    };
    Some(kinds?.into_iter().map(fact).chain(sighting).collect())
}

fn told(fields: &mut Fields<'_>) -> Option<(Attribute, Text, Text)> {
    let attribute =
        fields.word("attribute", Attribute::parse, Attribute::ALL.iter().map(|attribute| attribute.as_str()));
    let value = match attribute {
        Some(Attribute::Payer) => account_ref(fields, "value").map(|payer| Text::new(payer.to_string())),
        _ => fields.required_text("value"),
    };
    let column = fields.required_text("column");
    Some((attribute?, value?, column?))
}

/// Every one.
pub(super) const CLASSES: [PrincipalClass; 4] =
    [PrincipalClass::Root, PrincipalClass::User, PrincipalClass::Role, PrincipalClass::Service];

fn class(word: &str) -> Option<PrincipalClass> {
    CLASSES.into_iter().find(|class| class.as_str() == word)
}

fn account(fields: &mut Fields<'_>) -> Option<AccountId> {
    let provider = fields.required_text("provider");
    let id = fields.required_text("account");
    if let Some(id) = id.as_ref().filter(|id| is_mangled(id)) {
        fields.add(Problem::MangledAccount(format!("account: digits are lost in {id:?}")));
    }
    Some(account_id(&provider?, &id?))
}

/// Whether the record's own id is what tells it from others.
fn is_its_event(kind: &UsageKind) -> bool {
    matches!(
        kind,
        UsageKind::CapacityStarted { resource: None, .. }
            | UsageKind::CapacityDenied { .. }
            | UsageKind::CapacityReserved { reservation: None, .. }
            | UsageKind::ModelUsed { .. }
    )
}

/// An address that is none (`AWS Internal`) is left out: it is no fault.
fn actor(fields: &mut Fields<'_>, context: &Context<'_>) -> Actor {
    let read = fields.nested(&ACTOR, |inner| Some((inner.text("principal"), inner.text("ip"))));
    let (principal, ip) = read.unwrap_or_default();
    context.actor(principal.as_deref(), ip.as_deref())
}

fn kinds(fields: &mut Fields<'_>, kind: &str) -> Option<Vec<UsageKind>> {
    let one = match kind {
        "capacity_started" => return started(fields),
        "capacity_stopped" => return stopped(fields),
        "operation_half" => operation_half(fields),
        "capacity_denied" => denied(fields),
        "capacity_reserved" => reserved(fields),
        "usage_billed" => billed(fields).map(|line| UsageKind::UsageBilled(Box::new(line))),
        "statement_complete" => statement(fields).map(|statement| UsageKind::StatementComplete { statement }),
        _ => model_used(fields),
    };
    one.map(|kind| vec![kind])
}

fn sku(fields: &mut Fields<'_>) -> Option<Sku> {
    fields.text("sku").map(Sku::new)
}

/// Machines, each named once.
fn resources(fields: &mut Fields<'_>) -> Vec<ResourceId> {
    let named: Vec<_> = fields.texts("resources").into_iter().map(ResourceId::new).collect();
    let mut seen = BTreeSet::new();
    if let Some(twice) = named.iter().find(|one| !seen.insert(*one)) {
        fields.bad("resources", format_args!("each machine once, {twice} stands twice"));
    }
    named
}

/// One fact a machine; one machine (a node group) may count for more than one.
fn started(fields: &mut Fields<'_>) -> Option<Vec<UsageKind>> {
    let count = fields.count("count");
    let sku = sku(fields);
    let named = resources(fields);
    let market = fields.word("market", Market::parse, Market::ALL.iter().map(|word| word.as_str()));
    let market = market.unwrap_or(Market::OnDemand);
    let count = count?;
    let of = |resource, count| UsageKind::CapacityStarted { sku: sku.clone(), count, resource, market };
    match named.len() {
        0 => Some(vec![of(None, count)]),
        1 => Some(named.into_iter().map(|resource| of(Some(resource), count)).collect()),
        many if u32::try_from(many) == Ok(count) => {
            Some(named.into_iter().map(|resource| of(Some(resource), 1)).collect())
        }
        many => {
            fields.add(Problem::ContradictoryCount(format!("count is {count}, resources are {many}")));
            None
        }
    }
}

fn stopped(fields: &mut Fields<'_>) -> Option<Vec<UsageKind>> {
    let named = resources(fields);
    if named.is_empty() && fields.get("resources").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        fields.bad("resources", "at least one machine");
    }
    let end = fields.word("end", StopEnd::parse, StopEnd::ALL.iter().map(|word| word.as_str()));
    let end = end.unwrap_or(StopEnd::Stopped);
    Some(named.into_iter().map(|resource| UsageKind::CapacityStopped { resource, end }).collect())
}

fn operation_half(fields: &mut Fields<'_>) -> Option<UsageKind> {
    let operation = fields.required_text("operation");
    let half = fields.word("half", Half::parse, Half::ALL.iter().map(|word| word.as_str()));
    let (sku, resources, outcome) = (sku(fields), resources(fields), fields.text("outcome"));
    let count = fields.count("count");
    let market = fields.word("market", Market::parse, Market::ALL.iter().map(|word| word.as_str()));
    Some(UsageKind::OperationHalf { operation: operation?, half: half?, sku, resources, count, market, outcome })
}

fn denied(fields: &mut Fields<'_>) -> Option<UsageKind> {
    let (sku, count) = (sku(fields), fields.count("count").unwrap_or(1));
    let reason = fields.word("reason", DenialReason::parse, DenialReason::ALL.iter().map(|word| word.as_str()));
    Some(UsageKind::CapacityDenied { sku, count, reason: reason? })
}

fn reserved(fields: &mut Fields<'_>) -> Option<UsageKind> {
    let sku = fields.required_text("sku").map(Sku::new);
    let count = fields.count("count");
    let from = fields.time("from");
    // A request for a larger quota holds no time.
    let to = fields.time_from("to", from);
    let reservation = fields.text("reservation");
    Some(UsageKind::CapacityReserved { sku: sku?, count: count?, from: from?, to: to?, reservation })
}

fn model_used(fields: &mut Fields<'_>) -> Option<UsageKind> {
    let model = fields.required_text("model");
    let operation = fields.required_text("operation");
    let tokens = fields.whole("tokens");
    Some(UsageKind::ModelUsed { model: model?, operation: operation?, tokens })
}

fn billed(fields: &mut Fields<'_>) -> Option<BilledLine> {
    let period = fields.nested(&PERIOD, |inner| {
        let from = inner.time("from");
        let to = inner.time_after("to", from);
        Some(Period { from: from?, to: to? })
    });
    let sku = sku(fields);
    let meter = fields.text("meter");
    if sku.is_none() && meter.is_none() {
        fields.missing("sku or meter");
    }
    let quantity = fields.decimal("quantity");
    let unit = fields.word("unit", BilledUnit::parse, BilledUnit::ALL.iter().map(|word| word.as_str()));
    let cost = fields.money("cost");
    let line = fields.text("line");
    let resource = fields.text("resource").map(ResourceId::new);
    let class = fields.word("class", BilledClass::parse, BilledClass::ALL.iter().map(|word| word.as_str()));
    let (issuer, publisher) = (fields.text("issuer"), fields.text("publisher"));
    let payer = account_ref(fields, "payer");
    let statement = statement(fields);
    Some(BilledLine {
        period: period?,
        sku,
        meter,
        quantity: quantity?,
        unit: unit?,
        cost,
        line,
        resource,
        class: class.unwrap_or(BilledClass::Run),
        issuer,
        publisher,
        payer,
        statement,
    })
}

fn statement(fields: &mut Fields<'_>) -> Option<Statement> {
    fields.nested(&STATEMENT, |inner| {
        let (export, period) = (inner.required_text("export"), inner.required_text("period"));
        let version = inner.version();
        Some(Statement { export: export?, period: period?, version })
    })
}
