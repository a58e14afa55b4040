//! Whether git runs the hooks.

use std::os::unix::fs::PermissionsExt as _;

use super::super::repository::Repository;
use super::FakeProgram;
use crate::executable::write_executable;

#[track_caller]
fn assert_does_not_run(repository: &Repository, reason: &str) {
    let status = repository.speckit("policy hooks status pre-commit").exits_1().no_stderr();
    assert!(status.out.contains(&format!("pre-commit  does not run: {reason}")), "{}", status.out);
    let json = repository.speckit("policy hooks status pre-commit --format json").exits_1().json();
    assert_eq!((&json["ok"], &json["hooks"][0]["runs"]), (&false.into(), &false.into()));
    assert!(json["hooks"][0]["reason"].as_str().unwrap().starts_with(reason), "{json}");
}

fn installed() -> Option<Repository> {
    let repository = Repository::new()?;
    repository.speckit("policy hooks install").succeeds();
    Some(repository)
}

#[test]
fn hooks_that_run_are_reported_with_their_folder_and_their_program() {
    let Some(repository) = installed() else { return };
    let json = repository.speckit("policy hooks status --format json").succeeds().json();
    assert_eq!((&json["ok"], &json["setting"]), (&true.into(), &serde_json::Value::Null));
    assert!(json["folder"].as_str().unwrap().ends_with("/repository/.git/hooks"), "{json}");
    let hook = &json["hooks"][1];
    assert_eq!(
        (&hook["name"], &hook["runs"], &hook["former"]),
        (&"commit-msg".into(), &true.into(), &false.into())
    );
    assert_eq!(hook["program"], env!("CARGO_BIN_EXE_speckit-under-test"));
    let text = repository.speckit("policy hooks status").succeeds().out;
    assert!(text.ends_with("pre-commit  runs\ncommit-msg  runs\npre-push    runs\n"), "{text}");
}

#[test]
fn nothing_of_a_hook_is_done() {
    let Some(repository) = Repository::new() else { return };
    let program = FakeProgram::install(&repository);
    for name in ["pre-commit", "commit-msg", "pre-push"] {
        repository.hook(&format!("{name}.before-speckit"), &program.script("former"));
    }
    repository.git(&["config", "hook.other.command", "touch other"]);
    repository.git(&["config", "hook.other.event", "pre-commit"]);
    let before = repository.everything();
    let status = repository.speckit("policy hooks status").succeeds();
    assert!(status.out.contains("pre-push    runs, after the hook from before\n"), "{}", status.out);
    assert_eq!(program.logged(), "");
    assert!(repository.everything() == before);
}

#[test]
fn a_missing_hook_does_not_run() {
    let Some(repository) = Repository::new() else { return };
    assert_does_not_run(&repository, "it is not installed");
}

#[test]
fn the_hook_of_another_is_not_run_to_find_out() {
    let Some(repository) = installed() else { return };
    repository.hook("pre-commit", "#!/bin/sh\ntouch ran\n");
    assert_does_not_run(&repository, "another hook is in its place");
    assert!(!repository.path("ran").exists());
}

#[test]
fn a_file_that_may_not_be_executed_does_not_run_and_is_mended_by_installing() {
    let Some(repository) = installed() else { return };
    let hook = repository.path(".git/hooks/pre-commit");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_does_not_run(&repository, "the file is not executable");
    repository.speckit("policy hooks install").succeeds();
    repository.speckit("policy hooks status").succeeds();
}

#[test]
fn a_hook_without_its_program_does_not_run() {
    let Some(repository) = Repository::new() else { return };
    let program = FakeProgram::install(&repository);
    std::fs::remove_file(&program.path).unwrap();
    assert_does_not_run(&repository, "`");
    write_executable(&program.path, program.script("ours"));
    repository.speckit("policy hooks status pre-commit").succeeds();
}

#[test]
fn a_setting_that_leads_elsewhere_is_reported() {
    let Some(repository) = installed() else { return };
    repository.git(&["config", "core.hooksPath", "/elsewhere"]);
    assert_does_not_run(&repository, "it is not installed");
    let json = repository.speckit("policy hooks status --format json").exits_1().json();
    let setting = &json["setting"];
    assert_eq!((&setting["scope"], &setting["value"]), (&"local".into(), &"/elsewhere".into()));
    assert_eq!(setting["origin"], "file:.git/config");
    repository.git(&["config", "core.hooksPath", "/dev/null"]);
    assert_does_not_run(&repository, "it is not installed");
}

#[test]
fn the_last_line_of_git_is_the_reason_if_it_does_not_run_a_hook() {
    let Some(repository) = installed() else { return };
    let hook = repository.path(".git/hooks/pre-commit");
    let script = std::fs::read_to_string(&hook).unwrap();
    // Still recognised, but a syntax error to every shell.
    std::fs::write(&hook, script.replacen("program=$installed\n", "program=$installed\nif\n", 1)).unwrap();
    let status = repository.speckit("policy hooks status pre-commit").exits_1();
    assert!(
        status.out.contains("does not run: ") && status.out.contains("git hook run pre-commit"),
        "{}",
        status.out
    );
}
