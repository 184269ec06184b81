//! Tokens that processes share in a table of PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use royaume_client::shared::{
    PostgresCache, PostgresCacheOptions, SharedCache, SharedCacheError, SharedKey, conformance,
};
use royaume_client::{Machine, Scope};
use royaume_server::stored::client::Application;
use royaume_spec::World;
use royaume_store::testing::fresh_database;

use super::{client, now};

fn unhurried() -> PostgresCacheOptions {
    let patience = Duration::from_secs(30);
    PostgresCacheOptions { create: true, answer: patience, ..PostgresCacheOptions::default() }
}

fn key() -> SharedKey {
    SharedKey::from_bytes([9; 32])
}

/// The conformance suite, of processes that all make the table at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_is_a_shared_place() {
    let address = fresh_database().await;
    let open = || PostgresCache::open(&address, unhurried());
    let (one, two, three) = tokio::try_join!(open(), open(), open()).unwrap();
    let places: [Arc<dyn SharedCache>; 3] = [Arc::new(one), Arc::new(two), Arc::new(three)];
    conformance::holds(&places).await;
}

/// A wait has an end, and what is named is no database's address.
#[tokio::test]
async fn whoever_holds_a_row_for_too_long_is_named() {
    let address = fresh_database().await;
    let place = PostgresCache::open(&address, unhurried()).await.unwrap();
    let hasty = PostgresCacheOptions { patience: Duration::from_millis(1), ..unhurried() };
    let hasty = PostgresCache::open(&address, hasty).await.unwrap();
    let first = place.hold(&key()).await.unwrap();
    let busy = hasty.hold(&key()).await.err();
    assert!(matches!(&busy, Some(SharedCacheError::Busy(_))), "{busy:?}");
    drop(first);
    place.hold(&key()).await.unwrap();
}

/// Without its database an application asks the provider all the same.
#[tokio::test]
async fn a_database_that_is_away_does_not_stop_an_application() {
    let world = World::as_deployed().await;
    let app = world.app("partenaire", Application::Machine);
    let nobody = "postgresql://royaume:secret-word@127.0.0.1:1/royaume";
    let options = PostgresCacheOptions { create: false, ..unhurried() };
    let place = PostgresCache::open(nobody, options).await.unwrap();
    let away = place.read(&key()).await.unwrap_err();
    assert!(away.is_temporary() && !format!("{away:?}").contains("secret-word"), "{away}");
    let machine = Machine::new(client(&world, app)).sharing(Arc::new(place));
    machine.token(&Scope::parse(&app.scope).unwrap(), now(&world)).await.unwrap();
}

/// A table that is missing is made only if that is asked for.
#[tokio::test]
async fn a_missing_table_is_trouble_unless_it_is_to_be_made() {
    let options = PostgresCacheOptions { create: false, ..unhurried() };
    let place = PostgresCache::open(&fresh_database().await, options).await.unwrap();
    let missing = place.read(&key()).await.unwrap_err();
    assert!(missing.to_string().contains("royaume_shared"), "{missing}");
}
