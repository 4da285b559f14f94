//! How fast the service is, as ratios in one run: against a bare drain of the same topic, and from a record to its alert.
//! Run by `tests/bench --kafka`, optimised; nothing here fails for being slow.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{Offset, TopicPartitionList};

use crate::broker::Broker;
use crate::client::Client;
use crate::invented::Random;
use crate::process::Instance;
use crate::service::{LONG, Service};
use crate::wait::{eventually, now};

const PARTITIONS: i32 = 8;

/// Calls that an audit log is mostly made of.
const CALLS: [(&str, &str); 8] = [
    ("s3.amazonaws.com", "GetObject"),
    ("kms.amazonaws.com", "Decrypt"),
    ("ec2.amazonaws.com", "DescribeInstances"),
    ("sts.amazonaws.com", "AssumeRole"),
    ("dynamodb.amazonaws.com", "DescribeTable"),
    ("logs.amazonaws.com", "CreateLogStream"),
    ("iam.amazonaws.com", "GetRole"),
    ("cloudtrail.amazonaws.com", "LookupEvents"),
];

/// A CloudTrail record of about 1.4 KB; one in two hundred starts a machine, one in two thousand one with accelerators.
fn record(random: &mut Random, at: usize, time: &str) -> String {
    let hex = |random: &mut Random| format!("{:016x}{:016x}", random.next(), random.next());
    let account = 100_000_000_000 + random.below(5_000);
    let (source, name) =
        if at.is_multiple_of(200) { ("ec2.amazonaws.com", "RunInstances") } else { *random.pick(&CALLS) };
    let sku = if at.is_multiple_of(2_000) { "p5.48xlarge" } else { "m5.large" };
    let request = if name == "RunInstances" {
        format!(r#"{{"instanceType":"{sku}","instancesSet":{{"items":[{{"minCount":1,"maxCount":1}}]}}}}"#)
    } else {
        format!(
            r#"{{"bucketName":"invented-{}","key":"{}/{}","x-amz-server-side-encryption":"aws:kms"}}"#,
            random.below(99),
            hex(random),
            hex(random)
        )
    };
    let response = if name == "RunInstances" {
        format!(
            r#"{{"instancesSet":{{"items":[{{"instanceId":"i-{:016x}","instanceType":"{sku}"}}]}}}}"#,
            random.next()
        )
    } else {
        "null".to_owned()
    };
    format!(
        r#"{{"eventVersion":"1.09","userIdentity":{{"type":"AssumedRole","principalId":"AROA{}:invented-session","arn":"arn:aws:sts::{account}:assumed-role/invented-role/invented-session","accountId":"{account}","accessKeyId":"ASIA{}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROA{}","arn":"arn:aws:iam::{account}:role/invented-role","accountId":"{account}","userName":"invented-role"}},"webIdFederationData":{{}},"attributes":{{"creationDate":"{time}","mfaAuthenticated":"false"}}}}}},"eventTime":"{time}","eventSource":"{source}","eventName":"{name}","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.{}","userAgent":"aws-sdk-invented/2.0 (linux; x86_64) exec-env/{}","requestParameters":{request},"responseElements":{response},"requestID":"{}","eventID":"{}-{at}","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{account}","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"invented.us-east-1.amazonaws.example"}}}}"#,
        hex(random),
        &hex(random)[..12],
        hex(random),
        random.below(250),
        hex(random),
        hex(random),
        hex(random),
    )
}

fn fill(client: &Client, topic: &str, count: usize) -> usize {
    let producer: BaseProducer = client
        .clone()
        .set("compression.type", "lz4")
        .set("linger.ms", "20")
        .set("batch.size", "500000")
        .set("queue.buffering.max.messages", "200000")
        .0
        .create()
        .unwrap();
    let mut random = Random(7);
    let mut bytes = 0;
    for at in 0..count {
        let value = record(&mut random, at, "2024-06-01T10:20:30Z");
        bytes += value.len();
        let partition = i32::try_from(random.below(8)).unwrap();
        let mut next = BaseRecord::<(), str>::to(topic).payload(&value).partition(partition);
        while let Err((_, back)) = producer.send(next) {
            next = back;
            producer.poll(Duration::from_millis(5));
        }
        if at % 1_000 == 0 {
            producer.poll(Duration::ZERO);
        }
    }
    producer.flush(LONG).unwrap();
    bytes / count
}

/// Messages a second of a consumer that looks at nothing.
fn bare(client: &Client, topic: &str, count: usize) -> f64 {
    let consumer: BaseConsumer = client
        .clone()
        .set("group.id", "bare")
        .set("queued.max.messages.kbytes", "16384")
        .set("fetch.queue.backoff.ms", "1")
        .0
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    let (mut seen, mut bytes, mut began) = (0, 0, None);
    while seen < count {
        if let Some(message) = consumer.poll(Duration::from_millis(100)) {
            bytes += message.unwrap().payload().unwrap().len();
            began.get_or_insert_with(now);
            seen += 1;
        }
    }
    assert!(bytes > 0);
    count as f64 / began.unwrap().elapsed().as_secs_f64()
}

/// Messages a second of so many instances, from the first look at the topic to the last commit.
fn taken_in(service: &Service, topic: &str, count: usize, instances: usize, role: &str) -> f64 {
    let mut running: Vec<Instance> =
        (0..instances).map(|at| service.start(&format!("i{at}"), "", &["--role", role])).collect();
    let group = format!("{}-intake", service.prefix);
    eventually(LONG, "reading", || running.iter().all(|i| i.log().contains("intake reads")).then_some(()));
    let began = now();
    let done = || {
        let committed: i64 = service.client.committed(&group, topic).values().map(|c| c.offset).sum();
        (committed >= i64::try_from(count).unwrap()).then_some(())
    };
    eventually(LONG, "the end of the topic", done);
    let rate = count as f64 / began.elapsed().as_secs_f64();
    running.iter_mut().for_each(|instance| assert_eq!(instance.term(LONG), 0));
    rate
}

#[test]
#[ignore = "a measurement; tests/bench --kafka asks for it"]
fn how_fast_a_topic_is_taken_in() {
    let Some(broker) = Broker::start() else { return };
    let count: usize = std::env::var("TIDEWAITER_BENCH_RECORDS").ok().and_then(|n| n.parse().ok()).unwrap_or(8_000_000);
    let client = broker.client();
    let topic = "audit".to_owned();
    client.create_topic(&topic, PARTITIONS, &[]);
    let size = fill(&client, &topic, count);
    println!(
        "{count} CloudTrail records of {size} B, lz4, {PARTITIONS} partitions; one in 200 starts a machine, one in 2,000 with accelerators"
    );
    // In turns, as the machine is not the same from one minute to the next: the best of each is what it can do.
    let mut drain: f64 = 0.0;
    let mut best = BTreeMap::<(usize, &str), f64>::new();
    for round in 0..3 {
        drain = drain.max(bare(&client, &topic, count));
        for (instances, role) in [(1, "all"), (1, "intake"), (2, "all")] {
            let service = Service::reading(&broker, &format!("{role}{instances}{round}"), 8, &topic);
            let rate = taken_in(&service, &topic, count, instances, role);
            let known = best.entry((instances, role)).or_default();
            *known = known.max(rate);
        }
    }
    println!("bare drain                    {drain:>10.0} msg/s");
    for ((instances, role), rate) in best {
        println!("{instances} instance(s), role {role:<6}       {rate:>10.0} msg/s  {:.2} x", rate / drain);
    }
}

const RULE: &str = r#"id: starts
title: Something started
mode: live
severity: info
family: usage
basis: [{ from: 2000-01-01, is: risk_only, cites: [invented] }]
innocent: [invented]
subject: account
where: activity.kind == "started"
window: 1h
quiet: 1h
explain: "{account.name} started something"
cases: []
"#;

#[test]
#[ignore = "a measurement; tests/bench --kafka asks for it"]
fn how_long_a_record_takes_to_become_an_alert() {
    let Some(broker) = Broker::start() else { return };
    let mut service = Service::new(&broker, "latency", 8, "");
    std::fs::write(service.folder.path().join("starts.yaml"), RULE).unwrap();
    service.add("policy: [starts.yaml]\n");
    let instance = service.start("one", "", &[]);
    let time = tidewaiter::model::EventTime::from_seconds(1_717_237_230).unwrap();
    service.send(&[format!(r#"{{"type":"tick","time":"{time}"}}"#).into_bytes()], 0);
    service.settled(&mut [instance]);
    let mut instance = service.start("two", "", &[]);
    eventually(LONG, "readiness", || instance.log().contains("claimed").then_some(()));
    std::thread::sleep(Duration::from_secs(3));
    let (per_second, seconds) = (10_000, 20);
    let (client, topic) = (service.client.clone(), service.topic("records"));
    let sending = std::thread::spawn(move || {
        let producer: BaseProducer = client.set("linger.ms", "1").set("compression.type", "lz4").0.create().unwrap();
        let (began, mut random, mut sent) = (now(), Random(3), BTreeMap::new());
        for at in 0..per_second * seconds {
            let due = Duration::from_secs_f64(at as f64 / f64::from(per_second));
            while began.elapsed() < due {
                producer.poll(Duration::from_micros(200));
            }
            let value = if at % 100 == 0 {
                sent.insert(format!("aws/l-{at}"), millis());
                format!(
                    r#"{{"type":"usage","provider":"aws","account":"l-{at}","id":"s-{at}","time":"2024-06-01T10:20:30Z","kind":"capacity_started","sku":"p5.48xlarge","count":1,"resources":["i-{at}"],"region":"us-east-1"}}"#
                )
            } else {
                record(&mut random, 1, "2024-06-01T10:20:30Z")
            };
            let partition = at % 3;
            producer.send(BaseRecord::<(), str>::to(&topic).payload(&value).partition(partition)).unwrap();
        }
        producer.flush(LONG).unwrap();
        sent
    });
    let sent = sending.join().unwrap();
    let alerts = eventually(LONG, "all alerts", || {
        let all = service.client.drain(&service.topic("alerts"));
        (all.len() >= sent.len()).then_some(all)
    });
    let mut first: BTreeMap<String, i64> = BTreeMap::new();
    for message in &alerts {
        let subject = message.json()["subject"]["id"].as_str().unwrap().to_owned();
        let at = message.timestamp.unwrap();
        first.entry(subject).and_modify(|known| *known = at.min(*known)).or_insert(at);
    }
    let mut took: Vec<i64> = sent.iter().filter_map(|(account, at)| Some(first.get(account)? - at)).collect();
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
    println!(
        "record to alert at {per_second} records/s, {} alerts: p50 {} ms, p99 {} ms, greatest {} ms",
        took.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
    assert_eq!(instance.term(LONG), 0);
}

/// Milliseconds since 1970, as Kafka stamps messages.
fn millis() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "compared with the stamps of messages")]
    let now = std::time::SystemTime::now();
    i64::try_from(now.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap()
}
