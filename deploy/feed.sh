#!/bin/sh
# Replays a scenario folder into Kafka: creates the source topics, then sends every file of input/.
# Runs in the Kafka image, whose console producer makes one message of each line. Sent twice, everything is there once.
set -eu

brokers=${BROKERS:-kafka:9092}
scenario=${SCENARIO:-/scenario}
bin=${KAFKA_BIN:-/opt/kafka/bin}

# One JSON document a line: lines as they are, of a .json file all in one (a line end inside a string would be \n).
documents() {
  for file in "$scenario/input/$1"/*; do
    case "$file" in
      *.ndjson) cat "$file" ;;
      *.json) tr -d '\r\n' <"$file"; echo ;;
    esac
  done | grep -v '^[[:space:]]*$'
}

create() {
  "$bin/kafka-topics.sh" --bootstrap-server "$brokers" --create --if-not-exists --topic "$1" --partitions 3
}

for kind in aws azure oci native; do
  until create "cloud.$kind"; do
    echo "feed: the broker does not answer yet" >&2
    sleep 2
  done
done
for kind in aws azure oci native; do
  documents "$kind" | "$bin/kafka-console-producer.sh" --bootstrap-server "$brokers" --topic "cloud.$kind"
  echo "feed: cloud.$kind sent"
done
