//! A member of a group on librdkafka's mock of a cluster, where something is in its way.

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use super::*;
use crate::kafka::Connection;
use crate::model::{EventTime, Secret};
use crate::sinks::webhook::{
    Endpoint, Event, GIVE_UP_AFTER, Heard, LEAST, MOST, NotTaken, Shape, TIMEOUT, Target, open,
};

const TOPIC: &str = "alerts";
/// Most that a test waits for something that must happen.
const SOON: Duration = Duration::from_secs(60);

/// The consumer goes first: as it leaves it commits, and without a cluster it would wait for that for ever.
struct Scene {
    consumer: Consumer,
    feed: Arc<Feed>,
    member: Arc<Member>,
    cluster: MockCluster<'static, DefaultProducerContext>,
}

/// A topic of two partitions, and a member that is about to join, after `prepared`.
fn scene(prepared: impl FnOnce(&MockCluster<'static, DefaultProducerContext>)) -> Scene {
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic(TOPIC, 2, 1).unwrap();
    prepared(&cluster);
    let target = Target {
        name: "siem".into(),
        endpoint: Endpoint::parse("http://siem.example/in").unwrap(),
        shape: Shape::Signed { key: Secret::new(b"invented-key-of-tests").unwrap() },
        on: Event::DEFAULT.into(),
        least: LEAST,
        most: MOST,
        timeout: TIMEOUT,
        give_up_after: GIVE_UP_AFTER,
    };
    let (feed, _) = open(target);
    let feed = Arc::new(feed);
    let member = Member::new(Arc::clone(&feed), Arc::default(), Arc::default());
    let member = Arc::new(Member { given: Duration::from_secs(1), ..member });
    let mut connection = Connection { brokers: cluster.bootstrap_servers(), ..Connection::default() };
    // Who was put out is waited for until it would have died; the first balance takes the mock three seconds.
    for (property, value) in [("session.timeout.ms", "5000"), ("heartbeat.interval.ms", "500")] {
        connection.properties.add(property, value).unwrap();
    }
    let consumer = connection.member("siem", Box::new(Arc::clone(&member)), None, &[]).unwrap();
    consumer.subscribe(&[TOPIC]).unwrap();
    Scene { consumer, feed, member, cluster }
}

impl Scene {
    /// Polls until `ready`.
    fn until(&self, what: &str, mut ready: impl FnMut() -> bool) {
        let began = Stopwatch::start();
        while !ready() {
            assert!(began.elapsed() < SOON, "waited in vain for {what}");
            let _ = self.consumer.poll(Duration::from_millis(50));
        }
    }

    fn reads(&self, partition: i32) -> bool {
        self.feed.next(partition).is_some()
    }

    fn commit(&self) {
        self.member.commit(&self.consumer, &self.consumer.assignment().unwrap(), CommitMode::Async);
    }
}

#[test]
fn a_start_that_cannot_be_committed_is_committed_later_and_keeps_nobody_from_reading() {
    let failing = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID; 1_000];
    let scene = scene(|cluster| cluster.request_errors(RDKafkaApiKey::OffsetCommit, &failing));
    scene.until("partitions", || scene.reads(0) && scene.reads(1));
    scene.commit();
    assert!(!scene.member.past().is_known(0), "it was refused");
    scene.cluster.clear_request_errors(RDKafkaApiKey::OffsetCommit);
    scene.until("a commit", || {
        scene.commit();
        scene.member.past().is_known(0) && scene.member.past().is_known(1)
    });
    let mut both = TopicPartitionList::new();
    both.add_partition_range(TOPIC, 0, 1);
    let committed = scene.consumer.committed_offsets(both, PATIENCE).unwrap();
    assert!(committed.elements().iter().all(|element| element.offset() == Offset::Offset(0)), "{committed:?}");
}

#[test]
fn a_partition_without_a_leader_holds_up_no_other_and_is_taken_up_later() {
    let scene = scene(|cluster| cluster.partition_leader(TOPIC, 1, None).unwrap());
    scene.until("the other partition", || scene.reads(0));
    assert!(!scene.reads(1) && scene.member.is_behind());
    scene.member.take_up(&scene.consumer).unwrap();
    assert!(!scene.reads(1) && scene.member.is_behind());
    scene.cluster.partition_leader(TOPIC, 1, Some(1)).unwrap();
    let heard = Heard { partition: 0, offset: 0, at: EventTime::MIN, id: "a".into(), payload: None };
    let said = scene.feed.read(heard).unwrap();
    scene.until("the partition that has a leader again", || {
        scene.member.take_up(&scene.consumer).unwrap();
        scene.reads(1)
    });
    assert!(!scene.member.is_behind());
    assert_ne!(scene.feed.offer(said), Err(NotTaken::NotAssigned), "the other was read on meanwhile");
}
