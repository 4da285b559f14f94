//! What one account says to one (rule, subject) on one day: the rows that pass `where`, and the facts behind them (D6).
//!
//! In: an account's rows of a day and the policy. Out: shares, absolute: a newer one replaces an older, an empty one takes
//! the day out of the group. Whoever adds up a group needs nothing else of the account, so a share can cross shards.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Rulebook;
use super::gate::Rules;
use super::rows::Row;
use super::scope::View;
use super::summary::summary;
use crate::ledger::{AccountIndex, Evidence, Key, Ledger};
use crate::model::{Day, EvidenceLine, RuleId, SubjectKind, Text};
use crate::policy::{List, Rule};

/// Facts shown of an account's alert: so many first and so many last.
const EVIDENCE_OF_ACCOUNT: usize = 5;
/// Facts shown of each account of a group's alert.
const EVIDENCE_OF_MEMBER: usize = 2;

/// Whom a share is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group {
    pub(super) rule: RuleId,
    pub(super) subject: Text,
}

/// One account's part in a (rule, subject) on one day.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Share {
    /// The rows that pass `where`, by hour.
    pub(super) rows: Vec<Arc<Row>>,
    /// The first and last facts behind them.
    pub(super) evidence: Vec<Arc<EvidenceLine>>,
}

/// How many facts an alert of this rule shows first, and how many last, of each account.
pub(super) fn shown(rule: &Rule) -> usize {
    if rule.subject == SubjectKind::Account { EVIDENCE_OF_ACCOUNT } else { EVIDENCE_OF_MEMBER }
}

/// Keeps the first and last `each` of what is in order.
pub(super) fn first_and_last<T>(lines: &mut Vec<T>, each: usize) {
    if lines.len() > 2 * each {
        lines.drain(each..lines.len() - each);
    }
}

/// The shares of an account on a day in every (rule, subject) where it has one: of rows with the rules that may find them.
pub(super) fn shares(
    account: AccountIndex,
    day: Day,
    rows: Vec<(Row, Rules)>,
    book: &Rulebook,
    ledger: &Ledger,
    lines: &mut Lines,
) -> BTreeMap<Group, Share> {
    let mut shares: BTreeMap<Group, Share> = BTreeMap::new();
    let rows: Vec<(Arc<Row>, Rules)> = rows.into_iter().map(|(row, rules)| (Arc::new(row), rules)).collect();
    // Another bill is no news to who does not ask what bills come to.
    let without: Vec<Arc<Row>> = rows.iter().map(|(row, _)| without_tenders(row)).collect();
    for (at, rule) in book.policy.rules.iter().enumerate() {
        let mut own: BTreeMap<Text, Share> = BTreeMap::new();
        let asks = rule.asks_of(List::Tenders);
        for ((row, _), bare) in rows.iter().zip(&without).filter(|((_, rules), _)| rules.has(at)) {
            let row = if asks { row } else { bare };
            for subject in subjects(row, rule, book) {
                own.entry(subject).or_default().rows.push(Arc::clone(row));
            }
        }
        for (subject, mut share) in own {
            share.evidence = evidence(account, day, rule, &share.rows, ledger, lines);
            shares.insert(Group { rule: rule.id.clone(), subject }, share);
        }
    }
    shares
}

fn without_tenders(row: &Arc<Row>) -> Arc<Row> {
    if row.tenders.is_empty() { Arc::clone(row) } else { Arc::new(Row { tenders: Arc::default(), ..Row::clone(row) }) }
}

/// Of whom a row speaks: those of its account, where it passes `where`.
fn subjects(row: &Row, rule: &Rule, book: &Rulebook) -> Vec<Text> {
    if !rule.matches.holds(&View::of_row(row, book, rule.window_hours)) {
        return Vec::new();
    }
    row.standing.subjects(&rule.subject, &row.text)
}

/// The facts behind the keys of the rows; sightings are evidence where the rule asks from where the account was used.
fn evidence(
    account: AccountIndex,
    day: Day,
    rule: &Rule,
    rows: &[Arc<Row>],
    ledger: &Ledger,
    lines: &mut Lines,
) -> Vec<Arc<EvidenceLine>> {
    let each = shown(rule);
    let mut keys: Vec<&Arc<Key>> = rows.iter().map(|row| &row.activity.key).collect();
    keys.sort();
    keys.dedup();
    let mut found = ledger.behind(account, &keys, day, each);
    if rule.matches.uses().lists.contains(&List::Sightings) {
        let near = rows.first().into_iter().flat_map(|row| row.sighted_within(rule.window_hours));
        let named = near.filter_map(|sighting| ledger.evidence_of(account, sighting));
        found.extend(named);
        found.sort_by_key(|evidence| (evidence.time, evidence.half));
        first_and_last(&mut found, each);
    }
    found.iter().filter_map(|evidence| lines.of(evidence, ledger)).collect()
}

/// Facts as alerts show them, read lately. A fact that is held never says anything else.
#[derive(Debug, Default)]
pub(super) struct Lines(BTreeMap<Evidence, Arc<EvidenceLine>>);

impl Lines {
    /// Most of them.
    const MOST: usize = 1 << 16;

    fn of(&mut self, evidence: &Evidence, ledger: &Ledger) -> Option<Arc<EvidenceLine>> {
        if let Some(known) = self.0.get(evidence) {
            return Some(Arc::clone(known));
        }
        if self.0.len() >= Self::MOST {
            self.0.clear();
        }
        let (fact, usage, position) = ledger.fact(evidence)?;
        let (time, kind, summary) = (usage.time, usage.fact_kind(), summary(&usage));
        let line = Arc::new(EvidenceLine { fact, time, kind, summary, position });
        self.0.insert(*evidence, Arc::clone(&line));
        Some(line)
    }
}
