//! What is delivered, over loopback sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::super::retry::Pace;
use super::*;

/// A request as it came in.
#[derive(Clone, Debug)]
struct Got {
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn event(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        format!("{} {}", body["event"].as_str().unwrap(), &body["alert"]["id"].as_str().unwrap_or("-")[..1])
    }
}

/// Answers requests one by one as `script` says, given their number from 0: a raw answer, or `None` to say nothing.
struct Server {
    url: String,
    got: Arc<Mutex<Vec<Got>>>,
}

fn serve(script: impl Fn(usize) -> Option<String> + Send + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let got: Arc<Mutex<Vec<Got>>> = Arc::default();
    let seen = Arc::clone(&got);
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let Some(request) = read(&mut stream) else { continue };
            let number = {
                let mut seen = seen.lock().unwrap();
                seen.push(request);
                seen.len() - 1
            };
            match script(number) {
                Some(answer) => drop(stream.write_all(answer.as_bytes())),
                None => silent.push(stream),
            }
        }
    });
    Server { url, got }
}

fn read(stream: &mut TcpStream) -> Option<Got> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Got { path, headers, body: String::from_utf8(body).unwrap() })
}

fn status(code: u16, headers: &str) -> Option<String> {
    Some(format!("HTTP/1.1 {code} X\r\nconnection: close\r\ncontent-length: 0\r\n{headers}\r\n"))
}

impl Server {
    fn events(&self) -> Vec<String> {
        self.got.lock().unwrap().iter().map(Got::event).collect()
    }

    fn count(&self) -> usize {
        self.got.lock().unwrap().len()
    }
}

/// A worker on a thread, with waits of milliseconds and a clock that the test sets.
struct Running {
    feed: Feed,
    clock: Arc<AtomicI64>,
    thread: JoinHandle<()>,
}

fn run(target: Target) -> Running {
    let (feed, worker) = open(target);
    let pace = Pace { first: Duration::from_millis(2), most: Duration::from_millis(10) };
    let worker = worker.hurried(pace, Duration::from_millis(20));
    let clock = Arc::new(AtomicI64::new(heard(0, "a gone").at.nanos()));
    let hand = Arc::clone(&clock);
    let thread = std::thread::spawn(move || worker.run(move || EventTime::from_nanos(hand.load(Ordering::SeqCst))));
    Running { feed, clock, thread }
}

impl Running {
    fn say(&self, offset: i64, record: &str) {
        self.feed.offer(self.feed.read(heard(offset, record)).unwrap()).unwrap();
    }

    fn set(&self, time: EventTime) {
        self.clock.store(time.nanos(), Ordering::SeqCst);
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        let counts = self.feed.watch().counts();
        counts.all().filter(|(_, n)| *n > 0).map(|(outcome, n)| (outcome.as_str(), n)).collect()
    }

    fn committed(&self, offset: i64) {
        soon("the offset", || (self.feed.offsets().get(&0) == Some(&offset)).then_some(()));
    }

    fn end(self) {
        self.feed.stop();
        self.thread.join().unwrap();
    }
}

#[test]
fn what_is_delivered_is_signed_and_its_offset_may_be_committed() {
    let server = serve(|_| status(204, ""));
    let running = run(target(&server.url));
    assert_eq!(running.feed.read(heard(0, "a 1 open 1")), None, "not assigned");
    running.feed.assign(0, 0);
    running.say(0, "a 1 open 1");
    running.say(1, "a 2 open 1");
    running.say(2, "a 3 resolved 1");
    running.committed(3);
    assert_eq!(server.events(), ["opened a", "resolved a"]);
    let first = server.got.lock().unwrap()[0].clone();
    assert_eq!(first.path, "/hook");
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert_eq!(first.header("tidewaiter-timestamp"), Some("1725192000"));
    assert!(first.header("tidewaiter-signature").unwrap().starts_with("v1="));
    assert_eq!(first.header("tidewaiter-id").unwrap().len(), 32);
    assert!(first.header("user-agent").unwrap().starts_with("tidewaiter/"));
    assert!(first.body.contains("Lion Render"), "the whole alert is sent: {}", first.body);
    assert_eq!(running.counts(), [("delivered", 2)]);
    running.end();
}

#[test]
fn failures_are_tried_again_in_order_under_the_same_key() {
    let server = serve(|number| match number {
        0 => status(500, ""),
        1 => Some(String::new()),
        2 => status(429, "retry-after: 0\r\n"),
        3 => Some("what is this\r\n\r\n".to_owned()),
        _ => status(200, ""),
    });
    let running = run(target(&server.url));
    running.feed.assign(0, 0);
    running.say(0, "a 1 open 1");
    running.say(1, "b 1 open 1");
    running.committed(2);
    assert_eq!(server.events(), ["opened a", "opened a", "opened a", "opened a", "opened a", "opened b"]);
    let keys: BTreeSet<String> =
        server.got.lock().unwrap().iter().map(|got| got.header("tidewaiter-id").unwrap().to_owned()).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(running.counts(), [("delivered", 2), ("retried", 4)]);
    assert_eq!(running.feed.watch().failing(), None);
    running.end();
}

#[test]
fn retry_after_is_waited_for() {
    let server = serve(|number| if number == 0 { status(429, "Retry-After: 1\r\n") } else { status(200, "") });
    let running = run(target(&server.url));
    running.feed.assign(0, 0);
    running.say(0, "a 1 open 1");
    soon("the first attempt", || (server.count() == 1).then_some(()));
    // Another partition comes and goes: no reason to be impatient.
    running.feed.assign(1, 0);
    running.feed.revoke(1);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(server.count(), 1, "back-off alone would have tried again long ago");
    running.committed(1);
    assert_eq!(running.counts(), [("delivered", 1), ("retried", 1)]);
    running.end();
}

#[test]
fn refusals_and_redirects_are_counted_and_not_tried_again() {
    let other = serve(|_| status(200, ""));
    let location = format!("location: {}\r\n", other.url);
    let server = serve(move |number| match number {
        0 => status(400, ""),
        1 => status(302, &location),
        2 => status(307, &location),
        _ => status(200, ""),
    });
    let running = run(target(&server.url));
    running.feed.assign(0, 0);
    for (offset, record) in (0..).zip(["a 1 open 1", "b 1 open 1", "c 1 open 1", "d 1 open 1"]) {
        running.say(offset, record);
    }
    running.committed(4);
    assert_eq!(running.counts(), [("delivered", 1), ("refused", 3)]);
    assert_eq!((server.count(), other.count()), (4, 0));
    running.end();
}

#[test]
fn a_target_that_hangs_blocks_only_itself_and_is_visible() {
    let (dead, alive) = (serve(|_| None), serve(|_| status(200, "")));
    let timeout = Duration::from_millis(50);
    let (slow, quick) = (run(Target { timeout, ..target(&dead.url) }), run(target(&alive.url)));
    for running in [&slow, &quick] {
        running.feed.assign(0, 0);
        running.say(0, "a 1 open 1");
    }
    quick.committed(1);
    let failing = soon("the failure", || slow.feed.watch().failing());
    assert_eq!((failing.why, failing.since), (Why::Timeout, heard(0, "a gone").at));
    soon("another attempt", || (slow.counts().contains(&("retried", 2))).then_some(()));
    assert_eq!(slow.feed.offsets(), [(0, 0)].into());
    let full = (1..1_000).find_map(|offset| slow.feed.offer(slow.feed.read(heard(offset, "a 2 open 1"))?).err());
    assert!(matches!(full, Some(NotTaken::Full(said)) if said.heard.offset <= i64::try_from(WAITING).unwrap() + 1));
    slow.end();
    quick.end();
}

#[test]
fn nobody_there_is_a_failure_of_the_connection() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let running = run(target(&format!("http://{gone}/")));
    running.feed.assign(0, 0);
    running.say(0, "a 1 open 1");
    assert_eq!(soon("the failure", || running.feed.watch().failing()).why, Why::Connection);
    running.end();
}

#[test]
fn https_to_a_server_without_tls_is_a_failure_of_tls() {
    let server = serve(|_| status(200, ""));
    let running = run(target(&server.url.replace("http:", "https:")));
    running.feed.assign(0, 0);
    running.say(0, "a 1 open 1");
    assert_eq!(soon("the failure", || running.feed.watch().failing()).why, Why::Tls);
    running.end();
}

#[test]
fn what_cannot_be_delivered_for_too_long_is_given_up_and_counted() {
    let up = Arc::new(AtomicBool::new(false));
    let answers = Arc::clone(&up);
    let server = serve(move |_| status(if answers.load(Ordering::SeqCst) { 200 } else { 503 }, ""));
    let running = run(target(&server.url));
    running.feed.assign(0, 0);
    running.say(0, "a 1 open 1");
    soon("two attempts", || (server.count() >= 2).then_some(()));
    running.set(day(2));
    running.committed(1);
    assert_eq!(running.feed.watch().counts().of(Outcome::Abandoned), 1);
    assert!(running.feed.watch().failing().is_some());
    // Old, with a target that still fails: one attempt. Young ones have their time.
    running.say(1, "b 1 open 1 day=0");
    running.say(2, "c 1 open 1 day=1 hour=23");
    running.committed(2);
    soon("attempts", || (server.events().iter().filter(|event| *event == "opened c").count() > 2).then_some(()));
    assert_eq!(server.events().iter().filter(|event| *event == "opened b").count(), 1);
    up.store(true, Ordering::SeqCst);
    running.committed(3);
    let counts = running.feed.watch().counts();
    assert_eq!((counts.of(Outcome::Abandoned), counts.of(Outcome::Delivered)), (2, 1));
    assert_eq!(running.feed.watch().failing(), None);
    running.end();
}

#[test]
fn a_partition_taken_away_takes_its_waiting_messages_with_it() {
    let server = serve(|number| if number < 3 { status(503, "") } else { status(200, "") });
    let slow = Pace { first: SOON, most: SOON };
    let (feed, worker) = open(target(&server.url));
    let worker = worker.hurried(slow, SOON);
    let thread = std::thread::spawn(move || worker.run(|| day(0)));
    feed.assign(0, 0);
    let say = |offset, record| feed.offer(feed.read(heard(offset, record)).unwrap()).unwrap();
    say(0, "a 1 open 1");
    say(1, "b 1 open 1");
    let waits = feed.read(heard(2, "c 1 open 1")).unwrap();
    soon("an attempt", || (server.count() == 1).then_some(()));
    feed.revoke(0);
    assert_eq!(feed.read(heard(2, "c 1 open 1")), None);
    assert!(feed.offsets().is_empty());
    // Given back, it is read from the beginning.
    feed.assign(0, 1);
    assert_eq!(feed.offer(waits), Err(NotTaken::NotAssigned), "it was read before, and is read again in its turn");
    say(0, "a 1 open 1");
    say(1, "a 2 resolved 1");
    soon("the next message", || (server.count() == 2).then_some(()));
    assert_eq!(server.events(), ["opened a", "resolved a"]);
    feed.stop();
    thread.join().unwrap();
}

#[test]
fn a_partition_given_anew_takes_nothing_from_the_limit_of_a_day() {
    let server = serve(|_| status(200, ""));
    let running = run(Target { most: 3, ..target(&server.url) });
    running.feed.assign(0, 0);
    running.say(0, "a 1 open 1");
    running.say(1, "b 1 open 1");
    running.committed(2);
    // Read again from its beginning.
    running.feed.assign(0, 2);
    running.say(0, "a 1 open 1");
    running.say(1, "b 1 open 1");
    running.say(2, "c 1 open 1");
    running.committed(3);
    // Read by somebody else.
    running.feed.revoke(0);
    running.feed.assign(1, 0);
    ["d", "e", "f"].iter().zip(0..).for_each(|(id, offset)| running.say(offset, &format!("{id} 1 open 1 in=1")));
    soon("the offset", || (running.feed.offsets().get(&1) == Some(&3)).then_some(()));
    assert_eq!(running.counts(), [("delivered", 6)]);
    running.end();
}

#[test]
fn a_stopped_worker_leaves_what_waits_for_the_next_start() {
    let server = serve(|_| status(503, "Retry-After: 3600\r\n"));
    let running = run(target(&server.url));
    running.feed.assign(0, 0);
    running.say(0, "a 1 open 1");
    soon("an attempt", || (server.count() == 1).then_some(()));
    assert_eq!(running.feed.offsets(), [(0, 0)].into(), "where it began");
    let Running { feed, thread, .. } = running;
    drop(feed);
    thread.join().unwrap();
    assert_eq!(server.count(), 1);
}

#[test]
fn a_day_that_ends_in_quiet_is_summed_up() {
    let server = serve(|_| status(200, ""));
    let running = run(Target { most: 1, ..target(&server.url) });
    running.feed.assign(0, 0);
    running.say(0, "a 1 open 1");
    running.say(1, "b 1 open 1");
    running.say(2, "c 1 open 1");
    running.committed(3);
    assert_eq!(running.counts(), [("delivered", 1), ("suppressed_by_limit", 2)]);
    running.set(day(1));
    soon("the summary", || (server.count() == 2).then_some(()));
    let body = server.got.lock().unwrap()[1].body.clone();
    assert_eq!(body, r#"{"day":"2024-09-01","event":"summary","left_out":2,"rule":"r"}"#);
    running.end();
}

#[test]
fn answers_without_end_are_not_read_to_it() {
    let server = serve(|_| Some(format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(8 << 20))));
    let running = run(target(&server.url));
    running.feed.assign(0, 0);
    running.say(0, "a 1 open 1");
    running.say(1, "b 1 open 1");
    running.committed(2);
    assert_eq!(running.counts(), [("delivered", 2)]);
    running.end();
}
