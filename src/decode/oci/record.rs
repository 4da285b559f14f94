//! One record: `eventType` of Events and the audit log, or `type` where Oracle's logging service wrapped it; the audit log's
//! first version, flat and with `eventType` `ServiceApi`, is read by the same names.

use std::borrow::Cow;

use serde_json::Value;

use crate::decode::loose::{field, text, unfold};
use crate::decode::{Context, Reason, time};
use crate::model::{AccountId, Actor, EventTime, PrincipalClass, Region, ResourceId, Text};

const PREFIX: &str = "com.oraclecloud.";

/// The call that an event's type names.
pub(super) fn behind_prefix(kind: &str) -> Option<&str> {
    let (prefix, call) = kind.split_at_checked(PREFIX.len())?;
    prefix.eq_ignore_ascii_case(PREFIX).then_some(call)
}

/// A record.
pub(super) struct Record<'a> {
    /// `ComputeApi.LaunchInstance.end`, or `LaunchInstance` of the first version, as written.
    pub(super) call: &'a str,
    event: &'a Value,
    data: &'a Value,
}

impl<'a> Record<'a> {
    /// `None` when it is not Oracle's.
    pub(super) fn of(event: &'a Value) -> Option<Self> {
        // That key is CloudTrail's, whatever stands beside it (`decode::sift` relies on it).
        if event.get("eventVersion").is_some() {
            return None;
        }
        let call = ["eventType", "type"].iter().find_map(|key| behind_prefix(event.get(key)?.as_str()?));
        if let Some(call) = call {
            let data = event.get("data").filter(|data| data.is_object()).unwrap_or(event);
            return Some(Self { call, event, data });
        }
        let is_first = text(event, &["eventType"])?.eq_ignore_ascii_case("ServiceApi");
        let call = text(event, &["eventName"]).filter(|_| is_first && field(event, "tenantId").is_some())?;
        Some(Self { call, event, data: event })
    }

    /// The first text that is not blank at one of these paths.
    fn either(&self, paths: &[&[&str]]) -> Option<&'a str> {
        let found = paths.iter().find_map(|path| text(self.data, path).filter(|text| !text.is_empty()));
        found.or_else(|| paths.iter().find_map(|path| text(self.event, path).filter(|text| !text.is_empty())))
    }

    /// The tenancy; where it is not said, the compartment stands for it.
    pub(super) fn account(&self) -> Option<AccountId> {
        let tenancies: &[&[&str]] = &[&["identity", "tenantId"], &["oracle", "tenantid"], &["tenantId"]];
        let compartments: &[&[&str]] =
            &[&["compartmentId"], &["extensions", "compartmentId"], &["oracle", "compartmentid"]];
        Some(AccountId::new("oci", self.either(tenancies).or_else(|| self.either(compartments))?))
    }

    pub(super) fn time(&self) -> Result<EventTime, Reason> {
        let found = ["eventTime", "time", "datetime"].iter().find_map(|key| field(self.event, key));
        let written = found.map(Value::to_string).unwrap_or_default();
        let bad = || Reason::new("bad_time", format!("eventTime: expected a time, got {written:.64}"));
        found.and_then(time).ok_or_else(bad)
    }

    pub(super) fn id(&self, context: &Context<'_>) -> Text {
        let own = ["eventID", "id"].iter().find_map(|key| text(self.event, &[key]));
        own.filter(|id| !id.is_empty()).map_or_else(|| context.content_id(self.event), Text::new)
    }

    /// What the call is about; one that makes something names it in its answer.
    pub(super) fn resource(&self) -> Option<ResourceId> {
        let named = self.either(&[&["resourceId"]]).map(ResourceId::new);
        named.or_else(|| text(&self.answer(), &["id"]).filter(|id| id.starts_with("ocid1.")).map(ResourceId::new))
    }

    /// The machine's shape, of the event or of the audited request.
    pub(super) fn shape(&self) -> Option<Text> {
        let said = self.either(&[&["additionalDetails", "shape"]]).map(Text::new);
        said.or_else(|| text(&self.answer(), &["shape"]).map(Text::new))
            .or_else(|| text(&self.payload(), &["shape"]).map(Text::new))
    }

    /// The shape that a machine is to have from now on. Beside the request stands the one it had.
    pub(super) fn new_shape(&self) -> Option<Text> {
        let paths: [&[&str]; 2] = [&["shape"], &["updateInstanceDetails", "shape"]];
        let payload = self.payload();
        paths.iter().find_map(|path| text(&payload, path)).map(Text::new)
    }

    /// Whether the answer shows a machine that does not run.
    pub(super) fn is_stopped(&self) -> bool {
        let answer = self.answer();
        let state = text(&answer, &["lifecycleState"]).unwrap_or_default();
        state.eq_ignore_ascii_case("stopped")
    }

    /// What an `InstanceAction` did, in lower case: a parameter is a text or a list of one.
    pub(super) fn action(&self) -> Option<String> {
        let said = self.either(&[&["additionalDetails", "instanceActionType"]]).map(str::to_ascii_lowercase);
        said.or_else(|| {
            let parameters = self.request().and_then(|request| field(request, "parameters"));
            let action = field(parameters.or_else(|| field(self.data, "requestParameters"))?, "action")?;
            action.as_str().or_else(|| action.get(0)?.as_str()).map(str::to_ascii_lowercase)
        })
    }

    pub(super) fn is_preemptible(&self) -> bool {
        let details = field(self.data, "additionalDetails").unwrap_or(&Value::Null);
        [details, &*self.payload()].iter().any(|value| field(value, "preemptibleInstanceConfig").is_some())
    }

    fn request(&self) -> Option<&'a Value> {
        field(self.data, "request")
    }

    fn response(&self) -> Option<&'a Value> {
        field(self.data, "response")
    }

    /// The request's body, or null; also where it is JSON inside a string.
    pub(super) fn payload(&self) -> Cow<'a, Value> {
        let first = || field(self.data, "requestPayload");
        let found = self.request().and_then(|request| field(request, "payload")).or_else(first);
        found.map_or(Cow::Owned(Value::Null), unfold)
    }

    /// The answer's body, or null.
    pub(super) fn answer(&self) -> Cow<'a, Value> {
        let first = || field(self.data, "responsePayload");
        let found = self.response().and_then(|response| field(response, "payload")).or_else(first);
        found.map_or(Cow::Owned(Value::Null), unfold)
    }

    /// Everything that was answered, as text.
    pub(super) fn answered(&self) -> String {
        self.response().map_or_else(|| self.answer().to_string(), Value::to_string)
    }

    /// Whether the call was answered with anything but success; an event without an answer was not refused.
    pub(super) fn is_refused(&self) -> bool {
        let status = self.response().and_then(|response| field(response, "status"));
        match status.or_else(|| field(self.data, "responseStatus")) {
            Some(Value::String(status)) => !status.is_empty() && !status.starts_with('2'),
            Some(Value::Number(status)) => status.as_u64().is_none_or(|status| !(200..300).contains(&status)),
            _ => false,
        }
    }

    /// Of the availability domain (`pYRG:EU-FRANKFURT-1-AD-3`), else of the resource's id.
    pub(super) fn region(&self) -> Option<Region> {
        let said = self.either(&[&["availabilityDomain"]]).map(str::to_owned);
        let domain = said.or_else(|| text(&self.payload(), &["availabilityDomain"]).map(str::to_owned));
        let of_domain = domain.map(|domain| {
            let lower = domain.rsplit(':').next().unwrap_or(&domain).to_ascii_lowercase();
            lower.split_once("-ad-").map_or(lower.clone(), |(region, _)| region.to_owned())
        });
        let of_id = || self.resource()?.as_str().split('.').nth(3).map(str::to_ascii_lowercase);
        let region = of_domain.filter(|region| region.contains(|c: char| c.is_ascii_alphabetic())).or_else(of_id)?;
        (!region.is_empty()).then(|| Region::new(full_name(&region)))
    }

    /// Who acted from where, and what kind of principal it is.
    pub(super) fn actor(&self, context: &Context<'_>) -> (Actor, PrincipalClass) {
        let id = self.either(&[&["identity", "principalId"], &["principalId"]]);
        let name = self.either(&[&["identity", "principalName"], &["userName"]]).or(id);
        let is_machine = id.is_some_and(|id| !id.starts_with("ocid1.user.") && id.starts_with("ocid1."))
            && !id.is_some_and(|id| id.starts_with("ocid1.saml2idp."));
        let class = if is_machine { PrincipalClass::Service } else { PrincipalClass::User };
        (context.actor(name, self.either(&[&["identity", "ipAddress"], &["requestOrigin"]])), class)
    }
}

/// The first regions go by their airports in ids and domains.
fn full_name(region: &str) -> &str {
    match region {
        "phx" => "us-phoenix-1",
        "iad" => "us-ashburn-1",
        "fra" => "eu-frankfurt-1",
        "lhr" => "uk-london-1",
        other => other,
    }
}
