//! Reading a topic up to its end. In: a topic; out: every message it held when asked, by partition and offset, or the
//! table that a compacted topic stands for; knows nothing of what they mean.

use std::collections::BTreeMap;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};

use crate::client::{Client, Offsets};
use crate::message::Message;
use crate::wait::{PATIENCE, now};

impl Client {
    /// Reads a topic from its start to the ends it has now. What aborted transactions wrote is left out, unless the
    /// client was `set("isolation.level", "read_uncommitted")`.
    pub fn drain(&self, topic: &str) -> Vec<Message> {
        self.drain_from(topic, &self.starts(topic))
    }

    /// Reads these partitions from these offsets to the ends they have now.
    pub fn drain_from(&self, topic: &str, from: &Offsets) -> Vec<Message> {
        let ends = self.ends(topic);
        let mut left: Offsets = from.keys().map(|&partition| (partition, ends[&partition])).collect();
        left.retain(|partition, end| from[partition] < *end);
        let consumer = self.reading(topic, from);
        let mut messages = Vec::new();
        let start = now();
        while !left.is_empty() {
            assert!(start.elapsed() < PATIENCE, "{topic} was not read to its end: {left:?} left");
            match consumer.poll(std::time::Duration::from_millis(100)) {
                None => {}
                Some(Ok(message)) => take(&mut messages, &mut left, Message::of(&message)),
                // The log may end in control records, which are never handed out.
                Some(Err(KafkaError::PartitionEOF(partition))) => drop(left.remove(&partition)),
                Some(Err(error)) => panic!("{topic}: {error}"),
            }
        }
        messages.sort_by_key(|message| (message.partition, message.offset));
        messages
    }

    /// The last payload of each key; a tombstone takes its key out. Messages without key are not in it.
    pub fn table(&self, topic: &str) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut table = BTreeMap::new();
        for message in self.drain(topic) {
            match (message.key, message.payload) {
                (Some(key), Some(payload)) => drop(table.insert(key, payload)),
                (Some(key), None) => drop(table.remove(&key)),
                (None, _) => {}
            }
        }
        table
    }

    /// A consumer that belongs to no group and commits nothing.
    fn reading(&self, topic: &str, from: &Offsets) -> BaseConsumer {
        let client = self.clone().set("group.id", "harness").set("enable.auto.commit", "false");
        let consumer = client.set("enable.partition.eof", "true").set("auto.offset.reset", "error").consumer();
        let mut list = TopicPartitionList::new();
        for (&partition, &offset) in from {
            list.add_partition_offset(topic, partition, Offset::Offset(offset)).unwrap();
        }
        consumer.assign(&list).unwrap();
        consumer
    }
}

/// Keeps a message from before the end; the first one at the end or next to it completes its partition.
fn take(messages: &mut Vec<Message>, left: &mut Offsets, message: Message) {
    let Some(&end) = left.get(&message.partition) else { return };
    if message.offset + 1 >= end {
        left.remove(&message.partition);
    }
    if message.offset < end {
        messages.push(message);
    }
}
