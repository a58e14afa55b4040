//! The program while it runs, with its lines as they come.

use std::io::{BufRead as _, BufReader, Lines, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

use serde_json::Value as Json;

use crate::test_dir::{RunResult, TestDir};

/// A run of the program.
pub(crate) struct RunningProgram {
    pub(crate) child: Child,
    pub(crate) lines: Lines<BufReader<ChildStdout>>,
    /// What it says beside its lines.
    pub(crate) err: JoinHandle<String>,
}

impl RunningProgram {
    /// Runs the program with these arguments, which have no spaces in them.
    pub(crate) fn start(dir: &TestDir, arguments: &str) -> Self {
        // Whoever started the suite may have signals ignored that its tests send.
        let heard = "exec env --default-signal=HUP,INT,TERM \"$0\" \"$@\"";
        match std::fs::read_to_string("/proc/self/status") {
            Ok(status) if ignores(&status) => Self::start_under(dir, heard, arguments),
            _ => Self::of(dir.command(&arguments.split_whitespace().collect::<Vec<_>>())),
        }
    }

    /// The same by a script of a shell, which is given the program and its arguments.
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
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut stderr = child.stderr.take().unwrap();
        let err = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        Self { child, lines, err }
    }

    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        self.lines.next().expect("the program goes on").unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&mut self) -> Json {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// How it ended by itself, with the rest of its lines.
    #[track_caller]
    pub(crate) fn ended(mut self) -> RunResult {
        let out: Vec<String> = self.lines.map(Result::unwrap).collect();
        let err = self.err.join().unwrap();
        let status = self.child.wait().unwrap();
        RunResult { code: status.code().expect("no signal kills it"), out: out.join("\n"), err }
    }

    /// How it ended after a signal, with the rest of its lines.
    #[track_caller]
    pub(crate) fn ended_by(self, signal: &str) -> RunResult {
        self.signal(signal);
        self.ended()
    }
}

/// Whether a process with this status ignores one of the signals that ask for an end.
fn ignores(status: &str) -> bool {
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    // SIGHUP is 1, SIGINT 2, SIGTERM 15.
    ignored & (1 | 1 << 1 | 1 << 14) != 0
}
