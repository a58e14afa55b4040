//! Arguments that are rejected before an agent starts, and dry runs.

use crate::agents::gate_command::{FINE, RUN, dir, with_settings};
use crate::test_dir::{TestDir, fake_command};

/// Runs the gate in vain, and finds that nothing was started and nothing kept.
#[track_caller]
fn refused(dir: &TestDir, arguments: &str, said: &str) {
    dir.run(arguments).exits_2().only_stderr(said);
    let json = dir.run(&format!("{arguments} --format json")).exits_2().json();
    assert_eq!(json["ok"], false);
    let begun = dir.names().into_iter().filter(|name| name.ends_with(".pid") || name.ends_with(".db"));
    assert_eq!(begun.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_stage_that_there_is_not_is_refused_with_the_one_that_may_be_meant() {
    let dir = dir(&[FINE]);
    dir.run("gate run plann --spec S --prompt x").exits_2().only_stderr("a similar value exists: 'plan'");
    dir.run("gate run deploy --spec S --prompt x").exits_2().only_stderr("[possible values: plan, tasks, ");
    dir.run("gate list --stage plann").exits_2().only_stderr("'plan'");
}

#[test]
fn a_gate_needs_one_prompt_and_a_specification() {
    let dir = dir(&[FINE]);
    dir.run("gate run plan --spec S").exits_2().only_stderr("--prompt");
    dir.run("gate run plan --prompt x").exits_2().only_stderr("--spec");
    dir.run("gate run plan --spec S --prompt x --prompt-file y").exits_2().only_stderr("cannot be used with");
}

#[test]
fn a_dry_run_shows_the_plan_and_starts_nothing() {
    let dir = dir(&[FINE, FINE]);
    let before = dir.names();
    let answer = dir.run(&format!("{RUN} --dry-run")).succeeds().no_stderr();
    for said in ["plan", "SPEC-1", "sh", "hello"] {
        assert!(answer.out.contains(said), "no `{said}` in\n{}", answer.out);
    }
    let json = dir.run(&format!("{RUN} --dry-run --format json")).succeeds().no_stderr().json();
    assert_eq!(json["ok"], true);
    assert_eq!(json["diagnostics"], serde_json::json!([]));
    assert_eq!(json["plan"]["stage"], "plan");
    assert_eq!(dir.names(), before);
}

#[test]
fn a_dry_run_of_what_cannot_run_is_none_that_succeeds() {
    let dir = with_settings(&[FINE], "").variable("SPECKIT_PROVIDERS__OPENAI__COMMAND", "no-such-agent");
    let answer =
        dir.run(&format!("{RUN} --dry-run")).exits_2().stderr_has("command `no-such-agent` is not found");
    assert!(answer.out.contains("no-such-agent"), "the plan is shown all the same: {}", answer.out);
    let json = dir.run(&format!("{RUN} --dry-run --format json")).exits_2().json();
    assert_eq!(json["diagnostics"][0]["code"], "provider/command-missing");
    assert_eq!(json["diagnostics"][0]["severity"], "error");
}

#[test]
fn a_command_that_is_missing_and_a_key_that_is_not_set_are_found_before_anything_starts() {
    let dir = dir(&[FINE, FINE]);
    refused(
        &dir,
        &format!("{RUN} --set providers.openai.command=no-such-agent"),
        "error[provider/command-missing]",
    );
    refused(&dir, &format!("{RUN} --set validation.check_api_keys=true"), "error[provider/key-missing]");
    let dir = dir.variable("OPENAI_API_KEY", "k1-openai").variable("ANTHROPIC_API_KEY", "k1-anthropic");
    dir.run(&format!("{RUN} --set validation.check_api_keys=true --dry-run")).succeeds().no_stderr();
}

#[test]
fn what_only_other_stages_need_is_not_asked_for() {
    let dir = dir(&[FINE]);
    dir.run(&format!("{RUN} --set providers.google.command=no-such-agent --dry-run")).succeeds().no_stderr();
}

#[test]
fn another_schema_has_no_gates() {
    let dir = dir(&[FINE]).file("app.schema.json", "{}");
    refused(&dir, &format!("{RUN} --schema app.schema.json"), "which --schema replaces");
}

#[test]
fn a_configuration_that_is_refused_runs_nothing_and_is_no_verdict() {
    let dir = dir(&[FINE]);
    refused(&dir, &format!("{RUN} --set retry.max_attempts=0"), "schema/minimum");
    refused(&dir, &format!("{RUN} --config nowhere.toml"), "nowhere.toml");
}

#[test]
fn a_prompt_that_cannot_be_read_is_named() {
    let dir = dir(&[FINE]).file("wrong.txt", b"caf\xe9 au lait");
    let run = "gate run plan --spec S --database runs.db --prompt-file";
    refused(&dir, &format!("{run} no.txt"), "the prompt cannot be read from `no.txt`");
    refused(&dir, &format!("{run} ."), "the prompt cannot be read from `.`");
    refused(
        &dir,
        &format!("{run} wrong.txt"),
        "the prompt from `wrong.txt` is not UTF-8: byte 3, counted from 0",
    );
    let large = std::fs::File::create(dir.path("large.txt")).unwrap();
    large.set_len((16 << 20) + 1).unwrap();
    refused(&dir, &format!("{run} large.txt"), "the prompt from `large.txt` is longer than 16 MiB");
}

#[test]
fn a_prompt_of_nothing_is_refused() {
    let dir = dir(&[FINE]).file("empty.txt", "").file("blank.txt", " \n\t\n");
    for file in ["empty.txt", "blank.txt", "-"] {
        let run = format!("gate run plan --spec S --database runs.db --prompt-file {file}");
        refused(&dir, &run, "prompt");
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
    for said in ["--dry-run", "--require-full", "--no-store", "--plain", "Ctrl-C", "Exit:"] {
        assert!(help.contains(said), "no {said} in {help}");
    }
    assert!(dir.run("completions bash").succeeds().out.contains("--require-full"));
}

#[test]
fn a_command_may_be_a_path() {
    let dir = dir(&[FINE]);
    fake_command(&dir.path("tools/agent"));
    dir.run(&format!("{RUN} --set providers.openai.command=tools/agent --dry-run")).succeeds().no_stderr();
    refused(&dir, &format!("{RUN} --set providers.openai.command=a.sh"), "command `a.sh` is not found");
}
