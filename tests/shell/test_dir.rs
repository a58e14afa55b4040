//! A folder of one test: the home, the working folder and the whole environment of every run of the program.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;
use tempfile::TempDir;

/// The program's own settings that make `check` say nothing of this machine.
pub const QUIET: &str = "[validation]\ncheck_api_keys = false\ncheck_commands = false\n";

/// A folder in which the program runs; nothing of the machine reaches it.
pub struct TestDir {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl TestDir {
    pub fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), variables: Vec::new() }
    }

    /// A folder below this one.
    #[cfg(target_os = "linux")]
    pub fn within(folder: impl AsRef<Path>) -> Self {
        Self { folder: TempDir::new_in(folder).unwrap(), variables: Vec::new() }
    }

    /// A folder with one configuration in the place where the program looks.
    pub fn with_config(text: &str) -> Self {
        Self::new().file("speckit.toml", text)
    }

    /// Writes a file, with the folders above it.
    pub fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        self.write(name, text);
        self
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Sets a variable for every run.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names in the folder, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program with these arguments, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_speckit-under-test"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null()).env_clear();
        command.env("HOME", self.folder.path()).env("USERPROFILE", self.folder.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the program. Arguments are split at spaces.
    #[track_caller]
    pub fn run(&self, arguments: &str) -> RunResult {
        self.run_with(&arguments.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs the program with arguments that may contain spaces.
    #[track_caller]
    pub fn run_with(&self, arguments: &[&str]) -> RunResult {
        RunResult::of(self.command(arguments).output().unwrap())
    }
}

/// The exit code and the streams of a run of the program.
#[derive(Debug)]
pub struct RunResult {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl RunResult {
    /// Asserts what holds for every run into a pipe: it ends by itself, without a panic and without ANSI codes.
    #[track_caller]
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = output.status.code().expect("the program ends by itself");
        let result = Self { code, out: text(output.stdout), err: text(output.stderr) };
        assert!((0..=2).contains(&result.code), "{result:?}");
        assert!(!result.err.contains("panicked"), "{}", result.err);
        assert!(!result.both().contains('\u{1b}'), "{result:?}");
        result
    }

    /// Both streams.
    pub fn both(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Exit 0: success.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        self.ends(0)
    }

    /// Exit 1: the check or the gate failed.
    #[track_caller]
    pub fn exits_1(self) -> Self {
        self.ends(1)
    }

    /// Exit 2: the command could not be carried out.
    #[track_caller]
    pub fn exits_2(self) -> Self {
        self.ends(2)
    }

    /// The standard error is empty.
    #[track_caller]
    pub fn no_stderr(self) -> Self {
        assert_eq!(self.err, "", "stdout:\n{}", self.out);
        self
    }

    /// The standard output is empty, and the standard error contains this text.
    #[track_caller]
    pub fn only_stderr(self, text: &str) -> Self {
        assert_eq!(self.out, "", "stderr:\n{}", self.err);
        self.stderr_has(text)
    }

    /// The standard error contains this text.
    #[track_caller]
    pub fn stderr_has(self, text: &str) -> Self {
        assert!(self.err.contains(text), "no `{text}` in stderr:\n{}", self.err);
        self
    }

    /// The result as one JSON document on one line.
    #[track_caller]
    pub fn json(&self) -> Json {
        assert_eq!(self.out.matches('\n').count(), 1, "one line: {:?}", self.out);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// The codes of the result's diagnostics, in their order.
    #[track_caller]
    pub fn codes(&self) -> Vec<String> {
        let json = self.json();
        let diagnostics = json["diagnostics"].as_array().expect("diagnostics are a list");
        diagnostics.iter().map(|one| one["code"].as_str().unwrap().to_owned()).collect()
    }
}

/// Makes a command that can be found in a folder of `PATH`, and never runs.
#[cfg(unix)]
pub fn fake_command(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(b"#!/bin/false\n").unwrap();
    file.set_permissions(std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The names of a JSON object, sorted.
#[track_caller]
pub fn members(json: &Json) -> Vec<&str> {
    let mut names: Vec<&str> = json.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
