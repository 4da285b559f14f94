//! Invented audit logs: a seeded mix of CloudTrail calls as an account under load writes them, some of which start machines.
//!
//! In: a seed, a size, how many records in a thousand matter. Out: lines, or one `{"Records":[…]}`. The same seed gives the
//! same bytes on every machine.

use std::fmt::Write as _;

use super::random::Random;

/// So many hexadecimal digits.
pub fn hex(random: &mut Random, digits: usize) -> String {
    let mut text = String::new();
    while text.len() < digits {
        let _ = write!(text, "{:016x}", random.next());
    }
    text.truncate(digits);
    text
}

/// Calls that say nothing, about as often as audit logs hold them: source, name, shape of the request.
const DULL: [(&str, &str, &str, u64); 14] = [
    ("s3", "GetObject", "object", 24),
    ("kms", "Decrypt", "key", 18),
    ("sts", "AssumeRole", "role", 16),
    ("ec2", "DescribeInstances", "query", 10),
    ("s3", "PutObject", "object", 8),
    ("logs", "CreateLogStream", "log", 6),
    ("dynamodb", "DescribeTable", "table", 4),
    ("iam", "GetRole", "role", 3),
    ("ec2", "DescribeVolumes", "query", 3),
    ("cloudtrail", "LookupEvents", "query", 2),
    ("ssm", "UpdateInstanceInformation", "instance", 2),
    ("ecr", "BatchGetImage", "image", 2),
    ("elasticloadbalancing", "DescribeTargetHealth", "query", 1),
    ("lambda", "Invoke", "table", 1),
];

const AGENTS: [&str; 4] = [
    "aws-sdk-java/2.20.162 Linux/5.10.226 OpenJDK_64-Bit_Server_VM/17.0.8+7-LTS Java/17.0.8 kotlin/1.3.72 vendor/invented exec-env/AWS_ECS_FARGATE",
    "Boto3/1.28.3 md/Botocore#1.31.3 ua/2.0 os/linux#5.10.192 md/arch#x86_64 lang/python#3.11.4 md/pyimpl#CPython cfg/retry-mode#legacy",
    "APN/1.0 HashiCorp/1.0 Terraform/1.5.2 (+https://www.terraform.example) terraform-provider-aws/5.9.0 aws-sdk-go-v2/1.19.0",
    "[aws-cli/2.13.3 Python/3.11.4 Linux/6.1.41 exe/x86_64.invented.2 prompt/off command/ec2.describe-instances]",
];

const SKUS: [&str; 6] = ["m5.large", "c6i.2xlarge", "t3.medium", "r5.xlarge", "p4d.24xlarge", "p5.48xlarge"];

/// So many bytes of records at least, each handed over without a line end.
pub fn records(seed: u64, bytes: usize, relevant_per_thousand: u64, emit: &mut dyn FnMut(&str)) -> u64 {
    let (mut random, mut made, mut count) = (Random(seed), 0, 0);
    while made < bytes {
        let matters = random.below(1_000) < relevant_per_thousand;
        let text = record(&mut random, count, matters);
        made += text.len() + 1;
        count += 1;
        emit(&text);
    }
    count
}

fn record(random: &mut Random, at: u64, matters: bool) -> String {
    let account = 100_000_000_000 + random.below(5_000);
    let seconds = at / 200;
    let time = format!(
        "2024-06-{:02}T{:02}:{:02}:{:02}Z",
        1 + seconds / 86_400 % 28,
        seconds / 3_600 % 24,
        seconds / 60 % 60,
        seconds % 60
    );
    let role = ["deploy", "ingest", "web", "batch", "audit"][random.below(5) as usize];
    let (source, name, request, response) = if matters { started(random) } else { dull(random) };
    let mut text = String::with_capacity(2_200);
    let _ = write!(
        text,
        r#"{{"eventVersion":"1.09","userIdentity":{{"type":"AssumedRole","principalId":"AROA{principal}:i-{session}","arn":"arn:aws:sts::{account}:assumed-role/invented-{role}/i-{session}","accountId":"{account}","accessKeyId":"ASIA{key}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROA{principal}","arn":"arn:aws:iam::{account}:role/invented-{role}","accountId":"{account}","userName":"invented-{role}"}},"webIdFederationData":{{}},"attributes":{{"creationDate":"{time}","mfaAuthenticated":"false"}},"ec2RoleDelivery":"2.0"}}}},"eventTime":"{time}","eventSource":"{source}.amazonaws.com","eventName":"{name}","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.{host}","userAgent":"{agent}","requestParameters":{request},"responseElements":{response},"requestID":"{request_id}","eventID":"{event_id}","readOnly":{read_only},"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{account}","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{source}.us-east-1.amazonaws.example"}}}}"#,
        principal = hex(random, 17).to_uppercase(),
        session = hex(random, 17),
        key = hex(random, 16).to_uppercase(),
        host = random.below(250),
        agent = AGENTS[random.below(4) as usize],
        request_id = hex(random, 32),
        event_id = hex(random, 32),
        read_only = !matters,
    );
    text
}

fn dull(random: &mut Random) -> (&'static str, &'static str, String, String) {
    let mut pick = random.below(100);
    let (source, name, shape, _) = DULL
        .into_iter()
        .find(|(.., weight)| {
            let found = pick < *weight;
            pick = pick.saturating_sub(*weight);
            found
        })
        .unwrap_or(DULL[0]);
    let request = match shape {
        "object" => format!(
            r#"{{"bucketName":"invented-{}","Host":"invented.s3.amazonaws.example","key":"year=2024/month=06/{}/part-{}.parquet","x-amz-server-side-encryption":"aws:kms"}}"#,
            random.below(99),
            hex(random, 32),
            hex(random, 12)
        ),
        "key" => format!(
            r#"{{"encryptionContext":{{"aws:s3:arn":"arn:aws:s3:::invented-{}/{}"}},"encryptionAlgorithm":"SYMMETRIC_DEFAULT"}}"#,
            random.below(99),
            hex(random, 24)
        ),
        "role" => format!(
            r#"{{"roleArn":"arn:aws:iam::100000000001:role/invented-{}","roleSessionName":"{}","policy":"{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\"s3:Get*\",\"Resource\":\"*\"}}]}}","durationSeconds":3600}}"#,
            random.below(40),
            hex(random, 16)
        ),
        "query" => format!(
            r#"{{"maxResults":100,"filterSet":{{"items":[{{"name":"tag:Name","valueSet":{{"items":[{{"value":"invented-{}"}}]}}}}]}}}}"#,
            random.below(500)
        ),
        _ => format!(r#"{{"name":"/invented/{}","identifier":"{}"}}"#, random.below(99), hex(random, 32)),
    };
    let response = match shape {
        "role" => format!(
            r#"{{"credentials":{{"accessKeyId":"ASIA{}","sessionToken":"{}","expiration":"Jun 1, 2024, 11:20:30 AM"}},"assumedRoleUser":{{"assumedRoleId":"AROA{}:x"}}}}"#,
            hex(random, 16),
            hex(random, 320),
            hex(random, 17)
        ),
        _ => "null".to_owned(),
    };
    (source, name, request, response)
}

fn started(random: &mut Random) -> (&'static str, &'static str, String, String) {
    let sku = SKUS[random.below(6) as usize];
    let request = format!(
        r#"{{"instancesSet":{{"items":[{{"imageId":"ami-{}","minCount":1,"maxCount":1}}]}},"instanceType":"{sku}","availabilityZone":"us-east-1a","monitoring":{{"enabled":false}}}}"#,
        hex(random, 17)
    );
    let response = format!(
        r#"{{"requestId":"{}","reservationId":"r-{}","instancesSet":{{"items":[{{"instanceId":"i-{}","imageId":"ami-{}","instanceType":"{sku}","instanceState":{{"code":0,"name":"pending"}}}}]}}}}"#,
        hex(random, 32),
        hex(random, 17),
        hex(random, 17),
        hex(random, 17)
    );
    ("ec2", "RunInstances", request, response)
}
