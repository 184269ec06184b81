//! What every shared place must do: a suite that says when a [`SharedCache`] is one. Each sentence panics where it does
//! not hold. That a holder's death lets go is for a test with processes of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{join, join_all};

use super::{LARGEST_VALUE, SharedCache, SharedCacheError, SharedKey};

/// Every sentence, of one place that is reached by several: as by several processes. It must be empty.
///
/// # Panics
/// Where a sentence does not hold.
pub async fn holds(places: &[Arc<dyn SharedCache>]) {
    a_value_is_the_last_that_was_written(places).await;
    of_many_one_holds(places).await;
    keys_do_not_wait_for_each_other(places).await;
    a_wait_that_is_given_up_holds_nothing(places).await;
    a_reader_sees_whole_values(places).await;
    a_value_that_is_too_large_changes_nothing(places).await;
}

fn key(number: u8) -> SharedKey {
    SharedKey::from_bytes([number; 32])
}

/// What one writes all read, until it is removed.
async fn a_value_is_the_last_that_was_written(places: &[Arc<dyn SharedCache>]) {
    let values: [&[u8]; 4] = [b"one", b"", &[0, 255, 10, 13], &[7; 70_000]];
    for (place, value) in places.iter().cycle().zip(values.iter().cycle()).take(12) {
        let mut held = place.hold(&key(1)).await.expect("a key can be held");
        held.write(value).await.expect("a value can be written");
        assert_eq!(held.read().await.expect("it is read").as_deref(), Some(*value));
        for other in places {
            assert_eq!(other.read(&key(1)).await.expect("it is read").as_deref(), Some(*value));
            assert_eq!(other.read(&key(2)).await, Ok(None), "and nothing under another key");
        }
    }
    let mut held = places[0].hold(&key(1)).await.expect("a key can be held");
    for _ in 0..2 {
        held.remove().await.expect("a value can be removed");
        assert_eq!(held.read().await, Ok(None));
    }
    assert_eq!(places[0].read(&key(1)).await, Ok(None));
}

/// Whoever holds is alone, and finds what the one before left.
async fn of_many_one_holds(places: &[Arc<dyn SharedCache>]) {
    let inside = AtomicUsize::new(0);
    let turns = places.iter().cycle().take(24.max(places.len())).map(async |place| {
        let mut held = place.hold(&key(3)).await.expect("a key can be held");
        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "somebody else holds it");
        let before = held.read().await.expect("it is read").unwrap_or_default();
        let mut after = before.clone();
        after.push(b'x');
        held.write(&after).await.expect("it is written");
        inside.fetch_sub(1, Ordering::SeqCst);
        drop(held);
        before.len()
    });
    let mut seen = join_all(turns).await;
    seen.sort_unstable();
    assert_eq!(seen, (0..seen.len()).collect::<Vec<_>>(), "each found what the one before left");
}

/// One key is held while another is.
async fn keys_do_not_wait_for_each_other(places: &[Arc<dyn SharedCache>]) {
    let first = places[0].hold(&key(4)).await.expect("a key can be held");
    for place in places {
        drop(place.hold(&key(5)).await.expect("another key can be held"));
    }
    drop(first);
}

/// Whoever stopped waiting is not given the key.
async fn a_wait_that_is_given_up_holds_nothing(places: &[Arc<dyn SharedCache>]) {
    let first = places[0].hold(&key(6)).await.expect("a key can be held");
    let last = &places[places.len() - 1];
    let wanted = key(6);
    {
        let mut waiting = last.hold(&wanted);
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(waiting.as_mut().poll(&mut cx).is_pending(), "somebody else holds it");
    }
    drop(first);
    for place in places {
        drop(place.hold(&key(6)).await.expect("nobody holds it"));
    }
}

/// A reader who does not hold sees the old value or the new one, and never a part.
async fn a_reader_sees_whole_values(places: &[Arc<dyn SharedCache>]) {
    let last = &places[places.len() - 1];
    let writes = async {
        let mut held = places[0].hold(&key(7)).await.expect("a key can be held");
        for number in 0..40_u8 {
            held.write(&vec![number; 9_000 + usize::from(number)]).await.expect("it is written");
        }
    };
    let reads = async {
        for _ in 0..40 {
            if let Some(value) = last.read(&key(7)).await.expect("it is read") {
                let number = value[0];
                assert_eq!(value, vec![number; 9_000 + usize::from(number)], "a part of a value");
            }
        }
    };
    join(writes, reads).await;
}

/// The largest value is kept; a larger one is refused, and the old one stays.
async fn a_value_that_is_too_large_changes_nothing(places: &[Arc<dyn SharedCache>]) {
    let mut held = places[0].hold(&key(8)).await.expect("a key can be held");
    let largest = vec![1; LARGEST_VALUE - 1024];
    held.write(&largest).await.expect("the largest value can be written");
    let refused = held.write(&vec![2; LARGEST_VALUE + 1]).await;
    assert!(matches!(refused, Err(SharedCacheError::TooLarge(_))), "{refused:?}");
    assert!(held.read().await.expect("it is read") == Some(largest), "the old value stays");
    held.remove().await.expect("a value can be removed");
}
