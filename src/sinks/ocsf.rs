//! Alerts as OCSF 1.3 Detection Finding (class_uid 2004, category Findings).
//!
//! Source: schema.ocsf.io, class `detection_finding`. What OCSF has no attribute for stands under `unmapped`, whole.

use serde_json::{Value, json};

use crate::model::{Alert, AlertStatus, EventTime, Severity};

const CLASS: u64 = 2004;
const CATEGORY: u64 = 2;

pub(super) fn finding(alert: &Alert) -> Value {
    // Activity: 1 create, 3 close; status: 1 new, 4 resolved.
    let (activity, status) = match alert.status {
        AlertStatus::Open => (1, 1),
        AlertStatus::Resolved => (3, 4),
    };
    let evidences: Vec<_> = alert
        .evidence
        .iter()
        .map(|line| json!({ "data": { "fact": line.fact, "time": line.time, "summary": line.summary, "position": line.position } }))
        .collect();
    json!({
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "activity_id": activity,
        "type_uid": CLASS * 100 + activity,
        "status_id": status,
        "severity_id": severity(alert.rule.severity),
        "time": millis(alert.last_seen),
        "is_alert": true,
        "message": alert.explanation,
        "metadata": { "version": "1.3.0", "product": { "name": "tidewaiter", "vendor_name": "tidewaiter" } },
        "finding_info": {
            "uid": alert.id,
            "title": alert.rule.title,
            "desc": alert.explanation,
            "first_seen_time": millis(alert.first_seen),
            "last_seen_time": millis(alert.last_seen),
            "analytic": { "uid": alert.rule.id, "name": alert.rule.title, "type_id": 1 },
        },
        "resources": [{ "uid": alert.subject.subject.id, "name": alert.subject.name, "type": alert.subject.subject.kind }],
        "evidences": evidences,
        "unmapped": alert,
    })
}

fn severity(severity: Severity) -> u64 {
    match severity {
        Severity::Info => 1,
        Severity::Low => 2,
        Severity::Medium => 3,
        Severity::High => 4,
        Severity::Critical => 5,
    }
}

fn millis(time: EventTime) -> i64 {
    time.nanos().div_euclid(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_follow_the_ocsf_scale() {
        assert_eq!([Severity::Info, Severity::Critical].map(severity), [1, 5]);
        assert_eq!(millis(EventTime::from_seconds(1).unwrap()), 1_000);
    }
}
