//! From where the account was used in a CloudTrail record that says nothing else, without parsing it.
//!
//! In: the bytes of a record that is known for what it is (`sift`): nothing in it is hidden by a `\u`, and its call is none that
//! matters. Out: what reading it in full would give, or none where that is not sure: then it is read in full. Sure means that
//! whatever is asked for stands under its plain name, as plain text, and under no other writing of that name.

use super::cloudtrail::{class, written_account};
use super::sign_in;
use crate::decode::context::network;
use crate::decode::members::{self, Member};
use crate::decode::sift::Says;
use crate::decode::sighting::Sighting;
use crate::decode::time_text;

/// Of the record. With a `type` it may be one of ours; other members nobody asks for here.
const ASKED: [&[u8]; 6] =
    [b"userIdentity", b"eventTime", b"eventSource", b"sourceIPAddress", b"recipientAccountId", b"type"];
/// Of who called.
const OF_CALLER: [&[u8]; 3] = [b"type", b"accountId", b"invokedBy"];

/// What a record says beside what it does not.
pub(in crate::decode) fn glimpse(record: &[u8]) -> Option<Says> {
    let [identity, time, source, address, recipient, r#type] = pick(record, &ASKED)?;
    let [kind, caller, invoked_by] = match identity {
        Some(identity) if identity.starts_with(b"{") => pick(identity, &OF_CALLER)?,
        Some(_) => return None,
        None => [None; 3],
    };
    if r#type.is_some() || plain(source)?.is_some_and(sign_in::is_source) {
        return None;
    }
    let (kind, invoked_by) = (plain(kind)?, plain(invoked_by)?);
    let Some(network) = plain(address)?.and_then(network) else { return Some(Says::Nothing) };
    let account = written_account(plain(recipient.or(caller))??)?;
    let day = time_text(plain(time)??)?.day();
    Some(Says::Sighting(Sighting { account, day, network, class: class(kind, invoked_by) }))
}

/// What begins behind these members' colons, of several of one name the last; `None` where one is written otherwise.
fn pick<'r, const N: usize>(object: &'r [u8], names: &[&[u8]; N]) -> Option<[Option<&'r [u8]>; N]> {
    let mut found = [None; N];
    for member in members::of(object)?.iter() {
        let Member { key, rest, is_plain } = member?;
        let same = |(name, _): &(&&[u8], _)| name.len() == key.len() && name.eq_ignore_ascii_case(key);
        if let Some((name, slot)) = names.iter().zip(&mut found).find(same).filter(|_| is_plain) {
            if *name != key {
                return None;
            }
            *slot = Some(rest);
        }
    }
    Some(found)
}

/// A text that is written without escapes, trimmed; `Some(None)` where there is none, `None` where it is anything else.
fn plain(value: Option<&[u8]>) -> Option<Option<&str>> {
    let Some(value) = value else { return Some(None) };
    let text = value.strip_prefix(b"\"")?;
    let text = text.get(..memchr::memchr(b'"', text)?)?;
    if memchr::memchr(b'\\', text).is_some() {
        return None;
    }
    Some(Some(std::str::from_utf8(text).ok()?.trim()))
}

#[cfg(test)]
mod tests;
