//! The service: Kafka in, Kafka out, nothing lost, nothing doubled.
//!
//! In: settings, and a role. Out: a process that runs until it is told to stop. Intake turns records into facts in the
//! fact log; the engine's shards read it, and publish. Both may run in one process, or in many: they meet in topics only.

mod ahead;
mod clock;
pub mod held;
mod intake;
mod membership;
mod metrics;
mod onward;
mod open;
mod opening;
mod outbox;
mod parts;
mod reading;
mod reference;
mod reject;
mod saving;
mod signals;
mod surface;
mod topics;
mod view;
mod webhooks;
mod worker;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, bail};

use self::clock::Stopwatch;
use self::intake::{Intake, Orders};
use self::membership::{Membership, Workers};
use self::saving::Saving;
use self::signals::Signal;
use self::surface::Reloading;
use self::view::View;
use self::webhooks::Webhook;
use self::worker::{Order, Shared, Worker};
use crate::config::{Asked, Config};
use crate::http;
use crate::kafka::{self, Connection, Consumer, KafkaError};

/// What a process does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Both.
    #[default]
    All,
    /// Records to facts.
    Intake,
    /// Facts to alerts.
    Engine,
}

impl Role {
    fn reads_records(self) -> bool {
        self != Self::Engine
    }

    fn holds_shards(self) -> bool {
        self != Self::Intake
    }
}

/// What `run` is asked for.
#[derive(Clone, Debug)]
pub struct Service {
    /// The settings file and the like: read again at each reload.
    pub asked: Asked,
    /// What this process does.
    pub role: Role,
}

/// What became of a thread that others depend on.
enum News {
    Ended(&'static str, anyhow::Result<()>),
    Signal(Signal),
}

impl Service {
    /// Runs until it is told to stop, or until something is wrong that waiting does not mend.
    pub fn run(self, mut config: Config) -> anyhow::Result<()> {
        let Some(connection) = config.service.kafka.clone() else {
            bail!("run needs a section kafka with brokers in its settings (docs/configuration.md)");
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (news, hear) = channel();
        signals::listen(runtime.handle(), {
            let news = news.clone();
            move |signal| {
                // Nobody listens any more once the process ends.
                let _ = news.send(News::Signal(signal));
            }
        })?;
        tracing::info!("{}", banner(&config, self.role, &connection));
        let view = Arc::new(View::default());
        if self.role.holds_shards() {
            view.awaits("engine");
        }
        if self.role.reads_records() && !config.service.sources.is_empty() {
            view.awaits("intake");
        }
        if self.role.holds_shards() {
            config.rulebook.lists.ready();
        }
        let reloading = Arc::new(Reloading::new(self.asked.clone(), &config, Arc::clone(&view)));
        let (asked_to_stop, http) = self.serve(&config, &runtime, &reloading)?;
        let reader = connection.reader()?;
        let mut log = String::new();
        let done = match connect(&reader, &connection, &hear, &view, &mut log) {
            Connected::Stopped => Ok(()),
            Connected::Yes => {
                let batch_bytes = runtime.block_on(topics::ensure(&connection, &reader, &config.service, self.role))?;
                config.service.kafka = Some(Connection { batch_bytes, ..connection });
                view.connected.store(true, Ordering::Relaxed);
                self.work(config, &runtime, (news, hear), reloading, log)
            }
        };
        drop(asked_to_stop);
        if let Some(http) = http {
            let _ = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(5), http).await });
        }
        runtime.shutdown_timeout(Duration::from_secs(5));
        done
    }

    /// The endpoints, which live before brokers answer; they end when what is handed out is dropped.
    #[expect(clippy::type_complexity, reason = "a handle to end it and a handle to await it")]
    fn serve(
        &self,
        config: &Config,
        runtime: &tokio::runtime::Runtime,
        reloading: &Arc<Reloading>,
    ) -> anyhow::Result<(Option<tokio::sync::oneshot::Sender<()>>, Option<tokio::task::JoinHandle<()>>)> {
        let Some(settings) = &config.service.http else { return Ok((None, None)) };
        let token = settings.token_file.as_deref().map(surface::token).transpose()?;
        let listener = http::bind(&settings.listen)?;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let surface = Arc::new(surface::Shown(Arc::clone(reloading)));
        let serving = http::serve(listener, surface, token, async {
            let _ = stopped.await;
        });
        let handle = runtime.spawn(async {
            if let Err(error) = serving.await {
                tracing::error!(%error, "HTTP is not served any more");
            }
        });
        tracing::info!(listen = settings.listen, "HTTP");
        Ok((Some(stop), Some(handle)))
    }

    fn work(
        &self,
        config: Config,
        runtime: &tokio::runtime::Runtime,
        (news, hear): (Sender<News>, Receiver<News>),
        reloading: Arc<Reloading>,
        log: String,
    ) -> anyhow::Result<()> {
        let view = Arc::clone(&reloading.view);
        let stop = Arc::new(AtomicBool::new(false));
        let mut threads = Threads { news, handles: Vec::new() };
        let mut workers = Workers::new();
        if self.role.holds_shards() {
            let saving = Saving::new(&config.service, &log, runtime.handle().clone(), Arc::clone(&view))?;
            let shared = Arc::new(Shared {
                service: config.service.clone(),
                book: Mutex::new(config.rulebook.clone()),
                view: Arc::clone(&view),
                saving,
                instance: instance(),
            });
            for _ in 0..config.service.engine.workers {
                let (orders, take) = channel();
                workers.push(orders);
                let worker = Worker::new(Arc::clone(&shared), take)?;
                threads.start("engine", move || worker.run())?;
            }
            let membership = Membership::join(&config.service, workers.clone(), Arc::clone(&view))?;
            let left = Arc::clone(&stop);
            threads.start("membership", move || {
                membership.run(&left);
                Ok(())
            })?;
            for target in config.webhooks.clone() {
                let stop = Arc::clone(&stop);
                let webhook = Webhook::join(&config.service, target, Arc::clone(&view), Arc::clone(&stop))?;
                threads.start("webhook", move || webhook.run(&stop))?;
            }
            reloading.hold(shared, workers.clone());
        }
        if self.role.reads_records() {
            let reference = reference::read(&config.service.reference, &config.decode);
            let reference = reference.map_err(|problems| anyhow::anyhow!(problems.join("\n")))?;
            view.rejected(&reference.rejected);
            let orders = Arc::new(Orders {
                decode: Mutex::new(Arc::new(config.decode.clone())),
                reference: Mutex::new(reference.facts),
                stop: AtomicBool::new(false),
            });
            for first in (0..config.service.intake_workers).map(|at| at == 0) {
                let intake = Intake::new(&config.service, Arc::clone(&orders), Arc::clone(&view), first)?;
                threads.start("intake", move || intake.run())?;
            }
            reloading.feed(orders);
        }
        let ended = attend(&hear, &reloading, &view);
        tracing::info!("stopping: what was read is made durable, and what is to be said is said");
        reloading.stop_intake();
        threads.wait("intake");
        // The group hands shards on only once workers have said all: they hear of the end first.
        workers.iter().for_each(|worker| {
            let _ = worker.send(Order::Stop);
        });
        stop.store(true, Ordering::Relaxed);
        drop(workers);
        threads.wait("engine");
        threads.wait("membership");
        threads.wait("webhook");
        tracing::info!("stopped");
        ended
    }
}

/// Threads that are to be waited for.
struct Threads {
    news: Sender<News>,
    handles: Vec<(&'static str, JoinHandle<()>)>,
}

impl Threads {
    fn start(
        &mut self,
        name: &'static str,
        run: impl FnOnce() -> anyhow::Result<()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let news = self.news.clone();
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
            let ended =
                caught.unwrap_or_else(|_| Err(anyhow::anyhow!("{name} panicked: this is a fault of tidewaiter")));
            let _ = news.send(News::Ended(name, ended));
        });
        self.handles.push((name, thread.with_context(|| format!("cannot start thread {name}"))?));
        Ok(())
    }

    fn wait(&mut self, name: &str) {
        for (_, handle) in self.handles.extract_if(.., |(known, _)| *known == name) {
            // What it ended with was told before.
            let _ = handle.join();
        }
    }
}

/// Until a signal says stop, or a thread ends.
fn attend(hear: &Receiver<News>, reloading: &Reloading, view: &View) -> anyhow::Result<()> {
    loop {
        match hear.recv() {
            Ok(News::Signal(Signal::Stop)) | Err(_) => return Ok(()),
            Ok(News::Signal(Signal::Reload)) => {
                // What came of it is logged there.
                let _ = reloading.reload();
            }
            Ok(News::Ended(name, ended)) => {
                view.died(format!("{name} has ended"));
                return ended.with_context(|| format!("the {name} cannot go on"));
            }
        }
    }
}

enum Connected {
    Yes,
    Stopped,
}

/// Waits until a broker answers, however long it takes; learns which log it is.
fn connect(
    reader: &Consumer,
    connection: &Connection,
    hear: &Receiver<News>,
    view: &View,
    log: &mut String,
) -> Connected {
    let waited = Stopwatch::start();
    loop {
        match kafka::reach_brokers(connection, reader, 5) {
            Ok(cluster) => {
                *log = cluster;
                view.waits(None);
                return Connected::Yes;
            }
            Err(error) => {
                tracing::warn!(%error, waited = ?waited.elapsed(), "waiting for kafka");
                let kind =
                    if let KafkaError::Unreachable { trouble, .. } = &error { trouble.as_str() } else { "other" };
                view.counts.add("kafka_errors", kind);
                view.waits(Some(error.to_string()));
            }
        }
        while let Ok(news) = hear.try_recv() {
            if matches!(news, News::Signal(Signal::Stop)) {
                return Connected::Stopped;
            }
        }
    }
}

/// Who we are among others.
fn instance() -> String {
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    format!("{}/{}", host.trim(), std::process::id())
}

/// What it consumes and produces, and where.
fn banner(config: &Config, role: Role, connection: &Connection) -> String {
    let service = &config.service;
    let mut lines = vec![format!("tidewaiter {} on {}", env!("CARGO_PKG_VERSION"), connection.told())];
    if role.reads_records() {
        let sources: Vec<_> = service.sources.iter().map(|source| source.topic.as_str()).collect();
        lines.push(format!("intake reads {}", if sources.is_empty() { "nothing".into() } else { sources.join(", ") }));
        lines.push(format!("facts go to {}", service.topics.facts));
        lines.push(format!("rejects go to {}", service.topics.rejects.as_deref().unwrap_or("the count alone")));
    }
    if role.holds_shards() {
        let (count, epoch) = (service.engine.count, service.engine.epoch);
        lines.push(format!("the engine reads {} ({count} shards, epoch {epoch})", service.topics.facts));
        lines.push(format!("alerts go to {}", service.topics.alerts));
        let place = service.snapshots.as_ref().map_or("nowhere: every start reads the whole log", |s| s.place.as_str());
        lines.push(format!("snapshots go to {place}"));
    }
    lines.push(format!("{} rules, configuration {}", config.rulebook.policy.rules.len(), config.rulebook.digest));
    lines.join("; ")
}
