//! What pages show of an application.

/// An application, on a page.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// What it says it is called.
    pub name: &'a str,
    /// The host that it returns to: what a person could recognise.
    pub host: &'a str,
    /// Its picture (RFC 7591 §2).
    pub logo_uri: Option<&'a str>,
    /// What it does with what it learns.
    pub policy_uri: Option<&'a str>,
    /// Its terms of service.
    pub tos_uri: Option<&'a str>,
    /// It registered itself: nobody has looked at what it says.
    pub unverified: bool,
}

impl<'a> Client<'a> {
    /// One that shows nothing but its name and host.
    pub fn new(name: &'a str, host: &'a str) -> Self {
        Self { name, host, logo_uri: None, policy_uri: None, tos_uri: None, unverified: false }
    }
}
