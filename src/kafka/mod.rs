//! Kafka as tidewaiter uses it: connections, topics, producers whose deliveries are told, groups.
//!
//! In: settings as meant. Out: clients of librdkafka with the properties that must not be left to chance. It refuses to
//! know what messages say. The traps it avoids are named where it avoids them.

mod connection;
mod context;
mod producer;
mod properties;
mod topics;
mod trouble;

pub use connection::{Connection, Sasl, Tls};
pub use context::{Consumer, Group, Lags, Plain, Told};
pub use producer::{Delivered, Producer, Record, Sending};
pub use properties::Properties;
pub use topics::{Cleanup, Creation, Found, Wanted, ensure, reach_brokers};
pub use trouble::Trouble;

/// What went wrong, with everything named and nothing secret.
#[derive(Debug, thiserror::Error)]
pub enum KafkaError {
    /// A client could not be made: a property is wrong, or a file cannot be read.
    #[error("kafka {brokers}: {what}: {why}")]
    Client {
        /// Where to.
        brokers: String,
        /// For what.
        what: &'static str,
        /// Why, as librdkafka says.
        why: String,
    },
    /// Nobody answers.
    #[error("kafka {brokers}: no broker answered within {seconds} s: {why}")]
    Unreachable {
        /// Where to.
        brokers: String,
        /// How long was waited.
        seconds: u64,
        /// What kind of trouble it is.
        trouble: Trouble,
        /// The last thing librdkafka said of it.
        why: String,
    },
    /// Topics are missing, or are not what they must be: every problem, with what mends it.
    #[error("{}", .0.join("\n"))]
    Topics(Vec<String>),
    /// A request failed.
    #[error("kafka {brokers}: cannot {what}: {why}")]
    Request {
        /// Where to.
        brokers: String,
        /// What was asked.
        what: String,
        /// Why.
        why: String,
    },
}
