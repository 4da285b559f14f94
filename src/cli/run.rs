//! `run`: Kafka in, Kafka out, until told to stop.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

use super::{End, output};
use crate::app::service::{Role, Service};
use crate::config::Asked;
use crate::kafka::KafkaError;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Settings file (docs/configuration.md).
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// What this process does.
    #[arg(long, value_enum, default_value = "all")]
    role: RoleAsked,
    /// How logs are written: json unless a terminal reads them.
    #[arg(long, value_enum)]
    log: Option<LogFormat>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleAsked {
    /// Records to facts, and facts to alerts.
    All,
    /// Records to facts.
    Intake,
    /// Facts to alerts.
    Engine,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    Json,
    Text,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<End> {
    let asked = Asked { config: arguments.config.clone(), ..Asked::default() };
    let config = asked.load()?;
    if config.service.kafka.is_none() {
        output::complain("run needs a section kafka with brokers in its settings (docs/configuration.md)");
        return Ok(End::BadUsage);
    }
    log(arguments.log);
    config.notices.iter().for_each(|notice| tracing::warn!("{notice}"));
    let role = match arguments.role {
        RoleAsked::All => Role::All,
        RoleAsked::Intake => Role::Intake,
        RoleAsked::Engine => Role::Engine,
    };
    match (Service { asked, role }).run(config) {
        Ok(()) => Ok(End::Fine),
        Err(error) if matches!(error.downcast_ref(), Some(KafkaError::Topics(_) | KafkaError::Client { .. })) => {
            output::complain(&format!("{error:#}"));
            Ok(End::BadUsage)
        }
        Err(error) => Err(error),
    }
}

/// Logs go to stderr; `RUST_LOG` says how much, `info` unless it does.
fn log(format: Option<LogFormat>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    let set = match format {
        Some(LogFormat::Text) => builder.with_ansi(terminal).try_init(),
        None if terminal => builder.try_init(),
        _ => builder.json().flatten_event(true).try_init(),
    };
    // A logger that somebody set before is as good.
    drop(set);
}
