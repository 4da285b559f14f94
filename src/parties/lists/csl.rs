//! The Consolidated Screening List of the US Departments of Commerce, State and the Treasury, as CSV.
//!
//! In: either of its layouts (28 columns, or 29 with `_id`), told by their header. Out: one list for each `source`, with
//! ids such as `csl-sdn`. A row that cannot be read is a notice, because one odd row must not cost the list; a file
//! without header, or one that breaks off within quotation marks, is a problem. Vessels and aircraft are left out: they
//! rent no computers. Of persons only names and dates are kept.

use std::collections::BTreeMap;

use csv::StringRecord;

use super::{Effect, Entry, EntryKind, ListSummary, Read};
use crate::model::{Country, Day, Digest, EntryId, ListId, Text};
use crate::parties::screening::fold;
use crate::written::{Place, Problems, Source};

const PUBLISHER: &str = "Consolidated Screening List, US Department of Commerce, trade.gov";
/// Most odd rows named one by one; the rest are counted.
const NAMED: usize = 100;

/// What each source means, by the abbreviation it carries in brackets. Sources and doubts: docs/lists.md.
const EFFECTS: [(&str, Effect); 13] = [
    ("SDN", Effect::Blocks),
    ("FSE", Effect::Blocks),
    ("DPL", Effect::Licence),
    ("EL", Effect::Licence),
    ("MEU", Effect::Licence),
    ("UVL", Effect::Licence),
    ("ISN", Effect::Licence),
    ("DTC", Effect::Risk),
    ("SSI", Effect::Risk),
    ("CAP", Effect::Risk),
    ("CMIC", Effect::Risk),
    ("MBS", Effect::Risk),
    ("PLC", Effect::Risk),
];

const TOP: Place = Place { line: 1, column: 1 };

/// Rows that say something odd.
#[derive(Default)]
struct Odd {
    /// Cannot be read: line and why.
    unread: Vec<(u32, String)>,
    /// Read with a doubt: how many of each kind, and the line of the first.
    doubts: BTreeMap<String, (u64, u32)>,
}

pub(super) fn read(source: &Source, as_of: Option<Day>, problems: &mut Problems, notices: &mut Problems) -> Read {
    let text = source.text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let Some(columns) = columns(&mut reader, problems) else { return Vec::new() };
    let mut lists: BTreeMap<ListId, (ListSummary, Vec<Entry>)> = BTreeMap::new();
    let mut odd = Odd::default();
    let mut last = (1, false);
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                odd.unread.push((last.0, error.to_string()));
                continue;
            }
        };
        let line = record.position().map_or(last.0, |at| u32::try_from(at.line()).unwrap_or(u32::MAX));
        let row = Row { columns: &columns, record: &record };
        last = (line, record.len() != columns.len() || record.iter().any(|field| field.contains('\n')));
        match row.read(line, &mut odd) {
            Ok(Some((title, entry))) => {
                let list = || ListSummary {
                    id: entry.list.clone(),
                    title,
                    source: Text::new_static(PUBLISHER),
                    effect: entry.effect,
                    as_of,
                    file: source.name.clone(),
                    entries: 0,
                    persons: 0,
                };
                lists.entry(entry.list.clone()).or_insert_with(|| (list(), Vec::new())).1.push(entry);
            }
            Ok(None) => {}
            Err(what) => odd.unread.push((line, what)),
        }
    }
    // A quotation mark nobody closes makes one row of all that follows.
    let (line, runs_on) = last;
    if runs_on && text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        problems.add(Place { line, column: 1 }, "the file breaks off within quotation marks");
    }
    if as_of.is_none() {
        notices.add(TOP, "no date of publication given for this file");
    }
    odd.tell(notices);
    lists.into_values().collect()
}

impl Odd {
    fn tell(self, notices: &mut Problems) {
        if !self.unread.is_empty() {
            notices.add(TOP, format!("{} rows could not be read", self.unread.len()));
        }
        for (line, what) in self.unread.into_iter().take(NAMED) {
            notices.add(Place { line, column: 1 }, what);
        }
        if self.doubts.len() > NAMED {
            notices.add(TOP, format!("{} kinds of doubt, of which {NAMED} are told", self.doubts.len()));
        }
        for (what, (count, line)) in self.doubts.into_iter().take(NAMED) {
            notices.add(Place { line, column: 1 }, format!("{count} rows: {what}"));
        }
    }
}

/// Where each column stands, by name; without `source` and `name` nothing can be read.
fn columns(reader: &mut csv::Reader<&[u8]>, problems: &mut Problems) -> Option<BTreeMap<String, usize>> {
    let header = match reader.headers() {
        Ok(header) => header,
        Err(error) => {
            problems.add(TOP, format!("not CSV: {error}"));
            return None;
        }
    };
    let columns: BTreeMap<_, _> =
        header.iter().enumerate().map(|(at, name)| (name.trim().to_lowercase(), at)).collect();
    let mut complete = true;
    for needed in ["source", "name"] {
        if !columns.contains_key(needed) {
            problems.add(TOP, format!("the header has no column {needed:?}"));
            complete = false;
        }
    }
    if columns.len() != header.len() {
        problems.add(TOP, "the header names a column twice");
        complete = false;
    }
    complete.then_some(columns)
}

struct Row<'a> {
    columns: &'a BTreeMap<String, usize>,
    record: &'a StringRecord,
}

impl Row<'_> {
    fn get(&self, column: &str) -> &str {
        self.columns.get(column).and_then(|at| self.record.get(*at)).unwrap_or("").trim()
    }

    /// The entry and its list's title; nothing for what is no party; or why it cannot be read.
    fn read(&self, line: u32, odd: &mut Odd) -> Result<Option<(Text, Entry)>, String> {
        let (has, wants) = (self.record.len(), self.columns.len());
        if has != wants {
            return Err(format!("the row has {has} columns, the header {wants}"));
        }
        let title = self.get("source");
        if title.is_empty() {
            return Err("the row names no source".to_owned());
        }
        let mut doubt = |what: String| odd.doubts.entry(what).or_insert((0, line)).0 += 1;
        let kind = match self.get("type").to_lowercase().as_str() {
            "individual" => EntryKind::Person,
            "vessel" | "aircraft" => {
                doubt("vessels and aircraft are not screened against".to_owned());
                return Ok(None);
            }
            "entity" => EntryKind::Organisation,
            "" => {
                doubt(format!("{title} does not say organisation or person: read as organisation"));
                EntryKind::Organisation
            }
            other => {
                doubt(format!("type {other:?} is not known: read as organisation"));
                EntryKind::Organisation
            }
        };
        let names = self.names();
        if names.is_empty() {
            return Err(format!("the row has no name, got {:?}", self.get("name")));
        }
        let (list, effect) = list_of(title);
        let effect = effect.unwrap_or_else(|| {
            doubt(format!("source {title:?} is not known: read as risk"));
            Effect::Risk
        });
        let mut date = |column: &str| {
            let text = self.get(column);
            let day = Day::parse(text).ok();
            if day.is_none() && !text.is_empty() {
                doubt(format!("{column} is no day, read as not stated"));
            }
            day
        };
        let (from, mut to) = (date("start_date"), date("end_date"));
        if to.is_some() && to <= from {
            doubt("end_date is not after start_date, read as not stated".to_owned());
            to = None;
        }
        let country = if kind == EntryKind::Person { None } else { country(self.get("addresses")) };
        let notice = self.get("federal_register_notice");
        let cites = if notice.is_empty() { Vec::new() } else { vec![Text::new(notice)] };
        let entry = Entry {
            list,
            effect,
            id: self.id(),
            names,
            domains: Vec::new(),
            country,
            kind,
            of: None,
            from,
            to,
            claim: None,
            cites,
        };
        Ok(Some((Text::new(title), entry)))
    }

    /// The number the list itself gives, else that of the file, else a hash of what the row says.
    fn id(&self) -> EntryId {
        let given = [self.get("entity_number"), self.get("_id")].into_iter().find(|id| !id.is_empty());
        EntryId::new(given.map_or_else(
            || {
                let digest = ["source", "name", "addresses", "start_date"]
                    .iter()
                    .fold(Digest::new("csl"), |digest, c| digest.field(self.get(c)));
                format!("hash-{}", digest.fact_id())
            },
            str::to_owned,
        ))
    }

    /// Name and other names, each once, without those that hold neither letter nor digit.
    fn names(&self) -> Vec<Text> {
        // State writes "…; and any successor, sub-unit, or subsidiary thereof" into the name.
        let name = self.get("name").split("; and any successor").next().unwrap_or("").trim();
        if fold(name).is_empty() {
            return Vec::new();
        }
        let mut names = vec![Text::new(name)];
        for other in self.get("alt_names").split(';') {
            // Commerce writes the last of several as "and …".
            let other = other.trim();
            let other = Text::new(other.strip_prefix("and ").unwrap_or(other).trim());
            if !fold(&other).is_empty() && !names.contains(&other) {
                names.push(other);
            }
        }
        names
    }
}

/// `csl-sdn` and its effect from `Specially Designated Nationals (SDN) - Treasury Department`.
pub(super) fn list_of(title: &str) -> (ListId, Option<Effect>) {
    let short = title.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or(title, |(short, _)| short);
    // `(NS-MBS List)`, `(NS-CMIC)` and `(MBS)` have all been seen or may be.
    let short = short.trim().trim_end_matches(" List").trim_start_matches("NS-");
    let effect = EFFECTS.iter().find(|(known, _)| known.eq_ignore_ascii_case(short)).map(|(_, effect)| *effect);
    let slug = fold(short).replace(' ', "-");
    (ListId::new(format!("csl-{slug}")), effect)
}

/// The two letters at the end of the first address that ends in such.
fn country(addresses: &str) -> Option<Country> {
    addresses.split(';').find_map(|address| Country::parse(address.rsplit(',').next()?))
}
