//! Failures of a command, and the exit code each ends with.

use std::process::ExitCode;

use royaume_client::ClientError;
use royaume_server::Fault;
use royaume_server::admin::AdminError;
use royaume_store::StoreError;

/// Why a command did not do what it was asked. Exit codes are part of the interface: scripts rely on them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// 1: something that no other code names.
    #[error("{0}")]
    Other(String),
    /// 2: the command line, a file or the environment asks for something that cannot be.
    #[error("{0}")]
    Usage(String),
    /// 3: the server refused: credentials, scope, grant.
    #[error("{0}")]
    Refused(String),
    /// 4: the person cancelled, refused, or did not answer in time.
    #[error("{0}")]
    Person(String),
    /// 5: not reachable, or in trouble: trying again later may help.
    #[error("{0}")]
    Unavailable(String),
}

impl Failure {
    /// Its exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Other(_) => 1,
            Self::Usage(_) => 2,
            Self::Refused(_) => 3,
            Self::Person(_) => 4,
            Self::Unavailable(_) => 5,
        })
    }

    pub(crate) fn usage(why: impl ToString) -> Self {
        Self::Usage(why.to_string())
    }

    pub(crate) fn other(why: impl ToString) -> Self {
        Self::Other(why.to_string())
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        use ClientError as E;
        let words = error.to_string();
        match error {
            E::LoginCancelled | E::AccessDenied(_) => Self::Person(words),
            E::ScopeRefused(_)
            | E::ClientRefused(_)
            | E::GrantRefused(_)
            | E::TokenRefused(_)
            | E::Refused { .. } => Self::Refused(words),
            E::Unavailable { .. } | E::TooManyRequests { .. } => Self::Unavailable(words),
            E::NotOffered(_) | E::NoRefreshToken | E::Login(_) => Self::Usage(words),
            E::Callback(_)
            | E::MalformedCallback(_)
            | E::IdToken(_)
            | E::IdTokenSignature(_)
            | E::IdTokenClaim(_)
            | E::IdTokenMissing
            | E::Nonce
            | E::OtherPerson
            | E::Registration(_)
            | E::Undecryptable { .. }
            | E::UserInfo(_)
            | E::Logout(_)
            | E::Unexpected { .. }
            | E::Metadata(_)
            | E::Shared(_) => Self::Other(words),
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let words = fault.to_string();
        match fault {
            Fault::Store(_) | Fault::Busy(_) => Self::Unavailable(words),
            Fault::Keys(_) | Fault::Configuration(_) => Self::Usage(words),
            Fault::Corrupt { .. } => Self::Other(words),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        use StoreError as E;
        let words = error.to_string();
        match error {
            E::Unavailable(_) | E::OutcomeUnknown(_) => Self::Unavailable(words),
            E::Missing { .. } | E::Unusable { .. } | E::SchemaTooNew { .. } => Self::Usage(words),
            E::Corrupt(_) | E::Invalid(_) => Self::Other(words),
        }
    }
}

impl From<AdminError> for Failure {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Refused(why) => Self::Usage(why),
            AdminError::Conflict(_) => Self::Unavailable(error.to_string()),
            AdminError::Fault(fault) => fault.into(),
        }
    }
}
