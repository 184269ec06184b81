//! What can be wrong with a topology: one variant for each rule, each a sentence for the person who wrote the file.

use royaume_protocol::{Algorithm, GrantType, ResponseType};

use crate::Endpoint;
use crate::base_url::BaseUrlError;
use crate::name::BadRealmName;
use crate::nearest::did_you_mean;

/// A topology that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopologyError {
    /// No preset has the name.
    #[error("no preset is called `{name}`{}", did_you_mean(.nearest.as_deref()))]
    UnknownPreset {
        /// The name asked for.
        name: String,
        /// The preset that was perhaps meant.
        nearest: Option<String>,
    },
    /// The file is not TOML, or a value has another shape than expected.
    #[error("line {line}: {reason}")]
    Shape {
        /// Counted from 1.
        line: usize,
        /// What the reader of TOML says.
        reason: String,
    },
    /// A key, or a word among a fixed choice, that means nothing here.
    #[error("line {line}: `{word}` is unknown here{}", did_you_mean(.nearest.as_deref()))]
    UnknownWord {
        /// Counted from 1.
        line: usize,
        /// The word.
        word: String,
        /// The known word that was perhaps meant.
        nearest: Option<String>,
    },
    /// A topology without a realm.
    #[error("the topology has no realm: add one with [[realm]]")]
    Empty,
    /// The `[forms]` cannot be used.
    #[error("forms: {0}")]
    Forms(String),
    /// Something about one realm.
    #[error("realm `{realm}`: {fault}")]
    Realm {
        /// The realm's name as written.
        realm: String,
        /// What is wrong with it.
        fault: RealmFault,
    },
}

/// What can be wrong with a realm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RealmFault {
    /// A name or alias outside the charset.
    #[error(transparent)]
    Name(#[from] BadRealmName),
    /// A name or alias that is taken.
    #[error("the name `{name}` already means the realm `{other}`: a name means one realm")]
    NameTaken {
        /// The name.
        name: String,
        /// Who has it.
        other: String,
    },
    /// A realm that allows nothing.
    #[error("it has no grant: name at least one in `grants`")]
    NoGrant,
    /// Clients that could not authenticate.
    #[error("it has no `client_authentication`: name at least one method")]
    NoClientAuthentication,
    /// Refresh tokens, and nothing to refresh.
    #[error(
        "refresh_token needs authorization_code: nothing else hands out a refresh token (RFC 6749 4.4.3)"
    )]
    RefreshWithoutCode,
    /// People who could not sign in, or applications that would be asked to.
    #[error(
        "`authenticates = \"person\"` and the grant authorization_code go together: have both or neither"
    )]
    PeopleAndCode,
    /// A response type whose grant is not allowed.
    #[error("the response type `{response_type}` needs the grant {}: name it in `grants`", grant.as_str())]
    ResponseTypeWithoutGrant {
        /// The response type.
        response_type: ResponseType,
        /// What it lacks.
        grant: GrantType,
    },
    /// People who could be answered nothing.
    #[error("`response_types` is empty: name at least `code`")]
    NoResponseType,
    /// The implicit grant, and nothing that uses it.
    #[error("the grant implicit is for `response_types` such as `code id_token`: name one, or leave it out")]
    ImplicitWithoutResponseType,
    /// Nobody could be meant by an assertion.
    #[error(
        "`assertion_audience` is empty: client assertions are meant for the issuer, the token endpoint, or either"
    )]
    NoAssertionAudience,
    /// Requests come from the browsers of people.
    #[error("`request_parameter` and `request_uri_parameter` need people: a realm of applications has none")]
    RequestsWithoutPeople,
    /// Accounts for nobody.
    #[error("`account_creation` needs people: a realm of applications has none")]
    AccountsWithoutPeople,
    /// A part of a consent that nobody is asked for.
    #[error("`partial_consent` needs `consent = \"ask\"`: people choose on the page that asks them")]
    PartialConsentUnasked,
    /// People would have to consent where there are none.
    #[error("`consent = \"ask\"` needs people: a realm of applications has `consent = \"never\"`")]
    ConsentWithoutPeople,
    /// An algorithm for tokens that are not signed.
    #[error("`access_token_algorithm` is for `access_token = \"jwt\"`: an opaque token is not signed")]
    AlgorithmForOpaque,
    /// An algorithm that realms have no key for.
    #[error("{name} is {algorithm}, which is verified but not signed with: choose RS256, ES256 or EdDSA")]
    AlgorithmNotSigning {
        /// The key.
        name: &'static str,
        /// What was given.
        algorithm: Algorithm,
    },
    /// A lifetime of zero.
    #[error("{name} is zero: what lasts no time cannot be used; give it at least 1")]
    LifetimeZero {
        /// The key.
        name: &'static str,
    },
    /// A code that lives too long.
    #[error("code_seconds is {seconds}: a code lives 600 seconds at most (RFC 6749 4.1.2)")]
    CodeTooLong {
        /// What was given.
        seconds: u64,
    },
    /// A lifetime beyond ten years, surely a slip.
    #[error("{name} is {seconds} seconds, more than ten years: durations are in seconds")]
    LifetimeTooLong {
        /// The key.
        name: &'static str,
        /// What was given.
        seconds: u64,
    },
    /// An end that comes before what it ends.
    #[error("{absolute} is shorter than {sliding}: the absolute end comes last")]
    LifetimesCrossed {
        /// The sliding lifetime's key.
        sliding: &'static str,
        /// The absolute lifetime's key.
        absolute: &'static str,
    },
    /// OIDC Core §2: a request asks for levels with blanks between them.
    #[error("`acr` must be one word of visible ASCII")]
    Acr,
    /// A signing key that verifiers with cached keys would not know.
    #[error(
        "key_publication_seconds is {seconds}: a key is published for more than {} seconds before it signs, because \
         whoever verifies may keep the published keys for that long",
        crate::Lifetimes::KEYS_CACHED.as_secs()
    )]
    KeyUnannounced {
        /// What was given.
        seconds: u64,
    },
    /// A signing key that would be old before it signs.
    #[error(
        "key_rotation_seconds is {seconds}, less than key_publication_seconds: a key signs at least for as long as it \
         was announced; zero means never"
    )]
    KeyRotatedTooOften {
        /// What was given.
        seconds: u64,
    },
    /// A scope name that no request could carry.
    #[error(
        "`{scope}` cannot be a scope: no spaces, quotes, backslashes, nor anything beyond ASCII (RFC 6749 3.3)"
    )]
    ScopeName {
        /// The name given.
        scope: String,
    },
    /// A scope described twice.
    #[error("the scope `{scope}` is described twice")]
    ScopeTwice {
        /// Its name.
        scope: String,
    },
    /// An issuer that is no issuer.
    #[error("issuer: {0}")]
    Issuer(BaseUrlError),
    /// Issuer aliases without an issuer.
    #[error("`issuer_aliases` needs an `issuer` that they are other spellings of")]
    AliasesWithoutIssuer,
    /// A host that is not a plain host name.
    #[error("the host `{host}` must be a host name in lower case, without scheme, port or path")]
    HostName {
        /// The text given.
        host: String,
    },
    /// A host that already names a realm.
    #[error("the host `{host}` already names the realm `{other}`: a host names one realm")]
    HostTaken {
        /// The host.
        host: String,
        /// Who has it.
        other: String,
    },
    /// An address that is no URL, or not a safe one.
    #[error("the address `{url}` {reason}")]
    Address {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An address for what the realm does not offer.
    #[error("the address `{url}` is for {endpoint}, which the realm does not offer")]
    NotOffered {
        /// The address.
        url: String,
        /// Its endpoint.
        endpoint: Endpoint,
    },
    /// Two addresses to call for one endpoint.
    #[error("two addresses of {endpoint} are called: keep one, and let the others be served")]
    CalledTwice {
        /// The endpoint.
        endpoint: Endpoint,
    },
    /// A logout address without its parameter, or another address with one.
    #[error("the address `{url}`: `redirect_parameter` belongs to logout addresses, each of which needs it")]
    RedirectParameter {
        /// The address.
        url: String,
    },
    /// An address that two realms or endpoints claim.
    #[error("the address `{address}` is claimed by {first} and by {second}: an address leads to one place")]
    ClaimedTwice {
        /// The path or URL.
        address: String,
        /// A realm and endpoint.
        first: String,
        /// Another.
        second: String,
    },
    /// An address from which a request would not find its realm.
    #[error("a request to the address `{url}` would not arrive: {reason}")]
    Astray {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
}
