//! The installed hooks refuse and let pass.

use std::process::Output;

use super::super::repository::Repository;
use crate::test_dir::NO_MACHINE_CHECKS;

const RULES: &str = r#"
[policy.rules.print]
pattern = '\bprint\('
message = "use the log"

[policy.rules.wip]
pattern = '(?i)^wip\b'
in = ["message"]
message = "finish it first"
"#;

/// A repository with the three hooks, and a bare one that it pushes to.
fn with_hooks() -> Option<Repository> {
    let repository = Repository::new()?;
    repository.commit("speckit.toml", &format!("{NO_MACHINE_CHECKS}{RULES}"));
    let remote = repository.home().join("remote").display().to_string();
    repository.git(&["init", "-q", "--bare", &remote]);
    repository.git(&["remote", "add", "origin", &remote]);
    repository.speckit("policy hooks install").succeeds();
    Some(repository)
}

fn error_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Runs git, which a hook refuses with these texts.
#[track_caller]
fn assert_refused(repository: &Repository, arguments: &[&str], texts: &[&str]) {
    let before = repository.head();
    let output = repository.try_git(arguments);
    let error = error_of(&output);
    assert!(!output.status.success() && repository.head() == before, "{error}");
    for text in texts {
        assert!(error.contains(text), "no `{text}` in:\n{error}");
    }
    let last = error.lines().rfind(|line| !line.starts_with("error: failed to push")).unwrap();
    assert!(last.starts_with("help: `git ") && last.contains("--no-verify"), "{error}");
}

#[test]
fn a_commit_with_a_finding_is_refused_until_it_is_mended() {
    let Some(repository) = with_hooks() else { return };
    repository.write("a.py", "x = 1\nprint(x)\n");
    repository.git(&["add", "-A"]);
    // What is not staged is not committed.
    repository.write("a.py", "x = 1\n");
    let bypass = "help: `git commit --no-verify` goes on without this check of speckit, once";
    assert_refused(&repository, &["commit", "-qm", "x"], &["error[print]: use the log", "a.py:2:1", bypass]);
    repository.git(&["add", "-A"]);
    repository.git(&["commit", "-qm", "x"]);
    repository.write("a.py", "print(2)\n");
    assert_refused(&repository, &["commit", "-qam", "x"], &["a.py:1:1"]);
    assert_refused(&repository, &["commit", "-qm", "x", "--only", "a.py"], &["a.py:1:1"]);
    repository.git(&["commit", "-qam", "x", "--no-verify"]);
}

#[test]
fn a_finding_of_the_baseline_lets_a_commit_pass() {
    let Some(repository) = with_hooks() else { return };
    repository.write("a.py", "print(1)\n");
    repository.speckit("policy baseline").succeeds();
    repository.git(&["add", "-A"]);
    repository.git(&["commit", "-qm", "x"]);
    repository.write("a.py", "\nprint(1)\nprint(1)\n");
    assert_refused(&repository, &["commit", "-qam", "x"], &["a.py:3:1", "1 in the baseline"]);
    repository.write("a.py", "\n\nprint(1)\n");
    repository.git(&["mv", "a.py", "b.py"]);
    repository.git(&["commit", "-qam", "x"]);
}

#[test]
fn a_message_is_checked_as_it_is_committed() {
    let Some(repository) = with_hooks() else { return };
    let empty = ["commit", "-q", "--allow-empty", "-m"];
    assert_refused(&repository, &[&empty[..], &["WIP: x"]].concat(), &["error[wip]: finish it first"]);
    assert_refused(&repository, &[&empty[..], &["Add x", "-m", "wip"]].concat(), &["error[wip]"]);
    repository.git(&[&empty[..], &["Add a wip list"]].concat());
    // The editor leaves a comment, which git removes.
    let editor = repository.hook("editor", "#!/bin/sh\nprintf 'Add x\\n# wip\\n' >\"$1\"\n");
    repository.git(&["-c", &format!("core.editor={}", editor.display()), "commit", "-q", "--allow-empty"]);
    assert_eq!(repository.git(&["log", "-1", "--format=%B"]), "Add x");
}

#[test]
fn a_push_of_a_finding_is_refused_and_nothing_is_sent() {
    let Some(repository) = with_hooks() else { return };
    repository.git(&["push", "-q", "origin", "main"]);
    repository.commit("a.py", "print(1)\n");
    repository.write("a.py", "x = 1\n");
    let bypass = "help: `git push --no-verify` goes on without this check of speckit, once";
    assert_refused(&repository, &["push", "-q", "origin", "main"], &["error[print]", "a.py:1:1", bypass]);
    assert_ne!(
        repository.git(&["ls-remote", "origin", "main"]).split('\t').next().unwrap(),
        repository.head().unwrap()
    );
    repository.git(&["push", "-q", "origin", "--delete", "main"]);
    repository.git(&["commit", "-qam", "x"]);
    repository.git(&["push", "-q", "origin", "main"]);
}

#[test]
fn a_configuration_that_is_invalid_or_off() {
    let Some(repository) = with_hooks() else { return };
    repository.write("speckit.toml", "[policy.rules.x]\npattern = '('\nmessage = 'm'\n");
    assert_refused(
        &repository,
        &["commit", "-qm", "x", "--allow-empty"],
        &["speckit.toml:2:11", "unclosed group"],
    );
    repository.write("speckit.toml", format!("{NO_MACHINE_CHECKS}[policy]\nenforce = 'off'\n{RULES}"));
    repository.write("a.py", "print(1)\n");
    repository.git(&["add", "a.py"]);
    repository.git(&["commit", "-qm", "wip"]);
    repository.write("speckit.toml", format!("{NO_MACHINE_CHECKS}[policy]\nenforce = 'report'\n{RULES}"));
    repository.write("a.py", "print(2)\n");
    let reported = repository.try_git(&["commit", "-qam", "x"]);
    assert!(
        reported.status.success() && error_of(&reported).contains("not enforced: 1 error"),
        "{}",
        error_of(&reported)
    );
}
