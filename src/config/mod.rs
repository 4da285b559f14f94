//! Settings as written and as meant, and the rulebook they name.
//!
//! In: a settings file, or nothing for what ships. Out: [`Config`]: everything loaded and validated, or every problem of
//! every file at once (P7). It is the only room that opens configuration files.

mod lists;
mod load;
mod read;
mod secrets;
mod service;
mod settings;
mod shipped;
mod webhooks;

use std::path::{Path, PathBuf};

use crate::decode;
use crate::engine::Rulebook;
use crate::model::{Day, EventTime};
use crate::parties::ShrinkLimit;
use crate::sinks::webhook::Target;
use crate::written::{Problem, Problems};

pub use lists::{ListFile, ListSetting};
pub use load::rulebook_of_case;
pub use secrets::{SecretError, read_secret};
pub use service::{Http, RejectBytes, Service, Shards, Snapshots, Source, Topics};
pub use settings::{CaseFile, Settings};

/// Everything a run needs, validated.
#[derive(Clone, Debug)]
pub struct Config {
    /// What facts mean.
    pub rulebook: Rulebook,
    /// How records are read.
    pub decode: decode::Settings,
    /// What `run` needs beside.
    pub service: Service,
    /// Where alerts are sent by a service; a replay sends nothing.
    pub webhooks: Vec<Target>,
    /// How much smaller a list may come back at a reload.
    pub list_shrink: ShrinkLimit,
    /// What is worth telling though it loads: rows of official lists that could not be read, marks of recall.
    pub notices: Vec<String>,
}

/// Configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that cannot be read.
    #[error("cannot read {path}: {error}", path = .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Everything wrong in the files.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
    /// A database that is no database.
    #[error("{path}: {what}", path = .path.display())]
    Broken {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Several of these.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Many(Vec<ConfigError>),
}

impl From<Problems> for ConfigError {
    fn from(problems: Problems) -> Self {
        Self::Problems(problems.sorted())
    }
}

/// What a replay asks for beyond its settings file.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// A settings file.
    pub config: Option<PathBuf>,
    /// A case folder's own file.
    pub case: Option<CaseFile>,
    /// Hides controls and country groups published later.
    pub known_on: Option<Day>,
}

impl Asked {
    /// Loads everything.
    pub fn load(&self) -> Result<Config, ConfigError> {
        load::load(self)
    }
}

/// A case folder: `case.yaml`, `reference/`, `input/`, `expected/alerts.jsonl`.
#[derive(Clone, Debug)]
pub struct Case {
    /// The folder.
    pub folder: PathBuf,
    /// Its own file.
    pub file: CaseFile,
}

impl Case {
    /// Whether a path is a case folder.
    pub fn is_at(path: &Path) -> bool {
        path.join("case.yaml").is_file()
    }

    /// Reads a case folder. When its own file is wrong, the problems of the files it names are told with it.
    pub fn read(folder: &Path) -> Result<Self, ConfigError> {
        let mut errors = read::Gathered::default();
        let file = settings::read_case(&folder.join("case.yaml"), &mut errors);
        if !errors.is_empty() {
            errors.keep(Asked { case: Some(file.clone()), ..Asked::default() }.load());
        }
        errors.or(Self { folder: folder.to_owned(), file })
    }

    /// What is replayed: reference records, then input.
    pub fn inputs(&self) -> Vec<PathBuf> {
        ["reference", "input"].iter().map(|part| self.folder.join(part)).filter(|path| path.exists()).collect()
    }

    /// The alerts it expects.
    pub fn expected(&self) -> PathBuf {
        self.folder.join("expected").join("alerts.jsonl")
    }

    /// The event time at which it is evaluated, unless the greatest event time serves.
    pub fn until(&self) -> Option<EventTime> {
        self.file.until
    }
}
