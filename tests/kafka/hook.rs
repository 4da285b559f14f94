//! Somebody who is sent webhooks: slow, failing or well, by a seed. In: requests; out: their bodies. It knows nothing of
//! what they should say.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::invented::Random;

pub struct Hook {
    pub url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    head: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Heard {
    /// A header; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let found = self.head.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Hook {
    /// One that takes everything at once.
    pub fn well() -> Self {
        Self::start(0, usize::MAX)
    }

    /// Of `of` answers one is slow and two are failures.
    pub fn start(seed: u64, of: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let heard = Arc::<Mutex<Vec<Heard>>>::default();
        let told = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut random = Random(seed);
            for stream in listener.incoming().flatten() {
                let (told, mood) = (Arc::clone(&told), random.below(of));
                std::thread::spawn(move || drop(answer(stream, &told, mood)));
            }
        });
        Self { url, heard }
    }

    /// What was taken, and what was refused: either was told.
    pub fn heard(&self) -> Vec<Value> {
        self.requests().iter().map(Heard::json).collect()
    }

    /// The same with their headers.
    pub fn requests(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

fn answer(stream: TcpStream, told: &Mutex<Vec<Heard>>, mood: usize) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream);
    let (mut length, mut head) = (0, Vec::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap();
            }
            head.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    told.lock().unwrap().push(Heard { head, body });
    if mood == 0 {
        std::thread::sleep(Duration::from_millis(1_500));
    }
    let status = if mood == 1 || mood == 2 { "503 Service Unavailable" } else { "200 OK" };
    write!(reader.into_inner(), "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}
