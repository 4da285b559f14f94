use proptest::prelude::*;

use super::*;
use crate::model::Text;

const FIXTURE: &[u8] = include_bytes!("../../../tests/snapshots/v1.snapshot");
const MOST: u64 = 1 << 20;

fn header() -> Header {
    let (log, configuration) = (Text::new("tidewaiter.facts/7b2e"), Text::new("sha256:c0ffee"));
    Header { log, shards: 16, shard: 3, epoch: 1, position: 41_827, configuration }
}

/// What the fixture holds: something to compress, something not, and bytes that are no text.
fn payload() -> Vec<Vec<u8>> {
    vec![b"tide ".repeat(40), Vec::new(), (0..=255).collect(), vec![0; 300]]
}

fn stored(payload: Vec<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    let sizes = write(&header().write().unwrap(), payload, MOST, &mut out).unwrap();
    assert_eq!(sizes.stored, out.len() as u64);
    out
}

fn read(stored: &[u8]) -> Result<(Header, Vec<u8>), Damage> {
    let sound = open(stored)?;
    Ok((sound.header.clone(), sound.payload(MOST)?))
}

/// The same bytes with a checksum that holds.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - CHECKSUM);
    let checksum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&checksum);
    bytes
}

#[test]
fn what_was_handed_in_comes_back() {
    let stored = stored(payload());
    assert!(stored.len() < payload().concat().len());
    assert_eq!(read(&stored).unwrap(), (header(), payload().concat()));
}

#[test]
fn a_payload_may_be_empty() {
    assert_eq!(read(&stored(Vec::new())).unwrap(), (header(), Vec::new()));
    assert_eq!(read(&stored(vec![Vec::new()])).unwrap(), (header(), Vec::new()));
}

proptest! {
    #[test]
    fn any_payload_comes_back_however_it_is_cut(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..12),
        times in 1_usize..20,
    ) {
        let pieces: Vec<Vec<u8>> = pieces.iter().map(|piece| piece.repeat(times)).collect();
        prop_assert_eq!(read(&stored(pieces.clone())).unwrap().1, pieces.concat());
    }

    #[test]
    fn bytes_that_are_no_snapshot_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(read(&bytes).is_err());
        let begun = [&MAGIC[..], &VERSION.to_le_bytes(), &bytes].concat();
        prop_assert!(read(&begun).is_err());
    }
}

#[test]
fn a_snapshot_cut_short_anywhere_is_noticed() {
    let stored = stored(payload());
    for length in 0..stored.len() {
        assert!(read(&stored[..length]).is_err(), "cut to {length} bytes");
    }
    assert!(read(&[&stored[..], &[0]].concat()).is_err(), "a byte too many");
}

#[test]
fn every_flipped_bit_is_noticed() {
    let mut stored = stored(payload());
    for at in 0..stored.len() {
        for bit in 0..8 {
            stored[at] ^= 1 << bit;
            let refused = read(&stored).unwrap_err();
            match at {
                0..8 => assert!(matches!(refused, Damage::Foreign)),
                8..10 => assert!(matches!(refused, Damage::Version(_))),
                _ => assert!(matches!(refused, Damage::Checksum), "byte {at}: {refused}"),
            }
            stored[at] ^= 1 << bit;
        }
    }
    assert!(read(&stored).is_ok());
}

/// Whoever can write a checksum can write a wrong header or payload, but not crash the reader or fill its memory.
#[test]
fn sealed_lies_are_read_or_refused_and_never_crash() {
    let stored = stored(payload());
    let body = stored.len() - CHECKSUM;
    for at in 10..body {
        for value in [0, 0xff] {
            let mut lie = stored.clone();
            lie[at] = value;
            if let Ok((_, payload)) = read(&sealed(lie)) {
                assert!(payload.len() as u64 <= MOST);
            }
        }
    }
    for length in 10..body {
        assert!(read(&sealed(stored[..length + CHECKSUM].to_vec())).is_err(), "cut to {length} bytes and sealed");
    }
}

#[test]
fn a_length_that_bytes_cannot_hold_is_refused_before_memory_is_taken() {
    let said = |length: u64| {
        let mut lie = stored(payload());
        let at = lie.len() - CHECKSUM - 8;
        lie[at..at + 8].copy_from_slice(&length.to_le_bytes());
        let lie = sealed(lie);
        open(&lie).unwrap().payload(u64::MAX).unwrap_err().to_string()
    };
    let real = payload().concat().len() as u64;
    assert_eq!(said(real + 1), "malformed: its payload is shorter than it is said to be");
    assert_eq!(said(real - 1), "malformed: its payload is longer than it is said to be");
    for length in [1 << 30, 1 << 60, u64::MAX] {
        assert_eq!(said(length), "malformed: its payload is said to be longer than its bytes can hold");
    }
}

#[test]
fn more_than_the_bound_is_neither_written_nor_read() {
    let whole = payload().concat().len() as u64;
    let write = |most| write(&[], payload(), most, Vec::new());
    assert_eq!(write(whole).unwrap().payload, whole);
    assert!(matches!(write(whole - 1), Err(Unwritten::TooLarge)));
    let stored = stored(payload());
    assert!(open(&stored).unwrap().payload(whole).is_ok());
    let refused = open(&stored).unwrap().payload(whole - 1).unwrap_err().to_string();
    assert_eq!(refused, format!("holds {whole} bytes, at most {} are read", whole - 1));
}

#[test]
fn what_cannot_be_compressed_stays_within_what_is_read() {
    let mut noise = Vec::new();
    for number in 0..40_000_u32 {
        noise.extend_from_slice(&Sha256::digest(number.to_le_bytes()));
    }
    let payload = noise.len() as u64;
    let sizes = write(&header().write().unwrap(), [noise], payload, Vec::new()).unwrap();
    assert!(sizes.stored > payload && sizes.stored <= most_stored(payload), "{sizes:?}");
}

#[test]
fn a_newer_format_says_which_this_build_reads() {
    let mut newer = stored(payload());
    newer[8..10].copy_from_slice(&2_u16.to_le_bytes());
    let refused = read(&sealed(newer)).unwrap_err().to_string();
    assert_eq!(refused, "of format version 2: this build reads up to version 1");
}

#[test]
fn version_1_stays_readable_for_ever() {
    assert_eq!(read(FIXTURE).unwrap(), (header(), payload().concat()));
}

/// How `tests/snapshots/v1.snapshot` came to be; see the README beside it.
#[test]
#[ignore = "writes a fixture"]
fn writes_the_fixture_of_this_version() {
    let path = format!("{}/tests/snapshots/v{VERSION}.snapshot", env!("CARGO_MANIFEST_DIR"));
    assert!(!std::fs::exists(&path).unwrap(), "{path} was written once and is never written again");
    std::fs::write(path, stored(payload())).unwrap();
}
