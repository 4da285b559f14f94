//! An instance as it is asked over HTTP. In: a port; out: metrics by name and labels, answers of guarded paths. It knows
//! nothing of what they mean.

use crate::ports::free_port;

/// What guards everything but metrics and health.
pub const TOKEN: &str = "an-invented-token-of-tests";

pub struct Surface {
    port: u16,
}

impl Surface {
    pub fn new() -> Self {
        Self { port: free_port() }
    }

    /// The line of a settings file, with the token in the file `token` beside it.
    pub fn settings(&self) -> String {
        format!("http: {{ listen: \"127.0.0.1:{}\", token_file: token }}\n", self.port)
    }

    /// The same without a token: what is guarded is open to nobody.
    pub fn open_settings(&self) -> String {
        format!("http: {{ listen: \"127.0.0.1:{}\" }}\n", self.port)
    }

    /// Status and body; status 0 where nobody answers.
    pub fn get(&self, path: &str, token: &str) -> (u16, String) {
        let request = ureq::get(self.url(path)).header("Authorization", format!("Bearer {token}"));
        said(request.config().http_status_as_error(false).build().call())
    }

    /// The same of a call without a body.
    pub fn post(&self, path: &str, token: &str) -> (u16, String) {
        let request = ureq::post(self.url(path)).header("Authorization", format!("Bearer {token}"));
        said(request.config().http_status_as_error(false).build().send_empty())
    }

    /// The sum of all series of this name whose labels hold the text; nought where there is none, or nobody answers.
    pub fn metric(&self, name: &str, label: &str) -> f64 {
        let (_, text) = self.get("/metrics", "");
        let of_name = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        let lines = text.lines().filter(of_name).filter(|line| label.split(',').all(|label| line.contains(label)));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

fn said(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> (u16, String) {
    match answer {
        Ok(mut answer) => (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap_or_default()),
        Err(error) => (0, error.to_string()),
    }
}
