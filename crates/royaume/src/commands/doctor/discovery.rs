//! The document of the provider (OIDC Discovery §4, RFC 8414 §3.3): is it of that issuer, and are its addresses safe?

use royaume_client::{ClientError, Provider, ReqwestTransport, Transport as _, answers, requests};
use royaume_protocol::{ProviderMetadata, discovery};

use super::finding::{Check, Finding, Trouble, both};
use super::realm::Ground;
use super::report::Report;

/// What the document is worth.
#[derive(Debug)]
pub(super) enum Document {
    /// It is of that issuer, and its addresses are safe.
    Believed(Box<Provider>),
    /// It cannot be read now, or is not there.
    Absent,
    /// It is somebody else's, or leads where no secret should go.
    Disbelieved,
}

/// Reads it. Of a realm that is known, the document is worth a look; of an issuer, there is nothing else.
pub(super) async fn check(ground: &Ground, transport: &ReqwestTransport, report: &mut Report) -> Document {
    let usual = || discovery::openid_configuration(&ground.issuer);
    let known = ground.addresses.as_ref();
    let address = known.and_then(|addresses| addresses.discovery.clone()).unwrap_or_else(usual);
    let metadata = match fetched(&address, transport).await {
        Ok(metadata) => metadata,
        Err(error) if known.is_some() => {
            let seen = both(
                format!("pas de document à {address} : {error}"),
                format!("no document at {address}: {error}"),
            );
            let next = both(
                "rien à faire : les adresses de ce royaume sont connues sans lui",
                "nothing: the addresses of this realm are known without it",
            );
            report.add(Finding::remark(Check::Discovery, seen, next));
            return Document::Absent;
        }
        Err(error @ (ClientError::Unavailable { .. } | ClientError::TooManyRequests { .. })) => {
            report.add(Finding::unforeseen(Check::Discovery, &error));
            return Document::Absent;
        }
        Err(error) => {
            let seen = both(
                format!("pas de document à {address} : {error}"),
                format!("no document at {address}: {error}"),
            );
            let next = both(
                "vérifiez --issuer : l'émetteur est l'adresse sans /.well-known/openid-configuration",
                "check --issuer: the issuer is the address without /.well-known/openid-configuration",
            );
            report.add(Finding::wrong(Check::Discovery, Trouble::Other, seen, next));
            return Document::Absent;
        }
    };
    let said = metadata.issuer.clone();
    let aliases = known.into_iter().flat_map(|addresses| &addresses.issuer_aliases);
    if !std::iter::once(&ground.issuer).chain(aliases).any(|issuer| *issuer == said) {
        let issuer = &ground.issuer;
        let shown: String = said.chars().take(200).collect();
        let seen = both(
            format!("le document est celui de {shown}, et non de {issuer}"),
            format!("the document is that of {shown}, not of {issuer}"),
        );
        let next = both(
            "l'émetteur est comparé caractère par caractère, barre finale comprise : écrivez-le comme le document, si c'est \
             bien lui que vous vouliez ; sinon on vous répond à sa place, et ses id tokens seraient refusés",
            "the issuer is compared character by character, a slash at its end included: write it as the document does, if it \
             is the one that you meant; otherwise somebody answers in its place, and its id tokens would be refused",
        );
        report.add(Finding::wrong(Check::Discovery, Trouble::Other, seen, next));
        return Document::Disbelieved;
    }
    match Provider::of_metadata(&said, metadata) {
        Ok(provider) => {
            let seen =
                both(format!("le document est celui de {said}"), format!("the document is that of {said}"));
            report.add(Finding::well(Check::Discovery, seen));
            Document::Believed(Box::new(provider))
        }
        Err(error) => {
            let seen = both(
                format!("le document n'est pas utilisable : {error}"),
                format!("the document is not usable: {error}"),
            );
            let next = both(
                "n'envoyez aucun secret à cette adresse avant que le fournisseur l'ait corrigé",
                "send no secret to such an address before the provider has corrected it",
            );
            report.add(Finding::wrong(Check::Discovery, Trouble::Other, seen, next));
            Document::Disbelieved
        }
    }
}

async fn fetched(address: &str, transport: &ReqwestTransport) -> Result<ProviderMetadata, ClientError> {
    answers::json(&transport.send(requests::document(address)?).await?, "a discovery document")
}
