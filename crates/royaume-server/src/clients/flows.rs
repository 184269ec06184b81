//! How a client comes by tokens: its kind, its grants, its response types and how it authenticates, which must agree
//! (RFC 7591 §2.1, OIDC Registration §2).

use royaume_protocol::{ClientAuthenticationMethod, ClientMetadata, GrantType, ResponseType};
use royaume_realm::Realm;

use super::Asker;
use super::unfit::{Unfit, Why};
use crate::stored::client::Application;

const METHOD: &str = "token_endpoint_auth_method";
const GRANTS: &str = "grant_types";
const RESPONSES: &str = "response_types";

/// What agrees.
pub(super) struct Flows {
    pub(super) application: Application,
    pub(super) grants: Vec<GrantType>,
    pub(super) response_types: Vec<ResponseType>,
    /// Empty for a public client.
    pub(super) authentication: Vec<ClientAuthenticationMethod>,
}

impl Flows {
    pub(super) fn judge(metadata: &ClientMetadata, asker: Asker, realm: &Realm) -> Result<Self, Unfit> {
        let grants = grants(metadata, asker, realm)?;
        let response_types = response_types(metadata, &grants, realm)?;
        let authentication = authentication(metadata, asker, realm)?;
        let application = match asker {
            Asker::Operator(application) => application,
            Asker::Invited | Asker::Stranger if authentication.is_empty() => Application::Public,
            Asker::Invited | Asker::Stranger if grants == [GrantType::ClientCredentials] => {
                Application::Machine
            }
            Asker::Invited | Asker::Stranger => Application::Private,
        };
        if (application == Application::Public) != authentication.is_empty() {
            return Err(Unfit::of(METHOD, Why::OtherKind));
        }
        if grants.contains(&GrantType::ClientCredentials) {
            if application == Application::Public {
                return Err(Unfit::of(GRANTS, Why::CredentialsOfPublic));
            }
            if asker == Asker::Stranger {
                return Err(Unfit::of(GRANTS, Why::CredentialsOfStranger));
            }
        }
        Ok(Self { application, grants, response_types, authentication })
    }

    /// Do tokens of its people pass through the browser?
    pub(super) fn implicit(&self) -> bool {
        self.response_types.iter().any(|known| known.has_token() || known.has_id_token())
    }
}

/// When absent: for operators the usual ones of the kind, for others those that the response types need, which is
/// `authorization_code` when these are absent too (RFC 7591 §2).
fn grants(metadata: &ClientMetadata, asker: Asker, realm: &Realm) -> Result<Vec<GrantType>, Unfit> {
    let mut grants = match (&metadata.grant_types, asker) {
        (Some(said), _) => said.clone(),
        (None, Asker::Operator(application)) => {
            let usual = application.usual_grants();
            usual.into_iter().filter(|grant| realm.allows(*grant)).chain(needed(metadata)).collect()
        }
        (None, Asker::Invited | Asker::Stranger)
            if metadata.response_types.as_deref().is_none_or(<[_]>::is_empty) =>
        {
            vec![GrantType::AuthorizationCode]
        }
        (None, Asker::Invited | Asker::Stranger) => needed(metadata).collect(),
    };
    let mut seen = Vec::new();
    grants.retain(|grant| {
        !seen.contains(grant) && {
            seen.push(*grant);
            true
        }
    });
    if grants.is_empty() || grants.iter().any(|grant| !realm.allows(*grant)) {
        return Err(Unfit::of(GRANTS, Why::NotOffered));
    }
    Ok(grants)
}

fn needed(metadata: &ClientMetadata) -> impl Iterator<Item = GrantType> {
    let response_types = metadata.response_types.iter().flatten();
    response_types.flat_map(|response_type| response_type.grants()).copied()
}

/// When absent: `code`, for a client that may redeem one (RFC 7591 §2).
fn response_types(
    metadata: &ClientMetadata,
    grants: &[GrantType],
    realm: &Realm,
) -> Result<Vec<ResponseType>, Unfit> {
    let code = grants.contains(&GrantType::AuthorizationCode);
    let in_browser = grants.contains(&GrantType::Implicit);
    let mut wished = match &metadata.response_types {
        Some(said) => said.clone(),
        None if code => vec![ResponseType::Code],
        // The default does not fit what is said, and there are several that do.
        None if in_browser => return Err(Unfit::of(RESPONSES, Why::Missing)),
        None => Vec::new(),
    };
    wished.sort_unstable();
    wished.dedup();
    for response_type in &wished {
        if !realm.response_types.contains(response_type) {
            return Err(Unfit::of(RESPONSES, Why::NotOffered));
        }
        if response_type.grants().iter().any(|grant| !grants.contains(grant)) {
            return Err(Unfit::of(RESPONSES, Why::GrantMissing));
        }
    }
    if wished.is_empty() && (code || in_browser) {
        return Err(Unfit::of(RESPONSES, Why::Missing));
    }
    Ok(wished)
}

/// When absent: for operators every way of the realm that a secret serves, for others `client_secret_basic`
/// (RFC 7591 §2).
fn authentication(
    metadata: &ClientMetadata,
    asker: Asker,
    realm: &Realm,
) -> Result<Vec<ClientAuthenticationMethod>, Unfit> {
    use ClientAuthenticationMethod as Method;
    let wished = match (metadata.token_endpoint_auth_method, asker) {
        (Some(said), _) => vec![said],
        (None, Asker::Operator(Application::Public)) => vec![Method::None],
        (None, Asker::Operator(Application::Machine | Application::Private)) => {
            let secret = [Method::ClientSecretPost, Method::ClientSecretBasic];
            realm.client_authentication.iter().copied().filter(|method| secret.contains(method)).collect()
        }
        (None, Asker::Invited | Asker::Stranger) => vec![Method::ClientSecretBasic],
    };
    if wished.is_empty() {
        return Err(Unfit::of(METHOD, Why::Missing));
    }
    // An operator's public clients are as they always were: the realm lists the ways of those that authenticate.
    let offered = |method: &Method| {
        realm.client_authentication.contains(method)
            || (*method == Method::None && asker == Asker::Operator(Application::Public))
    };
    if !wished.iter().all(offered) {
        return Err(Unfit::of(METHOD, Why::NotOffered));
    }
    Ok(wished.into_iter().filter(|method| *method != Method::None).collect())
}
