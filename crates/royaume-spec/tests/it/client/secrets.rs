//! Nothing that a client shows, in words or to a debugger, has a secret in it.

use std::fmt::{Debug, Display};

use http::StatusCode;
use royaume_client::{ClientAuthentication, ClientError, Login, TokenSet};
use royaume_protocol::{Scope, Secret};
use royaume_server::stored::client::Application;
use royaume_spec::World;

use super::misbehaving::{Misbehaving, answer};
use super::{application, client, client_over, now, provider, sign_in, walked};

/// The secrets of a login, and what was shown beside them.
struct Shown {
    secrets: Vec<(&'static str, String)>,
}

impl Shown {
    fn debug(&self, what: &impl Debug) {
        self.text(&format!("{what:?} {what:#?}"));
    }

    fn display(&self, what: &impl Display) {
        self.text(&what.to_string());
    }

    fn text(&self, text: &str) {
        for (name, secret) in &self.secrets {
            assert!(!text.contains(secret.as_str()), "{name} is shown: {text}");
        }
    }
}

fn exposed(secret: Option<&Secret>) -> String {
    secret.expect("there is one").expose().to_owned()
}

/// CWE-532: what is printed ends in logs.
#[tokio::test]
async fn no_secret_is_in_what_is_shown() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let client = client(&world, app);
    let (pending, callback) = walked(&world, &mut world.browser(), &client, app).await;
    let kept: serde_json::Value = serde_json::to_value(&pending).unwrap();
    let code = royaume_protocol::Parameters::parse(callback.split_once('?').unwrap().1.as_bytes()).unwrap();
    let request = pending.read(&callback, &client.provider, &app.client_id).unwrap();
    let tokens = client.finish(&pending, &callback, now(&world)).await.unwrap();
    let shown = Shown {
        secrets: vec![
            ("client_secret", app.secret.clone()),
            ("code", code.required("code").unwrap().to_owned()),
            ("state", kept["state"].as_str().unwrap().to_owned()),
            ("nonce", kept["nonce"].as_str().unwrap().to_owned()),
            ("code_verifier", kept["code_verifier"].as_str().unwrap().to_owned()),
            ("access_token", tokens.access_token.expose().to_owned()),
            ("refresh_token", exposed(tokens.refresh_token.as_ref())),
            ("id_token", exposed(tokens.id_token.as_ref())),
        ],
    };
    shown.debug(&client);
    shown.debug(&application(app));
    shown.debug(&ClientAuthentication::basic(&app.client_id, app.secret.as_str()));
    let login = Login::new(app.redirect_uri.as_str(), Scope::parse("openid").unwrap());
    shown.debug(&Login { id_token_hint: tokens.id_token.clone(), ..login });
    shown.debug(&pending);
    shown.debug(&request);
    shown.debug(&tokens);
    shown.debug(&client.logout(&tokens, Some("http://127.0.0.1/")).unwrap());
    let agent = world.app("agent", Application::Private);
    let tokens = sign_in(&world, &super::client(&world, agent), agent).await.unwrap();
    let id_token = exposed(tokens.id_token.as_ref());
    let step = super::client(&world, agent).logout(&tokens, None).unwrap();
    assert!(step.form.iter().any(|(_, value)| *value == id_token));
    Shown { secrets: vec![("id_token", id_token)] }.debug(&step);
}

/// CWE-209: a provider that repeats what it was sent does not make the client repeat it.
#[tokio::test]
async fn a_server_that_repeats_secrets_does_not_make_the_client_show_them() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let tokens = sign_in(&world, &client(&world, app), app).await.unwrap();
    let echo = Misbehaving::new(&world, |request, _| {
        let sent = String::from_utf8(request.body().to_vec()).unwrap();
        let bearer = request.headers().get(http::header::AUTHORIZATION);
        let bearer = bearer.map(|value| value.to_str().unwrap()).unwrap_or_default();
        let said = serde_json::json!({ "error": "invalid_grant", "error_description": format!("{sent} {}", bearer.rsplit(' ').next().unwrap()) });
        answer(StatusCode::BAD_REQUEST, &said.to_string())
    });
    let shown = Shown {
        secrets: vec![
            ("client_secret", app.secret.clone()),
            ("basic", royaume_jose::base64::encode(format!("{}:{}", app.client_id, app.secret).as_bytes())),
            ("access_token", tokens.access_token.expose().to_owned()),
            ("refresh_token", exposed(tokens.refresh_token.as_ref())),
        ],
    };
    let client = client_over(&world, app, echo.clone());
    let basic = royaume_client::Client::new(
        provider(&world, "individu"),
        ClientAuthentication::basic(&app.client_id, app.secret.as_str()),
        echo,
    );
    let errors: Vec<ClientError> = vec![
        client.refresh(&tokens, now(&world)).await.unwrap_err(),
        client.userinfo(&tokens, now(&world)).await.unwrap_err(),
        client.introspect(&tokens.access_token, now(&world)).await.unwrap_err(),
        client.revoke(tokens.refresh_token.as_ref().unwrap(), now(&world)).await.unwrap_err(),
        client.client_credentials(None, now(&world)).await.unwrap_err(),
        basic.client_credentials(None, now(&world)).await.unwrap_err(),
    ];
    for error in &errors {
        assert!(matches!(error, ClientError::GrantRefused(_)), "{error:?}");
        shown.debug(error);
        shown.display(error);
    }
    assert!(!errors.is_empty());
}

/// A token that no header can carry is refused before it is sent, and not shown either.
#[tokio::test]
async fn a_token_that_no_header_carries_is_not_shown() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let tokens = sign_in(&world, &client(&world, app), app).await.unwrap();
    let strange = TokenSet { access_token: Secret::from("secret\r\nx: y"), ..tokens };
    let refused = client(&world, app).userinfo(&strange, now(&world)).await.unwrap_err();
    assert!(matches!(refused, ClientError::TokenRefused(_)), "{refused:?}");
    Shown { secrets: vec![("token", "secret\r\nx".to_owned())] }.debug(&refused);
}
