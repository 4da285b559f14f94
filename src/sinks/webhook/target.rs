//! A target as meant: where to send, in which shape, and what.
//!
//! In: values that `config` has read and checked. Out: the same, with defaults and bounds stated here. It refuses to show
//! where exactly it sends: addresses of hooks are often secrets, so only scheme and host are ever printed.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use url::Url;

use crate::model::words;
use crate::model::{Secret, Severity, Text};

words! {
    /// A difference between what was told of an alert and what now holds.
    Event {
        /// The alert is new, or new to this target.
        Opened = "opened",
        /// It has another episode, holds again after it was resolved, or is back after it was withdrawn.
        Reopened = "reopened",
        /// It no longer holds.
        Resolved = "resolved",
        /// Anything else about it has changed.
        Updated = "updated",
        /// It never held, by what is known now.
        Withdrawn = "withdrawn",
    }
}

impl Event {
    /// What is sent where nothing else is configured.
    pub const DEFAULT: [Self; 4] = [Self::Opened, Self::Reopened, Self::Resolved, Self::Withdrawn];
}

/// Severity below which nothing is sent, where nothing else is configured.
pub const LEAST: Severity = Severity::Info;
/// Most messages per rule and UTC day, where nothing else is configured.
pub const MOST: u32 = 50;
/// How long one attempt may take, where nothing else is configured.
pub const TIMEOUT: Duration = Duration::from_secs(10);
/// How long is tried, where nothing else is configured.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 3_600);

/// Where alerts are sent and which.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its name in metrics, messages and offsets: lower-case letters, digits and hyphens, at most 40.
    pub name: Text,
    /// Where.
    pub endpoint: Endpoint,
    /// What messages look like.
    pub shape: Shape,
    /// Which differences are sent.
    pub on: BTreeSet<Event>,
    /// Alerts below this are not sent.
    pub least: Severity,
    /// Most messages per rule and UTC day; what goes beyond is told in one summary. 1 to 10,000.
    pub most: u32,
    /// How long one attempt may take, from resolving the name to the end of the answer. 1 s to 60 s.
    pub timeout: Duration,
    /// A message older than this is given up when the target has failed for as long. 1 min to 7 d.
    pub give_up_after: Duration,
}

/// What messages look like.
#[derive(Clone, Debug)]
pub enum Shape {
    /// JSON with the whole alert, signed.
    Signed {
        /// Key of the HMAC-SHA256.
        key: Secret,
    },
    /// A Slack message: rule, severity, subject and a link, nothing else (P8).
    Slack {
        /// Where people read on.
        link: Option<Link>,
    },
}

/// An http or https URL.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Url);

impl Endpoint {
    /// Reads a URL; what is wrong is said without repeating it.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let url = Url::parse(text).map_err(|error| InvalidUrl::Malformed(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidUrl::Scheme(url.scheme().chars().take(20).collect()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidUrl::User);
        }
        if url.fragment().is_some() {
            return Err(InvalidUrl::Fragment);
        }
        Ok(Self(url))
    }

    /// Whole, to be called.
    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Scheme and host: path and query may be secrets.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme(), self.0.host_str().unwrap_or_default())?;
        self.0.port().map_or(Ok(()), |port| write!(f, ":{port}"))?;
        f.write_str("/…")
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A URL that cannot serve; never repeats more of it than its scheme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It is none.
    #[error("is no URL: {0}")]
    Malformed(String),
    /// Another protocol.
    #[error("must begin with http:// or https://, got {0}:")]
    Scheme(String),
    /// A secret outside files, sent to whoever answers.
    #[error("must not hold a user or password")]
    User,
    /// It would not be sent.
    #[error("must not hold a fragment (#…)")]
    Fragment,
    /// A link without the alert it leads to.
    #[error("must hold {{id}} once, where the alert's id belongs")]
    NoId,
    /// A link that would not stay one in a message.
    #[error("must not hold any of < > | or spaces")]
    Characters,
}

/// A link to an alert, `{id}` standing for its id: `https://console.example/alerts/{id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    before: Text,
    after: Text,
}

impl Link {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        if text.contains(['<', '>', '|']) || text.contains(char::is_whitespace) {
            return Err(InvalidUrl::Characters);
        }
        let (before, after) = text.split_once("{id}").ok_or(InvalidUrl::NoId)?;
        let link = Self { before: before.into(), after: after.into() };
        let sample = link.to("0");
        if sample.contains("{id}") {
            return Err(InvalidUrl::NoId);
        }
        let url = Url::parse(&sample).map_err(|error| InvalidUrl::Malformed(error.to_string()))?;
        match url.scheme() {
            "http" | "https" => Ok(link),
            other => Err(InvalidUrl::Scheme(other.chars().take(20).collect())),
        }
    }

    /// The link to one alert.
    pub(super) fn to(&self, id: &str) -> String {
        format!("{}{id}{}", self.before, self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_only_scheme_host_and_port_are_ever_shown() {
        let endpoint = Endpoint::parse("https://hooks.example:8443/T0/B0/s3cret?key=s3cret").unwrap();
        assert_eq!(format!("{endpoint} {endpoint:?}"), "https://hooks.example:8443/… https://hooks.example:8443/…");
    }

    #[test]
    fn addresses_that_cannot_serve_are_refused_without_being_repeated() {
        for (text, why) in [
            ("hooks.example/s3cret", "is no URL: relative URL without a base"),
            ("ftp://hooks.example/s3cret", "must begin with http:// or https://, got ftp:"),
            ("https://user:s3cret@hooks.example/", "must not hold a user or password"),
            ("https://hooks.example/#s3cret", "must not hold a fragment (#…)"),
            ("https://", "is no URL: empty host"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap_err().to_string(), why);
        }
    }

    #[test]
    fn a_link_holds_the_id_once() {
        assert_eq!(
            Link::parse("https://console.example/a/{id}?x=1").unwrap().to("0f"),
            "https://console.example/a/0f?x=1"
        );
        for (text, why) in [
            ("https://console.example/", InvalidUrl::NoId),
            ("https://console.example/{id}/{id}", InvalidUrl::NoId),
            ("https://console.example/{id}|x", InvalidUrl::Characters),
            ("javascript:{id}", InvalidUrl::Scheme("javascript".into())),
        ] {
            assert_eq!(Link::parse(text), Err(why), "{text}");
        }
    }
}
