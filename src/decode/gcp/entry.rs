//! One entry of Cloud Logging that holds an audit log, as the API, sinks and tables write it: who called what on which
//! resource, and whether it is the whole of an operation or one half.

use std::borrow::Cow;

use serde_json::Value;

use super::failure::{Failure, failure};
use crate::decode::loose::{at, field, is_true, text, unfold};
use crate::decode::{Context, Outcome, Reason, time};
use crate::model::{AccountId, Actor, EventTime, PrincipalClass, Region, ResourceId, Text};

/// Where audit logs stand: in the entry, and in tables of BigQuery.
const PAYLOADS: [&str; 2] = ["protoPayload", "protopayload_auditlog"];

/// What an entry says of a long-running operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// All of it: a call without an operation, or one that ended as it began.
    Whole,
    /// It began.
    First(Text),
    /// It ended.
    Last(Text),
    /// It goes on.
    Between,
}

/// An entry.
pub(super) struct Entry<'a> {
    /// `v1.compute.instances.insert`, as written.
    pub(super) method: &'a str,
    /// Its last two parts: `instances.insert`.
    pub(super) call: &'a str,
    /// `compute`, of `compute.googleapis.com`.
    pub(super) service: &'a str,
    pub(super) phase: Phase,
    /// Why it failed, if it did.
    pub(super) failure: Option<Failure>,
    /// What was asked, or null.
    pub(super) request: Cow<'a, Value>,
    /// What was answered, or null.
    pub(super) response: Cow<'a, Value>,
    entry: &'a Value,
    payload: &'a Value,
}

impl<'a> Entry<'a> {
    /// `None` when it is not Google's; an outcome when it is, and no audit log of a call.
    pub(super) fn of(entry: &'a Value) -> Option<Result<Self, Outcome>> {
        let payload = PAYLOADS.iter().find_map(|name| field(entry, name))?;
        if !payload.is_object() {
            let detail = "protoPayload: expected an object, got something else";
            return Some(Err(Outcome::reject("bad_value", detail)));
        }
        // Logs of requests and of flows have payloads of other types, and no method.
        let Some(method) = text(payload, &["methodName"]) else { return Some(Err(Outcome::Irrelevant)) };
        let response = body(payload, "response");
        Some(Ok(Self {
            method,
            call: last_two(method),
            service: service(payload, method),
            phase: phase(entry),
            failure: failure(payload, &response),
            request: body(payload, "request"),
            response,
            entry,
            payload,
        }))
    }

    /// The project; where no project is concerned, the organisation or folder.
    pub(super) fn account(&self) -> Option<AccountId> {
        let labelled = text(self.entry, &["resource", "labels", "project_id"]);
        let paths = [text(self.payload, &["resourceName"]), text(self.entry, &["logName"])];
        let part = |of: &str| paths.iter().flatten().find_map(|path| behind(path, of));
        if let Some(project) = labelled.or_else(|| part("projects")) {
            return Some(AccountId::new("gcp", project));
        }
        let kinds = ["organizations", "folders"];
        kinds.iter().find_map(|kind| Some(AccountId::new("gcp", format!("{kind}/{}", part(kind)?))))
    }

    pub(super) fn time(&self) -> Result<EventTime, Reason> {
        let found = ["timestamp", "receiveTimestamp"].iter().find_map(|name| field(self.entry, name));
        let written = found.map(Value::to_string).unwrap_or_default();
        let bad = || Reason::new("bad_time", format!("timestamp: expected a time, got {written:.64}"));
        found.and_then(time).ok_or_else(bad)
    }

    pub(super) fn id(&self, context: &Context<'_>) -> Text {
        text(self.entry, &["insertId"]).map_or_else(|| context.content_id(self.entry), Text::new)
    }

    /// The resource the call is about.
    pub(super) fn resource(&self) -> Option<ResourceId> {
        self.named(text(self.payload, &["resourceName"])?)
    }

    /// A resource's path, from its project on; a project's number is its id, so that both are one machine.
    pub(super) fn named(&self, path: &str) -> Option<ResourceId> {
        let (_, path) = path.split_once("projects/")?;
        let (_, path) = path.split_once('/')?;
        Some(ResourceId::new(format!("projects/{}/{}", self.account()?.id, path.trim_end_matches('/'))))
    }

    /// Of the resource's labels, else of its path, else of where the call says it is.
    pub(super) fn region(&self) -> Option<Region> {
        let labels = ["zone", "location", "region"];
        let labelled = labels.iter().find_map(|label| text(self.entry, &["resource", "labels", label]));
        let path = text(self.payload, &["resourceName"]).unwrap_or_default();
        let of_path = || ["zones", "locations", "regions"].iter().find_map(|kind| behind(path, kind));
        let current = || at(self.payload, &["resourceLocation", "currentLocations"])?.get(0)?.as_str();
        let place = labelled.or_else(of_path).or_else(current)?.to_ascii_lowercase();
        let region = match place.rsplit_once('-') {
            Some((region, zone)) if zone.len() == 1 && region.contains('-') => region,
            _ => place.as_str(),
        };
        (region != "global" && !region.is_empty()).then(|| Region::new(region))
    }

    /// Who acted from where. `private` and `gce-internal-ip` are no addresses.
    pub(super) fn actor(&self, context: &Context<'_>) -> (Actor, PrincipalClass) {
        let who = ["principalEmail", "principalSubject"];
        let principal = who.iter().find_map(|name| text(self.payload, &["authenticationInfo", name]));
        let is_machine = principal.is_some_and(|principal| {
            principal.ends_with("gserviceaccount.com")
                || ["serviceAccount:", "system:", "principal:", "principalSet:"]
                    .iter()
                    .any(|p| principal.starts_with(p))
        });
        let class = if is_machine { PrincipalClass::Service } else { PrincipalClass::User };
        (context.actor(principal, text(self.payload, &["requestMetadata", "callerIp"])), class)
    }
}

/// `v1.compute.instances.insert` → `instances.insert`.
pub(super) fn last_two(method: &str) -> &str {
    let parts = method.rmatch_indices('.').nth(1);
    parts.and_then(|(dot, _)| method.get(dot + 1..)).unwrap_or(method)
}

/// The service's name, else the part of the method that is one.
fn service<'v>(payload: &'v Value, method: &'v str) -> &'v str {
    let named = text(payload, &["serviceName"]).and_then(|name| name.strip_suffix(".googleapis.com"));
    let known = ["compute", "container", "tpu", "aiplatform", "cloudquotas"];
    named.or_else(|| method.split('.').find(|part| known.contains(part))).unwrap_or_default()
}

fn phase(entry: &Value) -> Phase {
    let Some(id) = text(entry, &["operation", "id"]).map(Text::new) else { return Phase::Whole };
    let is = |half: &str| is_true(at(entry, &["operation", half]));
    match (is("first"), is("last")) {
        (true, true) => Phase::Whole,
        (true, false) => Phase::First(id),
        (false, true) => Phase::Last(id),
        (false, false) => Phase::Between,
    }
}

/// A body, or what a table holds of it as text.
fn body<'v>(payload: &'v Value, name: &str) -> Cow<'v, Value> {
    let found = field(payload, name).or_else(|| field(payload, &format!("{name}Json")));
    found.map_or(Cow::Owned(Value::Null), unfold)
}

/// The part of a path behind one of that name.
fn behind<'v>(path: &'v str, name: &str) -> Option<&'v str> {
    let mut parts = path.split('/').skip_while(|part| *part != name);
    parts.nth(1).filter(|part| !part.is_empty())
}

/// The last part of a path or URL: `zones/z/machineTypes/a3-highgpu-8g` → `a3-highgpu-8g`.
pub(super) fn last_part(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}
