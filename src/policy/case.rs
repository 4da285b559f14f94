//! Cases: the tests a rule carries.
//!
//! In: the `cases` of a rule file. Out: native records, lists and places as a replay would be given them. It refuses to
//! know what a record means; whoever runs a case reads the records and says at which place one is wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::model::{Country, EventTime, NetworkPrefix, Text};
use crate::written::{Node, Place, Problems, Source};

/// Sections of native records, with the type their records have.
const SECTIONS: [(&str, &str); 6] = [
    ("accounts", "account"),
    ("parties", "party"),
    ("edges", "edge"),
    ("authorisations", "authorisation"),
    ("tenders", "tender"),
    ("facts", "usage"),
];

/// A test of one rule.
#[derive(Clone, Debug)]
pub struct Case {
    /// A sentence, one of its kind in the rule.
    pub name: Text,
    /// What is known and happened.
    pub given: Given,
    /// Whether the rule must fire.
    pub expect: Expect,
    /// Where it begins.
    pub place: Place,
}

/// Whether a rule must fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// At least one alert.
    Fires,
    /// None.
    Silent,
}

/// What a case is given; sections of the case it is `like` are already in it.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Native records with their type filled in, by section (`accounts`, `parties`, `edges`, `authorisations`, `tenders`, `facts`);
    /// cases that take a section over share it.
    pub records: BTreeMap<&'static str, Arc<[Record]>>,
    /// Lists of one's own, as files: JSON is YAML.
    pub lists: Vec<Source>,
    /// Countries by network, instead of a geo database.
    pub geo: BTreeMap<Text, Country>,
    /// Event time reaches this instant; without it, the latest instant of the facts.
    pub until: Option<EventTime>,
}

/// A native record and where it stands in the rule file.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Where.
    pub place: Place,
    /// The record.
    pub value: Value,
}

impl Case {
    /// Every native record, reference records first.
    pub fn records(&self) -> Vec<Value> {
        self.given.all().map(|record| record.value.clone()).collect()
    }
}

impl Given {
    /// Every native record with its place, reference records first.
    pub fn all(&self) -> impl Iterator<Item = &Record> {
        SECTIONS.iter().filter_map(|(section, _)| self.records.get(section)).flat_map(|records| records.iter())
    }
}

/// Reads the cases of a rule file.
pub(super) fn read(file: &Text, node: &Node, problems: &mut Problems) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for node in node.list("cases", problems).unwrap_or_default() {
        if let Some(case) = one(file, node, &cases, problems) {
            if cases.iter().any(|known| known.name == case.name) {
                problems.add(case.place, format!("there are two cases {:?}", case.name));
            }
            cases.push(case);
        }
    }
    cases
}

fn one(file: &Text, node: &Node, earlier: &[Case], problems: &mut Problems) -> Option<Case> {
    let mut fields = node.fields("a case", problems)?;
    let name = fields.required_text("name", problems);
    let given = fields.required("given", problems).and_then(|node| given(file, node, earlier, problems));
    let expect = fields.required("expect", problems).and_then(|node| match node.text("expect", problems)?.as_str() {
        "fires" => Some(Expect::Fires),
        "silent" => Some(Expect::Silent),
        other => {
            problems.add(node.place, format!("expect must be fires or silent, got {other:?}"));
            None
        }
    });
    fields.done(problems);
    Some(Case { name: name?, given: given?, expect: expect?, place: node.place })
}

fn given(file: &Text, node: &Node, earlier: &[Case], problems: &mut Problems) -> Option<Given> {
    let mut fields = node.fields("given", problems)?;
    let mut given = match fields.optional("like") {
        None => Given::default(),
        Some(like) => {
            let name = like.text("like", problems)?;
            match earlier.iter().find(|case| case.name == name) {
                Some(case) => case.given.clone(),
                None => {
                    problems.add(like.place, format!("there is no earlier case {name:?}"));
                    Given::default()
                }
            }
        }
    };
    for (section, kind) in SECTIONS {
        if let Some(node) = fields.optional(section) {
            let items = node.list(section, problems).unwrap_or_default();
            let records = items.iter().filter_map(|item| record(item, kind, problems)).collect();
            given.records.insert(section, records);
        }
    }
    if let Some(node) = fields.optional("lists") {
        given.lists = node.list("lists", problems)?.iter().map(|item| list(file, item)).collect();
    }
    if let Some(node) = fields.optional("geo") {
        given.geo = geo(node, problems);
    }
    if let Some(node) = fields.optional("until") {
        let text = node.text("until", problems)?;
        given.until = EventTime::parse(&text).map_err(|error| problems.add(node.place, format!("until: {error}"))).ok();
    }
    fields.done(problems);
    Some(given)
}

fn record(node: &Node, kind: &str, problems: &mut Problems) -> Option<Record> {
    let Value::Object(mut fields) = node.to_json() else {
        problems.add(node.place, format!("a record must be a mapping, got {}", node.describe()));
        return None;
    };
    if fields.insert("type".into(), kind.into()).is_some() {
        problems.add(node.place, format!("the type of a record here is {kind}, leave it out"));
    }
    Some(Record { place: node.place, value: Value::Object(fields) })
}

fn list(file: &Text, node: &Node) -> Source {
    let Place { line, column } = node.place;
    Source { name: Text::new(format!("{file}:{line}:{column}")), text: node.to_json().to_string().into() }
}

fn geo(node: &Node, problems: &mut Problems) -> BTreeMap<Text, Country> {
    let mut geo = BTreeMap::new();
    let Some(mut fields) = node.fields("geo", problems) else { return geo };
    for (network, place, node) in fields.rest() {
        let country = node.text("a country", problems);
        let country = country.and_then(|text| Country::parse(&text));
        match (NetworkPrefix::parse(network), country) {
            (Some(_), Some(country)) => drop(geo.insert(network.clone(), country)),
            (None, _) => problems.add(place, format!("not a network: {network:?}")),
            (_, None) => problems.add(node.place, format!("not a country: {}", node.describe())),
        }
    }
    geo
}
