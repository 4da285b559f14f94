//! How a list is written: which layouts there are, and which one a file has.
//!
//! In: what the settings say of a file, or its name and text. Out: the layout. It refuses to read entries.

use super::ofac::Beside;
use super::sheet::Described;
use super::{Effect, Read, bis, csl_csv, csl_json, dpl, ofac, opensanctions, own};
use crate::model::{Day, ListId, Text, words};
use crate::written::{Problems, Source};

words! {
    /// A layout, as settings name it.
    Layout {
        /// YAML of one's own.
        Own = "own",
        /// The Consolidated Screening List as CSV.
        Csl = "csl_csv",
        /// The same as JSON.
        CslJson = "csl_json",
        /// Entity List or Military End-User List as JSON taken out of the supplement.
        Bis = "bis_json",
        /// Entity List as a table with the supplement's columns.
        BisSupplement = "bis_supplement",
        /// Denied Persons List.
        Dpl = "bis_dpl",
        /// Specially Designated Nationals as CSV.
        Ofac = "ofac_sdn",
        /// OpenSanctions, one entity a line.
        Ftm = "opensanctions_ftm",
        /// OpenSanctions, a table of targets.
        Simple = "opensanctions_simple",
    }
}

/// How a list is written, with what its file does not say itself (docs/lists.md).
#[derive(Clone, Debug)]
pub enum ListFormat {
    /// YAML of one's own: one list a file.
    Own,
    /// CSV of the Consolidated Screening List: one list for each `source` in it.
    Csl {
        /// The day the file was published.
        as_of: Option<Day>,
    },
    /// JSON of the same.
    CslJson {
        /// The day the file was published.
        as_of: Option<Day>,
    },
    /// JSON of the Entity List or the Military End-User List.
    Bis {
        /// The day it was published; `None` is what the file says.
        as_of: Option<Day>,
    },
    /// CSV of the Entity List, with the columns of supplement No. 4.
    BisSupplement {
        /// The day the file was published.
        as_of: Option<Day>,
    },
    /// The Denied Persons List.
    Dpl {
        /// The day the file was published.
        as_of: Option<Day>,
    },
    /// Specially Designated Nationals.
    Ofac {
        /// The day the files were published.
        as_of: Option<Day>,
        /// The files that belong to it.
        beside: Box<Beside>,
    },
    /// A data set of OpenSanctions.
    OpenSanctions {
        /// The day it was published.
        as_of: Option<Day>,
        /// Which of its two writings.
        writing: Writing,
        /// What the list is.
        list: Box<Described>,
    },
}

/// How OpenSanctions writes a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// `entities.ftm.json`.
    Ftm,
    /// `targets.simple.csv`.
    Simple,
}

impl ListFormat {
    /// The layout, with what settings say beside it.
    pub fn of(layout: Layout, as_of: Option<Day>, beside: Beside, list: Option<Described>) -> Self {
        let open = |writing| Self::OpenSanctions {
            as_of,
            writing,
            list: Box::new(list.clone().unwrap_or_else(Described::opensanctions)),
        };
        match layout {
            Layout::Own => Self::Own,
            Layout::Csl => Self::Csl { as_of },
            Layout::CslJson => Self::CslJson { as_of },
            Layout::Bis => Self::Bis { as_of },
            Layout::BisSupplement => Self::BisSupplement { as_of },
            Layout::Dpl => Self::Dpl { as_of },
            Layout::Ofac => Self::Ofac { as_of, beside: Box::new(beside) },
            Layout::Ftm => open(Writing::Ftm),
            Layout::Simple => open(Writing::Simple),
        }
    }

    /// Everything beside the list's own file that decides what is read.
    pub fn texts(&self) -> Vec<String> {
        let day = |day: &Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        match self {
            Self::Own => Vec::new(),
            Self::Csl { as_of }
            | Self::CslJson { as_of }
            | Self::Bis { as_of }
            | Self::BisSupplement { as_of }
            | Self::Dpl { as_of } => vec![day(as_of)],
            Self::Ofac { as_of, beside } => {
                let files = [&beside.alternates, &beside.addresses];
                let files =
                    files.iter().map(|file| file.as_ref().map(|file| file.text.to_string()).unwrap_or_default());
                files.chain([day(as_of)]).collect()
            }
            Self::OpenSanctions { as_of, writing, list } => vec![format!("{writing:?} {list:?} {}", day(as_of))],
        }
    }

    pub(super) fn read(&self, source: &Source, problems: &mut Problems, notices: &mut Problems) -> Read {
        match self {
            Self::Own => own::read(source, problems).into_iter().collect(),
            Self::Csl { as_of } => csl_csv::read(source, *as_of, problems, notices),
            Self::CslJson { as_of } => csl_json::read(source, *as_of, problems, notices),
            Self::Bis { as_of } => bis::read_json(source, *as_of, problems, notices),
            Self::BisSupplement { as_of } => bis::read_supplement(source, *as_of, problems, notices),
            Self::Dpl { as_of } => dpl::read(source, *as_of, problems, notices),
            Self::Ofac { as_of, beside } => ofac::read(source, beside, *as_of, problems, notices),
            Self::OpenSanctions { as_of, writing: Writing::Ftm, list } => {
                opensanctions::read_ftm(source, list, *as_of, problems, notices)
            }
            Self::OpenSanctions { as_of, writing: Writing::Simple, list } => {
                opensanctions::read_simple(source, list, *as_of, problems, notices)
            }
        }
    }
}

impl Described {
    /// Where settings say nothing: a sign of risk, because lists of many states are in it.
    fn opensanctions() -> Self {
        let title = Text::new_static("OpenSanctions");
        Self { id: ListId::new("opensanctions"), title, effect: Effect::Risk }
    }
}

impl Layout {
    /// The layout of a file whose settings name none, by its first characters; what is known by nothing else is a list of one's
    /// own, and a table the Consolidated Screening List, so that their problems are told.
    pub fn seen(source: &Source) -> Self {
        let name = source.name.to_lowercase();
        if name.ends_with(".yaml") || name.ends_with(".yml") {
            return Self::Own;
        }
        let text = source.text.trim_start_matches('\u{feff}').trim_start();
        let first = text.lines().next().unwrap_or("").to_lowercase();
        let columns: Vec<&str> = first.split([',', '\t']).map(|cell| cell.trim().trim_matches('"')).collect();
        let has = |wanted: &[&str]| wanted.iter().all(|wanted| columns.contains(wanted));
        let beginning: String = text.chars().take(400).filter(|c| !c.is_whitespace()).collect();
        let holds = |key: &str| beginning.contains(&format!("\"{key}\":"));
        if beginning.starts_with('{') {
            match () {
                () if holds("schema") => Self::Ftm,
                () if holds("results") || holds("sources_used") => Self::CslJson,
                () if holds("list_id") => Self::Bis,
                () => Self::Own,
            }
        } else if has(&["effective_date", "fr_citation"]) {
            Self::Dpl
        } else if has(&["id", "schema", "name"]) {
            Self::Simple
        } else if has(&["country", "entity", "federal register citation"]) {
            Self::BisSupplement
        } else if columns.len() == 12 && first.contains("-0-") {
            Self::Ofac
        } else if name.ends_with(".csv") {
            Self::Csl
        } else {
            Self::Own
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_told_by_how_a_file_begins() {
        let seen = |name: &str, text: &str| Layout::seen(&Source { name: name.into(), text: text.to_owned().into() });
        for (name, text, layout) in [
            ("a.yaml", "{\"results\": []}", Layout::Own),
            ("own.json", "{\"list\": {}, \"entries\": []}", Layout::Own),
            ("notes.txt", "list: {}", Layout::Own),
            ("csl.csv", "\u{feff}_id,source,entity_number,type,name\n", Layout::Csl),
            ("odd.CSV", "a,b\n", Layout::Csl),
            ("c.json", "{\n \"results\": [", Layout::CslJson),
            ("c.json", "{\"sources_used\": [], \"total\": 1", Layout::CslJson),
            ("el.json", "{\"list_id\": \"bis-meu\"", Layout::Bis),
            (
                "s4.csv",
                "Country,Entity,License requirement,License review policy,Federal Register citation\n",
                Layout::BisSupplement,
            ),
            ("dpl.txt", "\"Name\"\t\"Country\"\t\"Effective_Date\"\t\"FR_Citation\"\n", Layout::Dpl),
            ("sdn.csv", "36,\"A\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n", Layout::Ofac),
            ("e.json", "{\"id\":\"x\",\"caption\":\"A\",\"schema\":\"Company\"}\n", Layout::Ftm),
            ("t.csv", "\"id\",\"schema\",\"name\",\"aliases\"\n", Layout::Simple),
        ] {
            assert_eq!(seen(name, text), layout, "{name}: {text}");
        }
    }
}
