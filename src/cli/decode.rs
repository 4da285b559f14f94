//! `decode`: files in, facts out as native records.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{End, output};
use crate::app::{self, Heard};
use crate::config::{Asked, Config};
use crate::decode::{Item, Outcome};
use crate::sources;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Settings file; without one, what ships.
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// Files, folders and patterns (`'logs/**/*.gz'`) to read, `-` for stdin.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<End> {
    let asked = Asked { config: arguments.config.clone(), ..Asked::default() };
    let Config { decode: settings, .. } = asked.load()?;
    let listing = sources::list(&arguments.paths);
    let mut out = output::open(Path::new("-"))?;
    let mut failed: Option<anyhow::Error> = None;
    let (mut skipped, mut unreadable) = (listing.skipped, listing.errors);
    for entry in &listing.entries {
        app::read(entry, &settings, &mut |heard| match heard {
            Heard::Item(Item { outcome: Outcome::Relevant(facts), .. }) => {
                let written = facts.iter().try_for_each(|fact| line(&mut out, fact));
                failed = failed.take().or(written.err());
            }
            Heard::Item(Item { position, outcome: Outcome::Rejected(reason), .. }) => {
                output::complain(&format!("{position}: {}: {}", reason.code, reason.detail));
            }
            Heard::Skipped(left) => skipped.push(left),
            Heard::Unreadable(error) => unreadable.push(error),
            Heard::Item(_) | Heard::Begun(_) | Heard::Ended(_) | Heard::Done => {}
        });
    }
    if let Some(error) = failed {
        return Err(error);
    }
    out.flush()?;
    skipped.iter().for_each(|left| output::complain(&format!("skipped {}: {}", left.name, left.reason)));
    unreadable.iter().for_each(|error| output::complain(&error.to_string()));
    Ok(if unreadable.is_empty() { End::Fine } else { End::Unreadable })
}

fn line(out: &mut dyn Write, fact: &crate::model::Fact) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *out, fact)?;
    out.write_all(b"\n")?;
    Ok(())
}
