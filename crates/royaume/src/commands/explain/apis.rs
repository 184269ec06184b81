//! `royaume explain API`: realm, flow, scope, address and quota of an API.

use royaume_realm::{
    ApiDescription, Application, Catalogue, Certainty, Choice, ChoiceError, LookupError, Place, Rate,
    SubjectKind, Topology,
};
use serde_json::{Value, json};

use super::{named, why_not};
use crate::failure::Failure;
use crate::language::Language;
use crate::output;

/// What there is to know of the APIs, and in which words.
pub(super) struct Apis<'a> {
    pub(super) topology: &'a Topology,
    pub(super) catalogue: &'a Catalogue,
    pub(super) place: &'a Place,
    pub(super) language: Language,
    pub(super) json: bool,
}

impl Apis<'_> {
    /// All of them, a row each.
    pub(super) fn all(&self) {
        if self.json {
            let apis: Vec<_> = self.catalogue.apis.iter().map(described).collect();
            output::json(&apis);
            return;
        }
        for (at, api) in self.catalogue.apis.iter().enumerate() {
            if at == 0 || self.catalogue.apis[at - 1].realm != api.realm {
                let gap = if at == 0 { "" } else { "\n" };
                output::line(&format!("{gap}/{}", api.realm));
            }
            let scope = api.scopes().collect::<Vec<_>>().join(" ");
            output::line(&format!("  {scope:<43}  {}", self.language.of(&api.title)));
        }
        output::remark(self.language.say(
            "\nTout sur l'une d'elles : royaume explain offresdemploi",
            "\nAll about one of them: royaume explain offresdemploi",
        ));
    }

    /// The one of that name, for one kind of application or for both.
    pub(super) fn one(&self, name: &str, application: Option<Application>) -> Result<(), Failure> {
        let api = self.catalogue.api(name).map_err(|error| self.unknown(&error))?;
        let applications =
            application.map_or(vec![Application::Private, Application::Public], |one| vec![one]);
        let choose = |application: &Application| {
            let chosen = self.catalogue.choose(&api.technical_scope, self.topology, *application, self.place);
            (*application, chosen)
        };
        let choices: Vec<_> = applications.iter().map(choose).collect();
        if application.is_some()
            && let Some((_, Err(error))) = choices.first()
        {
            return Err(Failure::Usage(self.why_not(error)));
        }
        if self.json {
            let flows = choices.iter().map(|(application, choice)| {
                json!({"application": application, "flow": choice.as_ref().ok().map(|choice| choice.flow)})
            });
            let chosen = choices.iter().find_map(|(_, choice)| choice.as_ref().ok());
            output::json(&json!({
                "api": described(api),
                "flows": flows.collect::<Vec<_>>(),
                "scope": chosen.map(|choice| &choice.scope),
                "base_url": chosen.map(|choice| &choice.base_url),
                "authorization": chosen.and_then(|choice| choice.realm.addresses.authorization.as_ref()),
                "token": chosen.map(|choice| &choice.realm.addresses.token),
            }));
            return Ok(());
        }
        self.print(api, &choices);
        Ok(())
    }

    fn print(&self, api: &ApiDescription, choices: &[(Application, Result<Choice<'_>, ChoiceError>)]) {
        let say = |french, english| self.language.say(french, english);
        let title = self.language.of(&api.title);
        output::line(&format!("{title} · {} v{} · /{}", api.code, api.version, api.realm));
        let mut lines: Vec<(&str, String)> = Vec::new();
        for (application, choice) in choices {
            let flow = match choice {
                Ok(choice) => choice.flow.to_string(),
                Err(error) => self.why_not(error),
            };
            lines.push((named(*application, self.language), flow));
        }
        let chosen = choices.iter().find_map(|(_, choice)| choice.as_ref().ok());
        if let Some(choice) = chosen {
            lines.push(("Scope", choice.scope.to_string()));
            if api.caller == SubjectKind::Person
                && let Some(authorization) = &choice.realm.addresses.authorization
            {
                lines.push((say("Authentification", "Authorization"), format!("GET  {authorization}")));
            }
            lines.push(("Token", format!("POST {}", choice.realm.addresses.token)));
            lines.push(("API", choice.base_url.clone()));
        }
        lines.push(("Quota", self.quota(api)));
        if let Some(pages) = api.pages {
            let last = pages.last_end + 1;
            lines.push((
                "Pages",
                match self.language {
                    Language::French => format!("{} résultats au plus, jusqu'au {last}e", pages.largest),
                    Language::English => format!("{} results at most, up to number {last}", pages.largest),
                },
            ));
        }
        if !api.headers.is_empty() {
            lines.push((say("En-têtes", "Headers"), api.headers.join(", ")));
        }
        lines.push((say("Bac à sable", "Sandbox"), self.sandbox(api).to_owned()));
        lines
            .extend(api.replaced_by.iter().map(|scope| (say("Remplacée par", "Replaced by"), scope.clone())));
        lines.extend(api.misspelled.iter().map(|scope| (say("Mal écrit", "Misspelled"), scope.clone())));
        lines.push(("Source", format!("{} ({})", api.source, self.certainty(api.certainty))));
        for (name, text) in lines {
            output::line(&format!("  {name:<20} {text}"));
        }
        if let Some(choice) = chosen {
            output::line(say("\nEssayer :", "\nTo try it:"));
            let command = match api.caller {
                SubjectKind::Application => "token",
                SubjectKind::Person => "login",
            };
            output::line(&format!("  royaume {command} --realm {} --scope \"{}\"", api.realm, choice.scope));
            output::line(&format!("  royaume api get {}/...", api.path));
        }
        output::remark(&format!(
            "\n{} royaume explain {}",
            say("Tout sur le royaume :", "All about the realm:"),
            api.realm
        ));
    }

    fn quota(&self, api: &ApiDescription) -> String {
        let say = |french, english| self.language.say(french, english);
        let Some(quota) = &api.quota else { return say("inconnu", "not known").to_owned() };
        let rate = |rate: Rate, whose: &str| {
            let Rate { calls, seconds } = rate;
            let every = match (self.language, seconds) {
                (Language::French, 1) => format!("{calls} par seconde"),
                (Language::French, _) => format!("{calls} en {seconds} secondes"),
                (Language::English, 1) => format!("{calls} a second"),
                (Language::English, _) => format!("{calls} in {seconds} seconds"),
            };
            format!("{every} {whose}")
        };
        let one = quota.application.map(|one| rate(one, say("pour une application", "for one application")));
        let all = quota.api.map(|all| rate(all, say("pour toutes", "for all of them")));
        let rates: Vec<_> = one.into_iter().chain(all).collect();
        format!("{} ({})", rates.join(", "), self.certainty(quota.certainty))
    }

    fn sandbox(&self, api: &ApiDescription) -> &'static str {
        match api.sandbox {
            Some(true) => self.language.say("oui", "yes"),
            Some(false) => self.language.say("non", "no"),
            None => self.language.say("inconnu", "not known"),
        }
    }

    fn certainty(&self, certainty: Certainty) -> &'static str {
        match certainty {
            Certainty::Documented => self.language.say("documenté", "documented"),
            Certainty::Observed => self.language.say("observé", "observed"),
            Certainty::Inferred => self.language.say("déduit", "inferred"),
        }
    }

    /// Neither a realm nor an API.
    fn unknown(&self, error: &LookupError) -> Failure {
        let realms: Vec<_> = self.topology.realms.iter().map(|realm| realm.name.as_str()).collect();
        let realms = realms.join(", ");
        Failure::Usage(match (error, self.language) {
            (LookupError::Unknown { name, nearest }, Language::French) => {
                let near = nearest
                    .as_ref()
                    .map(|near| format!(" ; vouliez-vous dire `{near}` ?"))
                    .unwrap_or_default();
                format!(
                    "ni royaume ni API ne s'appelle `{name}`{near} ; comme royaumes il y a : {realms} ; royaume explain \
                     --apis liste les API"
                )
            }
            (LookupError::Unknown { name, nearest }, Language::English) => {
                let near =
                    nearest.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                format!(
                    "neither a realm nor an API is called `{name}`{near}; of realms there are: {realms}; royaume explain \
                     --apis lists the APIs"
                )
            }
            (LookupError::Ambiguous { name, meant }, Language::French) => {
                format!("`{name}` peut désigner plusieurs API : {}", meant.join(", "))
            }
            (LookupError::Ambiguous { .. }, Language::English) => error.to_string(),
        })
    }

    fn why_not(&self, error: &ChoiceError) -> String {
        match (error, self.language) {
            (ChoiceError::Realm(error), language) => why_not(error, language),
            (ChoiceError::PublicApplication { .. }, Language::French) => {
                "impossible : elle s'appelle au nom d'une application, et celle-ci n'a pas de secret"
                    .to_owned()
            }
            (ChoiceError::PublicApplication { .. }, Language::English) => {
                "impossible: it is called in the name of an application, and this one has no secret"
                    .to_owned()
            }
            (error, _) => error.to_string(),
        }
    }
}

/// A row for programs.
fn described(api: &ApiDescription) -> Value {
    let mut value = serde_json::to_value(api).expect("a row always serialises");
    value["realm"] = json!(format!("/{}", api.realm));
    value
}
