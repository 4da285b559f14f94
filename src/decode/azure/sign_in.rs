//! Sign-ins to a tenant: they say only from where it is used. The account is the tenant, for no subscription is named.

use super::record::{Record, Status};
use crate::decode::{Context, Outcome};
use crate::model::PrincipalClass;

/// Of sign-in logs, in lower case.
pub(super) const CATEGORIES: &[&str] =
    &["signinlogs", "noninteractiveusersigninlogs", "serviceprincipalsigninlogs", "managedidentitysigninlogs"];

/// The sighting of a sign-in that succeeded; `None` for anything else.
pub(super) fn sighting(record: &Record<'_>, context: &Context<'_>) -> Option<Outcome> {
    let class = match record.category().to_ascii_lowercase().as_str() {
        "signinlogs" | "noninteractiveusersigninlogs" => PrincipalClass::User,
        "serviceprincipalsigninlogs" | "managedidentitysigninlogs" => PrincipalClass::Service,
        _ => return None,
    };
    if record.status() != Status::Succeeded {
        return None;
    }
    let tenant = record.tenant()?;
    let (actor, _) = record.actor(context);
    match record.time() {
        Ok(time) => Some(Outcome::of(context.sighting(&tenant, time, &actor, class).into_iter().collect())),
        Err(reason) => Some(Outcome::Rejected(reason)),
    }
}
