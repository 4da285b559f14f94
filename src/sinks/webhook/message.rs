//! Messages: what is said, in the shape a target reads.
//!
//! In: a message and a target's shape. Out: headers and a body. It refuses to know how they travel.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

use super::limit::LeftOut;
use super::line::About;
use super::target::{Event, Link, Shape};
use crate::model::{EventTime, Secret, Text};

/// Most characters of a rule's title, and of a subject, in a Slack message.
const SLACK_TEXT: usize = 300;

/// Something to be sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    /// The same for the same alert, revision and event: what is sent twice can be told by it. 32 hexadecimal digits.
    pub(super) key: Text,
    /// When the record that made it was written.
    pub(super) at: EventTime,
    pub(super) body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Body {
    Alert {
        event: Event,
        id: Text,
        about: About,
        /// The alert as written; `None` when it is withdrawn.
        json: Option<String>,
    },
    Summary(Arc<LeftOut>),
}

/// A request, the address aside.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Message {
    /// Of which alert; `None` for a summary.
    pub(super) fn alert(&self) -> Option<&Text> {
        match &self.body {
            Body::Alert { id, .. } => Some(id),
            Body::Summary(_) => None,
        }
    }

    /// As the shape has it. `now` is the time of the attempt.
    pub(super) fn request(&self, shape: &Shape, now: EventTime) -> Request {
        let mut headers =
            vec![("Content-Type", "application/json".to_owned()), ("Tidewaiter-Id", self.key.to_string())];
        let body = match shape {
            Shape::Signed { key } => {
                let (body, seconds) = (whole(&self.body), now.nanos().div_euclid(1_000_000_000));
                headers.push(("Tidewaiter-Timestamp", seconds.to_string()));
                headers.push(("Tidewaiter-Signature", format!("v1={}", signature(key, seconds, &body))));
                body
            }
            Shape::Slack { link } => slack(&self.body, link.as_ref()),
        };
        Request { headers, body }
    }
}

/// HMAC-SHA256 of `seconds "." body` in hexadecimal.
fn signature(key: &Secret, seconds: i64, body: &str) -> String {
    // Keys of any length serve.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key.bytes()) else { return String::new() };
    let mac = mac.chain_update(seconds.to_string()).chain_update(b".").chain_update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The whole alert, as it was written.
fn whole(body: &Body) -> String {
    match body {
        Body::Alert { event, json: Some(alert), .. } => {
            format!("{{\"event\":\"{}\",\"alert\":{}}}", event.as_str(), alert.trim())
        }
        Body::Alert { event, id, about, json: None } => {
            let About { rule, kind, id: subject } = about;
            let rule = json!({ "id": rule.id, "title": rule.title, "severity": rule.severity });
            let alert = json!({ "id": id, "rule": rule, "subject": { "kind": kind, "id": subject } });
            json!({ "event": event, "alert": alert }).to_string()
        }
        Body::Summary(left) => {
            let LeftOut { rule, day, count, .. } = &**left;
            json!({ "event": "summary", "rule": rule.id, "day": day, "left_out": count }).to_string()
        }
    }
}

/// Rule, severity, subject and link: no names, addresses or evidence in a chat (P8).
fn slack(body: &Body, link: Option<&Link>) -> String {
    let text = match body {
        Body::Alert { event, id, about, .. } => {
            let rule = &about.rule;
            let subject = format!("{}:{}", about.kind, about.id);
            let (severity, event) = (rule.severity.as_str(), event.as_str());
            let link = link.map(|link| format!("\n<{}>", escaped(&link.to(id), usize::MAX))).unwrap_or_default();
            let title = escaped(&rule.title, SLACK_TEXT);
            format!("[{severity}] {event}: {title}\n{}{link}", escaped(&subject, SLACK_TEXT))
        }
        Body::Summary(left) => {
            let LeftOut { rule, day, count, .. } = &**left;
            let title = escaped(&rule.title, SLACK_TEXT);
            format!("[{}] {title}\n{count} more left out on {day}", rule.severity.as_str())
        }
    };
    json!({ "text": text, "unfurl_links": false, "unfurl_media": false }).to_string()
}

/// Text that Slack shows as it is: its three control characters escaped, line ends as spaces, at most so long.
fn escaped(text: &str, most: usize) -> String {
    let cut = if text.chars().nth(most).is_some() { "…" } else { "" };
    let mut out = String::with_capacity(text.len());
    for c in text.chars().take(most) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out + cut
}

#[cfg(test)]
mod tests {
    use super::super::line::Rule;
    use super::*;
    use crate::model::{Day, Severity};

    fn about(title: &str, kind: &str, id: &str) -> About {
        let rule = Rule { id: "r".into(), title: title.into(), severity: Severity::High };
        About { rule: Arc::new(rule), kind: kind.into(), id: id.into() }
    }

    fn opened(about: About, json: Option<&str>) -> Message {
        let event = if json.is_some() { Event::Opened } else { Event::Withdrawn };
        let body = Body::Alert { event, id: "00ff".into(), about, json: json.map(str::to_owned) };
        Message { key: "k1".into(), at: EventTime::from_nanos(0), body }
    }

    fn left_out() -> Message {
        let left = LeftOut { rule: about("Title", "", "").rule, day: Day(19_800), count: 12, partition: 0 };
        Message { key: "k2".into(), at: EventTime::from_nanos(0), body: Body::Summary(Arc::new(left)) }
    }

    fn signed() -> Shape {
        Shape::Signed { key: Secret::new(b"invented-key-of-tests").unwrap() }
    }

    #[test]
    fn the_signature_is_what_openssl_computes() {
        let now = EventTime::from_seconds(1_725_148_800).unwrap();
        let request = opened(about("T", "account", "a"), Some("{\"id\":\"00ff\"}")).request(&signed(), now);
        assert_eq!(request.body, "{\"event\":\"opened\",\"alert\":{\"id\":\"00ff\"}}");
        // printf '%s' '1725148800.{"event":"opened","alert":{"id":"00ff"}}' | openssl dgst -sha256 -hmac invented-key-of-tests
        let expected = "e8dd75966b6e15e1098768a4244792ef8208bd541435e2134e4628afafa89073";
        assert_eq!(
            request.headers,
            [
                ("Content-Type", "application/json".to_owned()),
                ("Tidewaiter-Id", "k1".to_owned()),
                ("Tidewaiter-Timestamp", "1725148800".to_owned()),
                ("Tidewaiter-Signature", format!("v1={expected}")),
            ]
        );
    }

    #[test]
    fn withdrawals_and_summaries_say_what_is_still_known() {
        let now = EventTime::from_nanos(0);
        let gone = opened(about("T", "account", "aws/1"), None).request(&signed(), now);
        assert_eq!(
            gone.body,
            r#"{"alert":{"id":"00ff","rule":{"id":"r","severity":"high","title":"T"},"subject":{"id":"aws/1","kind":"account"}},"event":"withdrawn"}"#
        );
        let summary = left_out().request(&signed(), now);
        assert_eq!(summary.body, r#"{"day":"2024-03-18","event":"summary","left_out":12,"rule":"r"}"#);
    }

    #[test]
    fn slack_is_told_rule_severity_subject_and_link_and_nothing_else() {
        let link = Link::parse("https://console.example/alerts/{id}?a=1&b=2").unwrap();
        let alert = r#"{"subject":{"name":"Lion Render"},"evidence":[{"summary":"192.0.2.0/24"}]}"#;
        let shape = Shape::Slack { link: Some(link) };
        let message = opened(about("A <b> & *c*", "account", "aws/1\n<!channel>"), Some(alert));
        let request = message.request(&shape, EventTime::from_nanos(0));
        let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!(
            body["text"],
            "[high] opened: A &lt;b&gt; &amp; *c*\naccount:aws/1 &lt;!channel&gt;\n\
             <https://console.example/alerts/00ff?a=1&amp;b=2>"
        );
        assert!(!request.headers.iter().any(|(name, _)| *name == "Tidewaiter-Signature"));
        let text = left_out().request(&shape, EventTime::from_nanos(0)).body;
        assert!(text.contains(r#""text":"[high] Title\n12 more left out on 2024-03-18""#), "{text}");
    }

    #[test]
    fn long_titles_are_cut_in_slack() {
        let message = opened(about(&"é".repeat(400), "account", "a"), Some("{}"));
        let request = message.request(&Shape::Slack { link: None }, EventTime::from_nanos(0));
        assert!(request.body.contains(&format!("{}…\\n", "é".repeat(300))), "{}", request.body);
    }
}
