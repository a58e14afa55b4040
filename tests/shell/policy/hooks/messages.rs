//! What `policy hooks run` reads.

use super::super::repository::Repository;

#[test]
fn the_message_comes_from_the_file_that_git_names() {
    let Some(repository) = Repository::new() else { return };
    repository.write("message", "Add x\n");
    repository.speckit("policy hooks run commit-msg -- message").succeeds().no_stderr();
    repository.speckit("policy hooks run commit-msg -- absent").exits_2().stderr_has("file/missing");
    repository
        .speckit("policy hooks run commit-msg")
        .exits_2()
        .stderr_has("the file with the message is missing");
    repository.speckit("policy hooks run post-commit").exits_2();
}

#[test]
fn the_command_for_the_scripts_is_not_shown() {
    let Some(repository) = Repository::new() else { return };
    let help = repository.speckit("policy hooks --help").succeeds().out;
    assert!(help.contains("install") && help.contains("status") && !help.contains("run "), "{help}");
}
