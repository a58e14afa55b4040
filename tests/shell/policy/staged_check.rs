//! What is staged is checked as a checkout of the commit that follows would be.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::repository::Repository;
use crate::test_dir::{NO_MACHINE_CHECKS, RunResult};

mod commands;
mod hooks;

/// Rules with a limit, over lines, in comments and with an exclude.
const RULES: &str = r#"
[policy.rules.print]
pattern = '\bprint\('
message = "m"
exclude = ["vendor/"]

[policy.rules.call]
all = ['open\(', 'mode']
within = 3
message = "m"

[policy.rules.later]
pattern = 'LATER'
in = ["comments"]
at_most = 1
message = "m"

[policy.rules.required]
pattern = 'open'
at_least = 100
message = "m"
"#;

impl Repository {
    /// Runs `policy check` with the rules beside the repository.
    fn check(&self, arguments: &[&str]) -> RunResult {
        self.check_in(self.folder(), arguments)
    }

    fn check_in(&self, folder: impl AsRef<Path>, arguments: &[&str]) -> RunResult {
        let rules = self.home().join("rules.toml");
        let mut command = self.program(env!("CARGO_BIN_EXE_speckit-under-test"));
        command.args(["policy", "check", "--format", "json", "--config"]).arg(rules).args(arguments);
        RunResult::from_output(command.current_dir(folder).output().unwrap())
    }
}

const NAMES: [&str; 6] = ["a.rs", "b c.py", "d/e.rs", "vendor/x.rs", "é.txt", "-f.sh"];

const LINES: [&str; 9] = [
    "print(1)\n",
    "open(\n  x,\n  mode)\n",
    "open(x)\n",
    "// LATER\n",
    "# LATER\n",
    "print(1) // speckit:allow print why\n",
    "# speckit:allow later why\n",
    "let s = \"print(\";\n",
    "\0",
];

#[derive(Clone, Debug)]
enum Step {
    Write(&'static str, String),
    Delete(&'static str),
    Rename(&'static str, &'static str),
    Add(&'static str),
    AddAll,
    Commit,
}

fn step() -> impl Strategy<Value = Step> {
    let name = || select(&NAMES[..]);
    let content = vec(select(&LINES[..]), 0..5).prop_map(|lines| lines.concat());
    prop_oneof![
        8 => (name(), content).prop_map(|(name, content)| Step::Write(name, content)),
        1 => name().prop_map(Step::Delete),
        1 => (name(), name()).prop_map(|(from, to)| Step::Rename(from, to)),
        4 => name().prop_map(Step::Add),
        1 => Just(Step::AddAll),
        3 => Just(Step::Commit),
    ]
}

proptest! {
    #![proptest_config(speckit_tests::cases(8))]

    #[test]
    fn the_check_of_what_is_staged_is_that_of_its_files_in_a_checkout_of_the_commit(steps in vec(step(), 8..30)) {
        let Some(repository) = Repository::new() else { return Ok(()) };
        std::fs::write(repository.home().join("rules.toml"), format!("{NO_MACHINE_CHECKS}{RULES}")).unwrap();
        let checkout = repository.home().join("checkout").display().to_string();
        for step in steps.iter().chain([&Step::AddAll, &Step::Commit]) {
            match step {
                Step::Write(name, content) => repository.write(name, content),
                Step::Delete(name) => drop(std::fs::remove_file(repository.path(name))),
                Step::Rename(from, to) => drop(repository.try_git(&["mv", "-f", "--", from, to])),
                Step::Add(name) => drop(repository.try_git(&["add", "--", name])),
                Step::AddAll => drop(repository.git(&["add", "-A"])),
                Step::Commit => {
                    let before = repository.head();
                    let staged = repository.check(&["--staged"]).json();
                    repository.git(&["commit", "-qm", "x", "--allow-empty"]);
                    let files = repository.difference(before.as_deref(), "HEAD");
                    if files.is_empty() {
                        prop_assert_eq!(&staged["findings"], &serde_json::json!([]));
                        continue;
                    }
                    repository.git(&["worktree", "add", "-q", "--detach", &checkout, "HEAD"]);
                    let mut arguments = vec!["--"];
                    arguments.extend(files.keys().map(|path| std::str::from_utf8(path).unwrap()));
                    let named = repository.check_in(&checkout, &arguments).json();
                    repository.git(&["worktree", "remove", "--force", &checkout]);
                    prop_assert_eq!(&staged["findings"], &named["findings"]);
                    prop_assert_eq!(&staged["summary"], &named["summary"]);
                    prop_assert_eq!(&staged["ok"], &named["ok"]);
                }
            }
        }
    }
}

#[test]
fn a_range_is_checked_as_its_last_commit_has_it() {
    let Some(repository) = Repository::new() else { return };
    std::fs::write(repository.home().join("rules.toml"), format!("{NO_MACHINE_CHECKS}{RULES}")).unwrap();
    repository.commit("a.rs", "print(1);\n");
    repository.commit("b.rs", "print(2);\n");
    repository.commit("b.rs", "x();\n");
    repository.write("b.rs", "print(3);\n");
    repository.check(&["--range", "HEAD~2..HEAD"]).succeeds();
    repository.check(&["--range", "HEAD~2..HEAD~"]).exits_1();
    let error = repository.check(&["--range", "absent..HEAD"]).exits_2();
    assert!(error.out.contains("absent"), "{}", error.out);
    repository.check(&["--staged", "a.rs"]).exits_2();
}

#[test]
fn outside_of_a_repository_the_error_has_a_way_out() {
    let Some(repository) = Repository::new() else { return };
    std::fs::write(repository.home().join("rules.toml"), format!("{NO_MACHINE_CHECKS}{RULES}")).unwrap();
    repository.write("a.rs", "print(1);\n");
    let outside = repository.at(".");
    let refused = outside.check(&["--staged"]).exits_2();
    assert!(refused.out.contains("repository"), "{}", refused.out);
    outside.check(&[]).exits_1().json();
}
