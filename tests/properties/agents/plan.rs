//! Laws of plans and runs: arguments arrive unchanged, and runs survive a round trip through JSON.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::agents::consensus::{Ballot, Vote};
use speckit_core::agents::credentials::Credential;
use speckit_core::agents::gate::{AgentRun, LeftProcess, Output, Placeholders, Plan, Request, Run, Status};
use speckit_core::agents::{Stage, StdinMode};
use speckit_core::app::AppConfig;

/// Texts that contain placeholders or parts of them.
fn text_with_braces() -> impl Strategy<Value = String> {
    let part = prop_oneof![
            select(
                &[
                    "{model}", "{prompt}", "{spec}", "{", "}", "{Model}", "{promt}", "$(x)", "'", " ", "\n",
                    "é"
                ][..]
            )
            .prop_map(String::from),
            "[a-z{}]{0,6}",
        ];
    vec(part, 0..6).prop_map(|parts| parts.concat())
}

fn without_placeholders() -> impl Strategy<Value = String> {
    text_with_braces().prop_map(|text| {
        let mut text = text;
        while let Some(name) = ["{model}", "{prompt}", "{spec}"].into_iter().find(|name| text.contains(name))
        {
            text = text.replace(name, "");
        }
        text
    })
}

/// A prompt that is not blank.
fn prompt() -> impl Strategy<Value = String> {
    (text_with_braces(), any::<String>())
        .prop_map(|(text, rest)| format!("?{text}{}", rest.replace('\0', "")))
}

fn status() -> impl Strategy<Value = Status> {
    use Status::{Cancelled, CircuitOpen, Failed, Killed, NotStarted, Ok, TimedOut};
    select(&[Ok, Failed, Killed, TimedOut, Cancelled, NotStarted, CircuitOpen][..])
}

fn agent_run() -> impl Strategy<Value = (AgentRun, Vote)> {
    let vote = prop_oneof![
        Just(Vote::Failed),
        Just(Vote::Succeeded),
        "[ab]".prop_map(Vote::Answered),
        any::<String>().prop_map(Vote::Unanswered),
    ];
    let fields = (status(), any::<u32>(), option::of(any::<i32>()), option::of(any::<i32>()), any::<bool>());
    let texts = ("[a-f]", any::<String>(), option::of(any::<String>()), any::<String>(), any::<String>());
    let numbers = (any::<u64>(), any::<u64>(), any::<u64>());
    let left = (any::<u32>(), any::<String>()).prop_map(|(pid, command)| LeftProcess { pid, command });
    (fields, texts, numbers, vec(left, 0..3), vote).prop_map(|(fields, texts, numbers, left, vote)| {
        let (status, attempts, exit, signal, leaked) = fields;
        let (name, model, reason, stdout, stderr) = texts;
        let (elapsed_ms, dropped_bytes, ended_at_ms) = numbers;
        let output = Output { stdout, stderr };
        let run = AgentRun {
            name,
            model,
            status,
            attempts,
            exit,
            signal,
            reason,
            elapsed_ms,
            leaked,
            left,
            dropped_bytes,
            ended_at_ms,
            output,
        };
        (run, vote)
    })
}

fn run() -> impl Strategy<Value = Run> {
    let fields = (any::<String>(), any::<String>(), any::<u64>(), any::<u64>(), any::<bool>(), 0..7_usize);
    let rest = (any::<bool>(), option::of(any::<bool>()), option::of(vec(any::<String>(), 1..3)));
    (fields, rest, vec(agent_run(), 0..6)).prop_map(|(fields, rest, agents)| {
        let (not_started, answers_compared, accept) = rest;
        let (stage, spec, started_at_ms, elapsed_ms, cancelled, quorum) = fields;
        let mut ballot = Ballot::new(agents.iter().map(|(agent, _)| agent.name.clone()), quorum);
        for (agent, vote) in &agents {
            ballot.cast(&agent.name, vote.clone());
        }
        let agents = agents.into_iter().map(|(agent, _)| agent).collect();
        let decision = ballot.close().accepting(accept.as_deref());
        Run {
            stage,
            spec,
            started_at_ms,
            elapsed_ms,
            cancelled,
            not_started,
            answers_compared,
            decision,
            agents,
        }
    })
}

proptest! {
    #[test]
    fn an_argument_without_placeholders_is_unchanged(
        argument in without_placeholders(), model in text_with_braces(), prompt in text_with_braces(), spec in text_with_braces(),
    ) {
        let texts = Placeholders { model: &model, prompt: &prompt, spec: &spec };
        prop_assert_eq!(texts.expand(&argument), argument);
    }

    #[test]
    fn only_placeholders_are_replaced(
        parts in vec((without_placeholders(), 0..3_usize), 0..5), model in text_with_braces(), prompt in text_with_braces(), spec in text_with_braces(),
    ) {
        let texts = Placeholders { model: &model, prompt: &prompt, spec: &spec };
        let (mut argument, mut expected) = (String::new(), String::new());
        for (before, index) in &parts {
            argument += &format!("{before};{}", ["{model}", "{prompt}", "{spec}"][*index]);
            expected += &format!("{before};{}", [&model, &prompt, &spec][*index]);
        }
        prop_assert_eq!(texts.expand(&argument), expected);
    }

    #[test]
    fn each_argument_stays_one_argument_and_the_prompt_is_unchanged(
        args in vec(text_with_braces(), 0..5), prompt in prompt(), by_stdin in any::<bool>(), place in 0..6_usize,
    ) {
        let mut config = AppConfig::default();
        let claude = config.providers.get_mut("anthropic").unwrap();
        claude.args = args;
        claude.args.insert(place.min(claude.args.len()), "{prompt}".into());
        claude.stdin = if by_stdin { StdinMode::Prompt } else { StdinMode::None };
        let configured = claude.args.clone();
        let request = Request { spec: "SPEC-1".into(), prompt: prompt.clone() };
        let (plan, _) = Plan::of(&config, Stage::Unlock, &request).unwrap();
        let command = &plan.agents[0].command;
        prop_assert_eq!(command.args.len(), configured.len());
        prop_assert_eq!(&command.args[place.min(configured.len() - 1)], &prompt);
        prop_assert_eq!(&command.stdin, &by_stdin.then_some(prompt.clone()));
        let texts = Placeholders { model: &plan.agents[0].model, prompt: &prompt, spec: "SPEC-1" };
        for (argument, configured) in command.args.iter().zip(&configured) {
            prop_assert_eq!(argument, &texts.expand(configured));
        }
    }

    #[test]
    fn aliases_give_the_same_agents_and_keys_of_other_providers_are_withheld(
        names in proptest::sample::subsequence(
            &["gemini", "gemini-flash", "claude", "claude-haiku", "gpt-pro", "gpt-codex"][..], 1..=5,
        ),
        keys in vec(option::of("[A-D]"), 3),
    ) {
        let mut config = AppConfig::default();
        for (settings, key) in config.providers.values_mut().zip(&keys) {
            settings.api_key_env = key.clone();
        }
        let request = Request { spec: "SPEC-1".into(), prompt: "judge".into() };
        config.quality_gates.audit = names.iter().map(|name| name.to_string()).collect();
        let (by_alias, _) = Plan::of(&config, Stage::Audit, &request).unwrap();
        config.quality_gates.audit = names.iter().map(|name| name.replace('-', "_")).collect();
        let (by_name, _) = Plan::of(&config, Stage::Audit, &request).unwrap();
        prop_assert_eq!(&by_alias, &by_name);
        let order: Vec<&String> = by_name.agents.iter().map(|agent| &agent.name).collect();
        prop_assert_eq!(order, config.quality_gates.audit.iter().collect::<Vec<_>>());
        for agent in &by_name.agents {
            let own_key = agent.command.credential.as_ref().map(Credential::variable);
            let withheld = &agent.command.withheld;
            prop_assert!(withheld.is_sorted());
            for key in keys.iter().flatten() {
                prop_assert_eq!(withheld.contains(key), own_key != Some(key.as_str()), "{} of {:?}", key, agent.command);
            }
        }
    }

    #[test]
    fn no_request_makes_a_plan_or_its_texts_panic(
        args in vec(prop_oneof![text_with_braces(), any::<String>()], 0..4), prompt in any::<String>(), spec in any::<String>(),
        agree_on in option::of(any::<String>()), quorum in option::of(any::<u32>()),
        gate in vec(prop_oneof![select(&["claude", "gemini", "gpt-pro"][..]).prop_map(String::from), any::<String>()], 0..7),
    ) {
        let mut config = AppConfig::default();
        for settings in config.providers.values_mut() {
            settings.args = args.clone();
        }
        config.orchestrator.agree_on = agree_on;
        config.orchestrator.quorum.extend(quorum.map(|quorum| (Stage::Plan, quorum)));
        config.quality_gates.plan = gate;
        match Plan::of(&config, Stage::Plan, &Request { spec, prompt }) {
            Ok((plan, _)) => {
                prop_assert!((1..=plan.agents.len()).contains(&plan.quorum));
                let text = plan.to_text();
                prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{}", text);
                prop_assert_eq!(plan.to_json()["agents"].as_array().map(Vec::len), Some(plan.agents.len()));
            }
            Err(diagnostics) => prop_assert!(!speckit_core::tree::is_ok(&diagnostics)),
        }
    }

    #[test]
    fn a_run_survives_a_round_trip_through_json(run in run(), run_id in option::of(any::<i64>())) {
        let json = run.to_json_with_outputs(run_id);
        let text = json.to_string();
        prop_assert_eq!(Run::from_json(&json), Ok((run_id, run.clone())));
        prop_assert_eq!(Run::from_json(&serde_json::from_str(&text).unwrap()), Ok((run_id, run)));
    }

    #[test]
    fn texts_of_a_run_have_no_control_characters_or_trailing_spaces(run in run()) {
        for text in [run.to_text(), run.to_text_with_outputs(), speckit_core::agents::gate::list_text(&[(1, run.clone())])] {
            prop_assert!(text.chars().all(|c| matches!(c, '\n' | '\t') || !c.is_control()), "{:?}", text);
            prop_assert!(text.lines().all(|line| line.trim_end() == line), "{:?}", text);
        }
        prop_assert!(run.to_text().lines().next().unwrap().contains(run.decision.verdict.name()));
    }
}
