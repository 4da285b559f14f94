//! Tests of Azure records; whole records stand under `tests/decode/azure`.

use serde_json::json;

use super::*;
use crate::decode::Settings;
use crate::model::DenialReason;

fn read(record: &Value) -> Option<Outcome> {
    let settings = Settings::default();
    decode(record, &Context { settings: &settings, envelope: None, source: "" })
}

fn machine(operation: &str, status: &str) -> Value {
    json!({"operationName": operation, "resultType": status, "time": "2025-03-04T10:00:00Z",
        "resourceId": "/subscriptions/S-1/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm"})
}

fn first(record: &Value) -> UsageKind {
    match read(record) {
        Some(Outcome::Relevant(mut facts)) => match facts.remove(0) {
            Fact::Usage(usage) => usage.kind,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn records_of_others_are_left_to_others() {
    for record in [
        json!({"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"}),
        json!({"eventType": "com.oraclecloud.computeapi.launchinstance.end", "data": {}}),
        json!({"operationName": "read"}),
        json!({"type": "azure.vm.started", "data": {}}),
        json!([]),
    ] {
        assert_eq!(read(&record), None, "{record}");
    }
}

#[test]
fn what_is_under_way_or_leaves_the_machine_allocated_is_irrelevant() {
    for (call, status) in [
        ("write", "Accepted"),
        ("write", "Started"),
        ("write", "Start"),
        ("powerOff/action", "Succeeded"),
        ("restart/action", "Succeeded"),
        ("runCommand/action", "Succeeded"),
        ("delete", "Failed"),
        ("extensions/write", "Succeeded"),
    ] {
        let record = machine(&format!("Microsoft.Compute/virtualMachines/{call}"), status);
        assert_eq!(read(&record), Some(Outcome::Irrelevant), "{call} {status}");
    }
    let stored = json!({"id": "1", "eventType": "Microsoft.Storage.BlobCreated", "data": {"api": "PutBlob"}});
    assert_eq!(read(&stored), Some(Outcome::Irrelevant));
}

#[test]
fn a_refusal_says_why_wherever_the_code_stands() {
    let message = |code: &str| json!({"statusMessage": format!("{{\"error\":{{\"code\":\"{code}\"}}}}")});
    for (key, value, reason) in [
        ("properties", message("SkuNotAvailable"), DenialReason::Capacity),
        ("properties", message("ZonalAllocationFailed"), DenialReason::Capacity),
        ("properties", message("OperationNotAllowed"), DenialReason::Quota),
        ("properties", message("QuotaExceeded"), DenialReason::Quota),
        ("properties", message("RequestDisallowedByPolicy"), DenialReason::Policy),
        ("properties", json!("{\"statusCode\":\"Forbidden\"}"), DenialReason::Unauthorised),
        ("resultSignature", json!("Failed.AuthorizationFailed"), DenialReason::Unauthorised),
        ("subStatus", json!({"value": "AllocationFailed"}), DenialReason::Capacity),
        ("subStatus", json!({"value": "Conflict"}), DenialReason::Unknown),
    ] {
        let mut record = machine("MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE", "Failed");
        record[key] = value;
        let UsageKind::CapacityDenied { reason: found, .. } = first(&record) else { panic!("{record}") };
        assert_eq!(found, reason, "{record}");
    }
}

#[test]
fn a_deployment_without_its_body_goes_by_its_name() {
    let mut record = machine("Microsoft.CognitiveServices/accounts/deployments/write", "Success");
    record["resourceId"] =
        "/subscriptions/S-1/providers/Microsoft.CognitiveServices/accounts/a/deployments/Chat-4o".into();
    let UsageKind::ModelUsed { model, tokens, .. } = first(&record) else { panic!("{record}") };
    assert_eq!((model.as_str(), tokens), ("Chat-4o", None));
}

#[test]
fn a_machine_without_subscription_or_time_is_rejected() {
    let code = |record: &Value| match read(record) {
        Some(Outcome::Rejected(reason)) => reason.code.to_string(),
        other => panic!("{other:?}"),
    };
    let mut record = machine("Microsoft.Compute/virtualMachines/write", "Success");
    record["time"] = "soon".into();
    assert_eq!(code(&record), "bad_time");
    record["resourceId"] = "/nowhere".into();
    assert_eq!(code(&record), "missing_account");
}

fn usages(record: &Value) -> Vec<Usage> {
    let Some(Outcome::Relevant(facts)) = read(record) else { panic!("{record}: {:?}", read(record)) };
    let usage = |fact| match fact {
        Fact::Usage(usage) => Some(usage),
        _ => None,
    };
    facts.into_iter().filter_map(usage).collect()
}

#[test]
fn a_write_that_names_its_size_before_it_ends_is_the_first_half_and_its_end_the_last() {
    let write = "Microsoft.Compute/virtualMachines/write";
    let body = json!({"responseBody": {"properties": {"hardwareProfile": {"vmSize": "Standard_ND96isr_H100_v5"}}}});
    let mut operations = Vec::new();
    for (status, properties, kinds) in [
        ("Accept", body.clone(), vec!["operation_half"]),
        ("Success", json!({}), vec!["capacity_started", "operation_half"]),
        ("Success", body, vec!["capacity_started"]),
    ] {
        let mut record = machine(write, status);
        record["correlationId"] = "c-1".into();
        record["properties"] = properties;
        let usages = usages(&record);
        assert_eq!(usages.iter().map(|usage| usage.fact_kind().as_str()).collect::<Vec<_>>(), kinds);
        operations.extend(usages.into_iter().filter_map(|usage| match usage.kind {
            UsageKind::OperationHalf { operation, .. } => Some(operation),
            _ => None,
        }));
    }
    assert_eq!(operations[0], operations[1]);
}

#[test]
fn a_refusal_that_several_records_of_one_operation_tell_is_one() {
    let mut record = machine("Microsoft.Compute/virtualMachines/write", "Failed");
    record["correlationId"] = "c-1".into();
    let one = usages(&record).remove(0).identity();
    record["eventDataId"] = "e-9".into();
    assert_eq!(usages(&record).remove(0).identity(), one);
    record["correlationId"] = "c-2".into();
    assert_ne!(usages(&record).remove(0).identity(), one);
}

#[test]
fn a_size_that_stands_only_in_the_message_of_a_refusal_is_found() {
    let mut record = machine("Microsoft.Compute/virtualMachines/start/action", "Failed");
    record["properties"] = json!({"statusMessage": "{\"error\":{\"code\":\"SkuNotAvailable\",\"message\":\"The requested VM size 'Standard_NC24ads_A100_v4' is not available\"}}"});
    let UsageKind::CapacityDenied { sku, reason, .. } = first(&record) else { panic!("{record}") };
    assert_eq!((sku.unwrap().as_str(), reason), ("Standard_NC24ads_A100_v4", DenialReason::Capacity));
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
        ("azure/superplane/pkg/integrations/azure/example_data_on_vm_started.json", "capacity_started"),
        ("azure/superplane/pkg/integrations/azure/example_data_on_vm_deallocated.json", "capacity_stopped"),
        ("azure/superplane/pkg/integrations/azure/example_data_on_vm_deleted.json", "capacity_stopped"),
        ("azure/superplane/pkg/integrations/azure/example_data_on_vm_stopped.json", ""),
        ("azure/superplane/pkg/integrations/azure/example_data_on_vm_restarted.json", ""),
        ("multi/plaso/test_data/jsonl/azure_activity_log.jsonl", ""),
        ("multi/cloudgrep/tests/data/azure.json", ""),
        ("multi/cloudgrep/tests/data/azure_singleline.json", ""),
        ("multi/panther-analysis/azure-monitoractivity.ndjson", "capacity_started operation_half sighting"),
        ("multi/panther-analysis/azure-audit.ndjson", "sighting sighting sighting"),
    ] {
        match published(name) {
            Some(kinds) => assert_eq!(kinds, expected, "{name}"),
            None => return println!("SKIPPED (no ../shared/data): published_records_are_read_without_rejects"),
        }
    }
}
