//! A real broker: Apache Kafka in KRaft mode, broker and controller in one process, alone, on free loopback ports and a
//! fresh log. In: which doors it opens and further settings; out: addresses; refuses to know what is produced.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;

use crate::certificates::Certificates;
use crate::client::Client;
use crate::jars::jars;
use crate::leash::Leash;
use crate::ports::free_port;
use crate::process::signal;
use crate::wait::{PATIENCE, eventually};

/// Who may come in through `Door::Sasl`.
pub const USER: &str = "tidewaiter";
pub const PASSWORD: &str = "ebb-and-flow";

/// A small JVM that is up soon rather than fast later.
const JVM: &[&str] = &[
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
];

/// What every broker is told. One of everything, no waiting, and intervals of compaction, deletion, sessions and
/// transactions short enough to be watched by a test. Records are kept however old they say they are: tests produce
/// what was used years ago. A killed broker is let in again once its last session is over, hence the short sessions.
const SETTINGS: &str = "\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAIN
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,EXPIRED:SSL
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.abort.timed.out.transaction.cleanup.interval.ms=200
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
log.cleaner.backoff.ms=100
log.cleaner.dedupe.buffer.size=4194304
log.cleaner.delete.retention.ms=1000
log.initial.task.delay.ms=200
log.retention.ms=-1
log.retention.check.interval.ms=200
log.segment.delete.delay.ms=200
";

/// Listeners of a broker, besides its controller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Open to all; every broker has it.
    Plain,
    /// Asks for `USER` and `PASSWORD`, by PLAIN or SCRAM-SHA-256, without TLS.
    Sasl,
    /// TLS with a certificate of `Broker::authority`.
    Tls,
    /// TLS with a certificate of the same authority that expired in 2020.
    Expired,
}

impl Door {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Sasl => "SASL",
            Self::Tls => "TLS",
            Self::Expired => "EXPIRED",
        }
    }
}

pub struct Broker {
    process: Option<(Child, Leash)>,
    doors: Vec<(Door, String)>,
    certificates: Option<Certificates>,
    jars: PathBuf,
    folder: TempDir,
}

/// The broker that tests share: name topics and groups after your test. It cannot be killed; for that start your own.
pub fn shared() -> Option<&'static Broker> {
    static SHARED: OnceLock<Option<Broker>> = OnceLock::new();
    if skipped() {
        return None;
    }
    SHARED.get_or_init(Broker::start).as_ref()
}

/// Whether no broker can run here; says so in the line that `tests/run` counts.
fn skipped() -> bool {
    let Err(why) = jars() else { return false };
    let thread = std::thread::current();
    println!("SKIPPED kafka: {why}: {}", thread.name().unwrap_or_default());
    true
}

impl Broker {
    /// A broker of one's own with one open door; `None`, and a line that says why, where none can run.
    pub fn start() -> Option<Self> {
        Self::start_with(&[], "")
    }

    /// With further doors, and lines of settings that come after the usual ones.
    pub fn start_with(doors: &[Door], settings: &str) -> Option<Self> {
        if skipped() {
            return None;
        }
        let folder = tempfile::Builder::new().prefix("tidewaiter-kafka-").tempdir().unwrap();
        let mut doors: Vec<_> = doors.iter().map(|&door| (door, format!("127.0.0.1:{}", free_port()))).collect();
        doors.insert(0, (Door::Plain, format!("127.0.0.1:{}", free_port())));
        let tls = doors.iter().any(|(door, _)| matches!(door, Door::Tls | Door::Expired));
        let certificates = tls.then(|| Certificates::make(&folder.path().join("tls")));
        let mut broker = Self { process: None, doors, certificates, jars: jars().clone().unwrap(), folder };
        fs::write(broker.settings(), broker.written(settings)).unwrap();
        broker.format();
        broker.restart();
        Some(broker)
    }

    /// Address of the open door.
    pub fn bootstrap(&self) -> &str {
        self.at(Door::Plain)
    }

    /// Address of a door it was started with.
    pub fn at(&self, door: Door) -> &str {
        self.doors.iter().find(|(other, _)| *other == door).map(|(_, address)| address).unwrap()
    }

    /// What clients of the TLS doors are to trust (`ssl.ca.location`).
    pub fn authority(&self) -> &str {
        self.certificates.as_ref().unwrap().authority.to_str().unwrap()
    }

    /// A client of the open door.
    pub fn client(&self) -> Client {
        Client::to(self.bootstrap())
    }

    /// SIGKILL; the log and the ports stay for `restart`.
    pub fn kill(&mut self) {
        if let Some((mut java, leash)) = self.process.take() {
            java.kill().unwrap();
            java.wait().unwrap();
            drop(leash);
        }
    }

    /// Starts it on its log and ports, and waits until it answers. Kills it first where it runs.
    pub fn restart(&mut self) {
        self.kill();
        let java = self.java().arg("kafka.Kafka").arg(self.settings()).spawn().unwrap();
        let leash = Leash::on(&java, Some(self.folder.path()));
        self.process = Some((java, leash));
        eventually(PATIENCE, "a broker that answers", || self.answers().then_some(()));
    }

    /// SIGSTOP: connections stay open, and nothing answers until `thaw`.
    pub fn freeze(&mut self) {
        signal("STOP", self.process.as_ref().unwrap().0.id());
    }

    /// SIGCONT.
    pub fn thaw(&mut self) {
        signal("CONT", self.process.as_ref().unwrap().0.id());
    }

    /// What it warned of since it was first started.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Panics where it has ended, with what it said.
    fn answers(&mut self) -> bool {
        if let Some(status) = self.process.as_mut().unwrap().0.try_wait().unwrap() {
            panic!("the broker ended with {status}:\n{}", self.log());
        }
        self.client().brokers(Duration::from_secs(2)).is_some_and(|count| count > 0)
    }

    fn settings(&self) -> PathBuf {
        self.folder.path().join("settings")
    }

    /// Its settings, as Java properties.
    fn written(&self, further: &str) -> String {
        let controller = format!("127.0.0.1:{}", free_port());
        let listeners: Vec<_> = self.doors.iter().map(|(door, at)| format!("{}://{at}", door.name())).collect();
        let listeners = listeners.join(",");
        let data = self.folder.path().join("data").display().to_string();
        let mut text = format!("{SETTINGS}log.dirs={data}\ncontroller.quorum.bootstrap.servers={controller}\n");
        text += &format!("listeners={listeners},CONTROLLER://{controller}\nadvertised.listeners={listeners}\n");
        if self.has(Door::Sasl) {
            text += &sasl();
        }
        if let Some(made) = &self.certificates {
            text += &(keystore("tls", &made.good) + &keystore("expired", &made.expired));
        }
        text + further
    }

    fn has(&self, door: Door) -> bool {
        self.doors.iter().any(|(other, _)| *other == door)
    }

    fn format(&self) {
        let mut tool = self.java();
        // Any id does: a cluster is one broker here.
        tool.args(["kafka.tools.StorageTool", "format", "--standalone", "-t", "dGlkZXdhaXRlci10ZXN0cw", "-c"]);
        tool.arg(self.settings());
        if self.has(Door::Sasl) {
            tool.args(["--add-scram", &format!("SCRAM-SHA-256=[name={USER},password={PASSWORD}]")]);
        }
        let status = tool.status().unwrap();
        assert!(status.success(), "the log was not formatted:\n{}", self.log());
    }

    /// The JVM, before the class to run. Everything it says goes to the log.
    fn java(&self) -> Command {
        let log = File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let mut java = Command::new("java");
        java.args(JVM).arg("-cp").arg(self.jars.join("*"));
        java.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        java
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

fn sasl() -> String {
    let modules = "org.apache.kafka.common.security";
    format!(
        "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256\n\
         listener.name.sasl.plain.sasl.jaas.config={modules}.plain.PlainLoginModule required user_{USER}=\"{PASSWORD}\";\n\
         listener.name.sasl.scram-sha-256.sasl.jaas.config={modules}.scram.ScramLoginModule required;\n"
    )
}

fn keystore(door: &str, file: &Path) -> String {
    let file = file.display();
    format!("listener.name.{door}.ssl.keystore.type=PEM\nlistener.name.{door}.ssl.keystore.location={file}\n")
}
