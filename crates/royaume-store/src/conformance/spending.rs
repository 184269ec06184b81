//! Spending and revoking.

use super::*;
use crate::Why;

fn refused(why: Why) -> Result<Outcome, crate::StoreError> {
    Ok(Outcome::Refused { index: 0, why })
}

pub(super) async fn a_row_is_spent_once(handles: Handles) {
    handles.done(vec![create(code("a"))]).await;
    handles.done(vec![spend(id("a"))]).await;
    let spent = handles.there(&id("a")).await;
    assert_eq!(spent.spent_at, Some(at(1)));
    let again = handles.second.write(vec![Write::Spend { id: id("a"), at: at(2) }]).await;
    assert_eq!(again, refused(Why::Spent(Box::new(spent.clone()))));
    assert_eq!(handles.there(&id("a")).await, spent);
}

pub(super) async fn spending_changes_the_version(handles: Handles) {
    handles.done(vec![create(code("a"))]).await;
    handles.done(vec![spend(id("a"))]).await;
    let late = handles.first.write(vec![replace(code("a"), 1)]).await;
    assert_eq!(late, refused(Why::Conflict { current: Some(2) }));
}

pub(super) async fn a_spent_row_stays_spent_whatever_is_put_over_it(handles: Handles) {
    handles.done(vec![create(code("a"))]).await;
    handles.done(vec![spend(id("a"))]).await;
    handles.done(vec![replace(code("a"), 2)]).await;
    handles.done(vec![put(code("a"))]).await;
    let found = handles.there(&id("a")).await;
    assert_eq!((found.version, found.spent_at), (4, Some(at(1))));
    assert_eq!(handles.first.write(vec![spend(id("a"))]).await, refused(Why::Spent(Box::new(found))));
}

pub(super) async fn what_is_not_there_cannot_be_spent(handles: Handles) {
    handles.done(vec![create(code("a"))]).await;
    for missing in [id("b"), RowId::new(&realm(), CLIENT, *b"a"), RowId::new(&other_realm(), CODE, *b"a")] {
        assert_eq!(handles.first.write(vec![spend(missing)]).await, refused(Why::Unknown));
    }
}

pub(super) async fn a_row_of_a_revoked_family_cannot_be_spent(handles: Handles) {
    handles.done(vec![create(Row { family: Some(FAMILY), within: Some(OTHER_FAMILY), ..code("a") })]).await;
    handles.done(vec![create(Row { family: Some(FAMILY), ..code("spent") })]).await;
    handles.done(vec![spend(id("spent"))]).await;
    handles.done(vec![revoke(FAMILY)]).await;
    assert_eq!(handles.second.revoked(&realm(), FAMILY).await, Ok(true));
    let found = handles.there(&id("a")).await;
    assert!(found.revoked);
    assert_eq!((found.version, found.spent_at), (1, None));
    assert_eq!(handles.first.write(vec![spend(id("a"))]).await, refused(Why::Revoked(Box::new(found))));
    // Of a row that was spent before its family ended, the former is told: somebody tries again.
    let spent = handles.there(&id("spent")).await;
    assert!(spent.revoked);
    assert_eq!(handles.first.write(vec![spend(id("spent"))]).await, refused(Why::Spent(Box::new(spent))));
}

pub(super) async fn a_row_within_a_revoked_family_cannot_be_spent(handles: Handles) {
    handles.done(vec![create(Row { family: Some(OTHER_FAMILY), within: Some(FAMILY), ..code("a") })]).await;
    handles.done(vec![create(Row { family: Some(OTHER_FAMILY), ..code("b") })]).await;
    handles.done(vec![revoke(FAMILY)]).await;
    let found = handles.there(&id("a")).await;
    assert!(found.revoked);
    assert_eq!(handles.first.write(vec![spend(id("a"))]).await, refused(Why::Revoked(Box::new(found))));
    handles.done(vec![spend(id("b"))]).await;
}

pub(super) async fn a_row_that_joins_a_revoked_family_is_revoked(handles: Handles) {
    handles.done(vec![revoke(FAMILY)]).await;
    let row = Row { family: Some(FAMILY), alias: Some("late".to_owned()), ..code("late") };
    handles.done(vec![create(row)]).await;
    assert!(handles.there(&id("late")).await.revoked);
    let found = handles.first.find(&realm(), CODE, "late").await.expect("the store reads");
    assert!(found.is_some_and(|stored| stored.revoked));
    let listed = handles.first.list(&realm(), CODE, None, 1).await.expect("the store reads");
    assert!(listed[0].revoked);
}

pub(super) async fn a_family_of_another_realm_is_another_family(handles: Handles) {
    handles.done(vec![create(Row { family: Some(FAMILY), ..code("a") })]).await;
    handles.done(vec![Write::Revoke { realm: other_realm(), family: FAMILY, until: at(9) }]).await;
    assert_eq!(handles.first.revoked(&realm(), FAMILY).await, Ok(false));
    assert!(!handles.there(&id("a")).await.revoked);
    handles.done(vec![spend(id("a"))]).await;
}

pub(super) async fn revoking_again_is_fine(handles: Handles) {
    for _ in 0..2 {
        handles.done(vec![revoke(FAMILY)]).await;
    }
    handles.done(vec![revoke(FAMILY), revoke(FAMILY), revoke(OTHER_FAMILY)]).await;
    assert_eq!(handles.first.revoked(&realm(), OTHER_FAMILY).await, Ok(true));
}
