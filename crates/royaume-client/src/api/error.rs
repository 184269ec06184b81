//! What can go wrong with an API, as an enum for programs and a sentence for people.

use std::time::Duration;

use royaume_protocol::Scope;

use crate::ClientError;

/// Why an API gave no answer that may be used. No variant carries a secret; text of a server is stripped of what would
/// drive a terminal, and left out when it repeats a secret that was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// There is no token to call it with.
    #[error("there is no token for the API: {0}")]
    Token(#[from] ClientError),
    /// The request cannot be sent: its path leads elsewhere, a header or a body is none.
    #[error("the request cannot be sent: {0}")]
    Request(String),
    /// HTTP 401, and with another token too (RFC 6750 §3.1).
    #[error(
        "the API refused the token (HTTP 401){}: is it of the realm that this API is of? APIs for agents also refuse an \
         empty pa-* header so",
        said(.0.as_deref())
    )]
    Unauthorized(Option<String>),
    /// HTTP 403: the token is good, and not for this.
    #[error(
        "the API refuses this application or person (HTTP 403){}: the scope was `{scope}`; ask for the API's business scope \
         beside the technical one, and see whether the API was granted to the application",
        said(.message.as_deref())
    )]
    Forbidden {
        /// What the token was asked for.
        scope: Scope,
        /// The API's words.
        message: Option<String>,
    },
    /// HTTP 429, and the deadline does not allow to wait; or the turn would come after the deadline, and nothing was sent.
    #[error("the API wants fewer requests: come back{}, or set a longer deadline", after(*.retry_after))]
    TooManyRequests {
        /// When a request may go through.
        retry_after: Option<Duration>,
    },
    /// The API said no, in its own words.
    #[error("the API refused: {code} (HTTP {status}){}", said(.message.as_deref()))]
    Business {
        /// HTTP's number.
        status: u16,
        /// The API's own code.
        code: String,
        /// The API's words.
        message: Option<String>,
    },
    /// HTTP 404 or 410.
    #[error("the API has nothing there (HTTP {status}): is the path right?")]
    NotFound {
        /// HTTP's number.
        status: u16,
    },
    /// A redirect, which is never followed. France Travail answers so when the headers of an agent are missing.
    #[error(
        "the API answered with a redirect (HTTP {status}), which is not followed: APIs for agents do so without pa-* headers"
    )]
    Redirected {
        /// HTTP's number.
        status: u16,
    },
    /// Any other answer that is no success.
    #[error("the API answered HTTP {status}{}", said(.message.as_deref()))]
    Unexpected {
        /// HTTP's number.
        status: u16,
        /// The API's words, if they were short.
        message: Option<String>,
    },
    /// Unreachable, overloaded or broken, also after all repetitions that were allowed.
    #[error("the API is unavailable ({reason}) after {attempts} attempts: try again later{}", after(*.retry_after))]
    Unavailable {
        /// What was met last.
        reason: String,
        /// How often it was asked.
        attempts: u32,
        /// When to come back, if the API said so.
        retry_after: Option<Duration>,
    },
    /// The time for the whole call is over: tokens, waiting and repetitions included.
    #[error("the API gave no answer within {} s, after {attempts} attempts: set a longer deadline or try again later", .deadline.as_secs_f64())]
    DeadlineExceeded {
        /// How long the call had.
        deadline: Duration,
        /// How often the API was asked; what is on its way may have been carried out.
        attempts: u32,
    },
    /// The answer does not read as what was expected.
    #[error("the answer of the API (HTTP {status}) cannot be read: {reason}")]
    Body {
        /// HTTP's number.
        status: u16,
        /// Why.
        reason: String,
    },
    /// A list whose ranges lead nowhere (RFC 9110 §14.4): repeated, missing, beyond what was asked for.
    #[error("the pages of the API cannot be followed: {0}")]
    Paging(String),
    /// There are more results than the API shows. All that it shows has been delivered.
    #[error(
        "there are {total} results and the API shows the first {reachable}: split the query, for example by département or \
         by date, so that each part has fewer"
    )]
    OutOfReach {
        /// How many there are.
        total: u64,
        /// How many can be read.
        reachable: u64,
    },
}

impl ApiError {
    /// Will the same call perhaps succeed later? A call that is not idempotent may have been carried out already, if the
    /// connection broke or the deadline passed.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Token(error) => error.is_temporary(),
            Self::TooManyRequests { .. } | Self::Unavailable { .. } | Self::DeadlineExceeded { .. } => true,
            Self::Business { status, .. } => matches!(status, 500 | 502..=504),
            Self::Request(_)
            | Self::Unauthorized(_)
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Redirected { .. }
            | Self::Unexpected { .. }
            | Self::Body { .. }
            | Self::Paging(_)
            | Self::OutOfReach { .. } => false,
        }
    }

    /// For how long the API, or the provider of tokens, wants to be left alone, if it is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Token(error) => error.retry_after(),
            Self::TooManyRequests { retry_after } | Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

fn said(words: Option<&str>) -> String {
    words.map(|words| format!(" ({words})")).unwrap_or_default()
}

fn after(wait: Option<Duration>) -> String {
    wait.map(|wait| format!(" in {} s", wait.as_secs() + u64::from(wait.subsec_nanos() > 0)))
        .unwrap_or_default()
}
