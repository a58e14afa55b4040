//! A temporary folder for one test. The program runs in it, and its environment contains only the variables of the test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;
use tempfile::TempDir;

/// Settings that prevent warnings about keys and commands that this machine lacks.
pub const NO_MACHINE_CHECKS: &str = "[validation]\ncheck_api_keys = false\ncheck_commands = false\n";

/// The home and the working folder of the program, and its environment variables.
pub struct TestDir {
    folder: TempDir,
    variables: Vec<(String, String)>,
    /// Whether every process of the program has to end before the test does.
    leaves_no_process: bool,
}

impl TestDir {
    /// A folder whose `speckit.toml` is trusted.
    pub fn new() -> Self {
        Self::trusted(TempDir::new().unwrap())
    }

    /// A folder whose `speckit.toml` is not trusted.
    pub fn untrusted() -> Self {
        Self { folder: TempDir::new().unwrap(), variables: Vec::new(), leaves_no_process: false }
    }

    /// Creates the temporary folder below this one.
    #[cfg(target_os = "linux")]
    pub fn new_in(folder: impl AsRef<Path>) -> Self {
        Self::trusted(TempDir::new_in(folder).unwrap())
    }

    fn trusted(folder: TempDir) -> Self {
        let trusted = ("SPECKIT_TRUST".into(), folder.path().to_str().unwrap().into());
        Self { folder, variables: vec![trusted], leaves_no_process: false }
    }

    /// A folder with a `speckit.toml`, which the program loads by default.
    pub fn with_config(text: &str) -> Self {
        Self::new().file("speckit.toml", text)
    }

    /// Writes a file, and creates its missing parent folders.
    pub fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        self.write(name, text);
        self
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Sets an environment variable for every run.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Checks at the end of the test that no process is left of those that the program has started.
    pub fn leaving_no_process(mut self) -> Self {
        self.leaves_no_process = true;
        self
    }

    /// The ids of the running processes whose home is this folder: the program, and everything that it has started. A process that has
    /// ended has no environment any more.
    #[cfg(target_os = "linux")]
    pub fn processes(&self) -> Vec<String> {
        let home = format!("HOME={}", self.folder.path().display());
        let is_at_home =
            |environment: Vec<u8>| environment.split(|byte| *byte == 0).any(|one| one == home.as_bytes());
        let listed = std::fs::read_dir("/proc").unwrap().flatten();
        let names = listed.filter_map(|entry| entry.file_name().into_string().ok());
        names.filter(|id| std::fs::read(format!("/proc/{id}/environ")).is_ok_and(is_at_home)).collect()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The names of the entries of the folder, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The command that runs the program with these arguments.
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
        RunResult::from_output(self.command(arguments).output().unwrap())
    }
}

#[cfg(target_os = "linux")]
impl Drop for TestDir {
    fn drop(&mut self) {
        if !self.leaves_no_process || std::thread::panicking() {
            return;
        }
        let start = std::time::Instant::now();
        while !self.processes().is_empty() {
            assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?} are left", self.processes());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
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
    /// Reads the output of a run, and checks that the program exited by itself, without a panic and without ANSI codes.
    #[track_caller]
    pub fn from_output(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = output.status.code().expect("no signal ended the program");
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
    fn exits_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Exit 0: success.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        self.exits_with(0)
    }

    /// Exit 1: the check or the gate failed.
    #[track_caller]
    pub fn exits_1(self) -> Self {
        self.exits_with(1)
    }

    /// Exit 2: the command could not be carried out.
    #[track_caller]
    pub fn exits_2(self) -> Self {
        self.exits_with(2)
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

    /// The standard output, parsed as one JSON document on one line.
    #[track_caller]
    pub fn json(&self) -> Json {
        assert_eq!(self.out.matches('\n').count(), 1, "one line: {:?}", self.out);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// The codes of the diagnostics, in their order.
    #[track_caller]
    pub fn codes(&self) -> Vec<String> {
        let json = self.json();
        let diagnostics = json["diagnostics"].as_array().expect("diagnostics are a list");
        diagnostics.iter().map(|diagnostic| diagnostic["code"].as_str().unwrap().to_owned()).collect()
    }
}

/// The names of the members of a JSON object, sorted.
#[track_caller]
pub fn member_names(json: &Json) -> Vec<&str> {
    let mut names: Vec<&str> = json.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
