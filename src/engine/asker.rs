//! What one account has to say on one day.
//!
//! In: facts and cards as they are. Out: the account's shares, and what is to be kept in mind of it. It refuses to change anything but
//! what it keeps in mind itself, which any other would find out again: so several accounts can be asked at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Rulebook;
use super::gate::{Gates, Known, Named, Rules};
use super::rows::{self, Row, Sources};
use super::share::{self, Group, Lines, Share};
use super::tenders::{Bills, BillsRead};
use crate::ledger::{AccountIndex, ActivityKind, Ledger};
use crate::model::{Day, Text};
use crate::parties::Parties;

/// What is asked about.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) parties: &'a Parties,
    pub(super) book: &'a Rulebook,
}

/// What it came to.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) shares: BTreeMap<Group, Share>,
    pub(super) life: Life,
    pub(super) looked: Looked,
    /// Who stands behind the account at the end of the day, where that was asked for.
    pub(super) known: Option<Known>,
    pub(super) bills_read: BillsRead,
}

/// Whether every tick says something new of the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Life {
    /// The day says nothing about it.
    #[default]
    Unsaid,
    /// Something runs that some rule has found, or that has hardly begun.
    Lively,
    Still,
}

/// How far an account was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Looked {
    /// No rule can find anything on it.
    #[default]
    RuledOut,
    /// What it did was read.
    Whole,
}

#[derive(Debug, Default)]
pub(super) struct Asker {
    gates: Gates,
    lines: Lines,
}

impl Asker {
    /// `known`: who stood behind the account when last asked.
    pub(super) fn ask(&mut self, of: (AccountIndex, Day), known: Option<Known>, asked: Asked<'_>) -> Answer {
        let mut answer = Answer::default();
        let rows = self.rows(of, known, asked, &mut answer);
        let ((account, day), Asked { ledger, book, .. }) = (of, asked);
        let runs = |row: &Row| row.activity.key.kind == ActivityKind::Run;
        let hardly_begun = rows.iter().any(|(row, _)| runs(row) && row.activity.amounts.seconds <= 0);
        answer.shares = share::shares(account, day, rows, book, ledger, &mut self.lines);
        if let Some(now) = ledger.now().filter(|now| now.day() == day) {
            let runs_on = |row: &Arc<Row>| runs(row) && row.activity.last == now.hour();
            let found = answer.shares.values().flat_map(|share| &share.rows).any(runs_on);
            let is_lively = found || hardly_begun || ledger.begins_now(account);
            answer.life = if is_lively { Life::Lively } else { Life::Still };
        }
        answer
    }

    /// The rows of the account on the day that some rule may find, with those rules.
    fn rows(
        &mut self,
        (account, day): (AccountIndex, Day),
        mut known: Option<Known>,
        Asked { ledger, parties, book }: Asked<'_>,
        answer: &mut Answer,
    ) -> Vec<(Row, Rules)> {
        let gates = &mut self.gates;
        let keys = ledger.keys(account).filter_map(|(index, key)| {
            let of_key = gates.of(index, key, day, book)?;
            (!of_key.rules.is_empty()).then(|| (index, Arc::clone(of_key)))
        });
        let keys: Vec<_> = keys.collect();
        let Some(id) = ledger.account(account).filter(|_| !keys.is_empty()) else { return Vec::new() };
        let (begins, ends) = (day.first_hour().start(), day.last_hour().start());
        if !parties.change_within(begins, ends) {
            let (text, told) = (Text::new(id.to_string()), ledger.told(account, day));
            let bills = Bills { ledger, account: Some(account), read: Some(&answer.bills_read) };
            let named = Named { id, text: &text, told: &told, bills };
            let now = Known::at(begins, known, named, parties, book);
            let ruled_out = keys.iter().all(|(_, of_key)| of_key.rules.both(&now.rules).is_none());
            known = Some(now);
            if ruled_out {
                answer.known = known;
                return Vec::new();
            }
        }
        let sources = Sources { ledger, parties, book, bills_read: Some(&answer.bills_read) };
        let rows = rows::rows((account, day), &keys, &sources, &mut known, Rules::both);
        (answer.looked, answer.known) = (Looked::Whole, known);
        rows
    }
}
