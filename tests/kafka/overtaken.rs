//! An engine that was away for longer than the fact log keeps what it had not folded.

use crate::broker::shared;
use crate::process::Instance;
use crate::service::{LONG, Service, logs};
use crate::wait::eventually;

fn started(machine: usize) -> Vec<u8> {
    format!(
        r#"{{"type":"usage","provider":"aws","account":"a-1","id":"s-{machine}","time":"2024-06-01T00:00:00Z","kind":"capacity_started","sku":"p5.48xlarge","count":1,"resources":["i-{machine}"],"region":"east"}}"#
    )
    .into_bytes()
}

/// Sends one record for each of these machines, and waits until the fact log has them.
fn send(service: &Service, machines: std::ops::Range<usize>, intake: &mut Instance) -> i64 {
    let end = i64::try_from(machines.end).unwrap();
    service.send(&machines.map(started).collect::<Vec<_>>(), 7);
    eventually(LONG, "facts in the log", || {
        assert!(intake.is_running(), "{}", intake.log());
        (service.client.ends(&service.topic("facts")).get(&0) == Some(&end)).then_some(())
    });
    end
}

#[test]
fn an_engine_whose_facts_were_removed_before_it_folded_them_ends_and_says_what_is_missing() {
    let Some(broker) = shared() else { return };
    // Its own snapshots do not reach over the gap, and without any there is as much missing.
    for (name, snapshots) in [("overtaken", "snapshots: { place: snapshots, every_seconds: 1 }\n"), ("unsaved", "")] {
        let service = Service::new(broker, name, 1, snapshots);
        let start = |role: &str| service.start(role, "", &["--role", role]);
        let mut running = [start("intake"), start("engine")];
        service.send(&(0..3).map(started).collect::<Vec<_>>(), 7);
        service.settled(&mut running);
        let [intake, engine] = &mut running;

        engine.stop();
        // One answer of the broker may be on its way, and hold what came first.
        send(&service, 3..4, intake);
        let end = send(&service, 4..9, intake);
        service.client.delete_records(&service.topic("facts"), &[(0, end)].into());
        engine.cont();
        let status = engine.ended(LONG);
        assert_eq!(status.code(), Some(3), "{}", engine.log());
        for told in ["the log begins at offset 9", "is gone", "shard 0"] {
            assert!(engine.log().contains(told), "{told}\n{}", engine.log());
        }

        // The intake has nothing to do with that.
        send(&service, 9..10, intake);
        assert_eq!(running[0].term(LONG), 0, "{}", logs(&running));
    }
}
