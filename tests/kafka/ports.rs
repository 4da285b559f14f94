//! Free loopback ports. Out: a port nobody listens on and this process has not handed out before; knows nothing of who
//! will listen.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the range from which systems take the near ends of connections: a client that keeps knocking at the port of
/// a killed broker must not become its own peer, nor anybody's connection sit on the port of one that restarts.
const FIRST: u32 = 12_000;
const COUNT: u32 = 18_000;

static TAKEN: AtomicU32 = AtomicU32::new(0);

/// A free port of 127.0.0.1; processes begin at different places, so that test runs side by side seldom meet.
pub fn free_port() -> u16 {
    let start = std::process::id().wrapping_mul(97);
    for _ in 0..COUNT {
        let step = TAKEN.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(FIRST + start.wrapping_add(step) % COUNT).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no free port between {FIRST} and {}", FIRST + COUNT);
}
