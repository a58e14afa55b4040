//! For any history and any index: what the hook sees is what the commit changes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use super::super::repository::Repository;
use crate::executable::write_executable;

/// A step of a person who works with git.
#[derive(Clone, Debug)]
enum Step {
    Write(OsString, &'static str),
    WriteExecutable(OsString),
    Link(OsString),
    Delete(OsString),
    Add(OsString),
    AddAll,
    Announce(OsString),
    Unstage(OsString),
    Branch,
    Merge,
    Commit(Vec<OsString>),
}

fn name() -> impl Strategy<Value = OsString> {
    let names: Vec<&[u8]> = vec![b"a", b"b c", b"d/e", b"d/\"f\"\n", b"\xff\xfe", b"d"];
    select(names).prop_map(|name| OsStr::from_bytes(name).to_owned())
}

fn step() -> impl Strategy<Value = Step> {
    let content = select(vec!["", "1\n", "2\n", "3\n", "1\n2\n3\n"]);
    let commit = prop_oneof![
        Just(vec![]),
        Just(vec!["-a".into()]),
        Just(vec!["--amend".into()]),
        Just(vec!["--amend".into(), "-a".into()]),
        name().prop_map(|name| vec!["--only".into(), "--".into(), name]),
        name().prop_map(|name| vec!["--include".into(), "--".into(), name]),
    ];
    prop_oneof![
        14 => (name(), content).prop_map(|(name, content)| Step::Write(name, content)),
        1 => name().prop_map(Step::WriteExecutable),
        1 => name().prop_map(Step::Link),
        1 => name().prop_map(Step::Delete),
        8 => name().prop_map(Step::Add),
        3 => Just(Step::AddAll),
        1 => name().prop_map(Step::Announce),
        1 => name().prop_map(Step::Unstage),
        1 => Just(Step::Branch),
        1 => Just(Step::Merge),
        5 => commit.prop_map(Step::Commit),
    ]
}

impl Repository {
    /// Takes a step, if it is possible.
    fn take(&self, step: &Step) {
        let git = |arguments: &[&str], name: &OsStr| {
            self.command(arguments).arg(name).output().unwrap();
        };
        match step {
            Step::Write(name, content) => {
                if self.make_room(name) {
                    std::fs::write(self.path(name), content).unwrap();
                }
            }
            Step::WriteExecutable(name) => {
                if self.make_room(name) {
                    write_executable(&self.path(name), "#!/bin/sh\n");
                }
            }
            Step::Link(name) => {
                if self.make_room(name) {
                    symlink("target", self.path(name)).unwrap();
                }
            }
            Step::Delete(name) => drop(std::fs::remove_file(self.path(name))),
            Step::Add(name) => git(&["add", "--"], name),
            Step::AddAll => git(&["add", "-A"], OsStr::new(".")),
            Step::Announce(name) => git(&["add", "-N", "--"], name),
            Step::Unstage(name) => git(&["rm", "-q", "--cached", "--"], name),
            Step::Branch => {
                self.try_git(&["branch", "-f", "side"]);
            }
            Step::Merge => {
                self.try_git(&["merge", "-q", "--no-commit", "-s", "ours", "side"]);
            }
            Step::Commit(_) => unreachable!("a commit is checked"),
        }
    }

    /// Removes what is at a path, so that a file can be there; `false` if a folder is, or a file in the place of its folder.
    fn make_room(&self, name: &OsStr) -> bool {
        let path = self.path(name);
        if let Some(folder) = path.parent() {
            let _ = std::fs::remove_file(folder);
            std::fs::create_dir_all(folder).unwrap();
        }
        let _ = std::fs::remove_file(&path);
        path.symlink_metadata().is_err()
    }
}

proptest! {
    #![proptest_config(speckit_tests::cases(12))]

    #[test]
    fn the_hook_sees_the_difference_of_head_and_the_commit_that_follows(steps in vec(step(), 10..40)) {
        let Some(repository) = Repository::new() else { return Ok(()) };
        repository.install_reader();
        for step in &steps {
            let Step::Commit(arguments) = step else {
                repository.take(step);
                continue;
            };
            let before = repository.head();
            let outside = repository.seen(&["staged"]);
            let output =
                repository.command(&["commit", "-q", "-m", "x", "--allow-empty"]).args(arguments).output().unwrap();
            let seen = repository.seen_by_hook();
            if !output.status.success() {
                continue;
            }
            let made = repository.difference(before.as_deref(), "HEAD");
            let seen = seen.expect("the hook ran");
            prop_assert_eq!(&seen.files, &made);
            if arguments.is_empty() {
                prop_assert_eq!(&outside.files, &made);
            }
        }
    }
}
