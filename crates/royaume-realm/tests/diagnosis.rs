//! What is known of France Travail's answers: each is found again from how people paste it.

use royaume_realm::{Answerer, Diagnoses, Observed, Topology};

fn known() -> Diagnoses {
    Diagnoses::preset(Topology::FRANCE_TRAVAIL).expect("the preset reads")
}

/// A sample, and who is said to have given it.
fn seen(sample: &str, known: &Diagnoses) -> Observed {
    let (from, text) = match sample.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((from, text)) => {
            (Some(serde_json::from_value::<Answerer>(from.into()).expect("a place that is known")), text)
        }
        None => (None, sample),
    };
    let observed = Observed::read(text, known);
    Observed { from: from.or(observed.from), ..observed }
}

#[test]
fn every_sample_leads_to_its_diagnosis() {
    let known = known();
    for diagnosis in &known.all {
        assert!(!diagnosis.samples.is_empty(), "{} has a sample", diagnosis.id);
        for sample in &diagnosis.samples {
            let observed = seen(sample, &known);
            let found: Vec<_> = known.of(&observed).iter().map(|found| found.id.as_str()).collect();
            assert!(found.contains(&diagnosis.id.as_str()), "{sample}: {found:?} {observed:?}");
            assert!(found.len() <= 2, "{sample}: {found:?}");
        }
    }
}

#[test]
fn every_diagnosis_has_a_name_of_its_own_a_source_and_both_languages() {
    let known = known();
    for (at, diagnosis) in known.all.iter().enumerate() {
        assert!(known.all[..at].iter().all(|other| other.id != diagnosis.id), "{}", diagnosis.id);
        let texts = [&diagnosis.meaning, &diagnosis.next];
        let said =
            texts.into_iter().chain(&diagnosis.causes).all(|text| !text.fr.is_empty() && !text.en.is_empty());
        assert!(said && !diagnosis.source.is_empty(), "{}", diagnosis.id);
    }
}

#[test]
fn an_answer_that_nobody_knows_has_no_diagnosis() {
    let known = known();
    for text in ["", "hello", "200", "418", "{}", "[1, 2]", "https://app.example/", "é\u{0}\u{1b}[2J", "<"] {
        let observed = Observed::read(text, &known);
        assert!(known.of(&observed).is_empty(), "{text}: {observed:?}");
    }
}

#[test]
fn the_last_of_several_responses_counts() {
    let known = known();
    let text = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\nHTTP/1.1 429 Too Many\r\n\r\nslow down";
    let observed = Observed::read(text, &known);
    assert_eq!(observed.status, Some(429));
    assert_eq!(known.of(&observed)[0].id, "quota");
}

#[test]
fn a_code_is_found_in_the_middle_of_a_log() {
    let known = known();
    let text =
        "oauthlib.oauth2.rfc6749.errors.CustomOAuth2Error: (redirect_uri_mismatch) The redirection URI ...";
    assert_eq!(known.of(&Observed::read(text, &known))[0].id, "redirect-uri-mismatch");
}

#[test]
fn what_was_seen_has_no_secret_in_it() {
    let known = known();
    for text in [
        "https://app.example/callback?code=SECRET&state=SECRET",
        "HTTP/1.1 302 Found\nLocation: https://app.example/callback?code=SECRET&state=SECRET\n\n",
        r#"{"error":"invalid_grant","error_description":"SECRET","access_token":"SECRET"}"#,
        "https://api.example/x?realm=%2Fpartenaire&client_secret=SECRET",
    ] {
        let shown = serde_json::to_string(&Observed::read(text, &known)).unwrap();
        assert!(!shown.to_uppercase().contains("SECRET") || shown.contains("client_secret"), "{shown}");
        assert!(!shown.contains("SECRET") && !shown.contains("=secret"), "{shown}");
    }
}

#[test]
fn no_text_is_too_long_or_too_strange() {
    let known = known();
    for text in
        ["é".repeat(100_000), "HTTP/".repeat(20_000), "HTTP/1.1 200\n\n".repeat(5_000), "{".repeat(100_000)]
    {
        let _ = known.of(&Observed::read(&text, &known));
    }
}
