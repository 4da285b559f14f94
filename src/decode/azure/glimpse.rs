//! Whether a record of the activity log or of a diagnostic setting says anything, without parsing it.
//!
//! In: the bytes of an object nothing in which is hidden by a `\u`, and where its members stand. Out: that it is such a record,
//! its operation and its category none that matter, or that it must be read; `None` where it may be anything else. Sure means
//! that every member is one that Azure writes, under its plain name: so no other decoder and no envelope is asked about it.

use std::sync::LazyLock;

use super::{CATEGORIES, OPERATIONS};
use crate::decode::members::{Members, Of};
use crate::decode::names::Names;
use crate::decode::sift::Says;

/// Members of a record (the common schema of resource logs, and the activity log's of storage accounts, Event Hubs and the
/// REST API). Those of tables have other names.
pub(in crate::decode) const MEMBERS: &[&str] = &[
    "time",
    "resourceId",
    "operationName",
    "operationVersion",
    "category",
    "resultType",
    "resultSignature",
    "resultDescription",
    "durationMs",
    "callerIpAddress",
    "correlationId",
    "identity",
    "level",
    "Level",
    "location",
    "properties",
    "tenantId",
    "uri",
    "RoleLocation",
    "ReleaseVersion",
    "Stamp",
    "DeploymentUnit",
    "authorization",
    "caller",
    "channels",
    "claims",
    "description",
    "eventDataId",
    "eventName",
    "eventTimestamp",
    "submissionTimestamp",
    "id",
    "resourceGroupName",
    "resourceProviderName",
    "resourceType",
    "status",
    "subStatus",
    "subscriptionId",
];
/// By one of them a record is known.
const TELLING: [&[u8]; 4] = [b"resourceId", b"callerIpAddress", b"category", b"subscriptionId"];

static OPERATIONS_THAT_MATTER: LazyLock<Names> =
    LazyLock::new(|| Names::new(OPERATIONS.iter().copied().flatten().copied()));
static CATEGORIES_THAT_MATTER: LazyLock<Names> =
    LazyLock::new(|| Names::new(CATEGORIES.iter().copied().flatten().copied()));

/// What a record says, by where its members stand. `known`: [`MEMBERS`].
pub(in crate::decode) fn glimpse(record: &[u8], members: &Members, known: &Names) -> Option<Says> {
    let (mut is_known, mut has_operation, mut matters) = (false, false, false);
    for member in members.of(record)? {
        let member = member?;
        if member.of == Of::Inside {
            continue;
        }
        let key = member.key()?;
        known.contains(key).then_some(())?;
        if TELLING.contains(&key) {
            // Of several of one name the last counts.
            (!member.is_null()).then_some(())?;
            is_known = true;
        }
        let names = match key {
            b"operationName" => &*OPERATIONS_THAT_MATTER,
            b"category" => &*CATEGORIES_THAT_MATTER,
            _ => continue,
        };
        // Of several of one name one counts: none of them may matter.
        let text = member.text().filter(|text| !text.is_empty())?;
        has_operation |= key == b"operationName";
        matters |= names.contains_in_any_case(text.as_bytes());
    }
    (is_known && has_operation).then_some(if matters { Says::Unread } else { Says::Nothing })
}
