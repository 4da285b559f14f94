//! The tests' own teeth: the sources are broken on purpose, one way at a time, and a test must notice.
//!
//! Run by `tests/run` (the test is ignored in the quick loop: each mutation builds the crate anew).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Mutation {
    what: &'static str,
    file: &'static str,
    right: &'static str,
    wrong: &'static str,
}

const MUTATIONS: &[Mutation] = &[
    Mutation {
        what: "duplicates are not removed: every copy of an event is a fact of its own",
        file: "src/ledger/store.rs",
        right: "let id = id.unwrap_or_else(|| usage.identity());",
        wrong: "let id = crate::model::Digest::new(\"copy\").number(self.arena.len() as i64).fact_id();",
    },
    Mutation {
        what: "versions are ignored",
        file: "src/model/fact.rs",
        right: "(version, usage, self.content())",
        wrong: "(version * 0, usage, self.content())",
    },
    Mutation {
        what: "a window is an hour too long",
        file: "src/engine/window.rs",
        right: "self.back.move_to(self.last.plus(-self.hours))",
        wrong: "self.back.move_to(self.last.plus(-self.hours - 1))",
    },
    Mutation {
        what: "what a late fact changes is not asked anew",
        file: "src/engine/group.rs",
        right: "self.from = Some(self.from.map_or(hour, |from| from.min(hour)));",
        wrong: "self.from = Some(self.from.map_or(hour, |from| from.max(hour)));",
    },
    Mutation {
        what: "a machine that stops is not taken back from the hours it did not run",
        file: "src/ledger/machines.rs",
        right: "before.iter().enumerate().for_each(|(index, interval)| self.interval(account, interval, -1, from(index)));",
        wrong: "",
    },
    Mutation {
        what: "alerts whose last episode disappeared are not withdrawn",
        file: "src/engine/table.rs",
        right: "self.published.remove(&id);",
        wrong: "",
    },
    Mutation {
        what: "days for which a bill says who sells the account are not asked about again",
        file: "src/ledger/told.rs",
        right: "self.touched.push((account, first.day().max(day), last.day().min(last_day(day))));",
        wrong: "let _ = (first, last, day);",
    },
    Mutation {
        what: "days of an account are not asked about again when its bills ask something else next to a tender",
        file: "src/ledger/costs.rs",
        right: "self.touched.push((account, first.day(), last.day()));",
        wrong: "let _ = (first, last);",
    },
    Mutation {
        what: "what bills ask for days that are forgotten is still held against tenders",
        file: "src/ledger/costs.rs",
        right: "if costs.forget(known) {",
        wrong: "if known < Day(i64::MIN) && costs.forget(known) {",
    },
    Mutation {
        what: "what is left of a tender's bills when its first days are forgotten fits it",
        file: "src/engine/tenders.rs",
        right: "fits: coverage == Coverage::Whole && billed",
        wrong: "fits: billed",
    },
    Mutation {
        what: "that a tender's first day is forgotten touches nobody",
        file: "src/engine/accounts.rs",
        right: "begun.into_iter().for_each(|tender| self.touch(&tender));",
        wrong: "let _ = begun;",
    },
    Mutation {
        what: "a share loses its tenders on the way to another shard",
        file: "src/engine/contribution.rs",
        right: "tenders: (!row.tenders.is_empty()).then(|| place(&mut written.tenders, &row.tenders)),",
        wrong: "tenders: None,",
    },
    Mutation {
        what: "a tender touches only who has its name on a bill",
        file: "src/parties/touched.rs",
        right: "Fact::Tender(tender) => (None, self.reading_tender(tender)),",
        wrong: "Fact::Tender(_) => (None, Reached::default()),",
    },
    Mutation {
        what: "an edge that says another thing later is read as it was at first",
        file: "src/parties/graph.rs",
        right: "if (known.is_none() || was_kept) && !held.keep(holding, &line.said) {",
        wrong: "if known.is_none() && !held.keep(holding, &line.said) {",
    },
    Mutation {
        what: "a card that has a name of a bill touches nobody",
        file: "src/parties/touched.rs",
        right: "by_id.chain(names.flat_map(|name| self.by_name.of(name)))",
        wrong: "{ _ = names; by_id }",
    },
    Mutation {
        what: "what runs on is not asked about again",
        file: "src/engine/accounts.rs",
        right: "self.lively.insert(account)",
        wrong: "self.lively.remove(&account)",
    },
    Mutation {
        what: "what is not known yet rules a rule out",
        file: "src/policy/expr.rs",
        right: "            None => all = None,",
        wrong: "            None => {}",
    },
    Mutation {
        what: "a version of a statement is forgotten with its last line",
        file: "src/ledger/forget.rs",
        right: "lines.len() == 1",
        wrong: "lines.len() == 0",
    },
    Mutation {
        what: "a machine is forgotten although a start of it waits",
        file: "src/ledger/forget.rs",
        right: "!waits && heard",
        wrong: "(waits || true) && heard",
    },
    Mutation {
        what: "a line is passed over although another record begins in it",
        file: "src/decode/lines.rs",
        right: "Bits::of(stray, at).all(|opening| is_inside(bytes, opening))",
        wrong: "Bits::of(stray, at).count() < 65",
    },
    Mutation {
        what: "valid-to is ignored",
        file: "src/model/timeline.rs",
        right: "entry.to.is_none_or(|to| at < to);",
        wrong: "entry.to.is_none_or(|to| at < to || true);",
    },
];

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
}

/// A copy of what cargo needs, apart from the build so that sources can be broken.
fn workshop() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workshop = root.join("target/mutants/tree");
    let _ = fs::remove_dir_all(&workshop);
    fs::create_dir_all(&workshop).unwrap();
    for part in ["Cargo.toml", "Cargo.lock", "README.md", "src", "benches", "config", "docs", "tests"] {
        copy(&root.join(part), &workshop.join(part));
    }
    take_over_dependencies(&workshop.with_file_name("target/debug"));
    workshop
}

/// What the crate is built from was built already, and is taken over with its times, by which cargo knows that it is whole.
/// Where that fails everything is built once more.
fn take_over_dependencies(target: &Path) {
    let binary = Path::new(env!("CARGO_BIN_EXE_tidewaiter"));
    let Some(built) = binary.parent().filter(|_| !target.exists()) else { return };
    fs::create_dir_all(target).unwrap();
    let parts = ["deps", "build", ".fingerprint"].map(|part| built.join(part));
    let _ = Command::new("cp").arg("-a").args(parts).arg(target).status();
}

fn cargo(workshop: &Path, arguments: &[&str]) -> bool {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--locked", "--quiet"])
        .args(arguments)
        .current_dir(workshop)
        // So many that what is broken shows, whatever the seed.
        .env("PROPTEST_CASES", "1500")
        // A failure is enough: nobody reads the smallest history that shows it.
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        // A mutation changes a line: most of the crate need not be built anew.
        .env("CARGO_INCREMENTAL", "1")
        // Its own, for cargo tells two trees of one crate in one target folder badly apart.
        .env("CARGO_TARGET_DIR", workshop.with_file_name("target"))
        .output()
        .unwrap();
    output.status.success()
}

/// What histories come to, forgotten or not, against the naive model.
const HISTORIES: [&str; 6] = ["--test", "it", "--", "forgetting::", "property::", "--skip=ten_thousand"];

fn room(file: &str) -> &str {
    file.split('/').nth(1).unwrap()
}

/// The tests of a mutation's own room are few, and often enough; no other room's may be what fails.
fn passes_room(workshop: &Path, room: &str) -> bool {
    cargo(workshop, &["--lib", &format!("{room}::"), "--", "--skip=screening::", "--skip=lists::"])
}

/// A mutation whose line has moved breaks nothing: told here at once, not after every other mutation was built.
#[test]
fn every_mutation_finds_its_line_once() {
    for mutation in MUTATIONS {
        let sound = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(mutation.file)).unwrap();
        assert_eq!(sound.matches(mutation.right).count(), 1, "{}: {} has moved", mutation.file, mutation.right);
    }
}

#[test]
#[ignore = "builds the crate once a mutation; tests/run asks for it"]
fn every_mutation_is_caught() {
    let workshop = workshop();
    let rooms: BTreeSet<&str> = MUTATIONS.iter().map(|mutation| room(mutation.file)).collect();
    let sound = rooms.iter().all(|room| passes_room(&workshop, room)) && cargo(&workshop, &HISTORIES);
    assert!(sound, "the unbroken tree must pass");
    let mut survived = Vec::new();
    for mutation in MUTATIONS {
        let path = workshop.join(mutation.file);
        let sound = fs::read_to_string(&path).unwrap();
        fs::write(&path, sound.replace(mutation.right, mutation.wrong)).unwrap();
        assert!(cargo(&workshop, &["--lib", "--no-run"]), "{}: must still build", mutation.what);
        let caught = !passes_room(&workshop, room(mutation.file)) || !cargo(&workshop, &HISTORIES);
        println!("{}: {}", if caught { "caught" } else { "SURVIVED" }, mutation.what);
        if !caught {
            survived.push(mutation.what);
        }
        fs::write(&path, sound).unwrap();
    }
    assert!(survived.is_empty(), "{survived:?}");
}
