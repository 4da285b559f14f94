//! A real Prometheus, and its promtool. In: the configuration that ships, with the address of one instance; out: answers.
//! Knows nothing of what the queries mean.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::deploy;
use crate::ports::free_port;
use crate::process::Instance;
use crate::wait::{PATIENCE, eventually};

/// Whether both programs are here; says so in the line that `tests/run` counts.
pub fn installed() -> bool {
    let quick = std::env::var_os("TIDEWAITER_QUICK").is_some();
    let runs = |program: &str| Command::new(program).arg("--version").output().is_ok();
    let why = match (quick, runs("prometheus") && runs("promtool")) {
        (true, _) => "TIDEWAITER_QUICK is set",
        (_, true) => return true,
        (_, false) => "no prometheus and promtool",
    };
    println!("SKIPPED kafka: {why}: {}", std::thread::current().name().unwrap_or_default());
    false
}

/// Whether promtool is content, and what it said.
pub fn promtool(arguments: &[&str], stdin: &str) -> (bool, String) {
    let mut command = Command::new("promtool");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = stdin.to_owned();
    // Beside reading: it may say much before it has read all.
    let writing = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    // It may end without having read everything.
    drop(writing.join());
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (output.status.success(), said.join("\n"))
}

/// Status and body.
pub fn get(url: &str) -> (u16, String) {
    let request = ureq::get(url).config().http_status_as_error(false).build();
    match request.call() {
        Ok(mut response) => (response.status().as_u16(), response.body_mut().read_to_string().unwrap_or_default()),
        Err(error) => (0, error.to_string()),
    }
}

pub struct Prometheus {
    at: String,
    instance: Instance,
    _folder: TempDir,
}

impl Prometheus {
    /// One that asks the instance at this port every second, and watches the rules that ship.
    pub fn start(port: u16) -> Self {
        let folder = TempDir::new().unwrap();
        let shipped = fs::read_to_string(deploy("prometheus/prometheus.yml")).unwrap();
        let ours = shipped.replace("tidewaiter:9464", &format!("127.0.0.1:{port}")).replace(": 15s", ": 1s");
        assert_eq!(ours.matches(": 1s").count(), 2, "intervals:\n{ours}");
        fs::write(folder.path().join("prometheus.yml"), ours).unwrap();
        fs::copy(deploy("prometheus/rules.yaml"), folder.path().join("rules.yaml")).unwrap();
        let at = format!("127.0.0.1:{}", free_port());
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
        command.arg(format!("--web.listen-address={at}")).arg("--log.level=warn");
        let mut started = Self { at, instance: Instance::spawn(command), _folder: folder };
        eventually(PATIENCE, "a Prometheus that answers", || {
            assert!(started.instance.is_running(), "{}", started.instance.log());
            (get(&format!("http://{}/-/ready", started.at)).0 == 200).then_some(())
        });
        started
    }

    /// What a query gives now, or why it is none.
    pub fn query(&self, expr: &str) -> Result<Vec<Value>, String> {
        let expr: String = url::form_urlencoded::byte_serialize(expr.as_bytes()).collect();
        let answer = self.api(&format!("query?query={expr}"))?;
        Ok(answer["result"].as_array().cloned().unwrap_or_default())
    }

    /// Once every rule was evaluated and none failed; panics with what a rule failed of.
    pub fn rules_are_well(&self) -> Option<()> {
        let answer = self.api("rules").unwrap();
        let groups = answer["groups"].as_array().unwrap();
        assert!(!groups.is_empty());
        let mut rules = groups.iter().flat_map(|group| group["rules"].as_array().unwrap());
        rules
            .all(|rule| {
                assert_ne!(rule["health"], "err", "{rule}");
                rule["health"] == "ok"
            })
            .then_some(())
    }

    /// Names of alerts that fire or are about to.
    pub fn firing(&self) -> Vec<String> {
        let answer = self.api("alerts").unwrap();
        let name = |alert: &Value| format!("{} {}", alert["labels"]["alertname"], alert["state"]).replace('"', "");
        let mut names: Vec<String> = answer["alerts"].as_array().unwrap().iter().map(name).collect();
        names.sort();
        names.dedup();
        names
    }

    fn api(&self, what: &str) -> Result<Value, String> {
        let (_, body) = get(&format!("http://{}/api/v1/{what}", self.at));
        let answer: Value = serde_json::from_str(&body).map_err(|error| format!("{error}: {body}"))?;
        if answer["status"] == "success" { Ok(answer["data"].clone()) } else { Err(body) }
    }
}
