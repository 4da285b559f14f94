//! What an instance says over HTTP. In: a port; out: answers, metrics as numbers; knows nothing of what they mean.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::ports::free_port;

pub struct Endpoint {
    port: u16,
}

impl Endpoint {
    pub fn free() -> Self {
        Self { port: free_port() }
    }

    /// The line of settings that opens it.
    pub fn settings(&self) -> String {
        format!("http: {{ listen: 127.0.0.1:{} }}", self.port)
    }

    /// Status and body; `None` where nobody answers.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// A metric by its name and one of its labels, as written: `source="a"`. All series that have it are added up.
    pub fn metric(&self, name: &str, label: &str) -> Option<f64> {
        let (_, body) = self.get("/metrics")?;
        let series = body.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('{')?.split_once("} "));
        let found: Vec<f64> = series.filter(|(l, _)| l.contains(label)).map(|(_, v)| v.parse().unwrap()).collect();
        (!found.is_empty()).then(|| found.iter().sum())
    }
}
