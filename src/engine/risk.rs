//! Risk of a subject, from its alerts and those of its accounts (D12).
//!
//! In: published alerts, in any order. Out: one record for each subject they concern. One way: an alert about an account
//! counts also for those its chain names, never theirs for the account. Alerts of shadow rules are left out altogether,
//! suppressed ones count. It refuses to know facts, cards and rules: a chain says who stands behind an account, as of
//! the last hour in which the alert's condition held.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Alert, AlertId, AlertStatus, HopLine, Risk, RuleMode, Subject, SubjectKind, SubjectLine, Text};
use crate::parties::Role;

/// Alerts that count for one subject.
#[derive(Default)]
struct Counted<'a> {
    own: Vec<&'a Alert>,
    of_accounts: Vec<&'a Alert>,
}

/// The gravest first, then those with the most families, then by subject.
pub(super) fn records<'a>(alerts: impl IntoIterator<Item = &'a Alert>) -> Vec<Risk> {
    let mut subjects: BTreeMap<Subject, Counted> = BTreeMap::new();
    for alert in alerts.into_iter().filter(|alert| alert.rule.mode == RuleMode::Live) {
        subjects.entry(alert.subject.subject.clone()).or_default().own.push(alert);
        for subject in behind(alert) {
            subjects.entry(subject).or_default().of_accounts.push(alert);
        }
    }
    let records = subjects.into_iter().filter_map(|(subject, counted)| counted.record(subject));
    let mut records: Vec<Risk> = records.collect();
    // Stable, and subjects come in order.
    records.sort_by_key(|risk| (Reverse(risk.severity), Reverse(risk.families.len())));
    records
}

/// Whom an alert about an account counts for besides; nobody where it is about anyone else.
fn behind(alert: &Alert) -> BTreeSet<Subject> {
    let of_account = alert.subject.subject.kind == SubjectKind::Account;
    alert.chain.iter().filter(|_| of_account).flat_map(named).collect()
}

/// The subjects that a hop names.
fn named(hop: &HopLine) -> Vec<Subject> {
    let subject = |kind, id: Text| Subject { kind, id };
    let party = hop.party.clone();
    match Role::parse(&hop.role) {
        Some(Role::Customer) => {
            let owner = hop.parent.as_ref().map_or_else(|| party.clone(), |parent| parent.text());
            vec![subject(SubjectKind::Customer, party), subject(SubjectKind::Owner, owner)]
        }
        Some(Role::Reseller) => vec![subject(SubjectKind::Reseller, party)],
        Some(Role::Payer) => vec![subject(SubjectKind::Payer, party)],
        Some(Role::Provider | Role::Distributor | Role::EndUser | Role::Parent | Role::Owner)
        | Some(Role::Holder | Role::SubUnit | Role::Account)
        | None => Vec::new(),
    }
}

impl Counted<'_> {
    /// `None` where nothing counts.
    fn record(&self, subject: Subject) -> Option<Risk> {
        let all = || self.own.iter().chain(&self.of_accounts);
        let ids = |alerts: &[&Alert]| alerts.iter().map(|alert| alert.id.clone()).collect::<BTreeSet<AlertId>>();
        Some(Risk {
            severity: all().map(|alert| alert.rule.severity).max()?,
            families: all().map(|alert| alert.rule.family).collect(),
            open: all().any(|alert| alert.status == AlertStatus::Open),
            review_required: true,
            alerts: ids(&self.own),
            of_accounts: ids(&self.of_accounts),
            subject: SubjectLine { name: self.name(), subject },
        })
    }

    /// As in the alert seen last that has a name, then that with the greatest id.
    fn name(&self) -> Option<Text> {
        let named = self.own.iter().filter(|alert| alert.subject.name.is_some());
        named.max_by_key(|alert| (alert.last_seen, &alert.id))?.subject.name.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{BasisKind, EventTime, Family, PartyId, Revision, RuleId, RuleLine, Severity, SuppressionLine};

    /// An open alert of a live rule, named after severity and family.
    fn alert(subject: &str, severity: Severity, family: Family) -> Alert {
        let (kind, id) = subject.split_once(':').unwrap();
        let subject = Subject { kind: SubjectKind::parse(kind).unwrap(), id: Text::new(id) };
        let rule = RuleId::new(format!("{}-{}", severity.as_str(), family.as_str()));
        Alert {
            id: AlertId::of(&rule, &subject),
            revision: Revision::default(),
            status: AlertStatus::Open,
            rule: Arc::new(RuleLine {
                id: rule,
                title: Text::default(),
                mode: RuleMode::Live,
                severity,
                family,
                basis: BasisKind::RiskOnly,
                cites: Vec::new(),
                innocent: Vec::new(),
            }),
            review_required: true,
            subject: SubjectLine { subject, name: None },
            first_seen: EventTime::MIN,
            last_seen: EventTime::MIN,
            episodes: Vec::new(),
            measures: BTreeMap::new(),
            chips: Vec::new(),
            chain: Vec::new(),
            hits: Vec::new(),
            tenders: Vec::new(),
            evidence: Vec::new(),
            unknown: Vec::new(),
            suppression: None,
            explanation: Text::default(),
        }
    }

    /// The same with a chain, written `role party` or `role party<parent`.
    fn through(hops: &[&str], mut alert: Alert) -> Alert {
        let hop = |text: &&str| {
            let (role, party) = text.split_once(' ').unwrap();
            let (party, parent) = party.split_once('<').map_or((party, None), |(party, parent)| (party, Some(parent)));
            HopLine {
                role: Text::new(role),
                party: Text::new(party),
                country: None,
                parent: parent.map(PartyId::new),
                hq: None,
                evidence: None,
                confidence: None,
            }
        };
        alert.chain = hops.iter().map(hop).collect();
        alert
    }

    /// `subject severity families own+of_accounts`, in the order of the records.
    fn told(alerts: &[Alert]) -> Vec<String> {
        let line = |risk: Risk| {
            let families: Vec<_> = risk.families.iter().map(|family| family.as_str()).collect();
            let (subject, severity) = (risk.subject.subject, risk.severity.as_str());
            format!("{subject} {severity} {} {}+{}", families.join(","), risk.alerts.len(), risk.of_accounts.len())
        };
        records(alerts).into_iter().map(line).collect()
    }

    #[test]
    fn severity_is_the_greatest_of_a_subjects_alerts() {
        let low = alert("owner:top", Severity::Low, Family::Usage);
        let high = alert("owner:top", Severity::High, Family::Usage);
        let medium = alert("owner:top", Severity::Medium, Family::Usage);
        assert_eq!(told(&[low, high, medium]), ["owner:top high usage 3+0"]);
    }

    #[test]
    fn families_are_distinct_and_in_order() {
        let of = |severity, family| alert("owner:top", severity, family);
        let usage = of(Severity::Low, Family::Usage);
        let chain = [of(Severity::Low, Family::Chain), of(Severity::Medium, Family::Chain)];
        let identity = through(&["customer lab<top"], alert("account:aws/1", Severity::Low, Family::Identity));
        let told = told(&[&[usage, identity], &chain[..]].concat());
        assert_eq!(told.first().unwrap(), "owner:top medium identity,chain,usage 3+1");
    }

    #[test]
    fn an_accounts_alert_counts_for_whom_its_chain_names() {
        let hops = [
            "provider aws",
            "distributor outer",
            "reseller inner<outer",
            "reseller second",
            "payer aws/9",
            "customer lab<top",
            "end_user unit",
        ];
        let alert = through(&hops, alert("account:aws/1", Severity::High, Family::Place));
        assert_eq!(
            told(std::slice::from_ref(&alert)),
            [
                "account:aws/1 high place 1+0",
                "customer:lab high place 0+1",
                "owner:top high place 0+1",
                "reseller:inner high place 0+1",
                "reseller:second high place 0+1",
                "payer:aws/9 high place 0+1",
            ]
        );
        let records = records([&alert]);
        assert!(records.iter().skip(1).all(|risk| risk.of_accounts.contains(&alert.id) && risk.alerts.is_empty()));
    }

    #[test]
    fn a_customer_of_which_no_parent_is_named_is_its_own_owner() {
        let alert = through(&["customer lab"], alert("account:aws/1", Severity::Low, Family::Usage));
        assert_eq!(
            told(&[alert]),
            ["account:aws/1 low usage 1+0", "customer:lab low usage 0+1", "owner:lab low usage 0+1"]
        );
    }

    #[test]
    fn an_owners_alert_raises_neither_its_accounts_nor_anyone_else() {
        let account = through(&["customer lab<top"], alert("account:aws/1", Severity::Low, Family::Usage));
        let owner = through(&["reseller r", "customer lab<top"], alert("owner:top", Severity::Critical, Family::Chain));
        assert_eq!(
            told(&[account, owner]),
            ["owner:top critical chain,usage 1+1", "account:aws/1 low usage 1+0", "customer:lab low usage 0+1",]
        );
    }

    #[test]
    fn alerts_of_shadow_rules_do_not_count() {
        let mut shadow = through(&["customer lab"], alert("account:aws/1", Severity::Critical, Family::Chain));
        Arc::make_mut(&mut shadow.rule).mode = RuleMode::Shadow;
        assert!(told(std::slice::from_ref(&shadow)).is_empty());
        let live = alert("account:aws/1", Severity::Low, Family::Usage);
        assert_eq!(told(&[shadow, live]), ["account:aws/1 low usage 1+0"]);
    }

    #[test]
    fn suppressed_alerts_count() {
        let mut alert = alert("account:aws/1", Severity::High, Family::Usage);
        let (id, reason, by) = (Text::new("s"), Text::new("seen"), Text::new("desk"));
        alert.suppression = Some(SuppressionLine { id, until: EventTime::MAX, reason, by });
        assert_eq!(told(&[alert]), ["account:aws/1 high usage 1+0"]);
    }

    #[test]
    fn a_subject_is_open_while_any_alert_that_counts_for_it_is() {
        let mut resolved = alert("owner:top", Severity::High, Family::Usage);
        resolved.status = AlertStatus::Resolved;
        assert_eq!(records([&resolved]).first().map(|risk| risk.open), Some(false));
        let open = through(&["customer lab<top"], alert("account:aws/1", Severity::Low, Family::Usage));
        assert_eq!(records([&resolved, &open]).first().map(|risk| risk.open), Some(true));
    }

    #[test]
    fn the_gravest_come_first_then_the_most_families_then_by_subject() {
        let alerts = [
            alert("customer:b", Severity::Low, Family::Usage),
            alert("account:aws/2", Severity::Low, Family::Chain),
            alert("account:aws/1", Severity::Low, Family::Usage),
            alert("payer:aws/9", Severity::Low, Family::Usage),
            alert("payer:aws/9", Severity::Low, Family::Chain),
            alert("shared.payment:x", Severity::High, Family::Usage),
        ];
        let expected = [
            "shared.payment:x high usage 1+0",
            "payer:aws/9 low chain,usage 2+0",
            "account:aws/1 low usage 1+0",
            "account:aws/2 low chain 1+0",
            "customer:b low usage 1+0",
        ];
        assert_eq!(told(&alerts), expected);
        let mut turned = alerts.to_vec();
        turned.reverse();
        assert_eq!(records(&turned), records(&alerts), "the order of alerts changes nothing");
    }

    #[test]
    fn the_name_is_that_of_the_alert_seen_last() {
        let named = |severity, seen, name: &str| {
            let mut alert = alert("owner:top", severity, Family::Usage);
            alert.last_seen = EventTime::from_seconds(seen).unwrap();
            alert.subject.name = Some(Text::new(name)).filter(|name| !name.is_empty());
            alert
        };
        let alerts =
            [named(Severity::Low, 3, ""), named(Severity::Medium, 2, "Top Holdings"), named(Severity::High, 1, "Top")];
        let names: Vec<_> = records(&alerts).into_iter().map(|risk| risk.subject.name).collect();
        assert_eq!(names, [Some(Text::new("Top Holdings"))]);
    }
}
