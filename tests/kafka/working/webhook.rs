//! Who is told of alerts, how often, and who waits for one that does not answer.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{OWNERS, accounted, names, owner, tick};
use crate::broker::shared;
use crate::hook::{Heard, Hook};
use crate::ports::free_port;
use crate::process::Instance;
use crate::service::{LONG, Service};
use crate::surface::{Surface, TOKEN};
use crate::wait::eventually;

const KEY: &str = "an invented key of some length";

/// docs/webhooks.md: the HMAC of timestamp, a full stop and the body as received.
fn is_genuine(heard: &Heard) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    mac.update(heard.header("Tidewaiter-Timestamp").as_bytes());
    mac.update(b".");
    mac.update(&heard.body);
    let hexadecimal = mac.finalize().into_bytes().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    heard.header("Tidewaiter-Signature") == format!("v1={hexadecimal}")
}

/// Event and subject of what was heard.
fn told(hook: &Hook) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    hook.heard().iter().map(|body| (text(&body["event"]), text(&body["alert"]["subject"]["id"]))).collect()
}

/// One that reads from now on: targets that are new begin at the end of the topic.
fn start(service: &Service, name: &str, targets: usize, surface: &Surface) -> Instance {
    let mut instance = service.start(name, &surface.settings(), &[]);
    eventually(LONG, "webhooks that read alerts", || {
        assert!(instance.is_running(), "{}", instance.log());
        let joined = instance.log().lines().filter(|line| line.contains("webhook reads alerts")).count();
        (joined >= targets && surface.get("/readyz", "").0 == 200).then_some(())
    });
    instance
}

#[test]
fn a_webhook_hears_an_alerts_topic_that_is_made_anew() {
    let Some(broker) = shared() else { return };
    made_anew(Service::new(broker, "anew-told", 2, ""), |_| ());
}

#[test]
fn a_webhook_hears_an_alerts_topic_that_is_made_anew_after_its_partitions_were_taken() {
    let Some(broker) = shared() else { return };
    let gone = |running: &mut [Instance]| {
        eventually(LONG, "partitions that are taken", || {
            assert!(running[0].is_running(), "{}", running[0].log());
            running[0].log().contains("webhook gave partitions back").then_some(())
        });
    };
    made_anew(Service::quick_to_look(broker, "gone-told"), gone);
}

/// What is told of a topic that was deleted, is `gone`, and is made again.
fn made_anew(mut service: Service, gone: impl FnOnce(&mut [Instance])) {
    let hook = Hook::well();
    service.add(&format!(
        "policy: [rules]\n\
         webhooks:\n\
         - {{ name: well, url: \"{}\", shape: signed, secret_file: hook.key }}\n",
        hook.url
    ));
    service.rules("rules", &[OWNERS]);
    for (file, secret) in [("hook.key", KEY), ("token", TOKEN)] {
        std::fs::write(service.folder.path().join(file), secret).unwrap();
    }
    let surface = Surface::new();
    let mut running = vec![start(&service, "first", 1, &surface)];
    let of = |number: usize| ("opened".to_owned(), format!("parent-{number}"));
    service.send(&[owner(1), owner(2), owner(3)].concat(), 7);
    service.settled(&mut running);
    service.send(&[tick()], 7);
    eventually(LONG, "what the webhook is told", || (told(&hook).len() >= 3).then_some(()));
    service.settled(&mut running);

    let alerts = service.topic("alerts");
    service.client.delete_topic(&alerts);
    gone(&mut running);
    let made = || service.client.try_create_topic(&alerts, 2, &[("cleanup.policy", "compact")]).ok();
    eventually(LONG, "a topic of the same name", made);
    service.send(&owner(4), 7);
    eventually(LONG, "what is new", || {
        assert!(running[0].is_running(), "{}", running[0].log());
        told(&hook).contains(&of(4)).then_some(())
    });
    let all = ["owner:parent-1", "owner:parent-2", "owner:parent-3", "owner:parent-4"];
    names(&service, &all.map(|owner| (OWNERS, owner)), &running);
    // What the topic that is gone said is said again by the one that took its place, and told again.
    let mut all = told(&hook);
    all.sort();
    let times = |number: usize| all.iter().filter(|told| **told == of(number)).count();
    assert!((1..=3).all(|number| (1..=2).contains(&times(number))) && times(4) == 1, "{all:?}");
    assert_eq!(running[0].term(LONG), 0, "{}", running[0].log());
}

#[test]
fn an_alert_is_told_once_over_a_restart_and_a_dead_webhook_holds_up_nobody() {
    let Some(broker) = shared() else { return };
    let hook = Hook::well();
    let settings = format!(
        "policy: [rules]\n\
         webhooks:\n\
         - {{ name: well, url: \"{}\", shape: signed, secret_file: hook.key }}\n\
         - {{ name: dead, url: \"http://127.0.0.1:{}/hook\", shape: signed, secret_file: hook.key }}\n",
        hook.url,
        free_port()
    );
    let service = Service::new(broker, "told", 4, &settings);
    service.rules("rules", &[OWNERS]);
    for (file, secret) in [("hook.key", KEY), ("token", TOKEN)] {
        std::fs::write(service.folder.path().join(file), secret).unwrap();
    }
    let surface = Surface::new();
    let mut running = vec![start(&service, "first", 2, &surface)];
    let of = |number: usize| ("opened".to_owned(), format!("parent-{number}"));
    service.send(&[owner(1), owner(2)].concat(), 7);
    service.settled(&mut running);
    service.send(&[tick()], 7);
    names(&service, &[(OWNERS, "owner:parent-1"), (OWNERS, "owner:parent-2")], &running);
    service.settled(&mut running);
    let both = BTreeSet::from([of(1), of(2)]);
    eventually(LONG, "what the webhook is told", || {
        (told(&hook).into_iter().collect::<BTreeSet<_>>() == both).then_some(())
    });

    // The dead one is seen, and has told nobody's offset.
    eventually(LONG, "a dead webhook in the metrics", || {
        let (failing, deliveries) = ("tidewaiter_webhook_failing_seconds", "tidewaiter_webhook_deliveries_total");
        let dead = surface.metric(failing, "\"dead\"") > 0.0
            && surface.metric(deliveries, "outcome=\"retried\",target=\"dead\"") > 0.0;
        let well = surface.metric(failing, "\"well\"") == 0.0
            && surface.metric(deliveries, "outcome=\"delivered\",target=\"well\"") >= 2.0;
        (dead && well).then_some(())
    });
    let alerts = service.topic("alerts");
    let behind = service.client.committed("told-webhook-dead", &alerts);
    assert!(service.client.ends(&alerts).iter().any(|(at, end)| behind.get(at).is_none_or(|c| c.offset < *end)));

    // A restart says nothing again: what comes next is the next that is heard.
    assert_eq!(running[0].term(LONG), 0, "{}", running[0].log());
    running = vec![start(&service, "second", 2, &surface)];
    service.send(&owner(3), 7);
    names(&service, &[(OWNERS, "owner:parent-1"), (OWNERS, "owner:parent-2"), (OWNERS, "owner:parent-3")], &running);
    eventually(LONG, "what is new", || told(&hook).contains(&of(3)).then_some(()));
    assert_eq!(running[0].term(LONG), 0, "{}", running[0].log());
    let mut all = told(&hook);
    all.sort();
    assert_eq!(all, [of(1), of(2), of(3)], "each is told once");
    let requests = hook.requests();
    assert!(requests.iter().all(is_genuine), "{requests:?}");
    let ids: BTreeSet<&str> = requests.iter().map(|heard| heard.header("Tidewaiter-Id")).collect();
    assert!(ids.len() == 3 && !ids.contains(""), "{ids:?}");
    accounted(&service, 3 * owner(1).len() + 1);
}
