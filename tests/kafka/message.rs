//! What is produced and what is read back. In and out: plain bytes; knows nothing of clients.

use rdkafka::message::{BorrowedMessage, Header, Headers, Message as _, OwnedHeaders};

/// To be produced: where to and what. Without a partition the key decides, as Java clients do (murmur2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    pub partition: Option<i32>,
    pub key: Option<Vec<u8>>,
    pub payload: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
    /// Milliseconds since 1970; without one the client's clock.
    pub timestamp: Option<i64>,
}

impl Record {
    pub fn new(payload: impl Into<Vec<u8>>) -> Self {
        Self { payload: Some(payload.into()), ..Self::default() }
    }

    /// A key without payload: takes the key out of a compacted topic.
    pub fn tombstone(key: impl Into<Vec<u8>>) -> Self {
        Self { key: Some(key.into()), ..Self::default() }
    }

    pub fn key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = Some(key.into());
        self
    }

    pub fn partition(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }

    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn timestamp(mut self, ms: i64) -> Self {
        self.timestamp = Some(ms);
        self
    }

    pub fn rdkafka_headers(&self) -> OwnedHeaders {
        let insert = |headers: OwnedHeaders, (name, value): &(String, Vec<u8>)| {
            headers.insert(Header { key: name, value: Some(value) })
        };
        self.headers.iter().fold(OwnedHeaders::new(), insert)
    }
}

/// As read from a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    /// Nothing in a tombstone.
    pub payload: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub timestamp: Option<i64>,
}

impl Message {
    pub fn of(message: &BorrowedMessage<'_>) -> Self {
        let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
        Self {
            partition: message.partition(),
            offset: message.offset(),
            key: message.key().map(<[u8]>::to_vec),
            payload: message.payload().map(<[u8]>::to_vec),
            headers: headers.map(|h| (h.key.to_owned(), h.value.unwrap_or_default().to_vec())).collect(),
            timestamp: message.timestamp().to_millis(),
        }
    }

    /// The payload as text; panics on a tombstone.
    pub fn text(&self) -> &str {
        std::str::from_utf8(self.payload.as_deref().unwrap()).unwrap()
    }

    /// The payload as JSON; panics on anything else.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(self.payload.as_deref().unwrap()).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(other, _)| other == name)?;
        std::str::from_utf8(value).ok()
    }
}
