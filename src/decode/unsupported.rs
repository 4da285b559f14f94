//! Formats that are known by sight and have no decoder yet: they are rejected by name, never silently dropped.

use serde_json::Value;

use super::layout;

/// The format of a JSON record no decoder took.
pub(super) fn json(record: &Value) -> Option<&'static str> {
    let has = |key: &str| record.get(key).is_some_and(|v| !v.is_null());
    let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default();
    if has("insertId") && (has("jsonPayload") || has("logName")) || has("jsonpayload") {
        return Some("gcp_log");
    }
    if text("apiVersion").starts_with("audit.k8s.io") {
        return Some("k8s_audit");
    }
    if has("detail-type") {
        return event_bridge(text("source"), text("detail-type"));
    }
    let formats: [(&[&str], &str); 16] = [
        (&["SchemaVersion", "GeneratorId"], "aws_security_hub"),
        (&["AwsAccountId", "GeneratorId"], "aws_security_hub"),
        (&["schemaVersion", "service", "accountId", "type"], "aws_guardduty"),
        (&["configRuleName", "invokingEvent"], "aws_config"),
        (&["configurationItem"], "aws_config"),
        (&["srcAddr", "dstAddr"], "vpc_flow"),
        (&["srcaddr", "dstaddr"], "vpc_flow"),
        (&["query_name", "vpc_id"], "vpc_dns"),
        (&["httpRequest", "webaclId"], "aws_waf"),
        (&["bucketowner", "requester"], "s3_access"),
        (&["bucket", "remoteip", "operation"], "s3_access"),
        (&["class_uid", "category_uid"], "ocsf"),
        (&["src_endpoint", "dst_endpoint"], "ocsf"),
        (&["notificationConfigName", "finding"], "gcp_security_command_center"),
        (&["modelId", "operation", "input"], "bedrock_invocation"),
        (&["Workload", "RecordType"], "m365_audit"),
    ];
    formats.iter().find(|(keys, _)| keys.iter().all(|key| has(key))).map(|(_, format)| *format)
}

/// Events of EventBridge other than API calls, whose detail is the record.
fn event_bridge(source: &str, detail_type: &str) -> Option<&'static str> {
    match source {
        _ if detail_type.ends_with("via CloudTrail") => None,
        "aws.guardduty" => Some("aws_guardduty"),
        "aws.securityhub" => Some("aws_security_hub"),
        "aws.config" => Some("aws_config"),
        "aws.health" => Some("aws_health"),
        _ if source.starts_with("aws.") => Some("eventbridge"),
        _ => None,
    }
}

/// The format of a table no decoder took, by its headings folded: it lacks what a decoder needs.
pub(super) fn csv(headings: &[String]) -> Option<&'static str> {
    let formats: [(&[&[&str]], &str); 6] = [
        (&[&["lineitemtenantid"], &["costproductsku"]], "oci_cost_report"),
        (&[&["lineitemusageaccountid"]], "aws_cur"),
        (&[&["billingaccountid"], &["skuid"], &["usagestarttime"]], "gcp_billing"),
        (&[&["billingaccountid"], &["chargecategory"]], "focus"),
        (&[&["metercategory"]], "azure_cost"),
        (&[&["eventid"], &["eventtime"], &["eventsource"]], "cloudtrail_event_history"),
    ];
    formats.iter().find(|(telling, _)| layout::has_all(headings, telling)).map(|(_, format)| *format)
}
