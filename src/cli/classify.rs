//! `classify`: what a SKU or chip is, and how it is controlled on a day.

use std::path::PathBuf;

use clap::Args;

use super::replay::day;
use super::{End, output};
use crate::catalogue::describe;
use crate::config::Asked;
use crate::model::{Day, Provider};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Settings file; without one, what ships.
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// The day asked about; without one, today.
    #[arg(long, value_name = "DATE", value_parser = day)]
    on: Option<Day>,
    /// Only this cloud's SKUs.
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// SKUs (`p4d.24xlarge`) and chips (`H20`).
    #[arg(required = true, value_name = "SKU|CHIP")]
    names: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<End> {
    let config = Asked { config: arguments.config.clone(), ..Asked::default() }.load()?;
    let provider = arguments.provider.as_ref().map(|name| Provider::new(name.to_lowercase()));
    let on = arguments.on.unwrap_or_else(today);
    let mut end = End::Fine;
    for name in &arguments.names {
        let classified = describe(&config.rulebook.catalogue, name, provider.as_ref(), on);
        output::say(&format!("{classified}\n"))?;
        if classified.is_unknown() {
            end = End::FellShort;
        }
    }
    Ok(end)
}

pub(super) fn today() -> Day {
    #[expect(clippy::disallowed_methods, reason = "asked at the command line without a day: today is meant")]
    let now = jiff::Timestamp::now();
    crate::model::EventTime::from_seconds(now.as_second()).map_or(Day(0), |time| time.day())
}
