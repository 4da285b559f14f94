//! Another rulebook while the service runs, by signal and by call.

use super::{CHAINS, OWNERS, accounted, names, owner, tick};
use crate::broker::shared;
use crate::service::{LONG, Service};
use crate::surface::{Surface, TOKEN};
use crate::wait::eventually;

/// The folder of rules holds this one alone.
fn only(service: &Service, rule: &str) {
    drop(std::fs::remove_dir_all(service.folder.path().join("rules")));
    service.rules("rules", &[rule]);
}

#[test]
fn another_rulebook_withdraws_what_the_old_one_said_and_a_broken_one_changes_nothing() {
    let Some(broker) = shared() else { return };
    let service = Service::new(broker, "reload", 4, "policy: [rules]\n");
    std::fs::write(service.folder.path().join("token"), format!("{TOKEN}\n")).unwrap();
    only(&service, OWNERS);
    let surface = Surface::new();
    let mut running = vec![service.start("one", &surface.settings(), &[])];
    service.send(&owner(1), 7);
    service.settled(&mut running);
    service.send(&[tick()], 7);
    names(&service, &[(OWNERS, "owner:parent-1")], &running);
    let before = service.table().into_keys().next().unwrap();

    // By signal: the old alert is withdrawn, by a tombstone, and the new one is there.
    only(&service, CHAINS);
    running[0].hang_up();
    names(&service, &[(CHAINS, "account:aws/a-1")], &running);
    let said = service.client.drain(&service.topic("alerts"));
    let last = said.iter().rfind(|message| message.key.as_deref() == Some(before.as_bytes())).unwrap();
    assert_eq!(last.payload, None, "it is not withdrawn");
    let in_force = surface.get("/version", TOKEN);
    assert_eq!(in_force.0, 200);

    // A broken one: everything that is wrong with it is told, whoever asks.
    let rules = service.folder.path().join("rules");
    let rule = std::fs::read_to_string(rules.join(format!("{CHAINS}.yaml"))).unwrap();
    std::fs::write(rules.join("a.yaml"), rule.replace("severity: medium", "severity: stormy")).unwrap();
    std::fs::write(rules.join("b.yaml"), rule.replace("having: m.gpu_hours", "having: m.high_tides")).unwrap();
    assert_eq!(surface.post("/reload", "").0, 401);
    assert_eq!(surface.post("/reload", "another-token-than-the-one").0, 401);
    assert_eq!(surface.metric("tidewaiter_reloads_total", "refused"), 0.0, "whoever may not ask is not answered");
    let (status, problems) = surface.post("/reload", TOKEN);
    assert_eq!(status, 422, "{problems}");
    for wrong in ["a.yaml", "stormy", "b.yaml", "high_tides"] {
        assert!(problems.contains(wrong), "{wrong} is not told:\n{problems}");
    }
    running[0].hang_up();
    eventually(LONG, "a second refusal", || {
        (surface.metric("tidewaiter_reloads_total", "refused") >= 2.0).then_some(())
    });
    assert!(running[0].log().contains("the configuration stays as it was"), "{}", running[0].log());
    assert_eq!(surface.get("/version", TOKEN), in_force);
    service.send(&owner(2), 7);
    names(&service, &[(CHAINS, "account:aws/a-1"), (CHAINS, "account:aws/a-2")], &running);

    // By call: the first one again, for what came meanwhile too.
    only(&service, OWNERS);
    let (status, answer) = surface.post("/reload", TOKEN);
    assert_eq!(status, 200, "{answer}");
    names(&service, &[(OWNERS, "owner:parent-1"), (OWNERS, "owner:parent-2")], &running);
    assert!(service.table().contains_key(&before), "it is the same alert again");
    assert_ne!(surface.get("/version", TOKEN), in_force);
    assert_eq!(surface.metric("tidewaiter_reloads_total", "loaded"), 2.0);
    assert_eq!(running[0].term(LONG), 0, "{}", running[0].log());
    names(&service, &[(OWNERS, "owner:parent-1"), (OWNERS, "owner:parent-2")], &running);
    accounted(&service, 2 * owner(1).len() + 1);
}
