//! Alerts, risk and rejects on their way out.
//!
//! In: alerts, risk and rejects. Out: bytes to a writer handed in: NDJSON of our own, OCSF Detection Findings, or text for
//! people. It refuses to decide what is an alert.

mod cloud_event;
mod ocsf;
mod rejects;
mod risk;
mod text;
pub mod webhook;

use std::cmp::Reverse;
use std::io::{self, Write};

use crate::model::{Alert, AlertId};

pub use cloud_event::headers as cloud_event;
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

impl AlertFormat {
    /// An alert as one line, without its end; text takes several.
    pub fn line(self, alert: &Alert) -> serde_json::Result<Vec<u8>> {
        match self {
            Self::Json => serde_json::to_vec(alert),
            Self::Ocsf => serde_json::to_vec(&ocsf::finding(alert)),
            Self::Text => Ok(text::alert(alert).into_bytes()),
        }
    }
}

/// Says that an alert no longer holds and, by what is known now, never did: `{"id":"…","status":"withdrawn"}`.
pub fn write_withdrawn(out: &mut dyn Write, format: AlertFormat, id: &AlertId) -> io::Result<()> {
    match format {
        AlertFormat::Text => writeln!(out, "[withdrawn] alert {id}"),
        AlertFormat::Json | AlertFormat::Ocsf => {
            writeln!(out, "{}", serde_json::json!({ "id": id, "status": "withdrawn" }))
        }
    }
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
        out.write_all(&format.line(alert)?)?;
        if format != AlertFormat::Text {
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}
