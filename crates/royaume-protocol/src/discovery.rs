//! Where a provider's document lies (OIDC Discovery §4, RFC 8414 §3).

/// Below the issuer (OIDC Discovery §4.1).
pub fn openid_configuration(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// Between host and path of the issuer (RFC 8414 §3.1).
pub fn oauth_authorization_server(issuer: &str) -> String {
    let issuer = issuer.trim_end_matches('/');
    let after_scheme = issuer.find("://").map_or(0, |at| at + 3);
    let path = issuer[after_scheme..].find('/').map_or(issuer.len(), |at| after_scheme + at);
    format!("{}/.well-known/oauth-authorization-server{}", &issuer[..path], &issuer[path..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_lie_where_the_standards_put_them() {
        assert_eq!(
            openid_configuration("https://a.test/x"),
            "https://a.test/x/.well-known/openid-configuration"
        );
        assert_eq!(
            openid_configuration("https://a.test/"),
            "https://a.test/.well-known/openid-configuration"
        );
        assert_eq!(
            oauth_authorization_server("https://a.test/x/y"),
            "https://a.test/.well-known/oauth-authorization-server/x/y"
        );
        assert_eq!(
            oauth_authorization_server("https://a.test"),
            "https://a.test/.well-known/oauth-authorization-server"
        );
    }
}
