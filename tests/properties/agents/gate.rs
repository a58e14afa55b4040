//! Laws of the gate machine for mostly valid inputs.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::agents::consensus::{NoAnswer, OutputReading};
use speckit_core::agents::gate::{
    Action, Agent, Attempt, CommandLine, Ending, Event, GateMachine, Input, Plan,
};
use speckit_core::agents::process::capture::Captured;
use speckit_core::config::redact::Masks;
use speckit_core::retry::{ErrorClass, Seed};

use crate::retry::backoff::configs;

/// The next input, relative to the state of the machine.
#[derive(Clone, Debug)]
enum NextInput {
    /// One of the attempts with a slot begins.
    Begin(prop::sample::Index),
    End(prop::sample::Index, Attempt),
    /// The timer fires this long after the deadline.
    Due(Duration),
    /// An input that may be invalid.
    Any(Input),
}

type TimedInputs = Vec<(Duration, Input)>;

fn plan() -> impl Strategy<Value = Plan> {
    let agent = |(index, exits): (usize, Vec<u8>)| Agent {
        provider: "openai".into(),
        model: "a model".into(),
        retryable_exits: exits,
        ..Agent::new(format!("agent_{index}"), CommandLine::default())
    };
    let exits = select(vec![vec![75_u8], vec![], vec![1, 75]]);
    let agents = vec(exits, 0..6).prop_map(move |exits| exits.into_iter().enumerate().map(agent).collect());
    (agents, 0..7_usize, option::of(Just("verdict")), 0..5_usize, configs()).prop_map(
        |(agents, quorum, agree_on, max_concurrent, retry)| Plan {
            stage: "audit".into(),
            spec: "SPEC-1".into(),
            agents,
            quorum,
            agree_on: agree_on.map(|key| key.parse().unwrap()),
            accept: None,
            max_concurrent,
            timeout: Duration::from_secs(300),
            grace: Duration::from_secs(5),
            output_bytes: 1024,
            retry,
        },
    )
}

fn attempt() -> impl Strategy<Value = Attempt> {
    use ErrorClass::{Degraded, Permanent, Retryable};
    let ending = prop_oneof![
        3 => Just(Ending::Exited { code: 0 }),
        6 => Just(Ending::Exited { code: 75 }),
        2 => any::<i32>().prop_map(|code| Ending::Exited { code }),
        1 => any::<i32>().prop_map(|signal| Ending::Signalled { signal }),
        1 => Just(Ending::TimedOut),
        1 => Just(Ending::Cancelled),
        1 => Just(Ending::CircuitOpen),
        2 => select(&[Retryable, Permanent, Degraded][..])
            .prop_map(|class| Ending::NotStarted { class, reason: "busy".into() }),
    ];
    let dropped = prop_oneof![Just(0), any::<u64>()];
    let stdout = (vec(any::<u8>(), 0..4), dropped)
        .prop_map(|(head, dropped_bytes)| Captured::cut(head, &[], dropped_bytes));
    let answer = select(vec![Ok(None), Ok(Some("1".into())), Err(NoAnswer::NoObject)]);
    let reading =
        (answer, option::of("[a-z]{0,3}")).prop_map(|(answer, error)| OutputReading { answer, error });
    let parts = (ending, stdout.clone(), stdout, reading, any::<bool>());
    parts.prop_map(|(ending, stdout, stderr, reading, leaked)| Attempt {
        ending,
        stdout,
        stderr,
        reading,
        elapsed: Duration::ZERO,
        leaked,
        left: Vec::new(),
    })
}

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![
        8 => (0..2000_u64).prop_map(Duration::from_millis),
        1 => any::<u64>().prop_map(Duration::from_nanos),
        1 => Just(Duration::MAX),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    let agent = || prop_oneof![0..7_usize, any::<usize>()];
    let number = || prop_oneof![8 => 1..4_u32, 1 => any::<u32>()];
    prop_oneof![
        2 => Just(Input::Timer),
        3 => (agent(), number()).prop_map(|(agent, attempt)| Input::Begun { agent, attempt }),
        3 => (agent(), number(), attempt())
            .prop_map(|(agent, attempt, result)| Input::Ended { agent, attempt, result }),
        1 => Just(Input::Cancel),
        1 => Just(Input::Kill),
    ]
}

fn next_inputs() -> impl Strategy<Value = Vec<(Duration, NextInput)>> {
    let index = any::<prop::sample::Index>;
    let input = prop_oneof![
        8 => index().prop_map(NextInput::Begin),
        8 => (index(), attempt()).prop_map(|(index, attempt)| NextInput::End(index, attempt)),
        4 => time().prop_map(NextInput::Due),
        2 => input().prop_map(NextInput::Any),
    ];
    vec((time(), input), 0..60)
}

/// The agents with a slot, with the number of the attempt of each and whether it has begun.
type Slots = BTreeMap<usize, (u32, bool)>;

fn update_slots(slots: &mut Slots, input: Option<&Input>, actions: &[Action]) {
    match input {
        Some(Input::Begun { agent, attempt }) => {
            slots.entry(*agent).and_modify(|(current, is_begun)| *is_begun |= attempt == current);
        }
        Some(Input::Ended { agent, attempt, .. })
            if slots.get(agent).is_some_and(|(current, _)| current == attempt) =>
        {
            slots.remove(agent);
        }
        _ => {}
    }
    for action in actions {
        if let Action::Start { agent, attempt } = action {
            slots.insert(*agent, (*attempt, false));
        }
    }
}

/// Runs a machine, and returns its inputs and its actions at the start and after each input.
fn run_machine(plan: &Plan, next_inputs: Vec<(Duration, NextInput)>) -> (TimedInputs, Vec<Vec<Action>>) {
    let (mut machine, first) =
        GateMachine::begin(plan.clone(), Masks::default().into(), Seed::new(7), Duration::ZERO);
    let (mut slots, mut inputs) = (Slots::new(), TimedInputs::new());
    update_slots(&mut slots, None, &first);
    let mut actions_of_steps = vec![first];
    for (mut now, next) in next_inputs {
        let pick = |is_begun: bool, index: prop::sample::Index| {
            let fitting: Vec<(usize, u32)> = slots
                .iter()
                .filter(|(_, (_, begun))| *begun == is_begun)
                .map(|(agent, (attempt, _))| (*agent, *attempt))
                .collect();
            (!fitting.is_empty()).then(|| *index.get(&fitting))
        };
        let input = match next {
            NextInput::Begin(index) => {
                pick(false, index).map(|(agent, attempt)| Input::Begun { agent, attempt })
            }
            NextInput::End(index, result) => {
                pick(true, index).map(|(agent, attempt)| Input::Ended { agent, attempt, result })
            }
            NextInput::Due(delay) => machine.next_deadline().map(|due| {
                now = due.saturating_add(delay);
                Input::Timer
            }),
            NextInput::Any(input) => Some(input),
        };
        let Some(input) = input else { continue };
        let actions = machine.step(now, input.clone());
        update_slots(&mut slots, Some(&input), &actions);
        inputs.push((now, input));
        actions_of_steps.push(actions);
    }
    (inputs, actions_of_steps)
}

/// The actions of a new machine at its start and after each of these inputs.
fn replay(plan: &Plan, inputs: &TimedInputs) -> Vec<Vec<Action>> {
    let (mut machine, first) =
        GateMachine::begin(plan.clone(), Masks::default().into(), Seed::new(7), Duration::ZERO);
    let rest = inputs.iter().map(|(now, input)| machine.step(*now, input.clone()));
    [first].into_iter().chain(rest).collect()
}

proptest! {
    #[test]
    fn at_most_max_concurrent_attempts_have_a_slot(plan in plan(), next_inputs in next_inputs()) {
        let (inputs, actions_of_steps) = run_machine(&plan, next_inputs);
        let mut slots = Slots::new();
        let inputs = [None].into_iter().chain(inputs.iter().map(|(_, input)| Some(input)));
        for (input, actions) in inputs.zip(&actions_of_steps) {
            update_slots(&mut slots, input, actions);
            prop_assert!(slots.len() <= plan.max_concurrent.max(1), "{slots:?}");
        }
    }

    #[test]
    fn the_gate_finishes_once_after_each_agent_has_finished_once(plan in plan(), next_inputs in next_inputs()) {
        let all: Vec<Action> = run_machine(&plan, next_inputs).1.concat();
        let positions = |is_it: &dyn Fn(&Action) -> bool| -> Vec<usize> {
            (0..all.len()).filter(|position| is_it(&all[*position])).collect()
        };
        let ends = positions(&|action| matches!(action, Action::Finish(_)));
        let finished = positions(&|action| matches!(action, Action::Emit(Event::Finished(_))));
        prop_assert!(ends.len() <= 1 && ends.iter().all(|end| end + 1 == all.len() && finished == [end - 1]));
        for agent in &plan.agents {
            let done = positions(&|action| {
                matches!(action, Action::Emit(Event::AgentFinished(run)) if run.name == agent.name)
            });
            prop_assert!(done.len() <= 1);
            prop_assert!(ends.is_empty() || done.len() == 1, "{} has not finished", agent.name);
        }
    }

    #[test]
    fn a_clock_that_goes_back_counts_as_stopped(plan in plan(), next_inputs in next_inputs()) {
        let (inputs, found) = run_machine(&plan, next_inputs);
        let mut latest = Duration::ZERO;
        let increasing = inputs.into_iter().map(|(now, input)| {
            latest = latest.max(now);
            (latest, input)
        });
        prop_assert_eq!(found, replay(&plan, &increasing.collect()));
    }

    #[test]
    fn a_repeated_input_changes_nothing(
        plan in plan(), next_inputs in next_inputs(), again in any::<prop::sample::Index>(), later in any::<prop::sample::Index>(),
    ) {
        let (mut inputs, mut found) = run_machine(&plan, next_inputs);
        // A report of an attempt that has not started is wrong at first and may be right later.
        let is_repeatable = |position: &usize| match &inputs[*position].1 {
            Input::Begun { agent, attempt } | Input::Ended { agent, attempt, .. } => {
                found[..=*position].iter().flatten().any(|action| *action == Action::Start { agent: *agent, attempt: *attempt })
            }
            Input::Timer | Input::Cancel | Input::Kill => true,
        };
        let positions: Vec<usize> = (0..inputs.len()).filter(is_repeatable).collect();
        prop_assume!(!positions.is_empty());
        let position = *again.get(&positions);
        let repeated = position + 1 + later.index(inputs.len() - position);
        inputs.insert(repeated, inputs[position].clone());
        found.insert(repeated + 1, Vec::new());
        prop_assert_eq!(found, replay(&plan, &inputs));
    }

    #[test]
    fn inputs_of_unknown_agents_change_nothing(
        plan in plan(), next_inputs in next_inputs(), result in attempt(), agent in 6_usize.., attempt in 1..4_u32, position in any::<prop::sample::Index>(),
    ) {
        let (mut inputs, mut found) = run_machine(&plan, next_inputs);
        let position = position.index(inputs.len() + 1);
        let now = position.checked_sub(1).map_or(Duration::ZERO, |before| inputs[before].0);
        inputs.insert(position, (now, Input::Ended { agent, attempt, result }));
        inputs.insert(position, (now, Input::Begun { agent, attempt }));
        found.insert(position + 1, Vec::new());
        found.insert(position + 1, Vec::new());
        prop_assert_eq!(found, replay(&plan, &inputs));
    }

    #[test]
    fn a_killed_gate_ends_with_its_running_agents(plan in plan(), next_inputs in next_inputs(), ends in vec(attempt(), 6)) {
        let (inputs, found) = run_machine(&plan, next_inputs);
        let (mut machine, _) = GateMachine::begin(plan.clone(), Masks::default().into(), Seed::new(7), Duration::ZERO);
        let mut slots = Slots::new();
        update_slots(&mut slots, None, &found[0]);
        for ((now, input), actions) in inputs.into_iter().zip(&found[1..]) {
            update_slots(&mut slots, Some(&input), actions);
            machine.step(now, input);
        }
        let mut all: Vec<Action> = found.concat();
        all.extend(machine.step(Duration::ZERO, Input::Kill));
        for ((agent, (attempt, _)), result) in slots.into_iter().zip(ends) {
            all.extend(machine.step(Duration::ZERO, Input::Ended { agent, attempt, result }));
        }
        prop_assert!(matches!(all.last(), Some(Action::Finish(_))));
        prop_assert_eq!(machine.next_deadline(), None);
    }

    #[test]
    fn the_waits_of_an_agent_do_not_depend_on_the_others(plan in plan(), index in any::<prop::sample::Index>()) {
        prop_assume!(!plan.agents.is_empty());
        let busy = Attempt {
            ending: Ending::Exited { code: 75 },
            stdout: Captured::default(),
            stderr: Captured::default(),
            reading: OutputReading::default(),
            elapsed: Duration::ZERO,
            leaked: false,
            left: Vec::new(),
        };
        let waits = |plan: &Plan, agent: usize| {
            let name = plan.agents[agent].name.clone();
            let (mut machine, first) = GateMachine::begin(plan.clone(), Masks::default().into(), Seed::new(7), Duration::ZERO);
            let (mut waits, mut now, mut slots) = (Vec::new(), Duration::ZERO, Slots::new());
            update_slots(&mut slots, None, &first);
            for _ in 0..200 {
                for (agent, (attempt, _)) in slots.clone() {
                    machine.step(now, Input::Begun { agent, attempt });
                    let ended = Input::Ended { agent, attempt, result: busy.clone() };
                    let actions = machine.step(now, ended.clone());
                    update_slots(&mut slots, Some(&ended), &actions);
                    waits.extend(actions.into_iter().filter_map(|action| match action {
                        Action::Emit(Event::AgentRetrying { name: retried, wait_ms, .. }) if retried == name => Some(wait_ms),
                        _ => None,
                    }));
                }
                // If there is no deadline, no agent waits for an attempt.
                now = machine.next_deadline().unwrap_or(now);
                update_slots(&mut slots, None, &machine.step(now, Input::Timer));
            }
            waits
        };
        let plan = Plan { retry: plan.retry.with_max_attempts(plan.retry.max_attempts.min(8)), ..plan };
        let agent = index.index(plan.agents.len());
        let single = Plan { agents: vec![plan.agents[agent].clone()], ..plan.clone() };
        prop_assert_eq!(waits(&plan, agent), waits(&single, 0));
    }
}

/// The laws prove nothing if the inputs never cause retries, ends and cancellations.
#[test]
fn the_generated_inputs_cause_retries_ends_and_cancellations() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut counts = [0; 4];
    for _ in 0..500 {
        let (plan, next_inputs) = (plan(), next_inputs()).new_tree(&mut runner).unwrap().current();
        if plan.agents.is_empty() {
            continue;
        }
        let all = run_machine(&plan, next_inputs).1.concat();
        let has = |is_it: &dyn Fn(&Action) -> bool| usize::from(all.iter().any(is_it));
        counts[0] += has(&|action| matches!(action, Action::Start { attempt: 3.., .. }));
        counts[1] += has(&|action| matches!(action, Action::Stop { .. }));
        counts[2] += has(&|action| matches!(action, Action::Kill { .. }));
        counts[3] += has(&|action| matches!(action, Action::Finish(run) if !run.cancelled));
    }
    assert!(counts.iter().all(|count| *count >= 20), "{counts:?}");
}
