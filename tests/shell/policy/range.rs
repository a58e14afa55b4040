//! What a range changes, and what a push sends.

use super::repository::{Repository, Seen};

/// A push to a bare repository beside this one, with a hook that reads.
fn with_remote() -> Option<Repository> {
    let repository = Repository::new()?;
    let remote = repository.home().join("remote");
    repository.git(&["init", "-q", "--bare", &remote.to_string_lossy()]);
    repository.git(&["remote", "add", "origin", &remote.to_string_lossy()]);
    let reader = env!("CARGO_BIN_EXE_speckit-git-reader");
    let seen = repository.home().join("seen");
    repository.hook("pre-push", &format!("#!/bin/sh\nexec '{reader}' pushed >'{}'\n", seen.display()));
    Some(repository)
}

impl Repository {
    /// Pushes, and gives what the hook saw.
    #[track_caller]
    fn push(&self, arguments: &[&str]) -> Seen {
        self.git(&[&["push", "-q", "origin"], arguments].concat());
        self.seen_by_hook().expect("the hook ran")
    }

    /// Commits to the remote's branch from another clone.
    fn commit_of_another(&self, branch: &str, name: &str, content: &str) {
        let clone = self.home().join("clone");
        let at = clone.to_string_lossy();
        let remote = self.home().join("remote");
        self.git(&["clone", "-q", "-b", branch, &remote.to_string_lossy(), &at]);
        std::fs::write(clone.join(name), content).unwrap();
        self.git(&["-C", &at, "add", "-A"]);
        self.git(&["-C", &at, "commit", "-qm", "x"]);
        self.git(&["-C", &at, "push", "-q", "origin", branch]);
        std::fs::remove_dir_all(clone).unwrap();
    }
}

#[test]
fn two_dots_compare_the_trees_and_three_what_a_branch_changed() {
    let Some(repository) = Repository::new() else { return };
    repository.commit("a", "1\n");
    repository.git(&["switch", "-qc", "side"]);
    repository.commit("b", "side\n");
    repository.git(&["switch", "-q", "main"]);
    repository.commit("a", "2\n");
    repository.write("a", "not committed\n");
    let two = repository.seen(&["range", "main..side"]);
    assert_eq!((two.paths(), two.text("a")), (vec!["a", "b"], "1\n"));
    assert_eq!(repository.seen(&["range", "main...side"]).paths(), ["b"]);
    assert_eq!(repository.seen(&["range", "HEAD~.."]).text("a"), "2\n");
}

#[test]
fn zeros_stand_for_a_branch_that_does_not_exist() {
    let Some(repository) = Repository::new() else { return };
    repository.commit("a", "1\n");
    repository.commit("b", "2\n");
    let zeros = "0".repeat(40);
    assert_eq!(repository.seen(&["range", &format!("{zeros}..HEAD")]).paths(), ["a", "b"]);
    assert_eq!(repository.seen(&["range", &format!("HEAD..{zeros}")]).paths(), [""; 0]);
}

#[test]
fn a_bare_repository_has_ranges() {
    let Some(repository) = with_remote() else { return };
    repository.commit("a", "1\n");
    repository.commit("b", "2\n");
    repository.push(&["main"]);
    assert_eq!(repository.at("remote").seen(&["range", "main~..main"]).paths(), ["b"]);
}

#[test]
fn an_unknown_revision_and_a_range_without_a_common_commit_are_errors() {
    let Some(repository) = Repository::new() else { return };
    repository.commit("a", "1\n");
    repository.git(&["switch", "-q", "--orphan", "other"]);
    repository.commit("b", "1\n");
    let starts = |range: &str, with: &str| {
        let error = repository.error(&["range", range]);
        assert!(error.starts_with(with), "{error}");
    };
    starts("absent..HEAD", "UnknownRevision { revision: \"absent\" }");
    starts(&format!("{}..HEAD", "1".repeat(40)), "UnknownRevision");
    starts("HEAD..--output=x", "InvalidRange");
    starts("HEAD", "InvalidRange");
    starts("main...other", "NoMergeBase { range: \"main...other\" }");
}

#[test]
fn a_range_that_a_shallow_clone_lacks_is_an_error_of_its_own() {
    let Some(repository) = Repository::new() else { return };
    let first = repository.commit("a", "1\n");
    repository.commit("b", "2\n");
    let url = format!("file://{}", repository.folder().display());
    repository.git(&["clone", "-q", "--depth", "1", &url, "../shallow"]);
    let shallow = repository.at("shallow");
    for range in [format!("{first}..HEAD"), "HEAD~..HEAD".into(), format!("{first}...HEAD")] {
        let error = shallow.error(&["range", &range]);
        assert!(error.starts_with("Shallow") && error.contains("fetch-depth: 0"), "{error}");
    }
}

#[test]
fn the_first_push_sends_the_whole_history_and_later_ones_what_is_new() {
    let Some(repository) = with_remote() else { return };
    repository.commit("a", "1\n");
    repository.commit("b", "2\n");
    assert_eq!(repository.push(&["main"]).paths(), ["a", "b"]);
    repository.commit("b", "3\n");
    repository.write("b", "not committed\n");
    let seen = repository.push(&["main"]);
    assert_eq!((seen.paths(), seen.text("b")), (vec!["b"], "3\n"));
}

#[test]
fn a_new_branch_sends_only_its_own_commits() {
    let Some(repository) = with_remote() else { return };
    repository.commit("a", "1\n");
    repository.push(&["main"]);
    repository.git(&["switch", "-qc", "side"]);
    repository.commit("b", "2\n");
    repository.commit("gone", "3\n");
    repository.git(&["rm", "-q", "gone"]);
    repository.git(&["commit", "-qm", "x"]);
    assert_eq!(repository.push(&["side"]).paths(), ["b"]);
    repository.git(&["branch", "same"]);
    assert_eq!(repository.push(&["same"]).paths(), [""; 0], "its commits are on a remote branch");
}

#[test]
fn a_deleted_branch_sends_nothing() {
    let Some(repository) = with_remote() else { return };
    repository.commit("a", "1\n");
    repository.push(&["main", "main:side"]);
    assert_eq!(repository.push(&["--delete", "side"]).paths(), [""; 0]);
}

#[test]
fn the_commits_of_others_that_were_merged_are_not_sent() {
    let Some(repository) = with_remote() else { return };
    repository.commit("a", "1\n");
    repository.push(&["main", "main:side"]);
    repository.commit_of_another("main", "of another", "1\n");
    repository.git(&["fetch", "-q"]);
    repository.git(&["switch", "-qc", "side"]);
    repository.commit("b", "2\n");
    repository.git(&["merge", "-q", "--no-edit", "origin/main"]);
    assert_eq!(repository.push(&["side"]).paths(), ["b"]);
}

#[test]
fn how_a_conflict_was_resolved_is_sent() {
    let Some(repository) = with_remote() else { return };
    repository.commit("a", "1\n");
    repository.push(&["main"]);
    repository.commit_of_another("main", "a", "of another\n");
    repository.commit("a", "mine\n");
    repository.git(&["fetch", "-q"]);
    assert!(!repository.try_git(&["merge", "origin/main"]).status.success());
    repository.write("a", "resolved\n");
    repository.git(&["commit", "-qam", "x"]);
    assert_eq!(repository.push(&["main"]).text("a"), "resolved\n");
}

#[test]
fn a_file_that_only_a_merge_changes_is_sent() {
    let Some(repository) = with_remote() else { return };
    repository.commit("a", "1\n");
    repository.push(&["main"]);
    repository.commit_of_another("main", "of another", "1\n");
    repository.commit("b", "2\n");
    repository.git(&["fetch", "-q"]);
    repository.git(&["merge", "-q", "--no-commit", "origin/main"]);
    repository.write("a", "in the merge\n");
    repository.git(&["commit", "-qam", "x"]);
    assert_eq!(repository.push(&["main"]).paths(), ["a", "b"]);
}

#[test]
fn a_forced_push_over_unknown_commits_sends_what_is_new() {
    let Some(repository) = with_remote() else { return };
    repository.commit("a", "1\n");
    repository.push(&["main"]);
    repository.commit_of_another("main", "of another", "1\n");
    repository.commit("b", "2\n");
    assert_eq!(repository.push(&["--force", "main"]).paths(), ["b"]);
}

#[test]
fn tags_of_commits_and_of_files_can_be_pushed() {
    let Some(repository) = with_remote() else { return };
    repository.commit("a", "1\n");
    repository.git(&["tag", "-am", "x", "v1"]);
    repository.git(&["tag", "-am", "x", "of-a-file", "HEAD:a"]);
    assert_eq!(repository.push(&["of-a-file"]).paths(), [""; 0], "the first push");
    assert_eq!(repository.push(&["v1"]).paths(), ["a"]);
    repository.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    repository.git(&["tag", "-d", "of-a-file"]);
    repository.git(&["tag", "-am", "other", "of-a-file", "HEAD:a"]);
    assert_eq!(repository.push(&["-f", "of-a-file"]).paths(), [""; 0]);
}

#[test]
fn a_repository_that_receives_a_push_sees_it_before_it_accepts_it() {
    let Some(repository) = with_remote() else { return };
    repository.commit("a", "1\n");
    repository.push(&["main"]);
    let (reader, seen) = (env!("CARGO_BIN_EXE_speckit-git-reader"), repository.home().join("seen"));
    let remote = repository.at("remote");
    remote.hook("pre-receive", &format!("#!/bin/sh\n'{reader}' pushed >'{}'\nexit 1\n", seen.display()));
    let repository = remote.at("repository");
    repository.commit("b", "2\n");
    assert!(
        !repository.try_git(&["push", "-q", "--no-verify", "origin", "main", "main:new"]).status.success()
    );
    assert_eq!(repository.seen_by_hook().unwrap().paths(), ["b"]);
}

#[test]
fn lines_that_are_not_of_a_push_are_refused() {
    let Some(repository) = Repository::new() else { return };
    assert_eq!(repository.seen_in_push("").paths(), [""; 0]);
    let output = super::repository::output_of(repository.reader(&["pushed"]), b"x\n");
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("PushLine { line: \"x\" }"));
}
