//! Apache Kafka's jars. Out: their folder, fetched by Maven once and kept below cargo's target folder, or the reason
//! why no broker can run here; knows nothing of how one is started.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const POM: &str = include_str!("pom.xml");
/// The oldest Java that Kafka 4 brokers run on.
const JAVA: u32 = 17;

/// The folder of the jars, or why there is none. Asked once a process; tests side by side wait for the first.
pub fn jars() -> &'static Result<PathBuf, String> {
    static JARS: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    JARS.get_or_init(|| {
        if std::env::var_os("TIDEWAITER_QUICK").is_some() {
            return Err("TIDEWAITER_QUICK is set".to_owned());
        }
        java()?;
        fetched()
    })
}

fn java() -> Result<(), String> {
    let output = Command::new("java").arg("-version").output().map_err(|error| format!("no java: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let quoted = text.split('"').nth(1).unwrap_or_default();
    let major = quoted.split(['.', '-', '+']).next().and_then(|number| number.parse::<u32>().ok());
    match major {
        Some(major) if major >= JAVA => Ok(()),
        _ => Err(format!("java {quoted} is older than {JAVA}")),
    }
}

fn fetched() -> Result<PathBuf, String> {
    let version = POM.split("<kafka.version>").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let jars = target.join(format!("kafka-jars-{version}"));
    if jars.is_dir() {
        return Ok(jars);
    }
    // Into a folder of this process, then in place at once: no other run ever sees half of it.
    let half = target.join(format!("kafka-jars-{version}.{}", std::process::id()));
    let output = Command::new("mvn")
        .args(["-q", "-B", "-f", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/kafka/pom.xml")])
        .arg("dependency:copy-dependencies")
        .arg(format!("-DoutputDirectory={}", half.display()))
        .output()
        .map_err(|error| format!("no mvn: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        drop(fs::remove_dir_all(&half));
        return Err(format!("mvn fetched no jars: {}", said.lines().next().unwrap_or_default()));
    }
    if fs::rename(&half, &jars).is_err() {
        // Another run was faster.
        drop(fs::remove_dir_all(&half));
    }
    Ok(jars)
}
