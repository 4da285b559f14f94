//! The service of `deploy/compose.yaml` without containers: its settings, its feeder, its scenario. In: a broker; out: an
//! instance that has been fed. What would be another host or a mounted file is replaced, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::deploy;
use super::server::get;
use crate::broker::Broker;
use crate::client::Client;
use crate::message::Record;
use crate::ports::free_port;
use crate::process::Instance;
use crate::wait::{PATIENCE, eventually};

const TOKEN: &str = "a-token-for-one-test";

/// In the place of the Kafka image's tools: they note what they are asked for.
const TOOLS: [(&str, &str); 2] = [
    ("kafka-topics.sh", r#"echo "$@" >>"$NOTED/topics""#),
    ("kafka-console-producer.sh", r#"while [ "$1" != --topic ]; do shift; done; cat >>"$NOTED/lines-$2""#),
];

pub struct Sample {
    pub instance: Instance,
    client: Client,
    folder: TempDir,
    port: u16,
    settings: PathBuf,
}

impl Sample {
    pub fn start(broker: &Broker) -> Self {
        let folder = TempDir::new().unwrap();
        let port = free_port();
        let state = folder.path().join("state");
        fs::create_dir(&state).unwrap();
        fs::write(state.join("token"), TOKEN).unwrap();
        let mut text = fs::read_to_string(deploy("tidewaiter.yaml")).unwrap();
        let mut replace = |shipped: &str, ours: &str| {
            assert!(text.contains(shipped), "{shipped} is not in the settings any more");
            text = text.replace(shipped, ours);
        };
        replace("kafka:9092", broker.bootstrap());
        replace("/scenario/", &format!("{}/", scenario()));
        replace("/var/lib/tidewaiter/", &format!("{}/", state.display()));
        replace("0.0.0.0:9464", &format!("127.0.0.1:{port}"));
        // A test does not wait for minutes.
        replace("tick_seconds: 60", "tick_seconds: 1");
        replace("every_seconds: 300", "every_seconds: 2");
        let settings = folder.path().join("tidewaiter.yaml");
        fs::write(&settings, &text).unwrap();
        let arguments = ["run", "--config", settings.to_str().unwrap()];
        let mut instance = Instance::tidewaiter(&arguments, &[("RUST_BACKTRACE", "0")]);
        eventually(PATIENCE, "metrics", || {
            assert!(instance.is_running(), "{}", instance.log());
            (get(&format!("http://127.0.0.1:{port}/metrics")).0 == 200).then_some(())
        });
        Self { instance, client: broker.client(), folder, port, settings }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What the feeder of compose sends: its own script decides topics and messages.
    pub fn feed(&self) {
        let noted = self.folder.path().join("noted");
        fs::create_dir(&noted).unwrap();
        for (name, script) in TOOLS {
            let path = noted.join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let mut feeder = Command::new("sh");
        feeder.arg(deploy("feed.sh")).env("KAFKA_BIN", &noted).env("NOTED", &noted).env("SCENARIO", scenario());
        let output = feeder.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        for line in fs::read_to_string(noted.join("topics")).unwrap().lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let after = |name: &str| words[words.iter().position(|word| *word == name).unwrap() + 1];
            let (topic, partitions) = (after("--topic"), after("--partitions"));
            self.client.create_topic(topic, partitions.parse().unwrap(), &[]);
            let lines = fs::read_to_string(noted.join(format!("lines-{topic}"))).unwrap();
            let records: Vec<Record> = lines.lines().map(Record::new).collect();
            assert!(!records.is_empty(), "nothing for {topic}");
            self.client.produce(topic, &records);
        }
    }

    /// Ids of the alerts topic.
    pub fn alerts(&self) -> BTreeSet<String> {
        let table = self.client.table("tidewaiter.alerts");
        table.into_keys().map(|key| String::from_utf8(key).unwrap()).collect()
    }

    /// What the scenario has none of: a record that nobody understands, and an accelerator that nobody knows.
    pub fn odd_records(&self) {
        let unknown = r#"{"type":"usage","provider":"aws","account":"111122229999","id":"odd-1","time":"2024-03-01T10:00:00Z","kind":"capacity_started","sku":"p9.48xlarge","count":1,"resources":["i-odd"],"region":"us-east-1"}"#;
        self.client.produce("cloud.native", &[Record::new("not a record"), Record::new(unknown)]);
    }

    /// A configuration that cannot be loaded; the one before comes back to its file afterwards.
    pub fn refuse_a_reload(&self) {
        let sound = fs::read_to_string(&self.settings).unwrap();
        fs::write(&self.settings, format!("{sound}\nno_such_key: 1\n")).unwrap();
        let url = format!("http://127.0.0.1:{}/reload", self.port);
        let request = ureq::post(&url).header("Authorization", &format!("Bearer {TOKEN}"));
        let answer = request.config().http_status_as_error(false).build().send_empty().unwrap();
        assert_eq!(answer.status().as_u16(), 422);
        fs::write(&self.settings, sound).unwrap();
    }

    /// The image's own health check finds the instance well, and nobody at another port.
    pub fn health_check_of_the_image(&self) {
        let image = fs::read_to_string(deploy("Containerfile")).unwrap();
        let command = image.lines().find_map(|line| line.trim().strip_prefix("CMD [\"bash\"")).unwrap();
        let command: Vec<String> = serde_json::from_str(&format!("[\"bash\"{command}")).unwrap();
        let is_well = |port: u16| {
            let words = command.iter().map(|word| word.replace("/9464", &format!("/{port}")));
            let words: Vec<String> = words.collect();
            Command::new(&words[0]).args(&words[1..]).output().unwrap().status.success()
        };
        assert!(is_well(self.port), "{command:?}");
        assert!(!is_well(free_port()), "{command:?}");
    }
}

fn scenario() -> String {
    format!("{}/tests/replay/intermediaries-2024", env!("CARGO_MANIFEST_DIR"))
}
