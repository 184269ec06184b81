//! Sweeping: what has ended goes, in small steps, and nothing else.

use super::*;

pub(super) async fn only_what_has_expired_is_swept(handles: Handles) {
    let until = |key: &str, seconds| Row { expires_at: Some(at(seconds)), ..code(key) };
    let soon = Row { alias: Some("alias".to_owned()), ..until("sooner", 9) };
    handles.done(vec![create(soon), create(until("then", 10)), create(until("later", 11))]).await;
    handles.done(vec![create(client("kept")), create(until("spent", 11))]).await;
    handles.done(vec![spend(id("spent"))]).await;
    assert_eq!(handles.first.sweep(at(10), 100).await, Ok(1));
    assert_eq!(handles.get(&id("sooner")).await, None);
    assert_eq!(handles.first.find(&realm(), CODE, "alias").await, Ok(None));
    for there in [id("then"), id("later"), id("spent"), client("kept").id] {
        assert!(handles.get(&there).await.is_some(), "{there:?}");
    }
    assert_eq!(handles.first.sweep(at(10), 100).await, Ok(0));
    assert_eq!(handles.second.sweep(at(12), 100).await, Ok(3));
    assert_eq!(handles.first.sweep(at(1_000_000_000), 100).await, Ok(0));
    assert!(handles.get(&client("kept").id).await.is_some());
}

pub(super) async fn a_sweep_takes_no_more_than_its_limit(handles: Handles) {
    let rows: Vec<Row> = (0..1_300).map(|number| code(format!("{number:04}"))).collect();
    for some in rows.chunks(crate::BATCH_MAX) {
        handles.done(some.iter().cloned().map(create).collect()).await;
    }
    handles.done(vec![Write::Revoke { realm: realm(), family: FAMILY, until: at(60) }]).await;
    let mut left = 1_301;
    for limit in [0, 1, 7, 1_100, 500] {
        let swept = handles.first.sweep(at(61), limit).await.expect("the store sweeps");
        assert_eq!(swept, limit.min(left));
        left -= swept;
    }
    assert_eq!(left, 0);
    assert_eq!(handles.first.list(&realm(), CODE, None, 10).await, Ok(Vec::new()));
    assert_eq!(handles.first.revoked(&realm(), FAMILY).await, Ok(false));
}

pub(super) async fn a_revocation_is_remembered_until_its_time(handles: Handles) {
    handles.done(vec![Write::Revoke { realm: realm(), family: FAMILY, until: at(10) }]).await;
    assert_eq!(handles.first.sweep(at(10), 100).await, Ok(0));
    assert_eq!(handles.first.revoked(&realm(), FAMILY).await, Ok(true));
    assert_eq!(handles.first.sweep(at(11), 100).await, Ok(1));
    assert_eq!(handles.first.revoked(&realm(), FAMILY).await, Ok(false));
}

pub(super) async fn the_latest_time_of_a_revocation_counts(handles: Handles) {
    for seconds in [10, 30, 20] {
        handles.done(vec![Write::Revoke { realm: realm(), family: FAMILY, until: at(seconds) }]).await;
    }
    assert_eq!(handles.first.sweep(at(25), 100).await, Ok(0));
    assert_eq!(handles.first.revoked(&realm(), FAMILY).await, Ok(true));
    assert_eq!(handles.first.sweep(at(31), 100).await, Ok(1));
}
