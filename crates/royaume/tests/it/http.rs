//! A client that writes its own bytes: one connection per request, cookies by hand, and "no answer" as an answer.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use royaume_protocol::{Parameters, parameters};
use royaume_spec::html;
use serde_json::Value;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: String,
    pub(crate) body: String,
    cookies: Vec<String>,
    fields: Vec<(String, String)>,
}

impl Answer {
    /// A header, empty when absent.
    pub(crate) fn header(&self, wanted: &str) -> &str {
        let found = self.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    pub(crate) fn member(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }
}

/// The server went away before it had answered: what was asked may have happened or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoAnswer;

/// A person, and what they answer to the pages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person<'a> {
    pub(crate) username: &'a str,
    pub(crate) password: &'a str,
    /// `submit` or `cancel`.
    pub(crate) at_login: &'a str,
    /// `allow` or `deny`.
    pub(crate) at_consent: &'a str,
}

impl<'a> Person<'a> {
    /// A sample person, whose password is the same word, and who agrees to everything.
    pub(crate) fn named(username: &'a str) -> Self {
        Self { username, password: username, at_login: "submit", at_consent: "allow" }
    }
}

/// A browser, or a program.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    base: String,
    cookies: Vec<(String, String)>,
}

impl Caller {
    pub(crate) fn new(base: &str) -> Self {
        Self { base: base.to_owned(), cookies: Vec::new() }
    }

    /// The same caller, towards a server that has moved to another port.
    pub(crate) fn moved(&mut self, base: &str) {
        base.clone_into(&mut self.base);
    }

    pub(crate) fn get(&mut self, target: &str) -> Result<Answer, NoAnswer> {
        self.send("GET", target, None, "")
    }

    pub(crate) fn bearer(&mut self, target: &str, token: &str) -> Result<Answer, NoAnswer> {
        self.send("GET", target, None, &format!("Authorization: Bearer {token}\r\n"))
    }

    pub(crate) fn post<N: AsRef<str>, V: AsRef<str>>(
        &mut self,
        target: &str,
        pairs: &[(N, V)],
    ) -> Result<Answer, NoAnswer> {
        self.send("POST", target, Some(&parameters::encode(pairs)), "")
    }

    /// Walks an authorization request to its end, and returns the parameters of the callback.
    pub(crate) fn walk(&mut self, target: &str, username: &str) -> Result<Parameters, NoAnswer> {
        let callback = self.arrive(target, &Person::named(username))?;
        let query = callback.split_once('?').map_or("", |(_, query)| query);
        Ok(Parameters::parse(query.as_bytes()).unwrap())
    }

    /// Walks an authorization request to its end as that person would, and returns where it ends: at the application.
    pub(crate) fn arrive(&mut self, target: &str, person: &Person<'_>) -> Result<String, NoAnswer> {
        let mut answer = self.get(target)?;
        for _ in 0..10 {
            if answer.status == 303 {
                let location = answer.location.clone();
                if !location.starts_with('/') && !location.starts_with(&format!("{}/", self.base)) {
                    return Ok(location);
                }
                answer = self.get(&location)?;
                continue;
            }
            let form = html::form(&answer.body).unwrap_or_else(|| panic!("no form: {answer:?}"));
            let mut fields = form.hidden;
            let at_login = answer.body.contains("royaume-login");
            let decision = if at_login { person.at_login } else { person.at_consent };
            fields.extend([
                ("username".to_owned(), person.username.to_owned()),
                ("password".to_owned(), person.password.to_owned()),
                ("decision".to_owned(), decision.to_owned()),
            ]);
            answer = self.post(&form.action, &fields)?;
            assert!(!answer.body.contains("royaume-login"), "{} does not get in", person.username);
        }
        panic!("the server never stops asking")
    }

    fn send(
        &mut self,
        method: &str,
        target: &str,
        body: Option<&str>,
        more: &str,
    ) -> Result<Answer, NoAnswer> {
        let address = self.base.strip_prefix("http://").unwrap();
        let target = target.strip_prefix(&self.base).unwrap_or(target);
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let cookies =
            if cookies.is_empty() { String::new() } else { format!("Cookie: {}\r\n", cookies.join("; ")) };
        let length = body.map_or(String::new(), |body| {
            format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", body.len())
        });
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\nConnection: close\r\n{cookies}{length}{more}\r\n{}",
            body.unwrap_or_default()
        );
        let answer = exchange(address, &request).and_then(|text| parse(&text)).ok_or(NoAnswer)?;
        for line in &answer.cookies {
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !attributes.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(answer)
    }
}

fn exchange(address: &str, request: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    String::from_utf8(answer).ok()
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let fields: Vec<_> = lines.filter_map(|line| line.split_once(": ")).collect();
    let all = |wanted: &str| -> Vec<String> {
        let found = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| (*value).to_owned()).collect()
    };
    Some(Answer {
        status,
        location: all("location").pop().unwrap_or_default(),
        cookies: all("set-cookie"),
        body: body.to_owned(),
        fields: fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    })
}
