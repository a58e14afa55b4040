//! Arguments that are rejected before an agent starts, and dry runs.

use crate::agents::gate_command::{RUN, SUCCEEDING, gate_dir, gate_dir_with_settings};
use crate::executable::write_executable;
use crate::test_dir::TestDir;

/// Runs a gate that is refused, and checks that no agent started and nothing was recorded.
#[track_caller]
fn assert_refused(dir: &TestDir, arguments: &str, message: &str) {
    dir.run(arguments).exits_2().only_stderr(message);
    let json = dir.run(&format!("{arguments} --format json")).exits_2().json();
    assert_eq!(json["ok"], false);
    let created = dir.names().into_iter().filter(|name| name.ends_with(".pid") || name.ends_with(".db"));
    assert_eq!(created.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn an_unknown_stage_is_refused_with_a_suggestion() {
    let dir = gate_dir(&[SUCCEEDING]);
    dir.run("gate run plann --spec S --prompt x").exits_2().only_stderr("a similar value exists: 'plan'");
    dir.run("gate run deploy --spec S --prompt x").exits_2().only_stderr("[possible values: plan, tasks, ");
    dir.run("gate list --stage plann").exits_2().only_stderr("'plan'");
}

#[test]
fn a_gate_needs_one_prompt_and_a_specification() {
    let dir = gate_dir(&[SUCCEEDING]);
    dir.run("gate run plan --spec S").exits_2().only_stderr("--prompt");
    dir.run("gate run plan --prompt x").exits_2().only_stderr("--spec");
    dir.run("gate run plan --spec S --prompt x --prompt-file y").exits_2().only_stderr("cannot be used with");
}

#[test]
fn a_dry_run_shows_the_plan_and_starts_nothing() {
    let dir = gate_dir(&[SUCCEEDING, SUCCEEDING]);
    let before = dir.names();
    let result = dir.run(&format!("{RUN} --dry-run")).succeeds().no_stderr();
    for part in ["plan", "SPEC-1", "sh", "hello"] {
        assert!(result.out.contains(part), "no `{part}` in\n{}", result.out);
    }
    let json = dir.run(&format!("{RUN} --dry-run --format json")).succeeds().no_stderr().json();
    assert_eq!(json["ok"], true);
    assert_eq!(json["diagnostics"], serde_json::json!([]));
    assert_eq!(json["plan"]["stage"], "plan");
    assert_eq!(dir.names(), before);
}

#[test]
fn a_dry_run_fails_if_the_gate_cannot_run() {
    let dir = gate_dir_with_settings(&[SUCCEEDING], "")
        .variable("SPECKIT_PROVIDERS__OPENAI__COMMAND", "no-such-agent");
    let result =
        dir.run(&format!("{RUN} --dry-run")).exits_2().stderr_has("command `no-such-agent` is not found");
    assert!(result.out.contains("no-such-agent"), "the plan is shown nevertheless: {}", result.out);
    let json = dir.run(&format!("{RUN} --dry-run --format json")).exits_2().json();
    assert_eq!(json["diagnostics"][0]["code"], "provider/command-missing");
    assert_eq!(json["diagnostics"][0]["severity"], "error");
}

#[test]
fn a_missing_command_and_a_missing_key_are_reported_before_the_start() {
    let dir = gate_dir(&[SUCCEEDING, SUCCEEDING]);
    assert_refused(
        &dir,
        &format!("{RUN} --set providers.openai.command=no-such-agent"),
        "error[provider/command-missing]",
    );
    assert_refused(
        &dir,
        &format!("{RUN} --set validation.check_api_keys=true"),
        "error[provider/key-missing]",
    );
    let dir = dir.variable("OPENAI_API_KEY", "k1-openai").variable("ANTHROPIC_API_KEY", "k1-anthropic");
    dir.run(&format!("{RUN} --set validation.check_api_keys=true --dry-run")).succeeds().no_stderr();
}

#[test]
fn the_needs_of_other_stages_are_not_checked() {
    let dir = gate_dir(&[SUCCEEDING]);
    dir.run(&format!("{RUN} --set providers.google.command=no-such-agent --dry-run")).succeeds().no_stderr();
}

#[test]
fn another_schema_has_no_gates() {
    let dir = gate_dir(&[SUCCEEDING]).file("app.schema.json", "{}");
    assert_refused(&dir, &format!("{RUN} --schema app.schema.json"), "which --schema replaces");
}

#[test]
fn a_refused_configuration_runs_nothing_and_gives_no_verdict() {
    let dir = gate_dir(&[SUCCEEDING]);
    assert_refused(&dir, &format!("{RUN} --set retry.max_attempts=0"), "schema/minimum");
    assert_refused(&dir, &format!("{RUN} --config nowhere.toml"), "nowhere.toml");
}

#[test]
fn an_unreadable_prompt_is_named() {
    let dir = gate_dir(&[SUCCEEDING]).file("wrong.txt", b"caf\xe9 au lait");
    let run = "gate run plan --spec S --database runs.db --prompt-file";
    assert_refused(&dir, &format!("{run} no.txt"), "the prompt cannot be read from `no.txt`");
    assert_refused(&dir, &format!("{run} ."), "the prompt cannot be read from `.`");
    assert_refused(
        &dir,
        &format!("{run} wrong.txt"),
        "the prompt from `wrong.txt` is not UTF-8: byte 3, counted from 0",
    );
    let large = std::fs::File::create(dir.path("large.txt")).unwrap();
    large.set_len((16 << 20) + 1).unwrap();
    assert_refused(&dir, &format!("{run} large.txt"), "the prompt from `large.txt` is longer than 16 MiB");
}

#[test]
fn an_empty_prompt_is_refused() {
    let dir = gate_dir(&[SUCCEEDING]).file("empty.txt", "").file("blank.txt", " \n\t\n");
    for file in ["empty.txt", "blank.txt", "-"] {
        let run = format!("gate run plan --spec S --database runs.db --prompt-file {file}");
        assert_refused(&dir, &run, "prompt");
    }
}

#[test]
fn the_commands_of_gates_are_in_the_help_and_in_completions() {
    let dir = TestDir::new();
    assert!(dir.run("--help").succeeds().out.contains("  gate "));
    let help = dir.run("gate --help").succeeds().out;
    for command in ["run", "list", "show"] {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
    }
    let help = dir.run("gate run --help").succeeds().out;
    for part in ["--dry-run", "--require-full", "--no-store", "--plain", "Ctrl-C", "Exit:"] {
        assert!(help.contains(part), "no {part} in {help}");
    }
    assert!(dir.run("completions bash").succeeds().out.contains("--require-full"));
}

#[test]
fn a_command_may_be_a_path() {
    let dir = gate_dir(&[SUCCEEDING]);
    write_executable(&dir.path("tools/agent"), "#!/bin/false\n");
    dir.run(&format!("{RUN} --set providers.openai.command=tools/agent --dry-run")).succeeds().no_stderr();
    assert_refused(
        &dir,
        &format!("{RUN} --set providers.openai.command=a.sh"),
        "command `a.sh` is not found",
    );
}
