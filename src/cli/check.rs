//! `check`: everything loadable, every problem at once.

use std::path::PathBuf;

use clap::Args;

use super::{End, output};
use crate::config::Asked;

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
    let lists = book.lists.summary();
    text.push_str(&format!("lists {}\n", lists.len()));
    for list in lists {
        let as_of = list.as_of.map(|day| format!(", as of {day}")).unwrap_or_default();
        let (title, effect) = (&list.title, list.effect.as_str());
        text.push_str(&format!("  {}: {title}: {} entries, effect {effect}{as_of}\n", list.id, list.entries));
    }
    output::say(&text)?;
    Ok(End::Fine)
}
