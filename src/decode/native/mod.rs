//! Native records (docs/records.md): one JSON object with a `type`, the form in which facts are also written.
//!
//! In: an object. Out: its facts, or one reason that names every key and value that is wrong. Unknown keys are refused,
//! so that a misspelt one cannot be passed over in silence. It refuses to read what no rule may read: there is no key for
//! a person's nationality, birthplace or language.

#[cfg(test)]
pub(crate) mod arbitrary;
mod fields;
mod keys;
mod reference;
#[cfg(test)]
mod tests;
mod usage;

use serde_json::Value;

use self::fields::{Fields, Problem};
use self::keys::{Shape, TYPES, USAGE, USAGE_KINDS};
use super::{Context, Outcome, Reason};
use crate::model::Fact;

/// Reads a native record; `None` when its `type` is none of ours.
pub(crate) fn decode(record: &Value, context: &Context<'_>) -> Option<Outcome> {
    let object = record.as_object()?;
    let r#type = object.get("type")?.as_str()?;
    if r#type == USAGE.name {
        let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
        // A kind nobody knows has no keys of its own: only the kind is told, not every key that comes with it.
        let Some(kind) = USAGE_KINDS.iter().find(|shape| shape.name == kind) else {
            return Some(unknown_kind(object.get("kind")));
        };
        let fields = Fields::new(object, "", &[&USAGE, kind]);
        return Some(outcome(fields, |fields| usage::usage(fields, kind.name, context)));
    }
    let shape = TYPES.iter().find(|shape| shape.name == r#type)?;
    Some(outcome(Fields::new(object, "", &[shape]), |fields| reference(fields, shape).map(|fact| vec![fact])))
}

fn reference(fields: &mut Fields<'_>, shape: &Shape) -> Option<Fact> {
    match shape.name {
        "account" => reference::account(fields),
        "party" => reference::party(fields),
        "edge" => reference::edge(fields),
        "authorisation" => reference::authorisation(fields),
        "suppression" => reference::suppression(fields),
        "tender" => reference::tender(fields),
        _ => fields.time("time").map(Fact::Tick),
    }
}

fn outcome(mut fields: Fields<'_>, read: impl FnOnce(&mut Fields<'_>) -> Option<Vec<Fact>>) -> Outcome {
    let facts = read(&mut fields);
    let problems = fields.problems();
    match (facts, problems.first()) {
        (Some(facts), None) => Outcome::of(facts),
        (_, gravest) => {
            let code = gravest.map_or(BAD_VALUE, code);
            let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
            Outcome::reject(code, told.join("; "))
        }
    }
}

const BAD_VALUE: &str = "native_bad_value";

fn code(problem: &Problem) -> &'static str {
    match problem {
        Problem::UnknownKey(_) => "native_unknown_key",
        Problem::MissingKey(_) => "native_missing_key",
        Problem::ContradictoryCount(_) => "contradictory_count",
        Problem::MangledAccount(_) => "mangled_account_id",
        Problem::BadValue(_) => BAD_VALUE,
    }
}

fn unknown_kind(kind: Option<&Value>) -> Outcome {
    let kinds: Vec<_> = USAGE_KINDS.iter().map(|shape| shape.name).collect();
    let kinds = kinds.join(", ");
    match kind {
        None | Some(Value::Null) => Reason::new("native_missing_key", format!("missing key \"kind\": one of {kinds}")),
        Some(kind) => {
            let got = fields::quoted(kind);
            Reason::new(BAD_VALUE, format!("kind: expected one of {kinds}, got {got}"))
        }
    }
    .into()
}
