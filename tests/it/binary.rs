//! The program as a user meets it: arguments in; exit code, stdout and stderr out.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// How a run ended.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// The run, which must have ended well.
    pub fn fine(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    /// Lines of JSON on stdout.
    pub fn lines(&self) -> Vec<Value> {
        json_lines(&self.out)
    }
}

pub fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The program, in a directory, so that messages name files as they were asked for.
pub fn command(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidewaiter"));
    command.args(arguments).current_dir(dir).stdin(Stdio::null());
    command
}

/// Runs it; whatever it is asked, it never panics.
pub fn run_in(dir: &Path, arguments: &[&str]) -> Ended {
    let output = command(dir, arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    let code = output.status.code().unwrap_or_else(|| panic!("{arguments:?} was killed: {err}"));
    assert!(code != 101 && !err.contains("panicked"), "{arguments:?} panicked: {err}");
    Ended { code, out, err }
}

/// Runs it in the project's own folder.
pub fn run(arguments: &[&str]) -> Ended {
    run_in(root(), arguments)
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Records others published, where they are at hand.
pub fn shared_data(test: &str) -> Option<PathBuf> {
    let data = root().join("../shared/data");
    if !data.is_dir() {
        println!("SKIPPED (no ../shared/data): {test}");
        return None;
    }
    Some(data)
}

/// A folder with these files in it.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

/// Every file below a folder, by path.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return files };
    let mut entries: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}
