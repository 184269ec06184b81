//! Races: many at once, through two handles.

use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::*;
use crate::{StoreError, Why};

/// Starts all at once, each through one of the two handles, and gathers what they were answered.
async fn all_at_once<T, F>(
    handles: &Handles,
    count: usize,
    act: impl Fn(usize, Arc<dyn Store>) -> F,
) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(count));
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let (start, act) = (Arc::clone(&start), act(number, handles.either(number)));
        tasks.spawn(async move {
            start.wait().await;
            act.await
        });
    }
    tasks.join_all().await
}

async fn each_writes(
    handles: &Handles,
    count: usize,
    batch: impl Fn(usize) -> Vec<Write>,
) -> Vec<Result<Outcome, StoreError>> {
    all_at_once(handles, count, |number, store| {
        let batch = batch(number);
        async move { store.write(batch).await }
    })
    .await
}

fn winners(outcomes: &[Result<Outcome, StoreError>]) -> usize {
    outcomes.iter().filter(|outcome| **outcome == Ok(Outcome::Done)).count()
}

fn first_refused(outcome: &Result<Outcome, StoreError>) -> &Why {
    match outcome {
        Ok(Outcome::Refused { index: 0, why }) => why,
        other => panic!("{other:?} instead of a refusal of the first write"),
    }
}

pub(super) async fn of_fifty_who_spend_one_row_one_has_it(handles: Handles) {
    for round in 0..5 {
        let row = code(format!("row {round}"));
        handles.done(vec![create(row.clone())]).await;
        let outcomes = each_writes(&handles, 50, |_| vec![spend(row.id.clone())]).await;
        assert_eq!(winners(&outcomes), 1);
        let spent = Why::Spent(Box::new(handles.there(&row.id).await));
        for loser in outcomes.iter().filter(|outcome| **outcome != Ok(Outcome::Done)) {
            assert_eq!(first_refused(loser), &spent);
        }
    }
}

pub(super) async fn of_fifty_batches_that_spend_one_row_one_happens(handles: Handles) {
    for round in 0..5 {
        let row = code(format!("row {round}"));
        handles.done(vec![create(row.clone())]).await;
        let bought = |number: usize| code(format!("bought {round}: {number}"));
        let outcomes = each_writes(&handles, 50, |number| {
            vec![spend(row.id.clone()), create(bought(number)), create(code(format!("{number}, {round}")))]
        })
        .await;
        assert_eq!(winners(&outcomes), 1);
        let mut there = 0;
        for number in 0..50 {
            there += usize::from(handles.get(&bought(number).id).await.is_some());
        }
        assert_eq!(there, 1);
    }
}

pub(super) async fn no_update_is_lost(handles: Handles) {
    handles.done(vec![create(Row { body: vec![0], ..client("counter") })]).await;
    all_at_once(&handles, 20, |_, store| async move {
        loop {
            let found =
                store.get(&client("counter").id).await.expect("the store reads").expect("it is there");
            let row = Row { body: vec![found.row.body[0] + 1], ..found.row };
            match store.write(vec![replace(row, found.version)]).await.expect("the store writes") {
                Outcome::Done => return,
                Outcome::Refused { why, .. } => {
                    assert!(matches!(why, Why::Conflict { current: Some(_) }), "{why:?}")
                }
            }
        }
    })
    .await;
    let found = handles.there(&client("counter").id).await;
    assert_eq!((found.row.body, found.version), (vec![20], 21));
}

pub(super) async fn of_twenty_who_create_one_row_one_does(handles: Handles) {
    let outcomes =
        each_writes(&handles, 20, |number| vec![create(Row { body: vec![number as u8], ..code("one") })])
            .await;
    assert_eq!(winners(&outcomes), 1);
    for loser in outcomes.iter().filter(|outcome| **outcome != Ok(Outcome::Done)) {
        assert_eq!(first_refused(loser), &Why::Exists);
    }
}

pub(super) async fn of_twenty_who_take_one_alias_one_has_it(handles: Handles) {
    let named = |number: usize| Row { alias: Some("one".to_owned()), ..client(&format!("client {number}")) };
    let outcomes = each_writes(&handles, 20, |number| {
        vec![if number.is_multiple_of(3) { put(named(number)) } else { create(named(number)) }]
    })
    .await;
    assert_eq!(winners(&outcomes), 1);
    for loser in outcomes.iter().filter(|outcome| **outcome != Ok(Outcome::Done)) {
        assert_eq!(first_refused(loser), &Why::Exists);
    }
    assert_eq!(handles.first.list(&realm(), CLIENT, None, 50).await.map(|rows| rows.len()), Ok(1));
}

pub(super) async fn after_a_revocation_nothing_is_spent(handles: Handles) {
    for round in 0..10_u8 {
        let family = Family::new([round; 16]);
        let of_family = |key: String| Row { family: Some(family), ..code(key) };
        let one = |number: usize| format!("{round} {number}");
        handles.done((0..8).map(|number| create(of_family(one(number)))).collect()).await;
        let outcomes = each_writes(&handles, 9, |number| match number {
            4 => vec![revoke(family)],
            _ => vec![spend(id(one(number.min(7)))), create(of_family(format!("bought {round} {number}")))],
        })
        .await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        for number in 0..8 {
            let late = handles.second.write(vec![spend(id(one(number)))]).await;
            assert!(matches!(first_refused(&late), Why::Spent(_) | Why::Revoked(_)), "{late:?}");
        }
        // What was bought before the end came has ended with the rest.
        for number in 0..9 {
            let bought = handles.get(&id(format!("bought {round} {number}"))).await;
            assert!(bought.iter().all(|stored| stored.revoked));
        }
    }
}

pub(super) async fn opposed_batches_both_happen_and_whole(handles: Handles) {
    handles.done(vec![create(code("a")), create(code("b"))]).await;
    for _ in 0..3 {
        let outcomes = each_writes(&handles, 2, |number| {
            let row = |key: &str| Row { body: vec![number as u8], ..code(key) };
            if number == 0 { vec![put(row("a")), put(row("b"))] } else { vec![put(row("b")), put(row("a"))] }
        })
        .await;
        assert_eq!(winners(&outcomes), 2, "{outcomes:?}");
        let (a, b) = (handles.there(&id("a")).await, handles.there(&id("b")).await);
        assert_eq!((a.row.body, a.version), (b.row.body, b.version));
    }
}

pub(super) async fn a_row_can_be_swept_while_it_is_spent(handles: Handles) {
    for round in 0..10 {
        let row = code(format!("row {round}"));
        handles.done(vec![create(row.clone())]).await;
        let answers = all_at_once(&handles, 10, |number, store| {
            let id = row.id.clone();
            async move {
                if number < 2 {
                    return store.sweep(at(61), 10).await.map(|_| 0);
                }
                match store.write(vec![spend(id)]).await? {
                    Outcome::Done => Ok(1),
                    Outcome::Refused { why, .. } => {
                        assert!(matches!(why, Why::Unknown | Why::Spent(_)), "{why:?}");
                        Ok(0)
                    }
                }
            }
        })
        .await;
        let spent: usize = answers.into_iter().sum::<Result<usize, StoreError>>().expect("the store works");
        assert!(spent <= 1);
        // A sweep may leave what somebody works on to the next one.
        handles.first.sweep(at(61), 10).await.expect("the store works");
        assert_eq!(handles.get(&row.id).await, None);
    }
}

pub(super) async fn kept_rows_written_at_once_all_change_the_epoch(handles: Handles) {
    let before = handles.epoch().await;
    let outcomes =
        each_writes(&handles, 20, |number| vec![create(client(&format!("client {number}")))]).await;
    assert_eq!(winners(&outcomes), 20, "{outcomes:?}");
    assert_eq!(handles.epoch().await, before + 20);
}
