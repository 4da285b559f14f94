//! SageMaker: jobs, notebooks, the apps of Studio, endpoints and HyperPod clusters.
//!
//! Stops name a thing, never its ARN, so a resource is `kind/name` as at the end of its ARN. A job that ends by itself
//! is told by EventBridge and not by CloudTrail.

use serde_json::Value;

use super::cloudtrail::Call;
use super::fields::{count, field, items, path, text};
use crate::decode::Reason;
use crate::model::{Market, ResourceId, Sku, StopEnd, Text, Usage, UsageKind};

pub(super) const CALLS: &[&str] = &[
    "CreateTrainingJob",
    "CreateProcessingJob",
    "CreateTransformJob",
    "CreateHyperParameterTuningJob",
    "CreateEndpointConfig",
    "CreateEndpoint",
    "CreateNotebookInstance",
    "CreateApp",
    "CreateCluster",
    "UpdateEndpoint",
    "UpdateCluster",
    NOTEBOOK_CHANGE,
    TRAINING_PLAN,
    "StartNotebookInstance",
    "StopTrainingJob",
    "StopProcessingJob",
    "StopTransformJob",
    "StopHyperParameterTuningJob",
    "StopNotebookInstance",
    "DeleteTrainingJob",
    "DeleteProcessingJob",
    "DeleteHyperParameterTuningJob",
    "DeleteTransformJob",
    "DeleteEndpoint",
    "DeleteNotebookInstance",
    "DeleteApp",
    "DeleteCluster",
];

/// It buys an offering by its id; of what type and how many the machines are stands in neither request nor answer (API reference
/// of SageMaker, `CreateTrainingPlan`: `TrainingPlanName`, `TrainingPlanOfferingId`; `TrainingPlanArn`).
const TRAINING_PLAN: &str = "CreateTrainingPlan";

/// With another type or without one. Recalled, not looked up: only a notebook that is stopped is given one.
const NOTEBOOK_CHANGE: &str = "UpdateNotebookInstance";

/// Why a call that surely matters cannot be read, if it is one.
pub(super) fn unsaid(call: &Call<'_>) -> Option<Reason> {
    let told = "CreateTrainingPlan: it names an offering, and neither instance type nor count";
    (&*call.name == TRAINING_PLAN).then(|| Reason::new("unsupported:sagemaker_training_plan", told))
}

/// What a call is about: the field that names it, and its kind in ARNs.
pub(super) const THINGS: [(&str, &str, &str); 7] = [
    ("TrainingJob", "trainingJobName", "training-job"),
    ("ProcessingJob", "processingJobName", "processing-job"),
    ("TransformJob", "transformJobName", "transform-job"),
    ("HyperParameterTuningJob", "hyperParameterTuningJobName", "hyper-parameter-tuning-job"),
    ("Endpoint", "endpointName", "endpoint"),
    ("NotebookInstance", "notebookInstanceName", "notebook-instance"),
    ("Cluster", "clusterName", "cluster"),
];

pub(super) fn read(call: &Call<'_>) -> Vec<Usage> {
    let machines = machines(call);
    let is_stop = call.name.starts_with("Stop") || call.name.starts_with("Delete");
    match call.denied {
        Some(_) if is_stop => return Vec::new(),
        // What asked for no machine was refused none.
        Some(_) if matches!(&*call.name, "CreateApp" | NOTEBOOK_CHANGE) && machines.is_empty() => return Vec::new(),
        Some(reason) => {
            let count = machines.iter().map(|m| m.count).fold(0, u32::saturating_add);
            return vec![call.refused(reason, machines.into_iter().next().and_then(|m| m.sku), count)];
        }
        None => {}
    }
    let thing = thing(call);
    if is_stop {
        let end = if call.name.starts_with("Delete") { StopEnd::Terminated } else { StopEnd::Stopped };
        return call.stopped(thing, end);
    }
    let several = machines.len() > 1;
    let market = match field(call.request, "enableManagedSpotTraining") {
        Some(Value::Bool(true)) => Market::Spot,
        _ => Market::OnDemand,
    };
    let start = |(n, machine): (usize, Machines)| {
        // Groups of one cluster run side by side; a lone group is the thing itself, which is what stops name.
        let resource = thing.as_ref().map(|thing| match machine.group {
            Some(group) if several => ResourceId::new(format!("{thing}/{group}")),
            _ if several => ResourceId::new(format!("{thing}/{}", n + 1)),
            _ => ResourceId::new(thing),
        });
        let sku = machine.sku.map(Sku::new);
        call.usage(n, UsageKind::CapacityStarted { sku, count: machine.count.max(1), resource, market })
    };
    let mut facts: Vec<Usage> = machines.into_iter().enumerate().map(start).collect();
    // It is another SKU when it starts again, and that start names none: the change is a start that ends at once, as EC2's is.
    if call.name == NOTEBOOK_CHANGE && !facts.is_empty() {
        facts.extend(call.stopped(thing, StopEnd::Terminated));
    }
    facts
}

/// `kind/name`; an endpoint's configuration is nothing that runs.
fn thing(call: &Call<'_>) -> Option<Text> {
    if call.name.ends_with("App") {
        return app(call.request);
    }
    // Whether the groups named are all of them, and so how their machines were called so far, is not said: what an update
    // asks for is a launch without running time.
    if call.name == "UpdateCluster" {
        return None;
    }
    THINGS.iter().find(|(thing, ..)| call.name.ends_with(thing)).and_then(|(_, field, kind)| {
        let name = text(call.request, field)?;
        // Clusters may be named by their ARN.
        let name = name.rsplit('/').next().unwrap_or(&name);
        Some(Text::new(format!("{kind}/{name}")))
    })
}

/// `app/domain/user/type/name`, with a space for the user where several share it.
fn app(request: &Value) -> Option<Text> {
    let whose = text(request, "userProfileName").or_else(|| text(request, "spaceName"))?;
    let [domain, kind, name] = ["domainId", "appType", "appName"].map(|key| text(request, key));
    Some(Text::new(format!("app/{}/{whose}/{}/{}", domain?, kind?, name?)))
}

struct Machines {
    sku: Option<Text>,
    count: u32,
    group: Option<Text>,
}

impl Machines {
    fn of(value: &Value, counted: &str, group: &str) -> Option<Self> {
        let sku = text(value, "instanceType")?;
        Some(Self { sku: Some(sku), count: count(value, counted).unwrap_or(1), group: text(value, group) })
    }

    fn unnamed() -> Self {
        Self { sku: None, count: 1, group: None }
    }
}

/// The machines a call asks for.
fn machines(call: &Call<'_>) -> Vec<Machines> {
    let request = call.request;
    let one = |at: Option<&Value>| at.and_then(|v| Machines::of(v, "instanceCount", "")).into_iter().collect();
    match &*call.name {
        "CreateTrainingJob" => resources(field(request, "resourceConfig")),
        "CreateProcessingJob" => one(path(request, &["processingResources", "clusterConfig"])),
        "CreateTransformJob" => one(field(request, "transformResources")),
        "CreateHyperParameterTuningJob" => tuning(request),
        "CreateEndpointConfig" => {
            let variants = items(request, "productionVariants").into_iter();
            variants.filter_map(|v| Machines::of(v, "initialInstanceCount", "variantName")).collect()
        }
        "CreateNotebookInstance" | NOTEBOOK_CHANGE => one(Some(request)),
        // Apps that name no type, or `system`, run on a machine of the service's own.
        "CreateApp" => {
            let mut machine = one(field(request, "resourceSpec"));
            machine.retain(|machine| machine.sku.as_deref() != Some("system"));
            machine
        }
        "CreateCluster" | "UpdateCluster" => {
            let restricted = items(request, "restrictedInstanceGroups").into_iter().filter_map(group);
            groups(Some(request)).into_iter().chain(restricted).filter(|group| group.count > 0).collect()
        }
        "CreateEndpoint" | "UpdateEndpoint" | "StartNotebookInstance" => vec![Machines::unnamed()],
        _ => Vec::new(),
    }
}

fn resources(config: Option<&Value>) -> Vec<Machines> {
    let groups = groups(config);
    if !groups.is_empty() {
        return groups;
    }
    config.and_then(|c| Machines::of(c, "instanceCount", "")).into_iter().collect()
}

fn groups(config: Option<&Value>) -> Vec<Machines> {
    let groups = config.map(|c| items(c, "instanceGroups")).unwrap_or_default().into_iter();
    groups.filter_map(group).collect()
}

fn group(group: &Value) -> Option<Machines> {
    Machines::of(group, "instanceCount", "instanceGroupName")
}

/// As many training jobs at a time as the limits allow.
fn tuning(request: &Value) -> Vec<Machines> {
    let limits = path(request, &["hyperParameterTuningJobConfig", "resourceLimits"]);
    let parallel = limits.and_then(|l| count(l, "maxParallelTrainingJobs")).unwrap_or(1).max(1);
    let definition = field(request, "trainingJobDefinition")
        .or_else(|| items(request, "trainingJobDefinitions").into_iter().next())
        .and_then(|d| field(d, "resourceConfig").or_else(|| field(d, "hyperParameterTuningResourceConfig")));
    let mut machines = resources(definition);
    for machine in &mut machines {
        machine.count = machine.count.saturating_mul(parallel);
    }
    machines
}
