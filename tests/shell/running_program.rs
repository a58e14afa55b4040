//! A running program, whose lines a test reads one by one.

use std::io::{BufRead as _, BufReader, Lines, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

use serde_json::Value as Json;

use crate::test_dir::{RunResult, TestDir};

/// The program as a child process, with pipes for both output streams.
pub(crate) struct RunningProgram {
    pub(crate) child: Child,
    pub(crate) lines: Lines<BufReader<ChildStdout>>,
    /// Reads the standard error until it ends.
    pub(crate) stderr_reader: JoinHandle<String>,
}

impl RunningProgram {
    /// Starts the program. The arguments are split at spaces.
    pub(crate) fn start(dir: &TestDir, arguments: &str) -> Self {
        // The process that started the suite may ignore signals that the tests send, and its children inherit this.
        let restore_signals = "exec env --default-signal=HUP,INT,TERM \"$0\" \"$@\"";
        match std::fs::read_to_string("/proc/self/status") {
            Ok(status) if ignores_signals(&status) => Self::start_under(dir, restore_signals, arguments),
            _ => Self::spawn(dir.command(&arguments.split_whitespace().collect::<Vec<_>>())),
        }
    }

    /// Starts the program in a session of its own, which has no controlling terminal.
    pub(crate) fn start_detached(dir: &TestDir, arguments: &str) -> Self {
        Self::start_under(dir, "exec env --default-signal=HUP,INT,TERM setsid \"$0\" \"$@\"", arguments)
    }

    /// Starts the program with a shell script, whose arguments are the program and its arguments.
    pub(crate) fn start_under(dir: &TestDir, script: &str, arguments: &str) -> Self {
        let program = dir.command(&arguments.split_whitespace().collect::<Vec<_>>());
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).arg(program.get_program()).args(program.get_args()).env_clear();
        for (name, value) in program.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        if let Some(folder) = program.get_current_dir() {
            command.current_dir(folder);
        }
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut stderr = child.stderr.take().unwrap();
        let stderr_reader = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        Self { child, lines, stderr_reader }
    }

    #[track_caller]
    pub(crate) fn next_line(&mut self) -> String {
        self.lines.next().expect("the program writes another line").unwrap()
    }

    #[track_caller]
    pub(crate) fn next_json(&mut self) -> Json {
        let line = self.next_line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// The next event, which is a success. It is recorded, then or by the event that follows.
    #[track_caller]
    pub(crate) fn next_recorded_success(&mut self) -> Json {
        let success = self.next_json();
        assert_eq!(success["event"], "reload_success", "{success}");
        if success["recorded"] != true {
            assert_eq!(success["recorded"], "pending");
            let recorded = self.next_json();
            assert_eq!(
                (&recorded["event"], &recorded["generation"]),
                (&"recorded".into(), &success["generation"])
            );
        }
        success
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits until the program exits, and returns its remaining output.
    #[track_caller]
    pub(crate) fn wait_for_exit(mut self) -> RunResult {
        let out: Vec<String> = self.lines.map(Result::unwrap).collect();
        let err = self.stderr_reader.join().unwrap();
        let status = self.child.wait().unwrap();
        RunResult { code: status.code().expect("no signal kills it"), out: out.join("\n"), err }
    }

    /// Sends a signal, waits until the program exits, and returns its remaining output.
    #[track_caller]
    pub(crate) fn stop_with(self, signal: &str) -> RunResult {
        self.signal(signal);
        self.wait_for_exit()
    }
}

/// Whether a process with this status ignores SIGHUP, SIGINT or SIGTERM.
fn ignores_signals(status: &str) -> bool {
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    // SIGHUP is 1, SIGINT 2, SIGTERM 15.
    ignored & (1 | 1 << 1 | 1 << 14) != 0
}
