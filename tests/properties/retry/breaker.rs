//! Laws of the circuit breaker: it agrees with a reference that stores all events.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use speckit_core::retry::breaker::{Breaker, BreakerConfig, BreakerState, Permit};

#[derive(Clone, Copy, Debug, PartialEq)]
enum BreakerEvent {
    RequestPermit,
    /// Finishes one of the permits, counted from the last one, possibly a second time.
    Finish {
        permit: usize,
        is_success: bool,
    },
    Abandon {
        permit: usize,
    },
}

type BreakerHistory = Vec<(Duration, BreakerEvent)>;

fn config() -> impl Strategy<Value = BreakerConfig> {
    let count = || prop_oneof![6 => 0..8_u32, 1 => Just(u32::MAX)];
    let percent = prop_oneof![4 => 0..=100_u32, 2 => Just(50_u32), 1 => any::<u32>()];
    let open_for =
        prop_oneof![1 => Just(0_u64), 6 => 1..20_u64, 1 => Just(u64::MAX)].prop_map(Duration::from_secs);
    (count(), count(), percent, open_for).prop_map(|(window, min_calls, failure_percent, open_for)| {
        BreakerConfig { window, min_calls, failure_percent, open_for }
    })
}

/// Calls that mostly end at once, at times that mostly increase.
fn history() -> impl Strategy<Value = BreakerHistory> {
    let recent = || prop_oneof![6 => Just(0_usize), 2 => 0..4_usize, 1 => 0..40_usize];
    let event = prop_oneof![
        4 => Just(BreakerEvent::RequestPermit),
        4 => (recent(), prop::bool::weighted(0.4)).prop_map(|(permit, is_success)| BreakerEvent::Finish { permit, is_success }),
        1 => recent().prop_map(|permit| BreakerEvent::Abandon { permit }),
    ];
    let step = prop_oneof![8 => Just(0_i64), 4 => 0..4_i64, 2 => 0..40_i64, 1 => -4..0_i64];
    vec((step, event), 1..120).prop_map(|steps| {
        let mut now = 100_u64;
        let at = |(step, event)| {
            now = now.saturating_add_signed(step);
            (Duration::from_secs(now), event)
        };
        steps.into_iter().map(at).collect()
    })
}

/// Stores all events, and computes each state from them.
#[derive(Clone, Debug, Default)]
struct ReferenceBreaker {
    /// The outcomes that count, each with the era in which its call began.
    outcomes: Vec<(usize, bool)>,
    /// The new state of each change; an era is the number of changes before.
    changes: Vec<ReferenceState>,
    /// The era of each permit.
    permits: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum ReferenceState {
    Closed,
    Open { until: Duration },
    Trial { until: Duration },
}

impl ReferenceBreaker {
    fn state(&self) -> ReferenceState {
        self.changes.last().copied().unwrap_or(ReferenceState::Closed)
    }

    fn request_permit(&mut self, config: BreakerConfig, now: Duration) -> Result<(), Duration> {
        if let ReferenceState::Open { until } | ReferenceState::Trial { until } = self.state() {
            if now < until {
                return Err(until);
            }
            self.changes.push(ReferenceState::Trial { until: now.saturating_add(config.open_for) });
        }
        self.permits.push(self.changes.len());
        Ok(())
    }

    fn finish(&mut self, config: BreakerConfig, now: Duration, permit: usize, is_success: bool) {
        let era = self.permits[permit];
        if era != self.changes.len() {
            return;
        }
        self.outcomes.push((era, is_success));
        let open = ReferenceState::Open { until: now.saturating_add(config.open_for) };
        match (self.state(), is_success) {
            (ReferenceState::Closed, false) if self.is_too_many(config) => self.changes.push(open),
            (ReferenceState::Trial { .. }, true) => self.changes.push(ReferenceState::Closed),
            (ReferenceState::Trial { .. }, false) => self.changes.push(open),
            _ => {}
        }
    }

    fn abandon(&mut self, now: Duration, permit: usize) {
        if self.permits[permit] == self.changes.len() && matches!(self.state(), ReferenceState::Trial { .. })
        {
            self.changes.push(ReferenceState::Open { until: now });
        }
    }

    fn is_too_many(&self, config: BreakerConfig) -> bool {
        let era = self.changes.len();
        let window = config.window.max(1);
        let of_era = self.outcomes.iter().rev().filter(|(began, _)| *began == era);
        let counted: Vec<bool> = of_era.map(|(_, is_success)| *is_success).take(window as usize).collect();
        let failed = counted.iter().filter(|is_success| !**is_success).count();
        let share = failed as f64 / counted.len() as f64;
        let needed = config.min_calls.clamp(1, window) as usize;
        counted.len() >= needed && share * 100.0 >= f64::from(config.failure_percent.clamp(1, 100)) - 1e-9
    }
}

/// Applies a history to a breaker, and calls `observe` after each event.
fn replay(
    config: BreakerConfig,
    history: &BreakerHistory,
    mut observe: impl FnMut(&Breaker, Duration, BreakerEvent, Option<Result<Permit, Duration>>),
) -> Breaker {
    let mut breaker = Breaker::new(config);
    let mut permits = Vec::new();
    let of = |permits: &Vec<Permit>, back: usize| permits.len().checked_sub(back + 1);
    for (now, event) in history {
        let mut permit_result = None;
        match *event {
            BreakerEvent::RequestPermit => {
                let result = breaker.permit(*now);
                permits.extend(result);
                permit_result = Some(result);
            }
            BreakerEvent::Finish { permit, is_success } => {
                let Some(permit) = of(&permits, permit) else { continue };
                breaker.finished(*now, permits[permit], is_success);
            }
            BreakerEvent::Abandon { permit } => {
                let Some(permit) = of(&permits, permit) else { continue };
                breaker.abandoned(*now, permits[permit]);
            }
        }
        observe(&breaker, *now, *event, permit_result);
    }
    breaker
}

fn expected_state(state: ReferenceState, now: Duration) -> BreakerState {
    match state {
        ReferenceState::Closed => BreakerState::Closed,
        ReferenceState::Open { until } if now < until => BreakerState::Open { until },
        ReferenceState::Open { .. } | ReferenceState::Trial { .. } => BreakerState::HalfOpen,
    }
}

proptest! {
    #[test]
    fn a_breaker_agrees_with_the_reference(config in config(), history in history()) {
        let mut model = ReferenceBreaker::default();
        let mut difference = None;
        replay(config, &history, |breaker, now, event, result| {
            let mut expected = None;
            match event {
                BreakerEvent::RequestPermit => expected = Some(model.request_permit(config, now)),
                BreakerEvent::Finish { permit, is_success } => {
                    model.finish(config, now, model.permits.len() - 1 - permit, is_success);
                }
                BreakerEvent::Abandon { permit } => model.abandon(now, model.permits.len() - 1 - permit),
            }
            let result = result.map(|result| result.map(|_| ()));
            let (actual, model) = (breaker.state(now), expected_state(model.state(), now));
            if result != expected || actual != model {
                difference.get_or_insert((now, event, result, expected, actual, model));
            }
        });
        prop_assert_eq!(difference, None);
    }

    #[test]
    fn an_open_breaker_allows_a_call_after_its_time(config in config(), history in history()) {
        let latest = history.iter().map(|(now, _)| *now).max().unwrap();
        let mut breaker = replay(config, &history, |_, _, _, _| {});
        prop_assert!(breaker.permit(latest.saturating_add(config.open_for)).is_ok());
    }

    #[test]
    fn a_rejection_contains_the_time_of_the_next_permit(config in config(), history in history()) {
        let mut wrong = None;
        replay(config, &history, |breaker, now, _, result| {
            if let Some(Err(until)) = result {
                let before = until.saturating_sub(Duration::from_nanos(1));
                let is_correct = until > now && breaker.clone().permit(until).is_ok() && breaker.clone().permit(before).is_err();
                if !is_correct {
                    wrong.get_or_insert((now, until));
                }
            }
        });
        prop_assert_eq!(wrong, None);
    }

    #[test]
    fn two_trial_calls_never_run_at_the_same_time(config in config(), history in history()) {
        // The running trial: a permit from a breaker that was not closed.
        let (mut trial, mut permits, mut was_closed) = (None, 0_usize, true);
        let mut overlap = None;
        replay(config, &history, |breaker, now, event, result| {
            match event {
                BreakerEvent::RequestPermit if result.is_some_and(|result| result.is_ok()) => {
                    if !was_closed {
                        if let Some((_, since)) = trial && now < config.open_for.saturating_add(since) {
                            overlap.get_or_insert((since, now));
                        }
                        trial = Some((permits, now));
                    }
                    permits += 1;
                }
                BreakerEvent::Finish { permit, .. } | BreakerEvent::Abandon { permit }
                    if trial.is_some_and(|(trial, _)| trial == permits - 1 - permit) => trial = None,
                _ => {}
            }
            was_closed = breaker.state(now) == BreakerState::Closed;
        });
        prop_assert_eq!(overlap, None);
    }

    #[test]
    fn a_breaker_whose_calls_all_succeed_never_opens(config in config(), calls in 1..300_u64) {
        let mut breaker = Breaker::new(config);
        for now in (0..calls).map(Duration::from_secs) {
            let permit = breaker.permit(now).expect("the breaker is closed");
            breaker.finished(now, permit, true);
        }
        prop_assert_eq!(breaker.state(Duration::ZERO), BreakerState::Closed);
    }
}
