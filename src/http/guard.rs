//! Who may do what: one bearer token guards everything but the paths that probes and scrapers ask.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::BODY_BYTES;
use super::slots::Caller;
use crate::model::Secret;

/// Paths that need no token.
const OPEN: [&str; 3] = ["/metrics", "/healthz", "/readyz"];
/// Fewest bytes of a token.
const LEAST: usize = 16;

/// A token that cannot serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// It can be guessed.
    #[error("a token must be at least {LEAST} bytes long, got {0}")]
    Short(usize),
    /// It cannot stand in a header.
    #[error("a token must be of printable ASCII characters without spaces")]
    Characters,
}

/// What callers must show. Debug output shows nothing of it.
#[derive(Clone, Debug)]
pub struct Token(Secret);

impl Token {
    /// At least 16 printable ASCII characters without spaces.
    pub fn new(secret: Secret) -> Result<Self, InvalidToken> {
        match secret.bytes() {
            short if short.len() < LEAST => Err(InvalidToken::Short(short.len())),
            bytes if !bytes.iter().all(u8::is_ascii_graphic) => Err(InvalidToken::Characters),
            _ => Ok(Self(secret)),
        }
    }

    /// Whether the two are equal, found out in a time that does not depend on where they differ: tags under both are
    /// compared, by a function made for that.
    fn is(&self, shown: &[u8]) -> bool {
        let tag = |key: &[u8]| Hmac::<Sha256>::new_from_slice(key).map(|mac| mac.chain_update(b"tidewaiter token"));
        match (tag(self.0.bytes()), tag(shown)) {
            (Ok(ours), Ok(theirs)) => theirs.verify(&ours.finalize().into_bytes()).is_ok(),
            _ => false,
        }
    }
}

/// The token of `Authorization: Bearer …`.
fn shown(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().as_bytes())
}

/// Runs before every answer: the head has been read; may this caller go on?
pub(super) async fn guard(State(token): State<Option<Token>>, request: Request, next: Next) -> Response {
    if let Some(caller) = request.extensions().get::<axum::extract::ConnectInfo<Caller>>() {
        caller.0.head_is_read();
    }
    let mut response = match stopped(token.as_ref(), &request) {
        Some(response) => response,
        None => next.run(request).await,
    };
    // One request a connection: nobody keeps a place without asking for anything.
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The answer to whoever may not go on.
fn stopped(token: Option<&Token>, request: &Request) -> Option<Response> {
    let open = OPEN.contains(&request.uri().path());
    let allowed = match token {
        _ if open => true,
        None => return Some((StatusCode::FORBIDDEN, "closed: no token is configured\n").into_response()),
        Some(token) => shown(request.headers()).is_some_and(|shown| token.is(shown)),
    };
    if !allowed {
        let asks = [(WWW_AUTHENTICATE, "Bearer realm=\"tidewaiter\"")];
        return Some((StatusCode::UNAUTHORIZED, asks, "the bearer token is missing or wrong\n").into_response());
    }
    let announced = request.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse::<u64>().ok()?;
    let text = format!("a body of at most {BODY_BYTES} bytes may be sent, {announced} were announced\n");
    (announced > BODY_BYTES).then(|| (StatusCode::PAYLOAD_TOO_LARGE, text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Result<Token, InvalidToken> {
        Token::new(Secret::new(text.as_bytes()).unwrap())
    }

    #[test]
    fn only_the_whole_token_is_the_token() {
        let token = token("tide-table-of-1897").unwrap();
        assert!(token.is(b"tide-table-of-1897"));
        for other in ["", "tide-table-of-189", "tide-table-of-18970", "Tide-table-of-1897"] {
            assert!(!token.is(other.as_bytes()), "{other}");
        }
        assert_eq!(format!("{token:?}"), "Token(Secret(…))");
    }

    #[test]
    fn tokens_that_are_short_or_hold_spaces_are_refused() {
        assert_eq!(token("short").unwrap_err().to_string(), "a token must be at least 16 bytes long, got 5");
        assert_eq!(token("sixteen and more characters").unwrap_err(), InvalidToken::Characters);
    }
}
