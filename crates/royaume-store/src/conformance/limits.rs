//! Limits: the same for every store.

use super::*;
use crate::{ALIAS_MAX, BATCH_MAX, BODY_MAX, KEY_MAX, StoreError};

pub(super) async fn what_no_store_could_keep_is_refused_by_all(handles: Handles) {
    let alias = |alias: String| Row { alias: Some(alias), ..code("a") };
    let batches = [
        vec![create(code(""))],
        vec![create(code("k".repeat(KEY_MAX + 1)))],
        vec![create(alias("a".repeat(ALIAS_MAX + 1)))],
        vec![create(alias("a\0b".to_owned()))],
        vec![create(Row { body: vec![0; BODY_MAX + 1], ..code("a") })],
        vec![create(code("a")), spend(id("a"))],
        (0..=BATCH_MAX).map(|number| create(code(number.to_string()))).collect(),
    ];
    for batch in batches {
        let outcome = handles.first.write(batch).await;
        assert!(matches!(outcome, Err(StoreError::Invalid(_))), "{outcome:?}");
    }
    assert_eq!(handles.first.list(&realm(), CODE, None, 1).await, Ok(Vec::new()));
}

pub(super) async fn the_longest_of_everything_is_kept(handles: Handles) {
    let row =
        Row { alias: Some("é".repeat(ALIAS_MAX / 2)), body: vec![255; BODY_MAX], ..code([255; KEY_MAX]) };
    handles.done(vec![create(row.clone())]).await;
    assert_eq!(handles.there(&row.id).await.row, row);
    handles.done((0..BATCH_MAX).map(|number| create(code(number.to_string()))).collect()).await;
    let listed = handles.first.list(&realm(), CODE, None, usize::MAX).await.expect("the store reads");
    assert_eq!(listed.len(), BATCH_MAX + 1);
    for time in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
        let row = Row { expires_at: Some(time), ..code("time") };
        handles.done(vec![put(row)]).await;
        let kept = handles.there(&id("time")).await.row.expires_at.expect("a time");
        assert_eq!(kept.as_second(), time.as_second());
    }
}

pub(super) async fn a_store_that_works_says_so(handles: Handles) {
    assert_eq!(handles.first.ping().await, Ok(()));
    assert_eq!(handles.second.ping().await, Ok(()));
}
