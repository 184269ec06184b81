//! `royaume explain-error`: what an answer of France Travail means, and what to do next.

use std::io::Read as _;

use royaume_realm::{Answerer, Callback, Certainty, Diagnoses, Diagnosis, Observed, Topology};
use serde_json::{Value, json};

use crate::cli::ExplainError;
use crate::failure::Failure;
use crate::language::Language;
use crate::output;

/// No longer text is read.
const LONGEST: u64 = 1024 * 1024;

pub(super) fn run(asked: &ExplainError) -> Result<(), Failure> {
    let known = Diagnoses::preset(Topology::FRANCE_TRAVAIL).map_err(Failure::usage)?;
    let text = match asked.answer.as_deref() {
        Some(text) if text != "-" => text.to_owned(),
        // Nothing needs to be pasted where the options say it all.
        None if asked.status.is_some() => String::new(),
        Some(_) | None => pasted()?,
    };
    let mut observed = Observed::read(&text, &known);
    observed.status = asked.status.or(observed.status);
    observed.from = asked.at.map(Answerer::from).or(observed.from);
    let found = known.of(&observed);
    if asked.json {
        let diagnoses: Vec<_> = found.iter().map(|diagnosis| described(diagnosis)).collect();
        output::json(&json!({ "seen": observed, "diagnoses": diagnoses }));
        return Ok(());
    }
    let language = Language::of_environment();
    output::line(&format!("{} {}", language.say("Vu :", "Seen:"), shown(&observed, language)));
    for diagnosis in &found {
        print(diagnosis, language);
    }
    if found.is_empty() {
        output::line(language.say(
            "\nCette réponse n'est pas connue. Essayez de donner le statut (--status) et qui a répondu (--at), ou \
             royaume doctor, qui regarde tout depuis le début.",
            "\nThis answer is not known. Try to give the status (--status) and who answered (--at), or royaume doctor, \
             which looks at everything from the beginning.",
        ));
    } else if found.len() > 1 {
        output::remark(language.say(
            "\nPlusieurs sens sont possibles : --at api ou --at token dit qui a répondu.",
            "\nIt can mean several things: --at api or --at token says who answered.",
        ));
    }
    Ok(())
}

fn pasted() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(LONGEST)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What of the answer was understood: nothing that could be secret.
fn shown(observed: &Observed, language: Language) -> String {
    let mut parts = Vec::new();
    parts.extend(observed.status.map(|status| format!("HTTP {status}")));
    parts.extend(observed.callback.map(|callback| {
        let words = match callback {
            Callback::Code => language.say("un retour avec un code", "a callback with a code"),
            Callback::StateOnly => language.say("un retour avec state seul", "a callback with state alone"),
            Callback::Error => language.say("un retour avec une erreur", "a callback with an error"),
        };
        words.to_owned()
    }));
    parts.extend(observed.error.iter().map(|error| format!("error={}", short(error))));
    parts.extend(observed.code.iter().map(|code| format!("code={}", short(code))));
    parts.extend(observed.host.iter().map(|host| short(host)));
    if parts.is_empty() {
        return language.say("rien de reconnu", "nothing that is known").to_owned();
    }
    parts.join(", ")
}

/// A word that is as long as a secret is none that explains anything.
fn short(word: &str) -> String {
    let plain = output::harmless(word);
    if plain.chars().count() > 64 { "...".to_owned() } else { plain }
}

fn print(diagnosis: &Diagnosis, language: Language) {
    output::line(&format!("\n{}", language.of(&diagnosis.meaning)));
    if !diagnosis.causes.is_empty() {
        output::line(&format!(
            "\n{}",
            language.say("Pourquoi, le plus fréquent d'abord :", "Why, the most frequent first:")
        ));
        for cause in &diagnosis.causes {
            output::line(&format!("  - {}", language.of(cause)));
        }
    }
    output::line(&format!("\n{} {}", language.say("À faire :", "Next:"), language.of(&diagnosis.next)));
    let certainty = match diagnosis.certainty {
        Certainty::Documented => language.say("documenté", "documented"),
        Certainty::Observed => language.say("observé", "observed"),
        Certainty::Inferred => language.say("déduit", "inferred"),
    };
    output::line(&format!("{} {} ({certainty})", language.say("Source :", "Source:"), diagnosis.source));
}

fn described(diagnosis: &Diagnosis) -> Value {
    json!({
        "id": diagnosis.id,
        "meaning": diagnosis.meaning,
        "causes": diagnosis.causes,
        "next": diagnosis.next,
        "certainty": diagnosis.certainty,
        "source": diagnosis.source,
    })
}
