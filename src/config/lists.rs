//! Lists as settings name them, and the files behind them.
//!
//! In: the sections `lists` and `list_shrink`. Out: what to read and how, or what is wrong with it. Without `lists` those that
//! ship are read. It refuses to know what a list says.

use std::path::{Path, PathBuf};

use super::read::{Gathered, read_text};
use super::settings::{nested, path_of, value_of};
use super::shipped;
use crate::model::{Day, ListId, Text};
use crate::parties::{Beside, Described, Effect, Layout, ListFormat, ListSource, ShrinkLimit};
use crate::written::{Fields, Node, Problems, Shape};

/// One element of `lists`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListSetting {
    /// `{shipped: reported-2024}`.
    Shipped(Text),
    /// A path, or `{path: …, format: …}`.
    File(ListFile),
}

/// A list's file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFile {
    /// `path`.
    pub path: PathBuf,
    /// `format`; `None`: it is told by what the file begins with.
    pub layout: Option<Layout>,
    /// `as_of`: the day it was published, where the file does not say.
    pub as_of: Option<Day>,
    /// `alt`: OFAC's other names.
    pub alternates: Option<PathBuf>,
    /// `add`: OFAC's addresses.
    pub addresses: Option<PathBuf>,
    /// `id`, `title`, `effect`: what a data set of OpenSanctions is.
    pub list: Option<Described>,
}

impl From<PathBuf> for ListSetting {
    fn from(path: PathBuf) -> Self {
        Self::File(ListFile { path, ..ListFile::default() })
    }
}

/// Reads `lists`.
pub(super) fn lists(fields: &mut Fields, base: &Path, problems: &mut Problems) -> Option<Vec<ListSetting>> {
    let items = fields.optional("lists")?.list("lists", problems)?;
    Some(items.iter().filter_map(|item| list(item, base, problems)).collect())
}

fn list(node: &Node, base: &Path, problems: &mut Problems) -> Option<ListSetting> {
    if !matches!(node.shape, Shape::Map(_)) {
        return Some(ListSetting::from(base.join(node.text("lists", problems)?.as_str())));
    }
    let mut fields = node.fields("list", problems)?;
    let setting = match fields.optional_text("shipped", problems) {
        Some(name) if shipped::list(&name).is_some() => Some(ListSetting::Shipped(name)),
        Some(name) => {
            let known = shipped::LISTS.join(", ");
            problems.add(node.place, format!("shipped must be one of {known}, got {name:?}"));
            None
        }
        None => file(&mut fields, node, base, problems).map(ListSetting::File),
    };
    fields.done(problems);
    setting
}

fn file(fields: &mut Fields, node: &Node, base: &Path, problems: &mut Problems) -> Option<ListFile> {
    let path = fields.required_text("path", problems).map(|path| base.join(path.as_str()));
    let layout = value_of(fields, "format", problems, |text| {
        let known = || Layout::ALL.iter().map(|layout| layout.as_str()).collect::<Vec<_>>().join(", ");
        Layout::parse(text).ok_or_else(|| format!("must be one of {}, got {text:?}", known()))
    });
    let as_of = value_of(fields, "as_of", problems, |text| {
        Day::parse(text).map_err(|_| format!("must be a day such as 2024-09-01, got {text:?}"))
    });
    let (alternates, addresses) = (path_of(fields, "alt", base, problems), path_of(fields, "add", base, problems));
    if (alternates.is_some() || addresses.is_some()) && layout != Some(Layout::Ofac) {
        problems.add(node.place, "alt and add belong to format: ofac_sdn");
    }
    let list = described(fields, problems);
    if list.is_some() && !matches!(layout, Some(Layout::Ftm | Layout::Simple)) {
        problems.add(node.place, "id, title and effect belong to the formats of OpenSanctions: other files say them");
    }
    if as_of.is_some() && layout == Some(Layout::Own) {
        problems.add(node.place, "a list of one's own says its as_of itself");
    }
    Some(ListFile { path: path?, layout, as_of, alternates, addresses, list })
}

fn described(fields: &mut Fields, problems: &mut Problems) -> Option<Described> {
    let (id, title) = (fields.optional_text("id", problems), fields.optional_text("title", problems));
    let effect = value_of(fields, "effect", problems, |text| {
        let known = || Effect::ALL.iter().map(|effect| effect.as_str()).collect::<Vec<_>>().join(", ");
        Effect::parse(text).ok_or_else(|| format!("must be one of {}, got {text:?}", known()))
    });
    if id.is_none() && title.is_none() && effect.is_none() {
        return None;
    }
    let id = id.unwrap_or_else(|| Text::new_static("opensanctions"));
    if id.trim().is_empty() {
        problems.add(fields.place, "list id must not be empty");
    }
    let title = title.unwrap_or_else(|| Text::new(format!("OpenSanctions: {id}")));
    Some(Described { id: ListId::new(&id), title, effect: effect.unwrap_or(Effect::Risk) })
}

/// Reads `list_shrink`.
pub(super) fn shrink(fields: &mut Fields, problems: &mut Problems) -> ShrinkLimit {
    let mut limit = ShrinkLimit::default();
    nested(fields, "list_shrink", problems, |fields, problems| {
        let percent = value_of(fields, "percent", problems, |text| match (text, text.parse::<u32>()) {
            ("off", _) => Ok(None),
            (_, Ok(percent)) if percent <= 100 => Ok(Some(percent)),
            _ => Err(format!("must be a whole number from 0 to 100, or off, got {text:?}")),
        });
        limit.percent = percent.unwrap_or(limit.percent);
        limit.confirmed = fields.texts("confirm", problems);
    });
    limit
}

/// The files of every list, those that can be read: the others' problems are told beside theirs.
pub(super) fn sources(settings: Option<&[ListSetting]>, errors: &mut Gathered) -> Vec<ListSource> {
    let Some(settings) = settings else {
        let own = |source| ListSource { source, format: ListFormat::Own };
        return shipped::LISTS.iter().filter_map(|name| shipped::list(name)).map(own).collect();
    };
    let source = |setting: &ListSetting| match setting {
        ListSetting::Shipped(name) => Some(ListSource { source: shipped::list(name)?, format: ListFormat::Own }),
        ListSetting::File(file) => {
            let source = errors.keep(read_text(&file.path))?;
            let layout = file.layout.unwrap_or_else(|| Layout::seen(&source));
            let mut beside = |path: &Option<PathBuf>| path.as_deref().and_then(|path| errors.keep(read_text(path)));
            let beside = Beside { alternates: beside(&file.alternates), addresses: beside(&file.addresses) };
            Some(ListSource { source, format: ListFormat::of(layout, file.as_of, beside, file.list.clone()) })
        }
    };
    settings.iter().filter_map(source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::written::{Source, parse};

    fn read(text: &str) -> (Option<Vec<ListSetting>>, ShrinkLimit, String) {
        let mut problems = Problems::of("s.yaml");
        let source = Source { name: "s.yaml".into(), text: text.to_owned().into() };
        let node = parse(&source, &mut problems).unwrap();
        let mut fields = node.fields("settings", &mut problems).unwrap();
        let lists = lists(&mut fields, Path::new("/base"), &mut problems);
        let limit = shrink(&mut fields, &mut problems);
        fields.done(&mut problems);
        (lists, limit, problems.to_string())
    }

    #[test]
    fn lists_are_paths_or_say_what_their_files_do_not() {
        let (lists, limit, problems) = read(
            "lists:
  - own.yaml
  - {shipped: reported-2024}
  - {path: sdn.csv, format: ofac_sdn, alt: alt.csv, add: add.csv, as_of: 2026-07-01}
  - {path: e.json, format: opensanctions_ftm, id: os-x, effect: licence}
list_shrink: {percent: 5, confirm: [csl-el@0011]}
",
        );
        assert_eq!(problems, "");
        let lists = lists.unwrap();
        assert_eq!(lists[0], ListSetting::from(PathBuf::from("/base/own.yaml")));
        assert_eq!(lists[1], ListSetting::Shipped("reported-2024".into()));
        let ListSetting::File(ofac) = &lists[2] else { panic!("a file") };
        assert_eq!((ofac.layout, ofac.as_of), (Some(Layout::Ofac), Day::parse("2026-07-01").ok()));
        assert_eq!(ofac.alternates.as_deref(), Some(Path::new("/base/alt.csv")));
        let ListSetting::File(open) = &lists[3] else { panic!("a file") };
        assert_eq!(open.list.as_ref().unwrap().effect, Effect::Licence);
        assert_eq!(open.list.as_ref().unwrap().title, "OpenSanctions: os-x");
        assert_eq!(limit, ShrinkLimit { percent: Some(5), confirmed: vec!["csl-el@0011".into()] });
        assert_eq!(read("lists: []\nlist_shrink: {percent: off}\n").1.percent, None);
        assert_eq!(read("a: 1\n").0, None);
    }

    #[test]
    fn what_is_wrong_with_a_list_setting_is_told_with_its_place() {
        let (_, _, problems) = read(
            "lists:
  - {shipped: nothing}
  - {path: a, format: xml, as_of: today}
  - {path: a.csv, alt: b.csv, effect: risk, more: 1}
  - {format: own}
list_shrink: {percent: 101, conform: []}
",
        );
        assert_eq!(
            problems.lines().collect::<Vec<_>>(),
            [
                "s.yaml:2:5: shipped must be one of reported-2024, got \"nothing\"",
                "s.yaml:3:23: format must be one of own, csl_csv, csl_json, bis_json, bis_supplement, bis_dpl, ofac_sdn, \
                 opensanctions_ftm, opensanctions_simple, got \"xml\"",
                "s.yaml:3:35: as_of must be a day such as 2024-09-01, got \"today\"",
                "s.yaml:4:5: alt and add belong to format: ofac_sdn",
                "s.yaml:4:5: id, title and effect belong to the formats of OpenSanctions: other files say them",
                "s.yaml:4:45: list has no key \"more\"",
                "s.yaml:5:5: list needs \"path\"",
                "s.yaml:6:24: percent must be a whole number from 0 to 100, or off, got \"101\"",
                "s.yaml:6:29: list_shrink has no key \"conform\"",
            ]
        );
    }
}
