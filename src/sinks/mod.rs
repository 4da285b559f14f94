//! Alerts, risk and rejects on their way out.
//!
//! In: alerts, risk and rejects. Out: bytes to a writer handed in: NDJSON of our own, OCSF Detection Findings, or text for
//! people. It refuses to decide what is an alert.

mod ocsf;
mod rejects;
mod risk;
mod text;
pub mod webhook;

use std::cmp::Reverse;
use std::io::{self, Write};

use crate::model::Alert;

pub use rejects::{Reject, write_reject};
pub use risk::write_risk;

/// How alerts are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlertFormat {
    /// tidewaiter's own JSON, one alert a line (docs/alert.schema.json).
    #[default]
    Json,
    /// OCSF Detection Finding (class 2004), one a line.
    Ocsf,
    /// For people.
    Text,
}

/// Writes alerts in the order given; as text the gravest first.
pub fn write_alerts<'a>(
    out: &mut dyn Write,
    format: AlertFormat,
    alerts: impl IntoIterator<Item = &'a Alert>,
) -> io::Result<()> {
    let mut alerts: Vec<&Alert> = alerts.into_iter().collect();
    if format == AlertFormat::Text {
        alerts.sort_by_key(|alert| (Reverse(alert.rule.severity), &alert.rule.id, &alert.subject.subject));
    }
    for alert in alerts {
        match format {
            AlertFormat::Json => {
                serde_json::to_writer(&mut *out, alert)?;
                out.write_all(b"\n")?;
            }
            AlertFormat::Ocsf => {
                serde_json::to_writer(&mut *out, &ocsf::finding(alert))?;
                out.write_all(b"\n")?;
            }
            AlertFormat::Text => out.write_all(text::alert(alert).as_bytes())?,
        }
    }
    Ok(())
}
