//! `royaume doctor`: from the ground up, what works between an application and its provider, what does not, and what to
//! do next.

mod authorization;
mod clock;
mod connection;
mod credentials;
mod discovery;
mod finding;
mod gateway;
mod keys;
mod pace;
mod realm;
mod redirect_rules;
mod report;
mod scopes;

use royaume_client::{ReqwestTransport, Scope};

use self::credentials::Proof;
use self::discovery::Document;
use self::finding::{Check, Finding, both};
use self::realm::Ground;
use self::report::Report;
use super::who::{self, Speaker};
use crate::cli::{Doctor, Kind};
use crate::failure::Failure;
use crate::language::Language;

pub(super) async fn run(asked: Doctor) -> Result<(), Failure> {
    // What cannot be read at all is no illness of the provider's.
    asked.scope.as_deref().map(Scope::parse).transpose().map_err(Failure::usage)?;
    let mut report = Report::new(Language::of_environment(), asked.who.json);
    let transport = ReqwestTransport::new()?;
    match realm::check(&asked.who, &mut report)? {
        Some(ground) => look(&asked, &ground, &transport, &mut report).await,
        None => {
            report.skip(
                &Check::BEHIND_THE_REALM,
                &both("le royaume n'est pas connu", "the realm is not known"),
            );
            redirect_rules::check(asked.redirect_uri.as_deref(), false, &mut report);
        }
    }
    report.finish()
}

async fn look(asked: &Doctor, ground: &Ground, transport: &ReqwestTransport, report: &mut Report) {
    let reached = connection::check(ground, transport, report).await;
    if let Some(answered) = &reached {
        clock::check(answered, report);
        let document = discovery::check(ground, transport, report).await;
        keys::check(ground, &document, transport, report).await;
        redirect_rules::check(asked.redirect_uri.as_deref(), ground.is_france_travail(), report);
        application(asked, ground, &document, transport, report).await;
    } else {
        redirect_rules::check(asked.redirect_uri.as_deref(), ground.is_france_travail(), report);
        let away = both("le serveur n'a pas répondu", "the server did not answer");
        report.skip(&Check::BEHIND_THE_SERVER, &away);
    }
    gateway::check(asked, ground, transport, report).await;
}

/// What needs to know which application it is.
async fn application(
    asked: &Doctor,
    ground: &Ground,
    document: &Document,
    transport: &ReqwestTransport,
    report: &mut Report,
) {
    let why = match document {
        Document::Believed(_) => None,
        Document::Absent if ground.addresses.is_some() => None,
        Document::Absent => Some(both(
            "les adresses du fournisseur ne sont pas connues",
            "the provider's addresses are not known",
        )),
        // Whoever answers in another's place is told no secret.
        Document::Disbelieved => Some(both(
            "aucun secret n'est envoyé à un serveur dont le document n'est pas cru",
            "no secret is sent to a server whose document is not believed",
        )),
    };
    if let Some(why) = why {
        report.skip(&Check::OF_THE_APPLICATION, &why);
        return;
    }
    let usual = match &asked.redirect_uri {
        Some(_) => [Kind::Private, Kind::Public, Kind::Machine],
        None => [Kind::Machine, Kind::Private, Kind::Public],
    };
    let speaker = match Speaker::of(&asked.who, &usual).await {
        Ok(speaker) => speaker,
        Err(failure) => {
            report.add(Finding::failed(Check::Credentials, &failure));
            let nobody =
                both("on ne sait pas quelle application demande", "it is not known which application asks");
            report.skip(&[Check::Authorization, Check::Scopes], &nobody);
            return;
        }
    };
    let proof = credentials::check(asked, ground, &speaker, transport, report).await;
    let shown = authorization::check(asked, &proof, &speaker, transport, report).await;
    match (who::scope(asked.scope.as_deref(), &speaker), proof) {
        (Err(failure), _) => report.add(Finding::failed(Check::Scopes, &failure)),
        (Ok(None), _) => {
            let unasked =
                both("nommez-en avec --scope pour les essayer", "name some with --scope to have them tried");
            report.skip(&[Check::Scopes], &unasked);
        }
        (Ok(Some(_)), Proof::Machine) => scopes::of_application(asked, ground, &speaker, report).await,
        (Ok(Some(_)), Proof::SignsIn | Proof::Unknown) => {
            scopes::of_person(asked, ground, &speaker, shown.as_ref(), transport, report).await;
        }
        (Ok(Some(_)), Proof::Refused) => {
            let refused = both("l'application n'est pas reconnue", "the application is not recognised");
            report.skip(&[Check::Scopes], &refused);
        }
    }
}
