//! Where a provider's document lies (OIDC Discovery §4, RFC 8414 §3).

/// Below the issuer (OIDC Discovery §4.1). One slash at its end counts for nothing.
pub fn openid_configuration(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer))
}

/// Between host and path of the issuer (RFC 8414 §3.1). One slash at its end counts for nothing.
pub fn oauth_authorization_server(issuer: &str) -> String {
    let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
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
            oauth_authorization_server("https://a.test:8443/x/"),
            "https://a.test:8443/.well-known/oauth-authorization-server/x"
        );
        assert_eq!(
            oauth_authorization_server("https://a.test"),
            "https://a.test/.well-known/oauth-authorization-server"
        );
    }
}
