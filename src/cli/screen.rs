//! `screen`: which list entries a name names or resembles, and how much two names resemble one another.
//!
//! In: names as arguments, a file of names, or a file of pairs. Out: text, or CSV with a row for every pair or hit, each
//! with how it came about. What is printed is a reason to look, never a finding about anybody.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::replay::day;
use super::today::today;
use super::{End, output};
use crate::config::{Asked, CaseFile};
use crate::model::Day;
use crate::parties::{AskedAs, Lists, Named, Probe, Strength};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Names, domains or e-mail addresses.
    #[arg(value_name = "NAME", required_unless_present_any = ["names", "pairs"], conflicts_with_all = ["names", "pairs"])]
    name: Vec<String>,
    /// A file of names, one a line (`-` for stdin); prints CSV.
    #[arg(long, value_name = "F", conflicts_with = "pairs")]
    names: Option<PathBuf>,
    /// A CSV file with columns `left` and `right` (`-` for stdin): compares the two names of every row, against no list.
    #[arg(long, value_name = "F")]
    pairs: Option<PathBuf>,
    #[command(flatten)]
    against: Against,
}

#[derive(Args, Debug)]
struct Against {
    /// Settings file; without one, what ships.
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// Screen against this list instead of those of the settings; may be given several times.
    #[arg(long, value_name = "F")]
    lists: Vec<PathBuf>,
    /// Entries in force on this day; without one, today.
    #[arg(long, value_name = "DATE", value_parser = day)]
    on: Option<Day>,
    /// The names are those of natural persons, who are screened against entries that name persons.
    #[arg(long)]
    person: bool,
}

impl Against {
    fn lists(&self) -> anyhow::Result<std::sync::Arc<Lists>> {
        let lists = if self.lists.is_empty() { None } else { Some(self.lists.clone()) };
        let case = lists.map(|lists| CaseFile { lists: Some(lists), ..CaseFile::default() });
        let config = Asked { config: self.config.clone(), case, ..Asked::default() }.load()?;
        config.notices.iter().for_each(|notice| output::complain(notice));
        Ok(config.rulebook.lists)
    }

    /// Asks about one name after the other, all on the same day.
    fn asking<'a>(&self, lists: &'a Lists) -> impl Fn(&str) -> Vec<Named<'a>> + use<'a> {
        let asked = if self.person { AskedAs::Person } else { AskedAs::Organisation };
        let day = self.on.unwrap_or_else(today);
        move |name| lists.ask(name, asked, day)
    }
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<End> {
    if let Some(pairs) = &arguments.pairs {
        return compare(pairs);
    }
    let lists = arguments.against.lists()?;
    if let Some(names) = &arguments.names {
        return bulk(names, &arguments.against, &lists);
    }
    let ask = arguments.against.asking(&lists);
    for name in &arguments.name {
        let mut text = format!("{name}\n");
        let found = ask(name);
        for named in &found {
            text.push_str(&format!("  {}\n", told(named)));
        }
        if found.is_empty() {
            text.push_str("  none\n");
        }
        output::say(&text)?;
    }
    Ok(End::Fine)
}

fn told(named: &Named<'_>) -> String {
    let Named { entry, verdict, score, why } = named;
    let shown = entry.names.first().map_or("", |name| name.as_str());
    let (verdict, effect) = (verdict.as_str(), entry.effect.as_str());
    format!("{verdict} {score:.2} {}/{} {shown:?} (effect {effect}): {why}", entry.list, entry.id)
}

/// A file, or stdin for `-`.
fn open(path: &Path) -> anyhow::Result<Box<dyn Read>> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(File::open(path).with_context(|| format!("cannot read {}", path.display()))?))
}

fn bulk(path: &Path, against: &Against, lists: &Lists) -> anyhow::Result<End> {
    let mut out = csv::Writer::from_writer(io::stdout().lock());
    out.write_record(["name", "verdict", "score", "list", "entry", "entry_name", "effect", "why"])?;
    let ask = against.asking(lists);
    for line in BufReader::new(open(path)?).lines() {
        let line = line.with_context(|| format!("cannot read {}", path.display()))?;
        let found = ask(&line);
        if found.is_empty() {
            out.write_record([line.as_str(), "none", "0.000", "", "", "", "", ""])?;
        }
        for Named { entry, verdict, score, why } in &found {
            let shown = entry.names.first().map_or("", |name| name.as_str());
            let (list, id) = (entry.list.to_string(), entry.id.to_string());
            let (verdict, effect, score) = (verdict.as_str(), entry.effect.as_str(), format!("{score:.3}"));
            out.write_record([&line, verdict, &score, &list, &id, shown, effect, why])?;
        }
    }
    out.flush()?;
    Ok(End::Fine)
}

fn compare(path: &Path) -> anyhow::Result<End> {
    let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(open(path)?);
    let headers = rows.headers().with_context(|| format!("cannot read {}", path.display()))?.clone();
    let column = |name: &str| headers.iter().position(|header| header.trim_start_matches('\u{feff}') == name);
    let (Some(left), Some(right)) = (column("left"), column("right")) else {
        output::complain(&format!("{} must have columns left and right", path.display()));
        return Ok(End::BadUsage);
    };
    let mut out = csv::Writer::from_writer(io::stdout().lock());
    out.write_record(["left", "right", "score", "verdict", "why"])?;
    for row in rows.records() {
        let row = row.with_context(|| format!("cannot read {}", path.display()))?;
        let (left, right) = (row.get(left).unwrap_or_default(), row.get(right).unwrap_or_default());
        let (one, other) = (Probe::of(left), Probe::of(right));
        let (score, why) = match one.likeness(&other) {
            Some(likeness) => (likeness.score, one.why(&other, &likeness)),
            None => (0.0, "nothing in common".to_owned()),
        };
        out.write_record([left, right, &format!("{score:.4}"), Strength::of(score).as_str(), &why])?;
    }
    out.flush()?;
    Ok(End::Fine)
}
