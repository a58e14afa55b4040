//! Laws of the process supervisor: it agrees with a naive model, and every process ends within its limits.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use speckit_core::agents::process::supervise::{Action, Input, Limits, StopCause, Supervisor};

type SupervisorInputs = Vec<(Duration, Input)>;

fn limits() -> impl Strategy<Value = Limits> {
    let time = || prop_oneof![1 => Just(0_u64), 6 => 0..8_u64].prop_map(Duration::from_secs);
    (prop::option::weighted(0.8, time()), time(), time()).prop_map(|(timeout, grace, drain)| Limits {
        timeout,
        grace,
        drain,
    })
}

/// Inputs whose times mostly increase.
fn history() -> impl Strategy<Value = SupervisorInputs> {
    let input = prop_oneof![
        8 => Just(Input::Timer),
        2 => Just(Input::Stop),
        1 => Just(Input::Kill),
        1 => Just(Input::LeaderEnded),
        1 => Just(Input::GroupEnded),
        1 => Just(Input::StreamsClosed),
    ];
    let step = prop_oneof![3 => Just(0_i64), 6 => 0..4_i64, 1 => 0..20_i64, 1 => -3..0_i64];
    vec((step, input), 0..25).prop_map(|steps| {
        let mut now = 0_u64;
        let at = |(step, input)| {
            now = now.saturating_add_signed(step);
            (Duration::from_secs(now), input)
        };
        steps.into_iter().map(at).collect()
    })
}

/// Stores the first time of each step.
#[derive(Clone, Debug)]
struct SupervisorModel {
    limits: Limits,
    terminated: Option<Duration>,
    killed: Option<Duration>,
    /// When the leader ended after SIGTERM and before the end of the grace period, and the last check of its group.
    checked: Option<Duration>,
    reaped: Option<Duration>,
    finished: Option<Duration>,
    are_streams_closed: bool,
    leaked: bool,
    cause: Option<StopCause>,
}

impl SupervisorModel {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            terminated: None,
            killed: None,
            checked: None,
            reaped: None,
            finished: None,
            are_streams_closed: false,
            leaked: false,
            cause: None,
        }
    }

    fn deadline(&self) -> Option<Duration> {
        let drained = self.reaped.or(self.killed).map(|since| since + self.limits.drain);
        let check = self.checked.map(|since| since + Duration::from_millis(10));
        let grace_over = self.grace_over().map(|over| check.map_or(over, |check| check.min(over)));
        drained.or(grace_over).or(self.limits.timeout).filter(|_| self.finished.is_none())
    }

    fn grace_over(&self) -> Option<Duration> {
        self.terminated.map(|since| since + self.limits.grace)
    }

    fn step(&mut self, now: Duration, input: Input) -> Vec<Action> {
        let is_due = self.deadline().is_some_and(|deadline| now >= deadline);
        let is_dying = self.killed.is_some() || self.reaped.is_some();
        let is_grace_over = self.grace_over().is_some_and(|over| now >= over);
        let mut actions = Vec::new();
        if self.finished.is_some() {
            return actions;
        }
        let (mut terminates, mut kills, mut checks, mut reaps) = (None, false, false, false);
        match input {
            Input::StreamsClosed => self.are_streams_closed = true,
            Input::LeaderEnded if self.reaped.is_none() && self.checked.is_none() => {
                checks = self.terminated.is_some() && self.killed.is_none() && !is_grace_over;
                reaps = !checks;
            }
            Input::GroupEnded | Input::Kill if self.checked.is_some() => reaps = self.reaped.is_none(),
            Input::Timer if is_due && !is_dying && self.checked.is_some() => {
                checks = !is_grace_over;
                reaps = is_grace_over;
            }
            Input::Timer if is_due && is_dying => {
                self.leaked = true;
                if self.reaped.is_none() {
                    actions.push(Action::KillEscaped);
                }
                actions.push(Action::StopReading);
            }
            Input::Timer if is_due && self.terminated.is_none() => terminates = Some(StopCause::TimedOut),
            Input::Timer => kills = is_due,
            Input::Stop if self.terminated.is_none() && !is_dying => terminates = Some(StopCause::Stopped),
            Input::Kill if !is_dying => {
                kills = true;
                self.cause = self.cause.or(Some(StopCause::Stopped));
            }
            _ => {}
        }
        if terminates.is_some() {
            (self.terminated, self.cause) = (Some(now), terminates);
            actions.push(Action::Terminate);
            kills = self.limits.grace.is_zero();
        }
        if kills {
            self.killed = Some(now);
            actions.push(Action::Kill);
        }
        if checks {
            self.checked = Some(now);
            actions.push(Action::CheckGroup);
        }
        if reaps {
            self.reaped = Some(now);
            actions.extend([Action::Kill, Action::KillEscaped, Action::Reap]);
        }
        if self.leaked || (self.reaped.is_some() && self.are_streams_closed) {
            self.finished = Some(now);
            actions.push(Action::Finish);
        }
        actions
    }
}

/// Replays the inputs, and returns the supervisor and the actions after each input.
fn replay(limits: Limits, history: &SupervisorInputs) -> (Supervisor, Vec<Vec<Action>>) {
    let mut process = Supervisor::new(limits);
    let steps = history.iter().map(|(now, input)| process.step(*now, *input)).collect();
    (process, steps)
}

/// How a process reacts to signals.
#[derive(Clone, Copy, Debug)]
struct Reactions {
    obeys_term: bool,
    /// Whether the rest of the group is gone at the first check after the leader has ended.
    is_alone: bool,
    obeys_kill: bool,
    closes_streams: bool,
}

fn reactions() -> impl Strategy<Value = Reactions> {
    any::<(bool, bool, bool, bool)>().prop_map(|(obeys_term, is_alone, obeys_kill, closes_streams)| {
        Reactions { obeys_term, is_alone, obeys_kill, closes_streams }
    })
}

/// Applies the actions of the supervisor to a process with these reactions, and returns the time when it is finished.
fn run_to_end(
    process: &mut Supervisor,
    mut now: Duration,
    reactions: Reactions,
    first: Option<Input>,
) -> Option<Duration> {
    let mut inputs: Vec<Input> = first.into_iter().collect();
    // The group is checked every 10 ms of a grace period of seconds.
    for _ in 0..5000 {
        if process.is_finished() {
            return Some(now);
        }
        let input = match inputs.pop() {
            Some(input) => input,
            None => {
                now = now.max(process.next_deadline()?);
                Input::Timer
            }
        };
        for action in process.step(now, input) {
            match action {
                Action::Terminate if reactions.obeys_term => inputs.push(Input::LeaderEnded),
                Action::Kill if reactions.obeys_kill => inputs.push(Input::LeaderEnded),
                Action::CheckGroup if reactions.is_alone => inputs.push(Input::GroupEnded),
                Action::Reap if reactions.closes_streams => inputs.push(Input::StreamsClosed),
                _ => {}
            }
        }
    }
    None
}

proptest! {
    #[test]
    fn a_supervisor_agrees_with_the_model(limits in limits(), history in history()) {
        let (mut process, mut model) = (Supervisor::new(limits), SupervisorModel::new(limits));
        for (now, input) in history {
            prop_assert_eq!(process.step(now, input), model.step(now, input), "{:?} at {:?}", input, now);
            prop_assert_eq!(process.next_deadline(), model.deadline());
            let found = (process.cause(), process.leaked(), process.is_finished());
            prop_assert_eq!(found, (model.cause, model.leaked, model.finished.is_some()));
        }
    }

    #[test]
    fn every_process_ends_within_its_limits(limits in limits(), history in history(), reactions in reactions()) {
        let (mut process, _) = replay(limits, &history);
        let latest = history.iter().map(|(now, _)| *now).max().unwrap_or_default();
        let stop = limits.timeout.is_none().then_some(Input::Stop);
        let finish_time = run_to_end(&mut process, latest, reactions, stop);
        let limit = latest.max(limits.timeout.unwrap_or_default()) + limits.grace + limits.drain * 2;
        prop_assert!(finish_time.is_some_and(|finish_time| finish_time <= limit), "{:?}, by {:?}", finish_time, limit);
    }

    #[test]
    fn a_running_process_gets_sigterm_before_sigkill(limits in limits(), history in history()) {
        let without_kill: SupervisorInputs =
            history.into_iter().filter(|(_, input)| !matches!(input, Input::Kill | Input::LeaderEnded)).collect();
        let (_, steps) = replay(limits, &without_kill);
        let actions = steps.concat();
        let terminated = actions.iter().position(|action| *action == Action::Terminate);
        let killed = actions.iter().position(|action| *action == Action::Kill);
        prop_assert!(killed.is_none_or(|killed| terminated.is_some_and(|terminated| terminated < killed)), "{:?}", actions);
    }

    #[test]
    fn a_leader_is_reaped_once_and_after_the_last_signal(limits in limits(), history in history()) {
        let (process, steps) = replay(limits, &history);
        let actions = steps.concat();
        let reaped: Vec<usize> = (0..actions.len()).filter(|at| actions[*at] == Action::Reap).collect();
        prop_assert!(reaped.len() <= 1);
        if let Some(step) = steps.iter().position(|step| step.contains(&Action::Reap)) {
            prop_assert!(history[..=step].iter().any(|(_, input)| *input == Input::LeaderEnded));
        }
        for at in &reaped {
            prop_assert_eq!(&actions[at - 2..*at], [Action::Kill, Action::KillEscaped]);
            prop_assert!(!actions[*at..].iter().any(|action| matches!(action, Action::Kill | Action::Terminate)));
        }
        prop_assert!(!process.is_finished() || process.leaked() || reaped.len() == 1, "the supervisor finished without a reap");
    }

    #[test]
    fn finish_is_the_last_action_and_comes_once(limits in limits(), history in history()) {
        let (process, steps) = replay(limits, &history);
        let actions = steps.concat();
        let ends = actions.iter().filter(|action| **action == Action::Finish).count();
        prop_assert_eq!(ends, usize::from(process.is_finished()));
        prop_assert!(ends == 0 || actions.last() == Some(&Action::Finish), "{:?}", actions);
        let searches = actions.iter().filter(|action| **action == Action::KillEscaped).count();
        prop_assert!(searches <= 1 && searches >= ends, "{:?}", actions);
    }

    #[test]
    fn a_group_whose_leader_obeys_sigterm_has_the_whole_grace(limits in limits(), ended_ms in 0..9000_u64, late_ms in 0..40_u64) {
        let at = Duration::from_millis;
        let mut process = Supervisor::new(limits);
        process.step(at(0), Input::Stop);
        let ended = at(ended_ms).min(limits.grace);
        let mut actions = process.step(ended, Input::LeaderEnded);
        let mut now = ended;
        while !actions.contains(&Action::Reap) {
            prop_assert!(now < limits.grace);
            prop_assert_eq!(actions, [Action::CheckGroup]);
            let due = process.next_deadline().unwrap();
            prop_assert!(due > now && due <= now + at(10) && due <= limits.grace);
            now = due + at(late_ms);
            actions = process.step(now, Input::Timer);
        }
        prop_assert!(now >= limits.grace && actions.starts_with(&[Action::Kill, Action::KillEscaped]));
    }

    #[test]
    fn only_an_unlimited_or_a_finished_process_has_no_deadline(limits in limits(), history in history()) {
        let (process, _) = replay(limits, &history);
        let has_no_stop = history.iter().all(|(_, input)| matches!(input, Input::Timer | Input::GroupEnded | Input::StreamsClosed));
        let expected = process.is_finished() || (limits.timeout.is_none() && has_no_stop);
        prop_assert_eq!(process.next_deadline().is_none(), expected);
    }

    #[test]
    fn an_early_timer_changes_nothing(limits in limits(), history in history(), early_ns in 1..5_000_000_000_u64) {
        let (mut process, _) = replay(limits, &history);
        let before = process.clone();
        let now = match process.next_deadline() {
            Some(deadline) if deadline.is_zero() => return Ok(()),
            Some(deadline) => deadline.saturating_sub(Duration::from_nanos(early_ns)),
            None => Duration::from_nanos(early_ns),
        };
        prop_assert_eq!(process.step(now, Input::Timer), []);
        prop_assert_eq!(process, before);
    }
}
