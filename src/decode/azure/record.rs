//! One record, whatever export wrote it: the activity log's own shape, with `camelCase` or `snake_case` keys, plain or as
//! `{"value": …}`; a diagnostic setting's; a Log Analytics table's; an Event Grid or CloudEvents event's.

use std::borrow::Cow;

use serde_json::Value;

use crate::decode::{Context, Reason, time};
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
        if grid && !starts_with(kind, "Microsoft.Resources.") {
            return Some(Err(Unneeded));
        }
        let body = if grid { event.get("data")? } else { event };
        let operation = text(body, &["operationName", "operation_name", "OperationNameValue", "OperationName"])?;
        let keys =
            ["resourceId", "resource_id", "resourceUri", "ResourceId", "_ResourceId", "callerIpAddress", "category"];
        keys.iter().any(|key| body.get(key).is_some()).then_some(Ok(Self { operation, body, event }))
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
        self.text(&["category", "Category", "CategoryValue"]).unwrap_or_default()
    }

    /// The properties, also where they are JSON inside a string.
    pub(super) fn properties(&self) -> Cow<'a, Value> {
        ["properties", "Properties", "properties_d"]
            .iter()
            .find_map(|name| self.body.get(name))
            .map_or(Cow::Owned(Value::Null), unfold)
    }

    /// The request's or response's own JSON, the response first.
    pub(super) fn bodies(&self) -> Vec<Value> {
        let properties = self.properties();
        let names = ["responseBody", "responsebody", "requestbody", "requestBody"];
        names.iter().filter_map(|name| properties.get(name)).map(|body| unfold(body).into_owned()).collect()
    }

    pub(super) fn status(&self) -> Status {
        let said = self.text(&["resultType", "status", "ActivityStatusValue", "ActivityStatus"]).unwrap_or_default();
        match said.to_ascii_lowercase().as_str() {
            "succeeded" | "success" | "ok" | "0" => Status::Succeeded,
            "failed" | "failure" => Status::Failed,
            _ => Status::Open,
        }
    }

    /// The resource, in lower case, for Azure writes it in any.
    pub(super) fn resource(&self) -> Option<ResourceId> {
        let id = self.text(&["resourceId", "resource_id", "resourceUri", "ResourceId", "_ResourceId"]);
        Some(ResourceId::new(id.or_else(|| text(self.event, &["subject"]))?.to_ascii_lowercase()))
    }

    /// Last part of the resource's path, as written.
    pub(super) fn resource_name(&self) -> Option<&'a str> {
        let id = self.text(&["resourceId", "resource_id", "resourceUri", "ResourceId", "_ResourceId"])?;
        id.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty())
    }

    /// The subscription is the account.
    pub(super) fn subscription(&self) -> Option<AccountId> {
        let resource = self.resource();
        let of_path = resource.as_ref().and_then(|id| {
            let mut parts = id.as_str().split('/').skip_while(|part| *part != "subscriptions");
            parts.nth(1).filter(|id| !id.is_empty()).map(str::to_owned)
        });
        let said = || self.text(&["subscriptionId", "subscription_id", "SubscriptionId"]).map(str::to_ascii_lowercase);
        of_path.or_else(said).filter(|id| !id.is_empty()).map(|id| AccountId::new("azure", id))
    }

    pub(super) fn time(&self) -> Result<EventTime, Reason> {
        let names = ["time", "eventTimestamp", "event_timestamp", "eventTime", "TimeGenerated"];
        let found = names.iter().find_map(|name| self.body.get(name).or_else(|| self.event.get(name)));
        let written = found.map(Value::to_string).unwrap_or_default();
        found.and_then(time).ok_or_else(|| Reason::new("bad_time", format!("time: expected a time, got {written:.64}")))
    }

    /// The event's own id; what several records of one operation share (`correlationId`) is none.
    pub(super) fn id(&self, context: &Context<'_>) -> Text {
        let own = self.text(&["eventDataId", "event_data_id", "EventDataId"]);
        let grid = || text(self.event, &["id"]).filter(|id| !id.contains('/'));
        own.or_else(grid).map_or_else(|| context.content_id(self.event), Text::new)
    }

    /// `West US 3` is `westus3`; `global` is no region.
    pub(super) fn region(&self) -> Option<Region> {
        let said = self.text(&["location", "Location", "resourceLocation"]).map(str::to_owned);
        let built = || self.bodies().iter().find_map(|body| text(body, &["location"]).map(str::to_owned));
        let plain: String =
            said.or_else(built)?.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
        (!plain.is_empty() && plain != "global").then(|| Region::new(plain))
    }

    /// Who acted from where, and what kind of principal it is.
    pub(super) fn actor(&self, context: &Context<'_>) -> (Actor, PrincipalClass) {
        let identity = self.body.get("identity").map_or(Cow::Owned(Value::Null), unfold);
        let claims = self.body.get("claims").or_else(|| identity.get("claims")).map_or(Cow::Owned(Value::Null), unfold);
        let caller = self.text(&["caller", "Caller"]);
        let principal = caller.or_else(|| CLAIMS.iter().find_map(|claim| claims.get(claim)?.as_str()));
        let request = ["httpRequest", "http_request", "HTTPRequest"].iter().find_map(|name| self.body.get(name));
        let request = request.map_or(Cow::Owned(Value::Null), unfold);
        let address = self
            .text(&["callerIpAddress", "callerIPAddress", "CallerIpAddress", "CallerIPAddress"])
            .or_else(|| text(&request, &["clientIpAddress", "client_ip_address"]))
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

/// A text under one of these names, plain or as `{"value": …}`; blank is none.
pub(super) fn text<'v>(value: &'v Value, names: &[&str]) -> Option<&'v str> {
    names.iter().find_map(|name| {
        let found = value.get(name)?;
        found.as_str().or_else(|| found.get("value")?.as_str()).map(str::trim).filter(|text| !text.is_empty())
    })
}

/// JSON inside a string as JSON; anything else as it is.
fn unfold(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::String(text) if text.trim_start().starts_with('{') => {
            serde_json::from_str(text).map_or(Cow::Borrowed(value), Cow::Owned)
        }
        _ => Cow::Borrowed(value),
    }
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}
