//! Batches: all or nothing.

use super::*;
use crate::Why;

pub(super) async fn a_batch_happens_as_a_whole(handles: Handles) {
    handles.done(vec![create(code("spent")), create(code("gone")), create(client("kept"))]).await;
    handles
        .done(vec![
            spend(id("spent")),
            delete(id("gone")),
            create(Row { family: Some(FAMILY), ..code("new") }),
            replace(client("kept"), 1),
            revoke(OTHER_FAMILY),
        ])
        .await;
    assert!(handles.there(&id("spent")).await.spent_at.is_some());
    assert_eq!(handles.get(&id("gone")).await, None);
    assert_eq!(handles.there(&id("new")).await.version, 1);
    assert_eq!(handles.there(&client("kept").id).await.version, 2);
    assert_eq!(handles.first.revoked(&realm(), OTHER_FAMILY).await, Ok(true));
}

pub(super) async fn nothing_of_a_refused_batch_happens(handles: Handles) {
    handles.done(vec![create(code("spent")), create(code("there")), create(client("kept"))]).await;
    let epoch = handles.epoch().await;
    let last_ones = [
        (create(code("there")), Why::Exists),
        (create(Row { alias: Some("alias".to_owned()), ..client("new") }), Why::Exists),
        (replace(code("there"), 7), Why::Conflict { current: Some(1) }),
        (replace(code("absent"), 1), Why::Conflict { current: None }),
        (spend(id("absent")), Why::Unknown),
    ];
    for (last, why) in last_ones {
        let first_ones = [
            spend(id("spent")),
            create(code("made")),
            replace(Row { alias: Some("alias".to_owned()), ..client("kept") }, 1),
            revoke(FAMILY),
            delete(id("gone")),
        ];
        let batch = first_ones.into_iter().chain([last]).collect();
        assert_eq!(handles.first.write(batch).await, Ok(Outcome::Refused { index: 5, why }));
        assert_eq!(handles.there(&id("spent")).await.spent_at, None);
        assert_eq!(handles.get(&id("made")).await, None);
        assert_eq!(handles.there(&client("kept").id).await.version, 1);
        assert_eq!(handles.first.revoked(&realm(), FAMILY).await, Ok(false));
    }
    assert_eq!(handles.epoch().await, epoch);
}

pub(super) async fn the_first_refusal_is_told(handles: Handles) {
    handles.done(vec![create(code("there"))]).await;
    let batch = vec![
        create(code("a")),
        replace(code("b"), 1),
        create(code("there")),
        spend(id("c")),
        create(Row { alias: Some("x".to_owned()), ..code("d") }),
        create(Row { alias: Some("x".to_owned()), ..code("e") }),
    ];
    let outcome = handles.first.write(batch).await;
    assert_eq!(outcome, Ok(Outcome::Refused { index: 1, why: Why::Conflict { current: None } }));
}

pub(super) async fn the_order_of_a_batch_counts(handles: Handles) {
    let named = |key: &str| Row { alias: Some("x".to_owned()), ..client(key) };
    handles.done(vec![create(named("a"))]).await;
    // An alias is free once the row that had it is gone, not before.
    let too_early = handles.first.write(vec![create(named("b")), delete(client("a").id)]).await;
    assert_eq!(too_early, Ok(Outcome::Refused { index: 0, why: Why::Exists }));
    handles.done(vec![delete(client("a").id), create(named("b"))]).await;
    handles.done(vec![put(client("b")), create(named("c"))]).await;
    let twice = handles.first.write(vec![put(client("c")), put(named("d")), put(named("e"))]).await;
    assert_eq!(twice, Ok(Outcome::Refused { index: 2, why: Why::Exists }));
    // What a batch has revoked it cannot spend; what it has spent it may revoke.
    handles.done(vec![create(Row { family: Some(FAMILY), ..code("f") })]).await;
    let found = handles.there(&id("f")).await;
    let revoked = Why::Revoked(Box::new(Stored { revoked: true, ..found }));
    let outcome = handles.first.write(vec![revoke(FAMILY), spend(id("f"))]).await;
    assert_eq!(outcome, Ok(Outcome::Refused { index: 1, why: revoked }));
    handles.done(vec![spend(id("f")), revoke(FAMILY)]).await;
}

pub(super) async fn an_empty_batch_is_done(handles: Handles) {
    handles.done(vec![]).await;
}
