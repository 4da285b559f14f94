//! The rulebooks that scenarios run under: what ships, with other rules where a scenario says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use tidewaiter::config::Asked;
use tidewaiter::engine::Rulebook;
use tidewaiter::policy::Policy;
use tidewaiter::written::Source;

/// Rules that look at chips, models and refusals, on every kind of subject, and never find any.
const NEVER: &[&str] = &[
    "subject: account\nwindow: 30d\nhaving: m.gpu_hours >= 1.0\n\
     where: activity.gpu_hours > 0 && chip.model == \"none\" && control.controlled",
    "subject: owner\nwindow: 30d\nhaving: m.peak_gpus >= 8\nwhere: chip.model == \"none\" && control.controlled",
    "subject: customer\nwindow: 7d\nwhere: chip.model == \"none\" && account.country in group(\"MACAU_OR_D5\")",
    "subject: account\nwindow: 24h\nhaving: m.calls >= 1\nwhere: activity.kind == \"model\" && activity.model == \"none\"",
    "subject: shared.payment\nwindow: 72h\nhaving: m.accounts >= 2\n\
     where: activity.kind in [\"denied\", \"started\"] && chip.model == \"none\"",
    "subject: reseller\nwindow: 30d\nwhere: chip.model == \"none\" && chain.exists(c, c.role == \"reseller\")",
];

/// What ships.
pub fn shipped() -> Rulebook {
    Asked::default().load().expect("what ships loads").rulebook
}

/// What ships, with rules that never find anything.
pub fn never() -> Rulebook {
    with_rules(NEVER)
}

/// What ships, with other rules: each its subject, window and conditions.
pub fn with_rules(bodies: &[impl AsRef<str>]) -> Rulebook {
    let mut book = shipped();
    let groups: BTreeSet<_> = book.jurisdictions.group_names().cloned().collect();
    let rules: Vec<Source> = (1..).zip(bodies).map(|(n, body)| rule(n, body.as_ref())).collect();
    book.policy = Arc::new(Policy::read(&rules, &groups).expect("rules of a bench are sound"));
    book
}

fn rule(number: u32, body: &str) -> Source {
    let id = format!("bench-{number}");
    let head = format!(
        "id: {id}\ntitle: Rule {number} of a bench\nmode: live\nseverity: info\nfamily: usage\n\
         basis: [{{ from: 2023-11-17, is: risk_only, cites: [invented] }}]\ninnocent: [invented]\n\
         explain: \"{{m.gpu_hours}} GPU-hours of {{m.chips}}\"\n"
    );
    Source { name: id.into(), text: format!("{head}{body}\n").into() }
}
