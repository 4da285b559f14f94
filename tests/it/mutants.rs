//! The tests' own teeth: the sources are broken on purpose, one way at a time, and a test must notice.
//!
//! Run by `tests/run` (the test is ignored in the quick loop: it builds the crate anew, with all mutations in it, each asleep until
//! the environment names it).

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A way to break a file: what stands between the marks `«` and `»` becomes another expression of its type, or other statements.
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
        right: "let id = «id.unwrap_or_else(|| usage.identity())»;",
        wrong: "crate::model::Digest::new(\"copy\").number(self.arena.len() as i64).fact_id()",
    },
    Mutation {
        what: "versions are ignored",
        file: "src/model/fact.rs",
        right: "(«version», usage, self.content())",
        wrong: "version * 0",
    },
    Mutation {
        what: "a window is an hour too long",
        file: "src/engine/window.rs",
        right: "self.back.move_to(self.last.plus(«-self.hours»))",
        wrong: "-self.hours - 1",
    },
    Mutation {
        what: "what a late fact changes is not asked anew",
        file: "src/engine/group.rs",
        right: "self.from = Some(self.from.map_or(hour, |from| «from.min(hour)»));",
        wrong: "from.max(hour)",
    },
    Mutation {
        what: "a machine that stops is not taken back from the hours it did not run",
        file: "src/ledger/machines.rs",
        right: "«before.iter().enumerate().for_each(|(index, interval)| self.interval(account, interval, -1, from(index)));»",
        wrong: "",
    },
    Mutation {
        what: "alerts whose last episode disappeared are not withdrawn",
        file: "src/engine/table.rs",
        right: "«self.published.remove(&id);»",
        wrong: "",
    },
    Mutation {
        what: "days for which a bill says who sells the account are not asked about again",
        file: "src/ledger/told.rs",
        right: "«self.touched.push((account, first.day().max(day), last.day().min(last_day(day))));»",
        wrong: "",
    },
    Mutation {
        what: "days of an account are not asked about again when its bills ask something else next to a tender",
        file: "src/ledger/costs.rs",
        right: "«self.touched.push((account, first.day(), last.day()));»",
        wrong: "",
    },
    Mutation {
        what: "what bills ask for days that are forgotten is still held against tenders",
        file: "src/ledger/costs.rs",
        right: "if «costs.forget(known)» {",
        wrong: "known < Day(i64::MIN) && costs.forget(known)",
    },
    Mutation {
        what: "what is left of a tender's bills when its first days are forgotten fits it",
        file: "src/engine/tenders.rs",
        right: "fits: «coverage == Coverage::Whole» && billed",
        wrong: "true",
    },
    Mutation {
        what: "that a tender's first day is forgotten touches nobody",
        file: "src/engine/accounts.rs",
        right: "«begun.into_iter().for_each(|tender| self.touch(&tender));»",
        wrong: "",
    },
    Mutation {
        what: "a share loses its tenders on the way to another shard",
        file: "src/engine/contribution.rs",
        right: "tenders: «(!row.tenders.is_empty())».then(|| place(&mut written.tenders, &row.tenders)),",
        wrong: "false",
    },
    Mutation {
        what: "a tender touches only who has its name on a bill",
        file: "src/parties/touched.rs",
        right: "Fact::Tender(tender) => (None, «self.reading_tender(tender)»),",
        wrong: "Reached::default()",
    },
    Mutation {
        what: "an edge that says another thing later is read as it was at first",
        file: "src/parties/graph.rs",
        right: "Some(place) => «self.held.put(party, place, number, says)?»,",
        wrong: "{}",
    },
    Mutation {
        what: "a card that has a name of a bill touches nobody",
        file: "src/parties/touched.rs",
        right: "«self.names.put(party, name);»",
        wrong: "",
    },
    Mutation {
        what: "what runs on is not asked about again",
        file: "src/engine/accounts.rs",
        right: "«self.lively.insert(account)»",
        wrong: "self.lively.remove(&account)",
    },
    Mutation {
        what: "what is not known yet rules a rule out",
        file: "src/policy/expr.rs",
        right: "            None => «all = None»,",
        wrong: "",
    },
    Mutation {
        what: "a version of a statement is forgotten with its last line",
        file: "src/ledger/forget.rs",
        right: "«lines.len() == 1»",
        wrong: "lines.is_empty()",
    },
    Mutation {
        what: "a machine is forgotten although a start of it waits",
        file: "src/ledger/forget.rs",
        right: "«!waits» && heard",
        wrong: "true",
    },
    Mutation {
        what: "a line is passed over although another record begins in it",
        file: "src/decode/lines.rs",
        right: "«Bits::of(stray, at).all(|opening| is_inside(bytes, opening))»",
        wrong: "true",
    },
    Mutation {
        what: "a quote behind a backslash ends its string",
        file: "src/decode/extent.rs",
        right: "«quotes &= !escaped;»",
        wrong: "",
    },
    Mutation {
        what: "an entry of Google's whose method is written in another way than its own is passed over",
        file: "src/decode/gcp/glimpse.rs",
        right: "matters |= «key != METHOD» || !member.text()",
        wrong: "key.is_empty()",
    },
    Mutation {
        what: "a record is Azure's whatever else it holds",
        file: "src/decode/azure/glimpse.rs",
        right: "«known.contains(key)».then_some(())?;",
        wrong: "known.contains(key) || !key.is_empty()",
    },
    Mutation {
        what: "a row is cut at quotes that stand where no writer puts them",
        file: "src/decode/cut.rs",
        right: "if «odd != 0» && !ends_line(odd, at, bytes) {",
        wrong: "false",
    },
    Mutation {
        what: "more than half is asked for where half is enough",
        file: "src/parties/stake.rs",
        right: "«self.stake.at_least >= HALF»",
        wrong: "self.stake.at_least > HALF",
    },
    Mutation {
        what: "valid-to is ignored",
        file: "src/model/timeline.rs",
        right: "«entry.to.is_none_or(|to| at < to)»;",
        wrong: "true",
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
fn copied() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tree = root.join("target/mutants/tree");
    let _ = fs::remove_dir_all(&tree);
    fs::create_dir_all(&tree).unwrap();
    for part in ["Cargo.toml", "Cargo.lock", "README.md", "src", "benches", "config", "docs", "tests"] {
        copy(&root.join(part), &tree.join(part));
    }
    take_over_dependencies(&tree.with_file_name("target/debug"));
    tree
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

/// The tests of a copy of the sources in which every mutation sleeps.
struct Workshop {
    tree: PathBuf,
    /// What runs the unit tests, and those against the naive model.
    tests: [PathBuf; 2],
}

impl Workshop {
    fn build() -> Self {
        let tree = copied();
        for (number, mutation) in MUTATIONS.iter().enumerate() {
            let path = tree.join(mutation.file);
            let sound = fs::read_to_string(&path).unwrap();
            fs::write(&path, sound.replace(&mutation.sound(), &mutation.sleeping(number))).unwrap();
        }
        let lib = tree.join("src/lib.rs");
        fs::write(&lib, fs::read_to_string(&lib).unwrap() + AWAKE).unwrap();
        let tests = built(&tree);
        Self { tree, tests }
    }

    /// Whether tests pass while that mutation is awake, or none.
    fn passes(&self, test: usize, arguments: &[&str], awake: Option<usize>) -> bool {
        let mut command = Command::new(&self.tests[test]);
        command.args(arguments).current_dir(&self.tree);
        // So many that what is broken shows, whatever the seed.
        command.env("PROPTEST_CASES", "1500");
        // A failure is enough: nobody reads the smallest history that shows it.
        command.env("PROPTEST_MAX_SHRINK_ITERS", "0");
        command.env_remove("TIDEWAITER_AWAKE");
        command.envs(awake.map(|number| ("TIDEWAITER_AWAKE", number.to_string())));
        command.output().unwrap().status.success()
    }

    /// The tests of a mutation's own room are few, and often enough; no other room's may be what fails.
    fn passes_room(&self, room: &str, awake: Option<usize>) -> bool {
        self.passes(0, &[&format!("{room}::"), "--skip=screening::", "--skip=lists::"], awake)
    }

    /// What histories come to, forgotten or not, against the naive model.
    fn passes_histories(&self, awake: Option<usize>) -> bool {
        self.passes(1, &["forgetting::", "property::", "--skip=ten_thousand"], awake)
    }
}

/// What tells in the copy which mutation is awake.
const AWAKE: &str = r#"
/// Whether that mutation is awake.
pub fn awake(number: usize) -> bool {
    static AWAKE: std::sync::LazyLock<Option<usize>> =
        std::sync::LazyLock::new(|| std::env::var("TIDEWAITER_AWAKE").ok()?.parse().ok());
    *AWAKE == Some(number)
}
"#;

/// Builds the programs with the tests of a tree, those of `Workshop::tests`.
fn built(tree: &Path) -> [PathBuf; 2] {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--locked", "--no-run", "--lib", "--test", "it"])
        .current_dir(tree)
        // Its own, for cargo tells two trees of one crate in one target folder badly apart.
        .env("CARGO_TARGET_DIR", tree.with_file_name("target"))
        // What it says is read.
        .envs([("CARGO_TERM_COLOR", "never"), ("CARGO_TERM_QUIET", "false")])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    ["src/lib.rs", "tests/it/main.rs"].map(|of| {
        let line = told.lines().find(|line| line.trim().starts_with("Executable") && line.contains(of));
        let program = line.and_then(|line| line.split(['(', ')']).nth(1));
        tree.join(program.unwrap_or_else(|| panic!("the mutations must build: {told}")))
    })
}

impl Mutation {
    /// What is replaced, and what stands around it.
    fn parts(&self) -> [&str; 3] {
        let (before, rest) = self.right.split_once('«').unwrap();
        let (right, after) = rest.split_once('»').unwrap();
        [before, right, after]
    }

    fn sound(&self) -> String {
        self.parts().concat()
    }

    fn sleeping(&self, number: usize) -> String {
        let [before, right, after] = self.parts();
        let either = format!("if crate::awake({number}) {{ {} }} else {{ {right} }}", self.wrong);
        let either = if right.ends_with(';') { either } else { format!("({either})") };
        format!("{before}{either}{after}")
    }
}

fn room(file: &str) -> &str {
    file.split('/').nth(1).unwrap()
}

/// A mutation whose line has moved breaks nothing: told here at once, not after every other mutation was tried.
#[test]
fn every_mutation_finds_its_line_once() {
    for mutation in MUTATIONS {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(mutation.file)).unwrap();
        assert_eq!(text.matches(&mutation.sound()).count(), 1, "{}: {} has moved", mutation.file, mutation.right);
    }
}

#[test]
#[ignore = "builds the crate once more; tests/run asks for it"]
fn every_mutation_is_caught() {
    let workshop = Workshop::build();
    let rooms: BTreeSet<&str> = MUTATIONS.iter().map(|mutation| room(mutation.file)).collect();
    let sound = rooms.iter().all(|room| workshop.passes_room(room, None)) && workshop.passes_histories(None);
    assert!(sound, "the unbroken tree must pass");
    let mut survived = Vec::new();
    for (number, mutation) in MUTATIONS.iter().enumerate() {
        let awake = Some(number);
        let caught = !workshop.passes_room(room(mutation.file), awake) || !workshop.passes_histories(awake);
        println!("{}: {}", if caught { "caught" } else { "SURVIVED" }, mutation.what);
        if !caught {
            survived.push(mutation.what);
        }
    }
    assert!(survived.is_empty(), "{survived:?}");
}
