//! What is decided, as tables; and what is delivered, against servers that fail, hang, redirect and ask for patience.

mod decided;
mod delivered;

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::model::{EventTime, Secret, Severity};

/// A signed target at `url` with what ships as defaults.
fn target(url: &str) -> Target {
    Target {
        name: "siem".into(),
        endpoint: Endpoint::parse(url).unwrap(),
        shape: Shape::Signed { key: Secret::new(b"invented-key-of-tests").unwrap() },
        on: BTreeSet::from(Event::DEFAULT),
        least: LEAST,
        most: MOST,
        timeout: TIMEOUT,
        give_up_after: GIVE_UP_AFTER,
    }
}

/// A record from words: `a 5 open 1`: id, position, status, number of episodes; or `a gone`, or `a broken`. Then any of
/// `rule=`, `mode=`, `severity=`, `config=`, `latest=` (day on which the last episode begins, else the number of
/// episodes), `day=` (of the record), `hour=`, `in=` (partition).
fn heard(offset: i64, words: &str) -> Heard {
    let words: Vec<&str> = words.split_whitespace().collect();
    let option = |key: &str| words.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    let number = |key: &str, or: i64| option(key).map_or(or, |text| text.parse().unwrap());
    let id = id(words[0]);
    let payload = match words[1] {
        "gone" => None,
        "broken" => Some(b"{\"id\":\"".to_vec()),
        position => {
            let episodes: i64 = words[3].parse().unwrap();
            let from = |n: i64| serde_json::json!({ "from": day(n).to_string(), "to": null });
            let mut all: Vec<_> = (1..episodes).map(from).collect();
            all.push(from(number("latest", episodes)));
            let (rule, severity) = (option("rule").unwrap_or("r"), option("severity").unwrap_or("medium"));
            let alert = serde_json::json!({
                "id": id, "status": words[2], "episodes": all, "review_required": true,
                "revision": { "epoch": 1, "position": position.parse::<u64>().unwrap(), "config": option("config").unwrap_or("c") },
                "rule": { "id": rule, "title": "Title", "mode": option("mode").unwrap_or("live"), "severity": severity },
                "subject": { "kind": "account", "id": "aws/111122223333", "name": "Lion Render" },
            });
            Some(alert.to_string().into_bytes())
        }
    };
    let partition = i32::try_from(number("in", 0)).unwrap();
    let at = EventTime::from_nanos(day(number("day", 0)).nanos() + number("hour", 12) * 3_600_000_000_000);
    Heard { partition, offset, at, id: id.into(), payload }
}

fn id(letter: &str) -> String {
    letter.repeat(32).chars().take(32).collect()
}

/// The start of day `n` after 2024-09-01.
fn day(n: i64) -> EventTime {
    EventTime::from_seconds(1_725_148_800 + n * 86_400).unwrap()
}

/// Long after all records of tests.
fn later() -> EventTime {
    day(1_000)
}

/// Most that a test waits for something that must happen.
const SOON: Duration = Duration::from_secs(20);

/// Waits until `ready` gives something.
fn soon<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    for _ in 0..SOON.as_millis() / 5 {
        if let Some(value) = ready() {
            return value;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("waited in vain for {what}");
}

#[test]
fn a_target_shows_neither_its_key_nor_its_path() {
    let shown = format!("{:?}", target("https://hooks.example/s3cret?x=s3cret"));
    assert!(!shown.contains("s3cret") && !shown.contains("invented"), "{shown}");
}
