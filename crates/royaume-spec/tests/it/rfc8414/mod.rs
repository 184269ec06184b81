//! Authorization server metadata (RFC 8414, and OpenID Connect Discovery 1.0): what a realm says of itself, where it
//! says so, and that it is true.

mod cors;
mod document;
mod keys;
mod truth;

use royaume_realm::Topology;
use royaume_spec::World;

/// The four realms of France Travail, and where each may be asked about itself.
const REALMS: [&str; 4] = ["partenaire", "individu", "entreprise", "agent"];

/// The realms of France Travail, and beside them two realms of which a file says almost nothing.
async fn with_plain_realms() -> World {
    let text = r#"
        name = "example"
        extends = "france-travail"

        [[realm]]
        name = "staff"
        authenticates = "person"
        grants = ["authorization_code", "refresh_token"]

        [[realm.scope]]
        name = "openid"
        description = { fr = "Vous reconnaître", en = "Recognise you" }
        claims = ["sub"]
        source = "OpenID Connect Core 1.0 §5.4"

        [[realm]]
        name = "robots"
        authenticates = "application"
        grants = ["client_credentials"]

        [[realm.scope]]
        name = "sweep"
        description = { fr = "Balayer", en = "Sweep" }
        source = "an example"
    "#;
    World::with(|topology| *topology = Topology::parse(text).unwrap()).await
}
