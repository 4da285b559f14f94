//! Settings and case files as written: paths are relative to the file that names them.

use std::path::{Path, PathBuf};

use super::lists::{ListSetting, lists, shrink};
use super::read::{Gathered, read_text};
use super::service::{Service, service};
use super::webhooks::webhooks;
use crate::decode::{Limits, PrincipalPolicy, Sightings};
use crate::model::{Day, EventTime, Text};
use crate::parties::ShrinkLimit;
use crate::sinks::webhook::Target;
use crate::written::{Fields, Node, Problems, parse};

/// A settings file (docs/configuration.md). What is not named is what ships.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `catalogue.chips`: CSV of chips.
    pub chips: Option<PathBuf>,
    /// `catalogue.skus`: CSV of SKUs.
    pub skus: Option<PathBuf>,
    /// `controls`: dated classes and exceptions.
    pub controls: Option<PathBuf>,
    /// `jurisdictions`: country groups.
    pub jurisdictions: Option<PathBuf>,
    /// Where addresses are looked up.
    pub geo: GeoSettings,
    /// `policy`: rule files or folders; `None` is the rules that ship.
    pub policy: Option<Vec<PathBuf>>,
    /// `lists`; `None` is the lists that ship.
    pub lists: Option<Vec<ListSetting>>,
    /// `list_shrink`: how much smaller a list may come back.
    pub list_shrink: ShrinkLimit,
    /// `privacy.principals` and its key.
    pub principals: PrincipalPolicy,
    /// `sightings`.
    pub sightings: Sightings,
    /// `limits`.
    pub limits: Limits,
    /// What `run` needs beside.
    pub service: Service,
    /// `webhooks`: where a service sends alerts.
    pub webhooks: Vec<Target>,
}

/// `geo`: databases are asked before tables.
#[derive(Clone, Debug, Default)]
pub struct GeoSettings {
    /// CSV of networks.
    pub table: Option<PathBuf>,
    /// CSV of one's own networks, asked first.
    pub own: Option<PathBuf>,
    /// MaxMind-format country database.
    pub country_database: Option<PathBuf>,
    /// MaxMind-format network database.
    pub asn_database: Option<PathBuf>,
}

/// A case folder's `case.yaml`.
#[derive(Clone, Debug, Default)]
pub struct CaseFile {
    /// In a few words.
    pub title: Text,
    /// A settings file.
    pub config: Option<PathBuf>,
    /// Rule files or folders; `None` is those of the settings.
    pub policy: Option<Vec<PathBuf>>,
    /// Lists; `None` is those of the settings.
    pub lists: Option<Vec<PathBuf>>,
    /// One's own networks.
    pub geo: Option<PathBuf>,
    /// Evaluated as of; `None` is the greatest event time.
    pub until: Option<EventTime>,
    /// Hides what was published later.
    pub known_on: Option<Day>,
}

/// Reads one file through `read`. What is wrong with it is gathered; what could be read is handed on, so that the files it
/// names are read too and their problems told in the same run.
fn read_file<T: Default>(
    path: &Path,
    what: &str,
    errors: &mut Gathered,
    read: impl FnOnce(&mut Fields, &Path, &mut Problems) -> T,
) -> T {
    let Some(source) = errors.keep(read_text(path)) else { return T::default() };
    let mut problems = Problems::of(&source.name);
    let base = path.parent().unwrap_or(Path::new("."));
    let node = parse(&source, &mut problems);
    let value = node.as_ref().and_then(|node| {
        let mut fields = node.fields(what, &mut problems)?;
        let value = read(&mut fields, base, &mut problems);
        fields.done(&mut problems);
        Some(value)
    });
    errors.keep(problems.or(()));
    value.unwrap_or_default()
}

pub(super) fn read_settings(path: &Path, errors: &mut Gathered) -> Settings {
    read_file(path, "settings", errors, |fields, base, problems| {
        let mut settings = Settings {
            controls: path_of(fields, "controls", base, problems),
            jurisdictions: path_of(fields, "jurisdictions", base, problems),
            policy: paths_of(fields, "policy", base, problems),
            lists: lists(fields, base, problems),
            list_shrink: shrink(fields, problems),
            sightings: value_of(fields, "sightings", problems, sightings).unwrap_or_default(),
            service: service(fields, base, problems),
            ..Settings::default()
        };
        nested(fields, "catalogue", problems, |fields, problems| {
            settings.chips = path_of(fields, "chips", base, problems);
            settings.skus = path_of(fields, "skus", base, problems);
        });
        nested(fields, "geo", problems, |fields, problems| {
            settings.geo = GeoSettings {
                table: path_of(fields, "table", base, problems),
                own: path_of(fields, "own", base, problems),
                country_database: path_of(fields, "country_database", base, problems),
                asn_database: path_of(fields, "asn_database", base, problems),
            };
        });
        nested(fields, "privacy", problems, |fields, problems| {
            settings.principals = principals(fields, base, problems);
        });
        nested(fields, "limits", problems, |fields, problems| limits(fields, &mut settings.limits, problems));
        if let Some(node) = fields.optional("webhooks") {
            settings.webhooks = webhooks(node, base, problems);
        }
        settings
    })
}

pub(super) fn read_case(path: &Path, errors: &mut Gathered) -> CaseFile {
    read_file(path, "case", errors, |fields, base, problems| {
        let case = CaseFile {
            title: fields.required_text("title", problems).unwrap_or_default(),
            config: path_of(fields, "config", base, problems),
            policy: paths_of(fields, "policy", base, problems),
            lists: paths_of(fields, "lists", base, problems),
            geo: path_of(fields, "geo", base, problems),
            until: value_of(fields, "until", problems, time),
            known_on: value_of(fields, "known_on", problems, day),
        };
        fields.optional_text("about", problems);
        case
    })
}

pub(super) fn nested(
    fields: &mut Fields,
    key: &str,
    problems: &mut Problems,
    read: impl FnOnce(&mut Fields, &mut Problems),
) {
    let Some(node) = fields.optional(key) else { return };
    if let Some(mut inner) = node.fields(key, problems) {
        read(&mut inner, problems);
        inner.done(problems);
    }
}

pub(super) fn path_of(fields: &mut Fields, key: &str, base: &Path, problems: &mut Problems) -> Option<PathBuf> {
    fields.optional_text(key, problems).map(|text| base.join(text.as_str()))
}

pub(super) fn paths_of(fields: &mut Fields, key: &str, base: &Path, problems: &mut Problems) -> Option<Vec<PathBuf>> {
    let items = fields.optional(key)?.list(key, problems)?;
    let path = |item: &Node| item.text(key, problems).map(|text| base.join(text.as_str()));
    Some(items.iter().filter_map(path).collect())
}

pub(super) fn value_of<T>(
    fields: &mut Fields,
    key: &str,
    problems: &mut Problems,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let node = fields.optional(key)?;
    let text = node.text(key, problems)?;
    read(&text).map_err(|what| problems.add(node.place, format!("{key} {what}"))).ok()
}

fn time(text: &str) -> Result<EventTime, String> {
    EventTime::parse(text).map_err(|_| format!("must be a time such as 2024-09-01T00:00:00Z, got {text:?}"))
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).map_err(|_| format!("must be a day such as 2024-09-01, got {text:?}"))
}

fn sightings(text: &str) -> Result<Sightings, String> {
    match text {
        "relevant" => Ok(Sightings::Relevant),
        "all" => Ok(Sightings::All),
        other => Err(format!("must be relevant or all, got {other:?}")),
    }
}

fn principals(fields: &mut Fields, base: &Path, problems: &mut Problems) -> PrincipalPolicy {
    let key_file = path_of(fields, "key_file", base, problems);
    let word = fields.optional("principals").and_then(|node| Some((node.place, node.text("principals", problems)?)));
    let Some((place, word)) = word else { return PrincipalPolicy::Omit };
    match (word.as_str(), key_file) {
        ("omit", _) => PrincipalPolicy::Omit,
        ("clear", _) => PrincipalPolicy::Clear,
        ("hashed", Some(path)) => match std::fs::read(&path) {
            Ok(key) if !key.is_empty() => PrincipalPolicy::Hashed { key },
            Ok(_) => {
                problems.add(place, format!("key file {} is empty", path.display()));
                PrincipalPolicy::Omit
            }
            Err(error) => {
                problems.add(place, format!("cannot read key file {}: {error}", path.display()));
                PrincipalPolicy::Omit
            }
        },
        ("hashed", None) => {
            problems.add(place, "principals: hashed needs key_file");
            PrincipalPolicy::Omit
        }
        (other, _) => {
            problems.add(place, format!("principals must be omit, hashed or clear, got {other:?}"));
            PrincipalPolicy::Omit
        }
    }
}

fn limits(fields: &mut Fields, limits: &mut Limits, problems: &mut Problems) {
    let mut number = |key: &str| {
        value_of(fields, key, problems, |text| match text.parse::<u32>() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(format!("must be a whole number above 0, got {text:?}")),
        })
    };
    let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    limits.record_bytes = number("record_bytes").map_or(limits.record_bytes, size);
    limits.depth = number("depth").map_or(limits.depth, size);
    limits.container_bytes = number("container_bytes").map_or(limits.container_bytes, u64::from);
    limits.records_per_container = number("records_per_container").map_or(limits.records_per_container, u64::from);
}
