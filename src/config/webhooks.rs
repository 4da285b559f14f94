//! `webhooks`: targets as written, checked one by one; every problem is told, and none repeats an address or a key.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use super::secrets::read_secret;
use crate::model::{Secret, Severity, Text};
use crate::sinks::webhook::{Endpoint, Event, GIVE_UP_AFTER, LEAST, Link, MOST, Shape, TIMEOUT, Target};
use crate::written::{Fields, Node, Place, Problems};

/// Most targets.
const TARGETS: usize = 16;
/// Longest name.
const NAME: usize = 40;
/// Fewest bytes of a key.
const KEY: usize = 16;
/// Most messages per rule and day that can be asked for.
const MOST_MOST: u32 = 10_000;

/// The targets of a list; those with problems are left out.
pub(super) fn webhooks(node: &Node, base: &Path, problems: &mut Problems) -> Vec<Target> {
    let Some(items) = node.list("webhooks", problems) else { return Vec::new() };
    if let Some(item) = items.get(TARGETS) {
        problems.add(item.place, format!("webhooks may have at most {TARGETS} targets, got {}", items.len()));
    }
    let mut names = BTreeSet::new();
    let mut targets = Vec::new();
    for item in items {
        let Some(mut fields) = item.fields("webhook", problems) else { continue };
        let target = target(&mut fields, base, &mut names, problems);
        fields.done(problems);
        targets.extend(target);
    }
    targets
}

fn target(fields: &mut Fields, base: &Path, names: &mut BTreeSet<Text>, problems: &mut Problems) -> Option<Target> {
    let name = name(fields, names, problems);
    let endpoint = endpoint(fields, base, problems);
    let shape = shape(fields, base, problems);
    let on = events(fields, problems);
    let least = read(fields, "least_severity", problems, |text| {
        Severity::parse(text).ok_or_else(|| format!("must be info, low, medium, high or critical, got {text:?}"))
    });
    let most = read(fields, "most_per_rule_and_day", problems, |text| {
        let within = text.parse().ok().filter(|most| (1..=MOST_MOST).contains(most));
        within.ok_or_else(|| format!("must be a whole number from 1 to {MOST_MOST}, got {text:?}"))
    });
    let timeout = read(fields, "timeout", problems, |text| duration(text, ("1s", 1), ("60s", 60)));
    let give_up_after = read(fields, "give_up_after", problems, |text| duration(text, ("1m", 60), ("7d", 604_800)));
    Some(Target {
        name: name?,
        endpoint: endpoint?,
        shape: shape?,
        on,
        least: least.unwrap_or(LEAST),
        most: most.unwrap_or(MOST),
        timeout: timeout.unwrap_or(TIMEOUT),
        give_up_after: give_up_after.unwrap_or(GIVE_UP_AFTER),
    })
}

/// The value of a key that may be missing; what is wrong with it is told at its place.
fn read<T>(
    fields: &mut Fields,
    key: &str,
    problems: &mut Problems,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let node = fields.optional(key)?;
    let text = node.text(key, problems)?;
    read(&text).map_err(|what| problems.add(node.place, format!("{key} {what}"))).ok()
}

fn name(fields: &mut Fields, names: &mut BTreeSet<Text>, problems: &mut Problems) -> Option<Text> {
    let node = fields.required("name", problems)?;
    let name = node.text("name", problems)?;
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > NAME || !name.chars().all(sound) {
        let what = format!("name must be of 1 to {NAME} lower-case letters, digits and hyphens, got {name:?}");
        problems.add(node.place, what);
        return None;
    }
    if !names.insert(name.clone()) {
        problems.add(node.place, format!("name {name:?} stands here twice"));
        return None;
    }
    Some(name)
}

/// `url`, or `url_file` where the address itself is a secret.
fn endpoint(fields: &mut Fields, base: &Path, problems: &mut Problems) -> Option<Endpoint> {
    let (url, file) = (fields.optional("url"), fields.optional("url_file"));
    let (key, place, text) = match (url, file) {
        (Some(node), None) => ("url", node.place, text(node, "url", problems)?),
        (None, Some(node)) => {
            let secret = secret("url_file", node, base, problems)?;
            ("url_file", node.place, String::from_utf8_lossy(secret.bytes()).into_owned())
        }
        (Some(_), Some(node)) => {
            problems.add(node.place, "webhook may have url or url_file, not both");
            return None;
        }
        (None, None) => {
            problems.add(fields.place, "webhook needs \"url\" or \"url_file\"");
            return None;
        }
    };
    Endpoint::parse(text.trim()).map_err(|error| problems.add(place, format!("{key} {error}"))).ok()
}

fn text(node: &Node, what: &str, problems: &mut Problems) -> Option<String> {
    node.text(what, problems).map(|text| text.to_string())
}

fn secret(key: &str, node: &Node, base: &Path, problems: &mut Problems) -> Option<Secret> {
    let path = node.text(key, problems)?;
    read_secret(&base.join(path.as_str())).map_err(|error| problems.add(node.place, format!("{key}: {error}"))).ok()
}

fn shape(fields: &mut Fields, base: &Path, problems: &mut Problems) -> Option<Shape> {
    let (key, link) = (fields.optional("secret_file"), fields.optional("link"));
    let node = fields.required("shape", problems)?;
    let unused = |node: Option<&Node>, what: &str, problems: &mut Problems| {
        if let Some(node) = node {
            problems.add(node.place, what);
        }
    };
    match node.text("shape", problems)?.as_str() {
        "signed" => {
            unused(link, "link is of no use with shape: signed, which sends the alert's id", problems);
            signed(key, node.place, base, problems)
        }
        "slack" => {
            unused(key, "secret_file is of no use with shape: slack, which checks no signature", problems);
            let Some(node) = link else { return Some(Shape::Slack { link: None }) };
            let link = Link::parse(&node.text("link", problems)?);
            let link = link.map_err(|error| problems.add(node.place, format!("link {error}"))).ok()?;
            Some(Shape::Slack { link: Some(link) })
        }
        other => {
            problems.add(node.place, format!("shape must be signed or slack, got {other:?}"));
            None
        }
    }
}

fn signed(key: Option<&Node>, place: Place, base: &Path, problems: &mut Problems) -> Option<Shape> {
    let Some(node) = key else {
        problems.add(place, "shape: signed needs secret_file");
        return None;
    };
    let key = secret("secret_file", node, base, problems)?;
    let bytes = key.bytes().len();
    if bytes < KEY {
        problems.add(node.place, format!("secret_file must hold at least {KEY} bytes, got {bytes}"));
        return None;
    }
    Some(Shape::Signed { key })
}

fn events(fields: &mut Fields, problems: &mut Problems) -> BTreeSet<Event> {
    let Some(node) = fields.optional("on") else { return BTreeSet::from(Event::DEFAULT) };
    let items = node.list("on", problems).unwrap_or_default();
    if matches!(items, []) {
        problems.add(node.place, "on must name at least one of opened, reopened, resolved, updated, withdrawn");
    }
    let event = |item: &Node| {
        let text = item.text("on", problems)?;
        let event = Event::parse(&text);
        if event.is_none() {
            let what = format!("on must be any of opened, reopened, resolved, updated, withdrawn, got {text:?}");
            problems.add(item.place, what);
        }
        event
    };
    items.iter().filter_map(event).collect()
}

/// `10s`, `5m`, `24h`, `7d`, between two bounds in words and seconds.
fn duration(text: &str, least: (&str, u64), most: (&str, u64)) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text.get(digits.len()..).unwrap_or_default() {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3_600),
        "d" => Some(86_400),
        _ => None,
    };
    let number = digits.parse::<u64>().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let seconds = number.zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    let within = seconds.filter(|seconds| (least.1..=most.1).contains(seconds));
    within.map(Duration::from_secs).ok_or_else(|| {
        format!("must be a time from {} to {} such as 30s, 5m, 24h or 7d, got {text:?}", least.0, most.0)
    })
}

#[cfg(test)]
mod tests {
    use super::super::read::Gathered;
    use super::super::settings::read_settings;
    use super::*;

    /// Reads settings beside a key, a short key and an address.
    fn read(yaml: &str) -> Result<Vec<Target>, String> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("hook.key", "invented-key-of-tests\n");
        write("short.key", "s3cret\n");
        write("empty.key", "\n");
        write("hook.url", "https://hooks.example/T0/B0/s3cret\n");
        write("bad.url", "https://user:s3cret@hooks.example/\n");
        write("settings.yaml", yaml);
        let mut errors = Gathered::default();
        let settings = read_settings(&folder.path().join("settings.yaml"), &mut errors);
        let place = folder.path().to_string_lossy().into_owned() + "/";
        errors.or(settings.webhooks).map_err(|error| error.to_string().replace(&place, ""))
    }

    #[test]
    fn targets_are_read_with_their_defaults() {
        let targets = read(
            "webhooks:\n\
             - { name: siem, url: https://siem.example/in, shape: signed, secret_file: hook.key }\n\
             - name: chat-1\n  url_file: hook.url\n  shape: slack\n  link: https://console.example/alerts/{id}\n  \
               on: [opened, updated]\n  least_severity: high\n  most_per_rule_and_day: 5\n  timeout: 3s\n  give_up_after: 2h\n",
        )
        .unwrap();
        let [siem, chat] = targets.as_slice() else { panic!("{targets:?}") };
        assert_eq!((siem.name.as_str(), siem.least, siem.most), ("siem", Severity::Info, 50));
        assert_eq!(siem.on, BTreeSet::from(Event::DEFAULT));
        assert_eq!((siem.timeout, siem.give_up_after), (Duration::from_secs(10), Duration::from_secs(86_400)));
        assert!(matches!(&siem.shape, Shape::Signed { key } if key.bytes() == b"invented-key-of-tests"));
        assert_eq!((chat.least, chat.most), (Severity::High, 5));
        assert_eq!(chat.on, BTreeSet::from([Event::Opened, Event::Updated]));
        assert_eq!((chat.timeout, chat.give_up_after), (Duration::from_secs(3), Duration::from_secs(7_200)));
        assert_eq!(chat.endpoint.to_string(), "https://hooks.example/…");
        assert!(!format!("{targets:?}").contains("s3cret"));
    }

    #[test]
    fn every_problem_of_every_target_is_told_and_no_secret_with_it() {
        let problems = read(
            "webhooks:\n\
             - { name: Siem, url: 'https://user:s3cret@siem.example/', shape: signed, secret_file: short.key }\n\
             - { name: a, url: 'gopher://h.example/s3cret', shape: signed, nope: 1 }\n\
             - { name: a, shape: teams, on: [opened, closed], least_severity: grave }\n\
             - { name: b, url_file: bad.url, shape: slack, secret_file: hook.key, link: 'https://console.example/' }\n\
             - { name: c, url: 'https://h.example', url_file: hook.url, shape: signed, secret_file: none.key, link: x }\n\
             - { name: d, url: 'https://h.example', shape: signed, secret_file: empty.key, on: [] }\n\
             - { timeout: 0s, give_up_after: 8d, most_per_rule_and_day: 0 }\n",
        )
        .unwrap_err();
        assert!(!problems.contains("s3cret"), "{problems}");
        let expected = "\
settings.yaml:2:11: name must be of 1 to 40 lower-case letters, digits and hyphens, got \"Siem\"
settings.yaml:2:22: url must not hold a user or password
settings.yaml:2:87: secret_file must hold at least 16 bytes, got 6
settings.yaml:3:19: url must begin with http:// or https://, got gopher:
settings.yaml:3:55: shape: signed needs secret_file
settings.yaml:3:63: webhook has no key \"nope\"
settings.yaml:4:3: webhook needs \"url\" or \"url_file\"
settings.yaml:4:11: name \"a\" stands here twice
settings.yaml:4:21: shape must be signed or slack, got \"teams\"
settings.yaml:4:41: on must be any of opened, reopened, resolved, updated, withdrawn, got \"closed\"
settings.yaml:4:66: least_severity must be info, low, medium, high or critical, got \"grave\"
settings.yaml:5:24: url_file must not hold a user or password
settings.yaml:5:60: secret_file is of no use with shape: slack, which checks no signature
settings.yaml:5:76: link must hold {id} once, where the alert's id belongs
settings.yaml:6:50: webhook may have url or url_file, not both
settings.yaml:6:88: secret_file: cannot read none.key: No such file or directory (os error 2)
settings.yaml:6:104: link is of no use with shape: signed, which sends the alert's id
settings.yaml:7:68: secret_file: empty.key is empty
settings.yaml:7:83: on must name at least one of opened, reopened, resolved, updated, withdrawn
settings.yaml:8:3: webhook needs \"name\"
settings.yaml:8:3: webhook needs \"shape\"
settings.yaml:8:3: webhook needs \"url\" or \"url_file\"
settings.yaml:8:14: timeout must be a time from 1s to 60s such as 30s, 5m, 24h or 7d, got \"0s\"
settings.yaml:8:33: give_up_after must be a time from 1m to 7d such as 30s, 5m, 24h or 7d, got \"8d\"
settings.yaml:8:60: most_per_rule_and_day must be a whole number from 1 to 10000, got \"0\"";
        assert_eq!(problems, expected);
    }

    #[test]
    fn at_most_sixteen_targets() {
        let target = |n| format!("- {{ name: t{n}, url: 'https://h.example', shape: slack }}\n");
        let list = |count| format!("webhooks:\n{}", (0..count).map(target).collect::<String>());
        assert_eq!(read(&list(16)).unwrap().len(), 16);
        assert!(read(&list(17)).unwrap_err().contains("webhooks may have at most 16 targets, got 17"));
    }
}
