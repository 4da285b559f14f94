//! `explain`: who stands behind an account, as a tree.

use std::fmt::Write;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::Args;

use super::replay::{Watch, day, plan, time};
use super::{End, output};
use crate::app::Replay;
use crate::config::Asked;
use crate::engine::Explained;
use crate::model::{AccountId, Country, Day, EventTime, PartyId, TenderLine};
use crate::parties::{Hit, Hop, Role};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The account, as alerts write it: `aws/111122223333`.
    #[arg(value_name = "ACCOUNT", value_parser = account)]
    account: AccountId,
    /// Settings file; without one, what ships.
    #[arg(long, value_name = "F")]
    config: Option<PathBuf>,
    /// Reference records (accounts, parties, edges), read before the input.
    #[arg(long, value_name = "PATH")]
    reference: Vec<PathBuf>,
    /// As of this time; without it, the greatest event time read.
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<EventTime>,
    /// Hide controls and country groups published after this day.
    #[arg(long, value_name = "DATE", value_parser = day)]
    known_on: Option<Day>,
    /// What a replay reads: files, folders and patterns; or one case folder.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

fn account(text: &str) -> Result<AccountId, String> {
    AccountId::parse(text).ok_or_else(|| "must be a provider, a slash and an id such as aws/111122223333".to_owned())
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<End> {
    let asked = Asked { config: arguments.config.clone(), known_on: arguments.known_on, ..Asked::default() };
    let replay = Replay {
        reference: arguments.reference.clone(),
        paths: Vec::new(),
        until: arguments.until,
        shards: NonZeroU32::MIN,
        workers: NonZeroUsize::MIN,
    };
    let (asked, replay) = plan(&arguments.paths, asked, replay)?;
    let config = asked.load()?;
    let mut watch = Watch::new(None);
    let replayed = replay.run(config, &mut watch);
    watch.finish()?;
    replayed.unreadable.iter().for_each(|unreadable| output::complain(&unreadable.to_string()));
    let Some(at) = replayed.engine.now() else {
        output::complain("nothing was read that has a time: say as of when with --until");
        return Ok(if replayed.unreadable.is_empty() { End::FellShort } else { End::Unreadable });
    };
    let explained = replayed.engine.explain(&arguments.account, at);
    output::say(&text(&explained))?;
    Ok(match (replayed.unreadable.is_empty(), explained.heard_of) {
        (false, _) => End::Unreadable,
        (true, false) => End::FellShort,
        (true, true) => End::Fine,
    })
}

/// The tree, then what is not known.
fn text(explained: &Explained) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, explained);
    out
}

fn write(out: &mut String, explained: &Explained) -> std::fmt::Result {
    let name = explained.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    writeln!(out, "{}{name} at {}", explained.account, explained.at)?;
    let hops = &explained.chain.hops;
    let mut deep = 0;
    for (at, hop) in hops.iter().enumerate() {
        let first = at == 0 || hops.get(at - 1).is_none_or(|before| before.role != hop.role);
        let last = hops.get(at + 1).is_none_or(|after| after.role != hop.role);
        deep += usize::from(first && at > 0);
        let branch = match (deep, last) {
            (0, _) => String::new(),
            (deep, true) => "   ".repeat(deep - 1) + "└─ ",
            (deep, false) => "   ".repeat(deep - 1) + "├─ ",
        };
        writeln!(out, "{branch}{}", hop_line(hop, explained))?;
        let beneath = "   ".repeat(deep.saturating_sub(1))
            + if deep == 0 {
                ""
            } else if last {
                "   "
            } else {
                "│  "
            };
        for line in details(hop, explained) {
            writeln!(out, "{beneath}   {line}")?;
        }
    }
    // Without a customer there is nobody to show them beneath.
    let around = explained.hits.iter().filter(|hit| explained.chain.customer.is_none() && is_around(hit));
    for hit in around {
        writeln!(out, "{}", hit_line(hit, explained))?;
    }
    for unknown in &explained.unknown {
        writeln!(out, "unknown: {unknown}")?;
    }
    Ok(())
}

fn place(country: Option<Country>) -> String {
    country.map(|country| format!(" [{country}]")).unwrap_or_default()
}

/// An id, and the name it has.
fn named(id: &PartyId, explained: &Explained) -> String {
    let name = explained.names.get(id).filter(|name| name.as_str() != id.as_str());
    name.map_or_else(|| id.to_string(), |name| format!("{id} {name:?}"))
}

fn hop_line(hop: &Hop, explained: &Explained) -> String {
    let who = hop.who.party().map_or_else(|| hop.who.text().to_string(), |id| named(id, explained));
    format!("{} {who}{}", hop.role.as_str(), place(hop.country))
}

/// Where a hop was learnt, who stands above it, what lists say of it.
fn details(hop: &Hop, explained: &Explained) -> Vec<String> {
    let mut lines = Vec::new();
    if let (Some(confidence), Some(evidence)) = (hop.confidence, &hop.evidence) {
        lines.push(format!("learnt by {}: {evidence}", confidence.as_str()));
    }
    if let Some(parent) = &hop.parent {
        lines.push(format!("ultimate parent {}{}", named(parent, explained), place(hop.hq)));
    } else if let Some(hq) = hop.hq {
        lines.push(format!("headquarters [{hq}]"));
    }
    if !hop.resolved {
        lines.push("not resolved: who ultimately owns it is not known".to_owned());
    }
    let customer = hop.role == Role::Customer && hop.who.party() == explained.chain.customer.as_ref();
    if customer {
        let path = explained.owner.iter().flat_map(|owner| &owner.path);
        lines.extend(path.map(|(id, evidence)| format!("owned by {}: {evidence}", named(id, explained))));
        for (holder, stake) in &explained.holders {
            let more = if stake.unknown.is_empty() { "" } else { " at least, of other stakes the size is not known" };
            lines.push(format!("held {} % in all by {}{more}", stake.at_least, named(holder, explained)));
        }
    }
    let own = |hit: &&Hit| hit.role == hop.role && hop.who.party() == Some(&hit.party);
    let hits = explained.hits.iter().filter(|hit| if is_around(hit) { customer } else { own(hit) });
    lines.extend(hits.map(|hit| hit_line(hit, explained)));
    let tenders = explained.tenders.iter();
    let tenders = tenders.filter(|tender| hop.role.as_str() == tender.role && hop.who.party() == Some(&tender.party));
    lines.extend(tenders.map(tender_line));
    lines
}

/// A public tender that names a hop, and what is billed next to its amount.
fn tender_line(tender: &TenderLine) -> String {
    let fits = if tender.fits { ", within 10 %" } else { "" };
    format!("named as {} in tender {tender}{fits} ({})", tender.side.as_str(), tender.source)
}

/// A hit on somebody who is no hop: above the customer, a part of it, or the account itself.
fn is_around(hit: &Hit) -> bool {
    matches!(hit.role, Role::Parent | Role::Owner | Role::Holder | Role::SubUnit | Role::Account)
}

fn hit_line(hit: &Hit, explained: &Explained) -> String {
    let (verdict, role) = (hit.verdict.as_str(), hit.role.as_str());
    format!("{verdict} ({role} {}): {}/{}, {}", named(&hit.party, explained), hit.list, hit.entry, hit.why)
}
