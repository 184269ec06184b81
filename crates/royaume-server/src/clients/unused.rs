//! Clients that registered themselves and that nobody uses: so many of them and no more, for so long and no longer
//! (RFC 7591 §5).
//!
//! Used is a client to which a person has said yes: that cannot be done without an account.

use jiff::Timestamp;
use royaume_store::{Expect, RealmName, Store, Write};

use crate::context::Context;
use crate::refusal::{Failure, Fault, Refusal};
use crate::stored::client::Client;
use crate::stored::registrations::Registrations;
use crate::stored::removed_client::RemovedClient;
use crate::stored::unused_client::UnusedClient;
use crate::stored::{Named, Storable, create, expiring, read, row};

/// Rows read at once.
const PAGE: usize = 500;

/// The row beside a new client that says until when it stays unused.
pub(crate) fn mark(client: &Client, realm: &RealmName) -> Option<Write> {
    let until = client.unused_until?;
    let unused = UnusedClient { client_id: client.client_id.clone(), until };
    Some(create(expiring(UnusedClient::id(realm, &client.client_id), &unused, until)))
}

/// What removes a client that removes itself. One that nobody has used was given nothing and leaves nothing behind; in the
/// place of another stays a row that keeps its id from others, for as long as what it was given could be used.
pub(crate) async fn removal_of(client: &Client, cx: &Context<'_>) -> Result<Vec<Write>, Fault> {
    let (client_id, realm) = (&client.client_id, &cx.realm.name);
    let beside = UnusedClient::id(realm, client_id);
    if let Some(stored) = cx.store().get(&beside).await? {
        // Whoever says yes to it at this moment takes this row away: one of the two writes is refused.
        let ended = UnusedClient { client_id: client_id.clone(), until: cx.now };
        return Ok(vec![
            Write::Put { row: expiring(beside, &ended, cx.now), expect: Expect::Version(stored.version) },
            Write::Delete { id: Client::id(realm, client_id) },
        ]);
    }
    let until = cx.after(RemovedClient::longest(&cx.realm.realm.lifetimes));
    let place = expiring(RemovedClient::id(realm, client_id), &RemovedClient { until }, until);
    Ok(vec![
        Write::Put { row: place, expect: Expect::Anything },
        Write::Delete { id: Client::id(realm, client_id) },
    ])
}

/// The removal of a client that ended unused, and of the row beside it.
fn removal(client_id: &str, realm: &RealmName) -> [Write; 2] {
    [
        Write::Delete { id: Client::id(realm, client_id) },
        Write::Delete { id: UnusedClient::id(realm, client_id) },
    ]
}

/// The write that takes the place of one more, if there is room. It is refused when another stranger registered after these
/// were counted, on whatever node.
pub(crate) async fn place(cx: &Context<'_>) -> Result<Write, Failure> {
    let id = Registrations::of(&cx.realm.name);
    let before = cx.store().get(&id).await?;
    let unused = all(cx.store(), &cx.realm.name).await?;
    let live = unused.iter().filter(|unused| cx.now < unused.until).count();
    if live >= cx.parts.unused_clients {
        return Err(Refusal::RegistrationsFull.into());
    }
    let row = expiring(id, &Registrations {}, cx.after(cx.parts.unused_client_lifetime));
    Ok(Write::Put { row, expect: before.map_or(Expect::Absent, |stored| Expect::Version(stored.version)) })
}

/// What makes a client a used one, in the write that keeps a person's yes. Nothing for one that is used already.
pub(crate) async fn used(client: &Client, cx: &Context<'_>) -> Result<Vec<Write>, Fault> {
    if client.unused_until.is_none() {
        return Ok(Vec::new());
    }
    let id = Client::id(&cx.realm.name, &client.client_id);
    let Some(stored) = cx.store().get(&id).await? else { return Ok(Vec::new()) };
    let used = Client { unused_until: None, ..read(&stored)? };
    Ok(vec![
        Write::Put { row: row(id, &used), expect: Expect::Version(stored.version) },
        Write::Delete { id: UnusedClient::id(&cx.realm.name, &client.client_id) },
    ])
}

/// Removes the clients that ended unused before that time. Answers how many.
pub(crate) async fn sweep(
    ended_before: Timestamp,
    realm: &RealmName,
    store: &dyn Store,
) -> Result<usize, Fault> {
    let mut removed = 0;
    for unused in all(store, realm).await?.iter().filter(|unused| unused.until <= ended_before) {
        let id = Client::id(realm, &unused.client_id);
        let stored = store.get(&id).await?;
        let client = stored.as_ref().map(read::<Client>).transpose()?;
        // The row beside it is older than the client's own word.
        if client.is_some_and(|client| client.is_forgotten(ended_before)) {
            store.write(removal(&unused.client_id, realm).to_vec()).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

async fn all(store: &dyn Store, realm: &RealmName) -> Result<Vec<UnusedClient>, Fault> {
    let (mut found, mut after) = (Vec::new(), None::<Vec<u8>>);
    loop {
        let page = store.list(realm, UnusedClient::KIND, after.as_deref(), PAGE).await?;
        for stored in &page {
            found.push(read(stored)?);
        }
        match page.last() {
            Some(last) if page.len() == PAGE => after = Some(last.row.id.key().to_vec()),
            _ => return Ok(found),
        }
    }
}
