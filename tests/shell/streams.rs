//! Results go to stdout and everything else to stderr; a pipe gets no colours; a reader may close the pipe.

use std::process::Stdio;

#[cfg(target_os = "linux")]
use crate::test_dir::NO_MACHINE_CHECKS;
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

/// Each command that writes a result, with arguments that need no file.
#[cfg(target_os = "linux")]
const COMMANDS: &[&str] = &[
    "--help",
    "--version",
    "check",
    "check speckit.toml",
    "check --format json",
    "show",
    "show --origins",
    "show retry.jitter --format json",
    "explain retry",
    "env",
    "schema",
    "init new.toml --force",
    "resolve claude",
    "history",
    "retry plan",
    "retry simulate --clients 5 --capacity 5",
    "gate list",
    "gate run unlock --spec s --prompt q --dry-run",
    "completions bash",
    "help show",
    "bench run -n 2 --no-store -- /bin/true",
    "bench run -n 2 --no-store --format json -- /bin/true",
    "policy check",
    "policy check --format sarif",
];

/// Each command that writes results while it works.
#[cfg(target_os = "linux")]
const LONG_COMMANDS: &[&str] = &[
    "watch",
    "watch --plain",
    "watch --format json",
    "policy check --watch",
    "gate run unlock --spec s --prompt q --no-store",
    "gate run unlock --spec s --prompt q --no-store --plain",
    "gate run unlock --spec s --prompt q --no-store --format json",
    "auth status --format json",
];

/// A folder with the gate `unlock`, whose agent succeeds.
#[cfg(target_os = "linux")]
fn dir_with_gate() -> TestDir {
    let agent = "[providers.openai]\ncommand = \"sh\"\nargs = [\"-c\", \"echo fine\", \"agent\", \"{prompt}\"]\n\
                 [models.a]\nprovider = \"openai\"\nmodel = \"a\"\ntier = \"low\"\n[quality_gates]\nunlock = [\"a\"]\n";
    TestDir::with_config(&format!("{NO_MACHINE_CHECKS}{agent}")).variable("PATH", "/usr/bin:/bin")
}

/// A run of the program whose streams a shell redirects.
#[cfg(target_os = "linux")]
fn run_redirected(dir: &TestDir, command: &str, redirections: &str) -> RunResult {
    let program = dir.command(&[]);
    let mut shell = std::process::Command::new("/bin/sh");
    shell.arg("-c").arg(format!("exec \"$0\" {command} {redirections}")).arg(program.get_program());
    shell.current_dir(dir.path("")).stdin(Stdio::null()).env_clear();
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    RunResult::from_output(shell.output().unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn work_ends_with_2_if_its_results_cannot_be_written() {
    let dir = dir_with_gate();
    for command in LONG_COMMANDS {
        for redirections in [">&-", ">/dev/full"] {
            let result = run_redirected(&dir, command, redirections).exits_2();
            let reports = result.err.matches("the result cannot be written").count();
            assert_eq!(reports, 1, "{command} {redirections}: {}", result.err);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_exits_with_2() {
    let dir = TestDir::with_config("[validation]\ncheck_api_keys = false\ncheck_commands = false\n");
    for command in COMMANDS {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let arguments: Vec<&str> = command.split(' ').collect();
        let output = dir.command(&arguments).stdout(Stdio::from(full)).stderr(Stdio::piped()).output();
        let result = RunResult::from_output(output.unwrap()).exits_2();
        assert!(result.err.contains("the result cannot be written"), "{command}: {}", result.err);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_closed_standard_output_exits_with_2_and_the_null_device_with_0() {
    let dir = TestDir::with_config("[validation]\ncheck_api_keys = false\ncheck_commands = false\n");
    for command in COMMANDS {
        let result = run_redirected(&dir, command, ">&-").exits_2();
        assert!(result.err.contains("the result cannot be written"), "{command}: {}", result.err);
        run_redirected(&dir, command, ">/dev/null").succeeds();
        run_redirected(&dir, command, "<&- 2>&- >/dev/null").succeeds();
    }
}

/// What a terminal would obey or not show, in an argument.
const HOSTILE: &str = "a\u{1b}]0;x\u{7}\u{9b}2J\nerror: forged\u{202e}\u{2066}\u{200b}\u{e0041}";

#[track_caller]
fn shows_no_control(result: &RunResult) {
    let is_shown = |c: char| c == '\n' || !speckit_core::text::is_control(c);
    assert!(result.both().chars().all(is_shown), "{result:?}");
    assert!(!result.both().contains("\nerror: forged"), "{result:?}");
}

#[test]
fn control_characters_of_arguments_are_escaped() {
    let dir = TestDir::new();
    for arguments in [
        vec!["show", HOSTILE],
        vec!["explain", HOSTILE],
        vec!["resolve", HOSTILE],
        vec!["init", HOSTILE, "--force"],
        vec!["init", HOSTILE],
        vec!["migrate", HOSTILE],
        vec!["check", HOSTILE],
        vec!["show", "--config", HOSTILE],
        vec!["show", "--schema", HOSTILE],
        vec!["show", "--set", HOSTILE],
        vec!["show", "--unset", HOSTILE],
        vec!["env", "--env-prefix", HOSTILE],
        vec!["history", "--database", HOSTILE],
        vec!["store", "stats", "--database", HOSTILE],
        vec!["gate", "run", HOSTILE],
        vec!["gate", "show", HOSTILE],
        vec!["gate", "run", "unlock", "--spec", HOSTILE, "--prompt", HOSTILE, "--dry-run"],
        vec!["retry", "simulate", "--clients", "5", "--capacity", "5", "--svg", HOSTILE],
        vec![HOSTILE],
        vec!["--frobnicate", HOSTILE],
        vec!["show", "--format", HOSTILE],
        vec!["history", "show", HOSTILE],
        vec!["show", "--schema-map", HOSTILE],
    ] {
        shows_no_control(&dir.run_with(&arguments));
    }
}

#[test]
fn control_characters_of_names_and_texts_are_escaped() {
    let toml = HOSTILE.chars().map(|c| format!("\\U{:08x}", u32::from(c))).collect::<String>();
    let model = format!(
        "[models.m]\nprovider = \"openai\"\nmodel = \"{toml}\"\ntier = \"low\"\naliases = [\"al\"]\n"
    );
    let dir = TestDir::with_config(&model);
    for command in ["resolve al", "show", "show models", "show --origins", "explain models", "env", "check"] {
        let result = dir.run(command);
        shows_no_control(&result);
        assert!(result.code == 0 || command == "check", "{result:?}");
    }
    let shown = dir.run("show").succeeds().out;
    let again = TestDir::new().file("all.toml", &shown);
    assert_eq!(again.run("show --config all.toml").succeeds().out, shown);
    let model = again.run("resolve al --config all.toml --format json").json();
    assert_eq!(model[0]["model"], HOSTILE);
}

#[test]
fn a_schema_remains_a_schema_without_control_characters() {
    let schema = "{\r\n\t\"title\": \"\u{202e}\u{e0041}\"\r\n}\n";
    let dir = TestDir::new().file("a.schema.json", schema);
    let shown = dir.run("schema --schema a.schema.json").succeeds().out;
    assert_eq!(shown, "{\r\n\t\"title\": \"\\u202e\\udb40\\udc41\"\r\n}\n");
    let dir = TestDir::new().file("a.schema.toml", "title = \"\u{202e}\u{e0041}\"\n");
    let shown = dir.run("schema --schema a.schema.toml").succeeds().out;
    assert_eq!(shown, "title = \"\\u202e\\U000e0041\"\n");
}
