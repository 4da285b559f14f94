//! How brokers are reached: addresses, TLS, SASL.
//!
//! In: settings as meant. Out: properties of librdkafka. Secrets come from files and are never shown: neither by `Debug`
//! nor in messages.

use std::borrow::Cow;
use std::path::PathBuf;

use rdkafka::ClientConfig;

use super::{KafkaError, Properties};
use crate::model::Secret;

/// How to reach the brokers.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// `host:port`, separated by commas.
    pub brokers: String,
    /// Whether and how it is encrypted.
    pub tls: Option<Tls>,
    /// Who we are.
    pub sasl: Option<Sasl>,
    /// Further properties of librdkafka as they are, for what has no setting of its own.
    pub properties: Properties,
    /// Most bytes that a topic of ours takes at once, where it is known and less than librdkafka would send: what is sent
    /// together with a record that is too large would be refused with it.
    pub batch_bytes: Option<u64>,
}

/// TLS; the system's authorities are trusted unless others are named.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// PEM of the authorities to trust.
    pub authorities: Option<PathBuf>,
    /// PEM of our certificate.
    pub certificate: Option<PathBuf>,
    /// PEM of its key.
    pub key: Option<PathBuf>,
    /// What opens the key.
    pub key_password: Option<Secret>,
}

/// A user and its password.
#[derive(Clone, Debug)]
pub struct Sasl {
    /// `SCRAM-SHA-256`, `SCRAM-SHA-512` or `PLAIN`.
    pub mechanism: String,
    /// Who.
    pub user: String,
    /// The secret.
    pub password: Secret,
}

impl Connection {
    /// What every client shares.
    pub(super) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.brokers).set("client.id", "tidewaiter");
        // Brokers that come back are found within a second, not ten.
        config.set("reconnect.backoff.max.ms", "1000").set("socket.keepalive.enable", "true");
        let protocol = match (&self.tls, &self.sasl) {
            (None, None) => "plaintext",
            (Some(_), None) => "ssl",
            (None, Some(_)) => "sasl_plaintext",
            (Some(_), Some(_)) => "sasl_ssl",
        };
        config.set("security.protocol", protocol);
        if let Some(tls) = &self.tls {
            let paths = [
                ("ssl.ca.location", &tls.authorities),
                ("ssl.certificate.location", &tls.certificate),
                ("ssl.key.location", &tls.key),
            ];
            for (property, path) in paths {
                path.iter().for_each(|path| {
                    config.set(property, path.to_string_lossy());
                });
            }
            tls.key_password.iter().for_each(|password| {
                config.set("ssl.key.password", text(password));
            });
        }
        if let Some(Sasl { mechanism, user, password }) = &self.sasl {
            config.set("sasl.mechanism", mechanism).set("sasl.username", user).set("sasl.password", text(password));
        }
        self.properties.apply(&mut config);
        config
    }

    pub(super) fn refused(&self, what: &'static str, error: &rdkafka::error::KafkaError) -> KafkaError {
        KafkaError::Client { brokers: self.brokers.clone(), what, why: self.blank(&error.to_string()) }
    }

    pub(super) fn failed(&self, what: impl Into<String>, error: &rdkafka::error::KafkaError) -> KafkaError {
        KafkaError::Request { brokers: self.brokers.clone(), what: what.into(), why: self.blank(&error.to_string()) }
    }

    /// A text of librdkafka without our secrets.
    pub(super) fn blank(&self, text: &str) -> String {
        let passwords = self.sasl.iter().map(|sasl| &sasl.password);
        let passwords = passwords.chain(self.tls.iter().filter_map(|tls| tls.key_password.as_ref()));
        let passwords = passwords.cloned().chain(self.properties.secrets());
        passwords.fold(text.to_owned(), |told, password| told.replace(&*self::text(&password), "***"))
    }

    /// How it is reached, for people: no secrets.
    pub fn told(&self) -> String {
        let how = match (&self.tls, &self.sasl) {
            (None, None) => "in the clear".to_owned(),
            (Some(_), None) => "over TLS".to_owned(),
            (tls, Some(sasl)) => {
                let over = if tls.is_some() { "over TLS" } else { "in the clear" };
                format!("{over}, as {} by {}", sasl.user, sasl.mechanism)
            }
        };
        format!("{} ({how})", self.brokers)
    }
}

fn text(secret: &Secret) -> Cow<'_, str> {
    String::from_utf8_lossy(secret.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_blanked_wherever_they_could_be_shown() {
        let password = Secret::new(b"s3cret").unwrap();
        let sasl = Sasl { mechanism: "SCRAM-SHA-256".into(), user: "tidewaiter".into(), password };
        let connection = Connection { brokers: "broker.example:9092".into(), sasl: Some(sasl), ..Default::default() };
        assert!(!format!("{connection:?} {}", connection.told()).contains("s3cret"));
        assert_eq!(connection.blank("refused s3cret"), "refused ***");
        assert_eq!(connection.client().get("security.protocol"), Some("sasl_plaintext"));
    }
}
