//! The verdict of a gate, its exit code and its output.

use serde_json::json;

use crate::agents::gate_command::{
    FAILING, RUN, SUCCEEDING, gate_dir, gate_dir_with_settings, last_event, parse_line,
};

#[test]
fn a_gate_whose_agents_all_succeed_exits_with_0_and_is_recorded() {
    let dir = gate_dir(&[SUCCEEDING, SUCCEEDING, SUCCEEDING]);
    let result = dir.run(RUN).succeeds();
    assert!(result.out.contains("full"), "{}", result.out);
    assert!(
        result.out.contains("run 1 is recorded in `") && result.out.contains("runs.db"),
        "{}",
        result.out
    );
    assert!(
        !result.both().contains("fine"),
        "the output of agents is only in the database: {}",
        result.both()
    );
    assert!(!result.err.contains("warning"), "{}", result.err);
    assert!(result.err.lines().count() >= 6, "each start and each end is a line:\n{}", result.err);
    assert!(dir.run(RUN).succeeds().out.contains("run 2 is recorded"));
}

#[test]
fn a_degraded_gate_exits_with_0_unless_all_agents_are_required() {
    let dir = gate_dir(&[SUCCEEDING, SUCCEEDING, FAILING]);
    let result = dir.run(RUN).succeeds().stderr_has("warning[gate/degraded]");
    assert!(result.err.contains("2 of 3 agents succeeded (quorum 2)"), "{}", result.err);
    let result = dir.run(&format!("{RUN} --require-full")).exits_1().stderr_has("error[gate/degraded]");
    assert!(result.out.contains("degraded"), "{}", result.out);
    dir.run(&format!("{RUN} --strict")).exits_1().stderr_has("error[gate/degraded]");
    let json = last_event(&dir.run(&format!("{RUN} --format json")).succeeds());
    assert_eq!((&json["verdict"], &json["ok"], &json["total"]), (&json!("degraded"), &json!(2), &json!(3)));
}

#[test]
fn a_gate_without_its_quorum_exits_with_1() {
    let dir = gate_dir(&[SUCCEEDING, FAILING, FAILING]);
    assert!(dir.run(RUN).exits_1().out.contains("insufficient"));
    assert!(dir.run(&format!("{RUN} --set orchestrator.quorum.plan=1")).succeeds().out.contains("degraded"));
}

#[test]
fn a_gate_whose_agents_all_fail_exits_with_1_and_is_recorded() {
    let dir = gate_dir(&[FAILING, FAILING, FAILING]);
    let json = last_event(&dir.run(&format!("{RUN} --format json")).exits_1());
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
fn without_checks_a_missing_command_fails_only_its_agent() {
    let dir = gate_dir(&[SUCCEEDING, SUCCEEDING, SUCCEEDING]);
    let unchecked = "--set validation.check_commands=false --set providers.openai.command=no-such-agent";
    let json = last_event(&dir.run(&format!("{RUN} {unchecked} --format json")).succeeds());
    assert_eq!(json["verdict"], "degraded");
    assert_eq!(json["agents"][0]["status"], "not_started");
    assert_eq!(json["agents"][1]["status"], "ok");
}

#[test]
fn every_event_is_a_line_of_json_and_the_last_one_is_the_run() {
    let dir = gate_dir(&[SUCCEEDING, FAILING]);
    let result = dir.run(&format!("{RUN} --format json")).exits_1();
    let events: Vec<_> = result.out.lines().map(parse_line).collect();
    assert_eq!(events[0]["event"], "started");
    assert_eq!(events[0]["agents"], json!(["a", "b"]));
    let ends = events.iter().filter(|event| event["event"] == "finished").count();
    assert_eq!(ends, 1, "{}", result.out);
    last_event(&result);
    let lines: Vec<_> = events.iter().filter(|event| event["event"] == "output").collect();
    let lines_of = |name: &str, stream: &str| {
        let lines = lines.iter().filter(|line| line["name"] == name && line["stream"] == stream);
        lines.map(|line| line["line"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((lines_of("a", "stdout"), lines_of("a", "stderr")), (vec!["fine"], vec!["on-stderr"]));
    assert_eq!(lines_of("b", "stderr"), ["broken"]);
}

#[test]
fn plain_output_shows_the_lines_of_agents() {
    let dir = gate_dir(&[SUCCEEDING]);
    dir.run(&format!("{RUN} --plain")).succeeds().stderr_has("fine").stderr_has("on-stderr");
    let result = dir.run(RUN).succeeds();
    assert!(!result.err.contains("fine"), "{}", result.err);
}

#[test]
fn an_agent_with_a_retryable_exit_is_retried() {
    let script = "echo x >> tries; test $(wc -l < tries) -ge 3 || exit 75; echo at last";
    let dir = gate_dir_with_settings(&[script], "[retry]\nmax_attempts = 3\ninitial_backoff_ms = 1\n");
    let json = last_event(&dir.run(&format!("{RUN} --format json")).succeeds());
    assert_eq!((&json["agents"][0]["attempts"], &json["agents"][0]["status"]), (&json!(3), &json!("ok")));
    assert_eq!(dir.read("tries").lines().count(), 3);
}

#[test]
fn a_run_that_is_not_recorded_is_shown() {
    let dir = gate_dir(&[SUCCEEDING]);
    let result = dir.run("gate run plan --spec S --prompt hello --no-store --database runs.db").succeeds();
    assert!(result.out.contains("fine"), "{}", result.out);
    assert!(!result.out.contains("is recorded"), "{}", result.out);
    let run = "gate run plan --spec S --prompt hello --no-store --database runs.db --format json";
    let last = last_event(&dir.run(run).succeeds());
    assert_eq!(last["run_id"], json!(null));
    assert!(last.to_string().contains("fine"), "{last}");
    assert!(!dir.path("runs.db").exists());
}

#[test]
fn a_gate_that_changed_during_its_run_gives_a_warning() {
    let change = "sed -i 's/^plan = .*/plan = [\"b\"]/' speckit.toml; echo fine";
    let dir = gate_dir_with_settings(&[change, SUCCEEDING], "tasks = [\"b\"]\n");
    let result = dir.run(RUN).succeeds().stderr_has("warning[gate/changed]");
    assert!(result.err.contains("the gate now has b; this run began with a, b"), "{}", result.err);
    assert!(result.err.contains("speckit.toml:"), "{}", result.err);
    let result = dir.run(RUN).succeeds();
    assert!(!result.err.contains("gate/changed"), "{}", result.err);
}

#[test]
fn a_closed_pipe_changes_neither_the_run_nor_its_verdict() {
    let dir = gate_dir(&[SUCCEEDING, FAILING, FAILING]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let arguments: Vec<&str> = RUN.split(' ').chain(["--format", "json"]).collect();
    let status = dir.command(&arguments).stdout(writer).stderr(std::process::Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(1));
    let list = dir.run("gate list --database runs.db --format json").succeeds().json();
    assert_eq!(list["runs"].as_array().unwrap().len(), 1);
}
