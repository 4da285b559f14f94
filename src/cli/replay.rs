//! `replay`: recorded files in, alerts out.

use std::io::{IsTerminal, Write};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Unwritable;
use super::{End, output, summary};
use crate::app::{self, Audience, NotFollowed, Progress, Replay, Replayed};
use crate::config::{Asked, Case};
use crate::engine::Change;
use crate::model::{Day, EventTime};
use crate::sinks::{AlertFormat, Reject, write_alerts, write_reject, write_risk, write_withdrawn};
use crate::telemetry::Metrics;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Settings file; without one, what ships.
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// Reference records (accounts, parties, edges), read before the input.
    #[arg(long, value_name = "PATH")]
    reference: Vec<PathBuf>,
    /// Write alerts to this file, `-` for stdout; without it they are printed as text.
    #[arg(long, value_name = "F")]
    alerts: Option<PathBuf>,
    /// How alerts are written; json unless printed for people.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write what alerts come to for each subject, one a line; `-` for stdout, then no alerts unless they are asked for.
    #[arg(long, value_name = "F")]
    risk: Option<PathBuf>,
    /// Write metrics as Prometheus text.
    #[arg(long, value_name = "F")]
    metrics: Option<PathBuf>,
    /// Write rejected records, one a line: reason, position, size.
    #[arg(long, value_name = "F")]
    rejects: Option<PathBuf>,
    /// Write the closing summary as JSON.
    #[arg(long, value_name = "F")]
    summary: Option<PathBuf>,
    /// Evaluate as of this time; without it, the greatest event time read.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<EventTime>,
    /// Hide controls and country groups published after this day.
    #[arg(long, value_name = "DATE", value_parser = day)]
    known_on: Option<Day>,
    /// Virtual shards; any number gives the same alerts.
    #[arg(long, value_name = "N", default_value = "1")]
    shards: NonZeroU32,
    /// Files, or parts of large ones, read at the same time, by default as many as there are processors, at most eight; any number gives the same.
    #[arg(long, value_name = "N")]
    workers: Option<NonZeroUsize>,
    /// Go on reading plain NDJSON files, and stdin, as they grow, and write alerts as they change, until told to stop (Ctrl-C).
    #[arg(long, conflicts_with = "workers")]
    follow: bool,
    /// Files, folders and patterns (`'logs/**/*.gz'`) to read, `-` for stdin; or one case folder.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Json,
    Ocsf,
    Text,
}

impl From<Format> for AlertFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Json => Self::Json,
            Format::Ocsf => Self::Ocsf,
            Format::Text => Self::Text,
        }
    }
}

/// A day, or a time of day on it.
pub(super) fn time(text: &str) -> Result<EventTime, String> {
    match Day::parse(text) {
        Ok(day) => Ok(day.start()),
        Err(_) => EventTime::parse(text)
            .map_err(|_| "must be a day such as 2024-09-01 or a time such as 2024-09-01T00:00:00Z".to_owned()),
    }
}

pub(super) fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).map_err(|_| "must be a day such as 2024-09-01".to_owned())
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<End> {
    let asked = Asked { config: arguments.config.clone(), known_on: arguments.known_on, ..Asked::default() };
    let replay = Replay {
        reference: arguments.reference.clone(),
        paths: Vec::new(),
        until: arguments.until,
        shards: arguments.shards,
        workers: arguments.workers.unwrap_or_else(processors),
    };
    let (asked, replay) = plan(&arguments.paths, asked, replay)?;
    if arguments.follow && (asked.case.is_some() || matches!(arguments.format, Some(Format::Ocsf))) {
        output::complain("--follow is for growing files: neither for case folders nor for alerts as OCSF");
        return Ok(End::BadUsage);
    }
    let config = asked.load()?;
    config.notices.iter().for_each(|notice| output::complain(notice));
    // Before anything is read: that an output cannot be written is told at once.
    let mut outputs = Outputs::open(arguments)?;
    let mut watch = Watch::new(output::open_asked(arguments.rejects.as_ref())?);
    let replayed = if arguments.follow {
        let alerts = outputs.alerts.take();
        let mut following = Following { watch: &mut watch, alerts, format: arguments.alert_format() };
        match replay.follow(config, &*app::told_to_stop()?, &mut following) {
            Ok(replayed) => replayed,
            Err(error) if error.is::<NotFollowed>() => {
                output::complain(&error.to_string());
                return Ok(End::BadUsage);
            }
            Err(error) => return Err(error),
        }
    } else {
        replay.run(config, &mut watch)
    };
    watch.finish()?;
    write(arguments, outputs, &replayed)?;
    for unreadable in &replayed.unreadable {
        output::complain(&unreadable.to_string());
    }
    let end = if replayed.unreadable.is_empty() { End::Fine } else { End::Unreadable };
    // The process ends: taking everything apart first would take longer than all else at its end.
    std::mem::forget(replayed);
    Ok(end)
}

/// A case folder brings its own settings; anything else is input only.
pub(super) fn plan(paths: &[PathBuf], mut asked: Asked, mut replay: Replay) -> anyhow::Result<(Asked, Replay)> {
    match paths {
        [folder] if Case::is_at(folder) => {
            let case = Case::read(folder)?;
            replay.paths.extend(case.inputs());
            replay.until = replay.until.or(case.until());
            asked.case = Some(case.file);
        }
        paths => replay.paths.extend_from_slice(paths),
    }
    Ok((asked, replay))
}

fn processors() -> NonZeroUsize {
    let most = const { NonZeroUsize::new(8).unwrap() };
    std::thread::available_parallelism().map_or(NonZeroUsize::MIN, |there| there.min(most))
}

/// What is written when everything was read.
struct Outputs {
    alerts: Option<Box<dyn Write>>,
    risk: Option<Box<dyn Write>>,
    metrics: Option<Box<dyn Write>>,
    summary: Option<Box<dyn Write>>,
}

impl Arguments {
    /// Where alerts go. Risk alone on stdout stays alone.
    fn alerts_to(&self) -> Option<&Path> {
        let risk_alone = self.format.is_none() && is_stdout(self.risk.as_ref());
        self.alerts.as_deref().or((!risk_alone).then_some(Path::new("-")))
    }

    fn alert_format(&self) -> AlertFormat {
        let unless_said = if self.alerts.is_some() { AlertFormat::Json } else { AlertFormat::Text };
        self.format.map_or(unless_said, Into::into)
    }

    /// Whether stdout is for programs to read, so that the summary for people goes elsewhere.
    fn stdout_is_read(&self) -> bool {
        let not_for_people = self.format.is_some_and(|format| !matches!(format, Format::Text));
        not_for_people || is_stdout(self.alerts.as_ref()) || is_stdout(self.risk.as_ref())
    }
}

fn is_stdout(path: Option<&PathBuf>) -> bool {
    path.is_some_and(|path| path == Path::new("-"))
}

impl Outputs {
    fn open(arguments: &Arguments) -> Result<Self, Unwritable> {
        Ok(Self {
            alerts: arguments.alerts_to().map(output::open).transpose()?,
            risk: output::open_asked(arguments.risk.as_ref())?,
            metrics: output::open_asked(arguments.metrics.as_ref())?,
            summary: output::open_asked(arguments.summary.as_ref())?,
        })
    }
}

fn write(arguments: &Arguments, mut outputs: Outputs, replayed: &Replayed) -> anyhow::Result<()> {
    if let Some(out) = &mut outputs.alerts {
        write_alerts(out, arguments.alert_format(), replayed.engine.alerts())?;
        out.flush()?;
    }
    if let Some(out) = &mut outputs.risk {
        write_risk(out, &replayed.engine.risk())?;
        out.flush()?;
    }
    if let Some(out) = &mut outputs.metrics {
        let total = replayed.total();
        out.write_all(Metrics::of_replay(&total.records(), &replayed.engine).text()?.as_bytes())?;
        out.flush()?;
    }
    if let Some(out) = &mut outputs.summary {
        serde_json::to_writer_pretty(&mut *out, &summary::Summary::of(replayed))?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    let text = summary::text(replayed);
    if arguments.stdout_is_read() {
        output::complain(text.trim_end());
        return Ok(());
    }
    output::say(&text)
}

/// A progress bar on a terminal, and the file of rejects.
pub(super) struct Watch {
    bar: ProgressBar,
    rejects: Option<Box<dyn Write>>,
    failed: Option<std::io::Error>,
}

impl Watch {
    pub(super) fn new(rejects: Option<Box<dyn Write>>) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {wide_msg}") {
            bar.set_style(style);
        }
        Self { bar, rejects, failed: None }
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.bar.finish_and_clear();
        if let Some(error) = self.failed {
            return Err(error.into());
        }
        if let Some(out) = &mut self.rejects {
            out.flush()?;
        }
        Ok(())
    }
}

impl Progress for Watch {
    fn plan(&mut self, bytes: u64) {
        self.bar.set_length(bytes);
    }

    fn source(&mut self, path: &str) {
        self.bar.set_message(path.to_owned());
    }

    fn read(&mut self, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn rejected(&mut self, reject: Reject) {
        if let Some(out) = &mut self.rejects
            && self.failed.is_none()
        {
            self.failed = write_reject(out, &reject).err();
        }
    }
}

/// Writes alerts as they change; whoever reads the files reads what holds by now.
struct Following<'w> {
    watch: &'w mut Watch,
    alerts: Option<Box<dyn Write>>,
    format: AlertFormat,
}

impl Progress for Following<'_> {
    fn plan(&mut self, _: u64) {}

    fn source(&mut self, _: &str) {}

    fn read(&mut self, _: u64) {}

    fn rejected(&mut self, reject: Reject) {
        self.watch.rejected(reject);
    }
}

impl Audience for Following<'_> {
    fn changed(&mut self, changes: Vec<Change>) -> anyhow::Result<()> {
        if let Some(rejects) = &mut self.watch.rejects {
            rejects.flush()?;
        }
        let Some(out) = &mut self.alerts else { return Ok(()) };
        for change in &changes {
            match change {
                Change::Opened(alert) | Change::Updated(alert) => write_alerts(out, self.format, [&**alert])?,
                Change::Withdrawn(id) => write_withdrawn(out, self.format, id)?,
            }
        }
        Ok(out.flush()?)
    }
}
