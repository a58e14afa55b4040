//! The laws of the machine that runs a gate, over histories that make sense mostly.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::agents::consensus::NoAnswer;
use speckit_core::agents::gate::{Action, Agent, Attempt, CommandLine, Ending, Event, Input, Machine, Plan};
use speckit_core::agents::process::capture::Captured;
use speckit_core::config::redact::Masks;
use speckit_core::retry::{ErrorClass, Seed};

use crate::retry::backoff::configs;

/// What is said next, whatever the machine has asked for.
#[derive(Clone, Debug)]
enum Word {
    /// Of one of the attempts that are to start or run.
    Begin(prop::sample::Index),
    End(prop::sample::Index, Attempt),
    /// At the deadline, and so much later.
    Due(Duration),
    /// Whether it makes sense or not.
    Any(Input),
}

type Inputs = Vec<(Duration, Input)>;

fn plan() -> impl Strategy<Value = Plan> {
    let agent = |(index, exits): (usize, Vec<u8>)| Agent {
        name: format!("agent_{index}"),
        provider: "openai".into(),
        model: "a model".into(),
        command: CommandLine::default(),
        retryable_exits: exits,
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
    (ending, stdout.clone(), stdout, any::<bool>()).prop_map(|(ending, stdout, stderr, is_leaked)| Attempt {
        ending,
        stdout,
        stderr,
        answer: Err(NoAnswer::NoObject),
        elapsed: Duration::ZERO,
        is_leaked,
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
    prop_oneof![
        2 => Just(Input::Due),
        3 => agent().prop_map(|agent| Input::Begun { agent }),
        3 => (agent(), attempt()).prop_map(|(agent, attempt)| Input::Ended { agent, attempt }),
        1 => Just(Input::Cancel),
        1 => Just(Input::Kill),
    ]
}

fn words() -> impl Strategy<Value = Vec<(Duration, Word)>> {
    let index = any::<prop::sample::Index>;
    let word = prop_oneof![
        8 => index().prop_map(Word::Begin),
        8 => (index(), attempt()).prop_map(|(index, attempt)| Word::End(index, attempt)),
        4 => time().prop_map(Word::Due),
        2 => input().prop_map(Word::Any),
    ];
    vec((time(), word), 0..60)
}

/// The attempts that are to start or run, each with whether it has begun.
type Slots = BTreeMap<usize, bool>;

fn follow(slots: &mut Slots, input: Option<&Input>, actions: &[Action]) {
    match input {
        Some(Input::Begun { agent }) => {
            slots.entry(*agent).and_modify(|is_begun| *is_begun = true);
        }
        Some(Input::Ended { agent, .. }) => {
            slots.remove(agent);
        }
        _ => {}
    }
    for action in actions {
        if let Action::Start { agent, .. } = action {
            slots.insert(*agent, false);
        }
    }
}

/// Says the words to a machine: what they came to, and what was answered, the first actions first.
fn say(plan: &Plan, words: Vec<(Duration, Word)>) -> (Inputs, Vec<Vec<Action>>) {
    let (mut machine, first) =
        Machine::begin(plan.clone(), Masks::default().into(), Seed::new(7), Duration::ZERO);
    let (mut slots, mut inputs) = (Slots::new(), Inputs::new());
    follow(&mut slots, None, &first);
    let mut answers = vec![first];
    for (mut now, word) in words {
        let pick = |is_begun: bool, index: prop::sample::Index| {
            let fitting: Vec<usize> =
                slots.iter().filter(|(_, begun)| **begun == is_begun).map(|(agent, _)| *agent).collect();
            (!fitting.is_empty()).then(|| *index.get(&fitting))
        };
        let input = match word {
            Word::Begin(index) => pick(false, index).map(|agent| Input::Begun { agent }),
            Word::End(index, attempt) => pick(true, index).map(|agent| Input::Ended { agent, attempt }),
            Word::Due(late) => machine.next_deadline().map(|due| {
                now = due.saturating_add(late);
                Input::Due
            }),
            Word::Any(input) => Some(input),
        };
        let Some(input) = input else { continue };
        let actions = machine.step(now, input.clone());
        follow(&mut slots, Some(&input), &actions);
        inputs.push((now, input));
        answers.push(actions);
    }
    (inputs, answers)
}

/// What a machine answers to these inputs.
fn answers(plan: &Plan, inputs: &Inputs) -> Vec<Vec<Action>> {
    let (mut machine, first) =
        Machine::begin(plan.clone(), Masks::default().into(), Seed::new(7), Duration::ZERO);
    let rest = inputs.iter().map(|(now, input)| machine.step(*now, input.clone()));
    [first].into_iter().chain(rest).collect()
}

proptest! {
    #[test]
    fn never_more_attempts_have_a_slot_than_may(plan in plan(), words in words()) {
        let (inputs, answers) = say(&plan, words);
        let mut slots = Slots::new();
        let inputs = [None].into_iter().chain(inputs.iter().map(|(_, input)| Some(input)));
        for (input, actions) in inputs.zip(&answers) {
            follow(&mut slots, input, actions);
            prop_assert!(slots.len() <= plan.max_concurrent.max(1), "{slots:?}");
        }
    }

    #[test]
    fn the_end_is_told_once_and_each_agent_before_it_once(plan in plan(), words in words()) {
        let all: Vec<Action> = say(&plan, words).1.concat();
        let place = |is_it: &dyn Fn(&Action) -> bool| -> Vec<usize> {
            (0..all.len()).filter(|place| is_it(&all[*place])).collect()
        };
        let ends = place(&|action| matches!(action, Action::Finish(_)));
        let told = place(&|action| matches!(action, Action::Tell(Event::Finished(_))));
        prop_assert!(ends.len() <= 1 && ends.iter().all(|end| end + 1 == all.len() && told == [end - 1]));
        for agent in &plan.agents {
            let through = place(&|action| {
                matches!(action, Action::Tell(Event::AgentFinished(run)) if run.name == agent.name)
            });
            prop_assert!(through.len() <= 1);
            prop_assert!(ends.is_empty() || through.len() == 1, "{} is not through", agent.name);
        }
    }

    #[test]
    fn a_clock_that_goes_back_stands_still(plan in plan(), words in words()) {
        let (inputs, found) = say(&plan, words);
        let mut latest = Duration::ZERO;
        let steady = inputs.into_iter().map(|(now, input)| {
            latest = latest.max(now);
            (latest, input)
        });
        prop_assert_eq!(found, answers(&plan, &steady.collect()));
    }

    #[test]
    fn what_is_said_twice_is_as_if_said_once(plan in plan(), words in words(), again in any::<prop::sample::Index>()) {
        let (mut inputs, mut found) = say(&plan, words);
        // The end of an attempt can be said of the next one of the same agent.
        let places: Vec<usize> =
            (0..inputs.len()).filter(|place| !matches!(inputs[*place].1, Input::Ended { .. })).collect();
        prop_assume!(!places.is_empty());
        let place = *again.get(&places);
        inputs.insert(place, inputs[place].clone());
        found.insert(place + 2, Vec::new());
        prop_assert_eq!(found, answers(&plan, &inputs));
    }

    #[test]
    fn an_agent_that_the_gate_does_not_have_changes_nothing(
        plan in plan(), words in words(), attempt in attempt(), agent in 6_usize.., place in any::<prop::sample::Index>(),
    ) {
        let (mut inputs, mut found) = say(&plan, words);
        let place = place.index(inputs.len() + 1);
        let now = place.checked_sub(1).map_or(Duration::ZERO, |before| inputs[before].0);
        inputs.insert(place, (now, Input::Ended { agent, attempt }));
        inputs.insert(place, (now, Input::Begun { agent }));
        found.insert(place + 1, Vec::new());
        found.insert(place + 1, Vec::new());
        prop_assert_eq!(found, answers(&plan, &inputs));
    }

    #[test]
    fn a_gate_that_is_killed_ends_with_those_who_run(plan in plan(), words in words(), ends in vec(attempt(), 6)) {
        let (inputs, found) = say(&plan, words);
        let (mut machine, _) = Machine::begin(plan.clone(), Masks::default().into(), Seed::new(7), Duration::ZERO);
        let mut slots = Slots::new();
        follow(&mut slots, None, &found[0]);
        for ((now, input), actions) in inputs.into_iter().zip(&found[1..]) {
            follow(&mut slots, Some(&input), actions);
            machine.step(now, input);
        }
        let mut all: Vec<Action> = found.concat();
        all.extend(machine.step(Duration::ZERO, Input::Kill));
        for ((agent, _), attempt) in slots.into_iter().zip(ends) {
            all.extend(machine.step(Duration::ZERO, Input::Ended { agent, attempt }));
        }
        prop_assert!(matches!(all.last(), Some(Action::Finish(_))));
        prop_assert_eq!(machine.next_deadline(), None);
    }

    #[test]
    fn how_long_an_agent_waits_does_not_hang_on_the_others(plan in plan(), chosen in any::<prop::sample::Index>()) {
        prop_assume!(!plan.agents.is_empty());
        let busy = Attempt {
            ending: Ending::Exited { code: 75 },
            stdout: Captured::default(),
            stderr: Captured::default(),
            answer: Err(NoAnswer::NoObject),
            elapsed: Duration::ZERO,
            is_leaked: false,
        };
        let waits = |plan: &Plan, agent: usize| {
            let name = plan.agents[agent].name.clone();
            let (mut machine, _) = Machine::begin(plan.clone(), Masks::default().into(), Seed::new(7), Duration::ZERO);
            let (mut waits, mut now) = (Vec::new(), Duration::ZERO);
            for _ in 0..200 {
                let ends = (0..plan.agents.len()).flat_map(|agent| {
                    machine.step(now, Input::Begun { agent });
                    machine.step(now, Input::Ended { agent, attempt: busy.clone() })
                });
                waits.extend(ends.filter_map(|action| match action {
                    Action::Tell(Event::AgentRetrying { name: of, wait_ms, .. }) if of == name => Some(wait_ms),
                    _ => None,
                }));
                // Without one somebody has the slot already.
                now = machine.next_deadline().unwrap_or(now);
                machine.step(now, Input::Due);
            }
            waits
        };
        let plan = Plan { retry: plan.retry.with_max_attempts(plan.retry.max_attempts.min(8)), ..plan };
        let agent = chosen.index(plan.agents.len());
        let alone = Plan { agents: vec![plan.agents[agent].clone()], ..plan.clone() };
        prop_assert_eq!(waits(&plan, agent), waits(&alone, 0));
    }
}

/// Laws about histories say little where nothing goes on in them.
#[test]
fn the_histories_of_these_laws_have_retries_ends_and_calls() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut counts = [0; 4];
    for _ in 0..500 {
        let (plan, words) = (plan(), words()).new_tree(&mut runner).unwrap().current();
        if plan.agents.is_empty() {
            continue;
        }
        let all = say(&plan, words).1.concat();
        let has = |is_it: &dyn Fn(&Action) -> bool| usize::from(all.iter().any(is_it));
        counts[0] += has(&|action| matches!(action, Action::Start { attempt: 3.., .. }));
        counts[1] += has(&|action| matches!(action, Action::Stop { .. }));
        counts[2] += has(&|action| matches!(action, Action::Kill { .. }));
        counts[3] += has(&|action| matches!(action, Action::Finish(run) if !run.cancelled));
    }
    assert!(counts.iter().all(|count| *count >= 20), "{counts:?}");
}
