//! Tests of native records.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::decode::{PrincipalPolicy, Settings};
use crate::model::{BilledUnit, Micros, StopEnd, Usage, UsageKind};

fn read(record: Value) -> Outcome {
    let settings = Settings { principals: PrincipalPolicy::Clear, ..Settings::default() };
    decode(&record, &Context { settings: &settings, envelope: None, source: "" }).expect("a native record")
}

fn facts(record: Value) -> Vec<Fact> {
    match read(record) {
        Outcome::Relevant(facts) => facts,
        other => panic!("{other:?}"),
    }
}

fn reason(record: Value) -> (String, String) {
    match read(record) {
        Outcome::Rejected(reason) => (reason.code.to_string(), reason.detail),
        other => panic!("{other:?}"),
    }
}

/// The example with some keys replaced.
fn with(mut record: Value, keys: Value) -> Value {
    for (key, value) in keys.as_object().unwrap() {
        record[key] = value.clone();
    }
    record
}

fn started() -> Value {
    json!({"type": "usage", "provider": "corp-cloud", "account": "a-17", "id": "evt-1",
        "time": "2024-03-01T10:00:00Z", "kind": "capacity_started", "sku": "h100.8", "count": 1})
}

proptest! {
    #[test]
    fn a_fact_written_and_read_is_the_same_fact(fact in arbitrary::fact()) {
        let record = serde_json::from_slice(&serde_json::to_vec(&fact).unwrap()).unwrap();
        let read = facts(record);
        prop_assert_eq!(&read[0], &fact);
        match &read[1..] {
            [] => {}
            [Fact::Usage(Usage { kind: UsageKind::Sighting { network, .. }, account, .. })] => {
                let Fact::Usage(usage) = &fact else { panic!("{fact:?}") };
                prop_assert_eq!(Some(*network), usage.actor.network);
                prop_assert_eq!(account, &usage.account);
            }
            more => panic!("{more:?}"),
        }
    }
}

#[test]
fn every_record_of_the_published_page_is_read() {
    let page = include_str!("../../../docs/records.md");
    let examples: Vec<Value> =
        page.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut kinds: Vec<_> = examples.into_iter().flat_map(facts).map(|fact| fact.kind().as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut all: Vec<_> = crate::model::FactKind::ALL.iter().map(|kind| kind.as_str()).collect();
    all.sort_unstable();
    assert_eq!(kinds, all);
}

#[test]
fn every_unknown_key_is_named() {
    let (code, detail) = reason(with(started(), json!({"gpus": 8, "actor": {"user": "x"}, "nationality": "XX"})));
    assert_eq!(code, "native_unknown_key");
    for key in ["\"gpus\"", "\"actor.user\"", "\"nationality\""] {
        assert!(detail.contains(&format!("unknown key {key}")), "{detail}");
    }
}

#[test]
fn keys_of_another_kind_are_unknown() {
    assert_eq!(reason(with(started(), json!({"tokens": 5}))).1, "unknown key \"tokens\"");
}

#[test]
fn missing_keys_and_bad_values_are_told_together() {
    let record = json!({"type": "usage", "provider": "", "account": "a", "id": "e", "time": "yesterday",
        "kind": "capacity_started", "count": null, "market": "cheap"});
    assert_eq!(
        reason(record),
        (
            "native_missing_key".to_owned(),
            "missing key \"count\"; \
             market: expected one of on_demand, spot, reserved, block, got \"cheap\"; \
             provider: expected text that is not empty, got \"\"; \
             time: expected an RFC 3339 time between 1677-09-22 and 2262-04-11, got \"yesterday\""
                .to_owned()
        )
    );
}

#[test]
fn an_unknown_kind_is_told_without_its_keys() {
    let (code, detail) = reason(with(started(), json!({"kind": "capacity_begun"})));
    assert_eq!(code, "native_bad_value");
    assert!(detail.ends_with("attribute, got \"capacity_begun\""), "{detail}");
    assert_eq!(reason(json!({"type": "usage"})).0, "native_missing_key");
}

#[test]
fn other_types_are_not_native() {
    let settings = Settings::default();
    let context = Context { settings: &settings, envelope: None, source: "" };
    for record in [json!({"type": "azure.vm.started"}), json!({"type": 1}), json!([]), json!({"kind": "usage"})] {
        assert_eq!(decode(&record, &context), None, "{record}");
    }
}

#[test]
fn a_record_of_two_machines_is_two_facts_of_one() {
    let read = facts(with(started(), json!({"count": 2, "resources": ["i-1", "i-2"]})));
    let counts: Vec<_> = read
        .iter()
        .map(|fact| match fact {
            Fact::Usage(Usage { kind: UsageKind::CapacityStarted { count, resource, .. }, .. }) => {
                (resource.as_ref().unwrap().as_str(), *count)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(counts, [("i-1", 1), ("i-2", 1)]);
}

#[test]
fn one_group_may_count_for_many_but_two_may_not() {
    assert_eq!(facts(with(started(), json!({"count": 16, "resources": ["group"]}))).len(), 1);
    let (code, detail) = reason(with(started(), json!({"count": 3, "resources": ["i-1", "i-2"]})));
    assert_eq!((code.as_str(), detail.as_str()), ("contradictory_count", "count is 3, resources are 2"));
    assert_eq!(reason(with(started(), json!({"count": 2, "resources": ["i-1", "i-1"]}))).0, "native_bad_value");
}

#[test]
fn an_address_gives_a_sighting_and_what_is_none_does_not() {
    let read = facts(with(started(), json!({"actor": {"principal": "alice", "ip": "198.51.100.7"}})));
    assert_eq!(
        serde_json::to_value(&read[1]).unwrap(),
        json!({"type": "usage", "provider": "corp-cloud", "account": "a-17", "id": "sighting",
            "time": "2024-03-01T00:00:00Z", "kind": "sighting", "network": "198.51.100.0/24",
            "principal_class": "user"})
    );
    assert_eq!(facts(with(started(), json!({"actor": {"ip": "Cloud Internal"}}))).len(), 1);
}

#[test]
fn two_sightings_of_one_day_are_one_fact() {
    let at = |time: &str| {
        facts(json!({"type": "usage", "provider": "aws", "account": "1", "id": time, "time": time, "region": "x",
            "kind": "sighting", "network": "198.51.100.9", "principal_class": "role"}))
    };
    assert_eq!(at("2024-03-01T10:00:00Z"), at("2024-03-01T23:59:59Z"));
}

#[test]
fn quantities_are_exact_as_numbers_and_as_text() {
    let line = |quantity: Value| {
        let record = json!({"type": "usage", "provider": "aws", "account": "1", "id": "l",
            "time": "2024-03-01T00:00:00Z", "kind": "usage_billed", "meter": "GPU hours", "unit": "gpu_hours",
            "period": {"from": "2024-03-01T00:00:00Z", "to": "2024-03-02T00:00:00Z"}, "quantity": quantity});
        match facts(record).remove(0) {
            Fact::Usage(Usage { kind: UsageKind::UsageBilled(line), .. }) => (line.quantity, line.unit),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(line(json!(0.1)), (Micros(100_000), BilledUnit::GpuHours));
    assert_eq!(line(json!("999999999999.000001")).0, Micros(999_999_999_999_000_001));
    assert_eq!(line(json!(-14)).0, Micros(-14_000_000));
}

#[test]
fn a_line_needs_a_sku_or_a_meter_and_an_end_after_its_beginning() {
    let record = json!({"type": "usage", "provider": "aws", "account": "1", "id": "l", "time": "2024-03-01T00:00:00Z",
        "kind": "usage_billed", "quantity": 1, "unit": "units", "cost": 5,
        "period": {"from": "2024-03-01T00:00:00Z", "to": "2024-03-01T00:00:00Z"}});
    assert_eq!(
        reason(record).1,
        "missing key \"currency\"; missing key \"sku or meter\"; \
         period.to: expected a time after 2024-03-01T00:00:00Z, got \"2024-03-01T00:00:00Z\""
    );
}

#[test]
fn validity_must_not_end_before_it_begins() {
    let record = json!({"type": "party", "id": "p", "names": ["P"], "valid_from": "2024-01-02T00:00:00Z",
        "valid_to": "2024-01-01T00:00:00Z"});
    assert_eq!(reason(record).1, "valid_to: expected a time after 2024-01-02T00:00:00Z, got \"2024-01-01T00:00:00Z\"");
}

#[test]
fn countries_and_stakes_are_checked() {
    let party =
        json!({"type": "party", "id": "p", "names": [], "country": "CHN", "valid_from": "2024-01-01T00:00:00Z"});
    assert_eq!(
        reason(party).1,
        "country: expected a country of two letters, got \"CHN\"; names: expected at least one name, got a list of 0"
    );
    let edge = json!({"type": "edge", "kind": "owns", "from": "a", "to": "b", "percent": 120, "source": "registry",
        "valid_from": "2024-01-01T00:00:00Z"});
    assert_eq!(reason(edge).1, "percent: expected a stake from 0 to 100, got 120");
}

#[test]
fn an_id_that_is_the_identity_must_not_be_empty() {
    assert_eq!(reason(with(started(), json!({"id": ""}))).0, "native_bad_value");
    assert_eq!(facts(with(started(), json!({"id": "", "resources": ["i-1"]}))).len(), 1);
}

#[test]
fn a_mangled_account_is_refused() {
    assert_eq!(reason(with(started(), json!({"account": "5.28758E+11"}))).0, "mangled_account_id");
}

#[test]
fn a_stop_may_start_again_unless_it_says_otherwise() {
    let end = |keys: Value| {
        let record = with(started(), json!({"kind": "capacity_stopped", "resources": ["i-1"]}));
        let mut record = with(record, keys);
        for key in ["sku", "count"] {
            record.as_object_mut().unwrap().remove(key);
        }
        match facts(record).remove(0) {
            Fact::Usage(Usage { kind: UsageKind::CapacityStopped { end, .. }, .. }) => end,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(end(json!({})), StopEnd::Stopped);
    assert_eq!(end(json!({"end": "terminated"})), StopEnd::Terminated);
}

/// The keys each definition of the schema names, and which of them it requires.
fn schema_keys(definition: &Value) -> (Vec<&str>, Vec<&str>) {
    let mut keys: Vec<_> = definition["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let mut required: Vec<_> =
        definition["required"].as_array().map(|r| r.iter().filter_map(Value::as_str).collect()).unwrap_or_default();
    keys.sort_unstable();
    required.sort_unstable();
    (keys, required)
}

fn shape_keys(shapes: &[&keys::Shape]) -> (Vec<&'static str>, Vec<&'static str>) {
    let mut required: Vec<_> = shapes.iter().flat_map(|shape| shape.required).copied().collect();
    let mut all: Vec<_> = shapes.iter().flat_map(|shape| shape.optional).copied().chain(required.clone()).collect();
    required.sort_unstable();
    all.sort_unstable();
    (all, required)
}

#[test]
fn the_published_schema_names_the_keys_the_parser_knows() {
    let schema: Value = serde_json::from_str(include_str!("../../../docs/records.schema.json")).unwrap();
    let definitions = schema["$defs"].as_object().unwrap();
    let nested = [&keys::ACTOR, &keys::PAYMENT, &keys::PERIOD, &keys::STATEMENT];
    let plain = TYPES.iter().copied().chain(nested).map(|shape| (shape.name, vec![shape]));
    let kinds = USAGE_KINDS.iter().map(|kind| (kind.name, vec![&USAGE, kind]));
    for (name, shapes) in plain.chain(kinds) {
        assert_eq!(schema_keys(&definitions[name]), shape_keys(&shapes), "{name}");
        assert_eq!(definitions[name]["additionalProperties"], json!(false), "{name}");
    }
    let listed: Vec<_> = schema["oneOf"].as_array().unwrap().iter().filter_map(|r| r["$ref"].as_str()).collect();
    let expected: Vec<_> = TYPES
        .iter()
        .map(|shape| shape.name)
        .chain(USAGE_KINDS.iter().map(|kind| kind.name))
        .map(|name| format!("#/$defs/{name}"))
        .collect();
    assert_eq!(listed, expected);
}

#[test]
fn every_reference_of_the_schema_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let schema: Value = serde_json::from_str(include_str!("../../../docs/records.schema.json")).unwrap();
    let mut found = Vec::new();
    references(&schema, &mut found);
    for reference in found {
        assert!(schema.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
}

#[test]
fn what_decoders_print_is_read_as_the_same_facts() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decode");
    for provider in ["aws", "azure", "focus", "native", "oci"] {
        for entry in std::fs::read_dir(folder.join(provider)).unwrap() {
            let path = entry.unwrap().path();
            if !path.to_string_lossy().ends_with(".expected.ndjson") {
                continue;
            }
            let printed = std::fs::read_to_string(&path).unwrap();
            for line in printed.lines().filter(|line| !line.starts_with("{\"rejected\"")) {
                let fact = facts(serde_json::from_str(line).unwrap()).remove(0);
                assert_eq!(serde_json::to_string(&fact).unwrap(), line, "{}", path.display());
            }
        }
    }
}
