//! From paths to a rulebook: every file is read, everything wrong is told at once.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, Scope};

use super::read::{Gathered, read_text};
use super::settings::{self, GeoSettings, Settings};
use super::{Asked, Config, ConfigError, lists, shipped};
use crate::catalogue::{Catalogue, Jurisdictions};
use crate::decode;
use crate::engine::Rulebook;
use crate::geo::{Database, Geo, InvalidDatabase};
use crate::model::{Digest, Text};
use crate::parties::{ListFormat, ListSource, Lists};
use crate::policy::{Case, Policy};
use crate::written::{Problems, Source};

pub(super) fn load(asked: &Asked) -> Result<Config, ConfigError> {
    thread::scope(|beside| load_beside(asked, beside))
}

/// What is read beside the rest, and takes as long.
struct Beside {
    geo: Option<Geo>,
    of_geo: Gathered,
    lists: Result<Lists, Problems>,
    catalogue: Option<Result<Catalogue, Problems>>,
    digest: Digest,
}

fn load_beside<'s>(asked: &Asked, beside: &'s Scope<'s, '_>) -> Result<Config, ConfigError> {
    let case = asked.case.clone().unwrap_or_default();
    let mut errors = Gathered::default();
    let mut settings = match asked.config.as_ref().or(case.config.as_ref()) {
        Some(path) => settings::read_settings(path, &mut errors),
        None => Settings::default(),
    };
    settings.policy = case.policy.or(settings.policy);
    settings.lists = case.lists.map(|paths| paths.into_iter().map(Into::into).collect()).or(settings.lists);
    settings.geo.own = case.geo.or(settings.geo.own);
    let geo_settings = settings.geo.clone();

    let chips = errors.keep(source(settings.chips.as_deref(), shipped::chips));
    let skus = errors.keep(source(settings.skus.as_deref(), shipped::skus));
    let controls = errors.keep(source(settings.controls.as_deref(), shipped::controls));
    let groups = errors.keep(source(settings.jurisdictions.as_deref(), shipped::jurisdictions));
    let policy = policy_sources(settings.policy.as_deref(), &mut errors);
    let lists = lists::sources(settings.lists.as_deref(), &mut errors);
    let digest = digest([&chips, &skus, &controls, &groups].into_iter().flatten().chain(&policy), &lists);
    let catalogue = chips.zip(skus).zip(controls);
    let beside = beside.spawn(move || Beside::read(&geo_settings, &lists, catalogue, digest));

    let jurisdictions = groups.and_then(|source| errors.keep(Jurisdictions::read(&source)));
    let known: BTreeSet<Text> = jurisdictions.iter().flat_map(Jurisdictions::group_names).cloned().collect();
    // Without country groups every group would be unknown: the policy's problems would only repeat that one.
    let policy = jurisdictions.is_some().then(|| Policy::read(&policy, &known));
    let Beside { geo, of_geo, lists, catalogue, digest } = beside.join().unwrap_or_else(|panic| resume_unwind(panic));
    let catalogue = catalogue.and_then(|read| errors.keep(read));
    let lists = errors.keep(lists);
    let policy = policy.and_then(|read| errors.keep(read));
    errors.append(of_geo);
    errors.or(())?;
    let (Some(catalogue), Some(jurisdictions), Some(lists), Some(policy), Some(geo)) =
        (catalogue, jurisdictions, lists, policy, geo)
    else {
        return Err(ConfigError::Problems(Vec::new()));
    };
    let known_on = asked.known_on.or(case.known_on);
    let (catalogue, jurisdictions) = match known_on {
        Some(day) => (catalogue.known_on(day), jurisdictions.known_on(day)),
        None => (catalogue, jurisdictions),
    };
    let notices = lists.notices().iter().map(ToString::to_string).collect();
    let rulebook = Rulebook {
        catalogue: Arc::new(catalogue),
        jurisdictions: Arc::new(jurisdictions),
        geo: Arc::new(geo),
        lists: Arc::new(lists),
        policy: Arc::new(policy),
        digest: Text::new(format!("sha256:{}", digest.field(format!("{known_on:?}")).finish_hex())),
    };
    let decode = decode::Settings {
        limits: settings.limits,
        principals: settings.principals,
        sightings: settings.sightings,
        format: None,
    };
    let (service, webhooks, list_shrink) = (settings.service, settings.webhooks, settings.list_shrink);
    Ok(Config { rulebook, decode, service, webhooks, list_shrink, notices })
}

/// Of all texts but those of places.
fn digest<'a>(sources: impl Iterator<Item = &'a Source>, lists: &[ListSource]) -> Digest {
    let digest = sources.fold(Digest::new("rulebook"), |digest, source| digest.field(source.text.as_bytes()));
    lists.iter().fold(digest, |digest, list| {
        let digest = digest.field(list.source.text.as_bytes());
        list.format.texts().iter().fold(digest, Digest::field)
    })
}

impl Beside {
    fn read(
        settings: &GeoSettings,
        lists: &[ListSource],
        catalogue: Option<((Source, Source), Source)>,
        digest: Digest,
    ) -> Self {
        let mut of_geo = Gathered::default();
        let (geo, sources) = geo(settings, &mut of_geo).unzip();
        Self {
            geo,
            of_geo,
            lists: Lists::read(lists),
            catalogue: catalogue.map(|((chips, skus), controls)| Catalogue::read(&chips, &skus, &controls)),
            digest: sources.iter().flatten().fold(digest, |digest, source| digest.field(source.text.as_bytes())),
        }
    }
}

/// The rulebook a rule's case runs under: the lists and places it gives stand in for those of the configuration.
pub fn rulebook_of_case(book: &Rulebook, case: &Case) -> Result<Rulebook, ConfigError> {
    let lists: Vec<ListSource> =
        case.given.lists.iter().map(|list| ListSource { source: list.clone(), format: ListFormat::Own }).collect();
    let mut book = book.clone();
    book.lists = Arc::new(Lists::read(&lists)?);
    if !case.given.geo.is_empty() {
        let rows: String = case.given.geo.iter().map(|(network, country)| format!("{network},{country}\n")).collect();
        let places = Source { name: case.name.clone(), text: format!("network,country\n{rows}").into() };
        book.geo = Arc::new(Geo::default().with_own_ranges(&places)?);
    }
    Ok(book)
}

fn source(path: Option<&Path>, shipped: fn() -> Source) -> Result<Source, ConfigError> {
    path.map_or_else(|| Ok(shipped()), read_text)
}

/// Those that can be read: the others' problems are told beside theirs.
fn policy_sources(paths: Option<&[PathBuf]>, errors: &mut Gathered) -> Vec<Source> {
    let Some(paths) = paths else { return shipped::policy_sources() };
    let mut files = Vec::new();
    for path in paths {
        errors.keep(rule_files(path, &mut files));
    }
    files.iter().filter_map(|path| errors.keep(read_text(path))).collect()
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

/// Places, and the texts they were read from.
fn geo(settings: &GeoSettings, errors: &mut Gathered) -> Option<(Geo, Vec<Source>)> {
    let table = errors.keep(source(settings.table.as_deref(), shipped::places));
    let mut geo = table.as_ref().and_then(|table| errors.keep(Geo::read_table(table)));
    let mut sources: Vec<Source> = table.into_iter().collect();
    if let Some((database, source)) = settings.country_database.as_deref().and_then(|p| errors.keep(database(p))) {
        geo = geo.map(|geo| geo.with_countries(database));
        sources.push(source);
    }
    if let Some((database, source)) = settings.asn_database.as_deref().and_then(|p| errors.keep(database(p))) {
        geo = geo.map(|geo| geo.with_systems(database));
        sources.push(source);
    }
    if let Some(own) = settings.own.as_deref().and_then(|path| errors.keep(read_text(path))) {
        // Read even when the table could not be, for the sake of its problems.
        geo = errors.keep(geo.unwrap_or_default().with_own_ranges(&own));
        sources.push(own);
    }
    geo.map(|geo| (geo, sources))
}

/// A database, and its name and hash for the configuration's digest.
fn database(path: &Path) -> Result<(Database, Source), ConfigError> {
    let bytes = std::fs::read(path).map_err(|error| ConfigError::Unreadable { path: path.to_owned(), error })?;
    let text = Digest::new("database").field(&bytes).finish_hex();
    let broken = |error: InvalidDatabase| ConfigError::Broken { path: path.to_owned(), what: error.to_string() };
    Ok((Geo::open(bytes).map_err(broken)?, Source { name: Text::new(path.to_string_lossy()), text: text.into() }))
}
