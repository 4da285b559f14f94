//! Rejected records on their way to their topic: why, where, how large, and which, by hash.
//!
//! In: a reason, a position, the message. Out: JSON. The bytes themselves leave the process only where the operator asks
//! for it (P8): they may hold anything.

use crate::config::{RejectBytes, Service};
use crate::decode::Reason;
use crate::model::{Digest, Position, Text};

/// Most bytes of a message that are handed on.
const MOST: usize = 256 << 10;

/// How rejects are written.
pub(super) struct Rejecting {
    topic: Option<Text>,
    bytes: RejectBytes,
}

impl Rejecting {
    pub(super) fn of(service: &Service) -> Self {
        Self { topic: service.topics.rejects.as_ref().map(Text::new), bytes: service.reject_bytes }
    }

    /// The topic and what to send there; `None` where rejects are only counted. The hash is of the whole message.
    pub(super) fn write(
        &self,
        reason: &Reason,
        position: &Position,
        size: u64,
        message: Option<&[u8]>,
    ) -> Option<(Text, Vec<u8>)> {
        let topic = self.topic.clone()?;
        let message = message.unwrap_or_default();
        let mut reject = serde_json::json!({
            "reason": reason.code,
            "detail": reason.detail,
            "position": position,
            "size": if size == 0 { message.len() as u64 } else { size },
            "sha256": Digest::bare(message),
        });
        if self.bytes == RejectBytes::Keep
            && let Some(reject) = reject.as_object_mut()
        {
            let kept = message.get(..MOST).unwrap_or(message);
            reject.insert("bytes".to_owned(), kept.escape_ascii().to_string().into());
        }
        Some((topic, reject.to_string().into_bytes()))
    }
}

/// Whether a delivery failed for the size of the message.
pub(super) fn is_too_large(why: &str) -> bool {
    why.contains("MessageSizeTooLarge")
}
