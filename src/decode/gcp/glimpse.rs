//! Whether an audit log entry says anything, without parsing it.
//!
//! In: the bytes of an object nothing in which is hidden by a `\u`, and where its members stand. Out: that it is an entry and its
//! method none that matters, or that it must be read; `None` where it may be anything else. Sure means that every member is
//! one that Cloud Logging writes, under its plain name: so no other decoder and no envelope is asked about it.

use std::sync::LazyLock;

use super::CALLS;
use super::entry::last_two;
use crate::decode::loose::is_same;
use crate::decode::members::{Members, Of};
use crate::decode::names::Names;
use crate::decode::sift::Says;

/// Members of an entry (`LogEntry` of the Cloud Logging API, version 2), but for payloads of other logs.
pub(in crate::decode) const MEMBERS: &[&str] = &[
    "protoPayload",
    "insertId",
    "logName",
    "resource",
    "timestamp",
    "receiveTimestamp",
    "severity",
    "operation",
    "labels",
    "httpRequest",
    "trace",
    "traceSampled",
    "spanId",
    "sourceLocation",
    "split",
    "errorGroups",
];
const PAYLOAD: &[u8] = b"protoPayload";
const METHOD: &[u8] = b"methodName";

static MATTERS: LazyLock<Names> = LazyLock::new(|| Names::new(CALLS.iter().flat_map(|(_, calls)| *calls).copied()));

/// What an entry says, by where its members stand. `known`: [`MEMBERS`].
pub(in crate::decode) fn glimpse(entry: &[u8], members: &Members, known: &Names) -> Option<Says> {
    let (mut has_payload, mut in_payload, mut matters) = (false, false, false);
    for member in members.of(entry)? {
        let member = member?;
        let key = member.key()?;
        match member.of {
            Of::Itself => {
                known.contains(key).then_some(())?;
                in_payload = key == PAYLOAD;
                if in_payload {
                    member.is_object().then_some(())?;
                    has_payload = true;
                }
            }
            // Of several of one name one counts: none of them may matter.
            Of::Inside if in_payload && is_same(key, METHOD) => {
                let is_dull = |method| !MATTERS.contains(last_two(method).as_bytes());
                matters |= key != METHOD || !member.text().is_some_and(is_dull);
            }
            Of::Inside => {}
        }
    }
    has_payload.then_some(if matters { Says::Unread } else { Says::Nothing })
}
