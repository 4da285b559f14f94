//! Invented audit logs of other clouds: a seeded mix of Google's and of Azure's calls, some of which start machines.
//!
//! In: a seed, a size, how many records in a thousand matter. Out: lines. The same seed gives the same bytes on every machine.

use std::fmt::Write as _;

use super::corpus::hex;
use super::random::Random;

pub type Record = fn(&mut Random, u64, bool) -> String;

/// So many bytes of records at least.
pub fn lines(record: Record, seed: u64, bytes: usize, relevant_per_thousand: u64) -> String {
    let (mut random, mut text) = (Random(seed), String::with_capacity(bytes + 4_096));
    let mut count = 0;
    while text.len() < bytes {
        let matters = random.below(1_000) < relevant_per_thousand;
        let _ = writeln!(text, "{}", record(&mut random, count, matters));
        count += 1;
    }
    text
}

fn time(at: u64) -> String {
    let seconds = at / 200;
    format!(
        "2024-06-01T{:02}:{:02}:{:02}.{:06}Z",
        seconds / 3_600 % 24,
        seconds / 60 % 60,
        seconds % 60,
        at % 200 * 5_000
    )
}

const GOOGLE: [(&str, &str, &str); 6] = [
    ("storage", "storage.objects.get", "buckets/invented/objects/part"),
    ("cloudkms", "Decrypt", "locations/global/keyRings/invented/cryptoKeys/key"),
    ("iam", "google.iam.admin.v1.GetServiceAccount", "serviceAccounts/invented"),
    ("compute", "v1.compute.instances.list", "zones/us-central1-a/instances"),
    ("bigquery", "google.cloud.bigquery.v2.JobService.InsertJob", "jobs/invented"),
    ("k8s", "io.k8s.core.v1.pods.list", "locations/us-central1/clusters/invented"),
];

/// An entry of Google's audit log.
pub fn google(random: &mut Random, at: u64, matters: bool) -> String {
    let project = format!("invented-{}", random.below(3_000));
    let (service, method, path) = GOOGLE[random.below(6) as usize];
    let (kind, id) = (["n2-standard-8", "a2-highgpu-8g", "a3-highgpu-8g"][random.below(3) as usize], hex(random, 12));
    let machine = format!("zones/us-central1-a/instances/{id}");
    let request = format!(
        r#"{{"@type":"type.googleapis.com/compute.instances.insert","name":"{id}","machineType":"projects/{project}/zones/us-central1-a/machineTypes/{kind}"}}"#
    );
    let (service, method, path, request) = match matters {
        true => ("compute", "v1.compute.instances.insert", machine.as_str(), request),
        false => (service, method, path, format!(r#"{{"name":"{}","pageSize":100,"view":"BASIC"}}"#, hex(random, 24))),
    };
    format!(
        r#"{{"protoPayload":{{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","status":{{}},"authenticationInfo":{{"principalEmail":"deploy@{project}.iam.gserviceaccount.com","serviceAccountKeyName":"//iam.googleapis.com/projects/{project}/serviceAccounts/deploy@{project}.iam.gserviceaccount.com/keys/{key}"}},"requestMetadata":{{"callerIp":"198.51.100.{host}","callerSuppliedUserAgent":"google-cloud-sdk gcloud/447.0.0 command/gcloud.invented invocation-id/{id} environment/None interactive/False from-script/True python/3.11.5","requestAttributes":{{"time":"{time}","auth":{{}}}},"destinationAttributes":{{}}}},"serviceName":"{service}.googleapis.com","methodName":"{method}","authorizationInfo":[{{"resource":"projects/{project}/{path}","permission":"{service}.invented.get","granted":true,"resourceAttributes":{{}}}}],"resourceName":"projects/{project}/{path}","request":{request},"resourceLocation":{{"currentLocations":["us-central1-a"]}}}},"insertId":"{id}","resource":{{"type":"gce_instance","labels":{{"project_id":"{project}","zone":"us-central1-a","instance_id":"{number}"}}}},"timestamp":"{time}","severity":"NOTICE","logName":"projects/{project}/logs/cloudaudit.googleapis.com%2Factivity","receiveTimestamp":"{time}"}}"#,
        key = hex(random, 40),
        host = random.below(250),
        time = time(at),
        number = random.next(),
    )
}

const AZURE: [(&str, &str); 5] = [
    ("MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION", "STORAGE/STORAGEACCOUNTS/INVENTED"),
    ("MICROSOFT.KEYVAULT/VAULTS/READ", "KEYVAULT/VAULTS/INVENTED"),
    ("MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE", "AUTHORIZATION/ROLEASSIGNMENTS/INVENTED"),
    ("MICROSOFT.RESOURCES/DEPLOYMENTS/WRITE", "RESOURCES/DEPLOYMENTS/INVENTED"),
    ("MICROSOFT.NETWORK/NETWORKINTERFACES/WRITE", "NETWORK/NETWORKINTERFACES/INVENTED"),
];

/// A record of Azure's activity log, as a diagnostic setting writes it.
pub fn azure(random: &mut Random, at: u64, matters: bool) -> String {
    let (subscription, id) = (format!("00000000-0000-4000-8000-{:012}", random.below(3_000)), hex(random, 12));
    let (operation, path) = AZURE[random.below(5) as usize];
    let size = ["Standard_D8s_v5", "Standard_ND96asr_v4", "Standard_ND96isr_H100_v5"][random.below(3) as usize];
    let body = format!(
        r#"{{\"properties\":{{\"vmId\":\"{id}\",\"hardwareProfile\":{{\"vmSize\":\"{size}\"}},\"provisioningState\":\"Succeeded\"}},\"location\":\"eastus\"}}"#
    );
    let machine = format!("COMPUTE/VIRTUALMACHINES/{id}");
    let (operation, path, properties) = match matters {
        true => (
            "MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE",
            machine.as_str(),
            format!(r#"{{"statusCode":"OK","serviceRequestId":"{id}","responseBody":"{body}"}}"#),
        ),
        false => (
            operation,
            path,
            format!(r#"{{"statusCode":"OK","serviceRequestId":"{id}","eventCategory":"Administrative"}}"#),
        ),
    };
    format!(
        r#"{{ "time": "{time}", "resourceId": "/SUBSCRIPTIONS/{subscription}/RESOURCEGROUPS/INVENTED/PROVIDERS/MICROSOFT.{path}", "operationName": "{operation}", "category": "Administrative", "resultType": "Success", "resultSignature": "Succeeded.", "durationMs": 0, "callerIpAddress": "198.51.100.{host}", "correlationId": "{correlation}", "identity": {{"authorization":{{"scope":"/subscriptions/{subscription}/resourceGroups/invented","action":"{operation}","evidence":{{"role":"Contributor","roleAssignmentScope":"/subscriptions/{subscription}","principalType":"ServicePrincipal"}}}},"claims":{{"aud":"https://management.azure.example/","iat":"1717200000","exp":"1717203600","appid":"{app}","idtyp":"app","ver":"1.0"}}}}, "level": "Information", "properties": {properties}}}"#,
        time = time(at),
        host = random.below(250),
        correlation = hex(random, 32),
        app = hex(random, 32),
    )
}
