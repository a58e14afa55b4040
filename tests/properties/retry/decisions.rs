//! Laws of the decision after a failed attempt, for random calls.

mod after;

use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::retry::backoff::{Backoff, schedule};
use speckit_core::retry::{
    Budget, BudgetConfig, Decision, ErrorClass, Failure, GiveUp, Retry, RetryConfig, Seed,
};

use super::backoff::configs;

/// One attempt that failed.
#[derive(Clone, Debug)]
struct FailedAttempt {
    /// The settings at its end, and at the end of the wait after it.
    settings: [RetryConfig; 2],
    duration: Duration,
    failure: Failure,
    /// The delay of the timer at the end of the wait.
    timer_delay: Duration,
    /// The number of retries that other calls withdraw from the budget meanwhile.
    other_retries: u32,
}

#[derive(Clone, Debug)]
struct RetriedCall {
    seed: Seed,
    attempts: Vec<FailedAttempt>,
    budget: Option<BudgetConfig>,
}

/// The input and the result of one decision.
#[derive(Clone, Copy, Debug)]
struct DecisionRecord {
    config: RetryConfig,
    elapsed: Duration,
    failure: Failure,
    /// How many retries the budget had, if there is one.
    left: Option<u64>,
    result: Decision,
}

fn duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        Just(0),
        0..2_000_000_000_u64,
        (0..100_u64).prop_map(|ms| ms * 1_000_000),
        0..100_000_000_000_u64
    ]
    .prop_map(Duration::from_nanos)
}

fn attempt(settings: impl Strategy<Value = RetryConfig>) -> impl Strategy<Value = FailedAttempt> {
    use ErrorClass::{Degraded, Permanent, Retryable};
    let class =
        select(&[Retryable, Retryable, Retryable, Retryable, Retryable, Retryable, Degraded, Permanent][..]);
    let suggested =
        option::weighted(0.3, prop_oneof![9 => duration().boxed(), 1 => Just(Duration::MAX).boxed()]);
    (vec(settings, 2), duration(), class, suggested, duration(), 0..2_u32).prop_map(
        |(settings, duration, class, suggested, timer_delay, other_retries)| FailedAttempt {
            settings: [settings[0], settings[1]],
            duration,
            failure: Failure { class, suggested },
            timer_delay,
            other_retries,
        },
    )
}

fn call() -> impl Strategy<Value = RetriedCall> {
    let constant_settings = configs().prop_flat_map(|config| vec(attempt(Just(config)), 1..12));
    let changing_settings = vec(attempt(configs()), 1..12);
    let long_deadline = configs().prop_flat_map(|config| {
        vec(
            attempt(Just(config.with_deadline_ms(86_400_000).with_max_attempts(1 + config.max_attempts % 9))),
            12,
        )
    });
    let budget = option::of((1..6_u32, 0..2_u32).prop_map(|(capacity, per_second)| BudgetConfig {
        capacity,
        per_second,
        percent_of_successes: 0,
    }));
    let attempts = prop_oneof![1 => constant_settings.boxed(), 1 => changing_settings.boxed(), 3 => long_deadline.boxed()];
    (any::<u64>(), attempts, budget).prop_map(|(seed, attempts, budget)| RetriedCall {
        seed: Seed::new(seed),
        attempts,
        budget,
    })
}

/// Runs the attempts of a call until it ends, with the decided waits.
fn run_attempts(call: &RetriedCall) -> Vec<DecisionRecord> {
    let mut retry = Retry::new(call.seed, "call");
    let mut budget = call.budget.map(Budget::new);
    let mut elapsed = Duration::ZERO;
    let mut decisions = Vec::new();
    for attempt in &call.attempts {
        elapsed = elapsed.saturating_add(attempt.duration);
        for _ in 0..attempt.other_retries {
            budget.as_mut().map(|budget| budget.withdraw(elapsed));
        }
        let left = budget.as_mut().map(|budget| budget.left(elapsed));
        let config = attempt.settings[0];
        let result =
            retry.failed(&config, elapsed, attempt.failure, budget.as_mut().map(|budget| (budget, elapsed)));
        decisions.push(DecisionRecord { config, elapsed, failure: attempt.failure, left, result });
        let Decision::Wait(wait) = result else { break };
        elapsed = elapsed.saturating_add(wait).saturating_add(attempt.timer_delay);
        if retry.resumes(&attempt.settings[1], elapsed).is_err() {
            break;
        }
    }
    decisions
}

/// Computes the expected result of the last decision from all decisions. The reasons to give up are sorted by priority.
fn expected_decision(seed: Seed, decisions: &[DecisionRecord]) -> Decision {
    let mut backoff = Backoff::new(seed, "call");
    let mut drawn = Duration::ZERO;
    // Each earlier decision has drawn a wait.
    for (retry, decision) in (1..).zip(decisions) {
        drawn = backoff.wait(&decision.config, retry);
    }
    let DecisionRecord { config, elapsed, failure, left, .. } = decisions[decisions.len() - 1];
    let degraded = decisions.iter().filter(|decision| decision.failure.class == ErrorClass::Degraded).count();
    let (allowed, end) = (config.deadline(), config.deadline());
    let sum = failure.suggested.unwrap_or_default().saturating_add(drawn);
    let wait = match failure.suggested {
        // The wait is limited by the deadline, but not below the suggestion.
        Some(suggested) => sum.min(end.saturating_sub(elapsed)).max(suggested),
        None => sum,
    };
    let reasons = [
        (failure.class == ErrorClass::Permanent, GiveUp::Permanent),
        (failure.class == ErrorClass::Degraded && degraded > 1, GiveUp::Degraded),
        (decisions.len() >= config.max_attempts as usize, GiveUp::Attempts { allowed: config.max_attempts }),
        (elapsed >= end, GiveUp::Deadline { allowed, wait: Duration::ZERO }),
        (elapsed.saturating_add(wait) > end, GiveUp::Deadline { allowed, wait }),
        (left == Some(0), GiveUp::Budget),
    ];
    let reason = reasons.into_iter().find(|(applies, _)| *applies);
    reason.map_or(Decision::Wait(wait), |(_, reason)| Decision::GiveUp(reason))
}

proptest! {
    #[test]
    fn each_decision_agrees_with_the_reference(call in call()) {
        let decisions = run_attempts(&call);
        for count in 1..=decisions.len() {
            prop_assert_eq!(decisions[count - 1].result, expected_decision(call.seed, &decisions[..count]), "{:#?}", &decisions[..count]);
        }
    }

    #[test]
    fn a_call_never_exceeds_its_attempts(call in call()) {
        for (attempts, decision) in (1..).zip(run_attempts(&call)) {
            // After a reload, fewer attempts may be allowed than were made. Then this attempt is the last.
            let is_last = matches!(decision.result, Decision::GiveUp(_));
            prop_assert!(attempts < decision.config.max_attempts || is_last, "{decision:?}");
        }
    }

    #[test]
    fn a_permanent_failure_is_not_retried_and_a_degraded_one_once(call in call()) {
        let decisions = run_attempts(&call);
        let classes = decisions.iter().map(|decision| decision.failure.class);
        let permanent = classes.clone().position(|class| class == ErrorClass::Permanent);
        prop_assert!(permanent.is_none_or(|place| place + 1 == decisions.len()));
        let degraded: Vec<usize> =
            (0..decisions.len()).filter(|place| decisions[*place].failure.class == ErrorClass::Degraded).collect();
        prop_assert!(degraded.len() <= 2);
        if let [_, second] = degraded[..] {
            prop_assert_eq!(decisions[second].result, Decision::GiveUp(GiveUp::Degraded));
            prop_assert_eq!(second + 1, decisions.len());
        }
    }

    #[test]
    fn no_wait_ends_after_the_deadline(call in call()) {
        for decision in run_attempts(&call) {
            if let Decision::Wait(wait) = decision.result {
                prop_assert!(decision.elapsed + wait <= decision.config.deadline(), "{decision:?}");
            }
        }
    }

    #[test]
    fn a_wait_is_at_least_the_suggestion_and_exceeds_it_by_at_most_the_cap(call in call()) {
        for decision in run_attempts(&call) {
            if let Decision::Wait(wait) = decision.result {
                let minimum = decision.failure.suggested.unwrap_or_default();
                let maximum = minimum.saturating_add(decision.config.max_backoff());
                prop_assert!((minimum..=maximum).contains(&wait), "{decision:?}");
            }
        }
    }

    #[test]
    fn only_a_retry_withdraws_from_the_budget(call in call()) {
        let config = BudgetConfig { per_second: 0, ..call.budget.unwrap_or_default() };
        let (mut retry, mut budget) = (Retry::new(call.seed, "call"), Budget::new(config));
        for attempt in &call.attempts {
            let before = budget.left(Duration::ZERO);
            let shared = Some((&mut budget, Duration::ZERO));
            let result = retry.failed(&attempt.settings[0], attempt.duration, attempt.failure, shared);
            let taken = before - budget.left(Duration::ZERO);
            prop_assert_eq!(taken, u64::from(matches!(result, Decision::Wait(_))), "{:?}", result);
        }
    }

    #[test]
    fn attempts_that_fail_at_once_follow_the_schedule(config in configs(), seed in any::<u64>()) {
        let mut retry = Retry::new(Seed::new(seed), "schedule");
        let (mut elapsed, mut waits) = (Duration::ZERO, Vec::new());
        while let Decision::Wait(wait) = retry.failed(&config, elapsed, Failure::of(ErrorClass::Retryable), None) {
            elapsed += wait;
            prop_assert_eq!(retry.resumes(&config, elapsed), Ok(()));
            waits.push(wait);
        }
        let attempts = u32::try_from(waits.len()).unwrap() + 1;
        prop_assert_eq!(retry.attempts(), attempts);
        prop_assert_eq!(waits, schedule(&config, Seed::new(seed), "schedule").collect::<Vec<_>>());
    }

    #[test]
    fn an_attempt_begins_only_if_the_current_settings_allow_it(
        failures in 0..6_u32,
        config in configs(),
        elapsed in duration(),
    ) {
        let mut retry = Retry::new(Seed::new(1), "resumes");
        for _ in 0..failures {
            retry.failed(&config, elapsed, Failure::of(ErrorClass::Retryable), None);
        }
        let (allowed, has_attempts) = (config.deadline(), failures < config.max_attempts);
        let expected = match elapsed.checked_sub(allowed) {
            _ if !has_attempts => Err(GiveUp::Attempts { allowed: config.max_attempts }),
            Some(timer_delay) if timer_delay > Duration::from_millis(100) => {
                Err(GiveUp::Deadline { allowed, wait: Duration::ZERO })
            }
            _ => Ok(()),
        };
        prop_assert_eq!(retry.resumes(&config, elapsed), expected);
        prop_assert_eq!(retry.attempts(), failures);
    }
}

/// The generated calls must cover every way to end.
#[test]
fn the_generated_calls_end_in_every_way_after_several_attempts() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut ends = [0; 6];
    for _ in 0..2000 {
        let call = call().new_tree(&mut runner).unwrap().current();
        let decisions = run_attempts(&call);
        let end = match decisions[decisions.len() - 1].result {
            Decision::GiveUp(GiveUp::Permanent) => 0,
            Decision::GiveUp(GiveUp::Degraded) => 1,
            Decision::GiveUp(GiveUp::Attempts { .. }) => 2,
            Decision::GiveUp(GiveUp::Deadline { .. }) => 3,
            Decision::GiveUp(GiveUp::Budget) => 4,
            _ => 5,
        };
        if decisions.len() > 2 {
            ends[end] += 1;
        }
    }
    assert!(ends.iter().all(|count| *count >= 5), "{ends:?}");
}
