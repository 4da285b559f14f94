//! One attempt over HTTP: no redirects, bounded in time and in what is read.

use std::io::Read;

use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Error};

use super::message::Request;
use super::retry::{Answer, Why, answer};
use super::target::Target;
use crate::model::EventTime;

/// Most bytes of an answer's body that are read, to be able to use the connection again; none is kept.
const BODY: u64 = 64 * 1024;
/// Most bytes of an answer's head.
const HEAD: usize = 32 * 1024;

/// Calls one target. Proxies are those of the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`).
pub(super) struct Client {
    agent: Agent,
    target: Target,
}

impl Client {
    pub(super) fn new(target: Target) -> Self {
        let tls = TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(RootCerts::PlatformVerifier).build();
        let agent = Agent::config_builder()
            .timeout_global(Some(target.timeout))
            .tls_config(tls)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_response_header_size(HEAD)
            .max_idle_connections(1)
            .user_agent(concat!("tidewaiter/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Self { agent, target }
    }

    pub(super) fn post(&self, request: &Request, now: EventTime) -> Answer {
        let call = request
            .headers
            .iter()
            .fold(self.agent.post(self.target.endpoint.as_str()), |call, (name, value)| call.header(*name, value));
        match call.send(&request.body) {
            Ok(response) => {
                let after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
                let said = answer(response.status().as_u16(), after, now);
                // What the target says counts, also when the rest of it does not come.
                let _ = std::io::copy(&mut response.into_body().into_reader().take(BODY), &mut std::io::sink());
                said
            }
            Err(error) => Answer::Again { why: why(&error), after: None },
        }
    }
}

/// The kind of a failure; its text may hold the address and is not told.
fn why(error: &Error) -> Why {
    match error {
        Error::Timeout(_) => Why::Timeout,
        Error::HostNotFound => Why::Name,
        Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => Why::Timeout,
        Error::Io(_) | Error::ConnectionFailed | Error::ConnectProxyFailed(_) => Why::Connection,
        Error::Tls(_) | Error::NativeTls(_) | Error::Pem(_) | Error::Der(_) => Why::Tls,
        _ => Why::Protocol,
    }
}
