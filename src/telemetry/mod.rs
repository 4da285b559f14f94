//! Metrics with bounded labels: never account ids, names or addresses.
//!
//! In: tallies and what the engine holds. Out: Prometheus text. Names are those of DESIGN, section 10; docs/metrics.md is
//! made from [`Metrics::reference`].

use std::collections::BTreeMap;

use prometheus::{CounterVec, Encoder, GaugeVec, Opts, Registry, TextEncoder};

use crate::engine::{Consumed, Consumption, Engine, Rulebook};
use crate::model::{EventTime, FactKind};

/// Most different values of the region label; further ones are `other` (P6).
const REGIONS: usize = 256;
/// Most different reject reasons; further ones are `other`.
const REASONS: usize = 128;

/// Every metric: name, labels, help.
const METRICS: &[(&str, &[&str], &str)] = &[
    (
        "tidewaiter_records_total",
        &["source", "partition", "fate"],
        "Records ever read of a partition, by what became of them: relevant (also where they repeat a sighting), irrelevant, rejected.",
    ),
    ("tidewaiter_rejects_total", &["reason"], "Records rejected, by reason."),
    ("tidewaiter_facts_total", &["kind", "fate"], "Facts handed to the engine, by kind and what became of them."),
    ("tidewaiter_facts_pending", &[], "Halves of operations that wait for the other half."),
    ("tidewaiter_ambiguous_lines_total", &[], "Billed lines that could not be told apart; the greater usage counts."),
    ("tidewaiter_alerts", &["rule", "severity", "basis", "status"], "Alerts in the table."),
    (
        "tidewaiter_gpu_hours_total",
        &["provider", "region", "chip", "control", "country_group"],
        "Accelerator-hours evaluated, by chip, its control on the day, and the country group of the owner's headquarters.",
    ),
    (
        "tidewaiter_gpus_running",
        &["provider", "region", "chip", "control", "country_group"],
        "Accelerators running: the mean of the hour that goes on, so far.",
    ),
    (
        "tidewaiter_unknown_sku_total",
        &["provider"],
        "Account-hours of accelerator-looking SKUs that the catalogue does not know.",
    ),
    ("tidewaiter_unresolved_parties", &["what"], "Account-hours behind which a customer or owner is not known."),
    ("tidewaiter_list_entries", &["list"], "Entries of each list loaded."),
    (
        "tidewaiter_list_age_seconds",
        &["list"],
        "Age of each list loaded, by the day it was published; in a replay as of its last tick, and negative where that is earlier.",
    ),
    // What follows is told by a running service alone.
    ("tidewaiter_records_lost_total", &["source"], "Messages that a source removed before they were read."),
    ("tidewaiter_source_lag_records", &["topic"], "Messages that lie ahead of the intake."),
    ("tidewaiter_event_lag_seconds", &["source"], "Age of the latest event time read, by source."),
    (
        "tidewaiter_intake_pauses_total",
        &["which"],
        "Times a full queue to the fact log made the intake pause its sources.",
    ),
    ("tidewaiter_shards_configured", &[], "Shards of the fact log: between them, all processes are to hold as many."),
    ("tidewaiter_shards_held", &[], "Shards that this process holds."),
    ("tidewaiter_shard_ready", &["shard"], "1 once a shard has read what there was when it was taken over."),
    ("tidewaiter_shard_position", &["shard"], "Offset in the fact log after the last record folded."),
    (
        "tidewaiter_shard_waits_for",
        &["shard"],
        "Other shards that have not said everything under the rulebook in force; alerts about groups wait for them.",
    ),
    ("tidewaiter_shards_succeeded_total", &["which"], "Shards given up because somebody else had claimed them."),
    ("tidewaiter_tick_age_seconds", &["shard"], "Age of the time up to which a shard has evaluated."),
    ("tidewaiter_snapshot_age_seconds", &["shard"], "Age of the last snapshot written by this process."),
    ("tidewaiter_snapshots_total", &["outcome"], "Snapshots written, failed, or found damaged."),
    ("tidewaiter_reloads_total", &["outcome"], "Configurations loaded or refused while running."),
    ("tidewaiter_unreadable_total", &["topic"], "Messages of our own topics that could not be read."),
    ("tidewaiter_undeliverable_total", &["why"], "Messages that no broker takes."),
    ("tidewaiter_webhook_deliveries_total", &["target", "outcome"], "Messages to webhooks, by what became of them."),
    ("tidewaiter_webhook_failing_seconds", &["target"], "How long a webhook has taken nothing; 0 while it does."),
    ("tidewaiter_kafka_errors_total", &["kind"], "What librdkafka and brokers complained of, by kind."),
    ("tidewaiter_build_info", &["version"], "1, with the version that runs."),
];

/// Counts to be written, by labels.
#[derive(Debug, Default)]
pub struct Metrics {
    values: BTreeMap<(&'static str, Vec<String>), f64>,
}

/// Totals of records: read, relevant, irrelevant, and rejected by reason.
#[derive(Clone, Debug, Default)]
pub struct Records<'a> {
    /// Those that gave facts.
    pub relevant: u64,
    /// Those understood and left.
    pub irrelevant: u64,
    /// Those not understood, by reason.
    pub rejected: Vec<(&'a str, u64)>,
}

impl Metrics {
    /// The metrics of a finished replay.
    pub fn of_replay(records: &Records, engine: &Engine) -> Self {
        let mut metrics = Self::default();
        let rejected: u64 = records.rejected.iter().map(|(_, count)| count).sum();
        for (fate, count) in
            [("relevant", records.relevant), ("irrelevant", records.irrelevant), ("rejected", rejected)]
        {
            metrics.add("tidewaiter_records_total", &["replay", "", fate], count as f64);
        }
        metrics.rejects(records.rejected.iter().copied());
        // The tick is the replay's own and was read nowhere.
        for ((kind, fate), count) in engine.fates().iter().filter(|((kind, _), _)| *kind != FactKind::Tick) {
            metrics.add("tidewaiter_facts_total", &[kind.as_str(), fate.as_str()], *count as f64);
        }
        for alert in engine.alerts() {
            let (rule, severity) = (alert.rule.id.as_str(), alert.rule.severity.as_str());
            let labels = [rule, severity, alert.rule.basis.as_str(), alert.status.as_str()];
            metrics.add("tidewaiter_alerts", &labels, 1.0);
        }
        metrics.lists(engine.book(), engine.now());
        metrics.add("tidewaiter_facts_pending", &[], engine.pending() as f64);
        metrics.add("tidewaiter_ambiguous_lines_total", &[], engine.ambiguous() as f64);
        metrics.consumption(&engine.consumption());
        metrics
    }

    /// Records rejected, by reason.
    pub fn rejects<'a>(&mut self, rejected: impl Iterator<Item = (&'a str, u64)>) {
        for (index, (reason, count)) in rejected.enumerate() {
            let reason = if index < REASONS { reason } else { "other" };
            self.add("tidewaiter_rejects_total", &[reason], count as f64);
        }
    }

    /// Lists as loaded; their ages as of `now`. One whose file does not say when it was published has none.
    pub fn lists(&mut self, book: &Rulebook, now: Option<EventTime>) {
        for list in book.lists.summary() {
            self.add("tidewaiter_list_entries", &[list.id.as_str()], list.entries as f64);
            if let (Some(day), Some(now)) = (list.as_of, now) {
                let nanos = now.nanos() - day.start().nanos();
                self.add("tidewaiter_list_age_seconds", &[list.id.as_str()], nanos as f64 / 1e9);
            }
        }
    }

    /// What ran.
    pub fn consumption(&mut self, consumption: &Consumption) {
        let mut regions: BTreeMap<String, ()> = BTreeMap::new();
        let mut bounded = |region: &str| {
            if regions.len() < REGIONS {
                regions.insert(region.to_owned(), ());
            }
            if regions.contains_key(region) { region.to_owned() } else { "other".to_owned() }
        };
        let mut put = |metrics: &mut Self, name, key: &Consumed, hours: f64| {
            let region = bounded(&key.region);
            metrics.add(name, &[&key.provider, &region, &key.chip, &key.control, &key.country_group], hours);
        };
        for (key, seconds) in &consumption.seconds {
            put(self, "tidewaiter_gpu_hours_total", key, *seconds as f64 / 3_600.0);
        }
        for (key, seconds) in &consumption.running {
            put(self, "tidewaiter_gpus_running", key, *seconds as f64 / 3_600.0);
        }
        for (provider, count) in &consumption.unknown_skus {
            self.add("tidewaiter_unknown_sku_total", &[provider], *count as f64);
        }
        for (what, count) in &consumption.unresolved {
            self.add("tidewaiter_unresolved_parties", &[what], *count as f64);
        }
    }

    /// Adds to a metric; a label's value must be one of few.
    pub fn add(&mut self, name: &'static str, labels: &[&str], value: f64) {
        let labels = labels.iter().map(|label| (*label).to_owned()).collect();
        *self.values.entry((name, labels)).or_default() += value;
    }

    /// As Prometheus text.
    pub fn text(&self) -> Result<String, prometheus::Error> {
        let registry = Registry::new();
        for (name, labels, help) in METRICS {
            let (counter, gauge) =
                (CounterVec::new(Opts::new(*name, *help), labels)?, GaugeVec::new(Opts::new(*name, *help), labels)?);
            let counts = name.ends_with("_total");
            for ((_, values), value) in self.values.iter().filter(|((known, _), _)| known == name) {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                if counts {
                    // A counter never falls: what refunds took below nought counts as nought.
                    counter.get_metric_with_label_values(&values)?.inc_by(value.max(0.0));
                } else {
                    gauge.get_metric_with_label_values(&values)?.set(*value);
                }
            }
            registry.register(if counts { Box::new(counter) } else { Box::new(gauge) })?;
        }
        let mut out = Vec::new();
        TextEncoder::new().encode(&registry.gather(), &mut out)?;
        String::from_utf8(out).map_err(|error| prometheus::Error::Msg(error.to_string()))
    }

    /// docs/metrics.md.
    pub fn reference() -> String {
        let mut page = String::from(
            "# Metrics\n\nMade from the code. Labels are bounded: never account ids, names or addresses.\n\n\
             | metric | labels | meaning |\n|---|---|---|\n",
        );
        for (name, labels, help) in METRICS {
            page.push_str(&format!("| `{name}` | {} | {help} |\n", labels.join(", ")));
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metrics_page_is_made_from_the_code() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/metrics.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, Metrics::reference()).unwrap();
        }
        let page = std::fs::read_to_string(path).unwrap();
        assert_eq!(page, Metrics::reference(), "docs/metrics.md differs from the code; UPDATE=1 rewrites it");
    }

    #[test]
    fn metrics_are_written_as_prometheus_text() {
        let mut metrics = Metrics::default();
        metrics.add("tidewaiter_rejects_total", &["truncated"], 2.0);
        let text = metrics.text().unwrap();
        assert!(text.contains("tidewaiter_rejects_total{reason=\"truncated\"} 2"), "{text}");
    }
}
