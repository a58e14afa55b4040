//! A hook that is there already.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::super::repository::{Repository, output_of};
use super::FakeProgram;
use crate::executable::write_executable;

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o7777
}

#[test]
fn it_runs_first_with_the_same_arguments_and_input() {
    let Some(repository) = Repository::new() else { return };
    let program = FakeProgram::install(&repository);
    for name in ["pre-commit", "commit-msg", "pre-push"] {
        let hook = repository.path(".git/hooks").join(name);
        write_executable(&hook.with_file_name(format!("{name}.before-speckit")), program.script("former"));
        let mut command = repository.program(&hook);
        command.args(["one", "two words", "$HOME"]);
        let input: &[u8] =
            if name == "pre-push" { b"  a \\ b\n\n\tlast line\xff without an end" } else { b"" };
        assert!(output_of(command, input).status.success());
        let input = String::from_utf8_lossy(input);
        let expected = format!(
            "former one two words $HOME\n{input}ours policy hooks run {name} -- one two words $HOME\n{input}"
        );
        assert_eq!(program.logged(), expected);
    }
}

#[test]
fn its_refusal_refuses_with_its_code_and_nothing_is_checked() {
    let Some(repository) = Repository::new() else { return };
    let program = FakeProgram::install(&repository);
    for name in ["pre-commit", "commit-msg", "pre-push"] {
        let hook = repository.path(".git/hooks").join(name);
        write_executable(&hook.with_file_name(format!("{name}.before-speckit")), "#!/bin/sh\nexit 37\n");
        let output = output_of(repository.program(&hook), b"a\n");
        assert_eq!((output.status.code(), program.logged()), (Some(37), String::new()), "{name}");
    }
}

#[test]
fn one_that_does_not_read_its_input_is_no_error() {
    let Some(repository) = Repository::new() else { return };
    let program = FakeProgram::install(&repository);
    let hook = repository.path(".git/hooks/pre-push");
    write_executable(&hook.with_file_name("pre-push.before-speckit"), "#!/bin/sh\nexec <&-\nexit 0\n");
    let input = "refs/heads/a 1 refs/heads/b 2\n".repeat(1000);
    let output = output_of(repository.program(&hook), input.as_bytes());
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
    assert_eq!(program.logged(), format!("ours policy hooks run pre-push --\n{input}"));
}

#[test]
fn one_that_git_would_ignore_is_not_run_and_returns_as_it_was() {
    let Some(repository) = Repository::new() else { return };
    let hook = repository.hook("pre-commit", "#!/bin/sh\nexit 1\n");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o640)).unwrap();
    repository.speckit("policy hooks install").succeeds();
    repository.git(&["commit", "-qm", "x", "--allow-empty"]);
    repository.speckit("policy hooks uninstall").succeeds();
    assert_eq!((mode(&hook), std::fs::read_to_string(&hook).unwrap()), (0o640, "#!/bin/sh\nexit 1\n".into()));
}

#[test]
fn uninstall_restores_its_bytes_its_mode_and_its_time() {
    let Some(repository) = Repository::new() else { return };
    let bytes = b"#!/bin/sh\n\xff\0no end of line";
    let hook = repository.path(".git/hooks/pre-push");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, bytes).unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o4711)).unwrap();
    let before = (repository.everything(), mode(&hook));
    repository.speckit("policy hooks install").succeeds();
    assert_ne!(std::fs::read(&hook).unwrap(), bytes);
    assert_eq!(mode(&hook) & 0o111, 0o111, "the script may be executed");
    repository.speckit("policy hooks uninstall").succeeds();
    assert!((repository.everything(), mode(&hook)) == before);
}

#[test]
fn a_link_stays_a_link() {
    let Some(repository) = Repository::new() else { return };
    let program = FakeProgram::install(&repository);
    repository.speckit("policy hooks uninstall").succeeds();
    repository.write("scripts/check", program.script("linked"));
    let target = repository.path("scripts/check");
    write_executable(&target, program.script("linked"));
    let hook = repository.path(".git/hooks/pre-commit");
    symlink("../../scripts/check", &hook).unwrap();
    FakeProgram::install(&repository);
    repository.git(&["commit", "-qm", "x", "--allow-empty"]);
    assert!(program.logged().starts_with("linked \nours policy hooks run pre-commit --\n"));
    assert_eq!(
        std::fs::read_to_string(&target).unwrap(),
        program.script("linked"),
        "the target is not touched"
    );
    repository.speckit("policy hooks uninstall").succeeds();
    assert_eq!(std::fs::read_link(&hook).unwrap(), Path::new("../../scripts/check"));
}

#[test]
fn what_would_be_lost_is_refused_and_no_hook_is_changed() {
    let Some(repository) = Repository::new() else { return };
    repository.hook("pre-push", "#!/bin/sh\n");
    repository.hook("pre-push.before-speckit", "#!/bin/sh\n");
    let before = repository.everything();
    let refused = repository.speckit("policy hooks install").exits_2();
    refused.only_stderr("pre-push.before-speckit` is there already").stderr_has("policy/hook");
    assert!(repository.everything() == before, "pre-commit could have been installed");
    repository.speckit("policy hooks uninstall").exits_2().stderr_has("is the hook from before speckit");
    assert!(repository.everything() == before);
}

#[test]
fn an_edited_script_is_neither_replaced_nor_removed() {
    let Some(repository) = Repository::new() else { return };
    let program = FakeProgram::install(&repository);
    let hook = repository.path(".git/hooks/pre-commit");
    let script = std::fs::read_to_string(&hook).unwrap() + "echo mine\n";
    std::fs::write(&hook, &script).unwrap();
    repository.speckit("policy hooks install").exits_2().stderr_has("and was edited");
    repository.speckit("policy hooks uninstall").exits_2().stderr_has("pre-commit.before-speckit");
    assert_eq!(std::fs::read_to_string(&hook).unwrap(), script);
    repository.speckit("policy hooks status pre-commit").succeeds();
    assert_eq!(program.logged(), "");
}

#[test]
fn a_hook_of_another_is_left_alone_unless_it_is_named() {
    let Some(repository) = Repository::new() else { return };
    let hook = repository.hook("pre-push", "#!/bin/sh\n");
    repository.speckit("policy hooks install pre-commit").succeeds();
    let removed = repository.speckit("policy hooks uninstall").succeeds();
    assert_eq!(
        removed.out,
        "pre-commit  removed\ncommit-msg  was not installed\npre-push    is not from speckit\n"
    );
    repository.speckit("policy hooks uninstall pre-push").exits_2().stderr_has("is not from speckit");
    assert_eq!(std::fs::read_to_string(hook).unwrap(), "#!/bin/sh\n");
}

#[test]
fn one_whose_script_was_deleted_returns() {
    let Some(repository) = Repository::new() else { return };
    let hook = repository.hook("pre-push", "#!/bin/sh\n# mine\n");
    repository.speckit("policy hooks install").succeeds();
    std::fs::remove_file(&hook).unwrap();
    repository.speckit("policy hooks uninstall").succeeds();
    assert_eq!(std::fs::read_to_string(hook).unwrap(), "#!/bin/sh\n# mine\n");
}
