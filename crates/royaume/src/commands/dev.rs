//! `royaume dev`: France Travail's authentication and the gateway of its APIs on this machine, with applications and people
//! to try them with.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use royaume_jose::{MacKey, ServerKey, SystemEntropy, base64url};
use royaume_listen::{Limits, Listener};
use royaume_protocol::{GrantType, Secret};
use royaume_realm::{AddressTable, BaseUrl, Dialect, Endpoint, SampleApplication, Samples, Topology};
use royaume_server::admin::{Administration, NewAccount, NewClient};
use royaume_server::passwords::Passwords;
use royaume_server::stored::client::Application;
use royaume_server::{Clock as _, Configuration, Server, SystemClock};
use royaume_store::Store;
use serde_json::{Map, Value, json};

use super::run::{self, Front, Stop};
use super::{gateway, welcome};
use crate::cli::Dev;
use crate::failure::Failure;
use crate::outbound;
use crate::place;
use crate::proxies::Proxies;

/// The file that tells programs where everything is.
pub(crate) const DEV_JSON: &str = "dev.json";

pub(super) async fn run(asked: Dev) -> Result<(), Failure> {
    if !asked.listen.ip().is_loopback() {
        return Err(Failure::Usage(format!(
            "{} is beyond this machine: the rehearsal has passwords that everybody knows, so it listens on loopback \
             only; for real use see royaume serve",
            asked.listen
        )));
    }
    let stop = Stop::listen()?;
    let data = asked.data.clone().unwrap_or_else(place::default_data);
    place::private_directory(&data)?;
    let (server_key, store) = place::make_or_open_data(&data, &data.join(DEV_JSON))?;
    let listener = Listener::bind(asked.listen, Limits::default()).await.map_err(|error| {
        Failure::Usage(format!(
            "{} cannot be listened on: {error}; choose another with --listen",
            asked.listen
        ))
    })?;
    let base_url = BaseUrl::parse(&format!("http://{}", listener.local_addr())).map_err(Failure::usage)?;

    let mut topology = Topology::preset(Topology::FRANCE_TRAVAIL).map_err(Failure::usage)?;
    let dialect = if asked.standard { Dialect::STANDARD } else { Dialect::AS_DEPLOYED };
    for realm in &mut topology.realms {
        realm.dialect = dialect;
    }
    let samples = Samples::preset(Topology::FRANCE_TRAVAIL).map_err(Failure::usage)?;
    let configuration = Configuration::new(topology.clone(), base_url.clone());
    let passwords = Passwords::new(configuration.password_cost, configuration.password_bounds);
    let clock = Arc::new(SystemClock);
    let entropy = Arc::new(SystemEntropy);
    let outbound = outbound::guarded(outbound::rehearsal())?;
    let server =
        Server::start(Arc::clone(&store), server_key.clone(), configuration, clock, entropy, outbound)
            .await?;
    let secrets = furnish(&*store, &server_key, &topology, &samples, &passwords).await?;

    let description = describe(&topology, &base_url, &samples, &secrets)?;
    let text =
        serde_json::to_string_pretty(&promised(&description)).expect("a description always serialises");
    place::write_private(&data.join(DEV_JSON), format!("{text}\n").as_bytes()).map_err(|error| {
        Failure::Usage(format!("{} cannot be written: {error}", data.join(DEV_JSON).display()))
    })?;
    let named = asked.data.is_some();
    welcome::print(&topology, &description, &data, named);
    let front = Front {
        gateway: Some(gateway::beside(&server, &topology)?),
        server,
        proxies: Proxies::default(),
        counters: listener.counters(),
        extra: Some(Arc::new(welcome::Page::new(&topology, &samples, &description, &data, named))),
    };
    run::serve(listener, front, stop).await
}

/// Registers the sample applications and people that are not there yet. Another first start on the same data may do so
/// at the same time: what it was faster with is there too. Says which secrets are good, by client_id: an operator may have
/// ended one.
async fn furnish(
    store: &dyn Store,
    server_key: &ServerKey,
    topology: &Topology,
    samples: &Samples,
    passwords: &Passwords,
) -> Result<BTreeMap<String, String>, Failure> {
    let admin = |realm: &royaume_realm::RealmName| -> Result<Administration<'_>, Failure> {
        let realm = super::admin::known(topology, realm.as_str())?;
        Ok(Administration {
            store,
            realm,
            server_key,
            entropy: &SystemEntropy,
            outbound: &royaume_server::Nowhere,
            now: SystemClock.now(),
        })
    };
    let key = secrets_key(server_key);
    let digests = server_key.mac_key("client-secrets");
    let mut good = BTreeMap::new();
    for sample in &samples.applications {
        let admin = admin(&sample.realm)?;
        if admin.client(&sample.client_id).await.is_err() {
            let added = admin.add_client(wish(sample, &key)).await;
            if added.is_err() && admin.client(&sample.client_id).await.is_err() {
                added?;
            }
        }
        if let Some(secret) = secret(sample, &key)
            && admin.client(&sample.client_id).await?.has_secret(&secret, &digests)
        {
            good.insert(sample.client_id.clone(), secret);
        }
    }
    for person in &samples.people {
        let admin = admin(&person.realm)?;
        if admin.account(&person.username).await.is_err() {
            let wish = NewAccount {
                username: person.username.clone(),
                subject: Some(person.subject.clone()),
                claims: person.claims.clone(),
            };
            let added = admin.add_account(wish, Some(&person.password), passwords).await;
            if added.is_err() && admin.account(&person.username).await.is_err() {
                added?;
            }
        }
    }
    Ok(good)
}

fn kind(sample: &SampleApplication) -> Application {
    match sample.kind {
        royaume_realm::Application::Public => Application::Public,
        royaume_realm::Application::Private if sample.grants == [GrantType::ClientCredentials] => {
            Application::Machine
        }
        royaume_realm::Application::Private => Application::Private,
    }
}

/// Sample secrets follow from the server key: the same at each start, and different on each machine.
fn secrets_key(server_key: &ServerKey) -> MacKey {
    server_key.mac_key("rehearsal-secrets")
}

fn secret(sample: &SampleApplication, key: &MacKey) -> Option<String> {
    (kind(sample) != Application::Public).then(|| base64url::encode(&key.mac(&[sample.client_id.as_bytes()])))
}

fn wish(sample: &SampleApplication, key: &MacKey) -> NewClient {
    let texts =
        |uris: &[royaume_protocol::RedirectUri]| uris.iter().map(|uri| uri.as_str().to_owned()).collect();
    NewClient {
        client_id: Some(sample.client_id.clone()),
        name: sample.name.fr.clone(),
        application: kind(sample),
        redirect_uris: texts(&sample.redirect_uris),
        post_logout_redirect_uris: texts(&sample.post_logout_redirect_uris),
        scope: Some(sample.scope.to_string()),
        grants: Some(sample.grants.clone()),
        introspects_all: false,
        secret: secret(sample, key).map(Secret::from),
        metadata: royaume_protocol::ClientMetadata::default(),
    }
}

/// Everything that the welcome shows.
fn describe(
    topology: &Topology,
    base_url: &BaseUrl,
    samples: &Samples,
    secrets: &BTreeMap<String, String>,
) -> Result<Value, Failure> {
    let addresses =
        AddressTable::new(Arc::new(topology.clone()), base_url.clone()).map_err(Failure::usage)?;
    let realms = topology.realms.iter().map(|realm| {
        let url = |endpoint: Endpoint| realm.offers(endpoint).then(|| addresses.url(realm, endpoint));
        let shown = json!({
            "issuer": addresses.issuer(realm),
            "authorize": url(Endpoint::Authorization),
            "token": url(Endpoint::Token),
            "userinfo": url(Endpoint::UserInfo),
            "jwks": url(Endpoint::Jwks),
            "discovery": url(Endpoint::Discovery),
        });
        (realm.name.to_string(), shown)
    });
    let clients = samples.applications.iter().map(|sample| {
        json!({
            "realm": sample.realm.as_str(),
            "client_id": sample.client_id,
            "client_secret": secrets.get(&sample.client_id),
            "kind": kind(sample).as_str(),
            "redirect_uris": sample.redirect_uris.iter().map(|uri| uri.as_str()).collect::<Vec<_>>(),
            "scope": sample.scope.to_string(),
        })
    });
    let people = samples.people.iter().map(|person| {
        json!({
            "realm": person.realm.as_str(),
            "username": person.username,
            "password": person.password,
            "persona": person.persona,
        })
    });
    Ok(json!({
        "base_url": base_url.to_string(),
        "api_base_url": format!("{base_url}/partenaire"),
        "realms": realms.collect::<Map<_, _>>(),
        "clients": clients.collect::<Vec<_>>(),
        "people": people.collect::<Vec<_>>(),
    }))
}

/// What `dev.json` says, for programs in any language: no more than it will always say. Discovery, at the issuer, has the
/// other addresses.
fn promised(description: &Value) -> Value {
    let mut promised = description.clone();
    let realms = promised["realms"].as_object_mut().into_iter().flat_map(|realms| realms.values_mut());
    for addresses in realms.filter_map(Value::as_object_mut) {
        addresses.retain(|name, _| matches!(name.as_str(), "issuer" | "authorize" | "token"));
    }
    promised
}

/// Reads the description of a rehearsal that runs, or ran, on a data directory.
pub(crate) fn read_description(data: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(data.join(DEV_JSON)).ok()?).ok()
}
