//! A person's way through the pages, once for each connection: at its end there is a session, and a consent that is
//! remembered.

use std::net::SocketAddr;

use royaume_protocol::parameters::encode;

use crate::Failure;
use crate::http::{self, Connection};
use crate::served::{CALLBACK, PASSWORD, PERSON};

/// More pages than there are between an authorization request and its answer.
const PAGES: usize = 12;

/// Follows an authorization request to the application, as a browser does. Says the cookies that are left: a header
/// field, complete.
pub(crate) fn sign_in(server: SocketAddr, authorization: &str) -> Result<String, Failure> {
    let mut connection = Connection::open(server)?;
    let mut jar: Vec<(String, String)> = Vec::new();
    let mut request = http::get(server, authorization, "");
    let mut target = authorization.to_owned();
    for _ in 0..PAGES {
        let answer = connection.exchange(&request)?;
        for cookie in answer.fields("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').ok_or("a cookie without a name")?;
            jar.retain(|(known, _)| known != name);
            if !value.is_empty() {
                jar.push((name.to_owned(), value.to_owned()));
            }
        }
        let cookies: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = format!("cookie: {}\r\n", cookies.join("; "));
        request = match (answer.status, answer.field("location")) {
            (303, Some(location)) if location.starts_with(CALLBACK) => {
                return if location.contains("code=") { Ok(cookies) } else { Err(location.into()) };
            }
            (303, Some(location)) => {
                target = location.trim_start_matches(&format!("http://{server}")).to_owned();
                http::get(server, &target, &cookies)
            }
            (200, _) => {
                let page = std::str::from_utf8(answer.body)?;
                http::post(server, &action(page).unwrap_or(target.clone()), &cookies, &filled(page))
            }
            (status, _) => return Err(format!("{target} answers {status} to somebody who signs in").into()),
        };
    }
    Err("the pages lead round in a circle".into())
}

/// Where the form of a page leads.
fn action(page: &str) -> Option<String> {
    let (_, form) = page.split_once("<form method=\"post\" action=\"")?;
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
