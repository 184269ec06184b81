//! What the provider signs, and the rules by which it is believed (OIDC Core §3.1.3.7, §5.3.2, §12.2).

use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::jwe::DecryptionKey;
use royaume_jose::jws::{self, JwsError, Verified};
use royaume_jose::{Algorithm, Object, VerifyingKey};
use royaume_protocol::{Audience, Expectations, IdTokenClaims, UserInfo};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::answers::UserInfoAnswer;
use crate::encryption::Envelope;
use crate::{Client, ClientError, Provider, TokenSet, Transport, answers, requests};

/// What an application expects of what the provider signs, beside what the standards say: how it is registered, whom else
/// it trusts, how well the two clocks agree.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The one algorithm of its id tokens and logout tokens (Registration §2 `id_token_signed_response_alg`). Any that the
    /// provider says it uses when nothing is said here; never `none`, never a MAC.
    pub id_token_algorithm: Option<Algorithm>,
    /// The algorithm of its userinfo (Registration §2 `userinfo_signed_response_alg`): then userinfo that is not signed so
    /// is refused.
    pub userinfo_algorithm: Option<Algorithm>,
    /// What answers are decrypted with, if the application is registered for encrypted ones.
    pub decryption_keys: Vec<DecryptionKey>,
    /// Its id tokens are encrypted (Registration §2 `id_token_encrypted_response_alg`): one that is not is refused.
    pub id_token_encrypted: bool,
    /// Its userinfo is encrypted (Registration §2 `userinfo_encrypted_response_alg`).
    pub userinfo_encrypted: bool,
    /// Whom else an id token may be meant for (OIDC Core §3.1.3.7, rule 3); it must then name the application as `azp`.
    pub trusted_audiences: Vec<String>,
    /// By how much the two clocks may differ. A minute unless said otherwise.
    pub leeway: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            id_token_algorithm: None,
            userinfo_algorithm: None,
            decryption_keys: Vec::new(),
            id_token_encrypted: false,
            userinfo_encrypted: false,
            trusted_audiences: Vec::new(),
            leeway: Duration::from_secs(60),
        }
    }
}

impl Rules {
    /// The algorithms of id tokens from that provider.
    pub(crate) fn accepted(&self, provider: &Provider) -> Vec<Algorithm> {
        self.id_token_algorithm.map_or_else(|| provider.id_token_algorithms.clone(), |one| vec![one])
    }
}

/// What an id token must repeat: of its login, or after a refresh what the first one said.
#[derive(Default)]
pub(crate) struct Expected<'a> {
    pub(crate) nonce: Option<&'a str>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) acr_values: Vec<&'a str>,
    pub(crate) original: Option<&'a IdTokenClaims>,
}

/// Why a token of the provider is not believed: its signature, or that nobody can tell.
pub(crate) enum Doubt {
    Signature(JwsError),
    Trouble(ClientError),
}

impl From<ClientError> for Doubt {
    fn from(error: ClientError) -> Self {
        Self::Trouble(error)
    }
}

impl<T: Transport> Client<T> {
    /// Verifies an id token (OIDC Core §3.1.3.7, after a refresh §12.2).
    pub(crate) async fn believe(
        &self,
        id_token: &str,
        access_token: &str,
        expected: &Expected<'_>,
        now: Timestamp,
    ) -> Result<IdTokenClaims, ClientError> {
        let provider = self.current(now).await?;
        let accepted = self.rules.accepted(&provider);
        let verified = match self.signed::<IdTokenClaims>(id_token, &accepted, now).await {
            Ok(verified) => verified,
            Err(Doubt::Trouble(error)) => return Err(error),
            Err(Doubt::Signature(JwsError::Payload)) => {
                return Err(ClientError::IdTokenClaim(self.unreadable(id_token, &accepted, now).await));
            }
            Err(Doubt::Signature(error)) => return Err(ClientError::IdTokenSignature(error.to_string())),
        };
        let algorithm = verified.header.alg.parse().expect("what was verified has an algorithm of ours");
        let issuers = provider.issuers();
        let trusted: Vec<_> = self.rules.trusted_audiences.iter().map(String::as_str).collect();
        let expected = Expectations {
            nonce: expected.nonce,
            access_token: Some((access_token, algorithm)),
            max_age: expected.max_age,
            acr_values: &expected.acr_values,
            original: expected.original,
            trusted_audiences: &trusted,
            leeway: self.rules.leeway,
            ..Expectations::new(&issuers, self.application.client_id())
        };
        verified.claims.validate(&expected, now)?;
        Ok(verified.claims)
    }

    /// The id token of an answer, decrypted if it is encrypted: so it is believed, kept, and sent back as a hint (OIDC Core
    /// §3.1.2.1).
    pub(crate) fn opened_id_token(&self, id_token: Option<String>) -> Result<Option<String>, ClientError> {
        let open = |id_token| self.opened("the id token", id_token, self.rules.id_token_encrypted);
        id_token.map(|id_token| open(id_token).map(Envelope::into_text)).transpose()
    }

    fn opened(&self, what: &'static str, text: String, expected: bool) -> Result<Envelope, ClientError> {
        Envelope::open(what, text, &self.rules.decryption_keys, expected, &*self.entropy)
    }

    /// Which claim keeps a token, whose signature is right, from being an id token (OIDC Core §2).
    async fn unreadable(&self, id_token: &str, accepted: &[Algorithm], now: Timestamp) -> &'static str {
        let claims = self.signed::<Map<String, Value>>(id_token, accepted, now).await.ok();
        let present = |name: &str| match claims.as_ref().and_then(|verified| verified.claims.get(name)) {
            Some(value) => match name {
                "exp" | "iat" => value.is_number(),
                "aud" => value.is_string() || value.is_array(),
                _ => value.is_string(),
            },
            None => false,
        };
        let required = ["iss", "sub", "aud", "exp", "iat"];
        required.into_iter().find(|name| !present(name)).unwrap_or("one of its claims")
    }

    /// Verifies the signature of anything that the provider signs, by a key that it publishes. A key that is not known may
    /// be new (OIDC Core §10.1.1), and so may one that a token does not name: keys are looked for once more, and for where
    /// they are.
    pub(crate) async fn signed<C: DeserializeOwned>(
        &self,
        token: &str,
        accepted: &[Algorithm],
        now: Timestamp,
    ) -> Result<Verified<C>, Doubt> {
        let provider = self.current(now).await?;
        let keys = self.keys.fresh(&self.transport, provider.keys()?, now).await?;
        let verify = |keys: &[VerifyingKey]| jws::verify::<C>(token, keys, accepted);
        let nameless = || jws::header(token).is_ok_and(|header| header.kid.is_none());
        match verify(&keys) {
            Err(error) if error == JwsError::UnknownKey || (error == JwsError::Signature && nameless()) => {
                let provider = match &self.discovery {
                    // While the document cannot be had, keys are where they were.
                    Some(discovery) => {
                        discovery.renewed(&self.transport, now).await.unwrap_or_else(|_| self.known())
                    }
                    None => provider,
                };
                let keys = self.keys.renewed(&self.transport, provider.keys()?, now).await?;
                verify(&keys).map_err(Doubt::Signature)
            }
            verified => verified.map_err(Doubt::Signature),
        }
    }

    /// What the person allowed the application to know. It must speak of the person of the id token; if it is signed, the
    /// signature must be the provider's, and its `iss` and `aud`, where it has them, those of this conversation (OIDC Core
    /// §5.3.2).
    ///
    /// # Errors
    /// [`ClientError`]: the refusal, or why there is no answer, or none that may be believed.
    pub async fn userinfo(&self, tokens: &TokenSet, now: Timestamp) -> Result<UserInfo, ClientError> {
        let provider = self.current(now).await?;
        let address = provider.userinfo.as_ref().ok_or(ClientError::NotOffered("userinfo"))?;
        let request = requests::bearer(address, &tokens.access_token)?;
        let sent = [tokens.access_token.expose()];
        let answer = self.ask(request, &sent, None, answers::userinfo).await?;
        let userinfo = match self.unsealed(answer)? {
            UserInfoAnswer::Plain(userinfo) if self.rules.userinfo_algorithm.is_none() => userinfo,
            UserInfoAnswer::Plain(_) => {
                return Err(unsigned("it is not signed, as this application expects"));
            }
            UserInfoAnswer::Token(token) => self.signed_userinfo(&token, &provider, now).await?,
        };
        match &tokens.claims {
            Some(claims) if !userinfo.is_about(claims) => Err(ClientError::OtherPerson),
            Some(_) | None => Ok(userinfo),
        }
    }

    /// Userinfo without the envelope that it may have come in.
    fn unsealed(&self, answer: UserInfoAnswer) -> Result<UserInfoAnswer, ClientError> {
        let (what, expected) = ("userinfo", self.rules.userinfo_encrypted);
        match answer {
            UserInfoAnswer::Plain(_) if expected => {
                let reason = "it is not encrypted, as this application expects".to_owned();
                Err(ClientError::Undecryptable { what, reason })
            }
            UserInfoAnswer::Plain(userinfo) => Ok(UserInfoAnswer::Plain(userinfo)),
            UserInfoAnswer::Token(token) => match self.opened(what, token, expected)? {
                // §5.3.2: encrypted and not signed is as good as plain.
                Envelope::Sealed(text) if text.starts_with('{') => serde_json::from_str(&text)
                    .map(|Object(userinfo)| UserInfoAnswer::Plain(userinfo))
                    .map_err(|_| ClientError::Unexpected { expected: what, status: 200 }),
                Envelope::Sealed(token) | Envelope::Open(token) => Ok(UserInfoAnswer::Token(token)),
            },
        }
    }

    async fn signed_userinfo(
        &self,
        token: &str,
        provider: &Provider,
        now: Timestamp,
    ) -> Result<UserInfo, ClientError> {
        #[derive(Deserialize)]
        struct Said {
            iss: Option<String>,
            aud: Option<Audience>,
            #[serde(flatten)]
            userinfo: UserInfo,
        }
        let registered = self.rules.userinfo_algorithm;
        let accepted = registered.map_or_else(|| Algorithm::ALL.to_vec(), |algorithm| vec![algorithm]);
        let said = match self.signed::<Said>(token, &accepted, now).await {
            Ok(verified) => verified.claims,
            Err(Doubt::Trouble(error)) => return Err(error),
            Err(Doubt::Signature(error)) => return Err(unsigned(&error.to_string())),
        };
        if said.iss.is_some_and(|iss| !provider.issuers().contains(&iss.as_str())) {
            return Err(unsigned("iss is not the issuer that was asked"));
        }
        if said.aud.is_some_and(|aud| !aud.contains(self.application.client_id())) {
            return Err(unsigned("aud does not name this application"));
        }
        Ok(said.userinfo)
    }
}

fn unsigned(reason: &str) -> ClientError {
    ClientError::UserInfo(reason.to_owned())
}
