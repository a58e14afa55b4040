//! The laws of ending a process: it is what the list of all that happened says, and it always comes to an end.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use speckit_core::agents::process::supervise::{Action, Cause, Input, Limits, Supervisor};

type History = Vec<(Duration, Input)>;

fn limits() -> impl Strategy<Value = Limits> {
    let time = || prop_oneof![1 => Just(0_u64), 6 => 0..8_u64].prop_map(Duration::from_secs);
    (prop::option::weighted(0.8, time()), time(), time()).prop_map(|(timeout, grace, drain)| Limits {
        timeout,
        grace,
        drain,
    })
}

/// A clock that mostly goes forward.
fn history() -> impl Strategy<Value = History> {
    let input = prop_oneof![
        8 => Just(Input::Due),
        2 => Just(Input::Stop),
        1 => Just(Input::Kill),
        1 => Just(Input::LeaderEnded),
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

/// When what happened first.
#[derive(Clone, Debug)]
struct Model {
    limits: Limits,
    asked: Option<Duration>,
    killed: Option<Duration>,
    ended: Option<Duration>,
    finished: Option<Duration>,
    are_streams_closed: bool,
    is_leaked: bool,
    cause: Option<Cause>,
}

impl Model {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            asked: None,
            killed: None,
            ended: None,
            finished: None,
            are_streams_closed: false,
            is_leaked: false,
            cause: None,
        }
    }

    fn deadline(&self) -> Option<Duration> {
        let drained = self.ended.or(self.killed).map(|since| since + self.limits.drain);
        let listened = self.asked.map(|since| since + self.limits.grace);
        drained.or(listened).or(self.limits.timeout).filter(|_| self.finished.is_none())
    }

    fn step(&mut self, now: Duration, input: Input) -> Vec<Action> {
        let is_due = self.deadline().is_some_and(|deadline| now >= deadline);
        let is_dying = self.killed.is_some() || self.ended.is_some();
        let mut actions = Vec::new();
        if self.finished.is_some() {
            return actions;
        }
        let (mut asks, mut kills) = (None, false);
        match input {
            Input::StreamsClosed => self.are_streams_closed = true,
            Input::LeaderEnded if self.ended.is_none() => {
                self.ended = Some(now);
                actions.extend([Action::Kill, Action::Reap]);
            }
            Input::Due if is_due && is_dying => {
                self.is_leaked = true;
                actions.push(Action::Leave);
            }
            Input::Due if is_due && self.asked.is_none() => asks = Some(Cause::TimedOut),
            Input::Due => kills = is_due,
            Input::Stop if self.asked.is_none() && !is_dying => asks = Some(Cause::Stopped),
            Input::Kill if !is_dying => {
                kills = true;
                self.cause = self.cause.or(Some(Cause::Stopped));
            }
            _ => {}
        }
        if asks.is_some() {
            (self.asked, self.cause) = (Some(now), asks);
            actions.push(Action::Terminate);
            kills = self.limits.grace.is_zero();
        }
        if kills {
            self.killed = Some(now);
            actions.push(Action::Kill);
        }
        if self.is_leaked || (self.ended.is_some() && self.are_streams_closed) {
            self.finished = Some(now);
            actions.push(Action::Finish);
        }
        actions
    }
}

/// Plays a history, and gives what was done at each input.
fn play(limits: Limits, history: &History) -> (Supervisor, Vec<Vec<Action>>) {
    let mut process = Supervisor::new(limits);
    let steps = history.iter().map(|(now, input)| process.step(*now, *input)).collect();
    (process, steps)
}

/// What a process does when it is signalled.
#[derive(Clone, Copy, Debug)]
struct Manners {
    listens: bool,
    dies: bool,
    closes: bool,
}

fn manners() -> impl Strategy<Value = Manners> {
    any::<(bool, bool, bool)>().prop_map(|(listens, dies, closes)| Manners { listens, dies, closes })
}

/// Does what the supervisor says, punctually, from a time on; gives when it is done.
fn follow(
    process: &mut Supervisor,
    mut now: Duration,
    manners: Manners,
    first: Option<Input>,
) -> Option<Duration> {
    let mut inputs: Vec<Input> = first.into_iter().collect();
    for _ in 0..50 {
        if process.is_finished() {
            return Some(now);
        }
        let input = match inputs.pop() {
            Some(input) => input,
            None => {
                now = now.max(process.next_deadline()?);
                Input::Due
            }
        };
        for action in process.step(now, input) {
            match action {
                Action::Terminate if manners.listens => inputs.push(Input::LeaderEnded),
                Action::Kill if manners.dies => inputs.push(Input::LeaderEnded),
                Action::Reap if manners.closes => inputs.push(Input::StreamsClosed),
                _ => {}
            }
        }
    }
    None
}

proptest! {
    #[test]
    fn a_process_is_ended_as_the_list_of_all_that_happened_says(limits in limits(), history in history()) {
        let (mut process, mut model) = (Supervisor::new(limits), Model::new(limits));
        for (now, input) in history {
            prop_assert_eq!(process.step(now, input), model.step(now, input), "{:?} at {:?}", input, now);
            prop_assert_eq!(process.next_deadline(), model.deadline());
            let found = (process.cause(), process.is_leaked(), process.is_finished());
            prop_assert_eq!(found, (model.cause, model.is_leaked, model.finished.is_some()));
        }
    }

    #[test]
    fn whatever_happened_it_ends_within_its_limits(limits in limits(), history in history(), manners in manners()) {
        let (mut process, _) = play(limits, &history);
        let latest = history.iter().map(|(now, _)| *now).max().unwrap_or_default();
        let stop = limits.timeout.is_none().then_some(Input::Stop);
        let done = follow(&mut process, latest, manners, stop);
        let last = latest.max(limits.timeout.unwrap_or_default()) + limits.grace + limits.drain * 2;
        prop_assert!(done.is_some_and(|done| done <= last), "{:?}, by {:?}", done, last);
    }

    #[test]
    fn nobody_is_killed_unasked_who_runs_and_is_to_end_in_peace(limits in limits(), history in history()) {
        let peaceful: History =
            history.into_iter().filter(|(_, input)| !matches!(input, Input::Kill | Input::LeaderEnded)).collect();
        let (_, steps) = play(limits, &peaceful);
        let actions = steps.concat();
        let asked = actions.iter().position(|action| *action == Action::Terminate);
        let killed = actions.iter().position(|action| *action == Action::Kill);
        prop_assert!(killed.is_none_or(|killed| asked.is_some_and(|asked| asked < killed)), "{:?}", actions);
    }

    #[test]
    fn a_leader_is_reaped_once_it_has_ended_behind_the_last_signal(limits in limits(), history in history()) {
        let (process, steps) = play(limits, &history);
        let actions = steps.concat();
        let reaped: Vec<usize> = (0..actions.len()).filter(|at| actions[*at] == Action::Reap).collect();
        prop_assert!(reaped.len() <= 1);
        for (step, (_, input)) in steps.iter().zip(&history) {
            prop_assert!(!step.contains(&Action::Reap) || *input == Input::LeaderEnded);
        }
        for at in &reaped {
            prop_assert_eq!(actions[at - 1], Action::Kill);
            prop_assert!(!actions[*at..].iter().any(|action| matches!(action, Action::Kill | Action::Terminate)));
        }
        prop_assert!(!process.is_finished() || process.is_leaked() || reaped.len() == 1, "finished without a reaping");
    }

    #[test]
    fn the_end_is_told_once_and_last(limits in limits(), history in history()) {
        let (process, steps) = play(limits, &history);
        let actions = steps.concat();
        let ends = actions.iter().filter(|action| **action == Action::Finish).count();
        prop_assert_eq!(ends, usize::from(process.is_finished()));
        prop_assert!(ends == 0 || actions.last() == Some(&Action::Finish), "{:?}", actions);
    }

    #[test]
    fn only_who_may_run_for_ever_or_is_done_has_no_deadline(limits in limits(), history in history()) {
        let (process, _) = play(limits, &history);
        let is_left_alone = history.iter().all(|(_, input)| matches!(input, Input::Due | Input::StreamsClosed));
        let expected = process.is_finished() || (limits.timeout.is_none() && is_left_alone);
        prop_assert_eq!(process.next_deadline().is_none(), expected);
    }

    #[test]
    fn who_comes_too_early_changes_nothing(limits in limits(), history in history(), early in 1..5_000_000_000_u64) {
        let (mut process, _) = play(limits, &history);
        let before = process.clone();
        let now = match process.next_deadline() {
            Some(deadline) if deadline.is_zero() => return Ok(()),
            Some(deadline) => deadline.saturating_sub(Duration::from_nanos(early)),
            None => Duration::from_nanos(early),
        };
        prop_assert_eq!(process.step(now, Input::Due), []);
        prop_assert_eq!(process, before);
    }
}
