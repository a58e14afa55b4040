//! Results go to stdout and everything else to stderr; a pipe gets no colours; a reader may close the pipe.

use std::process::Stdio;

use crate::test_dir::{RunResult, TestDir};

#[test]
fn no_variable_adds_colours_to_a_pipe() {
    let dir = TestDir::with_config("[retry]\nmax_attempts = 0\n")
        .variable("TERM", "xterm-256color")
        .variable("COLORTERM", "truecolor");
    // `RunResult::from_output` fails on every ANSI code.
    for command in ["check", "show", "explain retry", "check --frobnicate", "--help"] {
        dir.run(command);
    }
    let dir = dir.variable("NO_COLOR", "1");
    for command in ["check", "check --frobnicate", "--help"] {
        dir.run(command);
    }
}

#[test]
fn control_characters_of_a_configuration_do_not_reach_a_terminal() {
    let dir = TestDir::with_config("[retry]\njitter = \"\\u001b[31mred\"\n\"\\u001b[2J\" = 1\n");
    dir.run("check").exits_1();
    dir.run("check --format json").exits_1();
    let dir = TestDir::with_config("[store]\npath = \"\\u001b[31mred\"\n");
    for command in ["show", "show store.path", "show --origins", "explain store.path", "show --format json"] {
        dir.run(command).succeeds();
    }
}

/// Control characters of one and two bytes in UTF-8, a line separator, and a change of the writing direction.
const CONTROL_CHARACTERS: &str = "\u{7f}\u{80}\u{85}\u{9b}\u{9f}\u{2028}\u{202e}";

#[test]
fn json_output_escapes_control_characters_and_keeps_the_text() {
    let path = format!("{CONTROL_CHARACTERS}\u{a0}\u{e9}\u{1f600}");
    let toml = path.replace('\u{7f}', "\\u007f");
    let dir = TestDir::with_config(&format!("[store]\npath = \"{toml}\"\n"));
    for command in ["show", "explain store.path", "check", "gate list", "history", "store stats"] {
        let result = dir.run(&format!("{command} --format json"));
        result.json();
        let is_unescaped = |c: char| c != '\n' && (c.is_control() || CONTROL_CHARACTERS.contains(c));
        assert!(!result.out.contains(is_unescaped), "{command}: {:?}", result.out);
    }
    let shown = dir.run("show store.path --format json").succeeds();
    assert_eq!(shown.json(), path);
    let expected = "\"\\u007f\\u0080\\u0085\\u009b\\u009f\\u2028\\u202e\u{a0}\u{e9}\u{1f600}\"\n";
    assert_eq!(shown.out, expected, "other characters are not escaped");
}

#[cfg(unix)]
#[test]
fn a_reader_may_close_the_pipe_of_the_results() {
    let dir = TestDir::new();
    for command in ["show", "schema", "completions bash", "show --origins --format json"] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = dir.command(&arguments).stdout(Stdio::from(writer)).stderr(Stdio::piped()).output();
        let result = RunResult::from_output(output.unwrap());
        assert_eq!((result.code, result.err.as_str()), (0, ""), "{command}");
    }
}

#[cfg(unix)]
#[test]
fn a_reader_may_close_the_pipe_of_the_reports() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let dir = TestDir::with_config("retry = 1\n");
    let output = dir.command(&["check"]).stdout(Stdio::piped()).stderr(Stdio::from(writer)).output();
    assert_eq!(RunResult::from_output(output.unwrap()).code, 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_exits_with_2() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let dir = TestDir::new();
    let output = dir.command(&["show"]).stdout(Stdio::from(full)).stderr(Stdio::piped()).output();
    RunResult::from_output(output.unwrap()).exits_2().stderr_has("the result cannot be written");
}
