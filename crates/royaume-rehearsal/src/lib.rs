//! The gateway of France Travail's APIs, to rehearse with: what a program meets at `/partenaire/…` once it has a token.
//!
//! One service from request to response, as everything in the house: [`Gateway`] judges the bearer token, its scopes and
//! the quotas as the deployed gateway does, and answers with invented offers and people. It knows nothing of the
//! authorization server: whose a token is, it asks [`Tokens`]. It is for rehearsals and tests; nothing in it protects
//! anybody.
//!
//! # What is there
//!
//! | path below `/partenaire` | scope | quota of one application |
//! |---|---|---|
//! | `/offresdemploi/v2/offres/search`, `/offres/{id}`, `/referentiel/{name}` | `api_offresdemploiv2 o2dsoffre` | 10 a second |
//! | `/rome-metiers/v1/metiers/metier`, `/metiers/metier/{code}` | `api_rome-metiersv1 nomenclatureRome` | 1 a second |
//! | `/peconnect-coordonnees/v1/coordonnees` | `api_peconnect-coordonneesv1 coordonnees` | 5, then 1 in 1.2 s |
//! | `/peconnect-statut/v1/statut` | `api_peconnect-statutv1 statut` | the same |
//! | `/peconnect-datenaissance/v1/etat-civil` | `api_peconnect-datenaissancev1 datenaissance` | the same |
//! | `/rechercher-usager/v2/usagers/par-datenaissance-et-nir`, `/par-numero-francetravail` | `api_rechercher-usagerv2 rechercheusager profil_accedant` | 10, then 5 a second |
//! | `/donnees-rqth/v1/rqth` | `api_donnees-rqthv1 h2a` | the same |
//! | `/testimmersion-pro/v3/…`, `/testmaj-pass-iae/v1/…` (sandbox) | `api_testimmersion-prov3 echangespmsmp`, `api_testmaj-pass-iaev1 passIAE` | 5, then 1 a second |
//!
//! The offers are 6400, the same at every start, the newest as old as the gateway. The people whom agents find stand in
//! `data/usagers.toml`; what a signed-in person has beside their account follows from their subject.
//!
//! # Faults
//!
//! A request with the header `royaume-fault` is answered, once it has passed every check, with a fault that the deployed
//! APIs show now and then: `html-400` a page where JSON is expected, `json-500` the error `JCS0011G` of the platform,
//! `r998` and `r999` the two failures behind what agents look up.
//!
//! # Guesses
//!
//! What nobody has published is guessed here, and a program should not rely on it: that a token of another realm is 403;
//! which API says `Invalid scope`, and that it is text; that calls which are forbidden or lack a token count against no
//! quota; that 401 has no `WWW-Authenticate`; the texts and values of `codeErreur`; that a range beyond the last offer is
//! 204; that `motsCles` must all be there, in the title, the trade, the company or the town; that the 302 for a missing
//! `pa-*` header leads to `/`; what a wrong `ft-jeton-usager` is answered; every quota that `data/apis.toml`
//! calls a guess. A search parameter that the API does not know is ignored.

mod agent;
mod answer;
mod apis;
mod chance;
mod fault;
mod gateway;
mod offers;
mod people;
mod quota;
mod rome;
mod sandbox;
mod tokens;
mod words;

pub use gateway::Gateway;
pub use tokens::{Holder, Tokens, TokensUnavailable};
