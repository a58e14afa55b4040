//! What agents write, and whether it is a yes.

use serde_json::json;

use crate::agents::gate_command::{FAILING, RUN, SUCCEEDING, gate_dir, gate_dir_with_settings, last_event};

const NO: &str = "echo '{\"verdict\": \"reject\"}'";
const YES: &str = "echo '{\"verdict\": \"approve\"}'";
const APPROVE: &str = "[orchestrator]\nagree_on = \"verdict\"\naccept = [\"approve\", 1, true]\n";

/// The forms of three programs: JSON lines, one document, and a document with other text around it and around the answer.
const FORMS: &str = "--set providers.openai.output=jsonl --set providers.openai.answer_at=/item/text --set providers.openai.error_at=/error \
                     --set providers.anthropic.output=json --set providers.anthropic.answer_at=/result \
                     --set providers.anthropic.error_at=/is_error --set providers.google.output=json \
                     --set providers.google.answer_at=/response --set providers.google.error_at=/error";

const EVENTS: &str = r#"cat <<'END'
{"type":"thread.started"}
a warning
{"type":"item.completed","item":{"type":"agent_message","text":"{\"verdict\": \"approve\"}"}}
{"type":"turn.completed","usage":{"output_tokens":12}}
END"#;
const DOCUMENT: &str = r#"cat <<'END'
{"type":"result","is_error":false,"result":"```json\n{\"verdict\": \"approve\"}\n```","usage":{"output_tokens":12}}
END"#;
const RESPONSE: &str = r#"cat <<'END'
Loaded cached credentials.
{
  "response": "Sure.\n{\"verdict\": \"approve\"}",
  "stats": {"tokens": 12}
}
END"#;

#[test]
fn answers_inside_the_json_of_the_agents_agree() {
    let dir = gate_dir_with_settings(&[EVENTS, DOCUMENT, RESPONSE], APPROVE);
    let run = format!("{RUN} --format json {FORMS}");
    let json = last_event(&dir.run(&run).succeeds());
    assert_eq!((&json["verdict"], &json["ok"], &json["accepted"]), (&json!("full"), &json!(3), &json!(true)));
    assert_eq!(json["answers_compared"], true);
    assert_eq!(json["majority"], json!({"answer": "\"approve\"", "agents": ["a", "b", "c"]}));
    let dry = dir.run(&format!("{RUN} --dry-run {FORMS}")).succeeds();
    assert!(dry.out.contains("JSON lines; the answer at `/item/text`; the error at `/error`"), "{}", dry.out);
    assert!(dry.out.contains("accept       \"approve\", 1, true"), "{}", dry.out);
}

#[test]
fn an_error_in_the_json_of_an_agent_is_a_failure_whatever_its_exit_code() {
    let error = "echo '{\"is_error\": true, \"result\": \"Credit balance is too low {\\\"verdict\\\": \\\"approve\\\"}\"}'";
    let dir = gate_dir_with_settings(&[EVENTS, error, RESPONSE], APPROVE);
    let json = last_event(&dir.run(&format!("{RUN} --format json {FORMS}")).succeeds());
    assert_eq!((&json["verdict"], &json["ok"]), (&json!("degraded"), &json!(2)));
    let agent = &json["agents"][1];
    assert_eq!(
        (&agent["status"], &agent["exit"], &agent["attempts"]),
        (&json!("failed"), &json!(0), &json!(1))
    );
    let reason = agent["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("its output has an error at `/is_error`: Credit balance is too low"),
        "{reason}"
    );
}

#[test]
fn an_agent_that_writes_nothing_has_failed_and_a_gate_without_answers_says_so() {
    let dir = gate_dir(&["echo", SUCCEEDING, SUCCEEDING]);
    let result = dir.run(RUN).succeeds();
    assert!(result.out.contains("its output is empty"), "{}", result.out);
    assert!(result.err.contains("note: no answer was compared"), "{}", result.err);
    let json = last_event(&dir.run(&format!("{RUN} --format json")).succeeds());
    assert_eq!((&json["answers_compared"], &json["verdict"]), (&json!(false), &json!("degraded")));
    assert_eq!(json["agents"][0]["status"], "failed");
    let compared = dir.run(&format!("{RUN} --set orchestrator.agree_on=verdict")).exits_1();
    assert!(!compared.err.contains("no answer was compared"), "{}", compared.err);
}

#[test]
fn a_failure_pattern_decides_on_exit_0_too_and_gives_the_least_wait() {
    let limited = "echo x >> tries; test $(wc -l < tries) -ge 2 || { echo 'API Error: Rate limit reached, wait 0.2 s'; exit 0; }; \
                   echo fine";
    let fatal = "echo 'quota exceeded' >&2; exit 75";
    let settings = "[retry]\njitter = \"none\"\ninitial_backoff_ms = 1\n";
    let dir = gate_dir_with_settings(&[limited, fatal], settings);
    let patterns = r#"[{"pattern":"(?i)rate limit.* wait (?<wait>[0-9.]+) s","class":"retryable","retry_after":"wait"},{"pattern":"quota","class":"permanent"}]"#;
    let [first, second] =
        ["openai", "anthropic"].map(|name| format!("providers.{name}.failure_patterns={patterns}"));
    let mut arguments: Vec<&str> = RUN.split(' ').collect();
    arguments.extend(["--format", "json", "--set-json", &first, "--set-json", &second]);
    let result = dir.run_with(&arguments).exits_1();
    let retrying = result.out.lines().find(|line| line.contains("agent_retrying")).unwrap();
    let retrying: serde_json::Value = serde_json::from_str(retrying).unwrap();
    assert!(retrying["wait_ms"].as_u64().unwrap() >= 200, "{retrying}");
    let reason = "`providers.openai.failure_patterns[0]` matches its output: API Error: Rate limit reached, wait 0.2 s";
    assert_eq!(retrying["reason"], reason);
    let json = last_event(&result);
    assert_eq!((&json["agents"][0]["status"], &json["agents"][0]["attempts"]), (&json!("ok"), &json!(2)));
    // Another attempt would fail, although exit 75 alone is worth one.
    assert_eq!((&json["agents"][1]["attempts"], &json["agents"][1]["exit"]), (&json!(1), &json!(75)));
}

#[test]
fn only_an_accepted_answer_is_a_yes() {
    let dir = gate_dir_with_settings(&[NO, NO, YES], APPROVE);
    let result = dir.run(RUN).exits_1();
    let refused = "error[gate/refused]: orchestrator.accept: 2 of 3 agents answered `\"reject\"`, which `orchestrator.accept` does not list";
    assert!(result.err.contains(refused), "{}", result.err);
    assert!(result.out.contains("degraded, 2 of 3 agents (quorum 2), not accepted"), "{}", result.out);
    let json = last_event(&dir.run(&format!("{RUN} --format json")).exits_1());
    assert_eq!((&json["accepted"], &json["verdict"]), (&json!(false), &json!("degraded")));
    let list = dir.run("gate list --database runs.db").succeeds();
    assert_eq!(list.out.matches("degraded, not accepted").count(), 2, "{}", list.out);
    let accepting = format!("{RUN} --set-json orchestrator.accept=[\"reject\"]");
    assert!(!dir.run(&accepting).succeeds().err.contains("gate/refused"));
    let one = "echo '{\"verdict\": 1.0}'";
    gate_dir_with_settings(&[one, one, NO], APPROVE).run(RUN).succeeds();
    // Without `accept` every answer that enough agents give passes.
    dir.run(&format!("{RUN} --unset orchestrator.accept")).succeeds();
}

#[test]
fn accepted_answers_without_a_key_are_refused_with_the_way_out() {
    let dir = gate_dir_with_settings(&[YES], "[orchestrator]\naccept = [\"approve\"]\n");
    dir.run(RUN).exits_2().stderr_has("error[gate/accept]").stderr_has("set orchestrator.agree_on");
    assert!(dir.run("check").exits_1().both().contains("gate/accept"));
}

#[test]
fn the_reason_of_a_failure_has_the_last_line_of_its_errors() {
    let untrusted = "echo 'a warning' >&2; printf '\\033[31mnot a trusted folder: %s\\033[0m\\n\\n' \"$PWD\" >&2; exit 55";
    let on_stdout = "echo 'Invalid API key'; exit 1";
    let long = "head -c 100000 /dev/zero | tr '\\0' x >&2; exit 2";
    let dir = gate_dir(&[untrusted, on_stdout, long]);
    let json = last_event(&dir.run(&format!("{RUN} --format json")).exits_1());
    let reason = |agent: usize| json["agents"][agent]["reason"].as_str().unwrap().to_owned();
    assert!(reason(0).starts_with("exit 55: not a trusted folder: /"), "{}", reason(0));
    assert!(reason(0).ends_with("; this kind of failure is not retried"), "{}", reason(0));
    assert!(reason(1).starts_with("exit 1: Invalid API key; "), "{}", reason(1));
    assert!(reason(2).starts_with(&format!("exit 2: {}…; ", "x".repeat(200))), "{}", reason(2));
}

#[test]
fn a_secret_in_the_last_line_is_masked() {
    let leaks = "printf 'wrong: %s, hunter2-\\033[0mhunter2\\n' \"$OPENAI_API_KEY\" >&2; exit 1";
    let dir = gate_dir(&[leaks]).variable("OPENAI_API_KEY", "hunter2-hunter2");
    let result = dir.run(&format!("{RUN} --format json")).exits_1();
    let reason = last_event(&result)["agents"][0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.starts_with("exit 1: wrong: [redacted], [redacted]; "), "{reason}");
    assert!(!result.both().contains("hunter2-hunter2"), "{}", result.both());
}

#[test]
fn a_provider_has_settings_of_retries_of_its_own() {
    let busy = "echo x >> $0.tries; exit 75";
    let settings =
        "[retry]\nmax_attempts = 1\n[providers.anthropic.retry]\nmax_attempts = 3\ninitial_backoff_ms = 1\n";
    let dir = gate_dir_with_settings(&[busy, busy], settings);
    let json = last_event(&dir.run(&format!("{RUN} --format json")).exits_1());
    assert_eq!((&json["agents"][0]["attempts"], &json["agents"][1]["attempts"]), (&json!(1), &json!(3)));
    let dry = dir.run(&format!("{RUN} --dry-run")).succeeds().out;
    assert!(dry.contains("retries      3 attempts; "), "{dry}");
}

#[test]
fn mistakes_in_the_rules_for_output_are_reported_at_once_with_their_keys() {
    let settings = "[providers.google.retry]\nmax_attempts = 0\n[orchestrator]\naccept = []\n";
    let dir = gate_dir_with_settings(&[SUCCEEDING], settings);
    let patterns = r#"providers.openai.failure_patterns=[{"pattern":"(","class":"permanent"},{"pattern":"a","class":"retryable","retry_after":"wait"}]"#;
    let result = dir
        .run_with(&["check", "--set-json", patterns, "--set", "providers.openai.answer_at=result"])
        .exits_1();
    for part in [
        "error[provider/pattern]: providers.openai.failure_patterns[0].pattern",
        "error[provider/pattern]: providers.openai.failure_patterns[1].retry_after: the pattern has no group `wait`; it has none",
        "error[provider/output]: providers.openai.answer_at: `result` is not a JSON pointer",
        "providers.google.retry.max_attempts",
        "orchestrator.accept",
    ] {
        assert!(result.both().contains(part), "{part}: {}", result.both());
    }
}

#[test]
fn a_gate_of_which_nothing_could_be_started_exits_with_2() {
    let dir = gate_dir(&[SUCCEEDING, SUCCEEDING]);
    let missing = |provider: &str| format!("--set providers.{provider}.command=no-such-agent");
    let run = format!("{RUN} --format json --set validation.check_commands=false {}", missing("openai"));
    let json = last_event(&dir.run(&format!("{run} {}", missing("anthropic"))).exits_2());
    assert_eq!((&json["not_started"], &json["verdict"]), (&json!(true), &json!("insufficient")));
    assert_eq!(json["run_id"], 1);
    let mixed = last_event(&gate_dir(&[SUCCEEDING, FAILING]).run(&run).exits_1());
    assert_eq!(mixed["not_started"], false);
}

/// The limit is on the size of files that the program writes.
#[cfg(target_os = "linux")]
#[test]
fn a_limit_of_file_sizes_does_not_end_the_program() {
    let big = "head -c 200000 /dev/zero | tr '\\0' x; echo";
    let dir = gate_dir(&[big]);
    // 60 KiB are enough for the files beside the database, and not for the output.
    dir.run(RUN).succeeds();
    let command = dir.command(&[]);
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -f 120; exec \"$0\" \"$@\""]).arg(command.get_program()).args(RUN.split(' '));
    limited.current_dir(command.get_current_dir().unwrap()).env_clear();
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = limited.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("the run could not be recorded"), "{text}");
    assert!(dir.names().iter().all(|name| !name.ends_with(".tmp")), "{:?}", dir.names());
}
