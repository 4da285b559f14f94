//! The Consolidated Screening List of the US Departments of Commerce, State and the Treasury: what its rows mean.
//!
//! In: a row as either of its two writings gives it (CSV or JSON). Out: an entry of one list for each `source`, with ids such
//! as `csl-sdn`. Vessels and aircraft are left out: they rent no computers. Of persons only names and dates are kept.

use super::sheet::Sheet;
use super::{Effect, Entry, EntryKind};
use crate::model::{Country, Day, Digest, EntryId, ListId, Text};
use crate::parties::screening::fold;
use crate::written::Place;

pub(super) const PUBLISHER: &str = "Consolidated Screening List, US Department of Commerce, trade.gov";

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

/// A row, its values as written; what is not stated is empty.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// Which list, in words.
    pub(super) source: String,
    /// The number the list itself gives, or else that of the file.
    pub(super) id: String,
    /// `Individual`, `Entity`, `Vessel`, `Aircraft` or nothing.
    pub(super) kind: String,
    pub(super) name: String,
    /// Other names, one each.
    pub(super) others: Vec<String>,
    /// Every address in one text: it tells rows without a number apart.
    pub(super) addresses: String,
    pub(super) country: Option<Country>,
    pub(super) start: String,
    pub(super) end: String,
    pub(super) notice: String,
}

impl Row {
    /// Adds the row's entry to its list, or says why it cannot be read.
    pub(super) fn read(self, place: Place, sheet: &mut Sheet<'_>) -> Result<(), String> {
        let title = self.source.trim();
        if title.is_empty() {
            return Err("the row names no source".to_owned());
        }
        let mut doubt = |what: String| sheet.odd.doubt(place, what);
        let kind = match self.kind.to_lowercase().as_str() {
            "individual" => EntryKind::Person,
            "vessel" | "aircraft" => {
                doubt("vessels and aircraft are not screened against".to_owned());
                return Ok(());
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
            return Err(format!("the row has no name, got {:?}", self.name));
        }
        let (list, effect) = list_of(title);
        let effect = effect.unwrap_or_else(|| {
            doubt(format!("source {title:?} is not known: read as risk"));
            Effect::Risk
        });
        let mut date = |column: &str, text: &str| {
            let day = Day::parse(text).ok();
            if day.is_none() && !text.is_empty() {
                doubt(format!("{column} is no day, read as not stated"));
            }
            day
        };
        let (from, mut to) = (date("start_date", &self.start), date("end_date", &self.end));
        if to.is_some() && to <= from {
            doubt("end_date is not after start_date, read as not stated".to_owned());
            to = None;
        }
        let country = self.country.filter(|_| kind != EntryKind::Person);
        let cites = if self.notice.is_empty() { Vec::new() } else { vec![Text::new(&self.notice)] };
        let entry = Entry { country, kind, from, to, cites, ..Entry::bare(list, effect, self.id(), names) };
        sheet.add(&Text::new(title), entry);
        Ok(())
    }

    /// The number given, else a hash of what the row says.
    fn id(&self) -> EntryId {
        if !self.id.is_empty() {
            return EntryId::new(&self.id);
        }
        let said = [self.source.trim(), &self.name, &self.addresses, &self.start];
        let digest = said.iter().fold(Digest::new("csl"), |digest, said| digest.field(said));
        EntryId::new(format!("hash-{}", digest.fact_id()))
    }

    /// Name and other names, each once, without those that hold neither letter nor digit.
    fn names(&self) -> Vec<Text> {
        // State writes "…; and any successor, sub-unit, or subsidiary thereof" into the name.
        let name = self.name.split("; and any successor").next().unwrap_or("").trim();
        if fold(name).is_empty() {
            return Vec::new();
        }
        let mut names = vec![Text::new(name)];
        for other in &self.others {
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
