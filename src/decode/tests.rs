//! Whole inputs in, items out.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::model::{FactKind, Position};
use crate::sources::{self, Caps, Opened};

mod packed;
mod quotes;
mod sighted;

fn read(mut input: &[u8]) -> Vec<Item> {
    with(&Settings::default(), &mut input)
}

/// Every record on its own; where several were passed over at once, the first has the size of all.
fn with(settings: &Settings, input: &mut dyn BufRead) -> Vec<Item> {
    let mut items = Vec::new();
    stream(&Text::new("s"), input, settings, &mut |item| items.extend(each(item)));
    for (n, item) in (1..).zip(&items) {
        assert_eq!(item.position.at, n, "ordinals count records");
    }
    items
}

fn each(item: Item) -> impl Iterator<Item = Item> {
    let (at, size) = (item.position.at, item.size);
    assert!(item.records == 1 || item.outcome == Outcome::Irrelevant);
    (0..item.records).map(move |n| Item {
        position: Position { at: at + n, ..item.position.clone() },
        records: 1,
        size: if n == 0 { size } else { 0 },
        ..item.clone()
    })
}

/// One letter a record: `+` relevant, `=` repeated, `.` irrelevant, else the reason's code.
fn fates(items: &[Item]) -> String {
    let fate = |item: &Item| match &item.outcome {
        Outcome::Relevant(facts) => {
            assert!(!facts.is_empty());
            "+".to_owned()
        }
        Outcome::Repeated => "=".to_owned(),
        Outcome::Irrelevant => ".".to_owned(),
        Outcome::Rejected(reason) => format!("<{}>", reason.code),
    };
    items.iter().map(fate).collect()
}

const STOP: &str = r#"{"eventSource":"ec2.amazonaws.com","eventName":"StopInstances","eventID":"e1","eventTime":"2024-03-01T10:00:00Z","awsRegion":"us-east-1","recipientAccountId":"111122223333","requestParameters":{"instancesSet":{"items":[{"instanceId":"i-1"}]}}}"#;
const IDLE: &str = r#"{"eventSource":"s3.amazonaws.com","eventName":"GetObject","eventTime":"2024-03-01T10:00:00Z"}"#;

/// As CloudTrail begins its records: passed over where it lies in the buffer, read in full where reads cut it.
const AUDIT: &str = r#"{"eventVersion":"1.09","eventSource":"s3.amazonaws.com","eventName":"GetObject","requestParameters":{"a":"\"}{","Records":[{"b":[]}]}}"#;

/// The same, of somebody at an address.
const SEEN: &str = r#"{"eventVersion":"1.09","userIdentity":{"type":"Root","accountId":"9"},"eventTime":"2024-03-01T10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","sourceIPAddress":"203.0.113.9","requestParameters":{"a":"\"}{"}}"#;

fn all_sightings() -> Settings {
    Settings { sightings: Sightings::All, ..Settings::default() }
}

fn check(input: &str, expected: &str) {
    let input = input.replace("STOP", STOP).replace("IDLE", IDLE);
    assert_eq!(fates(&read(input.as_bytes())), expected, "{input}");
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn every_way_of_listing_records_gives_the_records() {
    for (input, expected) in [
        ("STOP", "+"),
        ("STOP\nIDLE\nSTOP\n", "+.+"),
        ("STOP\r\n\r\nIDLE\r\n", "+."),
        ("\u{feff}STOP\nIDLE", "+."),
        ("STOPIDLE STOP", "+.+"),
        ("[STOP,IDLE]", "+."),
        ("[STOP,IDLE][STOP]\nIDLE", "+.+."),
        (r#"{"Records":[STOP,IDLE]}"#, "+."),
        ("{\"Records\":[STOP]}\n{\"Records\":[IDLE]}\n", "+."),
        (r#"{"Records" : [ STOP ] , "more": {"a": [1, "]"]}}IDLE"#, "+."),
        (r#"{"before": 1, "Events": [STOP], "NextToken": null}"#, "+"),
        (r#"[{"data":{"Records":[STOP,IDLE]}}]"#, "+."),
        ("", "."),
        (" \n ", "."),
        ("[]", "."),
        ("{\"Records\":[]}\n{\"Records\":[]}", ".."),
        ("{\"records\":[],\"value\":[STOP,IDLE]}", "+."),
        ("{}", "<unrecognised>"),
    ] {
        check(input, expected);
    }
    check(&STOP.replacen('{', "{\"records\":[],", 1), "+");
}

#[test]
fn a_message_says_what_a_file_of_its_bytes_says() {
    let deep = format!("{{\"eventVersion\":\"1\",\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    for text in [
        format!("{deep}  {STOP}"),
        deep,
        format!("{AUDIT},{STOP},{AUDIT}"),
        format!("{AUDIT} x {STOP}"),
        format!("{AUDIT}{AUDIT}"),
        format!("{AUDIT}\n{STOP}"),
        AUDIT.replace("GetObject", "StopInstances"),
        AUDIT.replace("\"1.09\"", "\"1.09\",oops"),
        AUDIT.replace("GetObject\"", "GetObject\",\"c\":\"\\u0041\""),
    ] {
        let (source, mut items) = ("s".into(), Vec::new());
        let settings = Settings::default();
        message(&source, text.as_bytes(), &settings, &mut Sighted::default(), &mut |item| items.extend(each(item)));
        assert_eq!(fates(&items), fates(&read(text.as_bytes())), "{text}");
    }
}

#[test]
fn beginnings_without_ends_are_not_read_once_for_each_of_them() {
    let items = read("{\"a\":\n".repeat(20_000).as_bytes());
    assert!(items.len() < 2_000 && fates(&items).contains("<too_deep>"), "{}", items.len());
}

#[test]
fn envelopes_are_opened_and_strings_read() {
    let inside = |key: &str, text: &str| format!("{{{}:{text}}}", quoted(key));
    let stop = quoted(STOP);
    for key in ["CloudTrailEvent", "_raw", "message", "Message", "body", "payload", "data"] {
        check(&inside(key, &stop), "+");
    }
    for key in ["data", "override_record", "payload", "_source"] {
        check(&inside(key, STOP), "+");
    }
    check(r#"{"detail-type":"AWS API Call via CloudTrail","source":"aws.ec2","detail":STOP}"#, "+");
    check(&inside("message", &quoted(&format!("[{STOP},{IDLE}]"))), "+.");
    check(&inside("message", &quoted(&format!("{STOP}\n{IDLE}\nbad"))), "+.<malformed_json>");
    let logs = format!(r#"{{"messageType":"DATA_MESSAGE","logEvents":[{{"message":{stop}}},{{"message":"text"}}]}}"#);
    check(&logs, "+<unrecognised>");
    check(r#"{"logEvents":[{"id":"1","message":"CWL CONTROL MESSAGE: Checking health"}]}"#, ".");
    // {"Records":[]} in base64, as Pub/Sub and Kinesis carry it.
    check(r#"{"message":{"data":"eyJSZWNvcmRzIjpbXX0="}}"#, ".");
}

#[test]
fn a_broken_record_costs_only_itself() {
    for (input, expected) in [
        ("STOP\n{\"a\": oops}\nSTOP", "+<malformed_json>+"),
        ("STOP\nnot json\nSTOP", "+<malformed_json>+"),
        ("STOP\n{\"a\":{\"b\":1\nSTOP\nIDLE", "+<malformed_json>+."),
        ("STOP\n{\"a\": 1,\nSTOP\nIDLE", "+<malformed_json>+."),
        ("STOP\n{\"a\": [1,\nSTOP\nIDLE", "+<malformed_json>+."),
        ("STOP\n{\"a\":\nSTOP\nIDLE", "+<malformed_json>+."),
        ("STOP\n{\"a\": \"never closed}\nSTOP\nIDLE", "+<malformed_json>+."),
        (
            "{\n  \"a\": oops,\n  \"b\": {\n    \"c\": 1\n  }\n}\n{\n  \"eventID\": 1\n}",
            "<malformed_json><unrecognised>",
        ),
        ("STOP\n[[\nSTOP\nIDLE", "+<malformed_json>+.<truncated>"),
        ("[STOP,{\"a\":oops},STOP]", "+<malformed_json>+"),
        ("[\n  STOP,\n  {\"a\":[1,\n  STOP,\n  IDLE\n]", "+<malformed_json>+."),
        ("{\"Records\":[STOP,{\"a\":\"never closed},\nSTOP,\nIDLE]}", "+<malformed_json>+."),
    ] {
        check(input, expected);
    }
}

#[test]
fn what_is_cut_off_gives_its_whole_records_and_one_fault() {
    for (input, expected) in [
        ("{\"Records\":[STOP,STOP", "++<truncated>"),
        ("{\"Records\":[STOP,STOP,", "++<truncated>"),
        ("{\"Records\":[STOP,{\"eventSource\":\"ec2", "+<truncated>"),
        ("{\"Records\":[STOP,IDLE]", "+.<truncated>"),
        ("[STOP,", "+<truncated>"),
        ("STOP\n{\"eventSource\":", "+<truncated>"),
        ("{\"Records\":[STOP\n{\"Records\":[STOP]}", "++<truncated>"),
        ("{\"Records\":[STOP]\nSTOP\n", "+<malformed_json>+"),
    ] {
        check(input, expected);
    }
}

#[test]
fn limits_are_faults_and_neighbours_survive() {
    let limits = Limits { record_bytes: 400, depth: 5, container_bytes: 900, records_per_container: 3 };
    let settings = Settings { limits, ..Settings::default() };
    for (input, expected) in [
        (format!("{STOP}\n{{\"a\":\"{}\"}}\n{STOP}", "x".repeat(500)), "+<too_large>+"),
        (format!("[{STOP},{{\"a\":\"{}\"}},{IDLE}]", "x".repeat(500)), "+<too_large>."),
        (format!("[{IDLE},{}{},{IDLE}]", "[".repeat(9), "]".repeat(9)), ".<too_deep>."),
        (format!("[{IDLE},{IDLE},{IDLE},{IDLE},{IDLE}]{STOP}"), "...<too_many>+"),
        (format!("[{STOP},{STOP},{STOP},{STOP},{STOP}]{STOP}"), "+++<too_large>+"),
    ] {
        assert_eq!(fates(&with(&settings, &mut input.as_bytes())), expected, "{input}");
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(fates(&read(deep.as_bytes())), "<too_deep>");
    let settings = Settings { limits: Limits { depth: 1000, ..Limits::default() }, ..Settings::default() };
    assert_eq!(fates(&with(&settings, &mut &deep.as_bytes()[..1002])), "<truncated>");
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
    assert_eq!(fates(&with(&settings, &mut deep.as_bytes())), "<too_deep>");
}

#[test]
fn a_container_key_in_a_string_or_deeper_is_no_container() {
    check(r#"{"a":{"Records":[STOP]}}"#, "<unrecognised>");
    check(r#"{"a":"Records","b":[1]}"#, "<unrecognised>");
    check(r#"{"value":[1,2],"Records":[STOP]}"#, "+");
}

#[test]
fn a_read_error_is_one_fault_after_what_was_read() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "corrupt deflate stream"))
        }
    }
    for (before, expected) in [
        (format!("{STOP}\n{IDLE}\n"), "+.<unreadable>"),
        (format!("{STOP}\n{{\"a\":"), "+<unreadable>"),
        (format!("[{STOP},"), "+<unreadable>"),
        (String::new(), "<unreadable>"),
    ] {
        let items = with(&Settings::default(), &mut BufReader::new(before.as_bytes().chain(Fails)));
        assert_eq!(fates(&items), expected);
    }
}

#[test]
fn what_begins_like_nothing_known_is_one_reject() {
    check("2021-07-10T20:27:23.000Z I0710 flags.go:59] FLAG\nmore\n", "<unrecognised>");
    check("a,b,c\n1,2,3\n", "<unrecognised>");
    check("lineItem/UsageAccountId,x\n1,2\n\n\"3\n4\",5\n", "<unsupported:aws_cur><unsupported:aws_cur>");
    check("Abo;Kategorie (MeterCategory)\r\n1;2\r\n", "<unsupported:azure_cost>");
    check("SubscriptionId;Kategorie (MeterCategory)\r\n1;2\r\n", ".");
    check("MeterCategory,x\n\"never closed,1\na,b\n", "<malformed_csv><unsupported:azure_cost>");
}

#[test]
fn a_key_that_stands_twice_means_its_last_value() {
    let stop = STOP.replacen("{\"eventSource\"", "{\"awsRegion\":\"eu-north-1\",\"eventSource\"", 1);
    let items = read(stop.as_bytes());
    let Outcome::Relevant(facts) = &items[0].outcome else { panic!("{items:?}") };
    assert!(matches!(&facts[0], crate::model::Fact::Usage(u) if u.region.as_ref().unwrap().as_str() == "us-east-1"));
}

/// A reader that hands out pieces of given lengths.
struct Pieces<'a> {
    rest: &'a [u8],
    lengths: Vec<usize>,
    turn: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let bytes = self.fill_buf()?;
        let n = bytes.len().min(buffer.len());
        buffer[..n].copy_from_slice(&bytes[..n]);
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Pieces<'_> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        let length = self.lengths[self.turn % self.lengths.len()];
        Ok(&self.rest[..length.min(self.rest.len())])
    }

    fn consume(&mut self, n: usize) {
        self.rest = &self.rest[n..];
        self.turn += 1;
    }
}

fn any_input() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just(STOP.to_owned()),
        Just(IDLE.to_owned()),
        Just(quoted(STOP)),
        Just(AUDIT.to_owned()),
        Just(AUDIT.replace("GetObject", "StopInstances")),
        Just(SEEN.to_owned()),
        Just(SEEN.replace("203.0", "198.51")),
        Just(SEEN.replace("\"2024", " \"2024")),
        Just(SEEN.replace("T10", "T1")),
        Just(SEEN.replace("GetObject", "RunInstances")),
        Just(quoted(SEEN)),
        Just(AUDIT.replace("GetObject", "Get\\u004fbject")),
        Just(r#"{"Records":["#.to_owned()),
        Just(r#"{"message":"#.to_owned()),
        Just("lineItem/UsageAccountId,b\n".to_owned()),
        Just("{\"a\":".to_owned()),
        Just("]}".to_owned()),
        Just(",".to_owned()),
        "[\\[\\]{},:\"\\\\\n\r a1\u{feff}é]{1,4}",
        any::<char>().prop_map(String::from),
    ];
    let bytes = prop_oneof![9 => word.prop_map(String::into_bytes), 1 => any::<[u8; 2]>().prop_map(Vec::from)];
    proptest::collection::vec(bytes, 0..12).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_of_the_input_into_reads_gives_the_same_items(
        input in any_input(),
        lengths in proptest::collection::vec(1..40usize, 1..6),
    ) {
        let limits = Limits { record_bytes: 600, depth: 5, container_bytes: 1500, records_per_container: 4 };
        for settings in [
            Settings::default(),
            Settings { limits: limits.clone(), ..Settings::default() },
            Settings { limits, ..all_sightings() },
            all_sightings(),
        ] {
            let whole = with(&settings, &mut input.as_slice());
            prop_assert!(!whole.is_empty());
            let cut = with(&settings, &mut Pieces { rest: &input, lengths: lengths.clone(), turn: 0 });
            let sizes = |items: &[Item]| items.iter().map(|item| item.size).sum::<u64>();
            prop_assert_eq!(sizes(&cut), sizes(&whole));
            // How many are passed over at once hangs on how much is read.
            let rest = |items: &[Item]| -> Vec<Item> {
                let size = |item: &Item| if item.outcome == Outcome::Irrelevant { 0 } else { item.size };
                items.iter().map(|item| Item { size: size(item), ..item.clone() }).collect()
            };
            prop_assert_eq!(rest(&cut), rest(&whole));
        }
    }

    #[test]
    fn sound_records_survive_any_line_between_them(line in "[^\n]{0,40}") {
        let line = line.trim();
        let items = read(format!("{STOP}\n{line}\n{STOP}\n{IDLE}\n").as_bytes());
        let found = fates(&items);
        let sound: Vec<&str> = found.split(['<', '>']).step_by(2).collect();
        prop_assert_eq!(sound.concat(), "++.", "{} {:?}", found, line);
    }
}

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decode").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| !path.to_string_lossy().contains(".expected."));
    files.sort();
    files
}

#[test]
fn fixtures_give_the_facts_written_beside_them() {
    let files: Vec<_> = ["aws", "azure", "focus", "gcp", "native", "oci"].into_iter().flat_map(fixtures).collect();
    assert!(files.len() >= 10);
    for path in files {
        let mut found = String::new();
        for item in read(&std::fs::read(&path).unwrap()) {
            let at = item.position.at;
            match item.outcome {
                Outcome::Relevant(facts) => {
                    for fact in facts {
                        found += &format!("{}\n", serde_json::to_string(&fact).unwrap());
                    }
                }
                Outcome::Irrelevant | Outcome::Repeated => {}
                Outcome::Rejected(reason) => found += &format!("{{\"rejected\":{at},\"code\":{:?}}}\n", reason.code),
            }
        }
        let expected = path.with_extension("expected.ndjson");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::write(&expected, &found).unwrap();
        }
        assert_eq!(found, std::fs::read_to_string(&expected).unwrap_or_default(), "{}", path.display());
    }
}

/// Facts of one provider's fixtures.
fn usages(folder: &str) -> Vec<crate::model::Usage> {
    let items = fixtures(folder).into_iter().flat_map(|path| read(&std::fs::read(path).unwrap()));
    let facts = items.filter_map(|item| match item.outcome {
        Outcome::Relevant(facts) => Some(facts),
        Outcome::Irrelevant | Outcome::Repeated | Outcome::Rejected(_) => None,
    });
    let usage = |fact| match fact {
        Fact::Usage(usage) => Some(usage),
        _ => None,
    };
    facts.flatten().filter_map(usage).collect()
}

#[test]
fn every_call_that_gives_a_fact_is_in_its_providers_list() {
    let known = |folder: &str, via: &str| match folder {
        "aws" => aws::names().any(|name| name == via) || via.ends_with("Notification") || via.ends_with("State Change"),
        "azure" => {
            let lower = via.to_ascii_lowercase();
            azure::OPERATIONS.iter().any(|known| known.contains(&lower.as_str())) || via == "ChatCompletions_Create"
        }
        "gcp" => gcp::CALLS.iter().any(|(_, calls)| calls.iter().any(|call| via.ends_with(&format!(".{call}")))),
        _ => {
            let lower = via.to_ascii_lowercase();
            let call = lower.trim_end_matches(".begin").trim_end_matches(".end");
            oci::CALLS.iter().any(|known| call.rsplit('.').next() == Some(known))
        }
    };
    for folder in ["aws", "azure", "gcp", "oci"] {
        let usages = usages(folder);
        let calls: Vec<_> = usages.iter().filter_map(|usage| usage.via.as_ref()).collect();
        assert!(calls.len() > 10, "{folder}");
        for via in calls {
            assert!(known(folder, via), "{folder}: {via}");
        }
    }
    let lower = azure::OPERATIONS.iter().chain(azure::CATEGORIES).copied().flatten().chain(oci::CALLS);
    assert!(lower.into_iter().all(|name| !name.contains(|c: char| c.is_ascii_uppercase())));
}

/// Every value within a record, by its path.
fn paths(value: &serde_json::Value, path: &str, out: &mut Vec<String>) {
    let inner: Vec<(String, &serde_json::Value)> = match value {
        serde_json::Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value)).collect(),
        serde_json::Value::Array(items) => items.iter().enumerate().map(|(n, item)| (n.to_string(), item)).collect(),
        _ => Vec::new(),
    };
    for (key, value) in inner {
        let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
        paths(value, &path, out);
        out.push(path);
    }
}

#[test]
fn a_record_with_any_value_in_the_wrong_place_is_read_or_rejected() {
    let wrong = ["null", "7", "-1", "\"\"", "\"é…/\"", "[]", "[{}]", "{}", "true"];
    for path in ["aws", "azure", "gcp", "oci"].into_iter().flat_map(fixtures) {
        let text = std::fs::read_to_string(&path).unwrap();
        for record in text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()) {
            let mut within = Vec::new();
            paths(&record, "", &mut within);
            for at in within {
                for value in wrong {
                    let mut edited = record.clone();
                    *edited.pointer_mut(&at).unwrap() = serde_json::from_str(value).unwrap();
                    assert!(!read(edited.to_string().as_bytes()).is_empty(), "{at} {value}");
                }
            }
        }
    }
}

struct InputRead {
    name: String,
    items: Vec<Item>,
}

fn shared_events() -> Option<Vec<InputRead>> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/events"));
    if !root.is_dir() {
        return None;
    }
    let listing = sources::list(&[root.to_owned()]);
    assert!(listing.errors.is_empty(), "{:?}", listing.errors);
    let read = |entry: &sources::Entry| {
        let name = entry.name.strip_prefix(&*root.to_string_lossy()).unwrap().trim_start_matches('/').to_owned();
        let mut items = Vec::new();
        entry.open(&Caps::default(), &mut |opened| match opened {
            Opened::Bytes(_, input) => items = with(&Settings::default(), input),
            Opened::File(_, opened) => {
                file(&Text::new("s"), Box::new(opened), &Settings::default(), &mut |item| items.push(item));
            }
            Opened::Skipped(left) => panic!("{left:?}"),
            Opened::Unreadable(error) => panic!("{error}"),
        });
        InputRead { name, items }
    };
    Some(listing.entries.iter().map(read).collect())
}

#[test]
fn published_events_are_read_without_loss() {
    let Some(files) = shared_events() else {
        println!("SKIPPED (no ../shared/data): published_events_are_read_without_loss");
        return;
    };
    let mut capacity = std::collections::BTreeMap::new();
    println!("| file | read | relevant | irrelevant | rejected |\n|---|---|---|---|---|");
    for InputRead { name, items } in &files {
        assert!(!items.is_empty(), "{name}: nothing counted");
        let rejects = items.iter().filter(|i| matches!(i.outcome, Outcome::Rejected(_))).count();
        println!("{}", row(name, items));
        if is_cloudtrail(name) {
            assert_eq!(rejects, 0, "{name}: {:?}", reasons(items));
        }
        if !name.starts_with("billing/") && !STRANGE.iter().any(|strange| name.contains(strange)) {
            let strange = reasons(items).into_iter().filter(|(code, _)| code == "unrecognised").count();
            assert_eq!(strange, 0, "{name}: {:?}", reasons(items));
        }
        if name.starts_with("billing/") {
            let expected = BILLS_REJECTED.iter().filter(|(end, _)| name.ends_with(end)).map(|(_, code)| *code);
            let found = reasons(items);
            assert!(found.keys().map(String::as_str).eq(expected), "{name}: {found:?}");
        }
        if name.contains("/bad_") {
            assert!(rejects > 0, "{name}");
        }
        for item in items {
            let Outcome::Relevant(facts) = &item.outcome else { continue };
            for fact in facts {
                let written = serde_json::to_string(fact).unwrap();
                if written.contains("p2.xlarge") {
                    capacity.entry(fact.identity()).or_insert_with(|| fact.kind());
                }
            }
        }
    }
    let mut kinds: Vec<FactKind> = capacity.into_values().collect();
    kinds.sort();
    assert_eq!(kinds, [FactKind::CapacityStarted, FactKind::CapacityDenied]);
    let empty = files.iter().find(|f| f.name.ends_with("EC2/CreateTrafficMirrorFilterRule.json.cloudtrail")).unwrap();
    assert_eq!(fates(&empty.items), ".");
}

/// Files with records that are nobody's log, as a look into each showed: lines of a program inside CloudWatch's envelope and
/// bare, a policy, answers of a rule, and records cut down to one key of an audit log.
const STRANGE: &[&str] = &[
    "cloudwatch/cloudwatch_rds_aurora.json",
    "smoke/policy-to-guess.json",
    "cloudgrep/tests/data/000000",
    "panther-analysis/?.ndjson",
    "panther-analysis/gcp-auditlog.ndjson",
];

/// Bills that are rejected, and why: rows shorter or longer than their header, rows without a quantity, and what is no bill:
/// lists of prices and an error.
const BILLS_REJECTED: &[(&str, &str)] = &[
    ("koku/masu/test/data/test_cur.csv", "malformed_csv"),
    ("values/Template.csv", "malformed_csv"),
    ("values/MissingBrackets.csv", "missing_value"),
    ("values/VirtualMachine.csv", "missing_value"),
    ("gcp/test/error.json", "unrecognised"),
    ("gcp/test/skus.json", "unrecognised"),
    ("oracle/test/prices_usd.json", "unrecognised"),
];

/// How often records were rejected, by code.
fn reasons(items: &[Item]) -> std::collections::BTreeMap<String, usize> {
    let mut reasons = std::collections::BTreeMap::new();
    for item in items {
        if let Outcome::Rejected(reason) = &item.outcome {
            *reasons.entry(reason.code.to_string()).or_default() += 1;
        }
    }
    reasons
}

/// A row of the table of files: read, relevant, irrelevant, rejected by reason.
fn row(name: &str, items: &[Item]) -> String {
    let count = |is: fn(&Outcome) -> bool| items.iter().filter(|item| is(&item.outcome)).count();
    let relevant = count(|outcome| matches!(outcome, Outcome::Relevant(_)));
    let irrelevant = count(|outcome| matches!(outcome, Outcome::Irrelevant));
    let rejected: Vec<String> = reasons(items).into_iter().map(|(code, n)| format!("{code} {n}")).collect();
    format!("| {name} | {} | {relevant} | {irrelevant} | {} |", items.len(), rejected.join(", "))
}

/// CloudTrail and nothing else: the other files of those folders hold findings, configuration and policies.
fn is_cloudtrail(name: &str) -> bool {
    let others = [
        "-duty-event",
        "event-config-rule",
        "event-phd",
        "event-securityhub",
        "event-asg",
        "sqs-discover",
        "cloudwatch_rds_aurora",
        "LICENSE-3rdparty",
        "policy-to-guess",
        "/bad_",
    ];
    let ours = [
        "aws/",
        "multi/panther-analysis/aws-cloudtrail",
        "multi/plaso/test_data/jsonl/aws",
        "multi/cloudgrep/tests/data/cloudtrail",
    ];
    ours.iter().any(|start| name.starts_with(start)) && !others.iter().any(|other| name.contains(other))
}
