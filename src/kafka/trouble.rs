//! Trouble with connections, as librdkafka words it, and what it may mean.
//!
//! In: a reason of librdkafka. Out: which kind of trouble it is, and the reason with what to look at. It refuses to know
//! what is done about it.

use rdkafka::error::{KafkaError as Cause, RDKafkaErrorCode};

/// Why a broker cannot be talked to; the greater says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// Nobody listens, or nobody answers.
    Unreachable,
    /// The other end's certificate is refused, or what it speaks is not TLS.
    Tls,
    /// Who we say we are is refused.
    Authentication,
}

impl Trouble {
    /// For metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::Authentication => "authentication",
        }
    }

    pub(super) fn of(reason: &str) -> Self {
        // SASL comes after TLS: its words are the more particular ones.
        if reason.contains("uthentication") || reason.contains("SASL") {
            Self::Authentication
        } else if reason.contains("SSL") || reason.contains("certificate") {
            Self::Tls
        } else {
            Self::Unreachable
        }
    }
}

/// Whether it only says that all brokers are down: each connection has said why before, and this comes after every try.
pub(super) fn is_echo(error: &Cause) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown)
}

/// The reason, and what may be behind it where librdkafka does not tell: it says of no certificate what is wrong with it.
pub(super) fn explained(reason: &str) -> String {
    let behind = match Trouble::of(reason) {
        Trouble::Authentication => "user, password or mechanism in kafka.sasl are not what the broker knows",
        Trouble::Tls if reason.contains("certificate verify failed") => {
            "the broker's certificate has expired or is not valid yet, names another host, or is not signed by an authority \
             of kafka.tls.ca_file: openssl s_client -connect HOST:PORT shows which"
        }
        Trouble::Tls | Trouble::Unreachable => return reason.to_owned(),
    };
    format!("{reason}: {behind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_is_refused_may_have_expired() {
        let reason = "ssl://127.0.0.1:1/bootstrap: SSL handshake failed: error:0A000086: certificate verify failed";
        assert_eq!(Trouble::of(reason), Trouble::Tls);
        assert!(explained(reason).starts_with(reason) && explained(reason).contains("has expired"));
    }

    #[test]
    fn who_is_turned_down_is_told_more_than_who_is_not_answered() {
        let refused = "sasl_plaintext://127.0.0.1:1/bootstrap: SASL authentication error: Authentication failed";
        let silent = "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused";
        assert!(Trouble::of(refused) > Trouble::of(silent));
        assert_eq!(explained(silent), silent);
    }
}
