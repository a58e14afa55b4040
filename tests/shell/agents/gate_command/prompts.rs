//! The prompt reaches the agent unchanged, from every source and over every channel.

use std::io::Write as _;
use std::process::Stdio;

use crate::agents::gate_command::gate_dir;
use crate::test_dir::RunResult;

/// A prompt with many characters that a shell or a template would interpret.
const PROMPT: &str = "say \"it's\" $(touch pwned) `touch pwned` $HOME \\n {spec} {model} %s\n  * ; rm -rf x &\n\t€ 漢字\n\nend";

const DATABASE: [&str; 2] = ["--database", "runs.db"];

#[test]
fn a_prompt_is_one_argument_without_a_shell() {
    let dir = gate_dir(&["printf %s \"$1\" > prompt.txt; printf %s \"$2\" > spec.txt; echo done"]);
    let arguments =
        [&["gate", "run", "plan", "--spec", "SPEC $(1)", "--prompt", PROMPT][..], &DATABASE].concat();
    dir.run_with(&arguments).succeeds();
    assert_eq!(dir.read("prompt.txt"), PROMPT);
    assert_eq!(dir.read("spec.txt"), "SPEC $(1)");
    assert!(!dir.path("pwned").exists());
}

#[test]
fn a_prompt_may_begin_with_a_dash() {
    let dir = gate_dir(&["printf %s \"$1\" > prompt.txt; echo done"]);
    let arguments =
        [&["gate", "run", "plan", "--spec", "S", "--prompt", "- one\n- two"][..], &DATABASE].concat();
    dir.run_with(&arguments).succeeds();
    assert_eq!(dir.read("prompt.txt"), "- one\n- two");
}

#[test]
fn a_prompt_comes_from_a_file_or_from_the_standard_input() {
    let dir = gate_dir(&["printf %s \"$1\" > prompt.txt; echo done"]).file("source.txt", PROMPT);
    dir.run("gate run plan --spec S --prompt-file source.txt --database runs.db").succeeds();
    assert_eq!(dir.read("prompt.txt"), PROMPT);
    std::fs::remove_file(dir.path("prompt.txt")).unwrap();
    let mut command =
        dir.command(&["gate", "run", "plan", "--spec", "S", "--prompt-file", "-", "--database", "runs.db"]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(PROMPT.as_bytes()).unwrap();
    RunResult::from_output(child.wait_with_output().unwrap()).succeeds();
    assert_eq!(dir.read("prompt.txt"), PROMPT);
}

#[test]
fn a_provider_can_send_the_prompt_to_the_standard_input() {
    let dir = gate_dir(&["cat > prompt.txt; printf %s \"$1\" > spec.txt; echo done"]);
    let config = dir.read("speckit.toml").replace(", \"{prompt}\"", "");
    let config = config.replace("[providers.openai]", "[providers.openai]\nstdin = \"prompt\"");
    let dir = dir.file("speckit.toml", config);
    let arguments = [&["gate", "run", "plan", "--spec", "S", "--prompt", PROMPT][..], &DATABASE].concat();
    dir.run_with(&arguments).succeeds();
    assert_eq!((dir.read("prompt.txt").as_str(), dir.read("spec.txt").as_str()), (PROMPT, "S"));
    let long = "0123456789abcdef".repeat(64 * 1024);
    let dir = dir.file("long.txt", &long);
    dir.run("gate run plan --spec S --prompt-file long.txt --database runs.db").succeeds();
    assert!(dir.read("prompt.txt") == long, "1 MiB is more than a pipe holds");
}

#[test]
fn the_standard_input_of_an_agent_is_empty_if_its_provider_says_so() {
    let dir = gate_dir(&["cat > input.txt; echo done"]).variable("SPECKIT_PROVIDERS__OPENAI__STDIN", "none");
    let mut command =
        dir.command(&["gate", "run", "plan", "--spec", "S", "--prompt", "x", "--database", "runs.db"]);
    // The agents do not inherit the standard input of the program.
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let input = child.stdin.take();
    RunResult::from_output(child.wait_with_output().unwrap()).succeeds();
    drop(input);
    assert_eq!(dir.read("input.txt"), "");
}
