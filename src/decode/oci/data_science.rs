//! Data Science: notebook sessions, deployed models and runs of jobs.
//!
//! In: a record of one of these calls. Out: what started, stopped or was refused. A session and a deployment run until they are
//! deactivated or deleted; a run of a job ends by itself, which no record tells, so it is a launch without running time. It
//! refuses to know the shape of a job that its run does not repeat.
//!
//! Names of fields are those of Oracle's public API and SDK reference (`CreateNotebookSessionDetails`, `NotebookSession`,
//! `CreateModelDeploymentDetails`, `JobRun`), which audit records repeat in their bodies; names of calls those of the service's
//! event types (`com.oraclecloud.datascience.createnotebooksession.begin`, `.end`) and of the API's operations.

use serde_json::Value;

use super::record::Record;
use crate::decode::loose::{at, count, text};
use crate::model::{Half, Market, Sku, Text, UsageKind};

/// In lower case.
pub(super) const STARTS: &[&str] = &[
    "createnotebooksession",
    "activatenotebooksession",
    "createmodeldeployment",
    "activatemodeldeployment",
    "createjobrun",
];
/// With another shape.
pub(super) const CHANGES: &[&str] = &["updatenotebooksession", "updatemodeldeployment"];
pub(super) const STOPS: &[&str] = &["deactivatenotebooksession", "deactivatemodeldeployment"];
pub(super) const ENDS: &[&str] = &["deletenotebooksession", "deletemodeldeployment"];

/// Where a body names the shape. Sessions have two such objects, the newer the shorter one; a deployment of several models has
/// its machines beside them.
const SHAPES: [&[&str]; 6] = [
    &["notebookSessionConfigDetails", "shape"],
    &["notebookSessionConfigurationDetails", "shape"],
    &["modelDeploymentConfigurationDetails", "modelConfigurationDetails", "instanceConfiguration", "instanceShapeName"],
    &[
        "modelDeploymentConfigurationDetails",
        "infrastructureConfigurationDetails",
        "instanceConfiguration",
        "instanceShapeName",
    ],
    &["jobInfrastructureConfigurationOverrideDetails", "shapeName"],
    &["jobInfrastructureConfigurationDetails", "shapeName"],
];
/// Where a deployment says how many machines it has, if that is fixed.
const COUNTS: [&[&str]; 2] = [
    &["modelDeploymentConfigurationDetails", "modelConfigurationDetails", "scalingPolicy", "instanceCount"],
    &["modelDeploymentConfigurationDetails", "infrastructureConfigurationDetails", "scalingPolicy", "instanceCount"],
];

/// What was asked for: of the answer, else of the request.
pub(super) fn asked(record: &Record<'_>) -> (Option<Sku>, u32) {
    let bodies = [record.answer(), record.payload()];
    let shape = |body: &Value| SHAPES.iter().find_map(|path| text(body, path).map(Sku::new));
    // It may scale by itself: then it has at least so many.
    let counted = |body: &Value| {
        let scaled = |path: &&[&str]| {
            let (_, policy) = path.split_last()?;
            count(at(body, policy)?.get("autoScalingPolicies")?.get(0)?, &["initialInstanceCount"])
        };
        COUNTS.iter().find_map(|path| count(body, path)).or_else(|| COUNTS.iter().find_map(scaled))
    };
    let sku = record.shape().map(Sku::new).or_else(|| bodies.iter().find_map(|body| shape(body)));
    (sku, bodies.iter().find_map(|body| counted(body)).unwrap_or(1).max(1))
}

/// The shape that is asked for anew.
pub(super) fn new_shape(record: &Record<'_>) -> Option<Sku> {
    let payload = record.payload();
    SHAPES.iter().find_map(|path| text(&payload, path).map(Sku::new))
}

/// Whether what is changed does not run: a session is given another shape only while it is inactive, and takes it when it is
/// activated (API reference, `UpdateNotebookSession`).
pub(super) fn is_inactive(record: &Record<'_>, call: &str) -> bool {
    let answer = record.answer();
    call == "updatenotebooksession"
        || text(&answer, &["lifecycleState"]).is_some_and(|state| state.eq_ignore_ascii_case("inactive"))
}

/// What starts. The shape often stands where the call begins and not where it ends: these are halves that the ledger joins, as
/// one machine where the end does not say how many; an end counts all the same, for exports leave records out.
pub(super) fn started(record: &Record<'_>, call: &str, begins: bool) -> Vec<UsageKind> {
    let (sku, count) = asked(record);
    if call == "createjobrun" {
        let launch = UsageKind::CapacityStarted { sku, count, resource: None, market: Market::OnDemand };
        return if begins { Vec::new() } else { vec![launch] };
    }
    let Some(resource) = record.resource() else { return Vec::new() };
    let half = |half, sku: Option<Sku>, outcome| UsageKind::OperationHalf {
        operation: Text::new(format!("{call}/{resource}")),
        half,
        count: None,
        market: sku.as_ref().map(|_| Market::OnDemand),
        sku,
        resources: vec![resource.clone()],
        outcome,
    };
    if begins {
        let joins = sku.is_some() && call.starts_with("create");
        return if joins { vec![half(Half::First, sku, None)] } else { Vec::new() };
    }
    let last =
        (sku.is_none() && call.starts_with("create")).then(|| half(Half::Last, None, Some(Text::new_static("ok"))));
    let start = UsageKind::CapacityStarted { sku, count, resource: Some(resource.clone()), market: Market::OnDemand };
    std::iter::once(start).chain(last).collect()
}
