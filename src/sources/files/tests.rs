use std::io::Write;

use super::*;

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn tree(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    dir
}

fn listed(dir: &tempfile::TempDir) -> (Vec<String>, Vec<String>) {
    let listing = list(&[dir.path().to_owned()]);
    assert!(listing.errors.is_empty(), "{:?}", listing.errors);
    let short = |name: &Text| name.strip_prefix(&*dir.path().to_string_lossy()).unwrap()[1..].to_owned();
    let skipped = listing.skipped.iter().map(|s| format!("{}: {}", short(&s.name), s.reason)).collect();
    (listing.entries.iter().map(|e| short(&e.name)).collect(), skipped)
}

fn content(path: &Path, caps: &Caps) -> io::Result<String> {
    let mut text = Vec::new();
    for entry in &list(&[path.to_owned()]).entries {
        read_to(entry, caps, &mut text)?;
    }
    Ok(String::from_utf8(text).unwrap())
}

fn read_to(entry: &Entry, caps: &Caps, to: &mut Vec<u8>) -> io::Result<()> {
    let mut ended = Ok(0);
    entry.open(caps, &mut |opened| match opened {
        Opened::Bytes(_, input) => ended = input.read_to_end(to),
        Opened::File(_, mut file) => ended = file.read_to_end(to),
        Opened::Skipped(left) => panic!("{left:?}"),
        Opened::Unreadable(error) => panic!("{error}"),
    });
    ended.map(|_| ())
}

#[test]
fn a_directory_is_read_by_path_and_the_rest_listed_as_skipped() {
    let dir = tree(&[
        ("b.json", b"{}".to_vec()),
        ("a/z.NDJSON.gz", gz(b"{}")),
        ("a/raw.gz", gz(b"{}")),
        ("a/notes.txt.gz", gz(b"x")),
        ("a.csv", b"".to_vec()),
        ("LICENSE", b"".to_vec()),
        ("LICENSE-3rdparty.csv", b"a,b".to_vec()),
        ("license.json", b"".to_vec()),
        ("notices.json", b"".to_vec()),
        ("README.md", b"".to_vec()),
        ("c.zip", zip(&[("y.json", b"{}"), ("d/x.cloudtrail", b"{}"), ("notes.txt", b""), ("n.zip", b"")])),
    ]);
    let (entries, skipped) = listed(&dir);
    assert_eq!(
        entries,
        ["a/raw.gz", "a/z.NDJSON.gz", "a.csv", "b.json", "c.zip!d/x.cloudtrail", "c.zip!y.json", "notices.json"]
    );
    assert_eq!(
        skipped,
        [
            "LICENSE: a licence or read-me by its name",
            "LICENSE-3rdparty.csv: a licence or read-me by its name",
            "README.md: a licence or read-me by its name",
            "a/notes.txt.gz: no known extension",
            "c.zip!n.zip: no known extension",
            "c.zip!notes.txt: no known extension",
            "license.json: a licence or read-me by its name"
        ]
    );
}

#[test]
fn a_named_file_is_read_whatever_it_is_called() {
    let dir = tree(&[("trail", b"[1]".to_vec()), ("packed", gz(b"[2]")), ("archive", zip(&[("a.json", b"[3]")]))]);
    for (name, expected) in [("trail", "[1]"), ("packed", "[2]"), ("archive", "[3]")] {
        assert_eq!(content(&dir.path().join(name), &Caps::default()).unwrap(), expected);
    }
}

#[test]
fn a_path_that_cannot_be_read_does_not_hide_the_others() {
    let dir = tree(&[("a.json", b"{}".to_vec()), ("broken.zip", b"PK\x03\x04nothing".to_vec())]);
    let listing = list(&[dir.path().join("absent"), dir.path().join("broken.zip"), dir.path().join("a.json")]);
    let wrong: Vec<_> = listing.errors.iter().map(|e| e.path.file_name().unwrap().to_string_lossy()).collect();
    assert_eq!(wrong, ["absent", "broken.zip"]);
    assert_eq!(listing.entries.len(), 1);
}

#[test]
fn gzip_is_read_through_all_its_members_and_twice_over() {
    let two = [gz(b"[1]"), gz(b"[2]")].concat();
    let dir = tree(&[("a.json.gz", gz(&two)), ("b.json", gz(b"[3]"))]);
    assert_eq!(content(&dir.path().join("a.json.gz"), &Caps::default()).unwrap(), "[1][2]");
    assert_eq!(content(&dir.path().join("b.json"), &Caps::default()).unwrap(), "[3]");
}

#[test]
fn a_file_cut_off_gives_what_is_there_and_then_an_error() {
    let mut bytes = gz(&b"{\"a\":1}\n".repeat(1000));
    bytes.truncate(bytes.len() - 9);
    let dir = tree(&[("a.json.gz", bytes)]);
    let listing = list(&[dir.path().join("a.json.gz")]);
    let mut read = Vec::new();
    let error = read_to(&listing.entries[0], &Caps::default(), &mut read).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    assert!(read.len() > 7000);
}

#[test]
fn what_grows_beyond_the_caps_is_an_error() {
    let dir = tree(&[
        ("bomb.json.gz", gz(&vec![b' '; 40 << 20])),
        ("twice.json.gz", gz(&gz(&vec![b' '; 40 << 20]))),
        ("bomb.zip", zip(&[("a.json", &vec![b' '; 40 << 20])])),
    ]);
    for name in ["bomb.json.gz", "twice.json.gz", "bomb.zip"] {
        let strict = Caps { ratio: 50, ..Caps::default() };
        assert_eq!(content(&dir.path().join(name), &strict).unwrap_err().kind(), io::ErrorKind::FileTooLarge, "{name}");
        let small = Caps { bytes: 1000, ..Caps::default() };
        assert_eq!(content(&dir.path().join(name), &small).unwrap_err().kind(), io::ErrorKind::FileTooLarge, "{name}");
    }
}

#[test]
fn a_member_changed_in_its_archive_is_an_error() {
    let mut bytes = zip(&[("a.json", b"[1,2,3,4,5,6,7,8,9]")]);
    // The checksum stands in the central directory, 16 bytes into its entry.
    let entry = bytes.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    bytes[entry + 16] ^= 1;
    let dir = tree(&[("a.zip", bytes)]);
    assert_eq!(content(&dir.path().join("a.zip"), &Caps::default()).unwrap_err().kind(), io::ErrorKind::InvalidData);
}

#[test]
fn zstd_is_read_by_content_and_held_to_the_limits() {
    let dir = tree(&[("a.ndjson.zst", zst(b"{}")), ("b", zst(&gz(b"[]"))), ("c.zst", zst(b"x"))]);
    assert_eq!(listed(&dir).0, ["a.ndjson.zst", "c.zst"], "what is compressed may be named anything");
    let of = |name: &str, bytes| content(&dir.path().join(name), &Caps { bytes, ratio: 500 });
    assert_eq!((of("a.ndjson.zst", 9).unwrap(), of("b", 999).unwrap()), ("{}".to_owned(), "[]".to_owned()));
    assert_eq!(of("a.ndjson.zst", 1).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
}
