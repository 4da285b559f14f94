//! Why a call was refused, from the error's code and words.

use crate::model::DenialReason;

/// The permission was there, and nothing was asked for.
pub(super) fn is_dry_run(code: &str) -> bool {
    plain(code) == "DryRunOperation"
}

/// `Client.InsufficientInstanceCapacity` and `Server.…` are the same error.
fn plain(code: &str) -> &str {
    code.strip_prefix("Client.").or_else(|| code.strip_prefix("Server.")).unwrap_or(code)
}

/// A rule that forbids is `policy`; a permission that was never given is `unauthorised`.
pub(super) fn reason(code: &str, message: &str) -> DenialReason {
    let (code, message) = (plain(code), message.to_ascii_lowercase());
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&["export control", "export regulation", "not available in your country", "not supported in your country"])
        || says(&["unsupported countries", "sanction"])
    {
        return DenialReason::Policy;
    }
    if code.starts_with("Insufficient") && code.contains("Capacity") || code == "CapacityError" {
        return DenialReason::Capacity;
    }
    let bare = code.strip_suffix("Exception").unwrap_or(code);
    if ["LimitExceeded", "QuotaExceeded", "CountExceeded"].iter().any(|end| bare.ends_with(end)) {
        return DenialReason::Quota;
    }
    match code {
        "SpotMaxPriceTooLow" | "ReservationCapacityExceeded" | "UnfulfillableCapacity" => DenialReason::Capacity,
        "UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException" | "UnauthorizedException" => {
            let forbidden = says(&["explicit deny", "service control policy", "permissions boundary"]);
            if forbidden { DenialReason::Policy } else { DenialReason::Unauthorised }
        }
        "OptInRequired" | "SubscriptionRequiredException" | "AuthFailure" => DenialReason::Unauthorised,
        "PendingVerification" | "Blocked" | "AccountDisabled" => DenialReason::RefusedSale,
        _ => DenialReason::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_forbids_differs_from_a_permission_never_given() {
        use DenialReason::{Capacity, Policy, Quota, Unauthorised, Unknown};
        for (code, message, meant) in [
            ("Client.UnauthorizedOperation", "with an explicit deny in a service control policy", Policy),
            ("Client.UnauthorizedOperation", "because no identity-based policy allows it", Unauthorised),
            ("AccessDenied", "no permissions boundary allows the action", Policy),
            ("Client.VcpuLimitExceeded", "", Quota),
            ("Client.InstanceLimitExceeded", "", Quota),
            ("Client.MaxSpotInstanceCountExceeded", "", Quota),
            ("ResourceLimitExceeded", "", Quota),
            ("ResourceLimitExceededException", "", Quota),
            ("ServiceQuotaExceededException", "", Quota),
            ("Server.InsufficientInstanceCapacity", "", Capacity),
            ("InsufficientCapacityException", "", Capacity),
            ("ValidationException", "Access to models is not available in your country", Policy),
            ("Client.InvalidParameterValue", "", Unknown),
        ] {
            assert_eq!(reason(code, message), meant, "{code}: {message}");
        }
    }
}
