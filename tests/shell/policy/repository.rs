//! A git repository for one test. Neither the configuration of the machine nor that of the user reaches it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::executable::write_executable;
use crate::test_dir::RunResult;

/// The regular files of a tree, or of a difference: path, and content.
pub(super) type Files = BTreeMap<Vec<u8>, Vec<u8>>;

/// A repository with a work tree, in a temporary folder that also has room for others.
pub(super) struct Repository {
    home: TempDir,
    folder: PathBuf,
    variables: Vec<(String, String)>,
}

/// What the library read, or the error that it gave.
pub(super) struct Seen {
    pub(super) files: Files,
    pub(super) executable: BTreeSet<Vec<u8>>,
    pub(super) not_read: BTreeMap<Vec<u8>, String>,
    /// Symbolic links and submodules.
    pub(super) skipped: (usize, usize),
}

impl Repository {
    /// An empty repository; `None`, with a message, if this machine has no git.
    pub(super) fn new() -> Option<Self> {
        let home = TempDir::new().unwrap();
        let folder = home.path().join("repository");
        std::fs::create_dir(&folder).unwrap();
        let repository = Self { home, folder, variables: Vec::new() };
        let made = repository.command(&["init", "-q", "-b", "main"]).output();
        if made.is_err() {
            eprintln!("skipped: this machine has no git");
            return None;
        }
        assert!(made.unwrap().status.success());
        Some(repository)
    }

    /// The same home with another folder as repository, which exists already.
    pub(super) fn at(mut self, name: &str) -> Self {
        self.folder = self.home.path().join(name);
        self
    }

    /// Sets an environment variable for every program.
    pub(super) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }

    /// A program in the folder, with an environment that only has what git needs.
    pub(super) fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder).stdin(Stdio::null()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.home.path());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "Ada")
                .env(format!("GIT_{role}_EMAIL"), "ada@example.org");
            command.env(format!("GIT_{role}_DATE"), "2024-01-01T00:00:00Z");
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program("git");
        command.args(arguments);
        command
    }

    pub(super) fn try_git(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs git, which succeeds, and gives its standard output.
    #[track_caller]
    pub(super) fn git(&self, arguments: &[&str]) -> String {
        let output = self.try_git(arguments);
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Runs git with a standard input.
    #[track_caller]
    pub(super) fn git_with_input(&self, arguments: &[&str], input: &[u8]) -> String {
        let output = output_of(self.command(arguments), input);
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    pub(super) fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.folder.join(name.as_ref())
    }

    pub(super) fn write(&self, name: impl AsRef<OsStr>, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Writes a file, stages everything, and commits it.
    pub(super) fn commit(&self, name: &str, content: &str) -> String {
        self.write(name, content);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", name, "--no-verify"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Writes an executable script into the folder of the hooks.
    pub(super) fn hook(&self, name: &str, script: &str) -> PathBuf {
        let folder = PathBuf::from(self.git(&["rev-parse", "--path-format=absolute", "--git-path", "hooks"]));
        let path = folder.join(name);
        write_executable(&path, script);
        path
    }

    /// Installs a pre-commit hook that writes what the library sees into a file.
    pub(super) fn install_reader(&self) {
        let reader = env!("CARGO_BIN_EXE_speckit-git-reader");
        self.hook(
            "pre-commit",
            &format!("#!/bin/sh\nexec '{reader}' staged >'{}'\n", self.seen_file().display()),
        );
    }

    fn seen_file(&self) -> PathBuf {
        self.home.path().join("seen")
    }

    /// What the last hook saw; `None` if none has run since.
    pub(super) fn seen_by_hook(&self) -> Option<Seen> {
        let text = std::fs::read_to_string(self.seen_file()).ok()?;
        std::fs::remove_file(self.seen_file()).unwrap();
        Some(Seen::parse(&text))
    }

    /// What the library sees when it is asked outside of a hook.
    #[track_caller]
    pub(super) fn seen(&self, arguments: &[&str]) -> Seen {
        let output = self.reader(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Seen::parse(&String::from_utf8(output.stdout).unwrap())
    }

    /// The `Debug` form of the error that the library gives.
    #[track_caller]
    pub(super) fn error(&self, arguments: &[&str]) -> String {
        let output = self.reader(arguments).output().unwrap();
        assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    /// The test program that asks the library.
    pub(super) fn reader(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_speckit-git-reader"));
        command.args(arguments);
        command
    }

    /// Runs the program `speckit`. Arguments are split at spaces.
    #[track_caller]
    pub(super) fn speckit(&self, arguments: &str) -> RunResult {
        let mut command = self.program(env!("CARGO_BIN_EXE_speckit-under-test"));
        RunResult::from_output(command.args(arguments.split_whitespace()).output().unwrap())
    }

    /// What the library sees in a push, of the lines that git gives a hook.
    #[track_caller]
    pub(super) fn seen_in_push(&self, lines: &str) -> Seen {
        let output = output_of(self.reader(&["pushed"]), lines.as_bytes());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Seen::parse(&String::from_utf8(output.stdout).unwrap())
    }

    /// The regular files that a commit has other than an earlier one, by comparing the lists of both trees.
    pub(super) fn difference(&self, before: Option<&str>, after: &str) -> Files {
        let old = before.map(|before| self.tree(before)).unwrap_or_default();
        let new = self.tree(after).into_iter().filter(|(path, entry)| old.get(path) != Some(entry));
        let regular = new.filter(|(_, (mode, _))| mode.starts_with("100"));
        regular.map(|(path, (_, id))| (path, self.try_git(&["cat-file", "blob", &id]).stdout)).collect()
    }

    /// Path, mode and id of the entries of a tree.
    fn tree(&self, commit: &str) -> BTreeMap<Vec<u8>, (String, String)> {
        let output = self.try_git(&["ls-tree", "-r", "-z", "--full-tree", commit]).stdout;
        let entries = output.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
        let parsed = entries.map(|entry| {
            let tab = entry.iter().position(|byte| *byte == b'\t').unwrap();
            let about = std::str::from_utf8(&entry[..tab]).unwrap();
            let words: Vec<&str> = about.split(' ').collect();
            (entry[tab + 1..].to_vec(), (words[0].to_owned(), words[2].to_owned()))
        });
        parsed.collect()
    }

    /// The commit that `HEAD` points to, if there is one.
    pub(super) fn head(&self) -> Option<String> {
        let output = self.try_git(&["rev-parse", "--verify", "--quiet", "HEAD"]);
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim_end().to_owned())
    }

    /// Every file below the folder, `.git` included, with its content and the time of its last change.
    pub(super) fn everything(&self) -> BTreeMap<PathBuf, (Vec<u8>, std::time::SystemTime)> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let metadata = path.symlink_metadata().unwrap();
                if metadata.is_dir() {
                    folders.push(path);
                } else {
                    let content = match std::fs::read_link(&path) {
                        Ok(target) => target.into_os_string().into_vec(),
                        Err(_) => std::fs::read(&path).unwrap(),
                    };
                    found.insert(path, (content, metadata.modified().unwrap()));
                }
            }
        }
        found
    }
}

impl Seen {
    #[track_caller]
    fn parse(text: &str) -> Self {
        let (mut files, mut executable, mut not_read) = (Files::new(), BTreeSet::new(), BTreeMap::new());
        let mut skipped = None;
        for line in text.lines() {
            let (mode, rest) = line.split_once(' ').unwrap();
            let (path, content) = rest.split_once(' ').unwrap();
            if mode == "skipped" {
                skipped = Some((path.parse().unwrap(), content.parse().unwrap()));
                continue;
            }
            let path = bytes(path).unwrap();
            if mode == "Executable" {
                executable.insert(path.clone());
            }
            match bytes(content) {
                Some(content) => drop(files.insert(path, content)),
                None => drop(not_read.insert(path, content.to_owned())),
            }
        }
        Self { files, executable, not_read, skipped: skipped.expect("the reader reached its end") }
    }

    /// The paths of the files that were read.
    pub(super) fn paths(&self) -> Vec<&str> {
        self.files.keys().map(|path| std::str::from_utf8(path).unwrap()).collect()
    }

    /// The content of a file, as text.
    #[track_caller]
    pub(super) fn text(&self, path: &str) -> &str {
        std::str::from_utf8(&self.files[path.as_bytes()]).unwrap()
    }
}

/// The bytes of `x` and hexadecimal digits.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix('x')?;
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    Some(pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect())
}

/// Runs a command with a standard input that fits into a pipe.
pub(super) fn output_of(mut command: Command, input: &[u8]) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that does not read it may have ended.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// A name of a file with bytes that are not UTF-8.
pub(super) fn not_utf8() -> OsString {
    OsStr::from_bytes(b"not-\xff\xfe-utf8").to_owned()
}
