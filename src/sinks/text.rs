//! An alert for people, a few lines each.

use std::fmt::Write;

use crate::model::{Alert, AlertStatus};

/// Most evidence lines shown; the JSON holds all.
const EVIDENCE: usize = 4;

pub(super) fn alert(alert: &Alert) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, alert);
    out
}

fn write(out: &mut String, alert: &Alert) -> std::fmt::Result {
    let rule = &alert.rule;
    let name = alert.subject.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let status = if alert.status == AlertStatus::Open { "open" } else { "resolved" };
    writeln!(out, "[{}] {} · {}{name} · {status}", rule.severity.as_str(), rule.title, alert.subject.subject)?;
    writeln!(out, "    {}", alert.explanation)?;
    if !alert.chain.is_empty() {
        let hops: Vec<_> = alert
            .chain
            .iter()
            .map(|hop| {
                let place = hop.country.as_ref().map(|c| format!(" [{c}]")).unwrap_or_default();
                let hq = hop.hq.as_ref().map(|c| format!(" [{c}]")).unwrap_or_default();
                let parent = hop.parent.as_ref().map(|p| format!(" (of {p}{hq})")).unwrap_or_default();
                let sure = match hop.confidence.as_deref() {
                    Some("bill") => " (by bill)",
                    Some("name") => " (a name on a bill)",
                    _ => "",
                };
                format!("{} {}{place}{parent}{sure}", hop.role, hop.party)
            })
            .collect();
        writeln!(out, "    chain: {}", hops.join(" → "))?;
    }
    for chip in &alert.chips {
        writeln!(out, "    chips: {} × {} ({})", short(chip.count), chip.chip, chip.control)?;
    }
    for hit in &alert.hits {
        writeln!(out, "    list: {} matches {}/{} ({})", hit.party, hit.list, hit.entry, hit.why)?;
    }
    for tender in &alert.tenders {
        let (role, party, side) = (&tender.role, &tender.party, tender.side.as_str());
        writeln!(out, "    tender: {tender} ({role} {party} is its {side}; {})", tender.source)?;
    }
    for line in alert.evidence.iter().take(EVIDENCE) {
        writeln!(out, "    {} {} [{}]", line.time, line.summary, line.position)?;
    }
    if alert.evidence.len() > EVIDENCE {
        writeln!(out, "    … {} more facts", alert.evidence.len() - EVIDENCE)?;
    }
    for unknown in &alert.unknown {
        writeln!(out, "    unknown: {unknown}")?;
    }
    if let Some(suppression) = &alert.suppression {
        writeln!(out, "    suppressed until {} by {}: {}", suppression.until, suppression.by, suppression.reason)?;
    }
    writeln!(out, "    basis: {} — {}", rule.basis.as_str(), rule.cites.join("; "))?;
    writeln!(out, "    may be innocent: {}", rule.innocent.join("; "))
}

/// A number with at most one decimal.
fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
