//! Response types (RFC 6749 §3.1.1): what the authorization endpoint answers with.

/// A response type that we speak. There is no implicit one (RFC 9700 §2.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseType {
    /// A code to be redeemed at the token endpoint (RFC 6749 §4.1.1).
    Code,
}

impl ResponseType {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
        }
    }

    /// The response type of that name. Every other one is none of ours, in whatever order its words stand.
    pub fn parse(text: &str) -> Option<Self> {
        (text == Self::Code.as_str()).then_some(Self::Code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_code_is_answered() {
        assert_eq!(ResponseType::parse("code"), Some(ResponseType::Code));
        for text in ["", "token", "id_token token", "code token", "code code", "Code", "none"] {
            assert_eq!(ResponseType::parse(text), None, "{text}");
        }
    }
}
