//! What an operator sees, held against a real Prometheus: every query of `deploy/`, while the settings of `deploy/` run
//! over the sample scenario. In: the files as they ship; out: queries that do not parse, or are silent without a reason.

mod queries;
mod sample;
mod server;

use std::path::Path;

use self::queries::{Query, SILENT, Silence, all, left};
use self::sample::Sample;
use self::server::{Prometheus, get, installed, promtool};
use crate::broker::shared;
use crate::cases::Known;
use crate::service::{LONG, logs};
use crate::wait::eventually;

fn deploy(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(path).to_str().unwrap().to_owned()
}

/// What promtool's lint says of a name that the domain asks for: rules and bills count accelerator-hours.
const KEPT: &str = "tidewaiter_gpu_hours_total use base unit \"seconds\" instead of \"hours\"";

#[test]
fn prometheus_takes_the_rules_and_the_configuration_as_they_ship() {
    if !installed() {
        return;
    }
    for arguments in [
        ["check", "config", &deploy("prometheus/prometheus.yml")],
        ["check", "rules", &deploy("prometheus/rules.yaml")],
        ["test", "rules", &deploy("prometheus/rules_test.yaml")],
    ] {
        let (fine, said) = promtool(&arguments, "");
        assert!(fine, "promtool {arguments:?}:\n{said}");
    }
    for rule in queries::rules() {
        let text = |section: &str, key: &str| rule[section][key].as_str().unwrap_or_default().to_owned();
        let name = &rule["alert"];
        assert!(["critical", "warning", "info"].contains(&&*text("labels", "severity")), "{name}: severity");
        assert!(!text("annotations", "summary").is_empty(), "{name}: summary");
        assert!(text("annotations", "description").len() > 60, "{name} does not say what to do");
    }
}

#[test]
fn every_query_of_deploy_answers_on_a_real_prometheus_or_is_silent_for_a_reason() {
    let Some(broker) = shared() else { return };
    if !installed() {
        return;
    }
    let mut sample = Sample::start(broker);
    let prometheus = Prometheus::start(sample.port());
    // The service waits for its topics and reads them, and Prometheus looks on.
    sample.feed();
    let scenario =
        Known::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replay/intermediaries-2024").as_path());
    eventually(LONG, "every alert of the scenario", || {
        assert!(sample.instance.is_running(), "{}", sample.instance.log());
        let found = sample.alerts();
        scenario.expected.keys().all(|id| found.contains(id)).then_some(())
    });
    // A rate needs a look from before, at the same series.
    let rejected = r#"tidewaiter_records_total{fate="rejected",source="cloud.native"}"#;
    let looked = || (!prometheus.query(rejected).ok()?.is_empty()).then_some(());
    eventually(LONG, "a first look of Prometheus", looked);
    sample.odd_records();
    sample.refuse_a_reload();

    let queries = all();
    let told = || logs(std::slice::from_ref(&sample.instance));
    for query in &queries {
        prometheus.query(&query.expr).unwrap_or_else(|why| panic!("{}: {}\n{why}", query.name, query.expr));
    }
    // Sums of what runs come every quarter of a minute, and rates need two looks.
    let mut silent = Vec::new();
    let since = crate::wait::now();
    while since.elapsed() < LONG {
        silent =
            queries.iter().filter(|query| unexpectedly_silent(&prometheus, query)).map(|query| &query.name).collect();
        if silent.is_empty() {
            break;
        }
    }
    let metrics = get(&format!("http://127.0.0.1:{}/metrics", sample.port())).1;
    // Also what stands on the far side of a comparison.
    for query in &queries {
        // The scenario names no webhooks, and a metric without any label value is not written.
        for metric in queries::metrics(&query.expr).filter(|metric| !metric.contains("_webhook_")) {
            assert!(metrics.contains(&format!("# TYPE {metric} ")), "{} asks for {metric}:\n{metrics}", query.name);
        }
    }
    assert!(silent.is_empty(), "no data and no reason why: {silent:#?}\n{metrics}\n{}", told());

    let mut wrong = Vec::new();
    for (name, silence, why) in SILENT {
        let Some(query) = queries.iter().find(|query| query.name == *name) else {
            wrong.push(format!("{name} is not there any more"));
            continue;
        };
        let answer = prometheus.query(&query.expr).unwrap();
        if *silence == Silence::Is && !answer.is_empty() {
            wrong.push(format!("{name} was to be silent ({why}): {answer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}\n{metrics}\n{}", told());

    eventually(LONG, "all rules evaluated", || prometheus.rules_are_well());
    let (_, said) = promtool(&["check", "metrics"], &metrics);
    let complaints: Vec<&str> = said.lines().filter(|line| !line.is_empty() && *line != KEPT).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    sample.health_check_of_the_image();
    let firing = prometheus.firing();
    println!("{} queries, {} of them silent for a reason; firing: {firing:?}", queries.len(), SILENT.len());
    assert_eq!(sample.instance.term(LONG), 0, "{}", sample.instance.log());
}

/// A rule is asked about what it compares, too: a threshold that is not passed must not hide a metric that is not there.
fn unexpectedly_silent(prometheus: &Prometheus, query: &Query) -> bool {
    let is_listed = SILENT.iter().any(|(name, ..)| *name == query.name);
    let says =
        |expr: &str| !prometheus.query(expr).unwrap_or_else(|why| panic!("{}: {expr}\n{why}", query.name)).is_empty();
    let compared = if query.is_rule { left(&query.expr) } else { None };
    compared.is_some_and(|expr| !says(&expr)) || (!is_listed && !says(&query.expr))
}
