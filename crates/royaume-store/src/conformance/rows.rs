//! Rows: put, read, found, listed, deleted.

use super::*;
use crate::Why;

pub(super) async fn a_row_comes_back_as_it_was_put(handles: Handles) {
    let full = Row {
        alias: Some("Zoé@exemple.fr ' \" ; \\".to_owned()),
        family: Some(FAMILY),
        within: Some(OTHER_FAMILY),
        body: (0..=255).collect(),
        ..code([0, 255, 0, 39])
    };
    let bare = Row { body: Vec::new(), ..client("bare") };
    handles.done(vec![create(full.clone())]).await;
    handles.done(vec![create(bare.clone())]).await;
    for row in [full, bare] {
        let found = handles.there(&row.id).await;
        assert_eq!(found, Stored { row, version: 1, spent_at: None, revoked: false });
    }
}

pub(super) async fn what_was_never_put_is_not_there(handles: Handles) {
    handles.done(vec![create(Row { alias: Some("here".to_owned()), ..code("here") })]).await;
    for key in [&b"nothing"[..], b"", b"her", b"here\0", &[7; 5_000]] {
        assert_eq!(handles.get(&id(key)).await, None);
    }
    for alias in ["nothing", "", "Here", "here\0", "\0", "her_", "%", &"a".repeat(5_000)] {
        assert_eq!(handles.first.find(&realm(), CODE, alias).await, Ok(None), "{alias}");
    }
    assert_eq!(handles.first.revoked(&realm(), FAMILY).await, Ok(false));
}

pub(super) async fn a_row_is_created_once(handles: Handles) {
    handles.done(vec![create(code("a"))]).await;
    let again = Row { body: b"other".to_vec(), ..code("a") };
    let outcome = handles.first.write(vec![create(again)]).await;
    assert_eq!(outcome, Ok(Outcome::Refused { index: 0, why: Why::Exists }));
    assert_eq!(handles.there(&id("a")).await.row, code("a"));
}

pub(super) async fn a_row_is_replaced_only_in_the_version_that_was_read(handles: Handles) {
    let conflict = |current| Ok(Outcome::Refused { index: 0, why: Why::Conflict { current } });
    assert_eq!(handles.first.write(vec![replace(code("a"), 1)]).await, conflict(None));
    handles.done(vec![create(code("a"))]).await;
    let changed =
        Row { family: Some(FAMILY), expires_at: Some(at(90)), body: b"changed".to_vec(), ..code("a") };
    handles.done(vec![replace(changed.clone(), 1)]).await;
    for version in [0, 1, 3, u64::MAX] {
        assert_eq!(
            handles.first.write(vec![replace(code("a"), version)]).await,
            conflict(Some(2)),
            "{version}"
        );
    }
    let found = handles.there(&id("a")).await;
    assert_eq!((found.row, found.version), (changed, 2));
}

pub(super) async fn whatever_is_there_can_be_replaced(handles: Handles) {
    handles.done(vec![put(client("a"))]).await;
    let changed = Row { alias: Some("alias".to_owned()), within: Some(FAMILY), ..client("a") };
    handles.done(vec![put(changed.clone())]).await;
    let found = handles.there(&changed.id).await;
    assert_eq!((found.row, found.version), (changed, 2));
}

pub(super) async fn realms_and_kinds_are_apart(handles: Handles) {
    let ids = [
        id("same"),
        RowId::new(&realm(), CLIENT, *b"same"),
        RowId::new(&other_realm(), CODE, *b"same"),
        RowId::new(&other_realm(), CLIENT, *b"same"),
    ];
    for (number, id) in ids.iter().enumerate() {
        let alias = Some("same".to_owned());
        handles.done(vec![create(Row { id: id.clone(), alias, body: vec![number as u8], ..code("") })]).await;
    }
    handles.done(vec![spend(ids[0].clone()), delete(ids[1].clone())]).await;
    for (number, id) in ids.iter().enumerate() {
        let found = handles.get(id).await;
        let by_alias = handles.first.find(id.realm(), id.kind(), "same").await.expect("the store reads");
        assert_eq!(found, by_alias);
        assert_eq!(found.is_some(), number != 1);
        assert!(found.iter().all(|stored| stored.row.body == [number as u8]));
        assert!(found.iter().all(|stored| stored.spent_at.is_some() == (number == 0)));
    }
    let listed = handles.first.list(&realm(), CODE, None, 10).await.expect("the store reads");
    assert_eq!(listed.len(), 1);
}

pub(super) async fn a_deleted_row_is_gone_and_can_be_made_anew(handles: Handles) {
    handles.done(vec![delete(id("a"))]).await;
    handles.done(vec![create(code("a"))]).await;
    handles.done(vec![spend(id("a"))]).await;
    handles.done(vec![delete(id("a"))]).await;
    assert_eq!(handles.get(&id("a")).await, None);
    handles.done(vec![create(code("a"))]).await;
    let found = handles.there(&id("a")).await;
    assert_eq!((found.version, found.spent_at), (1, None));
}

pub(super) async fn an_alias_leads_to_its_row(handles: Handles) {
    let named = |alias: Option<&str>| Row { alias: alias.map(str::to_owned), ..client("a") };
    let find = async |alias: &str| {
        handles
            .first
            .find(&realm(), CLIENT, alias)
            .await
            .expect("the store reads")
            .map(|stored| stored.row.id)
    };
    handles.done(vec![create(named(Some("before")))]).await;
    assert_eq!(find("before").await, Some(client("a").id));
    handles.done(vec![replace(named(Some("after")), 1)]).await;
    assert_eq!((find("before").await, find("after").await), (None, Some(client("a").id)));
    handles.done(vec![put(named(None))]).await;
    assert_eq!(find("after").await, None);
    assert_eq!(handles.there(&client("a").id).await.row.alias, None);
}

pub(super) async fn an_alias_belongs_to_one_row_of_its_realm_and_kind(handles: Handles) {
    let taken = Ok(Outcome::Refused { index: 0, why: Why::Exists });
    let named = |key: &str| Row { alias: Some("x".to_owned()), ..client(key) };
    handles.done(vec![create(named("a")), create(client("b"))]).await;
    assert_eq!(handles.first.write(vec![create(named("c"))]).await, taken);
    assert_eq!(handles.first.write(vec![put(named("c"))]).await, taken);
    assert_eq!(handles.first.write(vec![put(named("b"))]).await, taken);
    assert_eq!(handles.first.write(vec![replace(named("b"), 1)]).await, taken);
    // Its own row may keep it, and once that is deleted another may have it.
    handles.done(vec![replace(named("a"), 1)]).await;
    handles.done(vec![delete(client("a").id)]).await;
    handles.done(vec![replace(named("b"), 1)]).await;
}

pub(super) async fn rows_are_listed_page_by_page_in_the_order_of_their_keys(handles: Handles) {
    let keys: [&[u8]; 7] = [&[0], &[0, 0], &[0, 1], b"A", b"a", &[127, 255], &[255]];
    for key in keys.iter().rev() {
        handles.done(vec![create(code(key))]).await;
    }
    handles.done(vec![create(client("a"))]).await;
    for size in [1, 2, 3, 7, 100] {
        let mut seen: Vec<Box<[u8]>> = Vec::new();
        loop {
            let after = seen.last().map(|key| &**key);
            let page = handles.first.list(&realm(), CODE, after, size).await.expect("the store reads");
            assert!(page.len() <= size);
            if page.is_empty() {
                break;
            }
            assert!(page.iter().all(|stored| stored.row == code(stored.row.id.key())));
            seen.extend(page.into_iter().map(|stored| stored.row.id.key().into()));
        }
        assert_eq!(seen.iter().map(|key| &**key).collect::<Vec<_>>(), keys, "pages of {size}");
    }
    assert_eq!(handles.first.list(&realm(), CODE, None, 0).await, Ok(Vec::new()));
    // From where no row is, as well.
    let rest = handles.first.list(&realm(), CODE, Some(b"Z"), 10).await.expect("the store reads");
    assert_eq!(rest.len(), 3);
}
