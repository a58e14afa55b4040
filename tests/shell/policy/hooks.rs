//! Hooks that git runs.

use std::path::PathBuf;

use super::repository::Repository;
use crate::executable::write_executable;

mod folders;
mod former;
mod messages;
mod scripts;
mod status;

/// A program in the place of speckit. It writes its arguments and its standard input to a file, and exits as another says.
pub(super) struct FakeProgram {
    path: PathBuf,
    log: PathBuf,
    exit: PathBuf,
}

impl FakeProgram {
    /// Its path has what a shell would read as something else.
    pub(super) fn install(repository: &Repository) -> Self {
        let folder = repository.home().join("it's a $folder \"`x`\"\n\\ é");
        std::fs::create_dir_all(&folder).unwrap();
        let (log, exit) = (repository.home().join("log"), repository.home().join("exit"));
        let program = Self { path: folder.join("speckit"), log, exit };
        program.write("ours");
        let installed = repository.reader(&["install", &program.path.to_string_lossy()]).output().unwrap();
        assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
        program
    }

    fn write(&self, name: &str) {
        write_executable(&self.path, self.script(name));
    }

    /// A script that logs under a name, and exits with the code in the file `exit`, or with 0.
    pub(super) fn script(&self, name: &str) -> String {
        let (log, exit) = (self.log.display(), self.exit.display());
        format!(
            "#!/bin/sh\n{{ echo \"{name} $*\"; cat; }} >>'{log}'\n[ ! -f '{exit}' ] || exit \"$(cat '{exit}')\"\n"
        )
    }

    pub(super) fn exits_with(&self, code: u8) {
        std::fs::write(&self.exit, code.to_string()).unwrap();
    }

    /// What was logged since the last call.
    pub(super) fn logged(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        let _ = std::fs::remove_file(&self.log);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[test]
fn git_runs_each_hook_with_its_arguments_and_its_input() {
    let Some(repository) = Repository::new() else { return };
    let program = FakeProgram::install(&repository);
    repository.write("a", "1\n");
    repository.git(&["add", "a"]);
    repository.git(&["commit", "-qm", "x"]);
    let expected =
        "ours policy hooks run pre-commit --\nours policy hooks run commit-msg -- .git/COMMIT_EDITMSG\n";
    assert_eq!(program.logged(), expected);
    let remote = repository.home().join("remote").display().to_string();
    repository.git(&["init", "-q", "--bare", &remote]);
    repository.git(&["push", "-q", &remote, "main"]);
    let head = repository.head().unwrap();
    let line = format!("refs/heads/main {head} refs/heads/main {}\n", "0".repeat(40));
    assert_eq!(program.logged(), format!("ours policy hooks run pre-push -- {remote} {remote}\n{line}"));
}

#[test]
fn a_refusal_of_the_program_refuses() {
    let Some(repository) = Repository::new() else { return };
    let program = FakeProgram::install(&repository);
    program.exits_with(2);
    let commit = ["commit", "-qm", "x", "--allow-empty"];
    assert!(!repository.try_git(&commit).status.success());
    assert_eq!(repository.head(), None);
    repository.git(&[&commit[..], &["--no-verify"]].concat());
    let remote = repository.home().join("remote").display().to_string();
    repository.git(&["init", "-q", "--bare", &remote]);
    assert!(!repository.try_git(&["push", "-q", &remote, "main"]).status.success());
}

#[test]
fn the_installed_program_is_this_one_and_lets_a_commit_and_a_push_pass() {
    let Some(repository) = Repository::new() else { return };
    let installed = repository.speckit("policy hooks install").succeeds().no_stderr();
    assert!(installed.out.contains("pre-commit  installed\n"), "{}", installed.out);
    repository.write("a", "1\n");
    repository.git(&["add", "a"]);
    repository.git(&["commit", "-qm", "x"]);
    let remote = repository.home().join("remote").display().to_string();
    repository.git(&["init", "-q", "--bare", &remote]);
    repository.git(&["push", "-q", &remote, "main"]);
    repository.speckit("policy hooks status").succeeds().no_stderr();
}

#[test]
fn to_install_twice_changes_nothing() {
    let Some(repository) = Repository::new() else { return };
    repository.hook("pre-push", "#!/bin/sh\n");
    let first = repository.speckit("policy hooks install --format json").succeeds().json();
    assert_eq!(first["hooks"][2]["done"], "installed_after_former");
    let before = repository.everything();
    let second = repository.speckit("policy hooks install --format json").succeeds().json();
    assert!(second["hooks"].as_array().unwrap().iter().all(|hook| hook["done"] == "nothing"), "{second}");
    assert!(repository.everything() == before);
}

#[test]
fn a_script_for_another_program_is_written_anew() {
    let Some(repository) = Repository::new() else { return };
    FakeProgram::install(&repository);
    repository.speckit("policy hooks install pre-push").succeeds().no_stderr();
    let script = std::fs::read_to_string(repository.path(".git/hooks/pre-push")).unwrap();
    assert!(script.contains(env!("CARGO_BIN_EXE_speckit-under-test")), "{script}");
}

#[test]
fn a_script_that_is_written_anew_keeps_its_permissions_and_reports_its_other_names() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(repository) = Repository::new() else { return };
    FakeProgram::install(&repository);
    let hook = repository.path(".git/hooks/pre-push");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::fs::hard_link(&hook, repository.home().join("other")).unwrap();
    repository
        .speckit("policy hooks install pre-push")
        .succeeds()
        .stderr_has("warning[file/replaced]")
        .stderr_has(".git/hooks/pre-push` is a new file: 1 other name of the old one (hard links) keeps the old content");
    assert_eq!(std::fs::metadata(&hook).unwrap().permissions().mode() & 0o7777, 0o750);
}

#[test]
fn only_the_named_hooks_are_installed_and_removed() {
    let Some(repository) = Repository::new() else { return };
    repository.speckit("policy hooks install pre-push commit-msg").succeeds();
    repository.speckit("policy hooks status pre-push commit-msg").succeeds();
    repository.speckit("policy hooks status").exits_1();
    repository.speckit("policy hooks uninstall commit-msg").succeeds();
    repository.speckit("policy hooks status pre-push").succeeds();
    repository.speckit("policy hooks status commit-msg").exits_1();
    repository
        .speckit("policy hooks install rebase")
        .exits_2()
        .stderr_has("pre-commit, commit-msg and pre-push");
}
