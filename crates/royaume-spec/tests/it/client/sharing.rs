//! Tokens that several processes share: each has a memory of its own, and all have one place.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Request, StatusCode};
use royaume_client::shared::{FileCache, SharedCache, SharedKey};
use royaume_client::{Machine, Scope};
use royaume_server::stored::client::Application;
use royaume_spec::World;
use serde_json::json;

use super::misbehaving::{Misbehaving, answer};
use super::{application, client_over, now, provider};

/// A directory that every process opens for itself.
pub(super) struct Directory(tempfile::TempDir);

impl Directory {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn open(&self) -> Arc<dyn SharedCache> {
        Arc::new(FileCache::open(self.place()).unwrap())
    }

    pub(super) fn place(&self) -> PathBuf {
        self.0.path().join("shared")
    }
}

/// An application in a process of its own.
fn process(world: &World, provider: &Misbehaving, directory: &Directory) -> Machine<Misbehaving> {
    let app = world.app("partenaire", Application::Machine);
    Machine::new(client_over(world, app, provider.clone())).sharing(directory.open())
}

fn scope(world: &World) -> Scope {
    Scope::parse(&world.app("partenaire", Application::Machine).scope).unwrap()
}

fn key(world: &World) -> SharedKey {
    let app = world.app("partenaire", Application::Machine);
    SharedKey::of_application(&provider(world, "partenaire"), &application(app), &scope(world))
}

/// Tokens that live for 100 s.
fn tokens(world: &World) -> Misbehaving {
    Misbehaving::token_response(world, |body| drop(body.insert("expires_in".to_owned(), json!(100))))
}

/// RFC 6749 §4.4: of several processes that want the same token at once, one asks; and again when it is to be renewed.
#[tokio::test]
async fn processes_ask_once_for_all_of_them() {
    let (world, directory) = (World::as_deployed().await, Directory::new());
    let (provider, scope, now) = (tokens(&world), scope(&world), now(&world));
    let processes: Vec<_> = (0..8).map(|_| process(&world, &provider, &directory)).collect();
    for (after, asked) in [(0, 1), (79, 1), (81, 2), (200, 3)] {
        let now = now + std::time::Duration::from_secs(after);
        let all = join_all(processes.iter().map(|one| one.token(&scope, now))).await;
        let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
        assert!(all.iter().all(|one| one.access_token == all[0].access_token), "{after}");
        assert_eq!(provider.asked(), asked, "{after}");
    }
}

/// RFC 6749 §3.3: what is shared is the token of these scopes.
#[tokio::test]
async fn other_scopes_are_another_token_in_the_shared_place_too() {
    let (world, directory) = (World::as_deployed().await, Directory::new());
    let (provider, all, now) = (tokens(&world), scope(&world), now(&world));
    let word = all.only(|word| Some(word) == all.iter().next());
    let (one, other) = (process(&world, &provider, &directory), process(&world, &provider, &directory));
    let first = one.token(&all, now).await.unwrap();
    let second = other.token(&word, now).await.unwrap();
    assert!(first.access_token != second.access_token);
    assert_eq!(provider.asked(), 2);
}

/// RFC 6750 §3.1: a token that an API refused is replaced for all processes; one that another has renewed since is taken.
#[tokio::test]
async fn a_refused_token_is_replaced_in_the_shared_place_unless_it_was_renewed_since() {
    let (world, directory) = (World::as_deployed().await, Directory::new());
    let (provider, scope, now) = (tokens(&world), scope(&world), now(&world));
    let (one, other) = (process(&world, &provider, &directory), process(&world, &provider, &directory));
    let old = one.token(&scope, now).await.unwrap();
    let same = other.token(&scope, now).await.unwrap();
    assert!(old.access_token == same.access_token);
    one.forget(&scope, &old);
    let new = one.token(&scope, now).await.unwrap();
    assert!(new.access_token != old.access_token);
    other.forget(&scope, &same);
    assert!(other.token(&scope, now).await.unwrap().access_token == new.access_token);
    assert_eq!(provider.asked(), 2);
}

/// RFC 6750 §3.1: a refused token is served to no other process while there is no other.
#[tokio::test]
async fn a_refused_token_does_not_stay_shared_while_the_provider_is_in_trouble() {
    let (world, directory) = (World::as_deployed().await, Directory::new());
    let answers = Arc::new(AtomicUsize::new(0));
    let provider = Misbehaving::at(&world, "access_token", move |response| {
        let first = answers.fetch_add(1, Ordering::SeqCst) == 0;
        if first { response } else { answer(StatusCode::SERVICE_UNAVAILABLE, "") }
    });
    let (scope, now) = (scope(&world), now(&world));
    let (one, other) = (process(&world, &provider, &directory), process(&world, &provider, &directory));
    let old = one.token(&scope, now).await.unwrap();
    one.forget(&scope, &old);
    assert!(one.token(&scope, now).await.unwrap_err().is_temporary());
    assert!(other.token(&scope, now).await.unwrap_err().is_temporary());
    assert_eq!(directory.open().read(&key(&world)).await, Ok(None));
}

/// A place that cannot be used stops nobody who can reach the provider.
#[tokio::test]
async fn a_place_in_trouble_does_not_stop_an_application() {
    let (world, directory) = (World::as_deployed().await, Directory::new());
    let (provider, scope, now) = (tokens(&world), scope(&world), now(&world));
    let machine = process(&world, &provider, &directory);
    let place = directory.place();
    std::fs::remove_dir(&place).unwrap();
    std::fs::write(&place, b"no directory").unwrap();
    machine.token(&scope, now).await.unwrap();
    assert_eq!(provider.asked(), 1);
}

/// What nobody wrote is as good as nothing, and overwritten.
#[tokio::test]
async fn what_does_not_read_is_replaced() {
    let (world, directory) = (World::as_deployed().await, Directory::new());
    let (provider, scope, now) = (tokens(&world), scope(&world), now(&world));
    for spoilt in ["", "{", "null", "{\"tokens\":{}}", "\u{0}"] {
        let place = directory.open();
        place.hold(&key(&world)).await.unwrap().write(spoilt.as_bytes()).await.unwrap();
        let asked = provider.asked();
        let one = process(&world, &provider, &directory).token(&scope, now).await.unwrap();
        let other = process(&world, &provider, &directory).token(&scope, now).await.unwrap();
        assert!(one.access_token == other.access_token, "{spoilt:?}");
        assert_eq!(provider.asked(), asked + 1, "{spoilt:?}");
    }
}

/// The path of a request that finds its token in memory touches no place.
#[tokio::test]
async fn what_is_in_memory_is_served_without_the_place() {
    let (world, directory) = (World::as_deployed().await, Directory::new());
    let (provider, scope, now) = (tokens(&world), scope(&world), now(&world));
    let machine = process(&world, &provider, &directory);
    machine.token(&scope, now).await.unwrap();
    let _held = directory.open().hold(&key(&world)).await.unwrap();
    machine.token(&scope, now).await.unwrap();
    let request = Request::get("http://127.0.0.1:8080/partenaire/offres").body(Bytes::new()).unwrap();
    machine.send(request, &scope, now).await.unwrap();
}
