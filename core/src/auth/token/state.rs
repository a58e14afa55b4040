//! How long a token can still be used, and when it is refreshed.

use core::time::Duration;

use serde::Serialize;

use super::record::TokenRecord;

/// The longest margin that a token has of itself.
const MAX_MARGIN: Duration = Duration::from_secs(300);
/// The part of its lifetime that is the margin of a short token.
const MARGIN_PART: u32 = 5;
/// A token that is younger counts as just issued.
const MAX_JUST_ISSUED: Duration = Duration::from_secs(10);

/// How an access token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenState {
    /// It can be used.
    Valid,
    /// It can be used, and the next use refreshes it if that is possible.
    Expiring,
    /// It expired.
    Expired,
}

/// What has to happen before a token is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefreshNeed {
    /// Nothing.
    None,
    /// A refresh.
    Refresh,
    /// A refresh, but there is no refresh token.
    NoRefreshToken,
    /// A refresh, but the refresh token expired.
    RefreshExpired,
}

/// The span from when a token was issued until it expires.
#[derive(Clone, Copy)]
struct Lifespan {
    begins: Duration,
    ends: Duration,
}

impl Lifespan {
    /// The span between two times in seconds since 1970-01-01T00:00:00Z. `None`: it has no end. Providers that write a lifetime of 0
    /// mean that too.
    fn of(begins: u64, ends: Option<u64>) -> Option<Self> {
        let ends = ends.filter(|ends| *ends > begins)?;
        Some(Self { begins: Duration::from_secs(begins), ends: Duration::from_secs(ends) })
    }

    fn length(self) -> Duration {
        self.ends.saturating_sub(self.begins)
    }

    fn left(self, now: Duration) -> Duration {
        self.ends.saturating_sub(now)
    }

    /// A fifth of it, at most 300 s. A fixed margin would refresh a token that lives no longer than the margin at each use.
    fn margin(self) -> Duration {
        MAX_MARGIN.min(self.length() / MARGIN_PART)
    }

    /// Whether a new token can last so much longer than any request takes.
    fn can_give(self, needed: Duration) -> bool {
        let just_issued = MAX_JUST_ISSUED.min(self.margin());
        needed.saturating_add(just_issued) <= self.length()
    }

    /// When the token is refreshed if its user needs it for so long.
    ///
    /// A need that no token of this lifetime meets is answered with a token that is not older than its margin. Otherwise
    /// each use would refresh it.
    fn due(self, needed: Duration) -> Duration {
        let margin = if self.can_give(needed) {
            self.margin().max(needed)
        } else {
            self.length().saturating_sub(self.margin())
        };
        self.ends.saturating_sub(margin)
    }

    /// Whether the clock was set back behind the beginning, by more than the margin covers. How much is left is unknown then.
    fn is_ahead_of(self, now: Duration) -> bool {
        now.saturating_add(self.margin()) < self.begins
    }
}

impl TokenRecord {
    /// How the access token stands at a time since 1970-01-01T00:00:00Z.
    ///
    /// A token without an expiry is valid. If the clock has been set back behind the time of issue, the token is expiring: it is
    /// refreshed once, and the new one has times of the corrected clock.
    pub fn state(&self, now: Duration) -> TokenState {
        match self.lifespan() {
            Some(lifespan) if lifespan.left(now).is_zero() => TokenState::Expired,
            Some(lifespan) if lifespan.is_ahead_of(now) => TokenState::Expiring,
            Some(lifespan) if lifespan.due(Duration::ZERO) <= now => TokenState::Expiring,
            _ => TokenState::Valid,
        }
    }

    /// How long the access token is still valid; `None`: without end, as far as the provider said.
    pub fn left(&self, now: Duration) -> Option<Duration> {
        self.lifespan().map(|lifespan| lifespan.left(now))
    }

    /// Whether there is a refresh token that has not expired.
    pub fn is_refreshable(&self, now: Duration) -> bool {
        self.refresh_token.is_some() && !self.is_refresh_expired(now)
    }

    /// When the tokens are refreshed if their user needs the access token for so long; `None`: never.
    ///
    /// That is when the margin is left: the smaller one of 300 s and a fifth of the lifetime, or what the user needs if that is
    /// more. A refresh token that expires earlier than that has a margin of its own, since it is renewed by the refresh too.
    pub fn refresh_due(&self, needed: Duration) -> Option<Duration> {
        let access = self.lifespan().map(|lifespan| lifespan.due(needed));
        let refresh = self.refresh_lifespan().map(|lifespan| lifespan.due(Duration::ZERO));
        match (access, refresh) {
            (Some(access), Some(refresh)) => Some(access.min(refresh)),
            (access, refresh) => access.or(refresh),
        }
    }

    /// What has to happen before the access token is used for so long.
    pub(crate) fn refresh_need(&self, now: Duration, needed: Duration) -> RefreshNeed {
        let is_due = self.refresh_due(needed).is_some_and(|due| due <= now);
        let is_set_back = self.lifespan().is_some_and(|lifespan| lifespan.is_ahead_of(now));
        if !is_due && !is_set_back {
            RefreshNeed::None
        } else if self.refresh_token.is_none() {
            RefreshNeed::NoRefreshToken
        } else if self.is_refresh_expired(now) {
            RefreshNeed::RefreshExpired
        } else {
            RefreshNeed::Refresh
        }
    }

    /// Whether the access token, as it is, serves a user who needs it for so long: it lasts that long, or no token of its lifetime
    /// would.
    pub(crate) fn serves(&self, now: Duration, needed: Duration) -> bool {
        self.lifespan().is_none_or(|lifespan| {
            let left = lifespan.left(now);
            !left.is_zero() && (left >= needed || !lifespan.can_give(needed))
        })
    }

    /// Whether the access token is used without a refresh by someone who needs it for so long.
    pub fn is_fresh(&self, now: Duration, needed: Duration) -> bool {
        self.refresh_need(now, needed) == RefreshNeed::None
    }

    /// Whether the access token has not expired.
    pub fn is_usable(&self, now: Duration) -> bool {
        self.state(now) != TokenState::Expired
    }

    fn lifespan(&self) -> Option<Lifespan> {
        Lifespan::of(self.issued_at, self.expires_at)
    }

    /// The lifespan of the refresh token. It begins with the access token, also where an older refresh token is kept.
    fn refresh_lifespan(&self) -> Option<Lifespan> {
        self.refresh_token.as_ref()?;
        Lifespan::of(self.issued_at, self.refresh_expires_at)
    }

    fn is_refresh_expired(&self, now: Duration) -> bool {
        self.refresh_lifespan().is_some_and(|lifespan| lifespan.left(now).is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::token::examples::record;
    use serde_json::{Value, json};

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A record that was issued at 1000 s.
    fn issued(expires_in: &Value) -> TokenRecord {
        record(&json!({"access_token": "a", "refresh_token": "r", "expires_in": expires_in}))
    }

    fn at(record: &TokenRecord, age: u64, needed: u64) -> RefreshNeed {
        record.refresh_need(s(1000 + age), s(needed))
    }

    #[test]
    fn a_token_is_refreshed_when_a_fifth_or_300_s_are_left() {
        for (lifetime, due) in [(60, 48), (1, 1), (1500, 1200), (1501, 1201), (3600, 3300), (86_400, 86_100)]
        {
            let record = issued(&json!(lifetime));
            assert_eq!(at(&record, due - 1, 0), RefreshNeed::None, "{lifetime}");
            assert_eq!(at(&record, due, 0), RefreshNeed::Refresh, "{lifetime}");
            assert_eq!(record.state(s(1000 + due - 1)), TokenState::Valid, "{lifetime}");
            let due = if due < lifetime { TokenState::Expiring } else { TokenState::Expired };
            assert_eq!(
                record.state(s(1000 + lifetime - 1)),
                if lifetime == 1 { TokenState::Valid } else { due }
            );
            assert_eq!(record.state(s(1000 + lifetime)), TokenState::Expired);
        }
    }

    #[test]
    fn a_token_is_refreshed_earlier_if_its_user_needs_more() {
        let record = issued(&json!(3600));
        assert_eq!(at(&record, 1599, 2000), RefreshNeed::None);
        assert_eq!(at(&record, 1600, 2000), RefreshNeed::Refresh);
        assert!(record.serves(s(2600), s(2000)) && !record.serves(s(2601), s(2000)));
    }

    #[test]
    fn a_need_that_no_token_meets_does_not_refresh_at_each_use() {
        let record = issued(&json!(300));
        for needed in [291, 300, 7200, u64::MAX] {
            assert_eq!(at(&record, 59, needed), RefreshNeed::None, "{needed}");
            assert_eq!(at(&record, 60, needed), RefreshNeed::Refresh, "{needed}");
            assert!(record.serves(s(1299), s(needed)) && !record.serves(s(1300), s(needed)), "{needed}");
        }
        assert_eq!(at(&record, 11, 290), RefreshNeed::Refresh);
        assert_eq!(at(&record, 9, 290), RefreshNeed::None);
    }

    #[test]
    fn a_token_without_an_expiry_is_valid() {
        for expires_in in [json!(null), json!(0)] {
            let record = issued(&expires_in);
            assert_eq!(at(&record, 1_000_000_000, u64::MAX), RefreshNeed::None);
            assert_eq!(record.state(Duration::MAX), TokenState::Valid);
            assert_eq!((record.left(s(1)), record.refresh_due(s(9))), (None, None));
            assert!(record.serves(Duration::MAX, Duration::MAX));
        }
        assert_eq!(issued(&json!(1e300)).state(s(1_000_000_000_000)), TokenState::Valid);
    }

    #[test]
    fn a_clock_set_back_behind_the_issue_refreshes_once() {
        let record = issued(&json!(3600));
        assert_eq!(record.refresh_need(s(700), s(0)), RefreshNeed::None);
        assert_eq!(record.refresh_need(s(699), s(0)), RefreshNeed::Refresh);
        assert_eq!(record.state(s(699)), TokenState::Expiring);
        assert!(record.is_usable(s(699)));
    }

    #[test]
    fn without_a_usable_refresh_token_the_token_serves_as_long_as_it_lasts() {
        let none = record(&json!({"access_token": "a", "expires_in": 3600}));
        assert_eq!(at(&none, 3299, 0), RefreshNeed::None);
        assert_eq!(at(&none, 3300, 0), RefreshNeed::NoRefreshToken);
        assert!(none.serves(s(4599), s(0)) && !none.serves(s(4600), s(0)));
        let fields = json!({"access_token": "a", "refresh_token": "r", "expires_in": 3600, "refresh_expires_in": 1800});
        let short = record(&fields);
        assert_eq!(at(&short, 1499, 0), RefreshNeed::None);
        assert_eq!(at(&short, 1500, 0), RefreshNeed::Refresh);
        assert_eq!(at(&short, 1800, 0), RefreshNeed::RefreshExpired);
        assert!(short.is_refreshable(s(2799)) && !short.is_refreshable(s(2800)));
        assert!(short.serves(s(2800), s(600)));
    }
}
