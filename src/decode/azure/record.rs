//! One record, whatever export wrote it: the activity log's own shape, with `camelCase` or `snake_case` keys, plain or as
//! `{"value": …}`; a diagnostic setting's; a Log Analytics table's; an Event Grid or CloudEvents event's. Names are found in any
//! case and with any underscores.

use std::borrow::Cow;

use serde_json::Value;

use super::when;
use crate::decode::loose::{field, unfold};
use crate::decode::{Context, Reason};
use crate::model::{AccountId, Actor, EventTime, PrincipalClass, Region, ResourceId, Text};

/// Azure's, and none of ours.
pub(super) struct Unneeded;

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Succeeded,
    Failed,
    /// Under way, or not said.
    Open,
}

/// A record.
pub(super) struct Record<'a> {
    /// As written.
    pub(super) operation: &'a str,
    /// Where operation and status stand.
    body: &'a Value,
    /// The event around it, else the same.
    event: &'a Value,
}

impl<'a> Record<'a> {
    /// `None` when it is not Azure's.
    pub(super) fn of(event: &'a Value) -> Option<Result<Self, Unneeded>> {
        let kind = text(event, &["eventType", "type"]).unwrap_or_default();
        let grid = starts_with(kind, "Microsoft.") && event.get("data").is_some_and(Value::is_object);
        if grid && !starts_with(kind, "Microsoft.Resources.") || is_metric(event) {
            return Some(Err(Unneeded));
        }
        let body = if grid { event.get("data")? } else { event };
        // A table's `OperationName` is for people; the name stands beside it.
        let operation = text(body, &["OperationNameValue", "operationName"])?;
        let keys = ["resourceId", "resourceUri", "callerIpAddress", "category", "subscriptionId"];
        keys.iter().any(|key| field(body, key).is_some()).then_some(Ok(Self { operation, body, event }))
    }

    /// A text under one of these names.
    pub(super) fn text(&self, names: &[&str]) -> Option<&'a str> {
        text(self.body, names)
    }

    /// The operation in lower case.
    pub(super) fn operation_lower(&self) -> String {
        self.operation.to_ascii_lowercase()
    }

    pub(super) fn category(&self) -> &'a str {
        self.text(&["category", "CategoryValue"]).unwrap_or_default()
    }

    /// The properties, also where they are JSON inside a string.
    pub(super) fn properties(&self) -> Cow<'a, Value> {
        let names = ["properties", "Properties_d", "properties_s"];
        names.iter().find_map(|name| field(self.body, name)).map_or(Cow::Owned(Value::Null), unfold)
    }

    /// The request's or response's own JSON, the response first.
    pub(super) fn bodies(&self) -> Vec<Value> {
        let properties = self.properties();
        let names = ["responseBody", "requestBody"];
        names.iter().filter_map(|name| field(&properties, name)).map(|body| unfold(body).into_owned()).collect()
    }

    pub(super) fn status(&self) -> Status {
        let said = self.text(&["resultType", "ActivityStatusValue", "status", "ActivityStatus"]).unwrap_or_default();
        match said.to_ascii_lowercase().as_str() {
            "succeeded" | "success" | "ok" | "0" => Status::Succeeded,
            "failed" | "failure" => Status::Failed,
            _ => Status::Open,
        }
    }

    /// What the records of one operation share: `correlationId` is one for all that a deployment makes, so the resource goes
    /// with it.
    pub(super) fn shared_id(&self) -> Option<Text> {
        let correlation = self.text(&["correlationId"])?;
        Some(Text::new(format!("{correlation}{}", self.resource()?)))
    }

    /// The resource, in lower case, for Azure writes it in any.
    pub(super) fn resource(&self) -> Option<ResourceId> {
        let id = self.text(RESOURCE).or_else(|| text(self.event, &["subject"]))?;
        Some(ResourceId::new(id.trim_end_matches('/').to_ascii_lowercase()))
    }

    /// Last part of the resource's path, as written.
    pub(super) fn resource_name(&self) -> Option<&'a str> {
        self.text(RESOURCE)?.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty())
    }

    /// The subscription is the account.
    pub(super) fn subscription(&self) -> Option<AccountId> {
        let resource = self.resource();
        let of_path = resource.as_ref().and_then(|id| {
            let mut parts = id.as_str().split('/').skip_while(|part| *part != "subscriptions");
            parts.nth(1).filter(|id| !id.is_empty()).map(str::to_owned)
        });
        let said = || self.text(&["subscriptionId"]).map(str::to_ascii_lowercase);
        of_path.or_else(said).filter(|id| !id.is_empty()).map(|id| AccountId::new("azure", id))
    }

    /// The tenant, the account of what concerns no subscription.
    pub(super) fn tenant(&self) -> Option<AccountId> {
        Some(AccountId::new("azure", self.text(&["tenantId"])?.to_ascii_lowercase()))
    }

    pub(super) fn time(&self) -> Result<EventTime, Reason> {
        let names = ["time", "eventTimestamp", "eventTime", "TimeGenerated"];
        let found = names.iter().find_map(|name| field(self.body, name).or_else(|| field(self.event, name)));
        let written = found.map(Value::to_string).unwrap_or_default();
        let bad = || Reason::new("bad_time", format!("time: expected a time, got {written:.64}"));
        found.and_then(when::time).ok_or_else(bad)
    }

    /// The event's own id; what several records of one operation share (`correlationId`) is none.
    pub(super) fn id(&self, context: &Context<'_>) -> Text {
        let own = self.text(&["eventDataId"]);
        let grid = || text(self.event, &["id"]).filter(|id| !id.contains('/'));
        own.or_else(grid).map_or_else(|| context.content_id(self.event), Text::new)
    }

    /// `West US 3` is `westus3`; `global` is no region.
    pub(super) fn region(&self) -> Option<Region> {
        let said = self.text(&["location", "resourceLocation"]).map(str::to_owned);
        let built = || self.bodies().iter().find_map(|body| text(body, &["location"]).map(str::to_owned));
        let plain: String =
            said.or_else(built)?.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
        (!plain.is_empty() && plain != "global").then(|| Region::new(plain))
    }

    /// Who acted from where, and what kind of principal it is.
    pub(super) fn actor(&self, context: &Context<'_>) -> (Actor, PrincipalClass) {
        let unfolded = |value: Option<&'a Value>| value.map_or(Cow::Owned(Value::Null), unfold);
        let identity = unfolded(field(self.body, "identity"));
        let claims = ["claims", "Claims_d"].iter().find_map(|name| field(self.body, name));
        let claims = claims.or_else(|| field(&identity, "claims")).map_or(Cow::Owned(Value::Null), unfold);
        let caller = self.text(&["caller"]);
        let principal = caller.or_else(|| CLAIMS.iter().find_map(|claim| claims.get(claim)?.as_str()));
        let request = unfolded(["httpRequest", "HTTPRequest_d"].iter().find_map(|name| field(self.body, name)));
        let address = self
            .text(&["callerIpAddress"])
            .or_else(|| text(&request, &["clientIpAddress"]))
            .or_else(|| text(&claims, &["ipaddr"]));
        // Azure OpenAI blanks the last number, which is not kept anyway.
        let address = address.map(|a| a.strip_suffix(".***").map_or(a.to_owned(), |network| format!("{network}.0")));
        let machine = claims.get("idtyp").and_then(Value::as_str) == Some("app")
            || identity.pointer("/authorization/evidence/principalType").and_then(Value::as_str)
                == Some("ServicePrincipal");
        let class = if machine { PrincipalClass::Service } else { PrincipalClass::User };
        (context.actor(principal, address.as_deref()), class)
    }
}

/// Claims that name the principal, the best first.
const CLAIMS: &[&str] = &[
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "upn",
    "unique_name",
    "name",
    "appid",
];

/// Where the resource stands.
const RESOURCE: &[&str] = &["resourceId", "resourceUri"];

/// A text under one of these names, plain or as `{"value": …}`; blank is none.
pub(super) fn text<'v>(value: &'v Value, names: &[&str]) -> Option<&'v str> {
    names.iter().find_map(|name| {
        let found = field(value, name)?;
        let plain = found.as_str().or_else(|| field(found, "value")?.as_str());
        plain.map(str::trim).filter(|text| !text.is_empty())
    })
}

/// A metric of a diagnostic setting: it counts what other records tell.
fn is_metric(event: &Value) -> bool {
    ["metricName", "timeGrain", "resourceId"].iter().all(|name| event.get(name).is_some_and(Value::is_string))
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}
