//! The closing summary of a replay: for people, and the same as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::app::{Replayed, SourceTally};
use crate::engine::Fate;
use crate::model::FactKind;

/// Most skipped files named.
const SKIPPED_SHOWN: usize = 5;

#[derive(Serialize)]
pub(super) struct Summary<'a> {
    sources: &'a [SourceTally],
    skipped: Vec<SkippedLine>,
    unreadable: Vec<String>,
    /// Distinct facts, by kind.
    facts: BTreeMap<&'static str, u64>,
    /// What became of every fact handed in.
    fates: BTreeMap<&'static str, u64>,
    alerts: BTreeMap<String, u64>,
    severities: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct SkippedLine {
    path: String,
    why: String,
}

impl<'a> Summary<'a> {
    pub(super) fn of(replayed: &'a Replayed) -> Self {
        let mut summary = Self {
            sources: &replayed.sources,
            skipped: replayed
                .skipped
                .iter()
                .map(|left| SkippedLine { path: left.name.to_string(), why: left.reason.to_string() })
                .collect(),
            unreadable: replayed.unreadable.iter().map(ToString::to_string).collect(),
            facts: BTreeMap::new(),
            fates: BTreeMap::new(),
            alerts: BTreeMap::new(),
            severities: BTreeMap::new(),
        };
        // The tick is the replay's own and was read nowhere.
        let read = |kind: &FactKind| *kind != FactKind::Tick;
        for (kind, count) in replayed.engine.held().into_iter().filter(|(kind, _)| read(kind)) {
            summary.facts.insert(kind.as_str(), count);
        }
        for ((_, fate), count) in replayed.engine.fates().iter().filter(|((kind, _), _)| read(kind)) {
            *summary.fates.entry(fate.as_str()).or_default() += count;
        }
        for alert in replayed.engine.alerts() {
            *summary.alerts.entry(alert.rule.id.to_string()).or_default() += 1;
            *summary.severities.entry(alert.rule.severity.as_str()).or_default() += 1;
        }
        summary
    }
}

/// For people: a few aligned lines.
pub(super) fn text(replayed: &Replayed) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, replayed);
    out
}

fn counts<'a>(counts: impl IntoIterator<Item = (&'a str, u64)>) -> String {
    let parts: Vec<_> = counts.into_iter().map(|(name, count)| format!("{name} {count}")).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

fn write(out: &mut String, replayed: &Replayed) -> std::fmt::Result {
    let summary = Summary::of(replayed);
    let total = replayed.total();
    let reasons = total.rejected.iter().map(|(reason, count)| (reason.as_str(), *count));
    let rejected = if total.rejected() == 0 { String::new() } else { format!(" ({})", counts(reasons)) };
    writeln!(out, "sources   {} read, {} skipped", replayed.sources.len(), replayed.skipped.len())?;
    for left in replayed.skipped.iter().take(SKIPPED_SHOWN) {
        writeln!(out, "          skipped {}: {}", left.name, left.reason)?;
    }
    if replayed.skipped.len() > SKIPPED_SHOWN {
        writeln!(out, "          … {} more", replayed.skipped.len() - SKIPPED_SHOWN)?;
    }
    writeln!(
        out,
        "records   {} read = {} relevant + {} irrelevant + {} rejected{rejected}",
        total.read,
        total.relevant,
        total.irrelevant,
        total.rejected()
    )?;
    writeln!(out, "facts     {}", counts(summary.facts.iter().map(|(kind, count)| (*kind, *count))))?;
    let fate = |fate: Fate| summary.fates.get(fate.as_str()).copied().unwrap_or(0);
    writeln!(
        out,
        "          {} applied, {} pending, {} duplicate, {} superseded, {} refused",
        fate(Fate::Applied) - replayed.engine.pending(),
        replayed.engine.pending(),
        fate(Fate::Duplicate),
        fate(Fate::Superseded),
        fate(Fate::Refused)
    )?;
    writeln!(out, "alerts    {}", counts(summary.alerts.iter().map(|(rule, count)| (rule.as_str(), *count))))?;
    writeln!(out, "severity  {}", counts(summary.severities.iter().map(|(word, count)| (*word, *count))))
}
