//! Whether an event or audit record says anything, without parsing it.
//!
//! In: the bytes of an object nothing in which is hidden by a `\u`, and where its members stand. Out: that it is a record and its
//! call none that matters, or that it must be read; `None` where it may be anything else. Sure means that every member is one
//! that Oracle writes, under its plain name: so no other decoder and no envelope is asked about it.

use std::sync::LazyLock;

use super::CALLS;
use super::kinds::parts;
use super::record::behind_prefix;
use crate::decode::members::{Members, Of};
use crate::decode::names::Names;
use crate::decode::sift::Says;

/// Members of an event (the envelope of Oracle's Events service, and version 2 of its audit log).
pub(in crate::decode) const MEMBERS: &[&str] = &[
    "eventType",
    "cloudEventsVersion",
    "eventTypeVersion",
    "source",
    "eventId",
    "eventID",
    "eventTime",
    "contentType",
    "data",
    "extensions",
];

static MATTERS: LazyLock<Names> = LazyLock::new(|| Names::new(CALLS.iter().copied()));

/// What a record says, by where its members stand. `known`: [`MEMBERS`].
pub(in crate::decode) fn glimpse(record: &[u8], members: &Members, known: &Names) -> Option<Says> {
    let (mut is_known, mut matters) = (false, false);
    for member in members.of(record)? {
        let member = member?;
        if member.of == Of::Inside {
            continue;
        }
        let key = member.key()?;
        known.contains(key).then_some(())?;
        if key == b"eventType" {
            let (_, call, _) = parts(behind_prefix(member.written_text()?)?);
            is_known = true;
            // Of several of one name one counts: none of them may matter.
            matters |= MATTERS.contains_in_any_case(call.as_bytes());
        }
    }
    is_known.then_some(if matters { Says::Unread } else { Says::Nothing })
}
