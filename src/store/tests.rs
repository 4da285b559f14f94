use std::fs;

use super::*;

const SHARD: u32 = 3;

fn header(epoch: u32, position: u64) -> Header {
    let (log, configuration) = (Text::new("tidewaiter.facts/7b2e"), Text::new("sha256:c0ffee"));
    Header { log, shards: 16, shard: SHARD, epoch, position, configuration }
}

fn expect(epoch: u32) -> Expect {
    let Header { log, shards, shard, .. } = header(epoch, 0);
    Expect { log, shards, shard, epoch }
}

fn payload(position: u64) -> Vec<u8> {
    format!("state at {position} ").repeat(20).into_bytes()
}

struct Place {
    dir: tempfile::TempDir,
    store: Store,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("snapshots").to_string_lossy()).unwrap();
        Self { dir, store }
    }

    /// With snapshots of the first epoch.
    async fn with(positions: &[u64]) -> Self {
        let place = Self::new();
        for position in positions {
            place.save(1, *position).await;
        }
        place
    }

    async fn save(&self, epoch: u32, position: u64) -> Saved {
        self.store.save(&header(epoch, position), [payload(position)]).await.unwrap()
    }

    fn file(&self, epoch: u32, position: u64) -> PathBuf {
        let name = format!("shard-{SHARD:04}/epoch-{epoch:04}/{position:020}.snapshot");
        self.dir.path().join("snapshots").join(name)
    }

    fn damage(&self, position: u64, how: impl FnOnce(&mut Vec<u8>)) {
        let file = self.file(1, position);
        let mut bytes = fs::read(&file).unwrap();
        how(&mut bytes);
        fs::write(file, bytes).unwrap();
    }

    /// The position of the newest sound one, and what was passed over.
    async fn newest(&self) -> (Option<u64>, Vec<String>) {
        let found = self.store.newest(&expect(1)).await.unwrap();
        let position = found.loaded.map(|loaded| {
            assert_eq!(loaded.payload, payload(loaded.header.position));
            loaded.header.position
        });
        (position, found.passed_over.iter().map(|passed| format!("{}: {}", passed.name, passed.why)).collect())
    }

    /// Every file there is, by its last two names.
    fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        for shard in fs::read_dir(self.dir.path().join("snapshots")).unwrap() {
            for epoch in fs::read_dir(shard.unwrap().path()).unwrap().map(|entry| entry.unwrap()) {
                let short =
                    |file: fs::DirEntry| format!("{:?}/{:?}", epoch.file_name(), file.file_name()).replace('"', "");
                files.extend(fs::read_dir(epoch.path()).unwrap().map(|file| short(file.unwrap())));
            }
        }
        files.sort();
        files
    }
}

/// Mebibytes that cannot be compressed.
fn pieces(count: usize) -> Vec<Vec<u8>> {
    let mut state = 1_u64;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..count).map(|_| (0..128 << 10).flat_map(|_| noise()).collect()).collect()
}

fn named(epoch: u32, position: u64) -> String {
    format!("epoch-{epoch:04}/{position:020}.snapshot")
}

#[tokio::test]
async fn a_snapshot_comes_back_as_it_was_saved() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_string_lossy();
    for url in [format!("{path}/a/b"), format!("file://{path}/c"), "memory://".to_owned()] {
        let store = Store::open(&url).unwrap();
        let pieces: [Arc<[u8]>; 3] = [b"state ".as_slice().into(), b"".as_slice().into(), b"at 7".as_slice().into()];
        let saved = store.save(&header(1, 7), pieces).await.unwrap();
        assert_eq!(saved.name, "shard-0003/epoch-0001/00000000000000000007.snapshot");
        assert_eq!(saved.payload, 10);
        let found = store.newest(&expect(1)).await.unwrap();
        let loaded = Loaded { name: saved.name, header: header(1, 7), payload: b"state at 7".to_vec() };
        assert_eq!(found.loaded, Some(loaded), "{url}");
        assert!(found.passed_over.is_empty());
    }
}

#[tokio::test]
async fn an_opened_directory_holds_what_another_process_saved() {
    let place = Place::with(&[7]).await;
    let again = Store::open(&place.dir.path().join("snapshots").to_string_lossy()).unwrap();
    assert_eq!(again.newest(&expect(1)).await.unwrap().loaded.unwrap().payload, payload(7));
}

#[tokio::test]
async fn large_payloads_are_sent_in_parts() {
    let pieces = pieces(20);
    for store in [Place::new().store, Store::open("memory://").unwrap()] {
        let saved = store.save(&header(1, 7), pieces.clone()).await.unwrap();
        assert!(saved.payload == 20 << 20 && saved.stored > 20 << 20, "{saved:?}");
        let loaded = store.newest(&expect(1)).await.unwrap().loaded.unwrap();
        assert!(loaded.payload == pieces.concat());
    }
}

#[tokio::test]
async fn the_newest_wins_and_other_shards_do_not_count() {
    let place = Place::with(&[9, 100, 41]).await;
    let other = Header { shard: 4, ..header(1, 500) };
    place.store.save(&other, [b"other"]).await.unwrap();
    assert_eq!(place.newest().await, (Some(100), vec![]));
}

#[tokio::test]
async fn an_empty_place_holds_none() {
    assert_eq!(Place::new().newest().await, (None, vec![]));
    assert!(Store::open("memory://").unwrap().newest(&expect(1)).await.unwrap().loaded.is_none());
}

#[tokio::test]
async fn a_snapshot_of_the_same_position_is_replaced() {
    let place = Place::with(&[7]).await;
    let newer = Header { configuration: Text::new("sha256:beef"), ..header(1, 7) };
    place.store.save(&newer, [payload(7)]).await.unwrap();
    assert_eq!(place.store.newest(&expect(1)).await.unwrap().loaded.unwrap().header, newer);
    assert_eq!(place.files(), [named(1, 7)]);
}

#[tokio::test]
async fn damaged_ones_are_passed_over_with_the_reason() {
    let place = Place::with(&[1, 2, 3, 4, 5, 6]).await;
    place.damage(6, |bytes| bytes.truncate(bytes.len() / 2));
    place.damage(5, |bytes| bytes[60] ^= 4);
    place.damage(4, |bytes| bytes[8] = 9);
    place.damage(3, Vec::clear);
    fs::copy(place.file(1, 1), place.file(1, 2)).unwrap();
    let name = |position| format!("shard-0003/{}", named(1, position));
    let reasons = vec![
        format!("{}: damaged or cut short: its checksum differs", name(6)),
        format!("{}: damaged or cut short: its checksum differs", name(5)),
        format!("{}: of format version 9: this build reads up to version 1", name(4)),
        format!("{}: not a snapshot: its first bytes are others", name(3)),
        format!("{}: misnamed: by its header it is {}", name(2), name(1)),
    ];
    assert_eq!(place.newest().await, (Some(1), reasons));
}

#[tokio::test]
async fn where_all_are_damaged_there_is_none_and_it_is_said_why() {
    let place = Place::with(&[1, 2]).await;
    place.damage(1, Vec::clear);
    place.damage(2, |bytes| bytes[20] ^= 1);
    let (none, passed_over) = place.newest().await;
    assert_eq!((none, passed_over.len()), (None, 2));
}

#[tokio::test]
async fn more_than_is_ever_written_is_not_read() {
    let place = Place::with(&[1, 2]).await;
    let store = Store { most: 10, ..place.store.clone() };
    fs::OpenOptions::new().write(true).open(place.file(1, 2)).unwrap().set_len(1 << 40).unwrap();
    let found = store.newest(&expect(1)).await.unwrap();
    let reasons: Vec<_> = found.passed_over.iter().map(|passed| passed.why.to_string()).collect();
    assert_eq!(reasons, ["holds 1099511627776 bytes, at most 65546 are read", "holds 220 bytes, at most 10 are read"]);
}

#[tokio::test]
async fn another_log_is_refused_and_not_passed_over() {
    let place = Place::with(&[1]).await;
    let other = Expect { log: Text::new("tidewaiter.facts/0000"), ..expect(1) };
    assert_eq!(
        place.store.newest(&other).await.unwrap_err().to_string(),
        "snapshot shard-0003/epoch-0001/00000000000000000001.snapshot is of the log tidewaiter.facts/7b2e, not of \
         tidewaiter.facts/0000: a new log needs a new epoch (this is epoch 1) or a place of its own for its snapshots"
    );
}

#[tokio::test]
async fn another_number_of_shards_is_refused_with_what_to_do() {
    let place = Place::with(&[1]).await;
    assert_eq!(
        place.store.newest(&Expect { shards: 32, ..expect(1) }).await.unwrap_err().to_string(),
        "snapshot shard-0003/epoch-0001/00000000000000000001.snapshot is one of 16 shards, not of 32: the number is fixed \
         when a log is created; go back to 16, or create a new log with 32 shards and start it as epoch 2"
    );
}

#[tokio::test]
async fn a_new_epoch_leaves_the_old_one_alone_and_an_old_one_stops_at_the_new() {
    let place = Place::with(&[50]).await;
    let new = Expect { log: Text::new("tidewaiter.facts/new"), shards: 32, ..expect(2) };
    assert!(place.store.newest(&new).await.unwrap().loaded.is_none());
    let saved = Header { log: new.log.clone(), shards: 32, ..header(2, 3) };
    place.store.save(&saved, [payload(3)]).await.unwrap();
    assert_eq!(place.store.newest(&new).await.unwrap().loaded.unwrap().header.position, 3);
    assert_eq!(
        place.store.newest(&expect(1)).await.unwrap_err().to_string(),
        "snapshot shard-0003/epoch-0002/00000000000000000003.snapshot is of a later epoch than 1: this instance is \
         configured for a log that has been replaced; give it the newer log and its epoch, or remove that snapshot to go \
         back"
    );
}

#[tokio::test]
async fn pruning_keeps_the_newest_of_whatever_epoch() {
    let place = Place::with(&[1, 2, 10, 20]).await;
    place.save(2, 5).await;
    place.store.save(&Header { shard: 4, ..header(1, 1) }, [b"other"]).await.unwrap();
    let removed = place.store.prune(SHARD, KEEP).await.unwrap();
    assert_eq!(removed, [format!("shard-0003/{}", named(1, 2)), format!("shard-0003/{}", named(1, 1))]);
    assert_eq!(place.files(), [named(1, 1), named(1, 10), named(1, 20), named(2, 5)], "the first is of shard 4");
    assert_eq!(place.store.prune(SHARD, KEEP).await.unwrap(), Vec::<Text>::new());
}

#[tokio::test]
async fn pruning_never_removes_the_newest_sound_one() {
    let place = Place::with(&[1, 2, 3, 4]).await;
    place.damage(4, Vec::clear);
    place.damage(3, |bytes| bytes.truncate(40));
    assert_eq!(place.store.prune(SHARD, 0).await.unwrap(), [format!("shard-0003/{}", named(1, 1))]);
    assert_eq!(place.newest().await.0, Some(2));
    place.damage(2, Vec::clear);
    assert_eq!(place.store.prune(SHARD, 1).await.unwrap(), Vec::<Text>::new(), "none is sound: none is removed");
    assert_eq!(place.files().len(), 3);
}

#[tokio::test]
async fn what_a_crash_left_is_no_snapshot_and_is_swept_once_it_is_old() {
    let place = Place::with(&[1, 7]).await;
    let left = |epoch, position, number| PathBuf::from(format!("{}#{number}", place.file(epoch, position).display()));
    let whole = fs::read(place.file(1, 7)).unwrap();
    fs::write(left(1, 5, 1), &whole[..40]).unwrap();
    fs::write(left(1, 7, 2), &whole).unwrap();
    fs::write(left(1, 9, 1), &whole).unwrap();
    fs::write(place.file(1, 3).with_extension("snapshot#x"), b"").unwrap();
    fs::write(place.file(1, 3).with_file_name("notes.txt"), b"").unwrap();
    assert_eq!(place.newest().await, (Some(7), vec![]));

    // Those of the newest position and later may still be written to, and strangers are none of its business.
    assert_eq!(place.store.prune(SHARD, KEEP).await.unwrap(), Vec::<Text>::new());
    let leftovers = |files: Vec<String>| files.into_iter().filter(|file| file.contains('#')).collect::<Vec<_>>();
    let stranger = format!("{}#x", named(1, 3));
    assert_eq!(
        leftovers(place.files()),
        [stranger.clone(), format!("{}#2", named(1, 7)), format!("{}#1", named(1, 9))]
    );
    // A leftover is not in the way of the snapshot it was to become.
    place.save(1, 9).await;
    place.save(1, 12).await;
    assert_eq!(place.newest().await, (Some(12), vec![]));
    place.store.prune(SHARD, KEEP).await.unwrap();
    assert_eq!(leftovers(place.files()), [stranger]);
}

/// Where the process that is to be killed saves.
const VICTIM: &str = "TIDEWAITER_TEST_VICTIM";

#[tokio::test]
#[ignore = "the next test runs it, and kills it"]
async fn saves_until_it_is_killed() {
    let Some(path) = std::env::var_os(VICTIM) else { return };
    let store = Store::open(&path.to_string_lossy()).unwrap();
    store.save(&header(1, 1), [payload(1)]).await.unwrap();
    let stalls = pieces(20).into_iter().chain(std::iter::from_fn(|| {
        std::thread::sleep(std::time::Duration::from_secs(60));
        None
    }));
    store.save(&header(1, 2), stalls).await.unwrap();
}

#[tokio::test]
async fn a_process_killed_while_it_saves_leaves_the_snapshot_before() {
    let place = Place::new();
    let mut victim = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "store::tests::saves_until_it_is_killed"])
        .env(VICTIM, place.dir.path().join("snapshots"))
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let staged = PathBuf::from(format!("{}#1", place.file(1, 2).display()));
    while !fs::metadata(&staged).is_ok_and(|file| file.len() >= 16 << 20) {
        assert!(victim.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert_eq!(place.newest().await, (Some(1), vec![]));
    place.save(1, 3).await;
    place.store.prune(SHARD, KEEP).await.unwrap();
    assert_eq!(place.files(), [named(1, 1), named(1, 3)]);
}

#[tokio::test]
async fn what_fails_on_the_way_leaves_nothing_behind() {
    let place = Place::with(&[1]).await;
    let small = Store { most: 100, ..place.store.clone() };
    assert_eq!(
        small.save(&header(1, 2), [vec![0; 60], vec![0; 41]]).await.unwrap_err().to_string(),
        "cannot write snapshot shard-0003/epoch-0001/00000000000000000002.snapshot: it holds more than 100 bytes, and \
         would not be read again"
    );
    let breaks = (0..).map(|number| if number < 50 { vec![7; 1 << 20] } else { panic!("no more") });
    let failed = place.store.save(&header(1, 3), breaks).await.unwrap_err().to_string();
    assert!(failed.starts_with("cannot write snapshot shard-0003/epoch-0001/00000000000000000003.snapshot to "));
    assert_eq!(place.files(), [named(1, 1)]);
}

#[tokio::test]
async fn a_header_too_long_to_be_read_again_is_not_written() {
    let place = Place::new();
    let long = Header { log: Text::new("x".repeat(1025)), ..header(1, 2) };
    assert_eq!(
        place.store.save(&long, [b""]).await.unwrap_err().to_string(),
        "cannot write snapshot shard-0003/epoch-0001/00000000000000000002.snapshot: the log of its header is 1025 bytes \
         long, at most 1024 fit"
    );
    let fits = Header { log: Text::new("x".repeat(1024)), ..header(1, 2) };
    place.store.save(&fits, [b""]).await.unwrap();
    let found = place.store.newest(&Expect { log: fits.log.clone(), ..expect(1) }).await.unwrap();
    assert_eq!(found.loaded.unwrap().header, fits);
}

/// Works for every user, root too, unlike a directory without permissions.
#[tokio::test]
async fn a_directory_that_became_a_file_is_an_error_and_not_an_empty_place() {
    let place = Place::with(&[1]).await;
    let path = place.dir.path().join("snapshots");
    fs::remove_dir_all(&path).unwrap();
    fs::write(&path, b"not a directory").unwrap();
    let shown = path.display();
    let failed = |result: String| assert!(result.contains("Not a directory (os error 20)"), "{result}");
    let save = place.store.save(&header(1, 2), [b""]).await.unwrap_err().to_string();
    assert!(save.starts_with(&format!("cannot write snapshot shard-0003/{} to {shown}: ", named(1, 2))), "{save}");
    failed(save);
    let newest = place.store.newest(&expect(1)).await.unwrap_err().to_string();
    assert!(newest.starts_with(&format!("cannot list snapshots of shard 3 in {shown}: ")), "{newest}");
    failed(newest);
    failed(place.store.prune(SHARD, KEEP).await.unwrap_err().to_string());
    let open = Store::open(&path.to_string_lossy()).unwrap_err().to_string();
    assert!(open.starts_with(&format!("cannot open snapshot store {shown}: ")), "{open}");
    fs::remove_file(&path).unwrap();
    assert!(place.store.newest(&expect(1)).await.unwrap_err().to_string().contains("No such file or directory"));
}

#[test]
fn places_of_other_kinds_say_what_is_missing() {
    let refused = |url: &str| Store::open(url).unwrap_err().to_string();
    for (is_built_in, url, feature) in [
        (cfg!(feature = "s3"), "s3://bucket/prefix", "s3"),
        (cfg!(feature = "gcs"), "gs://bucket/prefix", "gcs"),
        (cfg!(feature = "azblob"), "az://container/prefix", "azblob"),
    ] {
        if !is_built_in {
            assert_eq!(
                refused(url),
                format!(
                    "snapshot store {url} needs a build with the feature {feature}: cargo build --release --features {feature}"
                )
            );
        }
    }
    assert!(refused("ftp://host/path").starts_with("snapshot store ftp://host/path: of no known kind: "));
    assert_eq!(
        refused("file://host/path"),
        "snapshot store file://host/path: not a local path: write file:///path with three slashes"
    );
    for url in ["s3://key:secret@bucket/prefix", "az://container/prefix?sig=secret"] {
        assert_eq!(
            refused(url),
            "snapshot store URL: credentials and options belong in the environment, not in the URL"
        );
    }
    assert!(refused("s3://[").starts_with("snapshot store URL: cannot be read: "));
    assert!(refused("").starts_with("cannot open snapshot store : "));
}
