//! A glimpse at a record against the same record read in full.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::decode::sift::{self, Says};
use crate::decode::{Context, Outcome, Settings, Sightings, decoders};

fn all() -> Settings {
    Settings { sightings: Sightings::All, ..Settings::default() }
}

/// What a glimpse says; `None` where it is not sure.
fn glimpsed(record: &str) -> Option<Outcome> {
    let glance = sift::glance(record.as_bytes(), &all())?;
    assert_eq!(glance.length, record.len(), "{record}");
    match glance.says {
        Says::Nothing => Some(Outcome::Irrelevant),
        Says::Sighting(sighting) => Some(Outcome::Relevant(vec![sighting.fact()])),
        Says::Unread => None,
    }
}

fn in_full(record: &str) -> Option<Outcome> {
    let value = serde_json::from_str(record).unwrap();
    decoders::json(&value, &Context { settings: &all(), envelope: None, source: "s" })
}

const RECORD: &str = r#"{"eventVersion":"1.09","userIdentity":{"type":"AssumedRole","accountId":"111122223333","sessionContext":{"sessionIssuer":{"type":"Role","accountId":"444455556666"}}},"eventTime":"2024-06-01T23:59:59Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","sourceIPAddress":"198.51.100.7","requestParameters":{"eventTime":"2020-01-01T00:00:00Z","a":"\"sourceIPAddress\":\"203.0.113.1\""},"recipientAccountId":"777788889999"}"#;

#[test]
fn a_call_that_says_nothing_gives_the_sighting_of_its_own_fields() {
    let facts = match glimpsed(RECORD) {
        Some(Outcome::Relevant(facts)) => facts,
        other => panic!("{other:?}"),
    };
    let written = serde_json::to_string(&facts).unwrap();
    for part in ["777788889999", "2024-06-01T00:00:00Z", "198.51.100.0/24", "\"role\""] {
        assert!(written.contains(part), "{written}");
    }
    assert_eq!(in_full(RECORD), Some(Outcome::Relevant(facts)));
}

#[test]
fn what_is_written_otherwise_is_read_in_full_and_never_guessed() {
    let edits = [
        ("\"eventTime\":\"2024", "\"eventTime\": \"2024"),
        ("\"eventTime\":\"2024", "\"EventTime\":\"2024"),
        ("\"eventTime\":\"2024", "\"eventTime\":\"x2024"),
        ("\"777788889999\"", "777788889999"),
        ("\"777788889999\"", "\"\""),
        ("\"777788889999\"", "\"7.77E+11\""),
        ("\"777788889999\"", "null"),
        ("\"198.51.100.7\"", "\"198.51.100.7\\/24\""),
        ("\"198.51.100.7\"", "{\"ipaddress\":\"198.51.100.7\"}"),
        ("\"type\":\"AssumedRole\"", "\"type\":{\"value\":\"Root\"}"),
        ("{\"type\":\"AssumedRole\"", "{\"Type\":\"Root\""),
        ("\"s3.amazonaws.com\"", "\"signin.amazonaws.com\""),
        ("\"requestParameters\"", "\"type\":\"tick\",\"requestParameters\""),
    ];
    for (from, to) in edits {
        let edited = RECORD.replacen(from, to, 1);
        assert!(edited != RECORD && glimpsed(&edited).is_none(), "{edited}");
    }
}

#[test]
fn a_call_from_no_address_says_nothing() {
    for address in ["AWS Internal", "ec2.amazonaws.com", "", "0.0.0.0"] {
        let edited = RECORD.replacen("198.51.100.7", address, 1);
        assert_eq!(glimpsed(&edited), Some(Outcome::Irrelevant), "{address}");
        assert_eq!(in_full(&edited), Some(Outcome::Irrelevant), "{address}");
    }
}

#[test]
fn a_day_told_by_digits_is_the_day_of_the_time() {
    let edges = ["1970-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2000-02-29T12:00:00Z", "2100-02-28T00:00:00Z"];
    for text in edges {
        assert_eq!(super::of_digits(text.as_bytes()), super::time_text(text).map(|time| time.day()), "{text}");
    }
    for text in ["2100-02-29T00:00:00Z", "2024-06-01T24:00:00Z", "2024-06-01T23:59:60Z", "2024-06-01 23:59:00Z", ""] {
        assert_eq!(super::of_digits(text.as_bytes()), None, "{text}");
    }
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) };
    let text = "(19|20|21)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z";
    proptest!(config, |(text in text)| {
        let told = super::of_digits(text.as_bytes());
        let known = super::time_text(&text).map(|time| time.day());
        prop_assert!(told.is_none() || told == known, "{}", text);
        prop_assert_eq!(super::day(&text), known, "{}", text);
    });
}

/// Members as they may stand anywhere, so that some stand twice.
const MEMBERS: [&str; 57] = [
    r#""eventTime":"2024-06-02T00:00:00Z""#,
    r#""eventTime":"2024-06-01T23:59:59.5-01:00""#,
    r#""eventTime":"soon""#,
    r#""eventTime":1717286400"#,
    r#""EventTime":"2024-06-03T00:00:00Z""#,
    r#""eventTime" : "2024-06-04T00:00:00Z""#,
    r#""x\"eventTime":"2024-06-05T00:00:00Z""#,
    r#""\\eventTime":"2024-06-05T00:00:00Z""#,
    r#""\u0065ventTime":"2024-06-05T00:00:00Z""#,
    r#""a":"\\","sourceIPAddress":"2001:db8:1:2::3""#,
    r#""sourceIPAddress":"203.0.113.9""#,
    r#""sourceIPAddress":" 203.0.113.9:443 ""#,
    r#""sourceIPAddress":"\t203.0.113.9""#,
    r#""sourceIPAddress":"é""#,
    r#""sourceIPAddress":"AWS Internal""#,
    r#""sourceipaddress":"203.0.113.10""#,
    r#""sourceIPAddress":{"ipaddress":"203.0.113.11"}"#,
    r#""recipientAccountId":"222233334444""#,
    r#""recipientAccountId":" 222233334444 ""#,
    r#""recipientAccountId":222233334444"#,
    r#""recipientAccountId":"2.22E+11""#,
    r#""recipientAccountId":"""#,
    r#""recipientAccountId":null"#,
    r#""RecipientAccountId":"999""#,
    r#""userIdentity":null"#,
    r#""userIdentity":"Root""#,
    r#""userIdentity":{}"#,
    r#""userIdentity":{"type":"Root","accountId":"555"}"#,
    r#""userIdentity":{"type":"IAMUser","type":"AWSService","accountId":"5","accountId":"555"}"#,
    r#""userIdentity":{"accountId":"555","invokedBy":"x.amazonaws.com","a":{"type":"Root","invokedBy":1}}"#,
    r#""userIdentity":{"type":" Root ","AccountId":"556"}"#,
    r#""userIdentity":{"type":"\u0052oot","accountId":"555"}"#,
    r#""userIdentity":{"type":7,"accountId":555}"#,
    r#""userIdentity":{"type":"Unknown","a":["}","{\"type\":\"Root\""],"invokedBy":"","accountId":"555" }"#,
    r#""userIdentity": {"type":"Root","accountId":"555"}"#,
    r#""eventSource":"s3.amazonaws.com""#,
    r#""eventSource":"signin.amazonaws.com""#,
    r#""eventSource":"ec2.amazonaws.com""#,
    r#""eventSource":null"#,
    r#""eventName":"GetObject""#,
    r#""eventName":"DescribeInstances""#,
    r#""eventName":"RunInstances""#,
    r#""eventName":"ConsoleLogin""#,
    r#""eventName":"ModifyInstanceAttribute""#,
    r#""errorCode":"Client.DryRunOperation""#,
    r#""errorCode":"AccessDenied""#,
    r#""eventType":"AwsConsoleSignIn""#,
    r#""type":"tick""#,
    r#""type":"x""#,
    r#""kind":"sighting""#,
    r#""value":[{"eventTime":"2020-01-01T00:00:00Z"}]"#,
    r#""Records":[{"sourceIPAddress":"192.0.2.1"}]"#,
    r#""detail":{"userIdentity":{"accountId":"666"},"eventTime":"2020-01-01T00:00:00Z"}"#,
    r#""userAgent":"[\"eventTime\":\"2020-01-01T00:00:00Z\",{\\""#,
    r#""requestParameters":{"a":"\"recipientAccountId\":\"1\"","recipientAccountId":"1","b":[[{"type":"Root"}]]}"#,
    r#""requestParameters":"a text of some length, so that blocks of sixty-four bytes begin at other places of the record""#,
    r#""n":-1.5e3,"b":true,"z":null"#,
];

fn record() -> impl Strategy<Value = String> {
    let usual = vec![
        r#""userIdentity":{"type":"AssumedRole","accountId":"111122223333","accessKeyId":"ASIAX","sessionContext":{"attributes":{}}}"#,
        r#""eventTime":"2024-06-01T10:00:00Z""#,
        r#""eventSource":"kms.amazonaws.com""#,
        r#""eventName":"Decrypt""#,
        r#""sourceIPAddress":"198.51.100.7""#,
        r#""recipientAccountId":"111122223333""#,
    ];
    let usual = proptest::sample::subsequence(usual, 4..=6);
    let other = proptest::collection::vec(proptest::sample::select(MEMBERS.to_vec()), 0..5);
    let comma = proptest::sample::select(vec![",", ",", ",", ", ", " ,", ",\t"]);
    let members = (usual, other).prop_map(|(usual, other)| [usual, other].concat()).prop_shuffle();
    (members, comma).prop_map(|(members, comma)| {
        let members: String = members.iter().map(|member| format!("{comma}{member}")).collect();
        format!("{{\"eventVersion\":\"1.09\"{members}}}")
    })
}

#[test]
fn a_glimpse_gives_what_the_full_reading_gives() {
    let seen: RefCell<BTreeMap<&str, u32>> = RefCell::default();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) };
    proptest!(config, |(record in record())| {
        let (glimpsed, full) = (glimpsed(&record), in_full(&record));
        let what = match &glimpsed {
            None => "unsure",
            Some(Outcome::Irrelevant) => "nothing",
            Some(_) => "a sighting",
        };
        *seen.borrow_mut().entry(what).or_default() += 1;
        prop_assert!(glimpsed.is_none() || glimpsed == full, "{}\n{:?}\n{:?}", record, glimpsed, full);
    });
    let seen = seen.into_inner();
    println!("{seen:?}");
    // However many were asked for.
    let all: u32 = seen.values().sum();
    assert!(seen.len() == 3 && seen.values().all(|count| count * 20 > all), "{seen:?}");
}
