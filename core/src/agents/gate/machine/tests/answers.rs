//! Answers as votes, and masking.

use alloc::format;

use super::*;

#[test]
fn agents_vote_with_their_answers() {
    let mut plan = plan(&["a", "b", "c", "cut"]);
    plan.agree_on = Some("verdict".parse().unwrap());
    plan.quorum = 2;
    let (mut machine, _) = begin(plan);
    run(&mut machine, 1, 1, attempt(DONE, r#"{"verdict": "no"}"#));
    run(&mut machine, 2, 0, attempt(DONE, r#"{"verdict": "yes"}"#));
    let mut cut = attempt(DONE, "It is ");
    cut.stdout = Captured::cut(cut.stdout.into_bytes(), b"right.", 7);
    cut.stderr = Captured::cut(Vec::new(), &[], 5);
    assert_eq!(agent_finished(&run(&mut machine, 3, 3, cut)).dropped_bytes, 12);
    let actions = run(&mut machine, 4, 2, attempt(DONE, r#"{"verdict": "yes"}"#));
    let decision = &finished(&actions).decision;
    assert_eq!((decision.verdict, decision.ok), (Verdict::Degraded, 2));
    assert_eq!(
        decision.majority.as_ref().map(|side| side.agents.as_slice()),
        Some(&["a".into(), "c".into()][..])
    );
    assert_eq!(decision.dissent[0].agents, ["b"]);
    assert_eq!(
        decision.unanswered[0].reason,
        "there is no JSON object in its output: have the prompt ask for one"
    );
}

#[test]
fn an_echoed_prompt_is_no_answer() {
    let prompt = "Is it sound? Reply with {\"verdict\": \"reject\"} or {\"verdict\": \"approve\"}\n";
    let mut plan = plan(&["echoes", "answers", "stdin"]);
    plan.agree_on = Some("verdict".parse().unwrap());
    plan.agents[0].command.args = Vec::from(["--print".into(), prompt.into()]);
    plan.agents[1].command.args = plan.agents[0].command.args.clone();
    plan.agents[2].command.stdin = Some(prompt.into());
    let (mut machine, _) = begin(plan);
    run(&mut machine, 1, 0, attempt(DONE, &format!("user: {prompt}I cannot decide.")));
    run(&mut machine, 2, 1, attempt(DONE, &format!("user: {prompt}{{\"verdict\": \"approve\"}}")));
    let last = run(&mut machine, 3, 2, attempt(DONE, &format!("> {prompt}")));
    let decision = &finished(&last).decision;
    assert_eq!(decision.majority.as_ref().map(|side| side.agents.as_slice()), Some(&["answers".into()][..]));
    assert_eq!(decision.unanswered.len(), 2);
    assert!(decision.unanswered[0].reason.starts_with("there is no JSON object"), "{decision:?}");
}

#[test]
fn masked_secrets_do_not_agree() {
    let mut plan = plan(&["a", "b"]);
    plan.agree_on = Some("key".parse().unwrap());
    let (mut machine, _) = begin(plan);
    run(&mut machine, 1, 0, attempt(DONE, r#"{"key": "it is [redacted]"}"#));
    let actions = run(&mut machine, 2, 1, attempt(DONE, r#"{"key": "it is [redacted]"}"#));
    let decision = &finished(&actions).decision;
    assert_eq!((decision.verdict, decision.ok), (Verdict::Insufficient, 0));
    assert_eq!(decision.unanswered[1].reason, "its answer at `key` holds a secret, which is masked");
}

#[test]
fn an_answer_that_shows_a_secret_once_decoded_is_rejected() {
    let written = [
        r#""abcd\/efgh1234""#,
        r#""\u0061bcd/efgh\u0031234""#,
        r#"{"abcd\/efgh1234": 1}"#,
        "12345678e-0",
        "1",
    ];
    let mut plan = plan(&["slash", "code", "name", "number", "none"]);
    plan.agree_on = Some("verdict".parse().unwrap());
    let (mut machine, mut actions) = begin_masking(plan, &["abcd/efgh1234", "12345678"]);
    for (agent, answer) in written.iter().enumerate() {
        let output = alloc::format!("{{\"verdict\": {answer}}}");
        actions = run(&mut machine, 1, agent, attempt(DONE, &output));
    }
    let decision = &finished(&actions).decision;
    assert_eq!(decision.majority.as_ref().map(|side| side.answer.as_str()), Some("1"));
    let reasons: Vec<&str> = decision.unanswered.iter().map(|of| of.reason.as_str()).collect();
    assert_eq!(reasons, ["its answer at `verdict` holds a secret, which is masked"; 4]);
    let shown = alloc::format!("{decision:?}");
    assert!(!shown.contains("efgh") && !shown.contains("1234"), "{shown}");
}

#[test]
fn reasons_are_masked() {
    let mut plan = plan(&["missing", "busy", "rejected", "silent"]);
    plan.agree_on = Some("hunter2".parse().unwrap());
    plan.agents[2].provider = "hunter2".into();
    let (mut machine, mut actions) = begin_masking(plan, &["hunter2"]);
    let missing = |class| Ending::NotStarted { class, reason: "no file hunter2".into() };
    actions.extend(run(&mut machine, 1, 0, attempt(missing(ErrorClass::Permanent), "")));
    actions.extend(run(&mut machine, 1, 1, attempt(missing(ErrorClass::Retryable), "")));
    actions.extend(run(&mut machine, 1, 2, attempt(Ending::CircuitOpen, "")));
    actions.extend(run(&mut machine, 1, 3, attempt(DONE, "{}")));
    actions.extend(machine.step(ms(2), Input::Cancel));
    assert_eq!(finished(&actions).decision.unanswered.len(), 1);
    let shown = alloc::format!("{actions:?}");
    assert_eq!(
        (shown.contains("hunter2"), shown.matches("no file [redacted]").count()),
        (false, 7),
        "{shown}"
    );
}
