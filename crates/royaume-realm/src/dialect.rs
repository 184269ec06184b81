//! How a realm speaks: one field for each departure from the standards' words.
//!
//! `docs/divergences.md` has one heading for each field.

use serde::{Deserialize, Serialize};

macro_rules! dialect {
    ($($(#[$doc:meta])* $field:ident,)+) => {
        /// The departures of a realm; every field is false in [`Dialect::STANDARD`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Dialect {
            $($(#[$doc])* pub $field: bool,)+
        }

        impl Dialect {
            /// The words of the standards.
            pub const STANDARD: Dialect = Dialect { $($field: false,)+ };

            /// The words that integrators of France Travail meet today.
            pub const AS_DEPLOYED: Dialect = Dialect { $($field: true,)+ };

            /// Every field with its value, in the order of `docs/divergences.md`.
            pub fn departures(&self) -> impl Iterator<Item = (&'static str, bool)> {
                [$((stringify!($field), self.$field),)+].into_iter()
            }
        }

        /// The departures that a realm's file sets beside its named dialect.
        #[derive(Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct Departures {
            $($field: Option<bool>,)+
        }

        impl Departures {
            /// The dialect with the fields set here in place of its own.
            pub(crate) fn upon(&self, dialect: Dialect) -> Dialect {
                Dialect { $($field: self.$field.unwrap_or(dialect.$field),)+ }
            }
        }
    };
}

dialect! {
    /// Failed client authentication is HTTP 400, where RFC 6749 §5.2 has 401 for a client that used HTTP Basic.
    invalid_client_as_bad_request,
    /// A token request whose `redirect_uri` differs is answered `redirect_uri_mismatch`, where RFC 6749 §5.2 has
    /// `invalid_grant`.
    redirect_uri_mismatch_code,
    /// The description of `invalid_scope` names the scopes refused; RFC 6749 §5.2 leaves the text free.
    scopes_in_error_descriptions,
    /// All JSON is served as `application/json;charset=UTF-8`; RFC 8259 §11 defines no such parameter.
    charset_in_content_type,
    /// The token response repeats `nonce`, beside the claim of the ID token (OpenID Connect Core 1.0 §3.1.3.3).
    nonce_in_token_response,
    /// The ID token carries `realm`, as `/individu`, and always `azp`; OpenID Connect Core 1.0 §2 allows other claims.
    realm_in_id_token,
    /// The authorization response carries `scope`, which RFC 6749 §4.1.2 leaves to the token response.
    scope_on_redirect,
    /// The authorization response carries `client_id`, beside `iss` (RFC 9207 §2), which is always there.
    client_id_on_redirect,
    /// A person who gives up at the login is sent back with `state` alone, where RFC 6749 §4.1.2.1 has
    /// `access_denied`.
    cancelled_login_sends_state_only,
    /// Logout takes `redirect_uri` as well as `post_logout_redirect_uri` (RP-Initiated Logout 1.0 §2).
    redirect_uri_at_logout,
    /// A client may still ask for `application_<its client_id>`, once compulsory: it grants nothing and refuses
    /// nothing, where an unknown scope is `invalid_scope` (RFC 6749 §5.2).
    application_scope_tolerated,
    /// A bearer token refused with 401 is answered without a body; the challenge of RFC 6750 §3 is always there.
    empty_body_for_refused_bearer,
}

impl Default for Dialect {
    fn default() -> Dialect {
        Dialect::STANDARD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_departure_has_its_heading_and_every_heading_its_departure() {
        let page = include_str!("../../../docs/divergences.md");
        let headings: Vec<&str> =
            page.lines().filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`')).collect();
        let fields: Vec<&str> = Dialect::STANDARD.departures().map(|(field, _)| field).collect();
        assert_eq!(headings, fields);
    }

    #[test]
    fn the_standard_departs_nowhere_and_the_deployed_everywhere() {
        assert!(Dialect::STANDARD.departures().all(|(_, departs)| !departs));
        assert!(Dialect::AS_DEPLOYED.departures().all(|(_, departs)| departs));
    }
}
