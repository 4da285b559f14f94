//! One record: `eventType` of Events and the audit log, or `type` where Oracle's logging service wrapped it.

use serde_json::Value;

use crate::decode::{Context, Reason, time};
use crate::model::{AccountId, Actor, EventTime, PrincipalClass, Region, ResourceId, Text};

const PREFIX: &str = "com.oraclecloud.";

/// A record.
pub(super) struct Record<'a> {
    /// `ComputeApi.LaunchInstance.end`, as written.
    pub(super) call: &'a str,
    event: &'a Value,
    data: &'a Value,
}

impl<'a> Record<'a> {
    /// `None` when it is not Oracle's.
    pub(super) fn of(event: &'a Value) -> Option<Self> {
        let kind = ["eventType", "type"].iter().find_map(|key| {
            let kind = event.get(key)?.as_str()?;
            kind.get(..PREFIX.len())?.eq_ignore_ascii_case(PREFIX).then_some(kind)
        })?;
        Some(Self { call: kind.get(PREFIX.len()..)?, event, data: event.get("data").unwrap_or(&Value::Null) })
    }

    fn text(&self, pointer: &str) -> Option<&'a str> {
        self.data.pointer(pointer)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// The tenancy; where it is not said, the compartment stands for it.
    pub(super) fn account(&self) -> Option<AccountId> {
        let outer = |pointer: &str| self.event.pointer(pointer)?.as_str().filter(|id| !id.is_empty());
        let tenancy = self.text("/identity/tenantId").or_else(|| outer("/oracle/tenantid"));
        let compartment = || self.text("/compartmentId").or_else(|| outer("/extensions/compartmentId"));
        let id = tenancy.or_else(compartment).or_else(|| outer("/oracle/compartmentid"))?;
        Some(AccountId::new("oci", id))
    }

    pub(super) fn time(&self) -> Result<EventTime, Reason> {
        let found = ["eventTime", "time"].iter().find_map(|key| self.event.get(key));
        let written = found.map(Value::to_string).unwrap_or_default();
        let bad = || Reason::new("bad_time", format!("eventTime: expected a time, got {written:.64}"));
        found.and_then(time).ok_or_else(bad)
    }

    pub(super) fn id(&self, context: &Context<'_>) -> Text {
        let own = ["eventID", "eventId", "id"].iter().find_map(|key| self.event.get(key)?.as_str());
        own.filter(|id| !id.is_empty()).map_or_else(|| context.content_id(self.event), Text::new)
    }

    pub(super) fn resource(&self) -> Option<ResourceId> {
        self.text("/resourceId").map(ResourceId::new)
    }

    /// The machine's shape, of the event or of the audited request.
    pub(super) fn shape(&self) -> Option<&'a str> {
        ["/additionalDetails/shape", "/response/payload/shape", "/request/payload/shape"]
            .iter()
            .find_map(|pointer| self.text(pointer))
    }

    /// What an `InstanceAction` did, in lower case.
    pub(super) fn action(&self) -> Option<String> {
        let pointers =
            ["/additionalDetails/instanceActionType", "/request/parameters/action/0", "/request/parameters/action"];
        pointers.iter().find_map(|pointer| self.text(pointer)).map(str::to_ascii_lowercase)
    }

    pub(super) fn is_preemptible(&self) -> bool {
        let pointers = ["/request/payload/preemptibleInstanceConfig", "/additionalDetails/preemptibleInstanceConfig"];
        pointers.iter().any(|pointer| self.data.pointer(pointer).is_some_and(|config| !config.is_null()))
    }

    pub(super) fn response(&self) -> &'a Value {
        self.data.get("response").unwrap_or(&Value::Null)
    }

    /// Whether the call was answered with anything but success; an event without an answer was not refused.
    pub(super) fn is_refused(&self) -> bool {
        match self.response().get("status") {
            Some(Value::String(status)) => !status.is_empty() && !status.starts_with('2'),
            Some(Value::Number(status)) => status.as_u64().is_none_or(|status| !(200..300).contains(&status)),
            _ => false,
        }
    }

    /// Of the availability domain (`pYRG:EU-FRANKFURT-1-AD-3`), else of the resource's id.
    pub(super) fn region(&self) -> Option<Region> {
        let domain = self.text("/availabilityDomain").map(|domain| domain.rsplit(':').next().unwrap_or(domain));
        let of_domain = domain.map(|domain| {
            let lower = domain.to_ascii_lowercase();
            lower.split_once("-ad-").map_or(lower.clone(), |(region, _)| region.to_owned())
        });
        let of_id = || self.text("/resourceId")?.split('.').nth(3).map(str::to_ascii_lowercase);
        let region = of_domain.filter(|region| region.contains(|c: char| c.is_ascii_alphabetic())).or_else(of_id)?;
        (!region.is_empty()).then(|| Region::new(full_name(&region)))
    }

    /// Who acted from where, and what kind of principal it is.
    pub(super) fn actor(&self, context: &Context<'_>) -> (Actor, PrincipalClass) {
        let id = self.text("/identity/principalId");
        let name = self.text("/identity/principalName").or(id);
        let is_machine = id.is_some_and(|id| !id.starts_with("ocid1.user.") && id.starts_with("ocid1."))
            && !id.is_some_and(|id| id.starts_with("ocid1.saml2idp."));
        let class = if is_machine { PrincipalClass::Service } else { PrincipalClass::User };
        (context.actor(name, self.text("/identity/ipAddress")), class)
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
