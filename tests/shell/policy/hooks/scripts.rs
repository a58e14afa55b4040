//! The script, wherever it runs.

use speckit::policy::LOCAL_VARIABLES;

use super::super::repository::{Repository, output_of};
use super::FakeProgram;
use crate::executable::write_executable;

#[test]
fn without_its_program_it_calls_the_one_in_path() {
    let Some(repository) = Repository::new() else { return };
    let program = FakeProgram::install(&repository);
    let folder = repository.home().join("other programs");
    std::fs::create_dir(&folder).unwrap();
    write_executable(&folder.join("speckit"), program.script("in PATH"));
    std::fs::remove_file(&program.path).unwrap();
    let mut hook = repository.program(repository.path(".git/hooks/pre-commit"));
    let path = std::env::var("PATH").unwrap();
    assert!(hook.env("PATH", format!("{}:{path}", folder.display())).status().unwrap().success());
    assert_eq!(program.logged(), "in PATH policy hooks run pre-commit --\n");
}

#[test]
fn without_any_program_it_refuses_after_the_former_hook_with_the_command_that_mends_it() {
    let Some(repository) = Repository::new() else { return };
    let program = FakeProgram::install(&repository);
    std::fs::remove_file(&program.path).unwrap();
    for (name, bypass) in
        [("pre-commit", "git commit"), ("commit-msg", "git commit"), ("pre-push", "git push")]
    {
        let hook = repository.path(".git/hooks").join(name);
        write_executable(&hook.with_file_name(format!("{name}.before-speckit")), program.script("former"));
        let mut command = repository.program(&hook);
        command.env("PATH", "/usr/bin:/bin");
        let output = output_of(command, b"");
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), &*program.logged()), (Some(1), "former \n"), "{error}");
        assert!(error.contains("speckit policy hooks install"), "{error}");
        assert!(error.contains(&format!("`{bypass} --no-verify`")), "{error}");
    }
}

#[test]
fn the_variables_that_lead_to_the_index_are_those_that_git_lists() {
    let Some(repository) = Repository::new() else { return };
    let listed = repository.git(&["rev-parse", "--local-env-vars"]);
    let missing: Vec<_> = listed.lines().filter(|name| !LOCAL_VARIABLES.contains(name)).collect();
    assert_eq!(missing, [""; 0], "git knows more of them");
}

#[test]
fn it_needs_nothing_from_path() {
    let Some(repository) = Repository::new() else { return };
    FakeProgram::install(&repository);
    let ours = repository.home().join("it's a $folder \"`x`\"\n\\ é/speckit");
    write_executable(&ours, "#!/bin/sh\nwhile read -r line; do echo \"$line\"; done\nexit 3\n");
    for name in ["pre-commit", "commit-msg", "pre-push"] {
        let mut hook = repository.program(repository.path(".git/hooks").join(name));
        hook.env("PATH", "");
        let output = output_of(hook, b"a\nb\n");
        assert_eq!((output.status.code(), &*output.stdout), (Some(3), &b"a\nb\n"[..]), "{name}");
    }
}

#[test]
fn each_posix_shell_understands_it() {
    let Some(repository) = Repository::new() else { return };
    let program = FakeProgram::install(&repository);
    for shell in ["dash", "bash --posix", "busybox sh", "ksh", "mksh", "yash", "zsh --emulate sh"] {
        let (shell, options) = shell.split_once(' ').unwrap_or((shell, ""));
        for name in ["pre-commit", "pre-push"] {
            let hook = repository.path(".git/hooks").join(name);
            write_executable(
                &hook.with_file_name(format!("{name}.before-speckit")),
                program.script("former"),
            );
            let mut command = repository.program(shell);
            // The name without a folder, as a shell is called in the folder of the hooks.
            command
                .args(options.split_whitespace())
                .args([name, "x y"])
                .current_dir(repository.path(".git/hooks"));
            let is_there =
                repository.program(shell).args(options.split_whitespace()).arg("/dev/null").output().is_ok();
            if !is_there {
                continue;
            }
            let input = if name == "pre-push" { "a b\n" } else { "" };
            let output = output_of(command, input.as_bytes());
            assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(
                program.logged(),
                format!("former x y\n{input}ours policy hooks run {name} -- x y\n{input}")
            );
        }
    }
}
