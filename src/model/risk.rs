//! Risk: what all alerts about one subject come to (D12).
//!
//! In: what the engine found. Out: one JSON object a line (docs/risk.schema.json). It adds no verdict of its own and
//! repeats no evidence: it names the alerts, which explain themselves.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{AlertId, Family, Severity, SubjectLine};

/// One record for each subject that has an alert of a live rule, or an account with one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Risk {
    /// Whom it is about; named as in its own alert seen last, where that names it.
    pub subject: SubjectLine,
    /// The greatest of the alerts below.
    pub severity: Severity,
    /// Kinds of evidence these alerts rest on.
    pub families: BTreeSet<Family>,
    /// Whether any of these alerts is open.
    pub open: bool,
    /// Always true: nothing acts on an account.
    pub review_required: bool,
    /// Alerts about the subject itself.
    pub alerts: BTreeSet<AlertId>,
    /// Alerts about accounts whose chain names the subject.
    pub of_accounts: BTreeSet<AlertId>,
}
