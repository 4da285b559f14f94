//! Properties of librdkafka as an operator states them, for what has no setting of its own.
//!
//! In: names and values. Out: the same to every client, or why one may not be stated: what nothing lost and nothing doubled
//! rests on is not for settings to change. It refuses to show values: some are secrets.

use std::collections::BTreeMap;
use std::fmt;

use rdkafka::ClientConfig;

use crate::model::Secret;

/// What may not be stated, and why.
const OURS: [(&[&str], &str); 6] = [
    (
        &["enable.auto.commit", "enable.auto.offset.store", "auto.commit.interval.ms", "auto.offset.reset"],
        "an offset is committed once everything before it is durable",
    ),
    (
        &[
            "enable.idempotence",
            "acks",
            "request.required.acks",
            "retries",
            "message.send.max.retries",
            "message.timeout.ms",
            "delivery.timeout.ms",
            "transactional.id",
            "enable.gapless.guarantee",
            "delivery.report.only.error",
        ],
        "what is sent is acknowledged by all replicas, and tried until it is",
    ),
    (
        &["enable.partition.eof", "topic.blacklist"],
        "an end is no fault, and what the service writes itself is no source",
    ),
    (
        &["group.id", "group.instance.id", "group.protocol", "group.remote.assignor", "partition.assignment.strategy"],
        "shards follow their partitions by the groups' own protocol",
    ),
    (&["bootstrap.servers", "metadata.broker.list"], "brokers is a setting of its own"),
    (
        &["sasl.username", "sasl.password", "ssl.key.password", "ssl.keystore.password"],
        "users are settings of their own, and secrets stand in files of their own",
    ),
];

/// Properties by name.
#[derive(Clone, Default)]
pub struct Properties(BTreeMap<String, String>);

impl Properties {
    /// Adds one, or says why it may not be stated.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), String> {
        if let Some((_, why)) = OURS.iter().find(|(names, _)| names.contains(&name)) {
            return Err(format!("property {name} is not to be changed: {why}"));
        }
        self.0.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// Puts them in force over what was chosen.
    pub(super) fn apply(&self, config: &mut ClientConfig) {
        for (name, value) in &self.0 {
            config.set(name, value);
        }
    }

    /// Those that may be secret.
    pub(super) fn secrets(&self) -> impl Iterator<Item = Secret> {
        let secret =
            |name: &str| ["password", "secret", "pem", "oauthbearer", "token"].iter().any(|s| name.contains(s));
        self.0.iter().filter(move |(name, _)| secret(name)).filter_map(|(_, value)| Secret::new(value.as_bytes()))
    }
}

impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_lost_rests_on_may_not_be_stated() {
        let mut properties = Properties::default();
        assert_eq!(properties.add("fetch.max.bytes", "1"), Ok(()));
        assert_eq!(
            properties.add("acks", "1").unwrap_err(),
            "property acks is not to be changed: what is sent is acknowledged by all replicas, and tried until it is"
        );
        let ours = OURS.iter().flat_map(|(names, _)| names.iter());
        assert!(ours.clone().all(|name| properties.add(name, "1").is_err()));
        // Every name is one that librdkafka knows, or takes for another one.
        for name in ours {
            let mut config = ClientConfig::new();
            let known: Result<rdkafka::config::NativeClientConfig, _> = config.set(*name, "").create_native_config();
            let unknown = known.err().is_some_and(|error| error.to_string().contains("No such configuration property"));
            assert!(!unknown, "{name}");
        }
    }

    #[test]
    fn a_value_is_not_shown() {
        let mut properties = Properties::default();
        properties.add("sasl.oauthbearer.client.secret", "s3cret").unwrap();
        assert_eq!(format!("{properties:?}"), r#"{"sasl.oauthbearer.client.secret"}"#);
        assert_eq!(properties.secrets().count(), 1);
    }
}
