//! The service in numbers, as Prometheus asks for them.
//!
//! In: what threads last told. Out: text. Labels are bounded: topics, shards, reasons, rules, chips; never accounts.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use super::clock;
use super::view::View;
use crate::engine::{Consumption, Rulebook};
use crate::model::EventTime;
use crate::telemetry::Metrics;

/// What may happen, told as nought before it does: of a series that begins with its first event, Prometheus does not count
/// that event. Kinds of errors that librdkafka names itself come as they come.
const BEFORE: &[(&str, &[&str])] = &[
    (
        "tidewaiter_kafka_errors_total",
        &["unreachable", "tls", "authentication", "committed", "commit", "send", "delivery", "open", "other"],
    ),
    ("tidewaiter_snapshots_total", &["written", "failed", "damaged"]),
    ("tidewaiter_reloads_total", &["loaded", "refused"]),
    ("tidewaiter_shards_succeeded_total", &["shard"]),
    ("tidewaiter_intake_pauses_total", &["intake"]),
    ("tidewaiter_undeliverable_total", &["too_large"]),
    ("tidewaiter_unreadable_total", &["facts", "contributions", "alerts"]),
];

/// All of it. `shards`: how many the log has.
pub(super) fn text(view: &View, book: &Rulebook, shards: u32) -> Result<String, prometheus::Error> {
    let mut metrics = Metrics::default();
    let now = clock::now();
    for (name, values) in BEFORE {
        values.iter().for_each(|value| metrics.add(name, &[value], 0.0));
    }
    sources(&mut metrics, view, now);
    metrics.add("tidewaiter_shards_configured", &[], f64::from(shards));
    held(&mut metrics, view, now);
    for ((what, which), count) in view.counts.all() {
        let name = match what {
            "kafka_errors" => "tidewaiter_kafka_errors_total",
            "snapshots" => "tidewaiter_snapshots_total",
            "reloads" => "tidewaiter_reloads_total",
            "succeeded" => "tidewaiter_shards_succeeded_total",
            "backpressure" => "tidewaiter_intake_pauses_total",
            "rejected" => "tidewaiter_rejects_total",
            _ => "tidewaiter_undeliverable_total",
        };
        metrics.add(name, &[&which], count as f64);
    }
    for watch in view.webhooks.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        for (outcome, count) in watch.counts().all() {
            let labels: &[&str] = &[watch.name(), outcome.as_str()];
            metrics.add("tidewaiter_webhook_deliveries_total", labels, count as f64);
        }
        let failing = watch.failing().map_or(0.0, |failing| seconds(failing.since, now));
        metrics.add("tidewaiter_webhook_failing_seconds", &[watch.name()], failing);
    }
    metrics.lists(book, Some(now));
    metrics.add("tidewaiter_build_info", &[env!("CARGO_PKG_VERSION")], 1.0);
    metrics.text()
}

fn sources(metrics: &mut Metrics, view: &View, now: EventTime) {
    let mut rejected: BTreeMap<String, u64> = BTreeMap::new();
    for entry in &view.sources {
        let ((topic, partition), totals) = entry.pair();
        let (partition, tally) = (partition.to_string(), &totals.tally);
        let fates = [("relevant", tally.relevant), ("irrelevant", tally.irrelevant), ("rejected", tally.rejected())];
        for (fate, count) in fates {
            // Totals of all times: those of a partition that moves move with it.
            metrics.add("tidewaiter_records_total", &[topic, &partition, fate], count as f64);
        }
        metrics.add("tidewaiter_records_lost_total", &[topic], totals.lost as f64);
        for (reason, count) in &tally.rejected {
            *rejected.entry(reason.clone()).or_default() += count;
        }
    }
    metrics.rejects(rejected.iter().map(|(reason, count)| (reason.as_str(), *count)));
    // What was given back may be told of once more.
    for entry in view.lags.iter().filter(|entry| view.sources.contains_key(entry.key())) {
        let ((topic, _), lag) = entry.pair();
        metrics.add("tidewaiter_source_lag_records", &[topic], *lag as f64);
    }
    for entry in &view.latest {
        metrics.add("tidewaiter_event_lag_seconds", &[entry.key()], seconds(*entry.value(), now));
    }
}

fn held(metrics: &mut Metrics, view: &View, now: EventTime) {
    let mut consumption: Vec<std::sync::Arc<Consumption>> = Vec::new();
    metrics.add("tidewaiter_shards_held", &[], view.shards.len() as f64);
    for entry in &view.shards {
        let (shard, told) = entry.pair();
        let shard = shard.to_string();
        let ready = told.behind.is_empty();
        metrics.add("tidewaiter_shard_ready", &[&shard], f64::from(u8::from(ready)));
        metrics.add("tidewaiter_shard_position", &[&shard], told.position as f64);
        metrics.add("tidewaiter_shard_waits_for", &[&shard], told.waits_for.len() as f64);
        for ((kind, fate), count) in &told.fates {
            metrics.add("tidewaiter_facts_total", &[kind.as_str(), fate.as_str()], *count as f64);
        }
        for (topic, count) in &told.unread {
            metrics.add("tidewaiter_unreadable_total", &[topic], *count as f64);
        }
        for ((rule, severity, basis, status), count) in &told.alerts {
            metrics.add("tidewaiter_alerts", &[rule, severity, basis, status], *count as f64);
        }
        metrics.add("tidewaiter_facts_pending", &[], told.pending as f64);
        metrics.add("tidewaiter_ambiguous_lines_total", &[], told.ambiguous as f64);
        if let Some(saved) = told.snapshot {
            metrics.add("tidewaiter_snapshot_age_seconds", &[&shard], seconds(saved, now));
        }
        if let Some(time) = told.now {
            metrics.add("tidewaiter_tick_age_seconds", &[&shard], seconds(time, now));
        }
        consumption.extend(told.consumption.clone());
    }
    consumption.iter().for_each(|sums| metrics.consumption(sums));
}

fn seconds(from: EventTime, to: EventTime) -> f64 {
    (to.nanos() - from.nanos()) as f64 / 1e9
}
