//! The order in which rules are asked: those that others ask about first, then by id (D12).
//!
//! In: rules that each load. Out: their order, with a problem for every reference to a rule that is not there, is about
//! another kind of subject, or runs in a circle; and severities above what a rule can rest on (P8).

use std::collections::{BTreeMap, BTreeSet};

use super::Rule;
use super::signals::{Ways, ways};
use crate::model::{RuleId, Severity, SubjectKind};
use crate::written::{Place, Problems};

/// A rule that loads, and where its severity stands.
pub(super) struct Read {
    pub(super) rule: Rule,
    pub(super) severity: Place,
}

/// Puts rules in order. `named` holds every id seen, those of rules that do not load included.
pub(super) fn order(rules: Vec<Read>, named: &BTreeSet<RuleId>, problems: &mut Problems) -> Vec<Rule> {
    let subjects: BTreeMap<_, _> = rules.iter().map(|read| (read.rule.id.clone(), read.rule.subject.clone())).collect();
    let mut waiting: BTreeMap<RuleId, Read> = BTreeMap::new();
    for read in rules {
        references(&read.rule, &subjects, named, problems);
        waiting.insert(read.rule.id.clone(), read);
    }
    let mut ordered: Vec<Rule> = Vec::new();
    let mut known: BTreeMap<RuleId, Ways> = BTreeMap::new();
    while !waiting.is_empty() {
        let ready = |read: &Read| asked(&read.rule).all(|(id, _)| !waiting.contains_key(id));
        let next = waiting.values().find(|read| ready(read)).map(|read| read.rule.id.clone());
        let Some(Read { rule, severity }) = next.and_then(|id| waiting.remove(&id)) else {
            circle(&waiting, problems);
            break;
        };
        let held = rests_on(&rule, &known);
        sparing(&rule, severity, held, problems);
        known.insert(rule.id.clone(), held);
        ordered.push(rule);
    }
    ordered
}

fn asked(rule: &Rule) -> impl Iterator<Item = (&RuleId, &Place)> {
    rule.having.iter().flat_map(|having| &having.uses().alerts)
}

/// Problems of this rule.
fn about(rule: &Rule) -> Problems {
    let mut own = Problems::of(&rule.file);
    own.about(Some(format!("rule {}", rule.id).into()));
    own
}

fn references(
    rule: &Rule,
    subjects: &BTreeMap<RuleId, SubjectKind>,
    named: &BTreeSet<RuleId>,
    problems: &mut Problems,
) {
    let mut own = about(rule);
    for (id, place) in asked(rule) {
        match subjects.get(id) {
            None if !named.contains(id) => own.add(*place, format!("having: there is no rule {:?}", id.as_str())),
            Some(subject) if *subject != rule.subject => {
                own.add(*place, format!("having: rule {id} is about {subject}, this one about {}", rule.subject));
            }
            _ => {}
        }
    }
    problems.append(own);
}

/// Every rule that is still waiting is on a circle or asks about one that is; those on it are told.
fn circle(waiting: &BTreeMap<RuleId, Read>, problems: &mut Problems) {
    let Some((first, _)) = waiting.first_key_value() else { return };
    let mut path: Vec<&RuleId> = vec![first];
    while let Some(read) = path.last().and_then(|id| waiting.get(*id)) {
        let Some((next, place)) = asked(&read.rule).find(|(id, _)| waiting.contains_key(*id)) else { return };
        if let Some(begin) = path.iter().position(|id| *id == next) {
            let mut names: Vec<_> = path.iter().skip(begin).map(|id| id.as_str()).collect();
            names.push(next.as_str());
            let mut own = about(&read.rule);
            own.add(*place, format!("having: rules ask about each other in a circle: {}", names.join(" → ")));
            problems.append(own);
            return;
        }
        path.push(next);
    }
}

fn rests_on(rule: &Rule, known: &BTreeMap<RuleId, Ways>) -> Ways {
    let of = |id: &RuleId| known.get(id).copied().unwrap_or(Ways::PLAIN);
    let matches = ways(&rule.matches.expr, true, &of);
    rule.having.as_ref().map_or(matches, |having| matches.and(ways(&having.expr, true, &of)))
}

fn sparing(rule: &Rule, severity: Place, held: Ways, problems: &mut Problems) {
    let (cap, why) = held.cap();
    if rule.severity <= cap {
        return;
    }
    let most = if cap == Severity::Info { "info" } else { "at most low" };
    let mut own = about(rule);
    own.add(severity, format!("severity must be {most}, got {}: {why}", rule.severity.as_str()));
    problems.append(own);
}
