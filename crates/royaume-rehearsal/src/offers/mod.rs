//! Offres d'emploi v2: a few thousand invented offers, searched as the deployed API is.

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use jiff::Timestamp;
use royaume_protocol::Parameters;
use serde_json::{Value, json};

use crate::answer::{self, Answer};

mod criteria;
mod facets;
mod invented;
mod offer;
mod range;
mod referentials;
mod wrong;

use criteria::Criteria;
pub(crate) use invented::Offers;
use range::Range;
use wrong::Wrong;

impl Offers {
    /// What lies below `/partenaire/offresdemploi/v2`.
    pub(crate) fn answer(&self, request: &Request<Bytes>, resource: &str, now: Timestamp) -> Answer {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return answer::with(answer::empty(StatusCode::METHOD_NOT_ALLOWED), header::ALLOW, "GET, HEAD");
        }
        if resource == "/offres/search" {
            return self.search(request, now).unwrap_or_else(|wrong| wrong.answer());
        }
        if let Some(id) = resource.strip_prefix("/offres/") {
            return self.one(id);
        }
        match resource.strip_prefix("/referentiel/") {
            Some(name) => referentials::answer(name),
            None => answer::empty(StatusCode::NOT_FOUND),
        }
    }

    fn search(&self, request: &Request<Bytes>, now: Timestamp) -> Result<Answer, Wrong> {
        let query = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes())
            .map_err(|_| Wrong::Query)?;
        let range = query.optional("range").map_or(Ok(Range::FIRST), Range::parse)?;
        let found = Criteria::read(&query, now)?.found_among(self.all());
        let Some((last, shown)) = range.of(&found) else {
            let content_range = format!("offres */{}", found.len());
            return Ok(answer::with(answer::no_content(), header::CONTENT_RANGE, &content_range));
        };
        let body = json!({
            "resultats": shown.iter().map(|offer| offer.described()).collect::<Vec<Value>>(),
            "filtresPossibles": facets::of(&found),
        });
        let whole = shown.len() == found.len();
        let status = if whole { StatusCode::OK } else { StatusCode::PARTIAL_CONTENT };
        let content_range = format!("offres {}-{last}/{}", range.first, found.len());
        Ok(answer::with(answer::json(status, &body), header::CONTENT_RANGE, &content_range))
    }

    fn one(&self, id: &str) -> Answer {
        match self.all().iter().find(|offer| offer.id == id) {
            Some(offer) => answer::json(StatusCode::OK, &offer.described()),
            None => answer::no_content(),
        }
    }
}
