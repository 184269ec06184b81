//! What an application of a provider is told of camille, in both places.

use royaume_spec::{App, World};
use serde_json::Value;

/// Both places.
pub(super) struct Told {
    pub(super) id_token: Value,
    pub(super) userinfo: Value,
}

/// Signs camille in with changes to the request, and reads what is told.
pub(super) async fn told(world: &World, app: &App, changes: &[(&str, String)]) -> Told {
    let changes: Vec<_> = changes.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let code = world.code(app, &changes).await;
    let tokens = world.send(app.redemption(&code, &[])).await;
    let id_token = world.verified(&app.realm, &tokens.is_ok().member("id_token")).await;
    let userinfo = world.userinfo(&app.realm, &tokens.member("access_token")).await.is_ok().json();
    assert_eq!(userinfo["sub"], id_token["sub"], "§5.3.2");
    Told { id_token, userinfo }
}

/// The names of all claims.
pub(super) fn names(claims: &Value) -> Vec<&str> {
    let mut names: Vec<_> = claims.as_object().expect("claims").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
