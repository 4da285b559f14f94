//! Cases: a replay case folder against its expected alerts, and the cases inside rule files.
//!
//! In: a case and the configuration it runs under. Out: passed, or what differs. An expected alert is a pattern: it has
//! the shape of an alert and names the fields that must be equal; rule and subject tell which alert it speaks of, and
//! there must be no other alerts.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::Path;

use anyhow::Context;
use serde_json::{Map, Value, json};

use super::replay::{self, Replay, Silent};
use crate::config::{Asked, Case, Config, rulebook_of_case};
use crate::decode::{self, Outcome};
use crate::engine::{Engine, Refusal, Rulebook};
use crate::model::{Alert, EventTime, Fact, Position, Text};
use crate::policy::{Expect, Rule};

/// How a case ended.
#[derive(Clone, Debug)]
pub struct CaseOutcome {
    /// `tests/replay/x`, or `rule r: case`.
    pub name: String,
    /// What differs; empty when it passed.
    pub differences: Vec<String>,
}

/// Fields that a rewritten expectation states.
const STATED: &[&str] = &[
    "status",
    "first_seen",
    "last_seen",
    "episodes",
    "measures",
    "chips",
    "chain",
    "hits",
    "tenders",
    "unknown",
    "explanation",
];

/// Replays a case folder and compares; with `update`, rewrites what it expects instead.
pub fn run_replay_case(folder: &Path, update: bool) -> anyhow::Result<CaseOutcome> {
    let case = Case::read(folder)?;
    let config = Asked { case: Some(case.file.clone()), ..Asked::default() }.load()?;
    let (shards, workers) = (NonZeroU32::MIN, NonZeroUsize::MIN);
    let replay = Replay { reference: Vec::new(), paths: case.inputs(), until: case.until(), shards, workers };
    let replayed = replay.run(config, &mut Silent);
    let mut differences: Vec<String> = replayed.unreadable.iter().map(ToString::to_string).collect();
    let path = case.expected();
    if update {
        let lines: Vec<String> = replayed.engine.alerts().map(|alert| stated(alert).to_string() + "\n").collect();
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, lines.concat()).with_context(|| format!("cannot write {}", path.display()))?;
    } else {
        let expected = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        differences.extend(compare(&expected, replayed.engine.alerts())?);
    }
    Ok(CaseOutcome { name: folder.display().to_string(), differences })
}

/// The alert as an expectation: rule, subject and what a reader checks.
fn stated(alert: &Alert) -> Value {
    let whole = serde_json::to_value(alert.canonical()).unwrap_or_default();
    let mut line = Map::new();
    line.insert(
        "rule".into(),
        json!({ "id": alert.rule.id, "severity": alert.rule.severity, "basis": alert.rule.basis }),
    );
    line.insert("subject".into(), whole.get("subject").cloned().unwrap_or_default());
    for field in STATED {
        if let Some(value) = whole.get(*field) {
            line.insert((*field).into(), value.clone());
        }
    }
    Value::Object(line)
}

type Key = (String, String, String);

fn key(alert: &Value) -> Key {
    let text = |path: &str| alert.pointer(path).and_then(Value::as_str).unwrap_or("?").to_owned();
    (text("/rule/id"), text("/subject/kind"), text("/subject/id"))
}

/// Every difference between expected lines and alerts.
fn compare<'a>(expected: &str, alerts: impl Iterator<Item = &'a Alert>) -> anyhow::Result<Vec<String>> {
    let mut found: BTreeMap<Key, Value> = BTreeMap::new();
    for alert in alerts {
        let value = serde_json::to_value(alert)?;
        found.insert(key(&value), value);
    }
    let mut differences = Vec::new();
    for (number, line) in expected.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let pattern: Value =
            serde_json::from_str(line).with_context(|| format!("expected alerts, line {}", number + 1))?;
        let name = key(&pattern);
        match found.remove(&name) {
            None => differences.push(format!("missing: {} for {}:{}", name.0, name.1, name.2)),
            Some(alert) => {
                let place = format!("{} for {}:{}", name.0, name.1, name.2);
                differ(&place, &pattern, &alert, &mut differences);
            }
        }
    }
    differences.extend(found.keys().map(|(rule, kind, id)| format!("unexpected: {rule} for {kind}:{id}")));
    Ok(differences)
}

/// Where `found` is not what `pattern` says. Objects may hold more than the pattern, lists may not.
fn differ(place: &str, pattern: &Value, found: &Value, differences: &mut Vec<String>) {
    match (pattern, found) {
        (Value::Object(pattern), Value::Object(found)) => {
            for (field, value) in pattern {
                differ(&format!("{place}.{field}"), value, found.get(field).unwrap_or(&Value::Null), differences);
            }
        }
        (Value::Array(pattern), Value::Array(found)) if pattern.len() == found.len() => {
            for (index, (pattern, found)) in pattern.iter().zip(found).enumerate() {
                differ(&format!("{place}[{index}]"), pattern, found, differences);
            }
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => {}
        _ if pattern == found => {}
        _ => differences.push(format!("{place}: expected {pattern}, found {found}")),
    }
}

/// Runs the cases of every rule under the policy they belong to.
pub fn rule_cases(config: &Config) -> Vec<CaseOutcome> {
    let cases = config.rulebook.policy.rules.iter().flat_map(|rule| rule.cases.iter().map(move |case| (rule, case)));
    cases
        .map(|(rule, case)| {
            let name = format!("rule {}: {}", rule.id, case.name);
            let ran = run_rule_case(config, rule, case);
            CaseOutcome { name, differences: ran.unwrap_or_else(|error| vec![format!("{error:#}")]) }
        })
        .collect()
}

fn run_rule_case(config: &Config, rule: &Rule, case: &crate::policy::Case) -> anyhow::Result<Vec<String>> {
    let book = rulebook_of_case(&config.rulebook, case)?;
    let lines: String = case.records().iter().map(|record| record.to_string() + "\n").collect();
    let (engine, rejects) = fold(book, &config.decode, &lines, case.given.until);
    let fired = engine.alerts().any(|alert| alert.rule.id == rule.id);
    let place = case.place;
    let mut differences: Vec<String> = rejects;
    match (case.expect, fired) {
        (Expect::Fires, false) => differences.push(format!("line {}: expected to fire, stayed silent", place.line)),
        (Expect::Silent, true) => {
            let said: Vec<_> =
                engine.alerts().filter(|a| a.rule.id == rule.id).map(|a| a.explanation.clone()).collect();
            differences.push(format!("line {}: expected silence, fired: {}", place.line, said.join("; ")));
        }
        _ => {}
    }
    Ok(differences)
}

/// Native records into an engine, one tick at the end; and the records that were refused.
fn fold(book: Rulebook, settings: &decode::Settings, lines: &str, until: Option<EventTime>) -> (Engine, Vec<String>) {
    let mut engine = Engine::new(book);
    let mut rejects = Vec::new();
    let mut latest: Option<EventTime> = None;
    decode::stream(&Text::new_static("case"), &mut lines.as_bytes(), settings, &mut |item| match item.outcome {
        Outcome::Relevant(facts) => {
            let mut refused =
                |refusal: Refusal| rejects.push(format!("given {}: {}", item.position.at, refusal.as_str()));
            replay::fold(&mut engine, &item.position, facts, &mut latest, &mut refused);
        }
        Outcome::Irrelevant | Outcome::Repeated => {}
        Outcome::Rejected(reason) => {
            rejects.push(format!("given {}: {}: {}", item.position.at, reason.code, reason.detail))
        }
    });
    if let Some(now) = until.or(latest) {
        engine.apply(&Position { source: Text::new_static("case"), at: 0 }, Fact::Tick(now));
    }
    engine.publish();
    (engine, rejects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_may_say_less_of_objects_but_not_of_lists() {
        let found = json!({"a": 1, "b": {"c": [1, 2.0]}});
        let differences = |pattern: Value| {
            let mut out = Vec::new();
            differ("x", &pattern, &found, &mut out);
            out
        };
        assert!(differences(json!({"b": {"c": [1, 2]}})).is_empty());
        assert_eq!(differences(json!({"b": {"c": [1]}})).len(), 1);
        assert_eq!(differences(json!({"a": 2, "z": 1})).len(), 2);
    }
}
