//! Sectors: who is told the same `sub` (OIDC Core §8.1, OIDC Registration §5).

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use royaume_protocol::{ClientMetadata, RedirectUri, SubjectType, https_uri};
use serde_json::Value;

use super::document;
use super::unfit::{Unfit, Why};
use crate::outbound::Outbound;
use crate::stored::client::Client;

const MEMBER: &str = "sector_identifier_uri";
/// The longest document, in bytes.
const LONGEST: usize = 64 * 1024;

/// The address of the list, when there is or must be one: redirect URIs of several hosts, or of none, name no sector.
pub(super) fn sector(
    metadata: &ClientMetadata,
    redirect_uris: &[RedirectUri],
) -> Result<Option<String>, Unfit> {
    if let Some(uri) = &metadata.sector_identifier_uri {
        https_uri::check(uri).map_err(|error| Unfit::of(MEMBER, error))?;
        return Ok(Some(uri.clone()));
    }
    let hosts: BTreeSet<_> = redirect_uris.iter().map(|uri| https_uri::host(uri.as_str())).collect();
    let named = hosts.len() == 1 && !hosts.contains(&None);
    if metadata.subject_type == Some(SubjectType::Pairwise) && !named {
        return Err(Unfit::of(MEMBER, Why::SectorMissing));
    }
    Ok(None)
}

/// Fetches the list, if there is one, and looks for every redirect URI in it (OIDC Registration §5).
pub(crate) async fn prove(client: &Client, outbound: &dyn Outbound) -> Result<(), Unfit> {
    let Some(uri) = &client.answers.sector_identifier_uri else { return Ok(()) };
    let listed = listed(uri, outbound).await.map_err(|why| Unfit::of(MEMBER, why))?;
    let all = client.redirect_uris.iter().all(|own| listed.iter().any(|known| known == own.as_str()));
    if all { Ok(()) } else { Err(Unfit::of(MEMBER, Why::SectorLacks)) }
}

async fn listed(uri: &str, outbound: &dyn Outbound) -> Result<Vec<String>, Why> {
    let request = Request::get(uri).header(header::ACCEPT, "application/json").body(Bytes::new());
    let answer = outbound.send(request.map_err(|_| Why::SectorUnreached)?).await;
    let answer =
        answer.ok().filter(|answer| answer.status() == StatusCode::OK).ok_or(Why::SectorUnreached)?;
    if answer.body().len() > LONGEST {
        return Err(Why::SectorMalformed);
    }
    let Ok(Value::Array(entries)) = document::read(answer.body()) else { return Err(Why::SectorMalformed) };
    let text = |entry: &Value| entry.as_str().map(str::to_owned).ok_or(Why::SectorMalformed);
    entries.iter().map(text).collect()
}
