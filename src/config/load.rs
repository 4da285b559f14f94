//! From paths to a rulebook: every file is read, everything wrong is told at once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::settings::{self, GeoSettings, Settings};
use super::{Asked, Config, ConfigError, shipped};
use crate::catalogue::{Catalogue, Jurisdictions};
use crate::decode;
use crate::engine::Rulebook;
use crate::geo::{Database, Geo, InvalidDatabase};
use crate::model::{Digest, Text};
use crate::parties::{ListFormat, ListSource, Lists};
use crate::policy::{Case, Policy};
use crate::written::Source;

/// Gathers errors, so that one bad file does not hide the next.
#[derive(Default)]
struct Gathered(Vec<ConfigError>);

impl Gathered {
    fn keep<T>(&mut self, result: Result<T, impl Into<ConfigError>>) -> Option<T> {
        result.map_err(|error| self.0.push(error.into())).ok()
    }

    fn finish(self) -> Result<(), ConfigError> {
        let Self(mut errors) = self;
        match errors.len() {
            0 => Ok(()),
            1 => Err(errors.remove(0)),
            _ => Err(ConfigError::Many(errors)),
        }
    }
}

pub(super) fn load(asked: &Asked) -> Result<Config, ConfigError> {
    let case = asked.case.clone().unwrap_or_default();
    let mut settings = match asked.config.as_ref().or(case.config.as_ref()) {
        Some(path) => settings::read_settings(path)?,
        None => Settings::default(),
    };
    settings.policy = case.policy.or(settings.policy);
    settings.lists = case.lists.unwrap_or(settings.lists);
    settings.geo.own = case.geo.or(settings.geo.own);

    let mut errors = Gathered::default();
    let mut digest = Digest::new("rulebook");
    let mut add = |sources: &[&Source]| {
        let whole = sources.iter().fold(digest.clone(), |digest, s| digest.field(&s.name).field(&s.text));
        digest = whole;
    };
    let chips = errors.keep(source(settings.chips.as_deref(), shipped::chips));
    let skus = errors.keep(source(settings.skus.as_deref(), shipped::skus));
    let controls = errors.keep(source(settings.controls.as_deref(), shipped::controls));
    let groups = errors.keep(source(settings.jurisdictions.as_deref(), shipped::jurisdictions));
    let policy = errors.keep(policy_sources(settings.policy.as_deref()));
    let lists = errors.keep(list_sources(&settings.lists));
    let geo = errors.keep(geo(&settings.geo));
    [&chips, &skus, &controls, &groups]
        .into_iter()
        .for_each(|s| add(s.as_slice().iter().collect::<Vec<_>>().as_slice()));
    policy.iter().flatten().for_each(|s| add(&[s]));
    lists.iter().flatten().for_each(|s| add(&[&s.source]));
    geo.iter().flat_map(|(_, sources)| sources).for_each(|s| add(&[s]));

    let catalogue = match (&chips, &skus, &controls) {
        (Some(chips), Some(skus), Some(controls)) => errors.keep(Catalogue::read(chips, skus, controls)),
        _ => None,
    };
    let jurisdictions = groups.and_then(|source| errors.keep(Jurisdictions::read(&source)));
    let lists = lists.and_then(|sources| errors.keep(Lists::read(&sources)));
    let known: BTreeSet<Text> = jurisdictions.iter().flat_map(Jurisdictions::group_names).cloned().collect();
    // Without country groups every group would be unknown: the policy's problems would only repeat that one.
    let policy = policy.filter(|_| jurisdictions.is_some()).and_then(|p| errors.keep(Policy::read(&p, &known)));
    errors.finish()?;
    let (Some(catalogue), Some(jurisdictions), Some(lists), Some(policy), Some((geo, _))) =
        (catalogue, jurisdictions, lists, policy, geo)
    else {
        return Err(ConfigError::Problems(Vec::new()));
    };
    let known_on = asked.known_on.or(case.known_on);
    let notices = lists.notices().iter().map(ToString::to_string).collect();
    let rulebook = Rulebook {
        catalogue: Arc::new(known_on.map_or(catalogue.clone(), |day| catalogue.known_on(day))),
        jurisdictions: Arc::new(known_on.map_or(jurisdictions.clone(), |day| jurisdictions.known_on(day))),
        geo: Arc::new(geo),
        lists: Arc::new(lists),
        policy: Arc::new(policy),
        digest: Text::new(format!("sha256:{}", digest.field(format!("{known_on:?}")).finish_hex())),
    };
    let decode = decode::Settings { limits: settings.limits, principals: settings.principals, ..Default::default() };
    Ok(Config { rulebook, decode, notices })
}

/// The rulebook a rule's case runs under: the lists and places it gives stand in for those of the configuration.
pub fn rulebook_of_case(book: &Rulebook, case: &Case) -> Result<Rulebook, ConfigError> {
    let lists: Vec<ListSource> =
        case.given.lists.iter().map(|list| ListSource { source: list.clone(), format: ListFormat::Own }).collect();
    let mut book = book.clone();
    book.lists = Arc::new(Lists::read(&lists)?);
    if !case.given.geo.is_empty() {
        let rows: String = case.given.geo.iter().map(|(network, country)| format!("{network},{country}\n")).collect();
        let places = Source { name: case.name.clone(), text: format!("network,country\n{rows}") };
        book.geo = Arc::new(Geo::default().with_own_ranges(&places)?);
    }
    Ok(book)
}

fn source(path: Option<&Path>, shipped: fn() -> Source) -> Result<Source, ConfigError> {
    path.map_or_else(|| Ok(shipped()), read_text)
}

fn read_text(path: &Path) -> Result<Source, ConfigError> {
    let unreadable = |error| ConfigError::Unreadable { path: path.to_owned(), error };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    Ok(Source { name: Text::new(path.to_string_lossy()), text })
}

fn policy_sources(paths: Option<&[PathBuf]>) -> Result<Vec<Source>, ConfigError> {
    let Some(paths) = paths else { return Ok(shipped::policy_sources()) };
    let mut files = Vec::new();
    for path in paths {
        rule_files(path, &mut files)?;
    }
    files.iter().map(|path| read_text(path)).collect()
}

/// A file as it is; of a folder every `.yaml` and `.yml`, by name, and the same of its folders.
fn rule_files(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), ConfigError> {
    let unreadable = |error| ConfigError::Unreadable { path: path.to_owned(), error };
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        entries.push(entry.map_err(unreadable)?.path());
    }
    entries.sort();
    for entry in entries {
        let yaml = entry.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if entry.is_dir() || yaml {
            rule_files(&entry, files)?;
        }
    }
    Ok(())
}

/// `.csv` is the Consolidated Screening List, anything else a list of one's own.
fn list_sources(paths: &[PathBuf]) -> Result<Vec<ListSource>, ConfigError> {
    let list = |path: &PathBuf| {
        let csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        let format = if csv { ListFormat::Csl { as_of: None } } else { ListFormat::Own };
        Ok(ListSource { source: read_text(path)?, format })
    };
    paths.iter().map(list).collect()
}

/// Places, and the texts they were read from.
fn geo(settings: &GeoSettings) -> Result<(Geo, Vec<Source>), ConfigError> {
    let table = source(settings.table.as_deref(), shipped::places)?;
    let mut geo = Geo::read_table(&table)?;
    let mut sources = vec![table];
    if let Some(path) = &settings.country_database {
        let (database, source) = database(path)?;
        geo = geo.with_countries(database);
        sources.push(source);
    }
    if let Some(path) = &settings.asn_database {
        let (database, source) = database(path)?;
        geo = geo.with_systems(database);
        sources.push(source);
    }
    if let Some(path) = &settings.own {
        let own = read_text(path)?;
        geo = geo.with_own_ranges(&own)?;
        sources.push(own);
    }
    Ok((geo, sources))
}

/// A database, and its name and hash for the configuration's digest.
fn database(path: &Path) -> Result<(Database, Source), ConfigError> {
    let bytes = std::fs::read(path).map_err(|error| ConfigError::Unreadable { path: path.to_owned(), error })?;
    let text = Digest::new("database").field(&bytes).finish_hex();
    let broken = |error: InvalidDatabase| ConfigError::Broken { path: path.to_owned(), what: error.to_string() };
    Ok((Geo::open(bytes).map_err(broken)?, Source { name: Text::new(path.to_string_lossy()), text }))
}
