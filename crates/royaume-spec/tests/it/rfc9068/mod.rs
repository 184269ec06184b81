//! JWT profile for access tokens (RFC 9068): what a signed access token says, who believes it, and what ends it.

mod ends;
mod refused;
mod says;

use royaume_jose::Algorithm;
use royaume_realm::AccessTokenFormat;
use royaume_spec::World;

/// A world whose access tokens and id tokens are signed with that algorithm.
async fn signing_with(algorithm: Algorithm) -> World {
    World::with(|topology| {
        for realm in &mut topology.realms {
            realm.access_token = AccessTokenFormat::Jwt(algorithm);
            realm.id_token_algorithm = algorithm;
        }
    })
    .await
}
