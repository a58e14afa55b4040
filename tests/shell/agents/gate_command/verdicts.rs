//! The verdict of a gate, its exit code and its output.

use serde_json::json;

use crate::agents::gate_command::{BROKEN, FINE, RUN, dir, finished, parsed, with_settings};

#[test]
fn a_gate_whose_agents_all_succeed_is_a_yes_and_is_kept() {
    let dir = dir(&[FINE, FINE, FINE]);
    let answer = dir.run(RUN).succeeds();
    assert!(answer.out.contains("full"), "{}", answer.out);
    assert!(
        answer.out.contains("run 1 is recorded in `") && answer.out.contains("runs.db"),
        "{}",
        answer.out
    );
    assert!(!answer.both().contains("fine"), "what agents write is in the database: {}", answer.both());
    assert!(!answer.err.contains("warning"), "{}", answer.err);
    assert!(answer.err.lines().count() >= 6, "each start and each end is a line:\n{}", answer.err);
    assert!(dir.run(RUN).succeeds().out.contains("run 2 is recorded"));
}

#[test]
fn a_degraded_gate_is_a_yes_with_a_warning_unless_all_are_required() {
    let dir = dir(&[FINE, FINE, BROKEN]);
    let answer = dir.run(RUN).succeeds().stderr_has("warning[gate/degraded]");
    assert!(answer.err.contains("2 of 3 agents succeeded (quorum 2)"), "{}", answer.err);
    let answer = dir.run(&format!("{RUN} --require-full")).exits_1().stderr_has("error[gate/degraded]");
    assert!(answer.out.contains("degraded"), "{}", answer.out);
    dir.run(&format!("{RUN} --strict")).exits_1().stderr_has("error[gate/degraded]");
    let json = finished(&dir.run(&format!("{RUN} --format json")).succeeds());
    assert_eq!((&json["verdict"], &json["ok"], &json["total"]), (&json!("degraded"), &json!(2), &json!(3)));
}

#[test]
fn fewer_than_the_quorum_are_a_no() {
    let dir = dir(&[FINE, BROKEN, BROKEN]);
    assert!(dir.run(RUN).exits_1().out.contains("insufficient"));
    assert!(dir.run(&format!("{RUN} --set orchestrator.quorum.plan=1")).succeeds().out.contains("degraded"));
}

#[test]
fn a_gate_whose_agents_all_fail_is_a_no_and_is_kept() {
    let dir = dir(&[BROKEN, BROKEN, BROKEN]);
    let json = finished(&dir.run(&format!("{RUN} --format json")).exits_1());
    assert_eq!(
        (&json["verdict"], &json["ok"], &json["run_id"]),
        (&json!("insufficient"), &json!(0), &json!(1))
    );
    for agent in json["agents"].as_array().unwrap() {
        assert_eq!(
            (&agent["status"], &agent["exit"], &agent["attempts"]),
            (&json!("failed"), &json!(3), &json!(1))
        );
    }
}

#[test]
fn an_agent_that_does_not_exist_fails_alone_where_nobody_checks_before() {
    let dir = dir(&[FINE, FINE, FINE]);
    let unchecked = "--set validation.check_commands=false --set providers.openai.command=no-such-agent";
    let json = finished(&dir.run(&format!("{RUN} {unchecked} --format json")).succeeds());
    assert_eq!(json["verdict"], "degraded");
    assert_eq!(json["agents"][0]["status"], "not_started");
    assert_eq!(json["agents"][1]["status"], "ok");
}

#[test]
fn every_event_is_a_document_on_a_line_and_the_last_one_is_the_run() {
    let dir = dir(&[FINE, BROKEN]);
    let answer = dir.run(&format!("{RUN} --format json")).exits_1();
    let events: Vec<_> = answer.out.lines().map(parsed).collect();
    assert_eq!(events[0]["event"], "started");
    assert_eq!(events[0]["agents"], json!(["a", "b"]));
    let ends = events.iter().filter(|event| event["event"] == "finished").count();
    assert_eq!(ends, 1, "{}", answer.out);
    finished(&answer);
    let lines: Vec<_> = events.iter().filter(|event| event["event"] == "output").collect();
    let of = |name: &str, stream: &str| {
        let lines = lines.iter().filter(|line| line["name"] == name && line["stream"] == stream);
        lines.map(|line| line["line"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((of("a", "stdout"), of("a", "stderr")), (vec!["fine"], vec!["beside"]));
    assert_eq!(of("b", "stderr"), ["broken"]);
}

#[test]
fn lines_of_agents_are_shown_where_that_is_asked_for() {
    let dir = dir(&[FINE]);
    dir.run(&format!("{RUN} --plain")).succeeds().stderr_has("fine").stderr_has("beside");
    let answer = dir.run(RUN).succeeds();
    assert!(!answer.err.contains("fine"), "{}", answer.err);
}

#[test]
fn an_agent_that_asks_for_another_attempt_gets_it() {
    let script = "echo x >> tries; test $(wc -l < tries) -ge 3 || exit 75; echo at last";
    let dir = with_settings(&[script], "[retry]\nmax_attempts = 3\ninitial_backoff_ms = 1\n");
    let json = finished(&dir.run(&format!("{RUN} --format json")).succeeds());
    assert_eq!((&json["agents"][0]["attempts"], &json["agents"][0]["status"]), (&json!(3), &json!("ok")));
    assert_eq!(dir.read("tries").lines().count(), 3);
}

#[test]
fn what_is_not_kept_is_shown() {
    let dir = dir(&[FINE]);
    let answer = dir.run("gate run plan --spec S --prompt hello --no-store --database runs.db").succeeds();
    assert!(answer.out.contains("fine"), "{}", answer.out);
    assert!(!answer.out.contains("is recorded"), "{}", answer.out);
    let run = "gate run plan --spec S --prompt hello --no-store --database runs.db --format json";
    let last = finished(&dir.run(run).succeeds());
    assert_eq!(last["run_id"], json!(null));
    assert!(last.to_string().contains("fine"), "{last}");
    assert!(!dir.path("runs.db").exists());
}

#[test]
fn a_gate_that_names_other_agents_when_it_is_over_says_so() {
    let change = "sed -i 's/^plan = .*/plan = [\"b\"]/' speckit.toml; echo fine";
    let dir = with_settings(&[change, FINE], "tasks = [\"b\"]\n");
    let answer = dir.run(RUN).succeeds().stderr_has("warning[gate/changed]");
    assert!(answer.err.contains("the gate now has b; this run began with a, b"), "{}", answer.err);
    assert!(answer.err.contains("speckit.toml:"), "{}", answer.err);
    let answer = dir.run(RUN).succeeds();
    assert!(!answer.err.contains("gate/changed"), "{}", answer.err);
}

#[test]
fn a_reader_that_leaves_changes_neither_the_run_nor_its_verdict() {
    let dir = dir(&[FINE, BROKEN, BROKEN]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let arguments: Vec<&str> = RUN.split(' ').chain(["--format", "json"]).collect();
    let status = dir.command(&arguments).stdout(writer).stderr(std::process::Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(1));
    let list = dir.run("gate list --database runs.db --format json").succeeds().json();
    assert_eq!(list["runs"].as_array().unwrap().len(), 1);
}
