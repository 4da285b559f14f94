//! From rule files as written to rules as meant.
//!
//! In: the files' text and the groups of countries there are. Out: a [`Policy`], or every problem of every file. A rule
//! that loads cannot fail later.

use std::collections::BTreeSet;

use super::check::Part;
use super::order::{Read, order};
use super::{Basis, Condition, Policy, Rule, Template, case};
use crate::model::{BasisKind, Day, Family, RuleId, RuleMode, Severity, SubjectKind, Text};
use crate::written::{Fields, Node, Problems, Source, parse};

/// Longest window and longest quiet time, in days.
const DAYS_MAX: i64 = 400;
/// Hours two episodes are apart unless the rule says otherwise.
const QUIET_HOURS: i64 = 48;

impl Policy {
    /// Reads rule files, one rule each. `groups` are the names [`super::Scope::in_group`] knows.
    pub fn read(sources: &[Source], groups: &BTreeSet<Text>) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut named = BTreeSet::new();
        let mut rules = Vec::new();
        for source in sources {
            let mut own = Problems::of(&source.name);
            rules.extend(file(source, groups, &mut named, &mut own));
            problems.append(own);
        }
        let rules = order(rules, &named, &mut problems);
        problems.or(Self { rules })
    }
}

fn file(
    source: &Source,
    groups: &BTreeSet<Text>,
    named: &mut BTreeSet<RuleId>,
    problems: &mut Problems,
) -> Option<Read> {
    let node = parse(source, problems)?;
    let mut fields = node.fields("a rule", problems)?;
    let id = id(&mut fields, problems);
    if let Some(id) = &id {
        problems.about(Some(format!("rule {id}").into()));
        if !named.insert(id.clone()) {
            problems.add(node.place, "there is another rule of this id");
        }
    }
    let title = fields.required_text("title", problems);
    let mode = word(&mut fields, "mode", RuleMode::ALL, RuleMode::as_str, problems);
    let severity_node = fields.optional("severity");
    let severity = word(&mut fields, "severity", Severity::ALL, Severity::as_str, problems);
    let family = word(&mut fields, "family", Family::ALL, Family::as_str, problems);
    let severity_place = severity_node.map_or(node.place, |node| node.place);
    if let (Some(severity), Some(family @ (Family::Place | Family::Payment))) = (severity, family)
        && severity > Severity::Low
    {
        let what =
            format!("severity of a rule of family {} must be at most low, got {}", family.as_str(), severity.as_str());
        problems.add(severity_place, what);
    }
    let basis = fields.required("basis", problems).and_then(|node| bases(node, problems));
    let innocent_node = fields.required("innocent", problems);
    let innocent = fields.texts("innocent", problems);
    if let Some(node) = innocent_node.filter(|_| innocent.is_empty()) {
        problems.add(node.place, "innocent must name at least one explanation");
    }
    let subject = fields.required("subject", problems).and_then(|node| subject(node, problems));
    let condition =
        |node: &Node, part, problems: &mut Problems| Condition::read(&source.text, node, part, groups, problems);
    let matches = fields.required("where", problems).and_then(|node| condition(node, Part::Where, problems));
    let having_node = fields.optional("having");
    let having = having_node.and_then(|node| condition(node, Part::Having, problems));
    let window_hours = fields.required("window", problems).and_then(|node| hours("window", 1, node, problems));
    let quiet_hours = match fields.optional("quiet") {
        Some(node) => hours("quiet", 0, node, problems),
        None => Some(QUIET_HOURS),
    };
    let explain = fields.required("explain", problems);
    let explain = explain.and_then(|node| Template::read(&source.text, node, problems));
    let cases = fields.optional("cases").map_or_else(Vec::new, |node| case::read(&source.name, node, problems));
    fields.done(problems);
    if having.is_none() && having_node.is_some() {
        return None;
    }
    let rule = Rule {
        id: id?,
        title: title?,
        mode: mode?,
        severity: severity?,
        family: family?,
        basis: basis?,
        innocent,
        subject: subject?,
        matches: matches?,
        having,
        window_hours: window_hours?,
        quiet_hours: quiet_hours?,
        explain: explain?,
        cases,
        file: source.name.clone(),
        place: node.place,
    };
    Some(Read { rule, severity: severity_place })
}

fn id(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<RuleId> {
    let node = fields.required("id", problems)?;
    let text = node.text("id", problems)?;
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || !text.chars().all(fine) {
        problems.add(node.place, format!("id must be lower-case letters, digits and hyphens, got {text:?}"));
        return None;
    }
    Some(RuleId::new(text))
}

fn word<T: Copy>(
    fields: &mut Fields<'_>,
    key: &str,
    all: &[T],
    name: fn(T) -> &'static str,
    problems: &mut Problems,
) -> Option<T> {
    let node = fields.required(key, problems)?;
    one_of(node, key, all, name, problems)
}

fn one_of<T: Copy>(
    node: &Node,
    key: &str,
    all: &[T],
    name: fn(T) -> &'static str,
    problems: &mut Problems,
) -> Option<T> {
    let text = node.text(key, problems)?;
    let found = all.iter().copied().find(|each| name(*each) == text);
    if found.is_none() {
        let words: Vec<_> = all.iter().map(|each| name(*each)).collect();
        problems.add(node.place, format!("{key} must be one of {}, got {text:?}", words.join(", ")));
    }
    found
}

fn subject(node: &Node, problems: &mut Problems) -> Option<SubjectKind> {
    let text = node.text("subject", problems)?;
    let found = SubjectKind::parse(&text);
    if found.is_none() {
        let what = "subject must be one of account, customer, owner, reseller, payer, shared.<key>";
        problems.add(node.place, format!("{what}, got {text:?}"));
    }
    found
}

fn bases(node: &Node, problems: &mut Problems) -> Option<Vec<Basis>> {
    let items = node.list("basis", problems)?;
    if items.is_empty() {
        problems.add(node.place, "basis must name at least one");
        return None;
    }
    let mut bases: Vec<Basis> = Vec::new();
    let mut fine = true;
    for item in items {
        match basis(item, problems) {
            None => fine = false,
            Some(basis) => {
                if let Some(other) = bases.iter().find(|other| other.overlaps(&basis)) {
                    problems.add(item.place, format!("this basis overlaps the one from {}", other.from));
                    fine = false;
                }
                bases.push(basis);
            }
        }
    }
    fine.then_some(bases)
}

fn basis(node: &Node, problems: &mut Problems) -> Option<Basis> {
    let mut fields = node.fields("a basis", problems)?;
    let from = fields.required("from", problems).and_then(|node| day("from", node, problems));
    let to_node = fields.optional("to");
    let to = to_node.and_then(|node| day("to", node, problems));
    let is = word(&mut fields, "is", BasisKind::ALL, BasisKind::as_str, problems);
    let cites_node = fields.required("cites", problems);
    let cites = fields.texts("cites", problems);
    if let Some(node) = cites_node.filter(|_| cites.is_empty()) {
        problems.add(node.place, "cites must name at least one source");
    }
    fields.done(problems);
    let from = from?;
    if let (Some(to), Some(node)) = (to, to_node)
        && to <= from
    {
        problems.add(node.place, format!("to must be after {from}, got {to}"));
        return None;
    }
    if to.is_none() && to_node.is_some() {
        return None;
    }
    Some(Basis { from, to, is: is?, cites })
}

fn day(what: &str, node: &Node, problems: &mut Problems) -> Option<Day> {
    let text = node.text(what, problems)?;
    let day = Day::parse(&text).ok();
    if day.is_none() {
        problems.add(node.place, format!("{what} must be a day such as 2023-11-17, got {text:?}"));
    }
    day
}

/// `72h` or `30d` as hours.
fn hours(what: &str, least: i64, node: &Node, problems: &mut Problems) -> Option<i64> {
    let text = node.text(what, problems)?;
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let number = digits.parse::<i64>().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()));
    let factor = match unit {
        "h" => Some(1),
        "d" => Some(24),
        _ => None,
    };
    let most = DAYS_MAX * 24;
    match (number, factor) {
        (Some(0), _) if least > 0 => problems.add(node.place, format!("{what} must be longer than 0 h, got {text}")),
        (Some(number), Some(factor)) => match number.checked_mul(factor).filter(|hours| *hours <= most) {
            Some(hours) => return Some(hours),
            None => problems.add(node.place, format!("{what} must be at most {DAYS_MAX}d, got {text}")),
        },
        _ => problems.add(node.place, format!("{what} must be whole hours or days such as 72h or 30d, got {text:?}")),
    }
    None
}

#[cfg(test)]
mod tests;
