//! Vertex AI: jobs, endpoints and calls of models.
//!
//! No entry tells when a job ends, so it is a launch without running time: nothing could ever stop it. A model deployed on
//! an endpoint runs until it is undeployed. Calls of Google's and its partners' models are models used; an endpoint of
//! one's own is told by what was deployed on it.

use serde_json::Value;

use super::entry::{Entry, Phase, last_part};
use super::start::{Asked, either, market, refused, sku, started};
use crate::decode::loose::{at, count, field, items, text};
use crate::model::{Market, ResourceId, Sku, StopEnd, Text, UsageKind};

pub(super) const CALLS: &[&str] = &[
    "JobService.CreateCustomJob",
    "JobService.CreateHyperparameterTuningJob",
    "JobService.CreateBatchPredictionJob",
    "PipelineService.CreateTrainingPipeline",
    "GenAiTuningService.CreateTuningJob",
    "EndpointService.DeployModel",
    "EndpointService.UndeployModel",
    "PredictionService.Predict",
    "PredictionService.RawPredict",
    "PredictionService.StreamRawPredict",
    "PredictionService.ServerStreamingPredict",
    "PredictionService.GenerateContent",
    "PredictionService.StreamGenerateContent",
    "PredictionService.ChatCompletions",
];

pub(super) fn read(entry: &Entry<'_>) -> Vec<UsageKind> {
    let request = &*entry.request;
    match entry.call {
        "EndpointService.DeployModel" => started(entry, deployed(entry)).into_iter().collect(),
        "EndpointService.UndeployModel" => undeployed(entry).into_iter().collect(),
        "GenAiTuningService.CreateTuningJob" => used(entry, text(request, &["tuningJob", "baseModel"])),
        call if call.starts_with("PredictionService.") => {
            let about = entry.resource();
            let model = text(request, &["model"]).or_else(|| text(request, &["endpoint"]));
            used(entry, model.or(about.as_ref().map(ResourceId::as_str)))
        }
        _ => jobs(entry),
    }
}

/// The machines of a job, those of one SKU together.
fn jobs(entry: &Entry<'_>) -> Vec<UsageKind> {
    let (specs, times) = pools(&entry.request);
    let mut asked: Vec<(Sku, u32)> = Vec::new();
    for (machine, replicas) in specs {
        let Some(sku) = sku(machine, "accelerators") else { continue };
        let count = replicas.max(1).saturating_mul(times);
        match asked.iter_mut().find(|(known, _)| *known == sku) {
            Some((_, sum)) => *sum = sum.saturating_add(count),
            None => asked.push((sku, count)),
        }
    }
    if asked.is_empty() {
        // A batch of calls of a model, on machines that are not the account's; else a refusal of one does not know what.
        let model = text(&entry.request, &["batchPredictionJob", "model"]);
        let used = used(entry, model);
        return if used.is_empty() { refused(entry, None, 1).into_iter().collect() } else { used };
    }
    let how = at(&entry.request, &["customJob", "jobSpec"]).map(market);
    let market = how.unwrap_or(Market::OnDemand);
    let one = |(sku, count)| started(entry, Asked { sku: Some(sku), count, resource: None, market });
    asked.into_iter().filter_map(one).collect()
}

/// Machines and how many of them, and how many such sets at a time.
fn pools(request: &Value) -> (Vec<(&Value, u32)>, u32) {
    let batch = either(request, &[&["batchPredictionJob", "dedicatedResources"]]);
    if let Some(batch) = batch {
        let replicas = count(batch, &["startingReplicaCount"]).unwrap_or(1);
        return (either(batch, &[&["machineSpec"]]).map(|machine| (machine, replicas)).into_iter().collect(), 1);
    }
    let tuning = either(request, &[&["hyperparameterTuningJob"]]);
    let times = tuning.and_then(|job| count(job, &["parallelTrialCount"])).unwrap_or(1).max(1);
    let specs: &[&[&str]] = &[
        &["customJob", "jobSpec", "workerPoolSpecs"],
        &["hyperparameterTuningJob", "trialJobSpec", "workerPoolSpecs"],
        &["trainingPipeline", "trainingTaskInputs", "workerPoolSpecs"],
    ];
    let specs = specs.iter().map(|path| items(request, path)).find(|specs| !specs.is_empty()).unwrap_or_default();
    let one = |spec: &'_ Value| count(spec, &["replicaCount"]).unwrap_or(1);
    (specs.iter().filter_map(|spec| Some((field(spec, "machineSpec")?, one(spec)))).collect(), times)
}

/// The first half names the machines, the last the id that undeploying names.
fn deployed(entry: &Entry<'_>) -> Asked {
    let model = either(&entry.request, &[&["deployedModel"]]).unwrap_or(&Value::Null);
    let resources = either(model, &[&["dedicatedResources"]]).unwrap_or(&Value::Null);
    let machine = field(resources, "machineSpec").unwrap_or(&Value::Null);
    let id = text(model, &["id"]).or_else(|| text(&entry.response, &["deployedModel", "id"]));
    let replicas = count(resources, &["minReplicaCount"]).unwrap_or(1);
    let resource = id.and_then(|id| on_endpoint(entry, id));
    Asked { sku: sku(machine, "accelerators"), count: replicas, resource, market: market(resources) }
}

fn undeployed(entry: &Entry<'_>) -> Option<UsageKind> {
    // Only the request names the model, and it stands in the first half.
    if entry.failure.is_some() || matches!(entry.phase, Phase::Between) {
        return None;
    }
    let resource = on_endpoint(entry, text(&entry.request, &["deployedModelId"])?)?;
    Some(UsageKind::CapacityStopped { resource, end: StopEnd::Terminated })
}

/// A model where it is deployed.
fn on_endpoint(entry: &Entry<'_>, id: &str) -> Option<ResourceId> {
    let named = text(&entry.request, &["endpoint"]).and_then(|path| entry.named(path));
    let endpoint = named.or_else(|| entry.resource())?;
    Some(ResourceId::new(format!("{endpoint}/deployedModels/{id}")))
}

/// A model of a publisher that was used; calls that failed used none.
fn used(entry: &Entry<'_>, path: Option<&str>) -> Vec<UsageKind> {
    let is_end = matches!(entry.phase, Phase::Last(_) | Phase::Between);
    let is_tuning = entry.call.starts_with("GenAiTuningService.");
    let of_publisher = path.filter(|path| path.contains("publishers/") || is_tuning);
    let (Some(path), None, false) = (of_publisher, &entry.failure, is_end) else { return Vec::new() };
    let tokens = at(&entry.response, &["usageMetadata", "totalTokenCount"]).and_then(Value::as_u64);
    vec![UsageKind::ModelUsed { model: Text::new(last_part(path)), operation: Text::new(entry.method), tokens }]
}
