//! A person's browser: cookies, redirects, forms, and nothing else.

use http::{HeaderValue, StatusCode, header};

use crate::exchange::{Exchange, get, post};
use crate::html::{self, Form};
use crate::world::World;

/// A browser. Cookies are kept by name, as one host keeps them.
pub struct Browser<'w> {
    world: &'w World,
    cookies: Vec<(String, String)>,
    /// What every request of it says beside.
    pub headers: Vec<(&'static str, &'static str)>,
}

/// Where a browser ended up.
#[derive(Debug)]
pub enum Arrival {
    /// On a page of the server.
    Page(Exchange),
    /// At the application: the answer that sent it there.
    Application(Exchange),
}

impl Arrival {
    /// The answer that led to the application.
    ///
    /// # Panics
    /// When a page is shown instead.
    #[track_caller]
    pub fn at_application(self) -> Exchange {
        match self {
            Self::Application(exchange) => exchange,
            Self::Page(page) => panic!("a page is shown: {page:?}"),
        }
    }

    /// The page that is shown.
    ///
    /// # Panics
    /// When the browser was sent to the application.
    #[track_caller]
    pub fn page(self) -> Exchange {
        match self {
            Self::Page(page) => page,
            Self::Application(exchange) => panic!("the browser was sent to {}", exchange.location()),
        }
    }
}

impl<'w> Browser<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        Self { world, cookies: Vec::new(), headers: Vec::new() }
    }

    /// Another browser with the same cookies.
    #[must_use]
    pub fn copied(&self) -> Self {
        Self { world: self.world, cookies: self.cookies.clone(), headers: self.headers.clone() }
    }

    /// The value of a cookie whose name ends so.
    pub fn cookie(&self, ending: &str) -> Option<&str> {
        self.cookies.iter().find(|(name, _)| name.ends_with(ending)).map(|(_, value)| value.as_str())
    }

    /// The names of the cookies it holds.
    pub fn cookie_names(&self) -> Vec<&str> {
        self.cookies.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Puts a cookie in by hand.
    pub fn plant(&mut self, name: &str, value: &str) {
        self.cookies.retain(|(known, _)| known != name);
        self.cookies.push((name.to_owned(), value.to_owned()));
    }

    /// A request as this browser sends it: with its cookies, and what it says beside.
    ///
    /// # Panics
    /// When a cookie is not ASCII.
    #[must_use]
    pub fn dressed(&self, mut request: http::Request<bytes::Bytes>) -> http::Request<bytes::Bytes> {
        if !self.cookies.is_empty() {
            let line = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
                .join("; ");
            request
                .headers_mut()
                .insert(header::COOKIE, HeaderValue::from_str(&line).expect("cookies are ASCII"));
        }
        for (name, value) in &self.headers {
            request.headers_mut().insert(*name, HeaderValue::from_static(value));
        }
        request
    }

    /// One request, no redirect followed.
    pub async fn once(&mut self, request: http::Request<bytes::Bytes>) -> Exchange {
        let exchange = self.world.send(self.dressed(request)).await;
        self.keep(&exchange);
        exchange
    }

    /// Keeps the cookies of an answer.
    ///
    /// # Panics
    /// When a cookie is not one as the server sets them.
    pub fn keep(&mut self, exchange: &Exchange) {
        for line in exchange.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().expect("cookies are ASCII");
            let (pair, attributes) = line.split_once(';').expect("a cookie has attributes");
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            self.cookies.retain(|(known, _)| known != name);
            if !attributes.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    /// A request, and every redirect that stays on the server.
    ///
    /// # Panics
    /// After twenty redirects.
    pub async fn follow(&mut self, request: http::Request<bytes::Bytes>) -> Arrival {
        let exchange = self.once(request).await;
        self.arrive(exchange).await
    }

    /// The form of a page of another site, which comes without the cookies of this one (RFC 6265bis §8.8.2,
    /// SameSite=Lax), and every redirect that stays on the server, which comes with them.
    ///
    /// # Panics
    /// After twenty redirects.
    pub async fn follow_from_elsewhere(&mut self, form: http::Request<bytes::Bytes>) -> Arrival {
        let exchange = self.world.send(form).await;
        self.keep(&exchange);
        self.arrive(exchange).await
    }

    async fn arrive(&mut self, mut exchange: Exchange) -> Arrival {
        for _ in 0..20 {
            if exchange.status != StatusCode::SEE_OTHER {
                return Arrival::Page(exchange);
            }
            let Some(next) = self.world.own(exchange.location()) else {
                return Arrival::Application(exchange);
            };
            exchange = self.once(get(&next)).await;
        }
        panic!("the server sends the browser in circles")
    }

    /// Opens an address.
    pub async fn open(&mut self, url: &str) -> Arrival {
        self.follow(get(url)).await
    }

    /// Sends the form of a page.
    pub async fn submit(&mut self, page: &Exchange, fields: &[(&str, &str)]) -> Arrival {
        self.follow(self.filled(page, fields)).await
    }

    /// The request that the form of a page makes.
    ///
    /// # Panics
    /// When there is no form.
    pub fn filled(&self, page: &Exchange, fields: &[(&str, &str)]) -> http::Request<bytes::Bytes> {
        let Form { action, mut hidden } =
            html::form(&page.body).unwrap_or_else(|| panic!("no form: {page:?}"));
        hidden.retain(|(name, _)| !fields.iter().any(|(field, _)| field == name));
        hidden.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        post(&self.world.own(&action).expect("a form of ours stays here"), &hidden)
    }

    /// Fills in the login page.
    pub async fn log_in(&mut self, page: &Exchange, username: &str, password: &str) -> Arrival {
        self.submit(page, &[("username", username), ("password", password), ("decision", "submit")]).await
    }

    /// Walks an authorization request to its end: signs in where asked, agrees where asked.
    ///
    /// # Panics
    /// When a page comes that is neither.
    pub async fn walk(&mut self, url: &str, username: &str, password: &str) -> Exchange {
        let mut arrival = self.open(url).await;
        for _ in 0..4 {
            let page = match arrival {
                Arrival::Application(exchange) => return exchange,
                Arrival::Page(page) => page,
            };
            arrival = if page.body.contains("royaume-login") {
                self.log_in(&page, username, password).await
            } else if page.body.contains("royaume-consent") {
                self.submit(&page, &[("decision", "allow")]).await
            } else {
                panic!("neither login nor consent: {page:?}")
            };
        }
        panic!("the server never stops asking")
    }
}
