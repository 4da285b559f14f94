//! Tests of Oracle records; whole records stand under `tests/decode/oci`.

use serde_json::json;

use super::*;
use crate::decode::Settings;
use crate::model::{DenialReason, Sku};

fn read(record: &Value) -> Option<Outcome> {
    let settings = Settings::default();
    decode(record, &Context { settings: &settings, envelope: None, source: "" })
}

fn event(kind: &str, data: Value) -> Value {
    let mut event = json!({"eventID": "e-1", "eventTime": "2025-03-04T10:00:00Z", "eventType": kind, "data": data});
    event["data"]["compartmentId"] = "ocid1.compartment.oc1..a".into();
    event["data"]["resourceId"] = "ocid1.instance.oc1.iad.a".into();
    event
}

fn usage(record: &Value) -> Usage {
    match read(record) {
        Some(Outcome::Relevant(mut facts)) => match facts.remove(0) {
            Fact::Usage(usage) => usage,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn records_of_others_are_left_to_others() {
    for record in [
        json!({"type": "oci.onInstanceStateChange", "data": {}}),
        json!({"eventType": "AwsApiCall", "eventSource": "ec2.amazonaws.com", "eventName": "LaunchInstance"}),
        json!({"eventVersion": "1.08", "eventType": "com.oraclecloud.computeapi.launchinstance.end"}),
        json!(1),
    ] {
        assert_eq!(read(&record), None, "{record}");
    }
}

#[test]
fn what_only_begins_or_is_of_another_kind_is_irrelevant() {
    for kind in ["computeapi.launchinstance.begin", "ComputeApi.GetInstance", "objectstorage.createbucket"] {
        let record = event(&format!("com.oraclecloud.{kind}"), json!({"response": {"status": "200"}}));
        assert_eq!(read(&record), Some(Outcome::Irrelevant), "{kind}");
    }
    let reset = json!({"additionalDetails": {"instanceActionType": "softreset"}});
    assert_eq!(read(&event("com.oraclecloud.computeapi.instanceaction.end", reset)), Some(Outcome::Irrelevant));
}

#[test]
fn a_refusal_says_why() {
    for (status, said, reason) in [
        (json!("500"), "Out of host capacity.", DenialReason::Capacity),
        (json!("400"), "LimitExceeded", DenialReason::Quota),
        (json!(400), "QuotaExceeded", DenialReason::Quota),
        (json!("404"), "NotAuthorizedOrNotFound", DenialReason::Unauthorised),
        (json!("409"), "IncorrectState", DenialReason::Unknown),
    ] {
        let data = json!({"request": {"payload": {"shape": "BM.GPU.H100.8"}},
            "response": {"status": status, "payload": {"code": said}}});
        let usage = usage(&event("com.oraclecloud.ComputeApi.LaunchInstance.begin", data));
        let UsageKind::CapacityDenied { sku, reason: found, .. } = usage.kind else { panic!("{said}") };
        assert_eq!((sku, found), (Some(Sku::new("BM.GPU.H100.8")), reason));
    }
}

#[test]
fn the_tenancy_is_the_account_and_the_compartment_stands_for_it() {
    let launch = "COM.OracleCloud.ComputeApi.LaunchInstance.end";
    assert_eq!(usage(&event(launch, json!({}))).account.to_string(), "oci/ocid1.compartment.oc1..a");
    let said = event(launch, json!({"identity": {"tenantId": "ocid1.tenancy.oc1..t"}}));
    assert_eq!(usage(&said).account.to_string(), "oci/ocid1.tenancy.oc1..t");
    assert_eq!(usage(&said).region.unwrap().as_str(), "us-ashburn-1");
}

/// Kinds of the facts of a published file, in order; `None` when the files are not there. Nothing may be rejected.
fn published(name: &str) -> Option<String> {
    let data = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/events"));
    if !data.is_dir() {
        return None;
    }
    let bytes = std::fs::read(data.join(name)).unwrap();
    let mut kinds = Vec::new();
    crate::decode::stream(&name.into(), &mut bytes.as_slice(), &Settings::default(), &mut |item| match item.outcome {
        Outcome::Relevant(facts) => kinds.extend(facts.iter().map(|fact| fact.kind().as_str())),
        Outcome::Irrelevant | Outcome::Repeated => {}
        Outcome::Rejected(reason) => panic!("{name}: {reason:?}"),
    });
    Some(kinds.join(" "))
}

#[test]
fn published_records_are_read_without_rejects() {
    for (name, expected) in [
        ("oci/superplane/pkg/integrations/oci/example_data_on_compute_instance_created.json", "capacity_started"),
        ("oci/superplane/pkg/integrations/oci/example_data_on_instance_state_change.json", "capacity_stopped"),
    ] {
        match published(name) {
            Some(kinds) => assert_eq!(kinds, expected, "{name}"),
            None => return println!("SKIPPED (no ../shared/data): published_records_are_read_without_rejects"),
        }
    }
}

#[test]
fn a_machine_of_another_shape_is_another_sku_and_runs_unless_it_is_stopped() {
    let update = |payload: Value, answer: Value| {
        let record = event(
            "com.oraclecloud.computeApi.UpdateInstance",
            json!({"request": {"payload": payload}, "response": {"status": "200", "payload": answer},
                "additionalDetails": {"shape": "VM.Standard2.1"}}),
        );
        match read(&record) {
            Some(Outcome::Relevant(facts)) => facts.into_iter().map(|fact| match fact {
                Fact::Usage(usage) => match usage.kind {
                    UsageKind::CapacityStarted { sku, resource, .. } => {
                        format!("{} starts as {}", resource.unwrap(), sku.unwrap().as_str())
                    }
                    UsageKind::CapacityStopped { resource, end } => format!("{resource} {end:?}"),
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            }),
            Some(Outcome::Irrelevant) => return Vec::new(),
            other => panic!("{other:?}"),
        }
        .collect::<Vec<_>>()
    };
    let id = "ocid1.instance.oc1.iad.a";
    let (start, stop) = (format!("{id} starts as BM.GPU.H100.8"), format!("{id} Terminated"));
    let shape = || json!({"shape": "BM.GPU.H100.8"});
    assert_eq!(update(shape(), json!({"lifecycleState": "RUNNING"})), [start.as_str()]);
    assert_eq!(update(json!({"updateInstanceDetails": shape()}), Value::Null), [start.as_str()]);
    assert_eq!(update(shape(), json!({"lifecycleState": "STOPPED"})), [start.as_str(), stop.as_str()]);
    assert_eq!(update(json!({"displayName": "x"}), json!({"shape": "VM.Standard2.1"})), [""; 0]);
    let refused =
        json!({"request": {"payload": shape()}, "response": {"status": "500", "message": "Out of host capacity"}});
    let UsageKind::CapacityDenied { sku, .. } =
        usage(&event("com.oraclecloud.computeApi.UpdateInstance", refused)).kind
    else {
        panic!()
    };
    assert_eq!(sku, Some(Sku::new("BM.GPU.H100.8")));
}
