//! When a token that is kept fresh is looked at again.

use core::time::Duration;

use super::record::TokenRecord;

/// The longest wait, so that a new login, a log-out and a suspended machine are noticed.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// The shortest wait, whatever lifetimes the provider gives.
const MIN_WAIT: Duration = Duration::from_secs(1);
/// The wait after a first failure.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// The longest wait after failures.
const MAX_PAUSE: Duration = Duration::from_secs(300);

/// How long a token that is kept fresh is left alone after `failures` refreshes that failed in succession: until its refresh is due,
/// 60 s at most; after failures 30 s, which doubles up to 300 s.
pub fn wait_before_next_look(record: Option<&TokenRecord>, now: Duration, failures: u32) -> Duration {
    match failures.checked_sub(1) {
        Some(doublings) => FIRST_PAUSE.saturating_mul(1 << doublings.min(8)).min(MAX_PAUSE),
        None => {
            let due = record.and_then(|record| record.refresh_due(Duration::ZERO));
            due.map_or(MAX_WAIT, |due| due.saturating_sub(now).clamp(MIN_WAIT, MAX_WAIT))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::token::examples::record;
    use serde_json::json;

    #[test]
    fn the_next_look_is_when_a_refresh_is_due_and_later_after_failures() {
        let s = Duration::from_secs;
        let token = record(&json!({"access_token": "a", "refresh_token": "r", "expires_in": 60}));
        let wait = |now, failures| wait_before_next_look(Some(&token), s(now), failures);
        assert_eq!([wait(1000, 0), wait(1040, 0), wait(1048, 0), wait(2000, 0)], [s(48), s(8), s(1), s(1)]);
        assert_eq!(
            [1, 2, 3, 4, 5, u32::MAX].map(|failures| wait(1000, failures)),
            [30, 60, 120, 240, 300, 300].map(s)
        );
        assert_eq!(wait_before_next_look(None, s(1000), 0), s(60));
    }
}
