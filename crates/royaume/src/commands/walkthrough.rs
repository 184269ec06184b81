//! A flow in the shell, for whoever has no program yet: what to set, what to open, what to send. No secret is among the
//! arguments of a process, which everybody on the machine can read.

use royaume_realm::{Application, Explanation, Flow};

/// One flow, as commands to paste. What they need of the reader is in shell variables.
pub(super) struct Walkthrough {
    /// What is made anew each time.
    pub(super) variables: Vec<String>,
    /// The address that the person opens; none where no person is needed.
    pub(super) authorization: Option<String>,
    /// The token request.
    pub(super) curl: String,
}

impl Walkthrough {
    /// The flow that is explained.
    pub(super) fn of(explanation: &Explanation<'_>) -> Self {
        match (explanation.flow, &explanation.addresses.authorization) {
            (Flow::AuthorizationCode | Flow::AuthorizationCodeWithPkce, Some(authorization)) => {
                Self::of_a_person(explanation, authorization)
            }
            (Flow::ClientCredentials | Flow::AuthorizationCode | Flow::AuthorizationCodeWithPkce, _) => {
                Self::of_the_application(explanation)
            }
        }
    }

    /// Client credentials (RFC 6749 §4.4).
    pub(super) fn of_the_application(explanation: &Explanation<'_>) -> Self {
        // The scopes of OpenID Connect are about people.
        let scopes = explanation.realm.scopes.iter().map(|scope| scope.name.as_str());
        let scopes = scopes.filter(|scope| !["openid", "profile", "email"].contains(scope));
        let scope = scopes.take(2).collect::<Vec<_>>().join(" ");
        let fields =
            ["--data grant_type=client_credentials".to_owned(), CLIENT_ID.to_owned(), SECRET.to_owned()];
        let scope = (!scope.is_empty()).then(|| format!("--data-urlencode scope='{scope}'"));
        let fields: Vec<_> = fields.into_iter().chain(scope).collect();
        let curl = curl("CLIENT_SECRET", &explanation.addresses.token, &fields);
        Self { variables: Vec::new(), authorization: None, curl }
    }

    /// Authorization code with PKCE (RFC 6749 §4.1, RFC 7636), which a private application may use too.
    fn of_a_person(explanation: &Explanation<'_>, authorization: &str) -> Self {
        let scopes = explanation.realm.scopes.iter().map(|scope| scope.name.as_str());
        let scope = scopes.take(2).collect::<Vec<_>>().join("%20");
        let separator = if authorization.contains('?') { '&' } else { '?' };
        let private = explanation.application == Application::Private;
        let (piped, proof) = if private {
            ("CLIENT_SECRET", [SECRET, "--data-urlencode code_verifier=\"$CODE_VERIFIER\""].as_slice())
        } else {
            ("CODE_VERIFIER", ["--data-urlencode code_verifier@-"].as_slice())
        };
        let fields = [
            "--data grant_type=authorization_code",
            CLIENT_ID,
            "--data-urlencode redirect_uri=\"$REDIRECT_URI\"",
            "--data-urlencode code=\"$CODE\"",
        ];
        let fields: Vec<_> = fields.iter().chain(proof).map(|field| (*field).to_owned()).collect();
        let made = [
            "STATE=$(openssl rand -hex 16)",
            "NONCE=$(openssl rand -hex 16)",
            "CODE_VERIFIER=$(openssl rand -hex 32)",
            "CODE_CHALLENGE=$(printf %s \"$CODE_VERIFIER\" | openssl dgst -sha256 -binary |\n  \
             openssl base64 -A | tr '+/' '-_' | tr -d '=')",
        ];
        Self {
            variables: made.map(str::to_owned).to_vec(),
            authorization: Some(format!(
                "{authorization}{separator}response_type=code&client_id=$CLIENT_ID&redirect_uri=$REDIRECT_URI\
                 &scope={scope}&state=$STATE&nonce=$NONCE&code_challenge=$CODE_CHALLENGE&code_challenge_method=S256"
            )),
            curl: curl(piped, &explanation.addresses.token, &fields),
        }
    }
}

const CLIENT_ID: &str = "--data-urlencode client_id=\"$CLIENT_ID\"";
/// From standard input.
const SECRET: &str = "--data-urlencode client_secret@-";

/// A form that is posted, with one variable on standard input: `printf` is the shell's own, and no process.
fn curl(piped: &str, address: &str, fields: &[String]) -> String {
    let mut text = format!("printf %s \"${piped}\" |\n  curl --request POST '{address}'");
    for field in fields {
        text.push_str(" \\\n    ");
        text.push_str(field);
    }
    text
}
