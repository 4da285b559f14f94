//! The house keeps its order: floors, banned words and module headers, checked by reading the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms by floor; a module uses lower floors and its own children, never a sibling.
const FLOORS: &[&[&str]] = &[
    &["model"],
    &["written"],
    &["catalogue", "decode", "geo", "parties"],
    &["ledger", "policy"],
    &["engine"],
    &["kafka", "telemetry"],
    &["http", "sinks", "sources", "store"],
    &["config"],
    &["app"],
    &["cli"],
];
/// The highest floor that knows neither clock, environment, file, socket nor tokio.
const PURE: usize = 4;
/// What pure floors must not name, with why.
const BANNED: &[&str] = &[
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "HashMap<",
    "HashSet<",
    "RandomState",
    "std::{",
    "std::fs",
    "std::env",
    "std::net::Tcp",
    "std::net::Udp",
    "std::process",
    "std::thread",
    "tokio::",
    "File::open",
    "rand::",
];

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let name = |path: &Path| path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
    files.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// Files of tests alone, and tests inside files, may read files and reach up.
fn is_test(file: &str) -> bool {
    ["tests.rs", "naive.rs", "fixtures.rs", "fake.rs", "arbitrary.rs"].iter().any(|name| file.ends_with(name))
}

/// A file up to the tests inside it.
fn before_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap()
}

fn room(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

#[test]
fn every_module_stands_on_a_floor_and_uses_only_lower_ones() {
    let mut wrong = Vec::new();
    for (file, text) in all() {
        let own = room(&file);
        if matches!(own, "lib" | "main") || is_test(&file) {
            continue;
        }
        let Some(height) = floor(own) else {
            wrong.push(format!("{file}: room {own} stands on no floor"));
            continue;
        };
        let code = before_tests(&text);
        for (number, line) in code.lines().enumerate() {
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if used != own && floor(&used).is_none_or(|below| below >= height) {
                    wrong.push(format!("{file}:{}: {own} may not use {used}", number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_pure_middle_knows_no_clock_environment_file_or_socket() {
    let mut wrong = Vec::new();
    for (file, text) in
        all().iter().filter(|(file, _)| floor(room(file)).is_some_and(|height| height <= PURE) && !is_test(file))
    {
        let code = before_tests(text);
        for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for word in BANNED.iter().filter(|word| line.contains(**word)) {
                wrong.push(format!("{file}:{}: {word}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_says_what_it_is() {
    let silent: Vec<_> = all()
        .into_iter()
        .filter(|(file, text)| !is_test(file) && !text.starts_with("//! "))
        .map(|(file, _)| file)
        .collect();
    assert!(silent.is_empty(), "without a header: {silent:?}");
}

#[test]
fn files_stay_small_enough_to_read() {
    let length = |text: &str| before_tests(text).lines().count();
    let long: Vec<_> = all().into_iter().map(|(file, text)| (length(&text), file)).filter(|(n, _)| *n > 600).collect();
    assert!(long.is_empty(), "longer than 600 lines before their tests: {long:?}");
}
