//! The prompt arrives as it was written, in every way it can be given and taken.

use std::io::Write as _;
use std::process::Stdio;

use crate::agents::gate_command::dir;
use crate::test_dir::RunResult;

/// What a shell would make something of.
const PROMPT: &str = "say \"it's\" $(touch pwned) `touch pwned` $HOME \\n {spec} {model} %s\n  * ; rm -rf x &\n\t€ 漢字\n\nend";

const STORE: [&str; 2] = ["--database", "runs.db"];

#[test]
fn it_is_one_argument_that_no_shell_has_seen() {
    let dir = dir(&["printf %s \"$1\" > prompt.txt; printf %s \"$2\" > spec.txt"]);
    let arguments =
        [&["gate", "run", "plan", "--spec", "SPEC $(1)", "--prompt", PROMPT][..], &STORE].concat();
    dir.run_with(&arguments).succeeds();
    assert_eq!(dir.read("prompt.txt"), PROMPT);
    assert_eq!(dir.read("spec.txt"), "SPEC $(1)");
    assert!(!dir.path("pwned").exists());
}

#[test]
fn it_may_begin_with_a_dash() {
    let dir = dir(&["printf %s \"$1\" > prompt.txt"]);
    let arguments =
        [&["gate", "run", "plan", "--spec", "S", "--prompt", "- one\n- two"][..], &STORE].concat();
    dir.run_with(&arguments).succeeds();
    assert_eq!(dir.read("prompt.txt"), "- one\n- two");
}

#[test]
fn it_comes_from_a_file_or_from_the_standard_input() {
    let dir = dir(&["printf %s \"$1\" > prompt.txt"]).file("asked.txt", PROMPT);
    dir.run("gate run plan --spec S --prompt-file asked.txt --database runs.db").succeeds();
    assert_eq!(dir.read("prompt.txt"), PROMPT);
    std::fs::remove_file(dir.path("prompt.txt")).unwrap();
    let mut command =
        dir.command(&["gate", "run", "plan", "--spec", "S", "--prompt-file", "-", "--database", "runs.db"]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(PROMPT.as_bytes()).unwrap();
    RunResult::of(child.wait_with_output().unwrap()).succeeds();
    assert_eq!(dir.read("prompt.txt"), PROMPT);
}

#[test]
fn it_is_what_an_agent_reads_where_its_provider_says_so() {
    let dir = dir(&["cat > prompt.txt; printf %s \"$1\" > spec.txt"]);
    let config = dir.read("speckit.toml").replace(", \"{prompt}\"", "");
    let config = config.replace("[providers.openai]", "[providers.openai]\nstdin = \"prompt\"");
    let dir = dir.file("speckit.toml", config);
    let arguments = [&["gate", "run", "plan", "--spec", "S", "--prompt", PROMPT][..], &STORE].concat();
    dir.run_with(&arguments).succeeds();
    assert_eq!((dir.read("prompt.txt").as_str(), dir.read("spec.txt").as_str()), (PROMPT, "S"));
    let long = "0123456789abcdef".repeat(64 * 1024);
    let dir = dir.file("long.txt", &long);
    dir.run("gate run plan --spec S --prompt-file long.txt --database runs.db").succeeds();
    assert!(dir.read("prompt.txt") == long, "1 MiB is more than a pipe holds");
}

#[test]
fn an_agent_that_is_given_no_input_finds_its_end() {
    let dir = dir(&["cat > input.txt; echo done"]);
    let mut command =
        dir.command(&["gate", "run", "plan", "--spec", "S", "--prompt", "x", "--database", "runs.db"]);
    // The input of the program is not that of its agents.
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let input = child.stdin.take();
    RunResult::of(child.wait_with_output().unwrap()).succeeds();
    drop(input);
    assert_eq!(dir.read("input.txt"), "");
}
