//! A fact log that cannot be written for a while, and who waits for it.

use super::{accounted, says, through_files};
use crate::broker::shared;
use crate::invented;
use crate::process::Instance;
use crate::service::{LONG, Service, logs};
use crate::surface::{Surface, TOKEN};
use crate::wait::eventually;

#[test]
fn sources_pause_while_the_fact_log_takes_nothing_and_nothing_is_lost_though_partitions_change_hands() {
    let Some(broker) = shared() else { return };
    let queue = ", properties: { queue.buffering.max.messages: 100 }";
    let service = Service::with(broker, "pressure", 4, queue, "");
    std::fs::write(service.folder.path().join("token"), TOKEN).unwrap();
    let surface = Surface::new();
    let (records, last) = invented::records(11, 20, 1_500);
    let mut all: Vec<Vec<u8>> = records.into_iter().map(String::into_bytes).collect();
    let mut running = vec![service.start("first", &surface.settings(), &[])];
    eventually(LONG, "a service that is ready", || (surface.get("/readyz", "").0 == 200).then_some(()));

    // More copies are asked for than there are: whatever is sent is refused, and tried again.
    service.client.set_topic(&service.topic("facts"), "min.insync.replicas", "2");
    service.send(&all, 7);
    eventually(LONG, "a pause", || {
        assert!(running[0].is_running(), "{}", running[0].log());
        (surface.metric("tidewaiter_intake_pauses_total", "intake") >= 1.0).then_some(())
    });
    running.push(service.start("second", "", &[]));
    eventually(LONG, "partitions of the second", || {
        assert!(running.iter_mut().all(Instance::is_running), "{}", logs(&running));
        running[1].log().contains("intake reads").then_some(())
    });
    let intake = "pressure-intake";
    let committed: i64 = service.client.committed(intake, &service.topic("records")).values().map(|c| c.offset).sum();
    assert!(committed < i64::try_from(all.len()).unwrap(), "the fact log took everything: nothing was shown");

    service.client.set_topic(&service.topic("facts"), "min.insync.replicas", "1");
    service.settled(&mut running);
    all.push(last.into_bytes());
    service.send(&all[all.len() - 1..], 7);
    service.settled(&mut running);
    let expected = through_files(&service, &all);
    assert!(expected.len() > 3, "few alerts show little");
    says(&service, &expected, &running);
    for instance in &mut running {
        assert_eq!(instance.term(LONG), 0, "{}", instance.log());
    }
    accounted(&service, all.len());
    says(&service, &expected, &running);
}
