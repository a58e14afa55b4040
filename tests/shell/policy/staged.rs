//! What is staged is what a commit will have.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::repository::{Repository, not_utf8};
use crate::executable::write_executable;

mod law;

/// The content that a path has in the work tree, in the index, and in `HEAD`, all different.
const THREE_STATES: [&str; 3] = ["committed\n", "staged\n", "not staged\n"];

/// A repository with a commit and a hook that reads; `a` is committed, staged and changed again.
fn with_three_states() -> Option<Repository> {
    let repository = Repository::new()?;
    let [committed, staged, unstaged] = THREE_STATES;
    repository.commit("a", committed);
    repository.commit("other", "other\n");
    repository.install_reader();
    repository.write("a", staged);
    repository.git(&["add", "a"]);
    repository.write("a", unstaged);
    Some(repository)
}

/// Commits, and compares what the hook saw with the commit.
#[track_caller]
fn assert_commit_is_seen(repository: &Repository, arguments: &[&str]) {
    let before = repository.head();
    repository.git(&[&["commit", "-qm", "x"], arguments].concat());
    let seen = repository.seen_by_hook().expect("the hook ran");
    assert_eq!(seen.files, repository.difference(before.as_deref(), "HEAD"));
}

#[test]
fn a_plain_commit_has_the_staged_content() {
    let Some(repository) = with_three_states() else { return };
    assert_eq!(repository.seen(&["staged"]).text("a"), "staged\n");
    assert_commit_is_seen(&repository, &[]);
    assert_eq!(repository.seen(&["staged"]).paths(), [""; 0]);
}

#[test]
fn commit_all_has_the_content_of_the_work_tree() {
    let Some(repository) = with_three_states() else { return };
    repository.write("other", "changed\n");
    let before = repository.head();
    repository.git(&["commit", "-qam", "x"]);
    let seen = repository.seen_by_hook().unwrap();
    assert_eq!((seen.text("a"), seen.text("other")), ("not staged\n", "changed\n"));
    assert_eq!(seen.files, repository.difference(before.as_deref(), "HEAD"));
}

#[test]
fn commit_only_has_the_named_paths_and_no_other_staged_ones() {
    let Some(repository) = with_three_states() else { return };
    repository.write("other", "changed\n");
    let before = repository.head();
    repository.git(&["commit", "-qm", "x", "--only", "other"]);
    let seen = repository.seen_by_hook().unwrap();
    assert_eq!(seen.paths(), ["other"]);
    assert_eq!(seen.files, repository.difference(before.as_deref(), "HEAD"));
    assert_eq!(repository.seen(&["staged"]).text("a"), "staged\n", "it is still staged");
}

#[test]
fn an_amended_commit_is_compared_with_the_one_that_it_replaces() {
    let Some(repository) = with_three_states() else { return };
    assert_commit_is_seen(&repository, &["--amend"]);
}

#[test]
fn a_part_of_a_file_is_staged() {
    let Some(repository) = Repository::new() else { return };
    repository.commit("a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    repository.install_reader();
    repository.write("a", "1\n2!\n3\n4\n5\n6\n7\n8!\n9\n");
    let patch = "--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-2\n+2!\n 3\n";
    repository.git_with_input(&["apply", "--cached"], patch.as_bytes());
    assert_eq!(repository.seen(&["staged"]).text("a"), "1\n2!\n3\n4\n5\n6\n7\n8\n9\n");
    assert_commit_is_seen(&repository, &[]);
}

#[test]
fn the_first_commit_has_every_staged_file() {
    let Some(repository) = Repository::new() else { return };
    repository.install_reader();
    repository.write("a", "1\n");
    repository.write("b/c", "");
    repository.git(&["add", "a", "b"]);
    repository.write("not staged", "2\n");
    assert_eq!(repository.seen(&["staged"]).paths(), ["a", "b/c"]);
    assert_commit_is_seen(&repository, &[]);
}

#[test]
fn a_merge_has_what_the_other_branch_brings_and_how_a_conflict_was_resolved() {
    let Some(repository) = Repository::new() else { return };
    repository.commit("a", "1\n");
    repository.git(&["switch", "-qc", "side"]);
    repository.commit("b", "side\n");
    repository.commit("a", "side\n");
    repository.git(&["switch", "-q", "main"]);
    repository.commit("a", "main\n");
    repository.install_reader();
    assert!(!repository.try_git(&["merge", "side"]).status.success(), "there is a conflict");
    assert_eq!(repository.seen(&["staged"]).paths(), ["b"], "a conflict is not staged");
    repository.write("a", "resolved\n");
    repository.git(&["add", "a"]);
    let before = repository.head();
    repository.git(&["commit", "-q", "--no-edit"]);
    let seen = repository.seen_by_hook().unwrap();
    assert_eq!((seen.text("a"), seen.text("b")), ("resolved\n", "side\n"));
    assert_eq!(seen.files, repository.difference(before.as_deref(), "HEAD"));
}

#[test]
fn a_linked_work_tree_has_an_index_of_its_own() {
    let Some(repository) = with_three_states() else { return };
    repository.git(&["worktree", "add", "-q", "../linked"]);
    let linked = repository.at("linked");
    linked.write("only here", "1\n");
    linked.git(&["add", "-A"]);
    assert_eq!(linked.seen(&["staged"]).paths(), ["only here"]);
    assert_commit_is_seen(&linked, &[]);
}

#[test]
fn an_announced_file_is_not_staged() {
    let Some(repository) = with_three_states() else { return };
    repository.write("announced", "1\n");
    repository.git(&["add", "--intent-to-add", "announced"]);
    assert_eq!(repository.seen(&["staged"]).paths(), ["a"]);
    assert_commit_is_seen(&repository, &[]);
}

#[test]
fn links_and_submodules_are_counted_and_a_link_that_becomes_a_file_is_read() {
    let Some(repository) = Repository::new() else { return };
    symlink("target", repository.path("was a link")).unwrap();
    let commit = repository.commit("was a file", "1\n");
    std::fs::remove_file(repository.path("was a link")).unwrap();
    repository.write("was a link", "now a file\n");
    std::fs::remove_file(repository.path("was a file")).unwrap();
    symlink("target", repository.path("was a file")).unwrap();
    repository.git(&["add", "-A"]);
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},module")]);
    let seen = repository.seen(&["staged"]);
    assert_eq!(seen.paths(), ["was a link"]);
    assert_eq!(seen.skipped, (1, 1));
}

#[test]
fn names_may_contain_anything() {
    let Some(repository) = Repository::new() else { return };
    repository.install_reader();
    let names =
        ["two words", "line\nend", "\"quoted\"", "tab\t", " ", "-option", "grün", ":(top)x", "*", "\\"];
    for name in names {
        repository.write(name, name);
    }
    repository.write(not_utf8(), "not UTF-8\n");
    repository.git(&["add", "-A"]);
    let seen = repository.seen(&["staged"]);
    assert_eq!(seen.files.len(), names.len() + 1);
    assert_eq!(seen.files[not_utf8().as_bytes()], b"not UTF-8\n");
    assert_commit_is_seen(&repository, &[]);
}

#[test]
fn a_deleted_or_renamed_file_is_no_more_at_its_old_path() {
    let Some(repository) = Repository::new() else { return };
    repository.commit("a", "1\n");
    repository.commit("b", "2\n");
    repository.git(&["rm", "-q", "b"]);
    repository.git(&["mv", "a", "c"]);
    assert_eq!(repository.seen(&["staged"]).paths(), ["c"]);
}

#[test]
fn in_a_folder_paths_are_relative_and_files_outside_are_left_out() {
    let Some(repository) = with_three_states() else { return };
    repository.write("folder/b", "2\n");
    repository.git(&["add", "-A"]);
    assert_eq!(repository.seen(&["staged"]).paths(), ["a", "folder/b"]);
    assert_eq!(repository.at("repository/folder").seen(&["staged"]).paths(), ["b"]);
}

#[test]
fn content_that_is_not_read_has_its_kind() {
    let Some(repository) = Repository::new() else { return };
    repository.write("large", vec![b'x'; (1 << 20) + 1]);
    repository.write("limit", vec![b'x'; 1 << 20]);
    repository.write("pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n");
    repository.write("z", "after the large one\n");
    write_executable(&repository.path("run"), "#!/bin/sh\n");
    repository.git(&["add", "-A"]);
    let absent = "1".repeat(40);
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{absent},absent")]);
    let seen = repository.seen(&["staged"]);
    assert_eq!(seen.paths(), ["limit", "run", "z"]);
    assert_eq!(seen.text("z"), "after the large one\n");
    assert_eq!(seen.executable, [b"run".to_vec()].into());
    let not_read: Vec<_> = seen.not_read.iter().map(|(path, kind)| (&path[..], &**kind)).collect();
    let expected: [(&[u8], &str); 3] =
        [(b"absent", "Missing"), (b"large", "TooLarge { bytes: 1048577 }"), (b"pointer", "LfsPointer")];
    assert_eq!(not_read, expected);
}

#[test]
fn more_files_than_fit_into_a_pipe_are_read_in_order() {
    let Some(repository) = Repository::new() else { return };
    let ids = ["even", "odd"].map(|content| {
        repository.git_with_input(&["hash-object", "-w", "--stdin"], content.repeat(200).as_bytes())
    });
    // The ids alone fill a pipe of 64 KiB several times.
    let entries = (0..8000).map(|number| format!("100644 {}\t{number:04}\n", ids[number % 2]));
    let list = repository.home().join("entries");
    std::fs::write(&list, entries.collect::<String>()).unwrap();
    let mut update = repository.command(&["update-index", "--index-info"]);
    assert!(update.stdin(std::fs::File::open(list).unwrap()).status().unwrap().success());
    let seen = repository.seen(&["staged"]);
    assert_eq!(seen.files.len(), 8000);
    assert_eq!((seen.text("7998"), seen.text("7999")), (&*"even".repeat(200), &*"odd".repeat(200)));
}

#[test]
fn the_configuration_does_not_change_what_is_seen() {
    let Some(repository) = with_three_states() else { return };
    let commit = repository.head().unwrap();
    repository.write(".gitattributes", "* diff=shout filter=shout\n");
    repository.git(&["add", "-A"]);
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},module")]);
    repository.git(&["mv", "other", "moved"]);
    let plain = repository.seen(&["staged"]);
    assert_eq!((plain.files.len(), plain.skipped), (3, (0, 1)));
    for setting in [
        "diff.noprefix=true",
        "diff.mnemonicPrefix=true",
        "core.quotePath=true",
        "diff.renames=copies",
        "diff.relative=true",
        "diff.ignoreSubmodules=all",
        "diff.submodule=log",
        "diff.orderFile=absent",
        "diff.external=false",
        "diff.shout.command=false",
        "diff.shout.textconv=false",
        "filter.shout.smudge=false",
        "color.ui=always",
        "core.abbrev=4",
        "core.pager=false",
        "diff.indentHeuristic=false",
        "status.renames=copies",
    ] {
        let (key, value) = setting.split_once('=').unwrap();
        repository.git(&["config", key, value]);
    }
    for folder in ["repository", "repository/.git/../"] {
        let configured = repository.seen(&["staged"]);
        assert_eq!((configured.files, configured.skipped), (plain.files.clone(), plain.skipped), "{folder}");
    }
}

#[test]
fn a_replaced_object_is_read_as_it_is_committed() {
    let Some(repository) = Repository::new() else { return };
    repository.write("a", "real\n");
    repository.git(&["add", "-A"]);
    let real = repository.git(&["rev-parse", ":a"]);
    let other = repository.git_with_input(&["hash-object", "-w", "--stdin"], b"other\n");
    repository.git(&["replace", &real, &other]);
    assert_eq!(repository.seen(&["staged"]).text("a"), "real\n");
}

#[test]
fn the_work_tree_the_index_and_the_stash_are_not_touched() {
    let Some(repository) = with_three_states() else { return };
    repository.git(&["stash"]);
    repository.write("a", "1\n");
    repository.git(&["add", "a"]);
    repository.write("a", "2\n");
    repository.write("untracked", "3\n");
    // git would write the index if it looked at the file again.
    repository.write("other", "other\n");
    let before = repository.everything();
    assert_eq!(repository.seen(&["staged"]).text("a"), "1\n");
    repository.seen(&["range", "HEAD~..HEAD"]);
    assert!(repository.everything() == before, "something in the repository was written");
    assert!(before.contains_key(&repository.path(".git/refs/stash")));
}

#[test]
fn without_a_repository_or_a_work_tree_the_error_has_a_way_out() {
    let Some(repository) = Repository::new() else { return };
    let bare = repository.home().join("bare");
    repository.git(&["init", "-q", "--bare", &bare.to_string_lossy()]);
    let repository = repository.at("bare");
    let error = repository.error(&["staged"]);
    assert!(error.starts_with("NoWorkTree") && error.contains("--range"), "{error}");
    let error = repository.at("repository/.git").error(&["staged"]);
    assert!(error.starts_with("NoWorkTree"), "{error}");
    let outside = Repository::new().unwrap().at(".");
    let error = outside.error(&["staged"]);
    assert!(error.starts_with("NotARepository"), "{error}");
}

#[test]
fn a_missing_git_is_an_error_of_its_own() {
    let Some(repository) = Repository::new() else { return };
    let output = repository.reader(&["staged"]).env("PATH", PathBuf::from("absent")).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("Missing"), "{error}");
}

#[test]
fn a_damaged_index_is_an_error_of_git() {
    let Some(repository) = with_three_states() else { return };
    repository.write(".git/index", "damaged");
    let error = repository.error(&["staged"]);
    assert!(error.starts_with("Failed { command: \"diff --cached\""), "{error}");
}
