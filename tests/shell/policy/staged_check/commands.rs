//! `[policy.commands]`: other programs that check the files.

use super::super::repository::Repository;
use crate::test_dir::{NO_MACHINE_CHECKS, TestDir};

/// A folder with these commands.
fn folder(commands: &str) -> TestDir {
    TestDir::with_config(&format!("{NO_MACHINE_CHECKS}{commands}"))
        .variable("PATH", &std::env::var("PATH").unwrap())
        .file("src/a.rs", "fn a() {}\n")
        .file("README.md", "text\n")
}

#[test]
fn a_command_that_fails_fails_the_check_and_its_output_is_shown() {
    let dir = folder(
        "[policy.commands.fmt]\nrun = ['sh', '-c', 'echo the diff; echo on stderr >&2; exit 3', 'a b']\non = ['check']\n",
    );
    let failed = dir.run("policy check").exits_1();
    for part in [
        "command fmt failed: exit status 3: sh -c",
        "  | the diff\n",
        "  | on stderr\n",
        "failed: 1 failed command",
    ] {
        assert!(failed.out.contains(part), "no `{part}` in:\n{}", failed.out);
    }
    let json = dir.run("policy check --format json").exits_1().json();
    let fmt = &json["commands"]["fmt"];
    assert_eq!((&fmt["ok"], &fmt["ending"]), (&false.into(), &"exit status 3".into()));
    dir.run("policy check --set policy.enforce=report").succeeds();
    let passed =
        folder("[policy.commands.fmt]\nrun = ['true']\non = ['check']\n").run("policy check --format json");
    assert_eq!(passed.succeeds().json()["commands"]["fmt"]["ok"], true);
}

#[test]
fn a_command_gets_no_secret_of_the_program() {
    let dir = folder(
        "[providers.openai]\napi_key_env = 'MODEL_KEY'\n\
         [policy.commands.env]\nrun = ['sh', '-c', 'env > env.txt']\non = ['check']\n",
    );
    let dir = dir
        .variable("MODEL_KEY", "canary")
        .variable("SPECKIT_AUTH__WORK__CLIENT_SECRET", "canary")
        .variable("OTHER", "is inherited");
    dir.run("policy check").succeeds();
    let environment = dir.read("env.txt");
    assert!(environment.contains("OTHER=is inherited") && !environment.contains("canary"), "{environment}");
}

#[test]
fn a_command_that_is_too_slow_or_not_there_fails() {
    let dir = folder(
        "[policy.commands.slow]\nrun = ['sleep', '600']\non = ['check']\ntimeout_s = 1\n\
         [policy.commands.gone]\nrun = ['speckit-absent-command']\non = ['check']\n",
    );
    let failed = dir.run("policy check").exits_1();
    assert!(failed.out.contains("command slow failed: timed out after 1 s: sleep 600"), "{}", failed.out);
    assert!(
        failed.out.contains("command gone failed:") && failed.out.contains("2 failed commands"),
        "{}",
        failed.out
    );
}

#[test]
fn commands_run_in_parallel() {
    let waits = |own: &str, other: &str| format!("touch {own}; while [ ! -e {other} ]; do sleep 0.05; done");
    let dir = folder(&format!(
        "[policy.commands.a]\nrun = ['sh', '-c', '{}']\non = ['check']\ntimeout_s = 60\n\
         [policy.commands.b]\nrun = ['sh', '-c', '{}']\non = ['check']\ntimeout_s = 60\n",
        waits("one", "two"),
        waits("two", "one"),
    ));
    dir.run("policy check").succeeds();
}

#[test]
fn a_command_runs_if_a_checked_file_is_of_its_paths() {
    let log = |name: &str, paths: &str| {
        format!(
            "[policy.commands.{name}]\nrun = ['touch', '{name}.ran']\non = ['check']\nwhen_paths = ['{paths}']\n"
        )
    };
    let dir = folder(&(log("rust", "*.rs") + &log("python", "*.py") + &log("prose", "*.md")));
    let ran = || dir.names().into_iter().filter(|name| name.ends_with(".ran")).collect::<Vec<_>>();
    dir.run("policy check src").succeeds();
    assert_eq!(ran(), ["rust.ran"]);
    // No shipped rule looks at prose, yet a command does.
    dir.run("policy check").succeeds();
    assert_eq!(ran(), ["prose.ran", "rust.ran"]);
}

#[test]
fn a_command_runs_on_its_events_and_knows_nothing_of_the_index_of_the_commit() {
    let Some(repository) = Repository::new() else { return };
    let command = |name: &str, event: &str| {
        format!(
            "[policy.commands.{name}]\nrun = ['sh', '-c', 'env; exit 1']\non = ['{event}']\nwhen_paths = ['*.md', '*.rs']\n"
        )
    };
    let commands =
        command("committed", "pre-commit") + &command("pushed", "pre-push") + &command("checked", "check");
    repository.commit("speckit.toml", &format!("{NO_MACHINE_CHECKS}{commands}"));
    repository.speckit("trust speckit.toml --yes").succeeds();
    repository.commit("other.txt", "1\n");
    repository.speckit("policy hooks install").succeeds();
    repository.write("a.md", "1\n");
    repository.git(&["add", "a.md"]);
    repository.write("other.txt", "2\n");
    for arguments in
        [&["commit", "-qm", "x"][..], &["commit", "-qam", "x"], &["commit", "-qm", "x", "--only", "a.md"]]
    {
        let refused = repository.try_git(arguments);
        let text =
            String::from_utf8_lossy(&refused.stdout).into_owned() + &String::from_utf8_lossy(&refused.stderr);
        assert!(
            !refused.status.success() && text.contains("command committed failed: exit status 1"),
            "{text}"
        );
        assert!(
            text.contains("PATH=") && !text.contains("GIT_INDEX_FILE") && !text.contains("command checked"),
            "{text}"
        );
    }
    repository.git(&["commit", "-qm", "only text", "--only", "other.txt"]);
    let staged = repository.speckit("policy check --staged").exits_1();
    assert!(staged.out.contains("command committed failed"), "{}", staged.out);
    let range = repository.speckit("policy check --range HEAD~2..HEAD").succeeds();
    assert!(!range.out.contains("failed"), "{}", range.out);
    repository.git(&["commit", "-qm", "x", "--no-verify"]);
    let remote = repository.home().join("remote").display().to_string();
    repository.git(&["init", "-q", "--bare", &remote]);
    let refused = repository.try_git(&["push", "-q", &remote, "main"]);
    let text =
        String::from_utf8_lossy(&refused.stdout).into_owned() + &String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && text.contains("command pushed failed"), "{text}");
}
