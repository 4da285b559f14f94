//! Tests of Google's entries; whole entries stand under `tests/decode/gcp`.

use serde_json::json;

use super::*;
use crate::decode::Settings;
use crate::model::{DenialReason, PrincipalClass};

fn read(record: &Value) -> Option<Outcome> {
    let settings = Settings::default();
    decode(record, &Context { settings: &settings, envelope: None, source: "" })
}

fn entry(service: &str, method: &str) -> Value {
    json!({"insertId": "e-1", "timestamp": "2025-03-04T10:00:00Z",
        "resource": {"labels": {"project_id": "example-render", "zone": "us-east4-a"}},
        "protoPayload": {"serviceName": format!("{service}.googleapis.com"), "methodName": method,
            "resourceName": "projects/example-render/zones/us-east4-a/instances/vm-1",
            "request": {"machineType": "zones/us-east4-a/machineTypes/a3-highgpu-8g"}}})
}

fn insert() -> Value {
    entry("compute", "v1.compute.instances.insert")
}

fn usages(record: &Value) -> Vec<Usage> {
    let Some(Outcome::Relevant(facts)) = read(record) else { panic!("{record}: {:?}", read(record)) };
    let usage = |fact| match fact {
        Fact::Usage(usage) => usage,
        other => panic!("{other:?}"),
    };
    facts.into_iter().map(usage).collect()
}

fn code(record: &Value) -> String {
    match read(record) {
        Some(Outcome::Rejected(reason)) => reason.code.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn records_of_others_are_left_to_others() {
    for record in [
        json!({"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"}),
        json!({"operationName": "Microsoft.Compute/virtualMachines/write", "resourceId": "/"}),
        json!({"message": {"data": "e30="}}),
        json!({"insertId": "1", "jsonPayload": {}}),
    ] {
        assert_eq!(read(&record), None, "{record}");
    }
}

#[test]
fn calls_of_other_services_and_what_goes_on_are_irrelevant() {
    for record in [entry("sqladmin", "cloudsql.instances.insert"), entry("compute", "v1.compute.instances.get")] {
        assert_eq!(read(&record), Some(Outcome::Irrelevant), "{record}");
    }
    let mut record = insert();
    record["operation"] = json!({"id": "operation-1"});
    assert_eq!(read(&record), Some(Outcome::Irrelevant));
    let flow = json!({"protoPayload": {"@type": "type.googleapis.com/google.appengine.logging.v1.RequestLog"}});
    assert_eq!(read(&flow), Some(Outcome::Irrelevant));
}

#[test]
fn every_version_of_a_method_is_the_same_call() {
    for method in ["v1.compute.instances.insert", "beta.compute.instances.insert", "compute.instances.insert"] {
        let mut record = entry("compute", method);
        record["protoPayload"]["serviceName"] = Value::Null;
        let kind = usages(&record).remove(0).kind;
        assert!(matches!(kind, UsageKind::CapacityStarted { sku: Some(_), resource: Some(_), .. }), "{kind:?}");
    }
}

#[test]
fn a_last_half_with_an_error_says_why_as_the_ledger_reads_it() {
    for (code, message, outcome) in [
        (8, "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", "capacity"),
        (8, "The zone 'x' does not have enough resources available to fulfill the request.", "capacity"),
        (8, "Quota 'NVIDIA_H100_GPUS' exceeded.  Limit: 0.0 in region us-east4.", "quota"),
        (7, "Required 'compute.instances.create' permission", "unauthorised"),
        (9, "Constraint constraints/compute.requireShieldedVm violated", "policy"),
        (3, "Invalid value for field", "INVALID_ARGUMENT"),
        (0, "", "ok"),
    ] {
        let mut record = insert();
        record["operation"] = json!({"id": "operation-1", "last": "true"});
        record["protoPayload"]["status"] = json!({"code": code, "message": message});
        let UsageKind::OperationHalf { operation, outcome: found, .. } = usages(&record).remove(0).kind else {
            panic!("{message}")
        };
        assert_eq!((operation.as_str(), found.as_deref()), ("operation-1", Some(outcome)), "{message}");
    }
}

#[test]
fn a_call_that_is_refused_at_once_is_a_denial_and_no_half() {
    let mut record = insert();
    record["operation"] = json!({"id": "operation-1", "first": true});
    record["protoPayload"]["response"] = json!({"error": {"errors": [{"reason": "forbidden"}], "code": 403}});
    let UsageKind::CapacityDenied { reason, .. } = usages(&record).remove(0).kind else { panic!() };
    assert_eq!(reason, DenialReason::Unauthorised);
}

#[test]
fn a_project_by_number_and_by_id_is_the_same_machine() {
    let mut record = insert();
    let by_id = usages(&record).remove(0);
    record["protoPayload"]["resourceName"] = "projects/481516234200/zones/us-east4-a/instances/vm-1".into();
    let by_number = usages(&record).remove(0);
    assert_eq!(by_id.kind, by_number.kind);
    assert_eq!(by_number.account.to_string(), "gcp/example-render");
    assert_eq!(by_number.region.unwrap().as_str(), "us-east4");
}

#[test]
fn accelerators_put_into_a_machine_are_its_sku_and_those_of_its_type_are_not_counted_twice() {
    for (machine, kind, count, sku) in [
        ("n1-standard-8", "nvidia-tesla-t4", 1, "nvidia-tesla-t4"),
        ("n1-standard-8", "NVIDIA_TESLA_T4", 4, "4x nvidia-tesla-t4"),
        ("n1-standard-8", "nvidia-tesla-t4", 0, "n1-standard-8"),
        ("a3-highgpu-8g", "nvidia-h100-80gb", 8, "a3-highgpu-8g"),
    ] {
        let mut record = insert();
        record["protoPayload"]["request"] = json!({"machineType": format!("zones/z/machineTypes/{machine}"),
            "guestAccelerators": [{"acceleratorType": kind, "acceleratorCount": count}]});
        let UsageKind::CapacityStarted { sku: found, .. } = usages(&record).remove(0).kind else { panic!() };
        assert_eq!(found.unwrap().as_str(), sku);
    }
}

#[test]
fn a_stopped_machine_that_is_changed_is_another_sku_and_does_not_run() {
    for (call, request, sku) in [
        ("setMachineType", json!({"machineType": "zones/z/machineTypes/a2-highgpu-8g"}), Some("a2-highgpu-8g")),
        ("setMachineType", json!({"machineType": "zones/z/machineTypes/n1-standard-32"}), None),
        (
            "setMachineResources",
            json!({"guestAccelerators": [{"acceleratorType": "nvidia-tesla-v100", "acceleratorCount": 8}]}),
            Some("8x nvidia-tesla-v100"),
        ),
        ("setMachineResources", json!({"guestAccelerators": []}), None),
    ] {
        let mut record = entry("compute", &format!("v1.compute.instances.{call}"));
        record["protoPayload"]["request"] = request;
        let Some(sku) = sku else {
            assert_eq!(read(&record), Some(Outcome::Irrelevant), "{record}");
            continue;
        };
        let kinds: Vec<_> = usages(&record).into_iter().map(|usage| usage.kind).collect();
        let [UsageKind::CapacityStarted { sku: found, .. }, UsageKind::CapacityStopped { .. }] = &kinds[..] else {
            panic!("{kinds:?}")
        };
        assert_eq!(found.as_ref().unwrap().as_str(), sku);
    }
}

#[test]
fn a_service_account_is_a_service_and_an_internal_address_is_none() {
    let mut record = insert();
    record["protoPayload"]["authenticationInfo"] = json!({"principalEmail": "1@cloudservices.gserviceaccount.com"});
    for (address, sightings) in [("203.0.113.9", 1), ("gce-internal-ip", 0), ("private", 0), ("2001:db8::1", 1)] {
        record["protoPayload"]["requestMetadata"] = json!({"callerIp": address});
        let usages = usages(&record);
        assert_eq!(usages.len(), 1 + sightings, "{address}");
        let class = usages.iter().find_map(|usage| match usage.kind {
            UsageKind::Sighting { principal_class, .. } => Some(principal_class),
            _ => None,
        });
        assert_eq!(class, (sightings > 0).then_some(PrincipalClass::Service));
    }
}

#[test]
fn what_matters_and_cannot_be_read_is_rejected_by_name() {
    let mut record = insert();
    record["protoPayload"]["resourceName"] = "...".into();
    assert_eq!(code(&record), "missing_value");
    record["resource"] = Value::Null;
    assert_eq!(code(&record), "missing_account");
    record["timestamp"] = "...".into();
    assert_eq!(code(&record), "bad_time");
    assert_eq!(code(&json!({"protoPayload": "..."})), "bad_value");
}
