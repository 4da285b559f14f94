//! An alert's headers on Kafka as a CloudEvent in binary mode.
//!
//! Source: CloudEvents 1.0.2 and its Kafka protocol binding: attributes are headers `ce_…`, the value is the data. There is
//! no `ce_time`: an alert says itself when what it tells happened, and nothing here knows when it was sent.

use crate::model::Alert;

/// The headers; `word` says what happened: opened, updated.
pub fn headers(alert: &Alert, word: &str) -> Vec<(&'static str, String)> {
    let revision = &alert.revision;
    let id = format!("{}/{}.{}.{}", alert.id, revision.epoch, revision.position, revision.heard);
    vec![
        ("ce_specversion", "1.0".to_owned()),
        ("ce_id", id),
        ("ce_source", "tidewaiter".to_owned()),
        ("ce_type", format!("tidewaiter.alert.{word}")),
        ("ce_subject", alert.subject.subject.to_string()),
        ("content-type", "application/json".to_owned()),
    ]
}
