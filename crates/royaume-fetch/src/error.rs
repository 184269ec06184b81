//! Why nothing came back.

use std::fmt;
use std::net::IpAddr;

/// Why a request has no answer.
///
/// The words are for the operator: they name the host, and what can be done, and neither path, query, body nor credential.
/// They are not for whoever wrote the address, who would learn from them what is inside the network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The address is none that could be fetched. Nothing was sent.
    #[error("the address cannot be fetched: {0}")]
    Malformed(&'static str),
    /// The address is of http. Nothing was sent.
    #[error(
        "{host} is not fetched in clear: use https (http is for hosts of this machine that are named in [fetch] allow)"
    )]
    NotHttps {
        /// Host and port.
        host: String,
    },
    /// The host is not on the open Internet. Nothing was sent.
    #[error("{host} is not fetched: it is at {address}, {special}{}", advice(host, *may_be_allowed))]
    Inside {
        /// Host and port.
        host: String,
        /// The address that gave it away.
        address: IpAddr,
        /// What kind of address that is.
        special: String,
        /// Whether the operator can allow it.
        may_be_allowed: bool,
    },
    /// The name leads nowhere.
    #[error("{host} is not found: {why}")]
    Unknown {
        /// Host and port.
        host: String,
        /// What the system said.
        why: String,
    },
    /// No connection.
    #[error("{host} cannot be reached: {why}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What the system said.
        why: String,
    },
    /// Its certificate is not believed.
    #[error("{host} is not believed: {why}")]
    Untrusted {
        /// Host and port.
        host: String,
        /// What is wrong with the certificate, in words of ours: what stands in it is a stranger's.
        why: &'static str,
    },
    /// It does not speak TLS, or not ours.
    #[error("{host} does not speak TLS with us: {why}")]
    Handshake {
        /// Host and port.
        host: String,
        /// What was wrong.
        why: String,
    },
    /// The time was up.
    #[error("{host} took too long: the time was up while {stage}")]
    TimedOut {
        /// Host and port.
        host: String,
        /// What was waited for.
        stage: Stage,
    },
    /// The head of the answer is too large.
    #[error("{host} answered with a head of more than {limit} bytes, or too many fields")]
    HeadTooLarge {
        /// Host and port.
        host: String,
        /// What was allowed.
        limit: usize,
    },
    /// The body of the answer is too large.
    #[error("{host} answered with more than {limit} bytes")]
    BodyTooLarge {
        /// Host and port.
        host: String,
        /// What was allowed.
        limit: usize,
    },
    /// The answer is in a content coding, whose size says nothing; none was asked for.
    #[error("{host} answered in a content coding, which is not read: it must answer plainly")]
    Encoded {
        /// Host and port.
        host: String,
    },
    /// What came back is not HTTP, or broke off.
    #[error("{host} gave no whole answer: {why}")]
    Broken {
        /// Host and port.
        host: String,
        /// What was wrong.
        why: &'static str,
    },
}

/// What a failure comes from, for whoever must do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The policy here forbids it, and will again.
    Policy,
    /// Too many requests are out; later there may be a place.
    Busy,
    /// They did not answer; later they may.
    Unreachable,
    /// They answered what is not accepted.
    Answer,
}

/// What was waited for when the time was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Other requests, to this host or in all.
    Place,
    /// The name's addresses.
    Lookup,
    /// The connection.
    Connection,
    /// TLS.
    Handshake,
    /// The head of the answer.
    Head,
    /// The body of the answer.
    Body,
}

impl FetchError {
    /// What it comes from.
    pub fn cause(&self) -> Cause {
        match self {
            Self::Malformed(_) | Self::NotHttps { .. } | Self::Inside { .. } => Cause::Policy,
            Self::TimedOut { stage: Stage::Place, .. } => Cause::Busy,
            Self::Unknown { .. }
            | Self::Unreachable { .. }
            | Self::Untrusted { .. }
            | Self::Handshake { .. }
            | Self::TimedOut { stage: Stage::Lookup | Stage::Connection | Stage::Handshake, .. } => {
                Cause::Unreachable
            }
            Self::TimedOut { stage: Stage::Head | Stage::Body, .. }
            | Self::HeadTooLarge { .. }
            | Self::BodyTooLarge { .. }
            | Self::Encoded { .. }
            | Self::Broken { .. } => Cause::Answer,
        }
    }

    /// Was it refused here, or was there no place? Nothing was sent then.
    pub fn is_ours(&self) -> bool {
        matches!(self.cause(), Cause::Policy | Cause::Busy)
    }

    /// Did they fail: not there, not believed, not within the limits?
    pub fn is_theirs(&self) -> bool {
        !self.is_ours()
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Place => "other requests were out: see at_once and at_once_per_host in [fetch]",
            Self::Lookup => "its name was looked up",
            Self::Connection => "it was connected to",
            Self::Handshake => "TLS began",
            Self::Head => "its answer was waited for",
            Self::Body => "its answer was read",
        })
    }
}

fn advice(host: &str, may_be_allowed: bool) -> String {
    if may_be_allowed {
        format!("; if it is a partner inside your network, add \"{host}\" to [fetch] allow")
    } else {
        ", where nothing is ever fetched".to_owned()
    }
}
