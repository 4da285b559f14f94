//! Every query that `deploy/` ships. In: the dashboard and the rules; out: names and expressions, variables filled in;
//! and which of them are rightly silent over the sample scenario. Knows nothing of who is asked.

use serde_json::Value;
use tidewaiter::written::{Problems, Source, parse};

const DASHBOARD: &str = include_str!("../../../deploy/grafana/dashboards/tidewaiter.json");
const RULES: &str = include_str!("../../../deploy/prometheus/rules.yaml");

/// Of whom silence is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// It must say nothing.
    Is,
    /// It may say something.
    May,
}

/// Rightly silent, each with the reason.
pub const SILENT: &[(&str, Silence, &str)] = &[
    ("rule TidewaiterNoInstance", Silence::Is, "an instance answers"),
    ("rule TidewaiterInstanceDown", Silence::Is, "an instance answers"),
    ("rule TidewaiterSourceLagGrows", Silence::Is, "the scenario is of a hundred records"),
    ("rule TidewaiterRecordsLost", Silence::Is, "no topic lost anything"),
    ("rule TidewaiterUndeliverable", Silence::Is, "everything was small enough"),
    ("rule TidewaiterKafkaErrors", Silence::May, "the service starts before its topics are there"),
    ("rule TidewaiterShardsUnheld", Silence::Is, "the one instance holds all"),
    ("rule TidewaiterShardNotReady", Silence::Is, "all have caught up"),
    ("rule TidewaiterShardWaitsForOthers", Silence::Is, "all have said everything"),
    ("rule TidewaiterTimeStandsStill", Silence::Is, "the clock ticks"),
    ("rule TidewaiterSnapshotsFail", Silence::Is, "all were written"),
    ("rule TidewaiterSnapshotOld", Silence::Is, "they are seconds old"),
    ("rule TidewaiterUnreadable", Silence::Is, "nobody else writes to our topics"),
    ("panel Webhook deliveries, by target and outcome A", Silence::Is, "the scenario names no webhooks"),
];

/// A query and where it stands.
pub struct Query {
    pub name: String,
    pub expr: String,
    pub is_rule: bool,
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Every alerting rule.
pub fn rules() -> Vec<Value> {
    let mut problems = Problems::of("rules.yaml");
    let read = parse(&Source { name: "rules.yaml".into(), text: RULES.into() }, &mut problems);
    let problems = problems.sorted();
    assert!(problems.is_empty(), "{problems:?}");
    let read = read.unwrap().to_json();
    list(&read["groups"]).iter().flat_map(|group| list(&group["rules"])).cloned().collect()
}

/// Every query of rules, panels and variables, none twice.
pub fn all() -> Vec<Query> {
    let mut queries = Vec::new();
    for rule in rules() {
        let (name, expr) = (rule["alert"].as_str().unwrap(), rule["expr"].as_str().unwrap());
        queries.push(Query { name: format!("rule {name}"), expr: expr.to_owned(), is_rule: true });
    }
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    for panel in list(&dashboard["panels"]) {
        for target in list(&panel["targets"]) {
            let name = format!("panel {} {}", panel["title"].as_str().unwrap(), target["refId"].as_str().unwrap());
            queries.push(Query { name, expr: filled_in(target["expr"].as_str().unwrap()), is_rule: false });
        }
    }
    for variable in list(&dashboard["templating"]["list"]) {
        let query = variable["query"]["query"].as_str().unwrap();
        let metric = query.strip_prefix("label_values(").and_then(|rest| rest.split(',').next());
        let label = variable["name"].as_str().unwrap();
        // An empty label would be an empty variable.
        let expr = format!("{}{{{label}!=\"\"}}", metric.unwrap_or_else(|| panic!("{query}: not label_values")));
        queries.push(Query { name: format!("variable {label}"), expr, is_rule: false });
    }
    assert!(queries.len() > 40, "{} queries", queries.len());
    let mut names: Vec<&str> = queries.iter().map(|query| query.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), queries.len(), "two queries of one name");
    queries
}

/// As Grafana asks where everything is selected. Scrapes come every second here, hence the short interval.
fn filled_in(expr: &str) -> String {
    let expr = expr.replace("$__rate_interval", "15s").replace("$provider", ".*").replace("$instance", ".*");
    assert!(!expr.contains('$'), "a variable that nobody fills in: {expr}");
    expr
}

/// Our metrics that an expression names, wherever in it.
pub fn metrics(expr: &str) -> impl Iterator<Item = &str> {
    let words = expr.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("tidewaiter_"))
}

/// What a rule compares: what stands before its first comparison outside of brackets, if it has one.
pub fn left(expr: &str) -> Option<String> {
    let mut depth = 0;
    for (at, c) in expr.char_indices() {
        match c {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            '>' | '<' | '=' | '!' if depth == 0 => return expr.get(..at).map(|left| left.trim().to_owned()),
            _ => {}
        }
    }
    None
}

#[test]
fn what_a_prometheus_rule_compares_is_found() {
    assert_eq!(left("sum(a{b!=\"c\"}) / sum(d) > 1").unwrap(), "sum(a{b!=\"c\"}) / sum(d)");
    assert_eq!(left("x == 0").unwrap(), "x");
    assert_eq!(left("absent(up == 1)"), None);
}

#[test]
fn every_metric_that_prometheus_is_asked_for_is_one_that_is_told() {
    let page = include_str!("../../../docs/metrics.md");
    let mut unknown = Vec::new();
    for query in all() {
        for metric in metrics(&query.expr) {
            if !page.contains(&format!("| `{metric}` |")) {
                unknown.push(format!("{}: {metric}", query.name));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}
