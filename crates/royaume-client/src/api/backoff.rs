//! What may be repeated (RFC 9110 §9.2.2), and after how long: exponential, with full jitter.

use std::time::Duration;

use http::{Method, StatusCode};
use royaume_jose::Entropy;

/// The most to wait before the first repetition; twice as much before each next one.
const FIRST: Duration = Duration::from_millis(200);
/// The most to wait before any.
const MOST: Duration = Duration::from_secs(5);

/// Does a method mean the same when it is sent twice?
pub(crate) fn is_idempotent(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS, Method::TRACE].contains(method)
}

/// Is it trouble that may pass? What is not implemented will not be in a moment.
pub(crate) fn is_trouble(status: StatusCode) -> bool {
    status.is_server_error()
        && ![StatusCode::NOT_IMPLEMENTED, StatusCode::HTTP_VERSION_NOT_SUPPORTED].contains(&status)
}

/// How long to wait after so many failures: any time up to the most, so that those who failed together come back apart.
pub(crate) fn backoff(failures: u32, entropy: &dyn Entropy) -> Duration {
    let most = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(MOST);
    let mut bytes = [0; 4];
    entropy.fill(&mut bytes);
    most.mul_f64(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Always(u8);

    impl Entropy for Always {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    #[test]
    fn the_most_doubles_up_to_a_limit_and_the_least_is_nothing() {
        let most = |failures| backoff(failures, &Always(0xff)).as_millis();
        assert_eq!([1, 2, 3, 5, 6, 1000].map(most), [200, 400, 800, 3200, 5000, 5000]);
        assert_eq!(backoff(3, &Always(0)), Duration::ZERO);
    }

    #[test]
    fn only_what_may_be_sent_twice_is_idempotent() {
        assert!(is_idempotent(&Method::PUT) && is_idempotent(&Method::GET));
        assert!(!is_idempotent(&Method::POST) && !is_idempotent(&Method::PATCH));
        assert!(is_trouble(StatusCode::BAD_GATEWAY) && !is_trouble(StatusCode::NOT_IMPLEMENTED));
    }
}
