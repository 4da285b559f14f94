//! A CloudTrail record: what is common to all calls, and which service reads the rest.

use serde_json::Value;

use super::super::{Context, Outcome, Reason, nth_id, time};
use super::fields::{as_text, field, text};
use super::{bedrock, denial, ec2, groups, sagemaker, sign_in};
use crate::model::{
    AccountId, Actor, DenialReason, EventTime, Fact, PrincipalClass, Region, ResourceId, Sku, StopEnd, Text, Usage,
    UsageKind,
};

type Service = fn(&Call<'_>) -> Vec<Usage>;

/// The services whose calls matter, which calls, and who reads them.
const SERVICES: &[(&str, &[&str], Service)] = &[
    ("ec2", ec2::CALLS, ec2::read),
    ("servicequotas", ec2::QUOTA_CALLS, ec2::read_quota),
    ("sagemaker", sagemaker::CALLS, sagemaker::read),
    ("bedrock", bedrock::CALLS, bedrock::read),
    ("bedrock-runtime", bedrock::CALLS, bedrock::read),
    ("autoscaling", groups::AUTO_SCALING_CALLS, groups::read),
    ("eks", groups::EKS_CALLS, groups::read),
    ("batch", groups::BATCH_CALLS, groups::read),
    ("pcs", groups::PCS_CALLS, groups::read),
];

const DOMAIN: &str = ".amazonaws.com";
const DOMAIN_CN: &str = ".amazonaws.com.cn";

fn service(source: &str, name: &str) -> Option<Service> {
    let source = source.strip_suffix(DOMAIN).or_else(|| source.strip_suffix(DOMAIN_CN))?;
    let matching = |(service, calls, _): &&(&str, &[&str], Service)| *service == source && calls.contains(&name);
    SERVICES.iter().find(matching).map(|(.., read)| *read)
}

/// Whether a record of this source and name can say anything; others than AWS have sources of other forms.
pub(in crate::decode) fn is_relevant(source: &str, name: &str) -> bool {
    !source.ends_with(DOMAIN) || service(source, name).is_some() || sign_in::is_sign_in(source, name)
}

/// The names of all calls that may matter, whatever their service.
pub(in crate::decode) fn names() -> impl Iterator<Item = &'static str> {
    SERVICES.iter().map(|(_, calls, _)| *calls).chain([sign_in::CALLS]).flatten().copied()
}

/// A call that matters, with what is common to all.
pub(super) struct Call<'a> {
    pub(super) name: Text,
    pub(super) account: AccountId,
    pub(super) id: Text,
    pub(super) time: EventTime,
    pub(super) region: Option<Region>,
    pub(super) actor: Actor,
    /// Why it failed, if it did.
    pub(super) denied: Option<DenialReason>,
    /// `requestParameters`, or null.
    pub(super) request: &'a Value,
    /// `responseElements`, or null.
    pub(super) response: &'a Value,
    pub(super) record: &'a Value,
}

static NULL: Value = Value::Null;

/// `None` for what is no CloudTrail record.
pub(super) fn decode(record: &Value, context: &Context<'_>) -> Option<Outcome> {
    let (source, name) = (header(record, "eventSource"), header(record, "eventName"));
    let (Some(source), Some(name)) = (source, name) else {
        // Insights and aggregates tell of unusual rates of calls, and have neither.
        return is_cloudtrail(record).then(|| seen(record, context, "a record without a name"));
    };
    // Records of other clouds, and of streams that hold records, have keys of these names too.
    if !is_cloudtrail(record) && ![DOMAIN, DOMAIN_CN].iter().any(|domain| source.ends_with(domain)) {
        return None;
    }
    let signed_in = sign_in::is_sign_in(&source, &name);
    let service = service(&source, &name);
    if sign_in::is_source(&source) && !(signed_in && sign_in::succeeded(record, &name)) {
        return Some(Outcome::Irrelevant);
    }
    let error = text(record, "errorCode").unwrap_or_default();
    let says_nothing = service.is_none() && !signed_in || ec2::changes_no_type(record, &name);
    if says_nothing || denial::is_dry_run(&error) {
        return Some(seen(record, context, &name));
    }
    let who = Who::read(record, context);
    if signed_in && who.actor.network.is_none() {
        return Some(Outcome::Irrelevant);
    }
    Some(match call(record, context, name.clone(), &error, &who) {
        Ok(call) => {
            let facts = service.map(|read| read(&call)).unwrap_or_default();
            if facts.is_empty()
                && let Some(reason) = sagemaker::unsaid(&call)
            {
                return Some(reason.into());
            }
            if facts.is_empty() && !signed_in {
                return Some(seen(record, context, &name));
            }
            let sighting = context.sighting(&call.account, call.time, &call.actor, who.class);
            Outcome::of(facts.into_iter().map(Fact::Usage).chain(sighting).collect())
        }
        Err(reason) => reason.into(),
    })
}

/// What a call says that says nothing by itself.
fn seen(record: &Value, context: &Context<'_>, name: &str) -> Outcome {
    let who = || {
        let who = Who::read(record, context);
        (who.actor, who.class)
    };
    context.seen(who, || Ok((account(record, outer(context, "account"), name)?, time_of(record, context, name)?)))
}

fn outer<'a>(context: &Context<'a>, name: &str) -> Option<&'a Value> {
    context.envelope.and_then(|envelope| field(envelope, name))
}

fn is_cloudtrail(record: &Value) -> bool {
    let is_type = header(record, "eventType").is_some_and(|t| t.to_ascii_lowercase().contains("cloudtrail"));
    // No other record of the field has this key: one that has it is no envelope either (`decode::sift` relies on it).
    is_type || record.get("eventVersion").is_some()
}

/// As CloudTrail writes it, or in lower case as tables do; `EventName` is a look-up's, which only holds the record.
fn header(record: &Value, name: &str) -> Option<Text> {
    // Tables write every name in lower case: one such name in a record of CloudTrail's own is somebody else's.
    let of_tables = || match record.get("eventVersion") {
        None => record.get(name.to_ascii_lowercase()),
        Some(_) => None,
    };
    record.get(name).or_else(of_tables).and_then(as_text)
}

fn call<'a>(record: &'a Value, context: &Context<'_>, name: Text, error: &str, who: &Who) -> Result<Call<'a>, Reason> {
    let time = time_of(record, context, &name)?;
    let region = text(record, "awsRegion").or_else(|| outer(context, "region").and_then(as_text));
    Ok(Call {
        account: account(record, outer(context, "account"), &name)?,
        id: text(record, "eventID").unwrap_or_else(|| context.content_id(record)),
        time,
        region: region.map(|r| Region::new(r.to_ascii_lowercase())),
        actor: who.actor.clone(),
        denied: (!error.is_empty()).then(|| denial::reason(error, &text(record, "errorMessage").unwrap_or_default())),
        request: field(record, "requestParameters").unwrap_or(&NULL),
        response: field(record, "responseElements").unwrap_or(&NULL),
        name,
        record,
    })
}

fn time_of(record: &Value, context: &Context<'_>, name: &str) -> Result<EventTime, Reason> {
    let stamp = field(record, "eventTime").or_else(|| outer(context, "time"));
    stamp.and_then(time).ok_or_else(|| {
        let written = stamp.map(ToString::to_string).unwrap_or_default();
        Reason::new("bad_time", format!("{name}: eventTime {}", written.chars().take(48).collect::<String>()))
    })
}

/// The account that received the event, else that of the caller, else that of the envelope.
fn account(record: &Value, outer: Option<&Value>, name: &str) -> Result<AccountId, Reason> {
    let caller = field(record, "userIdentity").and_then(|who| field(who, "accountId"));
    let Some(written) = field(record, "recipientAccountId").or(caller).or(outer) else {
        return Err(Reason::new("missing_account", format!("{name}: no recipientAccountId and no caller's")));
    };
    account_in(written, name)
}

/// The account in a field of a record of that name.
pub(super) fn account_in(written: &Value, name: &str) -> Result<AccountId, Reason> {
    let account = match written {
        // A number has lost the noughts it began with.
        Value::Number(number) => number.as_u64().and_then(|n| written_account(&format!("{n:012}"))),
        Value::String(id) if id.trim().is_empty() => {
            return Err(Reason::new("missing_account", format!("{name}: an empty account")));
        }
        Value::String(id) => written_account(id),
        _ => None,
    };
    account.ok_or_else(|| Reason::new("bad_account", format!("{name}: an account whose digits are gone")))
}

/// An account as written; `None` where it is blank or its digits are gone.
pub(super) fn written_account(id: &str) -> Option<AccountId> {
    let id = id.trim();
    (!id.is_empty() && !id.contains(['+', '.', ' '])).then(|| AccountId::new("aws", id))
}

/// What kind of principal called, by `userIdentity`'s `type` and `invokedBy`.
pub(super) fn class(kind: Option<&str>, invoked_by: Option<&str>) -> PrincipalClass {
    match kind {
        Some("Root") => PrincipalClass::Root,
        Some("AWSService") => PrincipalClass::Service,
        Some("IAMUser" | "IdentityCenterUser" | "Directory") => PrincipalClass::User,
        _ if invoked_by.is_some_and(|by| by.ends_with(DOMAIN)) => PrincipalClass::Service,
        _ => PrincipalClass::Role,
    }
}

/// Who called from where.
struct Who {
    actor: Actor,
    class: PrincipalClass,
}

impl Who {
    fn read(record: &Value, context: &Context<'_>) -> Self {
        let identity = field(record, "userIdentity").unwrap_or(&NULL);
        let principal = ["arn", "userName", "principalId", "invokedBy"].iter().find_map(|name| text(identity, name));
        // Sneller's exports write an object with the place looked up.
        let address = field(record, "sourceIPAddress")
            .and_then(|address| as_text(address).or_else(|| text(address, "ipaddress")));
        let class = class(text(identity, "type").as_deref(), text(identity, "invokedBy").as_deref());
        Self { actor: context.actor(principal.as_deref(), address.as_deref()), class }
    }
}

impl Call<'_> {
    /// A fact of this call. The first carries the event's id, others of the same kind must not share it (`n` from 0).
    pub(super) fn usage(&self, n: usize, kind: UsageKind) -> Usage {
        let event = nth_id(&self.id, n);
        Usage {
            account: self.account.clone(),
            event,
            time: self.time,
            region: self.region.clone(),
            actor: self.actor.clone(),
            via: Some(self.name.clone()),
            kind,
        }
    }

    /// That the call was refused.
    pub(super) fn refused(&self, reason: DenialReason, sku: Option<Text>, count: u32) -> Usage {
        self.usage(0, UsageKind::CapacityDenied { sku: sku.map(Sku::new), count: count.max(1), reason })
    }

    /// That these stopped.
    pub(super) fn stopped(&self, resources: impl IntoIterator<Item = Text>, end: StopEnd) -> Vec<Usage> {
        let stop = |id| self.usage(0, UsageKind::CapacityStopped { resource: ResourceId::new(id), end });
        resources.into_iter().map(stop).collect()
    }
}
