//! What the account half of a shard has to say to groups that another shard adds up, as records of a compacted topic (D6).
//!
//! In: shares. Out: records with a key that names (rule, subject, account, day), and the same again from what was read.
//! A record is absolute: the newest of a key is all there is to know, and one without a value says that there is no share
//! any more. It refuses to know topics; who sent what, and in which order, is told beside a record ([`Sender`]).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::accounts::Said;
use super::rows::Row;
use super::share::{Group, Share};
use super::standing::Standing;
use crate::catalogue::Control;
use crate::ledger::{Activity, Sighting};
use crate::model::{AccountId, Authorisation, Day, EvidenceLine, RuleId, TenderLine, Text};

/// A record for the partition of a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// To which shard.
    pub to: u32,
    /// What it is about, as JSON: `["share", rule, subject, account, day]` or `["complete", sender]`.
    pub key: String,
    /// What it says, as JSON; `None` takes back what was said.
    pub value: Option<String>,
    /// Who says it.
    pub from: Sender,
}

/// Who sent a record: a shard, under a claim. A later claim on a shard is a greater number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Which shard.
    pub shard: u32,
    /// Its number of the claim.
    pub claim: u64,
    /// In whose words.
    pub voice: Voice,
}

/// Whether a shard speaks for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// It does.
    Own,
    /// The shard that is spoken to repeats what it was told, because something stale stands in the topic behind it. What
    /// was said meanwhile may stand before it: an echo is no news to who has heard that.
    Echo,
}

/// What one share is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct About {
    pub(super) group: Group,
    pub(super) account: AccountId,
    pub(super) day: Day,
}

/// What is to be said, the last of each.
#[derive(Debug, Default)]
pub(super) struct Outbox(BTreeMap<About, Share>);

impl Outbox {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn put(&mut self, said: Said) {
        let Said { group, account, day, share } = said;
        self.0.insert(About { group, account, day }, share);
    }

    pub(super) fn take(&mut self) -> impl Iterator<Item = (About, Share)> + use<> {
        std::mem::take(&mut self.0).into_iter()
    }
}

/// A record's key as read.
pub(super) enum Key {
    Share(About),
    Complete,
}

impl Key {
    /// `None`: none of ours.
    pub(super) fn read(key: &[u8]) -> Option<Self> {
        let parts: Vec<serde_json::Value> = serde_json::from_slice(key).ok()?;
        let text = |at: usize| parts.get(at).and_then(serde_json::Value::as_str);
        match text(0)? {
            "complete" => Some(Self::Complete),
            "share" => {
                let group = Group { rule: RuleId::new(text(1)?), subject: Text::new(text(2)?) };
                let (account, day) = (AccountId::parse(text(3)?)?, Day::parse(text(4)?).ok()?);
                Some(Self::Share(About { group, account, day }))
            }
            _ => None,
        }
    }

    pub(super) fn of_share(about: &About) -> String {
        let About { group, account, day } = about;
        let parts = [group.rule.as_str(), &group.subject, &account.to_string(), &day.to_string()];
        serde_json::json!(["share", parts[0], parts[1], parts[2], parts[3]]).to_string()
    }

    pub(super) fn of_completion(sender: u32) -> String {
        serde_json::json!(["complete", sender]).to_string()
    }
}

/// A share as written: what rows have in common stands once.
#[derive(Serialize, Deserialize)]
struct Written {
    standings: Vec<Arc<Standing>>,
    controls: Vec<Arc<Control>>,
    sightings: Vec<Arc<[Sighting]>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tenders: Vec<Arc<[TenderLine]>>,
    rows: Vec<WrittenRow>,
    evidence: Vec<Arc<EvidenceLine>>,
}

#[derive(Serialize, Deserialize)]
struct WrittenRow {
    activity: Activity,
    standing: usize,
    control: Option<usize>,
    authorisation: Option<Authorisation>,
    tpp: f64,
    sightings: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenders: Option<usize>,
}

/// Where a thing stands in a list, put there if it does not yet.
fn place<T: ?Sized>(all: &mut Vec<Arc<T>>, one: &Arc<T>) -> usize {
    all.iter().position(|known| Arc::ptr_eq(known, one)).unwrap_or_else(|| {
        all.push(Arc::clone(one));
        all.len() - 1
    })
}

/// A share as JSON; `None` where there is none.
pub(super) fn write(share: &Share) -> Option<String> {
    if share.rows.is_empty() {
        return None;
    }
    let mut written = Written {
        standings: Vec::new(),
        controls: Vec::new(),
        sightings: Vec::new(),
        tenders: Vec::new(),
        rows: Vec::new(),
        evidence: share.evidence.clone(),
    };
    for row in &share.rows {
        written.rows.push(WrittenRow {
            activity: row.activity.clone(),
            standing: place(&mut written.standings, &row.standing),
            control: row.control.as_ref().map(|control| place(&mut written.controls, control)),
            authorisation: row.authorisation.clone(),
            tpp: row.tpp,
            sightings: place(&mut written.sightings, &row.sightings),
            tenders: (!row.tenders.is_empty()).then(|| place(&mut written.tenders, &row.tenders)),
        });
    }
    // Plain data with text for keys: it can be written.
    serde_json::to_string(&written).ok()
}

/// A share from its JSON; `None`: not as this version writes it.
pub(super) fn read(account: &AccountId, value: &[u8]) -> Option<Share> {
    let Written { standings, controls, sightings, tenders, rows, evidence } = serde_json::from_slice(value).ok()?;
    let text = Text::new(account.to_string());
    let row = |row: WrittenRow| {
        let control = match row.control {
            Some(at) => Some(Arc::clone(controls.get(at)?)),
            None => None,
        };
        let tenders = match row.tenders {
            Some(at) => Arc::clone(tenders.get(at)?),
            None => Arc::default(),
        };
        Some(Arc::new(Row {
            account: account.clone(),
            text: text.clone(),
            activity: row.activity,
            standing: Arc::clone(standings.get(row.standing)?),
            tenders,
            control,
            authorisation: row.authorisation,
            tpp: row.tpp,
            sightings: Arc::clone(sightings.get(row.sightings)?),
        }))
    };
    Some(Share { rows: rows.into_iter().map(row).collect::<Option<_>>()?, evidence })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Hour;

    #[test]
    fn a_share_says_on_the_other_shard_what_it_said_here_of_tenders() {
        let tender = |id: &str, coverage: &str| {
            let line = serde_json::json!({
                "id": id, "buyer": "b", "amount": "100.5", "currency": "CNY", "published": "2024-03-15T00:00:00Z",
                "source": "s", "side": "buyer", "party": "p", "role": "reseller", "coverage": coverage,
                "billed": { "sum": 95, "from": "2024-03-01", "to": "2024-03-02" }, "besides": ["no price"], "fits": false,
            });
            serde_json::from_value::<TenderLine>(line).unwrap()
        };
        let account = AccountId::new("aws", "1");
        let (one, two) =
            (Arc::from([tender("t-1", "whole"), tender("t-2", "partial")]), Arc::from([tender("t-3", "whole")]));
        let row = |hour, tenders: &Arc<[TenderLine]>| {
            Arc::new(Row {
                account: account.clone(),
                text: Text::new(account.to_string()),
                activity: Activity::nothing(Arc::default(), Hour(hour)),
                standing: Arc::default(),
                tenders: Arc::clone(tenders),
                control: None,
                authorisation: None,
                tpp: 0.0,
                sightings: Arc::default(),
            })
        };
        let rows = vec![row(1, &one), row(2, &Arc::default()), row(3, &two), row(4, &one)];
        let share = Share { rows, evidence: Vec::new() };
        let written = write(&share).unwrap();
        assert_eq!(written.matches("t-1").count(), 1, "what rows have in common stands once");
        assert_eq!(read(&account, written.as_bytes()), Some(share));
    }
}
