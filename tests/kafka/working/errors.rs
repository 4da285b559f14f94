//! Brokers that answer with errors, on librdkafka's mock: produced, committed and fetched again.

use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use super::{OWNERS, accounted, names, owner, says, through_files, tick};
use crate::faulty::Faulty;
use crate::process::Instance;
use crate::service::{LONG, Service, logs};
use crate::surface::{Surface, TOKEN};
use crate::wait::eventually;

/// A service on a cluster that fails, ready, with its metrics.
fn start(prefix: &str) -> (Faulty, Service, Surface, Vec<Instance>) {
    let cluster = Faulty::start(1);
    let service = Service::on(&cluster, prefix, 2, "policy: [rules]\n");
    service.rules("rules", &[OWNERS]);
    std::fs::write(service.folder.path().join("token"), TOKEN).unwrap();
    let surface = Surface::new();
    let mut running = vec![service.start("one", &surface.settings(), &[])];
    eventually(LONG, "a service that is ready", || {
        assert!(running[0].is_running(), "{}", running[0].log());
        (surface.get("/readyz", "").0 == 200).then_some(())
    });
    (cluster, service, surface, running)
}

/// In the end the table is that of the files, and everything is accounted for.
fn all_is_said(service: &Service, owners: usize, running: &mut [Instance]) {
    service.settled(running);
    service.send(&[tick()], 7);
    service.settled(running);
    let mut records: Vec<Vec<u8>> = (1..=owners).flat_map(owner).collect();
    records.push(tick());
    says(service, &through_files(service, &records), running);
    for instance in running.iter_mut() {
        assert_eq!(instance.term(LONG), 0, "{}", instance.log());
    }
    accounted(service, records.len());
}

#[test]
fn requests_that_are_answered_with_errors_are_made_again_until_all_is_said() {
    use RDKafkaRespErr as Error;
    let (cluster, service, surface, mut running) = start("errors");
    // While it hangs, so that it alone meets them.
    running[0].stop();
    service.send(&owner(1), 7);
    // Some are retried by librdkafka, some are told, and are to be sent again by whoever sent them.
    cluster.fail_next(
        RDKafkaApiKey::Produce,
        &[
            Error::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
            Error::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            Error::RD_KAFKA_RESP_ERR__TRANSPORT,
            Error::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
            Error::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        ],
    );
    running[0].cont();
    eventually(LONG, "a delivery that failed", || {
        let failed = |how| surface.metric("tidewaiter_kafka_errors_total", how);
        (failed("\"delivery\"") + failed("\"send\"") >= 1.0).then_some(())
    });
    service.settled(&mut running);

    cluster.fail_next(
        RDKafkaApiKey::OffsetCommit,
        &[
            Error::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
            Error::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
            Error::RD_KAFKA_RESP_ERR__TRANSPORT,
            Error::RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        ],
    );
    service.send(&owner(2), 7);
    service.settled(&mut running);

    // All who read meet them, so there are enough for the intake's turn to come.
    let refused = [
        Error::RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
        Error::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        Error::RD_KAFKA_RESP_ERR__TRANSPORT,
        Error::RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
        Error::RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
        Error::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
    ];
    cluster.fail_next(RDKafkaApiKey::Fetch, &refused.repeat(200));
    eventually(LONG, "a source that did not have what was asked for", || {
        (surface.metric("tidewaiter_kafka_errors_total", "OffsetReset") >= 1.0).then_some(())
    });
    cluster.forgive(RDKafkaApiKey::Fetch);
    service.send(&owner(3), 7);
    service.settled(&mut running);
    all_is_said(&service, 3, &mut running);
}

#[test]
fn the_last_offset_reaches_the_broker_though_its_commit_was_refused_and_nothing_more_comes() {
    let (cluster, service, surface, mut running) = start("refused");
    // As while partitions change hands: librdkafka does not try again what is answered with this.
    let refused = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS; 1_000];
    cluster.fail_next(RDKafkaApiKey::OffsetCommit, &refused);
    service.send(&owner(1), 7);
    let taken_in = || surface.metric("tidewaiter_records_total", "relevant") >= owner(1).len() as f64;
    eventually(LONG, "records that are taken in", || taken_in().then_some(()));
    let committed = || service.client.committed("refused-intake", &service.topic("records"));
    assert!(committed().values().all(|committed| committed.offset == 0), "a commit was not refused");
    let counted = || surface.metric("tidewaiter_kafka_errors_total", "\"commit\"") > 0.0;
    eventually(LONG, "refused commits in the metrics", || counted().then_some(()));
    cluster.forgive(RDKafkaApiKey::OffsetCommit);
    service.settled(&mut running);

    // And while they do change hands.
    cluster.fail_next(RDKafkaApiKey::OffsetCommit, &refused);
    service.send(&owner(2), 7);
    running.push(service.start("two", "", &[]));
    eventually(LONG, "partitions of the second", || {
        assert!(running.iter_mut().all(Instance::is_running), "{}", logs(&running));
        running[1].log().contains("intake reads").then_some(())
    });
    let sent = i64::try_from(2 * owner(1).len()).unwrap();
    assert!(committed().values().map(|committed| committed.offset).sum::<i64>() < sent, "a commit was not refused");
    cluster.forgive(RDKafkaApiKey::OffsetCommit);
    service.settled(&mut running);
    service.send(&[tick()], 7);
    service.settled(&mut running);
    names(&service, &[(OWNERS, "owner:parent-1"), (OWNERS, "owner:parent-2")], &running);
    for instance in &mut running {
        assert_eq!(instance.term(LONG), 0, "{}", instance.log());
    }
    accounted(&service, 2 * owner(1).len() + 1);
}
