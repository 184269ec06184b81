//! An answer as somebody pastes it: an error body, a callback, a status, what `curl -i` printed, or a line of a log.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Answerer, Diagnoses};

/// What can be seen of an answer. No secret is in it: of an address it keeps the host, the path and the realm.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Observed {
    /// Who gave it.
    pub from: Option<Answerer>,
    /// HTTP status.
    pub status: Option<u16>,
    /// The code of an error response.
    pub error: Option<String>,
    /// The code of an API's own.
    pub code: Option<String>,
    /// What a browser brought back.
    pub callback: Option<Callback>,
    /// The host of an address, in lower case.
    pub host: Option<String>,
    /// The path of an address and its realm, in lower case.
    pub path: Option<String>,
    /// What the body is.
    pub body: Option<Body>,
    /// What was said, in lower case: to look for words in, and never to show.
    #[serde(skip)]
    pub text: String,
}

/// What a browser brought back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Callback {
    /// A code.
    Code,
    /// `state`, and neither code nor error.
    StateOnly,
    /// An error.
    Error,
}

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON.
    Json,
    /// A page.
    Html,
    /// Anything else.
    Text,
}

/// No longer text is looked at.
const LONGEST: usize = 64 * 1024;

impl Observed {
    /// Sees what there is to see in a text. It never fails: what says nothing is seen as a text that says nothing.
    pub fn read(text: &str, known: &Diagnoses) -> Observed {
        let end = text.char_indices().map(|(at, _)| at).find(|at| *at >= LONGEST).unwrap_or(text.len());
        let text = text[..end].trim();
        let mut observed = Observed { text: text.to_lowercase(), ..Observed::default() };
        if let Some(rest) = text.strip_prefix("HTTP/") {
            observed.response(rest, known);
        } else if !observed.bare_status(text) && !observed.address(text) && !observed.query(text) {
            observed.content(text, known);
        }
        observed
    }

    /// A status line, headers, and a body.
    fn response(&mut self, text: &str, known: &Diagnoses) {
        let text = text.replace("\r\n", "\n");
        // A response may follow another, as where curl follows a redirect: the last one counts.
        let text = text.rsplit_once("\n\nHTTP/").map_or(text.as_str(), |(_, last)| last);
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split_whitespace().nth(1));
        self.status = status.and_then(|status| status.parse().ok());
        for line in lines {
            let Some((name, value)) = line.split_once(':') else { continue };
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
            match name.as_str() {
                "location" => {
                    if let Some((_, query)) = value.split_once(['?', '#']) {
                        self.query(query);
                    }
                }
                "www-authenticate" => {
                    self.from = self.from.or(Some(Answerer::Api));
                    if let Some((_, error)) = value.split_once("error=") {
                        let word = error.trim_start_matches('"').split(['"', ',', ' ']).next();
                        self.error = word.map(str::to_owned);
                    }
                }
                name if name.starts_with("x-ratelimit-") => self.from = self.from.or(Some(Answerer::Api)),
                _ => {}
            }
        }
        self.content(body.trim(), known);
    }

    fn bare_status(&mut self, text: &str) -> bool {
        let number = text.strip_prefix("HTTP ").unwrap_or(text);
        self.status = (number.len() == 3)
            .then(|| number.parse().ok())
            .flatten()
            .filter(|status| (100..600).contains(status));
        self.status.is_some()
    }

    /// A callback, or an address that was called.
    fn address(&mut self, text: &str) -> bool {
        if text.contains(char::is_whitespace) {
            return false;
        }
        let Ok(url) = url::Url::parse(text) else { return false };
        let Some(host) = url.host_str() else { return false };
        let called_back = url.query().or(url.fragment()).is_some_and(|query| self.query(query));
        if !called_back {
            let realm =
                url.query().and_then(|query| query.split('&').find(|pair| pair.starts_with("realm=")));
            let path = format!("{}?{}", url.path(), realm.unwrap_or_default()).to_lowercase();
            self.host = Some(host.to_lowercase());
            self.path = Some(path);
        }
        true
    }

    /// What a callback carries.
    fn query(&mut self, text: &str) -> bool {
        let text = text.trim_start_matches(['?', '#']);
        if text.contains(char::is_whitespace) || text.contains('{') {
            return false;
        }
        let pairs: Vec<_> = url::form_urlencoded::parse(text.as_bytes()).collect();
        let value =
            |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.to_string());
        self.callback = match (value("error"), value("code"), value("state")) {
            (Some(error), _, _) => {
                self.error = Some(error);
                Some(Callback::Error)
            }
            (None, Some(_), Some(_)) => Some(Callback::Code),
            (None, None, Some(_)) => Some(Callback::StateOnly),
            (None, _, None) => None,
        };
        if self.callback.is_some() {
            self.from = Some(Answerer::Authorization);
        }
        self.callback.is_some()
    }

    /// A body, or a text in which a known code may stand.
    fn content(&mut self, text: &str, known: &Diagnoses) {
        self.body = Some(match text {
            "" => Body::Empty,
            text if text.starts_with('<') => Body::Html,
            text => match serde_json::from_str::<Value>(text) {
                Ok(Value::Object(members)) => {
                    let word = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
                    self.error = word("error").or(self.error.take());
                    self.code = word("codeErreur").or(word("codeRetour"));
                    if self.code.is_some() {
                        self.from = Some(Answerer::Api);
                    }
                    let status = members.get("codeHttp").and_then(Value::as_u64);
                    self.status = self.status.or(status.and_then(|status| status.try_into().ok()));
                    Body::Json
                }
                Ok(_) => Body::Json,
                Err(_) => Body::Text,
            },
        });
        if self.body != Some(Body::Text) {
            return;
        }
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if self.error.is_none() {
            let said = |code: &&str| self.text.split(|c| !word(c)).any(|said| said == *code);
            self.error = known.error_codes().find(said).map(str::to_owned);
        }
        let names = self.text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'));
        let named = names.filter(|name| name.contains('.')).find(|name| {
            known
                .all
                .iter()
                .filter_map(|diagnosis| diagnosis.host.as_ref())
                .any(|host| name.contains(host.as_str()))
        });
        self.host = named.map(str::to_owned);
        // Beside nothing that says more, a text of its own is no body that rules anything out.
        if self.status.is_none() {
            self.body = None;
        }
    }
}
