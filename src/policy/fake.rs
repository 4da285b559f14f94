//! A scope written down by a test.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::scope::{
    ElementFlag, ElementNumber, ElementText, FlagField, List, Measure, NumberField, Root, Scope, TextField,
};
use crate::model::RuleId;

/// Answers by name: `{"owner.hq": "CN", "hits": [{"verdict": "listed"}], "known": ["owner"], "alerts": ["a"]}`.
pub(super) struct Fake(pub(super) Value);

impl Default for Fake {
    fn default() -> Self {
        Self(json!({}))
    }
}

/// Countries by group.
fn groups() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([("D:5", &["CN", "RU"][..]), ("MACAU_OR_D5", &["CN", "MO", "RU"][..])])
}

impl Fake {
    fn list(&self, list: List) -> &[Value] {
        self.0.get(list.name()).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn element(&self, name: &str, index: usize) -> &Value {
        if let Some(list) = List::parse(name) {
            return &self.list(list)[index];
        }
        let (list, field) = name.split_once('.').unwrap();
        self.list(List::parse(list).unwrap())[index].get(field).unwrap_or(&Value::Null)
    }

    fn has(&self, what: &str, name: &str) -> bool {
        self.0.get(what).and_then(Value::as_array).is_some_and(|all| all.contains(&json!(name)))
    }

    fn at(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }
}

impl Scope for Fake {
    fn text(&self, field: TextField) -> &str {
        self.at(field.name()).as_str().unwrap_or_default()
    }

    fn number(&self, field: NumberField) -> f64 {
        self.at(field.name()).as_f64().unwrap_or_default()
    }

    fn flag(&self, field: FlagField) -> bool {
        self.at(field.name()).as_bool().unwrap_or_default()
    }

    fn measure(&self, measure: Measure) -> f64 {
        self.at(measure.name()).as_f64().unwrap_or_default()
    }

    fn known(&self, root: Root) -> bool {
        self.has("known", root.name())
    }

    fn len(&self, list: List) -> usize {
        self.list(list).len()
    }

    fn element_text(&self, field: ElementText, index: usize) -> &str {
        self.element(field.name(), index).as_str().unwrap_or_default()
    }

    fn element_number(&self, field: ElementNumber, index: usize) -> f64 {
        self.element(field.name(), index).as_f64().unwrap_or_default()
    }

    fn element_flag(&self, field: ElementFlag, index: usize) -> bool {
        self.element(field.name(), index).as_bool().unwrap_or_default()
    }

    fn in_group(&self, group: &str, country: &str) -> bool {
        groups().get(group).is_some_and(|countries| countries.contains(&country))
    }

    fn held_in(&self, group: &str) -> f64 {
        self.at("held_in").get(group).and_then(Value::as_f64).unwrap_or_default()
    }

    fn alert(&self, rule: &RuleId) -> bool {
        self.has("alerts", rule.as_str())
    }
}
