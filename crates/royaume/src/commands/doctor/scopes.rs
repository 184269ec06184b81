//! The scopes (RFC 6749 §3.3): one that is refused spoils all, and no server has to say which (§5.2).

use std::time::Duration;

use royaume_client::{ClientError, Clock as _, ReqwestTransport, Scope, SystemClock};
use royaume_realm::Text;

use super::authorization::{self, Shown};
use super::finding::{Check, Finding, Trouble, both};
use super::pace::Pace;
use super::realm::Ground;
use super::report::Report;
use crate::cli::Doctor;
use crate::commands::who::{self, Speaker};

/// No more words are asked for one by one.
const MOST: usize = 20;
/// No longer than this is spent on them.
const PATIENCE: Duration = Duration::from_secs(60);

/// Of an application that gets tokens for itself.
pub(super) async fn of_application(asked: &Doctor, ground: &Ground, speaker: &Speaker, report: &mut Report) {
    let Some(scope) = wanted(asked, speaker) else { return };
    let mut pace = Pace::after_one();
    pace.next().await;
    match speaker.client.client_credentials(Some(scope.clone()), SystemClock.now()).await {
        Ok(tokens) => granted(&scope, tokens.scope.as_ref(), ground, report),
        Err(ClientError::ScopeRefused(_)) => {
            let one = async |word: Scope| match speaker
                .client
                .client_credentials(Some(word), SystemClock.now())
                .await
            {
                Ok(_) => Ok(true),
                Err(ClientError::ScopeRefused(_)) => Ok(false),
                Err(error) => Err(error),
            };
            one_by_one(&scope, ground, one, report).await;
        }
        Err(error) => report.add(Finding::unforeseen(Check::Scopes, &error)),
    }
}

/// Of an application that signs people in: what it may ask for shows before anybody signs in.
pub(super) async fn of_person(
    asked: &Doctor,
    ground: &Ground,
    speaker: &Speaker,
    shown: Option<&Shown>,
    transport: &ReqwestTransport,
    report: &mut Report,
) {
    let (Some(scope), Some(redirect_uri)) = (wanted(asked, speaker), &asked.redirect_uri) else {
        let unasked = both(
            "les scopes d'une application qui authentifie des personnes s'essaient avec --redirect-uri",
            "the scopes of an application that signs people in are tried with --redirect-uri",
        );
        report.skip(&[Check::Scopes], &unasked);
        return;
    };
    match shown {
        Some(Shown::Login) => open(&scope, ground, report),
        Some(Shown::Callback { error: Some(error) }) if error == "invalid_scope" => {
            let one = async |word: Scope| match authorization::ask(speaker, redirect_uri, word, transport)
                .await?
            {
                Shown::Login => Ok(true),
                Shown::Callback { error } => Ok(error.as_deref() != Some("invalid_scope")),
                Shown::ErrorPage(status) => {
                    Err(ClientError::Unexpected { expected: "what it showed before", status })
                }
                Shown::Trouble => {
                    Err(ClientError::Unavailable { reason: "HTTP 5xx or 429".to_owned(), retry_after: None })
                }
            };
            one_by_one(&scope, ground, one, report).await;
        }
        Some(Shown::Callback { .. }) => {
            let other = both(
                "le serveur refuse autre chose avant de regarder les scopes",
                "the server refuses something else before it looks at the scopes",
            );
            report.skip(&[Check::Scopes], &other);
        }
        Some(Shown::ErrorPage(_) | Shown::Trouble) | None => {
            let before = both(
                "le serveur n'a pas accepté la redirect_uri, et ne regarde pas plus loin",
                "the server did not take the redirect URI, and looks no further",
            );
            report.skip(&[Check::Scopes], &before);
        }
    }
}

fn wanted(asked: &Doctor, speaker: &Speaker) -> Option<Scope> {
    who::scope(asked.scope.as_deref(), speaker).ok().flatten()
}

/// All of them: is it what was asked for, and does it open what it should?
fn granted(scope: &Scope, told: Option<&Scope>, ground: &Ground, report: &mut Report) {
    let missing = told.map(|told| scope.minus(told)).filter(|missing| !missing.is_empty());
    if let Some(missing) = missing {
        let seen = both(format!("accordés sans {missing}"), format!("granted without {missing}"));
        let next = both(
            "faites ajouter à l'application ce qui manque, ou ne le demandez pas",
            "have what is missing added to the application, or do not ask for it",
        );
        report.add(Finding::remark(Check::Scopes, seen, next));
        return;
    }
    let seen = both(format!("le serveur accorde {scope}"), format!("the server grants {scope}"));
    whole(scope, ground, seen, report);
}

/// The person decides at the end; until then the server has nothing against them.
fn open(scope: &Scope, ground: &Ground, report: &mut Report) {
    let seen =
        both(format!("le serveur laisse demander {scope}"), format!("the server lets {scope} be asked for"));
    whole(scope, ground, seen, report);
}

fn whole(scope: &Scope, ground: &Ground, seen: Text, report: &mut Report) {
    report.add(match half_an_api(scope, ground) {
        Some((seen, next)) => Finding::remark(Check::Scopes, seen, next),
        None => Finding::well(Check::Scopes, seen),
    });
}

/// France Travail grants a technical scope alone, and its gateway then answers 403.
fn half_an_api(scope: &Scope, ground: &Ground) -> Option<(Text, Text)> {
    let api = ground.catalogue.apis.iter().find(|api| {
        let business = &api.business_scopes;
        scope.contains(&api.technical_scope)
            && !business.is_empty()
            && !business.iter().any(|one| scope.contains(one))
    })?;
    let (technical, business) = (&api.technical_scope, api.business_scopes.join(" "));
    Some((
        both(
            format!("rien n'est refusé, mais {technical} seul n'ouvre rien : l'API répondra 403"),
            format!("nothing is refused, but {technical} alone opens nothing: the API will answer 403"),
        ),
        both(format!("demandez aussi {business}"), format!("ask for {business} too")),
    ))
}

/// Asks for each on its own.
async fn one_by_one(
    scope: &Scope,
    ground: &Ground,
    granted: impl AsyncFn(Scope) -> Result<bool, ClientError>,
    report: &mut Report,
) {
    let (mut pace, mut refused, mut stopped) = (Pace::after_one(), Vec::new(), None);
    let asking = async {
        for word in scope.iter().take(MOST) {
            pace.next().await;
            match granted(scope.only(|other| other == word)).await {
                Ok(true) => {}
                Ok(false) => refused.push(word.to_owned()),
                Err(error) => {
                    stopped = Some(error);
                    break;
                }
            }
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, asking).await.is_ok();
    for word in &refused {
        let seen = both(format!("le serveur refuse {word}"), format!("the server refuses {word}"));
        report.add(Finding::wrong(Check::Scopes, Trouble::Refused, seen, advice(word, ground)));
    }
    if let Some(error) = stopped {
        report.add(Finding::unforeseen(Check::Scopes, &error));
    } else if !in_time || scope.iter().count() > MOST {
        let why = both(
            format!("les scopes ne sont essayés un par un que jusqu'à {MOST}, et une minute au plus"),
            format!("scopes are tried one by one up to {MOST} only, and for a minute at most"),
        );
        report.skip(&[Check::Scopes], &why);
    } else if refused.is_empty() {
        let seen = both(
            "le serveur refuse ces scopes ensemble, et accorde chacun d'eux seul",
            "the server refuses these scopes together, and grants each of them alone",
        );
        let next = both("demandez un jeton pour chacun", "ask for a token for each");
        report.add(Finding::wrong(Check::Scopes, Trouble::Refused, seen, next));
    }
}

/// What to do about a scope that is refused, by what is known of it.
fn advice(word: &str, ground: &Ground) -> Text {
    let apis = &ground.catalogue.apis;
    let realm = ground.realm.as_ref();
    if let Some(api) = apis.iter().find(|api| api.misspelled.iter().any(|misspelled| misspelled == word)) {
        let right = api.scopes().collect::<Vec<_>>().join(" ");
        return both(
            format!("ce mot est une coquille connue : les scopes de cette API sont {right}"),
            format!("this word is a known misprint: the scopes of that API are {right}"),
        );
    }
    let is_of = |api: &&royaume_realm::ApiDescription| api.scopes().any(|scope| scope == word);
    let owners: Vec<_> = apis.iter().filter(is_of).collect();
    if let (Some(owner), Some(realm)) = (owners.first(), realm)
        && owners.iter().all(|api| api.realm != realm.name)
    {
        let other = &owner.realm;
        return both(
            format!("ce scope est du royaume {other} : demandez-le là-bas"),
            format!("this scope is of realm {other}: ask for it there"),
        );
    }
    if let Some(by) = owners.iter().find_map(|api| api.replaced_by.as_ref()) {
        return both(
            format!("cette API est remplacée : demandez {by}"),
            format!("this API has been replaced: ask for {by}"),
        );
    }
    if owners.is_empty() && realm.is_some_and(|realm| realm.scope(word).is_none()) {
        return match ground.catalogue.api(word) {
            Err(royaume_realm::LookupError::Unknown { nearest: Some(nearest), .. }) => both(
                format!("ce mot n'est pas connu de ce royaume : vouliez-vous dire {nearest} ?"),
                format!("this word is not known in this realm: did you mean {nearest}?"),
            ),
            Ok(_) | Err(_) => both(
                "ce mot n'est pas connu de ce royaume : royaume explain --apis montre les scopes connus",
                "this word is not known in this realm: royaume explain --apis shows the scopes that are known",
            ),
        };
    }
    both(
        "abonnez l'application à cette API, ou demandez-la sans ce scope ; une API en maintenance est refusée aussi",
        "subscribe the application to that API, or ask without this scope; an API under maintenance is refused too",
    )
}
