//! From where accounts were used, and that it is told once.

use super::*;

#[test]
fn with_all_sightings_a_record_that_says_nothing_says_once_from_where_it_came() {
    let (seen, elsewhere) = (SEEN.to_owned(), SEEN.replace("203.0", "198.51"));
    let undated = SEEN.replace("T10", "T1");
    let input = format!("{seen}\n{AUDIT}\n{seen}\n{elsewhere}\n {seen}\n{undated}\n{STOP}\n{seen}\n");
    assert_eq!(fates(&with(&all_sightings(), &mut input.as_bytes())), "+.=+=<bad_time>+=");
    assert_eq!(fates(&read(input.as_bytes())), "......+.");
    let lists = format!("{{\"Records\":[{seen},{elsewhere}]}}[{seen},{{\"detail\":{elsewhere}}}]");
    assert_eq!(fates(&with(&all_sightings(), &mut lists.as_bytes())), "++==");
}

#[test]
fn messages_of_one_source_say_once_from_where_they_came() {
    let mut sighted = Sighted::default();
    let mut heard = Vec::new();
    let settings = all_sightings();
    assert!(!says_nothing(AUDIT.as_bytes(), &settings) && says_nothing(SEEN.as_bytes(), &Settings::default()));
    for text in [SEEN, AUDIT, SEEN, &format!(" {SEEN}"), &SEEN.replace("\"9\"", "\"8\"")] {
        message(&"s".into(), text.as_bytes(), &settings, &mut sighted, &mut |item| heard.push(item));
    }
    assert_eq!(fates(&heard), "+.==+");
}

#[test]
fn with_all_sightings_every_clouds_audit_records_say_from_where_they_came() {
    let azure = r#"{"time":"2024-03-01T10:00:00Z","operationName":"Microsoft.Storage/storageAccounts/read","category":"Administrative","callerIpAddress":"203.0.113.9","resourceId":"/subscriptions/s-1/x"}"#;
    let tenant = r#"{"time":"2024-03-01T10:00:00Z","operationName":"Add user","category":"AuditLogs","callerIpAddress":"203.0.113.9","tenantId":"T-1"}"#;
    let gcp = r#"{"timestamp":"2024-03-01T10:00:00Z","resource":{"labels":{"project_id":"p-1"}},"protoPayload":{"serviceName":"storage.googleapis.com","methodName":"storage.objects.get","requestMetadata":{"callerIp":"203.0.113.9"}}}"#;
    let oci = r#"{"eventType":"com.oraclecloud.objectstorage.getobject","eventTime":"2024-03-01T10:00:00Z","data":{"identity":{"tenantId":"t-1","ipAddress":"203.0.113.9"}}}"#;
    for record in [azure, tenant, gcp, oci, SEEN] {
        assert_eq!(fates(&read(record.as_bytes())), ".", "{record}");
        let items = with(&all_sightings(), &mut record.as_bytes());
        let Outcome::Relevant(facts) = &items[0].outcome else { panic!("{record} {items:?}") };
        assert!(facts.len() == 1 && facts[0].kind() == FactKind::Sighting, "{record}");
        let nowhere = record.replace("203.0.113.9", "private");
        assert_eq!(fates(&with(&all_sightings(), &mut nowhere.as_bytes())), ".", "{nowhere}");
    }
}

#[test]
fn with_all_sightings_sign_ins_that_failed_still_say_nothing() {
    for record in [
        r#"{"eventVersion":"1.08","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","eventTime":"2024-03-01T10:00:00Z","recipientAccountId":"1","sourceIPAddress":"203.0.113.9","responseElements":{"ConsoleLogin":"Failure"}}"#,
        r#"{"eventVersion":"1.08","eventSource":"signin.amazonaws.com","eventName":"PasswordRecoveryRequested","eventTime":"2024-03-01T10:00:00Z","recipientAccountId":"1","sourceIPAddress":"203.0.113.9"}"#,
        r#"{"time":"2024-03-01T10:00:00Z","operationName":"Sign-in activity","category":"SignInLogs","resultType":"50126","callerIpAddress":"203.0.113.9","tenantId":"t"}"#,
        r#"{"timestamp":"2024-03-01T10:00:00Z","resource":{"labels":{"project_id":"p-1"}},"protoPayload":{"serviceName":"login.googleapis.com","methodName":"google.login.LoginService.loginFailure","requestMetadata":{"callerIp":"203.0.113.9"}}}"#,
        r#"{"eventType":"com.oraclecloud.identitysignon.interactivelogin","eventTime":"2024-03-01T10:00:00Z","data":{"response":{"status":"401"},"identity":{"tenantId":"t-1","ipAddress":"203.0.113.9"}}}"#,
    ] {
        assert_eq!(fates(&with(&all_sightings(), &mut record.as_bytes())), ".", "{record}");
    }
}

#[test]
fn of_an_account_with_an_endless_id_no_sighting_is_told() {
    let whose = |id: &str| SEEN.replace("\"accountId\":\"9\"", &format!("\"accountId\":\"{id}\""));
    for (length, fate) in [(256, "+"), (257, "."), (100_000, ".")] {
        let record = whose(&"9".repeat(length));
        for record in [record.clone(), record.replacen('{', "{ ", 1)] {
            assert_eq!(fates(&with(&all_sightings(), &mut record.as_bytes())), fate, "{length}");
        }
    }
}

#[test]
fn bytes_that_are_no_utf8_cost_a_record_only_where_it_matters_however_it_is_read() {
    let mut tried = 0;
    for (record, fate) in [(SEEN, "."), (AUDIT, "."), (STOP, "<malformed_json>")] {
        let values = record.match_indices("\":\"").map(|(at, _)| at + 3);
        // Another name, or source, is another call.
        let names = |at: &usize| ["eventSource", "eventName"].iter().any(|key| record[..at - 3].ends_with(key));
        for at in values.filter(|at| !names(at)) {
            let mut fast = record.as_bytes().to_vec();
            fast.splice(at..at, [0xff, b'x', 0xc3]);
            // White space behind the first bracket: it is read in full.
            let full = [b"{ ", &fast[1..]].concat();
            let lines = [&fast[..], b"\n", &fast, b"\n", &full].concat();
            for (input, records) in [(&fast, 1), (&full, 1), (&lines, 3)] {
                assert_eq!(
                    fates(&with(&Settings::default(), &mut &input[..])),
                    fate.repeat(records),
                    "{at} of {record}"
                );
                let mut items = Vec::new();
                let mut sighted = Sighted::default();
                message(&"s".into(), input, &Settings::default(), &mut sighted, &mut |item| items.extend(each(item)));
                assert_eq!(fates(&items), fate.repeat(records), "{at} of {record}");
            }
            let all = |input: &[u8]| {
                let items = with(&all_sightings(), &mut &*input);
                items.into_iter().map(|item| item.outcome).collect::<Vec<_>>()
            };
            // A reject says at which byte, which is one further on.
            assert!(fate != "." || all(&fast) == all(&full), "{at} of {record}");
            tried += 1;
        }
    }
    assert!(tried > 10);
}
