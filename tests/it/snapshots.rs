//! Snapshots as a service keeps them: shards written to a store, found again, and folded on; old layouts for ever.

use std::num::NonZeroU32;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use tidewaiter::engine::{Engine, Snapshot, Unreadable};
use tidewaiter::model::Fact;
use tidewaiter::store::{Expect, Header, Store};

use super::binary::root;
use super::histories;
use super::property::{apply, bytes, canonical, rulebook};

/// Facts of some histories, the same each time.
fn facts() -> Vec<Fact> {
    let mut runner = TestRunner::new(Config { rng_seed: RngSeed::Fixed(42), ..Config::default() });
    let histories = (0..8).map(|_| histories::history().new_tree(&mut runner).unwrap().current().0);
    histories.flatten().collect()
}

fn engine(facts: &[Fact]) -> Engine {
    let mut engine = Engine::sharded(rulebook(), NonZeroU32::new(2).unwrap());
    apply(&mut engine, facts);
    engine.publish();
    engine
}

fn header(shard: u32, position: u64) -> Header {
    Header { log: "log-1".into(), shards: 2, shard, epoch: 1, position, configuration: "sha256:test".into() }
}

#[tokio::test]
async fn what_was_saved_goes_on_as_if_never_stopped_even_from_the_one_before_a_damaged_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().to_str().unwrap()).unwrap();
    let facts = facts();
    let whole = canonical(&engine(&facts));
    for (position, part) in [(100u64, &facts[..100]), (200, &facts[..200])] {
        let snapshot = engine(part).snapshot();
        for shard in 0..2u32 {
            let pieces: Vec<Vec<u8>> = snapshot.write(shard as usize).unwrap().iter().map(|p| p.to_vec()).collect();
            store.save(&header(shard, position), pieces).await.unwrap();
        }
    }
    let newest = folder.path().join("shard-0001/epoch-0001/00000000000000000200.snapshot");
    let mut damaged = std::fs::read(&newest).unwrap();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    std::fs::write(&newest, damaged).unwrap();
    let mut payloads = Vec::new();
    let mut positions = Vec::new();
    for shard in 0..2 {
        let expect = Expect { log: "log-1".into(), shards: 2, shard, epoch: 1 };
        let found = store.newest(&expect).await.unwrap();
        assert_eq!(found.passed_over.len(), shard as usize, "the damaged one is told");
        let loaded = found.loaded.unwrap();
        positions.push(loaded.header.position);
        payloads.push(loaded.payload);
    }
    assert_eq!(positions, [200, 100]);
    let snapshot = Snapshot::read(payloads.iter().map(Vec::as_slice)).unwrap();
    let mut resumed = Engine::restore(rulebook(), snapshot, Vec::new()).unwrap();
    // Each shard reads its own partition on; one engine for both reads from the earlier place: copies change nothing.
    apply(&mut resumed, &facts[100..]);
    resumed.publish();
    assert_eq!(canonical(&resumed), whole);
}

/// The layout in force.
const VERSION: u32 = 2;

#[test]
fn shards_written_by_any_version_are_read_for_ever() {
    let folder = root().join("tests/snapshots");
    for version in 1..=VERSION {
        let read = |shard: usize| std::fs::read(folder.join(format!("shard-v{version}-{shard}.bin"))).unwrap();
        let (one, other) = (read(0), read(1));
        let snapshot = Snapshot::read([one.as_slice(), other.as_slice()]).unwrap();
        let mut engine = Engine::restore(rulebook(), snapshot, Vec::new()).unwrap();
        engine.publish();
        let found: Vec<String> = engine.alerts().map(|a| format!("{} {}", a.rule.id, a.subject.subject)).collect();
        let expected = std::fs::read_to_string(folder.join(format!("shard-v{version}.alerts.txt"))).unwrap();
        assert_eq!(found.join("\n") + "\n", expected, "version {version}");
    }
}

#[test]
#[ignore = "writes the fixtures of the layout in force; run once when the layout changes, under another version"]
fn write_the_fixtures() {
    let (engine, folder) = (engine(&facts()), root().join("tests/snapshots"));
    let snapshot = engine.snapshot();
    for shard in 0..2 {
        std::fs::write(folder.join(format!("shard-v{VERSION}-{shard}.bin")), bytes(&snapshot, shard)).unwrap();
    }
    let alerts: Vec<String> = engine.alerts().map(|a| format!("{} {}\n", a.rule.id, a.subject.subject)).collect();
    std::fs::write(folder.join(format!("shard-v{VERSION}.alerts.txt")), alerts.concat()).unwrap();
}

#[test]
fn a_shard_cut_anywhere_or_with_any_byte_changed_never_panics() {
    let whole = bytes(&engine(&facts()[..60]).snapshot(), 0);
    assert_eq!(Snapshot::read([&b"something else"[..]]).unwrap_err(), Unreadable::Foreign);
    for cut in 0..whole.len() {
        assert!(Snapshot::read([&whole[..cut]]).is_err(), "cut at {cut}");
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        // The store's checksum notices; here only that nothing worse happens than another table.
        if let Ok(snapshot) = Snapshot::read([changed.as_slice()]) {
            let _ = Engine::restore(rulebook(), snapshot, Vec::new()).map(|mut engine| engine.publish());
        }
    }
}
