//! An alert from a finding (D8, D10, P5).
//!
//! In: a group and its episodes. Out: the alert, with measures, chips, chain, hits and evidence as of the last hour in
//! which the condition held. The chain shown is that of the account that weighs most in all (the most chip-seconds, then
//! the smallest id) among those with a row in that hour.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Rulebook;
use super::episodes::Span;
use super::group::{GroupState, Member};
use super::measured::Measured;
use super::rows::Row;
use super::scope::{SECONDS_PER_HOUR, View};
use super::share::{first_and_last, shown};
use super::table::Groups;
use super::tenders;
use super::window::Window;
use crate::ledger::{ChipKey, Key};
use crate::model::{
    Alert, AlertId, ChipLine, EventTime, EvidenceLine, HitLine, Hour, Market, Measured as MeasuredLine, Revision,
    RuleId, RuleLine, Subject, SubjectLine, Suppression, SuppressionLine, Text,
};
use crate::policy::{Basis, Measure, Rule, Scope};

/// Accounts shown of a group's alert.
const MEMBERS: usize = 5;
/// Unknowns shown.
const UNKNOWNS: usize = 20;

/// What makes the alerts of a rule.
pub(super) struct Desk<'a> {
    /// The rule as alerts name it, for each basis it has had: they share it.
    pub(super) lines: Vec<Arc<RuleLine>>,
    pub(super) book: &'a Rulebook,
    pub(super) groups: &'a Groups,
    pub(super) suppressions: &'a BTreeMap<Text, Suppression>,
    pub(super) now: EventTime,
    pub(super) revision: Revision,
}

impl Desk<'_> {
    /// The alert of a (rule, subject); `None` where its condition never held.
    pub(super) fn alert(&self, rule: &Rule, subject: &Text, state: &GroupState) -> Option<Alert> {
        let episodes = &state.episodes;
        let bounds = episodes.bounds()?;
        let window = state.window(rule, bounds.last);
        let lead = lead(state, bounds.last)?;
        let in_force = rule.basis.iter().zip(&self.lines).find(|(basis, _)| basis.holds_on(bounds.last.day()));
        let (_, line) = in_force?;
        let measured = Measured::new(&window, subject, self.groups);
        let view = View::of_subject(lead, bounds.last, self.book, rule.window_hours, &measured);
        let subject = Subject { kind: rule.subject.clone(), id: subject.clone() };
        Some(Alert {
            id: AlertId::of(&rule.id, &subject),
            revision: self.revision.clone(),
            status: episodes.status(self.now),
            rule: Arc::clone(line),
            review_required: true,
            first_seen: bounds.first.start(),
            last_seen: bounds.last.end(),
            episodes: episodes.written(self.now),
            measures: measures(rule, &measured),
            chips: chips(&window, self.book),
            chain: lead.standing.chain.hops.iter().map(Into::into).collect(),
            hits: hits(lead),
            tenders: lead.tenders.to_vec(),
            evidence: evidence(rule, state, bounds),
            unknown: unknown(&window, lead),
            suppression: self.suppression(rule, &subject),
            explanation: rule.explain.render(&view),
            subject: SubjectLine { name: lead.standing.name(&subject.kind, &subject.id), subject },
        })
    }

    /// The suppression in force: the one that lasts longest, then the smallest id.
    fn suppression(&self, rule: &Rule, subject: &Subject) -> Option<SuppressionLine> {
        let subject = subject.to_string();
        let of_rule = |of: Option<&RuleId>| of.is_none_or(|id| *id == rule.id);
        let all = self.suppressions.values();
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

/// D10: of an account the first and last facts by (time, identity); of a group those of the accounts that weigh most.
/// They are those of the days that the windows from the first to the last hour that held touch.
fn evidence(rule: &Rule, state: &GroupState, bounds: Span) -> Vec<Arc<EvidenceLine>> {
    let days = bounds.first.plus(1 - rule.window_hours).day()..=bounds.last.day();
    let of = |member: &Member| {
        let lines = member.days.range(days.clone()).flat_map(|(_, share)| &share.evidence);
        // A machine that runs for days is behind the rows of each of them.
        let by_order: BTreeMap<_, _> = lines.map(|line| ((line.time, line.fact), line)).collect();
        let mut lines: Vec<&Arc<EvidenceLine>> = by_order.into_values().collect();
        first_and_last(&mut lines, shown(rule));
        lines.into_iter().cloned().collect::<Vec<_>>()
    };
    let shown = state.ranked().map(|(_, member)| of(member)).filter(|lines| !lines.is_empty());
    let mut lines: Vec<_> = shown.take(MEMBERS).flatten().collect();
    lines.sort_by_key(|line| (line.time, line.fact));
    lines
}

/// Of the account that weighs most among those with a row in this hour, the row that weighs most.
fn lead(state: &GroupState, last: Hour) -> Option<&Row> {
    fn order(row: &Row) -> (Reverse<i128>, &Key, Option<Market>) {
        (Reverse(row.activity.amounts.seconds), &row.activity.key, row.activity.market)
    }
    let least = |one: &&Row, other: &&Row| order(one).cmp(&order(other));
    state.ranked().find_map(|(_, member)| member.rows_at(last).min_by(least))
}

/// A rule as alerts name it, for each basis it has had.
pub(super) fn rule_lines(rule: &Rule) -> Vec<Arc<RuleLine>> {
    let line = |basis: &Basis| RuleLine {
        id: rule.id.clone(),
        title: rule.title.clone(),
        mode: rule.mode,
        severity: rule.severity,
        family: rule.family,
        basis: basis.is,
        cites: basis.cites.clone(),
        innocent: rule.innocent.clone(),
    };
    rule.basis.iter().map(line).map(Arc::new).collect()
}

/// The measures `having` asks about; without any, GPU-hours.
fn measures(rule: &Rule, measured: &Measured) -> BTreeMap<Text, MeasuredLine> {
    let mut asked = rule.having.as_ref().map(|having| having.uses().measures.clone()).unwrap_or_default();
    if asked.is_empty() {
        asked.insert(Measure::GpuHours, None);
    }
    let name = |measure: Measure| Text::new(measure.name().trim_start_matches("m."));
    let line = |(measure, threshold)| (name(measure), MeasuredLine { value: measured.measure(measure), threshold });
    asked.into_iter().map(line).collect()
}

/// Of each chip the greatest number at once in the window, and its control when it last ran there.
fn chips(window: &Window, book: &Rulebook) -> Vec<ChipLine> {
    let class = |chip: &ChipKey, last: Hour| match chip {
        ChipKey::Known(name) => {
            let control = book.catalogue.chip(name.as_str()).map(|chip| book.catalogue.control(chip, last.day()));
            control.map_or("unknown", |control| control.class.as_str())
        }
        ChipKey::Unnamed | ChipKey::Unknown(_) => "unknown",
    };
    let line = |(chip, ran): (&ChipKey, Option<(i128, Hour)>)| {
        let (most, last) = ran?;
        let control = Text::new(class(chip, last));
        Some(ChipLine { chip: Text::new(chip.to_string()), count: most as f64 / SECONDS_PER_HOUR, control })
    };
    window.chips().filter_map(line).collect()
}

/// A party that stands in the chain twice is one hit.
fn hits(lead: &Row) -> Vec<HitLine> {
    let mut lines: Vec<HitLine> = lead.standing.hits.iter().map(Into::into).collect();
    lines.dedup();
    lines
}

/// What is not known of the chain, the owner and the chips; then of what bills ask, in at least one line, for tenders may be
/// many and must not hide the rest.
fn unknown(window: &Window, lead: &Row) -> Vec<Text> {
    let mut all: BTreeSet<Text> = lead.standing.chain.unknown.iter().cloned().collect();
    all.extend(lead.standing.unknown.iter().cloned());
    all.extend(lead.standing.owner.as_ref().and_then(|owner| owner.note.clone()));
    for (chip, _) in window.chips() {
        if let ChipKey::Unknown(sku) = chip {
            all.insert(Text::new(format!("accelerator behind SKU {sku}")));
        }
    }
    let least = tenders::doubts(&lead.tenders, 1).len();
    let mut lines: Vec<Text> = all.into_iter().take(UNKNOWNS - least).collect();
    lines.extend(tenders::doubts(&lead.tenders, UNKNOWNS - lines.len()));
    lines
}
