//! Hosts, in the one form in which they are judged and dialled.
//!
//! Programs disagree about `127.1`, `0x7f000001`, `host.` and `a@b`, and what they disagree about is how one of them is
//! fooled (RFC 3986 §7.4). Such forms are refused rather than read.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, Scheme};
use serde::{Deserialize, Deserializer, de};

use crate::FetchError;

/// A name in lower case, or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Host {
    Name(String),
    Address(IpAddr),
}

/// Where a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) https: bool,
    pub(crate) host: Host,
    pub(crate) port: u16,
}

/// A host that the operator named, whose addresses may be private: `partner.internal`, with `:8443` that port alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    host: Host,
    port: Option<u16>,
}

/// A text that is no host in its plain form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAHost(&'static str);

impl Target {
    pub(crate) fn of(uri: &Uri) -> Result<Self, FetchError> {
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            return Err(FetchError::Malformed("it is not absolute"));
        };
        let https = *scheme == Scheme::HTTPS;
        if !https && *scheme != Scheme::HTTP {
            return Err(FetchError::Malformed("it is not https"));
        }
        let (host, port) = read(authority).map_err(|NotAHost(why)| FetchError::Malformed(why))?;
        Ok(Self { https, host, port: port.unwrap_or(if https { 443 } else { 80 }) })
    }

    /// As the field `Host` has it: without the usual port (RFC 9110 §7.2).
    pub(crate) fn authority(&self) -> String {
        match (self.https, self.port) {
            (true, 443) | (false, 80) => self.host.to_string(),
            _ => self.to_string(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl AllowedHost {
    pub(crate) fn covers(&self, target: &Target) -> bool {
        self.host == target.host && self.port.is_none_or(|port| port == target.port)
    }
}

impl FromStr for AllowedHost {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, NotAHost> {
        let authority: Authority = text.parse().map_err(|_| NotAHost("it is not a host, or host:port"))?;
        let (host, port) = read(&authority)?;
        Ok(Self { host, port })
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.host.fmt(f)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl<'de> Deserialize<'de> for AllowedHost {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|why| de::Error::custom(format!("{text:?} cannot be allowed: {why}")))
    }
}

fn read(authority: &Authority) -> Result<(Host, Option<u16>), NotAHost> {
    let (text, host, port) = (authority.as_str(), authority.host(), authority.port_u16());
    // Nothing beside the host and a port: no user, no empty port, no 00443.
    if text != host && port.is_none_or(|port| text != format!("{host}:{port}")) {
        return Err(NotAHost("it has more, or other, than a host and a port"));
    }
    Ok((host.parse()?, port))
}

impl FromStr for Host {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, NotAHost> {
        if let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            let address = inner.parse::<Ipv6Addr>();
            return address
                .map(|address| Self::Address(address.into()))
                .map_err(|_| NotAHost("what stands in brackets is no IPv6 address"));
        }
        let name = text.to_ascii_lowercase();
        if !is_name(&name) {
            return Err(NotAHost("its host is not a name of letters, digits, hyphens and dots"));
        }
        // A name whose last part is a number is an address to some (WHATWG URL, host parsing), in a dozen spellings.
        let last = name.rsplit('.').next().unwrap_or_default();
        if last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") {
            let address = name.parse::<Ipv4Addr>();
            return address
                .map(|address| Self::Address(address.into()))
                .map_err(|_| NotAHost("its host is a number, but not four decimal ones"));
        }
        Ok(Self::Name(name))
    }
}

/// RFC 1123 §2.1, and the underscore that names in use have.
fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name.len() <= 253 && name.split('.').all(is_label)
}
