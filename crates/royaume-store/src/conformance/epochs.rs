//! Epochs: what is computed from kept rows is good until the number changes.

use super::*;
use crate::Why;

pub(super) async fn an_epoch_changes_with_every_kept_row(handles: Handles) {
    let mut seen = vec![handles.epoch().await];
    let expiring = Row { expires_at: Some(at(60)), ..client("a") };
    let changes = [
        create(client("a")),
        replace(client("a"), 1),
        put(client("a")),
        spend(client("a").id),
        put(expiring.clone()),
        put(client("a")),
        delete(client("a").id),
        put(client("b")),
    ];
    for change in changes {
        handles.done(vec![change.clone()]).await;
        let epoch = handles.epoch().await;
        assert!(!seen.contains(&epoch), "{change:?} left the epoch at {epoch}");
        seen.push(epoch);
    }
}

pub(super) async fn an_epoch_stays_while_rows_that_expire_come_and_go(handles: Handles) {
    handles.done(vec![create(client("a"))]).await;
    let epoch = handles.epoch().await;
    handles.done(vec![create(code("a"))]).await;
    handles.done(vec![put(code("a"))]).await;
    handles.done(vec![spend(id("a"))]).await;
    handles.done(vec![delete(id("a")), delete(client("nobody").id)]).await;
    handles.done(vec![revoke(FAMILY)]).await;
    let elsewhere = RowId::new(&other_realm(), CLIENT, *b"a");
    handles.done(vec![create(Row { id: elsewhere, ..client("") })]).await;
    let refused = handles.first.write(vec![create(client("a"))]).await;
    assert_eq!(refused, Ok(Outcome::Refused { index: 0, why: Why::Exists }));
    handles.done(vec![create(code("b"))]).await;
    assert_eq!(handles.first.sweep(at(1_000_000), 100).await, Ok(2));
    assert_eq!(handles.epoch().await, epoch);
}

pub(super) async fn an_epoch_is_seen_through_every_handle(handles: Handles) {
    for turn in 0..6 {
        let before = handles.second.epoch(&realm()).await.expect("the store reads");
        assert_eq!(handles.epoch().await, before);
        handles.either(turn).write(vec![put(client("a"))]).await.expect("the store writes");
        let after = handles.second.epoch(&realm()).await.expect("the store reads");
        assert_ne!(after, before);
        assert_eq!(handles.epoch().await, after);
    }
}

pub(super) async fn what_one_handle_was_answered_the_other_sees(handles: Handles) {
    for turn in 0..20 {
        let (writer, reader) = (handles.either(turn), handles.either(turn + 1));
        let row = code(format!("row {turn}"));
        assert_eq!(writer.write(vec![create(row.clone())]).await, Ok(Outcome::Done));
        let found = reader.get(&row.id).await.expect("the store reads");
        assert_eq!(found.map(|stored| stored.row), Some(row));
    }
}
