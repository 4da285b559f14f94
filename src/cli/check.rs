//! `check`: everything loadable, every problem at once.

use std::path::PathBuf;

use clap::Args;

use super::today::today;
use super::{End, output};
use crate::config::Asked;
use crate::model::Day;
use crate::parties::ListSummary;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Settings file; without one, what ships.
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<End> {
    let asked = Asked { config: arguments.config.clone(), ..Asked::default() };
    let config = asked.load()?;
    config.notices.iter().for_each(|notice| output::complain(notice));
    let book = &config.rulebook;
    let mut text = format!("configuration {}\nrules {}\n", book.digest, book.policy.rules.len());
    for rule in &book.policy.rules {
        let (severity, mode) = (rule.severity.as_str(), rule.mode.as_str());
        text.push_str(&format!("  {} ({severity}, {mode}, {} cases)\n", rule.id, rule.cases.len()));
    }
    text.push_str(&lists(book.lists.summary(), today()));
    output::say(&text)?;
    Ok(End::Fine)
}

/// What each list is, means and holds. Old lists are told by their age, half-read ones by their rows.
fn lists(lists: &[ListSummary], today: Day) -> String {
    let mut text = format!("lists {}\n", lists.len());
    for list in lists {
        let ListSummary { id, title, entries, persons, names, unread, .. } = list;
        let effect = list.effect.as_str();
        let date = list.as_of.map_or_else(
            || "no date of publication".to_owned(),
            |day| format!("as of {day}, {} days old", today.0 - day.0),
        );
        text.push_str(&format!(
            "  {id}: {title}\n    effect {effect}; {date}\n    {entries} entries ({persons} persons), {names} names; \
             {unread} rows not read\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parties::{ListFormat, ListSource, Lists};
    use crate::written::Source;

    #[test]
    fn a_list_is_told_with_its_effect_age_and_what_could_not_be_read() {
        let csl = "source,name,type\nNew (SDN),A,Individual\nNew (SDN),B; C,Entity\nNew (SDN),,\n";
        let source = Source { name: "csl.csv".into(), text: csl.into() };
        let told = |as_of| {
            let format = ListFormat::Csl { as_of };
            lists(Lists::read(&[ListSource { source: source.clone(), format }]).unwrap().summary(), Day(20_000))
        };
        let [head, what] = [
            "lists 1\n  csl-sdn: New (SDN)\n    effect blocks; ",
            "    2 entries (1 persons), 2 names; 1 rows not read\n",
        ];
        assert_eq!(told(Some(Day(19_990))), format!("{head}as of 2024-09-24, 10 days old\n{what}"));
        assert_eq!(told(None), format!("{head}no date of publication\n{what}"));
    }
}
