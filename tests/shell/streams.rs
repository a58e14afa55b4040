//! Results go to stdout, everything else to stderr; no colour without a terminal; a reader may leave.

use std::process::Stdio;

use crate::test_dir::{RunResult, TestDir};

#[test]
fn nothing_in_the_environment_colours_a_pipe() {
    let dir = TestDir::with_config("[retry]\nmax_attempts = 0\n")
        .variable("TERM", "xterm-256color")
        .variable("COLORTERM", "truecolor");
    // `RunResult::of` refuses every ANSI code.
    for command in ["check", "show", "explain retry", "check --frobnicate", "--help"] {
        dir.run(command);
    }
    let dir = dir.variable("NO_COLOR", "1");
    for command in ["check", "check --frobnicate", "--help"] {
        dir.run(command);
    }
}

#[test]
fn control_characters_of_a_configuration_drive_no_terminal() {
    let dir = TestDir::with_config("[retry]\njitter = \"\\u001b[31mred\"\n\"\\u001b[2J\" = 1\n");
    dir.run("check").exits_1();
    dir.run("check --format json").exits_1();
    let dir = TestDir::with_config("[store]\npath = \"\\u001b[31mred\"\n");
    for command in ["show", "show store.path", "show --origins", "explain store.path", "show --format json"] {
        dir.run(command).succeeds();
    }
}

/// Control characters of one byte in UTF-8 and of two, and those that end a line or turn the direction of writing.
const OBEYED: &str = "\u{7f}\u{80}\u{85}\u{9b}\u{9f}\u{2028}\u{202e}";

#[test]
fn no_json_holds_what_a_terminal_obeys_and_all_of_it_means_the_same() {
    let path = format!("{OBEYED}\u{a0}\u{e9}\u{1f600}");
    let toml = path.replace('\u{7f}', "\\u007f");
    let dir = TestDir::with_config(&format!("[store]\npath = \"{toml}\"\n"));
    for command in ["show", "explain store.path", "check", "gate list", "history", "store stats"] {
        let answer = dir.run(&format!("{command} --format json"));
        answer.json();
        let is_obeyed = |c: char| c != '\n' && (c.is_control() || OBEYED.contains(c));
        assert!(!answer.out.contains(is_obeyed), "{command}: {:?}", answer.out);
    }
    let shown = dir.run("show store.path --format json").succeeds();
    assert_eq!(shown.json(), path);
    let expected = "\"\\u007f\\u0080\\u0085\\u009b\\u009f\\u2028\\u202e\u{a0}\u{e9}\u{1f600}\"\n";
    assert_eq!(shown.out, expected, "what is no control character stays as it is");
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_is_no_error() {
    let dir = TestDir::new();
    for command in ["show", "schema", "completions bash", "show --origins --format json"] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = dir.command(&arguments).stdout(Stdio::from(writer)).stderr(Stdio::piped()).output();
        let answer = RunResult::of(output.unwrap());
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{command}");
    }
}

#[cfg(unix)]
#[test]
fn nobody_needs_to_read_the_reports() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let dir = TestDir::with_config("retry = 1\n");
    let output = dir.command(&["check"]).stdout(Stdio::piped()).stderr(Stdio::from(writer)).output();
    assert_eq!(RunResult::of(output.unwrap()).code, 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_not_done() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let dir = TestDir::new();
    let output = dir.command(&["show"]).stdout(Stdio::from(full)).stderr(Stdio::piped()).output();
    RunResult::of(output.unwrap()).exits_2().stderr_has("the result cannot be written");
}
