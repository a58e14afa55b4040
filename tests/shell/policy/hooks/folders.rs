//! Where git looks for hooks.

use super::super::repository::Repository;
use super::FakeProgram;

/// Each command names the setting that decides the folder, and writes nothing.
#[track_caller]
fn assert_refused(repository: &Repository, reason: &str, help: &str) {
    let before = repository.everything();
    for command in ["install", "uninstall"] {
        let refused = repository.speckit(&format!("policy hooks {command}")).exits_2();
        refused.only_stderr(reason).stderr_has(help).stderr_has("speckit policy hooks run NAME -- \"$@\"");
    }
    let status = repository.speckit("policy hooks status").exits_1();
    assert!(status.out.contains(help), "{}", status.out);
    assert!(repository.everything() == before);
}

#[test]
fn a_tracked_folder_is_refused_with_the_scope_of_its_setting() {
    let Some(repository) = Repository::new() else { return };
    repository.commit(".githooks/pre-commit", "#!/bin/sh\n");
    repository.git(&["config", "core.hooksPath", ".githooks"]);
    let reason = "is `.githooks` in the scope local (file:.git/config)";
    assert_refused(&repository, reason, "git config --local --unset-all core.hooksPath");
    let refused = repository.speckit("policy hooks install").exits_2();
    refused.stderr_has("git tracks files of").stderr_has("policy/hook");
}

#[test]
fn a_folder_that_other_repositories_use_is_refused() {
    let Some(repository) = Repository::new() else { return };
    let shared = repository.home().join("shared hooks");
    std::fs::create_dir(&shared).unwrap();
    let config = repository.home().join("config");
    std::fs::write(&config, format!("[core]\nhooksPath = {}\n", shared.display())).unwrap();
    let repository = repository.with_variable("GIT_CONFIG_GLOBAL", &config.to_string_lossy());
    let own = repository.path(".git/hooks").canonicalize().unwrap_or_else(|_| repository.path(".git/hooks"));
    let help = format!("git config --local core.hooksPath {}", own.display());
    assert_refused(&repository, "in the scope global", &help);
    assert_eq!(std::fs::read_dir(shared).unwrap().count(), 0);
    // What the help says, helps.
    repository.git(&["config", "--local", "core.hooksPath", &own.display().to_string()]);
    repository.speckit("policy hooks install").succeeds();
    repository.speckit("policy hooks status").succeeds();
}

#[test]
fn a_link_that_leads_out_of_the_repository_is_refused() {
    let Some(repository) = Repository::new() else { return };
    repository.commit("scripts/pre-commit", "#!/bin/sh\n");
    let hooks = repository.path(".git/hooks");
    let _ = std::fs::remove_dir_all(&hooks);
    std::os::unix::fs::symlink("../scripts", &hooks).unwrap();
    let refused = repository.speckit("policy hooks install").exits_2();
    refused.stderr_has("git tracks files of");
    assert_eq!(std::fs::read_dir(repository.path("scripts")).unwrap().count(), 1);
}

#[test]
fn another_folder_of_the_same_repository_is_used_from_any_folder() {
    let Some(repository) = Repository::new() else { return };
    repository.git(&["config", "core.hooksPath", ".git/own hooks"]);
    repository.write("folder/a", "1\n");
    let repository = repository.at("repository/folder");
    repository.speckit("policy hooks install").succeeds();
    repository.speckit("policy hooks status").succeeds();
    let repository = repository.at("repository");
    assert!(repository.path(".git/own hooks/pre-commit").is_file());
    repository.speckit("policy hooks status").succeeds();
}

#[test]
fn the_hooks_of_a_linked_work_tree_are_those_of_its_repository() {
    let Some(repository) = Repository::new() else { return };
    repository.commit("a", "1\n");
    repository.git(&["worktree", "add", "-q", "../linked"]);
    let linked = repository.at("linked");
    let program = FakeProgram::install(&linked);
    linked.speckit("policy hooks status").succeeds();
    linked.git(&["commit", "-qm", "x", "--allow-empty"]);
    assert!(program.logged().starts_with("ours policy hooks run pre-commit --\n"));
    let repository = linked.at("repository");
    assert!(repository.path(".git/hooks/pre-commit").is_file());
}

#[test]
fn a_missing_folder_is_made() {
    let Some(repository) = Repository::new() else { return };
    let _ = std::fs::remove_dir_all(repository.path(".git/hooks"));
    repository.speckit("policy hooks status").exits_1();
    repository.speckit("policy hooks install").succeeds();
    repository.speckit("policy hooks status").succeeds();
}

#[test]
fn outside_a_repository_each_command_exits_2_with_a_way_out() {
    let Some(repository) = Repository::new() else { return };
    let outside = repository.at(".");
    for command in ["install", "status", "uninstall", "run pre-commit", "run pre-push", "run commit-msg -- x"]
    {
        let failed = outside.speckit(&format!("policy hooks {command}")).exits_2();
        failed.only_stderr("is not in a git repository").stderr_has("policy/git").stderr_has("help: ");
    }
    let json = outside.speckit("policy hooks status --format json").exits_2();
    assert_eq!(json.codes(), ["policy/git"]);
}
