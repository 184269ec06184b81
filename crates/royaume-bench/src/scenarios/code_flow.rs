//! The authorization code flow with a session that exists already (RFC 6749 §4.1, OIDC Core §3.1): the browser's
//! request, the code in its answer, the application's request, the tokens. What is counted is the whole.

use std::net::SocketAddr;

use royaume_protocol::parameters::encode;

use crate::http::Answer;
use crate::load::{Caller, Callers};
use crate::served::{CALLBACK, Place};
use crate::sign_in::{Walk, sign_in};
use crate::{Failure, http};

/// A realm with people, as its application meets it.
pub(super) struct Application {
    server: SocketAddr,
    authorization: String,
    token: String,
    /// `client_id` and `client_secret`, as a form has them.
    credentials: String,
}

impl Application {
    pub(super) fn of(place: &Place, realm: &str, scope: &str) -> Result<Self, Failure> {
        let application = place.application(realm)?;
        let credentials =
            encode(&[("client_id", &application.client_id), ("client_secret", &application.client_secret)]);
        let asked = encode(&[
            ("response_type", "code"),
            ("client_id", &application.client_id),
            ("redirect_uri", CALLBACK),
            ("scope", scope),
            ("state", "an-unguessable-state-of-the-application"),
            ("nonce", "an-unguessable-nonce-of-the-application"),
        ]);
        Ok(Self {
            server: place.address,
            authorization: format!("{}?{asked}", place.path(realm, "authorization_endpoint")?),
            token: place.path(realm, "token_endpoint")?,
            credentials,
        })
    }

    pub(super) fn server(&self) -> SocketAddr {
        self.server
    }

    /// Somebody who sets out to sign in.
    pub(super) fn newcomer(&self) -> Walk {
        Walk::begin(self.server, &self.authorization)
    }

    /// The request that redeems a code.
    pub(super) fn redeem_code(&self, code: &str) -> Vec<u8> {
        let redirect = encode(&[("redirect_uri", CALLBACK)]);
        self.redeem(&format!("grant_type=authorization_code&code={code}&{redirect}"))
    }

    /// Somebody who has just signed in.
    pub(super) fn person(&self) -> Result<Person, Failure> {
        let cookies = sign_in(self.server, &self.authorization)?;
        Ok(Person {
            authorize: http::get(self.server, &self.authorization, &cookies),
            server: self.server,
            token: self.token.clone(),
            credentials: self.credentials.clone(),
            code: None,
        })
    }

    /// A request of the application itself.
    pub(super) fn redeem(&self, grant: &str) -> Vec<u8> {
        http::post(self.server, &self.token, "", &format!("{grant}&{}", self.credentials))
    }
}

/// A person's browser and the application that she uses.
pub(super) struct Person {
    server: SocketAddr,
    authorize: Vec<u8>,
    token: String,
    credentials: String,
    code: Option<String>,
}

impl Caller for Person {
    fn ask(&mut self, request: &mut Vec<u8>) {
        match &self.code {
            None => request.extend_from_slice(&self.authorize),
            Some(code) => {
                let redirect = encode(&[("redirect_uri", CALLBACK)]);
                let form =
                    format!("grant_type=authorization_code&code={code}&{redirect}&{}", self.credentials);
                request.extend_from_slice(&http::post(self.server, &self.token, "", &form));
            }
        }
    }

    fn hear(&mut self, answer: &Answer<'_>) -> Result<bool, Failure> {
        if self.code.take().is_some() {
            return if answer.status == 200 { Ok(true) } else { Err(answer.unexpected()) };
        }
        let location = answer.field("location").unwrap_or_default();
        let Some((_, rest)) = location.split_once("code=").filter(|_| answer.status == 303) else {
            return Err(answer.unexpected());
        };
        self.code = rest.split('&').next().map(str::to_owned);
        Ok(false)
    }
}

fn callers(application: &Application, connections: usize) -> Result<Callers, Failure> {
    (0..connections).map(|_| Ok(Box::new(application.person()?) as Box<dyn Caller>)).collect()
}

pub(super) fn people(place: &Place, connections: usize) -> Result<Callers, Failure> {
    callers(&Application::of(place, "people", "openid")?, connections)
}

/// As at France Travail.
pub(super) fn individu(place: &Place, connections: usize) -> Result<Callers, Failure> {
    callers(&Application::of(place, "individu", "openid profile email")?, connections)
}
