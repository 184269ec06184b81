//! A person's way through the pages: at its end there is a session, a consent that is remembered, and a code.

use std::net::SocketAddr;

use royaume_protocol::parameters::encode;

use crate::Failure;
use crate::http::{self, Answer, Connection};
use crate::served::{CALLBACK, PASSWORD, PERSON};

/// More pages than there are between an authorization request and its answer.
const PAGES: usize = 12;

/// A browser on its way, one answer at a time.
pub(crate) struct Walk {
    server: SocketAddr,
    target: String,
    jar: Vec<(String, String)>,
    pages: usize,
    /// What it asks next.
    pub(crate) request: Vec<u8>,
}

impl Walk {
    /// Sets out, without a cookie.
    pub(crate) fn begin(server: SocketAddr, authorization: &str) -> Self {
        Self {
            server,
            target: authorization.to_owned(),
            jar: Vec::new(),
            pages: 0,
            request: http::get(server, authorization, ""),
        }
    }

    /// The cookies that it has: a header field, complete.
    pub(crate) fn cookies(&self) -> String {
        let cookies: Vec<_> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("cookie: {}\r\n", cookies.join("; "))
    }

    /// Follows an answer, as a browser does. The code, once it is back at the application.
    pub(crate) fn hear(&mut self, answer: &Answer<'_>) -> Result<Option<String>, Failure> {
        self.pages += 1;
        if self.pages > PAGES {
            return Err("the pages lead round in a circle".into());
        }
        for cookie in answer.fields("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').ok_or("a cookie without a name")?;
            self.jar.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.jar.push((name.to_owned(), value.to_owned()));
            }
        }
        let cookies = self.cookies();
        self.request = match (answer.status, answer.field("location")) {
            (303, Some(location)) if location.starts_with(CALLBACK) => {
                let (_, rest) = location.split_once("code=").ok_or_else(|| Failure::from(location))?;
                return Ok(rest.split('&').next().map(str::to_owned));
            }
            (303, Some(location)) => {
                self.target = location.trim_start_matches(&format!("http://{}", self.server)).to_owned();
                http::get(self.server, &self.target, &cookies)
            }
            (200, _) => {
                let page = std::str::from_utf8(answer.body)?;
                let action = action(page).unwrap_or_else(|| self.target.clone());
                http::post(self.server, &action, &cookies, &filled(page))
            }
            (status, _) => {
                return Err(format!("{} answers {status} to somebody who signs in", self.target).into());
            }
        };
        Ok(None)
    }
}

/// Follows an authorization request to the application. Says the cookies that are left: a header field, complete.
pub(crate) fn sign_in(server: SocketAddr, authorization: &str) -> Result<String, Failure> {
    let mut connection = Connection::open(server)?;
    let mut walk = Walk::begin(server, authorization);
    loop {
        let request = walk.request.clone();
        if walk.hear(&connection.exchange(&request)?)?.is_some() {
            return Ok(walk.cookies());
        }
    }
}

/// Where the form of a page leads.
fn action(page: &str) -> Option<String> {
    let (_, form) = page.split_once("<form method=\"post\"")?;
    let (_, form) = form.split_once(" action=\"")?;
    Some(plain(form.split_once('"')?.0))
}

/// The form of a page, filled in: its hidden fields, and whatever else one of the two pages asks for.
fn filled(page: &str) -> String {
    let mut pairs = Vec::new();
    for field in page.split("<input type=\"hidden\" name=\"").skip(1) {
        let (name, rest) = field.split_once('"').unwrap_or_default();
        let value = rest.trim_start_matches(" value=\"").split('"').next().unwrap_or_default();
        pairs.push((name.to_owned(), plain(value)));
    }
    let asked: &[(&str, &str)] = if page.contains("id=\"royaume-login\"") {
        &[("username", PERSON), ("password", PASSWORD), ("decision", "submit")]
    } else {
        &[("decision", "allow")]
    };
    pairs.extend(asked.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    encode(&pairs)
}

/// Text as it was before it was escaped for a page.
fn plain(escaped: &str) -> String {
    escaped.replace("&#38;", "&").replace("&amp;", "&")
}
