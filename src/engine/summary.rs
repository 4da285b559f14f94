//! A fact in a few words, for people who read evidence.

use crate::model::{Region, ResourceId, Sku, Text, Usage, UsageKind};

pub(super) fn summary(usage: &Usage) -> Text {
    Text::new(of_usage(usage))
}

fn of_usage(usage: &Usage) -> String {
    let place = usage.region.as_ref().map(|region: &Region| format!(" in {region}")).unwrap_or_default();
    let call = |word: &str| usage.via.as_ref().map_or(word.to_owned(), ToString::to_string);
    let named = |sku: &Option<Sku>| sku.as_ref().map_or("unnamed SKU".to_owned(), ToString::to_string);
    match &usage.kind {
        UsageKind::CapacityStarted { sku, count, resource, .. } => {
            let resource = resource.as_ref().map(|id| format!(" ({})", short(id))).unwrap_or_default();
            format!("{} {count} × {}{place}{resource}", call("start"), named(sku))
        }
        UsageKind::CapacityStopped { resource, end } => {
            format!("{} {} {}{place}", call("stop"), short(resource), end.as_str())
        }
        UsageKind::OperationHalf { operation, half, outcome, .. } => {
            let outcome = outcome.as_ref().map(|word| format!(": {word}")).unwrap_or_default();
            format!("{} half of operation {operation}{outcome}{place}", half.as_str())
        }
        UsageKind::CapacityDenied { sku, count, reason } => {
            format!("{} {count} × {} denied: {}{place}", call("launch"), named(sku), reason.as_str())
        }
        UsageKind::CapacityReserved { sku, count, from, to, .. } => {
            format!("{} {count} × {sku} from {from} to {to}{place}", call("reserve"))
        }
        UsageKind::UsageBilled(line) => {
            let what = line.sku.as_ref().map(|sku| sku.text()).or_else(|| line.meter.clone()).unwrap_or_default();
            let by = line.issuer.as_ref().map(|issuer| format!(", invoiced by {issuer}")).unwrap_or_default();
            format!("billed {} {} of {what}, {}{place}{by}", line.quantity, line.unit.as_str(), line.class.as_str())
        }
        UsageKind::StatementComplete { statement } => {
            format!("statement {} {} version {} complete", statement.export, statement.period, statement.version)
        }
        UsageKind::ModelUsed { model, operation, tokens } => {
            let tokens = tokens.map(|count| format!(", {count} tokens")).unwrap_or_default();
            format!("{operation} {model}{tokens}{place}")
        }
        UsageKind::Sighting { network, principal_class } => {
            format!("used from {network} as {}", principal_class.as_str())
        }
        UsageKind::Attribute { attribute, value, column } => {
            format!("{} {value}, by {column} of a bill", attribute.as_str())
        }
    }
}

/// The last part of an id that is a path: `…/virtualmachines/trainer-1` is `trainer-1`.
fn short(resource: &ResourceId) -> &str {
    resource.as_str().rsplit('/').next().unwrap_or_default()
}
