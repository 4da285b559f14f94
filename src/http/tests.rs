//! The endpoints over real sockets, asked by a client written by hand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::*;
use crate::model::Secret;

const TOKEN: &str = "tide-table-of-1897";

/// The endpoints, served by a thread of their own.
struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Result<(), HttpError>>,
}

impl Server {
    fn start(bounds: Bounds, surface: Arc<dyn Surface>, token: Option<Token>) -> Self {
        let listener = bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            let shutdown = async { _ = stopped.await };
            let served = runtime.block_on(serve_within(bounds, listener, surface, token, shutdown));
            runtime.shutdown_background();
            served
        });
        Self { address, stop, thread }
    }

    /// Stops, waiting a few seconds at most, and says how it ended.
    fn stop(self) -> Result<(), HttpError> {
        self.stop.send(()).unwrap();
        self.thread.join().unwrap()
    }
}

/// A surface that says what a test wants.
#[derive(Default)]
struct Fake {
    /// Metrics larger than what sockets buffer.
    long: bool,
    dead: Vec<String>,
    behind: Vec<String>,
    problems: Vec<String>,
    /// While shut, a reload waits.
    gate: Mutex<bool>,
    opened: Condvar,
    reloading: AtomicBool,
}

impl Fake {
    fn shut(self) -> Self {
        *self.gate.lock().unwrap() = true;
        self
    }

    fn open(&self) {
        *self.gate.lock().unwrap() = false;
        self.opened.notify_all();
    }
}

impl Surface for Fake {
    fn metrics(&self) -> Result<String, String> {
        let line = "# TYPE tidewaiter_alerts gauge\n";
        Ok(if self.long { line.repeat(1 << 20) } else { line.to_owned() })
    }

    fn health(&self) -> Vec<String> {
        assert!(self.dead.first().is_none_or(|line| line != "panic"), "asked to");
        self.dead.clone()
    }

    fn readiness(&self) -> Vec<String> {
        self.behind.clone()
    }

    fn version(&self) -> Version {
        Version { version: "0.1.0".into(), config: "sha256:00".into() }
    }

    fn reload(&self) -> Result<String, Vec<String>> {
        self.reloading.store(true, Ordering::SeqCst);
        let gate = self.gate.lock().unwrap();
        drop(self.opened.wait_while(gate, |shut| *shut).unwrap());
        if self.problems.is_empty() { Ok("sha256:01".into()) } else { Err(self.problems.clone()) }
    }
}

fn start(fake: Fake) -> (Server, Arc<Fake>) {
    start_with(fake, Some(Token::new(Secret::new(TOKEN.as_bytes()).unwrap()).unwrap()))
}

fn start_with(fake: Fake, token: Option<Token>) -> (Server, Arc<Fake>) {
    let fake = Arc::new(fake);
    let surface: Arc<dyn Surface> = Arc::clone(&fake) as _;
    (Server::start(Bounds::STATED, surface, token), fake)
}

/// With bounds that a test can wait for.
fn start_within(connections: usize) -> Server {
    let bounds = Bounds { connections, head: Duration::from_millis(400), write: Duration::from_millis(400) };
    let surface: Arc<dyn Surface> = Arc::new(Fake { long: true, ..Fake::default() });
    Server::start(bounds, surface, None)
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Everything the server says until it closes; what it said before a reset counts.
fn rest(mut stream: TcpStream) -> String {
    let mut out = Vec::new();
    let _ = stream.read_to_end(&mut out);
    String::from_utf8(out).unwrap()
}

fn raw(server: &Server, request: &str) -> String {
    let mut stream = connect(server);
    stream.write_all(request.as_bytes()).unwrap();
    rest(stream)
}

/// Status, head in lower case, body.
fn ask(server: &Server, line: &str, headers: &str) -> (u16, String, String) {
    let answer = raw(server, &format!("{line} HTTP/1.1\r\nhost: here.example\r\n{headers}\r\n"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_lowercase(), body.to_owned())
}

fn status(server: &Server, line: &str, headers: &str) -> u16 {
    ask(server, line, headers).0
}

fn bearer() -> String {
    format!("authorization: Bearer {TOKEN}\r\n")
}

#[test]
fn metrics_health_and_readiness_need_no_token() {
    let (server, _) = start(Fake::default());
    let (status, head, body) = ask(&server, "GET /metrics", "");
    assert_eq!((status, body.as_str()), (200, "# TYPE tidewaiter_alerts gauge\n"));
    assert!(head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    assert!(head.contains("connection: close"), "{head}");
    assert_eq!(ask(&server, "GET /healthz", "").2, "ok\n");
    assert_eq!(ask(&server, "GET /readyz", "").2, "ready");
    server.stop().unwrap();
}

#[test]
fn what_is_dead_or_behind_is_said_with_503() {
    let dead = vec!["engine shard 3 has ended: log truncated".to_owned(), "webhook siem has ended".to_owned()];
    let (server, _) = start(Fake { dead, behind: vec!["shard 3 is 41 records behind".into()], ..Fake::default() });
    let (status, _, body) = ask(&server, "GET /healthz", "");
    assert_eq!((status, body.as_str()), (503, "engine shard 3 has ended: log truncated\nwebhook siem has ended\n"));
    let (status, _, body) = ask(&server, "GET /readyz", "");
    assert_eq!((status, body.as_str()), (503, r#"["shard 3 is 41 records behind"]"#));
}

#[test]
fn a_surface_that_panics_is_answered_500_and_the_next_is_answered_too() {
    let (server, _) = start(Fake { dead: vec!["panic".into()], ..Fake::default() });
    assert_eq!(status(&server, "GET /healthz", ""), 500);
    assert_eq!(status(&server, "GET /readyz", ""), 200);
}

#[test]
fn everything_else_needs_the_token() {
    let (server, fake) = start(Fake::default());
    let wrong = "authorization: Bearer tide-table-of-1898\r\n".to_owned();
    let basic = format!("authorization: Basic {TOKEN}\r\n");
    for headers in [String::new(), wrong, basic] {
        for line in ["POST /reload", "GET /version", "GET /nowhere", "GET /metrics/", "GET //metrics"] {
            let (status, head, _) = ask(&server, line, &headers);
            assert_eq!(status, 401, "{line} with {headers}");
            assert!(head.contains("www-authenticate: bearer realm=\"tidewaiter\""), "{head}");
        }
    }
    assert!(!fake.reloading.load(Ordering::SeqCst));
    assert_eq!(ask(&server, "GET /version", &bearer()).2, r#"{"config":"sha256:00","version":"0.1.0"}"#);
    assert_eq!(status(&server, "GET /nowhere", &bearer()), 404);
    assert_eq!(status(&server, "GET /reload", &bearer()), 405);
    assert_eq!(status(&server, "POST /metrics", ""), 405);
}

#[test]
fn without_a_token_configured_what_it_would_guard_is_closed() {
    let (server, fake) = start_with(Fake::default(), None);
    for line in ["POST /reload", "GET /version", "GET /nowhere"] {
        let (status, _, body) = ask(&server, line, &bearer());
        assert_eq!((status, body.as_str()), (403, "closed: no token is configured\n"), "{line}");
    }
    assert!(!fake.reloading.load(Ordering::SeqCst));
    assert_eq!(status(&server, "GET /metrics", ""), 200);
}

#[test]
fn a_reload_says_the_new_digest_or_every_problem() {
    let (server, _) = start(Fake::default());
    let (status, _, body) = ask(&server, "POST /reload", &bearer());
    assert_eq!((status, body.as_str()), (200, r#"{"config":"sha256:01"}"#));
    let problems = vec!["a.yaml:1:1: rule needs \"id\"".to_owned(), "b.yaml:2:3: not YAML".to_owned()];
    let (server, _) = start(Fake { problems, ..Fake::default() });
    let (status, _, body) = ask(&server, "POST /reload", &bearer());
    assert_eq!((status, body.as_str()), (422, "a.yaml:1:1: rule needs \"id\"\nb.yaml:2:3: not YAML\n"));
}

#[test]
fn one_reload_at_a_time_also_when_its_client_has_left() {
    let (server, fake) = start(Fake::default().shut());
    let mut first = connect(&server);
    first.write_all(format!("POST /reload HTTP/1.1\r\nhost: h\r\n{}\r\n", bearer()).as_bytes()).unwrap();
    while !fake.reloading.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
    assert_eq!(status(&server, "POST /reload", &bearer()), 409);
    assert_eq!(status(&server, "GET /healthz", ""), 200);
    drop(first);
    assert_eq!(status(&server, "POST /reload", &bearer()), 409);
    fake.open();
    let again = (0..1_000).map(|_| status(&server, "POST /reload", &bearer())).find(|status| *status != 409);
    assert_eq!(again, Some(200));
}

#[test]
fn large_requests_are_refused_before_they_are_read() {
    let (server, _) = start(Fake::default());
    let (status, _, _) = ask(&server, "POST /reload", &format!("{}content-length: 8193\r\n", bearer()));
    assert_eq!(status, 413);
    let mut stream = connect(&server);
    let endless = format!("GET /metrics HTTP/1.1\r\nx: {}", "a".repeat(2 * REQUEST_BYTES));
    // The server may close while we still write.
    let _ = stream.write_all(endless.as_bytes());
    let answer = rest(stream);
    assert!(!answer.contains("200 OK"), "{answer}");
    assert_eq!(ask(&server, "GET /healthz", "").0, 200);
}

#[test]
fn what_is_not_http_is_refused() {
    let (server, _) = start(Fake::default());
    assert!(raw(&server, "\u{16}\u{3}\u{1} hello\r\n\r\n").starts_with("HTTP/1.1 400"));
    assert_eq!(ask(&server, "GET /healthz", "").0, 200);
}

#[test]
fn clients_slow_to_ask_block_nobody_and_are_dropped_in_time() {
    let server = start_within(20);
    let slow = |_| {
        let mut stream = connect(&server);
        stream.write_all(b"GET /metrics HTTP/1.1\r\n").unwrap();
        stream
    };
    let slow: Vec<_> = (0..19).map(slow).collect();
    assert_eq!(status(&server, "GET /healthz", ""), 200);
    // Every slot taken: the next is answered as soon as the slow ones are dropped.
    let last = connect(&server);
    assert_eq!(status(&server, "GET /healthz", ""), 200);
    assert!(slow.into_iter().chain([last]).map(rest).all(|answer| answer.is_empty()));
}

#[test]
fn a_client_that_drips_its_request_is_dropped_in_time() {
    let server = start_within(1);
    let mut drip = connect(&server);
    let written = (0..1_000).take_while(|_| {
        std::thread::sleep(Duration::from_millis(5));
        drip.write_all(b"a").is_ok()
    });
    assert!(written.count() < 1_000);
    assert_eq!(status(&server, "GET /healthz", ""), 200);
}

#[test]
fn a_client_slow_to_read_is_dropped_in_time() {
    let server = start_within(1);
    let mut slow = connect(&server);
    slow.write_all(b"GET /metrics HTTP/1.1\r\nhost: h\r\n\r\n").unwrap();
    // The only slot: it is free again once the slow reader is dropped.
    assert_eq!(status(&server, "GET /healthz", ""), 200);
    assert!(rest(slow).len() < 29 << 20);
}

#[test]
fn stopping_waits_for_nobody_and_frees_the_port() {
    let (server, _) = start(Fake::default());
    let address = server.address;
    let _idle = connect(&server);
    assert!(!server.thread.is_finished());
    server.stop().unwrap();
    assert!(TcpStream::connect(address).is_err());
    let taken = bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert!(bind(&address).unwrap_err().to_string().starts_with(&format!("cannot listen on {address}: ")));
}
