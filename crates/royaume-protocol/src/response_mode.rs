//! Response modes (OAuth 2.0 Multiple Response Types §2.1): where in the answer its parameters stand.

/// A response mode that we speak. A code never needs the fragment, and a page of the answer's own is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of the redirect URI: what a code is answered with when no mode is asked for.
    Query,
}

impl ResponseMode {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
        }
    }

    /// The response mode of that name.
    pub fn parse(text: &str) -> Option<Self> {
        (text == Self::Query.as_str()).then_some(Self::Query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_query_is_answered_in() {
        assert_eq!(ResponseMode::parse("query"), Some(ResponseMode::Query));
        for text in ["", "fragment", "form_post", "web_message", "query.jwt", "Query"] {
            assert_eq!(ResponseMode::parse(text), None, "{text}");
        }
    }
}
