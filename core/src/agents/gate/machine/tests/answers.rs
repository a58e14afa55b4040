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
    assert_eq!(decision.unanswered[0].reason, "its output has no JSON object; ask for one in the prompt");
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
    assert!(decision.unanswered[0].reason.starts_with("its output has no JSON object"), "{decision:?}");
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
