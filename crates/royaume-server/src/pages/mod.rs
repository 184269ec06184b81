//! Pages: what people see.
#![allow(missing_docs)]

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    French,
    English,
}
impl Language {
    pub const ALL: [Self; 2] = [Self::French, Self::English];
    pub fn negotiate(_ui: Option<&str>, _accept: Option<&str>) -> Self {
        Self::French
    }
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag {
            "fr" => Some(Self::French),
            "en" => Some(Self::English),
            _ => None,
        }
    }
    pub fn tag(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginProblem {
    WrongCredentials,
    TooManyAttempts,
    Busy,
    Expired,
    MissingUsername,
    MissingPassword,
}
pub struct Asset {
    pub content_type: &'static str,
    pub bytes: &'static [u8],
    pub immutable: bool,
}
pub fn asset(_path: &str) -> Option<Asset> {
    None
}
pub struct Login<'a> {
    pub language: Language,
    pub realm_title: &'a str,
    pub population: &'a str,
    pub client_name: &'a str,
    pub client_host: &'a str,
    pub action: &'a str,
    pub hidden: Vec<(&'a str, String)>,
    pub username: &'a str,
    pub problem: Option<LoginProblem>,
    pub language_links: Vec<(Language, String)>,
}
impl Login<'_> {
    pub fn render(&self) -> String {
        let h: String =
            self.hidden.iter().map(|(n, v)| format!("<input type=hidden name={n} value=\"{v}\">")).collect();
        format!("<h1 id=royaume-login>x</h1><form method=post action=\"{}\">{h}</form>", self.action)
    }
}
pub struct ScopeLine<'a> {
    pub name: &'a str,
    pub description: &'a str,
    pub already_granted: bool,
}
pub struct Consent<'a> {
    pub language: Language,
    pub realm_title: &'a str,
    pub client_name: &'a str,
    pub client_host: &'a str,
    pub person: &'a str,
    pub scopes: Vec<ScopeLine<'a>>,
    pub action: &'a str,
    pub hidden: Vec<(&'a str, String)>,
    pub language_links: Vec<(Language, String)>,
}
impl Consent<'_> {
    pub fn render(&self) -> String {
        let h: String =
            self.hidden.iter().map(|(n, v)| format!("<input type=hidden name={n} value=\"{v}\">")).collect();
        format!("<h1 id=royaume-consent>x</h1><form method=post action=\"{}\">{h}</form>", self.action)
    }
}
pub struct LogoutConfirmation<'a> {
    pub language: Language,
    pub realm_title: &'a str,
    pub person: Option<&'a str>,
    pub action: &'a str,
    pub hidden: Vec<(&'a str, String)>,
    pub language_links: Vec<(Language, String)>,
}
impl LogoutConfirmation<'_> {
    pub fn render(&self) -> String {
        let h: String =
            self.hidden.iter().map(|(n, v)| format!("<input type=hidden name={n} value=\"{v}\">")).collect();
        format!("<h1 id=royaume-logout>x</h1><form method=post action=\"{}\">{h}</form>", self.action)
    }
}
pub struct LoggedOut<'a> {
    pub language: Language,
    pub realm_title: &'a str,
}
impl LoggedOut<'_> {
    pub fn render(&self) -> String {
        "<h1 id=royaume-logged-out>x</h1>".to_owned()
    }
}
pub fn error_page(_l: Language, code: &str, description: &str) -> String {
    format!("<h1 id=royaume-error>x</h1><p>{code}: {description}")
}
