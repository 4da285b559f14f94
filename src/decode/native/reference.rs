//! Native records of accounts, parties, edges, authorisations, suppressions and tenders.

use super::fields::Fields;
use super::keys::PAYMENT;
use crate::model::{
    Account, AccountId, Authorisation, AuthorisationBasis, ChipName, ChipScope, Edge, EdgeKind, EventTime, Fact, Kyc,
    Micros, Party, PartyId, PartyRole, Payment, Provider, RuleId, Suppression, Tender, Text,
};

/// An account of any provider, the provider in lower case.
pub(super) fn account_id(provider: &str, id: &str) -> AccountId {
    AccountId::new(&provider.to_lowercase(), id)
}

/// `provider/id` under a key.
pub(super) fn account_ref(fields: &mut Fields<'_>, key: &str) -> Option<AccountId> {
    fields.value(key, "provider/id", |value| {
        let parsed = AccountId::parse(value.as_str()?)?;
        Some(account_id(parsed.provider.as_str(), &parsed.id))
    })
}

fn party_id(fields: &mut Fields<'_>, key: &str) -> Option<PartyId> {
    fields.text(key).map(PartyId::new)
}

fn required_party_id(fields: &mut Fields<'_>, key: &str) -> Option<PartyId> {
    fields.required_text(key).map(PartyId::new)
}

fn lower(text: Text) -> Text {
    Text::new(text.trim().to_lowercase())
}

fn validity(fields: &mut Fields<'_>) -> (Option<EventTime>, Option<EventTime>) {
    let from = fields.time("valid_from");
    (from, fields.time_after("valid_to", from))
}

pub(super) fn account(fields: &mut Fields<'_>) -> Option<Fact> {
    let provider = fields.required_text("provider");
    let id = fields.required_text("id");
    let name = fields.text("name");
    let customer = party_id(fields, "customer");
    let payer = account_ref(fields, "payer");
    let sold_by = party_id(fields, "sold_by");
    let country = fields.country("country");
    let billing_country = fields.country("billing_country");
    let payment = fields.nested(&PAYMENT, |inner| {
        let country = inner.country("country");
        Some(Payment { country, kind: inner.text("kind") })
    });
    let email_domain = fields.text("email_domain").map(lower);
    let phone_country = fields.country("phone_country");
    let created = fields.time("created");
    let kyc = fields.word("kyc", Kyc::parse, Kyc::ALL.iter().map(|word| word.as_str()));
    let shared = fields.map("shared");
    let version = fields.version();
    let (valid_from, valid_to) = validity(fields);
    Some(Fact::Account(Account {
        account: account_id(&provider?, &id?),
        name,
        customer,
        payer,
        sold_by,
        country,
        billing_country,
        payment,
        email_domain,
        phone_country,
        created,
        kyc,
        shared,
        version,
        valid_from: valid_from?,
        valid_to,
    }))
}

pub(super) fn party(fields: &mut Fields<'_>) -> Option<Fact> {
    let id = required_party_id(fields, "id");
    let names = fields.texts("names");
    if names.is_empty() && fields.get("names").is_some_and(|value| value.as_array().is_some_and(Vec::is_empty)) {
        fields.bad("names", "at least one name");
    }
    let roles = fields.value("roles", roles_expected(), |value| {
        value.as_array()?.iter().map(|role| PartyRole::parse(role.as_str()?)).collect()
    });
    let country = fields.country("country");
    let hq = fields.country("hq");
    let domains = fields.texts("domains").into_iter().map(lower).collect();
    let identifiers = fields.map("identifiers");
    let person = fields.flag("person");
    let version = fields.version();
    let (valid_from, valid_to) = validity(fields);
    Some(Fact::Party(Party {
        id: id?,
        names,
        roles: roles.unwrap_or_default(),
        country,
        hq,
        domains,
        identifiers,
        person,
        version,
        valid_from: valid_from?,
        valid_to,
    }))
}

fn roles_expected() -> String {
    let words: Vec<_> = PartyRole::ALL.iter().map(|word| word.as_str()).collect();
    format!("a list of {}", words.join(", "))
}

/// A stake above this is no stake.
const WHOLE_STAKE: Micros = Micros(100 * Micros::ONE.0);

pub(super) fn edge(fields: &mut Fields<'_>) -> Option<Fact> {
    let kind = fields.word("kind", EdgeKind::parse, EdgeKind::ALL.iter().map(|word| word.as_str()));
    let from = required_party_id(fields, "from");
    let to = required_party_id(fields, "to");
    let percent = fields.decimal("percent");
    if percent.is_some_and(|percent| percent < Micros(0) || percent > WHOLE_STAKE) {
        fields.bad("percent", "a stake from 0 to 100");
    }
    let source = fields.required_text("source");
    let version = fields.version();
    let (valid_from, valid_to) = validity(fields);
    Some(Fact::Edge(Edge {
        kind: kind?,
        from: from?,
        to: to?,
        percent,
        source: source?,
        version,
        valid_from: valid_from?,
        valid_to,
    }))
}

pub(super) fn authorisation(fields: &mut Fields<'_>) -> Option<Fact> {
    let id = fields.required_text("id");
    let scope = fields.required_text("scope");
    let chips = fields.value("chips", "\"any\" or a list of chips", |value| match value.as_str() {
        Some(word) => (word == "any").then_some(ChipScope::Any),
        None => {
            let chip = |item: &serde_json::Value| item.as_str().filter(|t| !t.trim().is_empty()).map(ChipName::new);
            value.as_array()?.iter().map(chip).collect::<Option<_>>().map(ChipScope::Of)
        }
    });
    let words = AuthorisationBasis::ALL.iter().map(|word| word.as_str());
    let basis = fields.word("basis", AuthorisationBasis::parse, words);
    let reference = fields.required_text("reference");
    let from = fields.time("from");
    let to = fields.time_after("to", from);
    Some(Fact::Authorisation(Authorisation {
        id: id?,
        scope: scope?,
        chips: chips?,
        basis: basis?,
        reference: reference?,
        from: from?,
        to,
    }))
}

pub(super) fn suppression(fields: &mut Fields<'_>) -> Option<Fact> {
    let id = fields.required_text("id");
    let subject = fields.required_text("subject");
    let rule = fields.text("rule").map(RuleId::new);
    let until = fields.time("until");
    let reason = fields.required_text("reason");
    let by = fields.required_text("by");
    Some(Fact::Suppression(Suppression { id: id?, subject: subject?, rule, until: until?, reason: reason?, by: by? }))
}

pub(super) fn tender(fields: &mut Fields<'_>) -> Option<Fact> {
    let id = fields.required_text("id");
    let buyer = fields.required_text("buyer");
    let intermediary = fields.text("intermediary");
    let provider = fields.text("provider").map(|text| Provider::new(text.to_lowercase()));
    let amount = fields.money("amount");
    let published = fields.time("published");
    let source = fields.required_text("source");
    Some(Fact::Tender(Tender {
        id: id?,
        buyer: buyer?,
        intermediary,
        provider,
        amount,
        published: published?,
        source: source?,
    }))
}
