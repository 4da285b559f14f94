//! An alert from a finding (D8, D10, P5).
//!
//! In: the rows that matched and their episodes. Out: the alert, with measures, chips, chain, hits and evidence as of
//! the last hour in which the condition held. The chain shown is that of the row that weighs most in that hour: the
//! greatest chip-seconds, then the smallest account, kind, region and chip.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Rulebook;
use super::episodes::Span;
use super::evaluate::{Finding, window_ending};
use super::rows::Row;
use super::scope::{HeldEpisodes, Measured, View};
use super::summary::summary;
use super::window::Window;
use crate::ledger::{ActivityKind, ChipKey, Ledger};
use crate::model::{
    AccountId, Alert, AlertId, ChipLine, EventTime, EvidenceLine, FactId, HitLine, Hour, Measured as MeasuredLine,
    Revision, RuleLine, Subject, SubjectKind, SubjectLine, SuppressionLine, Text,
};
use crate::policy::{List, Measure, Rule, Scope};

/// Facts shown of an account's alert: so many first and so many last.
const EVIDENCE_OF_ACCOUNT: usize = 5;
/// Facts shown of each account of a group's alert.
const EVIDENCE_OF_MEMBER: usize = 2;
/// Accounts shown of a group's alert.
const MEMBERS: usize = 5;
/// Unknowns shown.
const UNKNOWNS: usize = 20;

pub(super) struct Desk<'a> {
    pub(super) book: &'a Rulebook,
    pub(super) ledger: &'a Ledger,
    pub(super) held: &'a HeldEpisodes,
    pub(super) now: EventTime,
    pub(super) revision: Revision,
}

impl Desk<'_> {
    pub(super) fn alert(&self, finding: &Finding) -> Option<Alert> {
        let Finding { rule, subject, rows, episodes } = finding;
        let bounds = episodes.bounds()?;
        let window = window_ending(rows, rule.window_hours, bounds.last);
        let lead = lead(&window, bounds.last)?;
        let measured = Measured { window: &window, subject, held: self.held };
        let view = View::new(lead, self.book, rule.window_hours, Some(measured));
        let subject = Subject { kind: rule.subject.clone(), id: subject.clone() };
        let made = || rows.iter().copied().filter(|row| made(row, rule, bounds));
        Some(Alert {
            id: AlertId::of(&rule.id, &subject),
            revision: self.revision.clone(),
            status: episodes.status(self.now),
            rule: rule_line(rule, bounds.last)?,
            review_required: true,
            first_seen: bounds.first.start(),
            last_seen: bounds.last.end(),
            episodes: episodes.written(self.now),
            measures: measures(rule, &view),
            chips: chips(&window),
            chain: lead.standing.chain.hops.iter().map(Into::into).collect(),
            hits: hits(lead),
            evidence: self.evidence(rule, made),
            unknown: unknown(&window, lead),
            suppression: self.suppression(rule, &subject),
            explanation: rule.explain.render(&view),
            subject: SubjectLine { name: lead.standing.name(&subject.kind, &subject.id), subject },
        })
    }

    /// D10: of an account the first and last facts by (time, identity); of a group those of the accounts that weigh most.
    /// Sightings are among them where the rule asks from where the account was used.
    fn evidence<'r, I: Iterator<Item = &'r Row<'r>>>(&self, rule: &Rule, made: impl Fn() -> I) -> Vec<EvidenceLine> {
        let mut weight: BTreeMap<&AccountId, i128> = BTreeMap::new();
        let mut sources: BTreeMap<&AccountId, BTreeSet<FactId>> = BTreeMap::new();
        let sighted = rule.matches.uses().lists.contains(&List::Sightings);
        for row in made() {
            *weight.entry(row.account).or_default() += row.activity.amounts.seconds;
            let ids = sources.entry(row.account).or_default();
            ids.extend(&row.activity.amounts.sources);
            if sighted {
                ids.extend(row.sighted_within(rule.window_hours).map(|(_, id)| *id));
            }
        }
        let mut accounts: Vec<_> = weight.into_iter().map(|(account, seconds)| (Reverse(seconds), account)).collect();
        accounts.sort();
        let each = if rule.subject == SubjectKind::Account { EVIDENCE_OF_ACCOUNT } else { EVIDENCE_OF_MEMBER };
        let of = |account: &AccountId| {
            let ids = sources.get(account).into_iter().flatten();
            let mut lines: Vec<EvidenceLine> = ids.filter_map(|id| self.line(*id)).collect();
            lines.sort_by_key(|line| (line.time, line.fact));
            if lines.len() > 2 * each {
                lines.drain(each..lines.len() - each);
            }
            lines
        };
        let mut lines: Vec<_> = accounts.iter().take(MEMBERS).flat_map(|(_, account)| of(account)).collect();
        lines.sort_by_key(|line| (line.time, line.fact));
        lines
    }

    fn line(&self, id: FactId) -> Option<EvidenceLine> {
        let held = self.ledger.fact(&id)?;
        Some(EvidenceLine {
            fact: id,
            time: held.fact.event_time()?,
            kind: held.fact.kind(),
            summary: summary(&held.fact),
            position: held.position.clone(),
        })
    }

    /// The suppression in force: the one that lasts longest, then the smallest id.
    fn suppression(&self, rule: &Rule, subject: &Subject) -> Option<SuppressionLine> {
        let subject = subject.to_string();
        let of_rule = |of: Option<&crate::model::RuleId>| of.is_none_or(|id| *id == rule.id);
        let all = self.ledger.suppressions();
        let fitting = all.filter(|s| s.subject == subject && of_rule(s.rule.as_ref()) && s.until > self.now);
        let longest = fitting.min_by_key(|s| (Reverse(s.until), s.id.clone()))?;
        Some(SuppressionLine {
            id: longest.id.clone(),
            until: longest.until,
            reason: longest.reason.clone(),
            by: longest.by.clone(),
        })
    }
}

/// Whether a row lies in the window of any hour from the first to the last in which the condition held.
fn made(row: &Row, rule: &Rule, bounds: Span) -> bool {
    let hour = row.activity.hour;
    hour > bounds.first.plus(-rule.window_hours) && hour <= bounds.last
}

fn lead<'a>(window: &Window<'a>, last: Hour) -> Option<&'a Row<'a>> {
    let order = |row: &&Row| {
        let activity = &row.activity;
        let key = (row.account.clone(), activity.kind, activity.region.clone(), activity.chip.clone());
        let detail = (activity.sku.clone(), activity.market, activity.detail.clone());
        (Reverse(activity.amounts.seconds), key, detail)
    };
    window.rows().filter(|row| row.activity.hour == last).min_by_key(order)
}

fn rule_line(rule: &Rule, last: Hour) -> Option<RuleLine> {
    let basis = rule.basis_on(last.day())?;
    Some(RuleLine {
        id: rule.id.clone(),
        title: rule.title.clone(),
        mode: rule.mode,
        severity: rule.severity,
        family: rule.family,
        basis: basis.is,
        cites: basis.cites.clone(),
        innocent: rule.innocent.clone(),
    })
}

/// The measures `having` asks about; without any, GPU-hours.
fn measures(rule: &Rule, view: &View) -> BTreeMap<Text, MeasuredLine> {
    let mut asked = rule.having.as_ref().map(|having| having.uses().measures.clone()).unwrap_or_default();
    if asked.is_empty() {
        asked.insert(Measure::GpuHours, None);
    }
    let name = |measure: Measure| Text::new(measure.name().trim_start_matches("m."));
    let line = |(measure, threshold)| (name(measure), MeasuredLine { value: view.measure(measure), threshold });
    asked.into_iter().map(line).collect()
}

/// Of each chip the greatest number at once in the window, and its control when it last ran there.
fn chips(window: &Window) -> Vec<ChipLine> {
    let ran = || window.rows().filter(|row| matches!(row.activity.kind, ActivityKind::Run | ActivityKind::Held));
    let mut hourly: BTreeMap<(&ChipKey, Hour), i128> = BTreeMap::new();
    let mut control: BTreeMap<&ChipKey, Text> = BTreeMap::new();
    for row in ran() {
        *hourly.entry((&row.activity.chip, row.activity.hour)).or_default() += row.activity.amounts.seconds;
        let class = row.control.as_ref().map_or("unknown", |control| control.class.as_str());
        control.insert(&row.activity.chip, Text::new(class));
    }
    let mut peak: BTreeMap<&ChipKey, i128> = BTreeMap::new();
    for ((chip, _), seconds) in hourly {
        let most = peak.entry(chip).or_insert(seconds);
        *most = seconds.max(*most);
    }
    let line = |(chip, seconds): (&ChipKey, i128)| ChipLine {
        chip: Text::new(chip.to_string()),
        count: seconds as f64 / 3_600.0,
        control: control.get(chip).cloned().unwrap_or_default(),
    };
    peak.into_iter().map(line).collect()
}

/// A party that stands in the chain twice is one hit.
fn hits(lead: &Row) -> Vec<HitLine> {
    let mut lines: Vec<HitLine> = lead.standing.hits.iter().map(Into::into).collect();
    lines.dedup();
    lines
}

/// What is not known of the chain, the owner and the chips.
fn unknown(window: &Window, lead: &Row) -> Vec<Text> {
    let mut all: BTreeSet<Text> = lead.standing.chain.unknown.iter().cloned().collect();
    all.extend(lead.standing.owner.as_ref().and_then(|owner| owner.note.clone()));
    for row in window.rows() {
        if let ChipKey::Unknown(sku) = &row.activity.chip {
            all.insert(Text::new(format!("accelerator behind SKU {sku}")));
        }
    }
    all.into_iter().take(UNKNOWNS).collect()
}
