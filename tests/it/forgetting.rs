//! Where lateness is bounded: nothing goes that what is still held follows from. Each history is held to the naive model
//! and to an alert that must or must not be there.

use std::num::NonZeroU32;

use serde_json::{Value, json};
use tidewaiter::decode::{self, Outcome};
use tidewaiter::engine::Engine;
use tidewaiter::model::*;

use super::naive::{self, Memory};
use super::property::{apply, is_naive, rulebook};
use super::world::{LATENESS, world};

/// Hours after 2025-04-06T00:00:00Z.
pub fn at(hours: f64) -> EventTime {
    EventTime::from_seconds(1_743_897_600 + (hours * 3_600.0) as i64).unwrap()
}

pub fn tick(hours: f64) -> Fact {
    Fact::Tick(at(hours))
}

/// A fact of account a-1 as a native record.
pub fn usage(hours: f64, kind: &str, rest: Value) -> Fact {
    let mut own = json!({
        "type": "usage", "provider": "corp-cloud", "account": "a-1", "id": format!("{kind} {hours}"),
        "time": at(hours), "kind": kind,
    });
    own.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    record(own)
}

/// A native record.
pub fn record(record: Value) -> Fact {
    let text = record.to_string();
    let mut found = Vec::new();
    decode::stream(
        &"test".into(),
        &mut text.as_bytes(),
        &decode::Settings::default(),
        &mut |item| match item.outcome {
            Outcome::Relevant(facts) => found.extend(facts),
            other => panic!("{text}: {other:?}"),
        },
    );
    assert_eq!(found.len(), 1, "{text}");
    found.remove(0)
}

pub fn line(hours: f64, id: &str, version: u64, quantity: u32, rest: Value) -> Fact {
    let mut own = json!({
        "period": {"from": at(hours), "to": at(hours + 1.0)}, "sku": "big.h100", "quantity": quantity,
        "unit": "instance_hours", "line": id,
        "statement": {"export": "x", "period": "2025-04", "version": version},
    });
    own.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    usage(hours, "usage_billed", own)
}

/// Subjects of rule `hours` at the end, once it is told to compact before the last of the parts.
fn compacted(parts: &[Vec<Fact>]) -> Vec<String> {
    let mut engine = Engine::remembering(rulebook(), NonZeroU32::MIN, Some(LATENESS));
    let (last, before) = parts.split_last().unwrap();
    before.iter().for_each(|part| {
        apply(&mut engine, part);
        engine.publish();
    });
    engine.compact().unwrap();
    while !engine.work(2) {}
    apply(&mut engine, last);
    engine.publish();
    is_naive(&engine, naive::table(&world(), &parts.concat(), Memory::Bounded)).unwrap();
    let of_rule = engine.alerts().filter(|alert| alert.rule.id.as_str() == "hours");
    of_rule.map(|alert| alert.subject.subject.id.to_string()).collect()
}

#[test]
fn an_older_version_of_a_statement_does_not_come_back_when_the_newer_one_is_forgotten() {
    let none = || json!({});
    let early = vec![tick(20.0), line(10.0, "l-1", 1, 1, none()), line(200.0, "l-2", 1, 100, none())];
    let newer = vec![line(10.0, "l-1", 2, 1, none()), tick(226.0)];
    assert!(compacted(&[early.clone(), newer, vec![tick(227.0)]]).is_empty());
    assert_eq!(
        compacted(&[early, vec![tick(226.0)], vec![tick(227.0)]]),
        ["corp-cloud/a-1"],
        "the history can show it"
    );
}

#[test]
fn a_start_that_waits_for_its_tick_is_not_forgotten_with_what_its_machine_was_before() {
    let machine = |more: Value| {
        let mut rest = json!({"resources": ["i-1"]});
        rest.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rest
    };
    let start = |hours| usage(hours, "capacity_started", machine(json!({"sku": "big.h100", "count": 1})));
    let before = vec![tick(0.5), start(1.0), usage(2.0, "capacity_stopped", machine(json!({}))), tick(226.0)];
    assert_eq!(compacted(&[before, vec![start(226.5)], vec![tick(230.0)]]), ["corp-cloud/a-1"]);
}

#[test]
fn a_machine_that_runs_stays_when_another_of_the_same_operation_is_forgotten() {
    let half = |half: &str| json!({"operation": "op-1", "half": half, "sku": "big.h100", "resources": ["i-1", "i-2"]});
    let halves = vec![
        tick(0.5),
        usage(1.0, "operation_half", half("first")),
        usage(1.1, "operation_half", half("last")),
        usage(2.0, "capacity_stopped", json!({"resources": ["i-1"]})),
        tick(226.0),
    ];
    assert_eq!(compacted(&[halves, vec![tick(227.0)]]), ["corp-cloud/a-1"]);
}

#[test]
fn the_line_that_names_what_a_machine_is_stays_while_the_machine_is_held() {
    let start = usage(1.0, "capacity_started", json!({"resources": ["i-1"], "count": 1}));
    let named = line(2.0, "l-1", 1, 1, json!({"resource": "i-1"}));
    let other = line(3.0, "l-2", 1, 1, json!({}));
    assert_eq!(compacted(&[vec![tick(0.5), start, named, other, tick(226.0)], vec![tick(227.0)]]), ["corp-cloud/a-1"]);
}

#[test]
fn a_longer_window_is_refused_once_something_was_forgotten_that_it_could_reach_and_not_before() {
    let start = |hours| usage(hours, "model_used", json!({"model": "m-1", "operation": "Invoke"}));
    let longer = || {
        let mut book = rulebook();
        let mut policy = (*book.policy).clone();
        policy.rules.iter_mut().for_each(|rule| rule.window_hours = rule.window_hours.max(150));
        book.policy = policy.into();
        book
    };
    let engine = |facts: &[Fact]| {
        let mut engine = Engine::remembering(rulebook(), NonZeroU32::MIN, Some(LATENESS));
        apply(&mut engine, facts);
        engine.publish();
        engine
    };
    assert!(engine(&[tick(100.0), start(99.0), tick(130.0)]).reconfigure(longer()).is_ok());
    let mut forgetful = engine(&[tick(2.0), start(1.0), tick(226.0)]);
    assert!(forgetful.reconfigure(longer()).is_err());
    let restored = Engine::restore(longer(), forgetful.snapshot(), Vec::new());
    assert!(restored.is_err());
    let mut same = Engine::restore(rulebook(), forgetful.snapshot(), Vec::new()).unwrap();
    assert!(same.reconfigure(longer()).is_err(), "what was forgotten before a restart stays forgotten");
}

/// Account a-1, sold by p-1, and a tender whose first day is that of hour 0, for 100.
fn tendered() -> Vec<Fact> {
    vec![
        tick(0.5),
        record(json!({
            "type": "account", "provider": "corp-cloud", "id": "a-1", "sold_by": "p-1", "valid_from": at(0.0),
        })),
        record(json!({
            "type": "tender", "id": "t-1", "buyer": "Elsewhere", "intermediary": "p-1", "amount": 100, "currency": "CNY",
            "published": at(30.0 * 24.0 + 20.0), "source": "invented",
        })),
    ]
}

fn asking(hours: f64, id: &str, cost: u32) -> Fact {
    line(hours, id, 1, 1, json!({"cost": cost, "currency": "CNY", "class": "run"}))
}

/// After each of the parts: whole units billed next to the tender and from when, how much of it is held, whether rule `tender`
/// found it, and what is not known.
fn next_to_tender(parts: &[Vec<Fact>]) -> Vec<(i64, String, Coverage, bool, Vec<String>)> {
    let mut engine = Engine::remembering(rulebook(), NonZeroU32::MIN, Some(LATENESS));
    let mut all: Vec<Fact> = Vec::new();
    let mut said = Vec::new();
    for part in parts {
        all.extend(part.iter().cloned());
        apply(&mut engine, part);
        engine.publish();
        is_naive(&engine, naive::table(&world(), &all, Memory::Bounded)).unwrap();
        let alert = |rule: &str| engine.alerts().find(|alert| alert.rule.id.as_str() == rule);
        let named = alert("named").unwrap();
        let (line, fits) = (&named.tenders[0], alert("tender").is_some());
        let billed = line.billed.unwrap();
        let unknown = named.unknown.iter().filter(|unknown| unknown.contains("t-1")).map(ToString::to_string).collect();
        assert_eq!(line.fits, fits);
        said.push((billed.sum.0 / 1_000_000, billed.from.to_string(), line.coverage, fits, unknown));
    }
    said
}

#[test]
fn what_bills_ask_for_days_that_are_forgotten_is_in_no_sum_and_the_rest_is_a_part() {
    let facts = [asking(1.0, "l-1", 60), asking(60.0, "l-2", 40), asking(190.0, "l-3", 5), tick(70.0)];
    let doubt = "what the first days of tender t-1 were billed: they are no longer held".to_owned();
    assert_eq!(
        next_to_tender(&[[tendered(), facts.to_vec()].concat(), vec![tick(192.0)]]),
        [
            (100, "2025-04-06".into(), Coverage::Whole, true, vec![]),
            (45, "2025-04-08".into(), Coverage::Partial, false, vec![doubt]),
        ]
    );
}

#[test]
fn no_tender_comes_to_fit_by_forgetting() {
    let facts = [asking(1.0, "l-1", 60), asking(60.0, "l-2", 60), asking(190.0, "l-3", 40), tick(70.0)];
    let said = next_to_tender(&[[tendered(), facts.to_vec()].concat(), vec![tick(192.0)]]);
    let said: Vec<_> = said.into_iter().map(|(sum, _, coverage, fits, _)| (sum, coverage, fits)).collect();
    assert_eq!(said, [(120, Coverage::Whole, false), (100, Coverage::Partial, false)]);
}

#[test]
fn a_tender_fits_no_more_once_its_first_day_is_forgotten_though_no_bill_went_with_it() {
    let facts = [asking(60.0, "l-1", 100), line(145.0, "l-2", 1, 1, json!({}))];
    let said = next_to_tender(&[[tendered(), facts.to_vec(), vec![tick(150.0)]].concat(), vec![tick(168.5)]]);
    let said: Vec<_> = said.into_iter().map(|(sum, _, coverage, fits, _)| (sum, coverage, fits)).collect();
    assert_eq!(said, [(100, Coverage::Whole, true), (100, Coverage::Partial, false)]);
}

#[test]
fn halves_of_operations_go_when_nothing_known_speaks_of_them_and_are_counted_as_held_no_more() {
    let half = |hours, operation: &str, half: &str, more: Value| {
        let mut rest = json!({"operation": operation, "half": half, "sku": "big.h100", "resources": []});
        rest.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        usage(hours, "operation_half", rest)
    };
    let refused = || json!({"outcome": "policy"});
    let facts = [
        tick(0.5),
        half(1.0, "op-1", "first", json!({})),
        half(1.5, "op-1", "last", refused()),
        half(2.0, "op-2", "first", json!({})),
        half(3.0, "op-3", "first", json!({})),
        half(80.0, "op-3", "last", refused()),
        tick(90.0),
    ];
    let mut engine = Engine::remembering(rulebook(), NonZeroU32::MIN, Some(LATENESS));
    let mut held = |facts: &[Fact]| {
        apply(&mut engine, facts);
        engine.publish();
        (engine.held().get(&FactKind::OperationHalf).copied().unwrap_or_default(), engine.pending())
    };
    assert_eq!(held(&facts), (5, 1));
    assert_eq!(held(&[tick(226.0)]), (2, 0), "op-3 speaks of an hour that is known");
    assert_eq!(held(&[tick(260.0)]), (0, 0));
}
