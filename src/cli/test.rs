//! `test`: replay cases and rule cases.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::{End, output};
use crate::app::{CaseOutcome, rule_cases, run_replay_case};
use crate::config::{Asked, Case, CaseFile, ConfigError};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Settings file for rule cases; without one, what ships.
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// Write results as JUnit XML.
    #[arg(long, value_name = "F")]
    junit: Option<PathBuf>,
    /// Rewrite the expected alerts of replay cases instead of comparing; review the difference.
    #[arg(long)]
    update: bool,
    /// Case folders, folders that hold some, rule files, folders of rule files.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<End> {
    let mut junit_file = output::open_asked(arguments.junit.as_ref())?;
    let mut outcomes = Vec::new();
    let mut wrong = Vec::new();
    for path in &arguments.paths {
        if !path.exists() {
            anyhow::bail!("cannot read {}: no such file or folder", path.display());
        }
        let mut folders = Vec::new();
        case_folders(path, &mut folders)?;
        for folder in &folders {
            match run_replay_case(folder, arguments.update) {
                Ok(outcome) => outcomes.push(outcome),
                // One bad case does not hide what is wrong with the next.
                Err(error) => wrong.push(error.downcast::<ConfigError>()?),
            }
        }
        if folders.is_empty() {
            let case = CaseFile { policy: Some(vec![path.clone()]), ..CaseFile::default() };
            let asked = Asked { config: arguments.config.clone(), case: Some(case), known_on: None };
            match asked.load() {
                Ok(config) => outcomes.extend(rule_cases(&config)),
                Err(error) => wrong.push(error),
            }
        }
    }
    if !wrong.is_empty() {
        return Err(ConfigError::Many(wrong).into());
    }
    report(&outcomes)?;
    if let Some(out) = &mut junit_file {
        out.write_all(junit(&outcomes).as_bytes())?;
        out.flush()?;
    }
    let failed = outcomes.iter().any(|outcome| !outcome.differences.is_empty());
    Ok(if failed || outcomes.is_empty() { End::FellShort } else { End::Fine })
}

/// Case folders at or below a path, in order.
fn case_folders(path: &Path, out: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if Case::is_at(path) {
        out.push(path.to_owned());
        return Ok(());
    }
    if !path.is_dir() {
        return Ok(());
    }
    let read = || format!("cannot read {}", path.display());
    let mut below = Vec::new();
    for entry in std::fs::read_dir(path).with_context(read)? {
        below.push(entry.with_context(read)?.path());
    }
    below.sort();
    below.iter().filter(|path| path.is_dir()).try_for_each(|path| case_folders(path, out))
}

fn report(outcomes: &[CaseOutcome]) -> anyhow::Result<()> {
    let mut text = String::new();
    for outcome in outcomes {
        let word = if outcome.differences.is_empty() { "ok  " } else { "FAIL" };
        writeln!(text, "{word} {}", outcome.name)?;
        for difference in &outcome.differences {
            writeln!(text, "     {difference}")?;
        }
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.differences.is_empty()).count();
    writeln!(text, "cases: {} passed, {failed} failed", outcomes.len() - failed)?;
    output::say(&text)
}

fn junit(outcomes: &[CaseOutcome]) -> String {
    let escape =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let failed = outcomes.iter().filter(|outcome| !outcome.differences.is_empty()).count();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"tidewaiter\" tests=\"{}\" failures=\"{failed}\">\n",
        outcomes.len()
    );
    for outcome in outcomes {
        let name = escape(&outcome.name);
        if outcome.differences.is_empty() {
            xml.push_str(&format!("  <testcase name=\"{name}\"/>\n"));
        } else {
            let why = escape(&outcome.differences.join("\n"));
            xml.push_str(&format!("  <testcase name=\"{name}\"><failure>{why}</failure></testcase>\n"));
        }
    }
    xml + "</testsuite>\n"
}
