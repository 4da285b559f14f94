//! From where the account was used in a CloudTrail record that says nothing else, without parsing it.
//!
//! In: the bytes of a record that is known for what it is (`sift`): nothing in it is hidden by a `\u`, and its call is none that
//! matters. Out: what reading it in full would give, or none where that is not sure: then it is read in full. Sure means that
//! whatever is asked for stands under its plain name, as plain text, and under no other writing of that name.

use super::cloudtrail::{class, written_account};
use super::sign_in;
use crate::decode::context::{LONGEST_ID, network};
use crate::decode::members::{Member, Members, Of, plain_text};
use crate::decode::sift::Says;
use crate::decode::sighting::Sighting;
use crate::decode::time_text;
use crate::model::Day;

/// Of the record. With a `type` it may be one of ours; other members nobody asks for here.
const ASKED: Asked<6> =
    Asked::new([b"userIdentity", b"eventTime", b"eventSource", b"sourceIPAddress", b"recipientAccountId", b"type"]);
/// Of who called.
const OF_CALLER: Asked<3> = Asked::new([b"type", b"accountId", b"invokedBy"]);

/// Names of members that are asked for.
struct Asked<const N: usize> {
    names: [&'static [u8]; N],
    /// One bit for each letter that one of them ends with: most other members end with none of these.
    ends: u32,
}

/// What a record says beside what it does not, by where its members stand.
pub(in crate::decode) fn glimpse(record: &[u8], members: &Members) -> Option<Says> {
    let (mut own, mut of_caller) = ([None; 6], [None; 3]);
    let mut whose = None;
    for member in members.of(record)? {
        let member = member?;
        match member.of {
            Of::Itself => {
                whose = ASKED.number(&member)?;
                // Of several of one name the last counts, with all that is inside.
                if whose == Some(0) {
                    of_caller = [None; 3];
                    member.rest.starts_with(b"{").then_some(())?;
                }
                put(&mut own, whose, &member);
            }
            Of::Inside if whose == Some(0) => put(&mut of_caller, OF_CALLER.number(&member)?, &member),
            Of::Inside => {}
        }
    }
    let ([_, time, source, address, recipient, r#type], [kind, caller, invoked_by]) = (own, of_caller);
    if r#type.is_some() || plain(source)?.is_some_and(sign_in::is_source) {
        return None;
    }
    let (kind, invoked_by) = (plain(kind)?, plain(invoked_by)?);
    let Some(network) = plain(address)?.and_then(network) else { return Some(Says::Nothing) };
    let account = written_account(plain(recipient.or(caller))??)?;
    if account.id.len() > LONGEST_ID {
        return None;
    }
    let day = day(plain(time)??)?;
    Some(Says::Sighting(Sighting { account, day, network, class: class(kind, invoked_by) }))
}

impl<const N: usize> Asked<N> {
    const fn new(names: [&'static [u8]; N]) -> Self {
        let (mut ends, mut rest): (u32, &[&[u8]]) = (0, &names);
        while let [name, others @ ..] = rest {
            if let [.., last] = name {
                ends |= letter(*last);
            }
            rest = others;
        }
        Self { names, ends }
    }

    /// Which of the names a member has; `None` where it is written in other letters, large or small.
    #[inline(always)]
    fn number(&self, member: &Member<'_>) -> Option<Option<usize>> {
        if self.ends & letter(member.last()) == 0 {
            return Some(None);
        }
        for (n, name) in self.names.iter().enumerate() {
            match member.key_as_long_as(name) {
                Some(key) if key == *name => return Some(Some(n)),
                Some(key) if key.eq_ignore_ascii_case(name) => return None,
                _ => {}
            }
        }
        Some(None)
    }
}

/// The bit of a letter, large or small; none for any other byte.
const fn letter(byte: u8) -> u32 {
    if byte.is_ascii_alphabetic() { 1 << (byte & 0x1f) } else { 0 }
}

fn put<'r>(found: &mut [Option<&'r [u8]>], at: Option<usize>, member: &Member<'r>) {
    if let Some(slot) = at.and_then(|at| found.get_mut(at)) {
        *slot = Some(member.rest);
    }
}

/// A text that is written without escapes, trimmed; `Some(None)` where there is none, `None` where it is anything else.
fn plain(value: Option<&[u8]>) -> Option<Option<&str>> {
    value.map_or(Some(None), |value| plain_text(value).map(Some))
}

/// The day of a time. As CloudTrail writes it, `2024-06-01T10:00:00Z`, it is told by its digits; else read as every time is.
fn day(text: &str) -> Option<Day> {
    of_digits(text.as_bytes()).or_else(|| Some(time_text(text)?.day()))
}

fn of_digits(text: &[u8]) -> Option<Day> {
    let text: &[u8; 20] = text.try_into().ok()?;
    let [c0, c1, y0, y1, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', min0, min1, b':', s0, s1, b'Z'] = *text else {
        return None;
    };
    let (year, month, day) = (i16::from(two(c0, c1)?) * 100 + i16::from(two(y0, y1)?), two(m0, m1)?, two(d0, d1)?);
    let (hour, minute, second) = (two(h0, h1)?, two(min0, min1)?, two(s0, s1)?);
    if !(1970..2200).contains(&year) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    jiff::civil::Date::new(year, month, day).ok()?;
    // Days since 1970 with years that begin in March, so that a leap day is the last.
    let (year, month) = if month > 2 { (i64::from(year), month - 3) } else { (i64::from(year) - 1, month + 9) };
    let of_year = (153 * i64::from(month) + 2) / 5 + i64::from(day) - 1;
    Some(Day(365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468))
}

fn two(ten: u8, one: u8) -> Option<i8> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| (byte - b'0').cast_signed());
    Some(digit(ten)? * 10 + digit(one)?)
}

#[cfg(test)]
mod tests;
