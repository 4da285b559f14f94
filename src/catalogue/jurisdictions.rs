//! Country groups, with their history.
//!
//! In: `config/jurisdictions.yaml`. Out: whether a country belongs to a group on a day. It refuses to say anything of
//! a group nobody wrote down.

use std::collections::BTreeMap;

use super::dated::{Dated, flag};
use crate::model::{Country, Day, Text};
use crate::written::{Fields, Node, Problems, Source, parse};

/// Country groups.
#[derive(Clone, Debug, Default)]
pub struct Jurisdictions {
    groups: BTreeMap<Text, Group>,
    /// Countries that follow another one: Hong Kong, China.
    follows: Vec<Follows>,
}

#[derive(Clone, Debug, Default)]
struct Group {
    /// Groups whose members are its members too, while this holds.
    includes: Vec<(Text, Dated)>,
    members: Vec<(Country, Dated)>,
}

#[derive(Clone, Debug)]
struct Follows {
    country: Country,
    with: Country,
    dated: Dated,
}

/// Most groups in one another; deeper ones are refused at reading.
const DEPTH: usize = 4;

impl Jurisdictions {
    /// Reads the file; every problem at once.
    pub fn read(source: &Source) -> Result<Self, Problems> {
        let mut problems = Problems::of(&source.name);
        let mut found = Self::default();
        if let Some(node) = parse(source, &mut problems)
            && let Some(mut fields) = node.fields("jurisdictions file", &mut problems)
        {
            found.groups(&mut fields, &mut problems);
            let follows = fields.optional("counted_with").and_then(|node| node.list("counted_with", &mut problems));
            for item in follows.unwrap_or(&[]) {
                found.follows.extend(Follows::read(item, &mut problems));
            }
            fields.done(&mut problems);
        }
        problems.or(found)
    }

    fn groups(&mut self, fields: &mut Fields<'_>, problems: &mut Problems) {
        let Some(node) = fields.required("groups", problems) else { return };
        let Some(mut groups) = node.fields("groups", problems) else { return };
        let mut includes = Vec::new();
        for (name, _, node) in groups.rest() {
            problems.about(Some(format!("group {name}").into()));
            let group = Group::read(node, problems);
            includes.extend(group.includes.iter().map(|(included, _)| (name.clone(), included.clone(), node.place)));
            self.groups.insert(name.clone(), group);
        }
        for (name, included, place) in includes {
            problems.about(Some(format!("group {name}").into()));
            if !self.groups.contains_key(&included) {
                problems.add(place, format!("includes {included:?}, which is no group here"));
            }
            if self.depth(&name, 0) > DEPTH {
                problems.add(place, format!("groups within groups, in a circle or deeper than {DEPTH}"));
            }
        }
        problems.about(None);
    }

    fn depth(&self, name: &str, at: usize) -> usize {
        let Some(group) = self.groups.get(name).filter(|_| at <= DEPTH) else { return at };
        group.includes.iter().map(|(included, _)| self.depth(included, at + 1)).max().unwrap_or(at)
    }

    /// Whether a country belongs to a group on a day. A country that is counted with another belongs where that one
    /// does. False for a group that is not known: ask [`Self::has_group`] first.
    pub fn contains(&self, group: &str, country: Country, on: Day) -> bool {
        let with = self.follows.iter().find(|f| f.country == country && f.dated.holds(on)).map(|f| f.with);
        self.holds(group, country, on, 0) || with.is_some_and(|with| self.holds(group, with, on, 0))
    }

    fn holds(&self, name: &str, country: Country, on: Day, depth: usize) -> bool {
        let Some(group) = self.groups.get(name).filter(|_| depth <= DEPTH) else { return false };
        group.members.iter().any(|(member, dated)| *member == country && dated.holds(on))
            || group.includes.iter().any(|(name, dated)| dated.holds(on) && self.holds(name, country, on, depth + 1))
    }

    /// Whether a group of this name is known.
    pub fn has_group(&self, group: &str) -> bool {
        self.groups.contains_key(group)
    }

    /// The names of all groups.
    pub fn group_names(&self) -> impl Iterator<Item = &Text> {
        self.groups.keys()
    }

    /// The same as somebody knew it on a day.
    pub fn known_on(&self, day: Day) -> Self {
        let group = |group: &Group| Group {
            includes: group.includes.iter().filter_map(|(n, d)| Some((n.clone(), d.known_on(day)?))).collect(),
            members: group.members.iter().filter_map(|(c, d)| Some((*c, d.known_on(day)?))).collect(),
        };
        let follows = self.follows.iter().filter_map(|f| Some(Follows { dated: f.dated.known_on(day)?, ..f.clone() }));
        Self {
            groups: self.groups.iter().map(|(name, g)| (name.clone(), group(g))).collect(),
            follows: follows.collect(),
        }
    }
}

impl Group {
    fn read(node: &Node, problems: &mut Problems) -> Self {
        let mut group = Self::default();
        let Some(mut fields) = node.fields("group", problems) else { return group };
        fields.required_text("source", problems);
        for item in fields.optional("includes").and_then(|node| node.list("includes", problems)).unwrap_or(&[]) {
            let Some(mut fields) = item.fields("include", problems) else { continue };
            let name = fields.required_text("group", problems);
            if let (Some(name), Some(dated)) = (name, dated(fields, problems)) {
                group.includes.push((name, dated));
            }
        }
        for item in fields.optional("members").and_then(|node| node.list("members", problems)).unwrap_or(&[]) {
            let Some(mut fields) = item.fields("members", problems) else { continue };
            let countries = fields.required("countries", problems).and_then(|node| node.list("countries", problems));
            let countries: Vec<_> =
                countries.unwrap_or(&[]).iter().filter_map(|node| country(node, problems)).collect();
            if let Some(dated) = dated(fields, problems) {
                group.members.extend(countries.into_iter().map(|country| (country, dated)));
            }
        }
        fields.done(problems);
        group
    }
}

impl Follows {
    fn read(node: &Node, problems: &mut Problems) -> Option<Self> {
        let mut fields = node.fields("counted_with", problems)?;
        let one = fields.required("country", problems).and_then(|node| country(node, problems));
        let with = fields.required("with", problems).and_then(|node| country(node, problems));
        let dated = dated(fields, problems);
        Some(Self { country: one?, with: with?, dated: dated? })
    }
}

/// The days, the source and the mark that close an entry.
fn dated(mut fields: Fields<'_>, problems: &mut Problems) -> Option<Dated> {
    let dated = Dated::read(&mut fields, problems);
    fields.optional_text("source", problems);
    flag(&mut fields, "recall", problems);
    fields.done(problems);
    dated
}

fn country(node: &Node, problems: &mut Problems) -> Option<Country> {
    let text = node.text("country", problems)?;
    let country = Country::parse(&text);
    if country.is_none() {
        problems.add(node.place, format!("a country is two letters, got {text:?}"));
    }
    country
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Jurisdictions, Problems> {
        Jurisdictions::read(&Source { name: "j.yaml".into(), text: text.to_owned().into() })
    }

    fn shipped() -> Jurisdictions {
        read(include_str!("../../config/jurisdictions.yaml")).unwrap()
    }

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn contains(j: &Jurisdictions, group: &str, country: &str, on: &str) -> bool {
        j.contains(group, Country::parse(country).unwrap(), day(on))
    }

    #[test]
    fn cambodia_left_d5_on_2025_11_07_and_stays_in_d1() {
        let j = shipped();
        assert!(!contains(&j, "D:5", "KH", "2021-12-08"));
        assert!(contains(&j, "D:5", "KH", "2025-11-06"));
        assert!(!contains(&j, "D:5", "KH", "2025-11-07"));
        assert!(!contains(&j, "MACAU_OR_D5", "KH", "2025-11-07"));
        assert!(contains(&j, "D:1", "KH", "2026-03-01"));
    }

    #[test]
    fn hong_kong_follows_china_and_macau_joins_in_2023() {
        let j = shipped();
        assert!(contains(&j, "D:5", "HK", "2024-01-01"));
        assert!(!contains(&j, "D:5", "HK", "2020-12-22"));
        assert!(contains(&j, "D:5", "CN", "2020-12-22"));
        assert!(!contains(&j, "D:5", "MO", "2024-01-01"));
        assert!(contains(&j, "MACAU_OR_D5", "MO", "2023-01-17"));
        assert!(!contains(&j, "MACAU_OR_D5", "MO", "2023-01-16"));
        assert!(contains(&j, "MACAU_OR_D5", "HK", "2024-01-01"));
        assert!(!contains(&j, "MACAU_OR_D5", "SG", "2024-01-01"));
        assert!(!j.has_group("D:9") && !contains(&j, "D:9", "CN", "2024-01-01"));
    }

    #[test]
    fn as_known_before_the_change_cambodia_is_still_in_d5() {
        let j = shipped().known_on(day("2025-10-01"));
        assert!(contains(&j, "D:5", "KH", "2026-01-01"));
    }

    #[test]
    fn every_problem_of_the_file_is_told() {
        let problems = read(
            "groups:\n  A:\n    source: x\n    includes:\n      - {group: B, published: 2020-01-01, effective: 2020-01-01}\n    members:\n      \
             - {countries: [XX, CHN], published: 2020-02-30, effective: 2020-01-01, nope: 1}\n  C:\n    source: x\n    includes:\n      \
             - {group: C, published: 2020-01-01, effective: 2020-01-01}\nextra: 1\n",
        )
        .unwrap_err()
        .to_string();
        for what in [
            "\"B\", which is no group",
            "two letters, got \"CHN\"",
            "2020-02-30",
            "no key \"nope\"",
            "circle",
            "\"extra\"",
        ] {
            assert!(problems.contains(what), "{what}: {problems}");
        }
    }
}
