//! 20 staged files, by hand and by the hook.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::measure::{Contender, SPECKIT, print_in_turns};
use super::rules::RuleSet;
use super::sources;

const COMMITTED: usize = 200;
const STAGED: usize = 20;

pub(crate) fn measure(folder: &Path, rules: &RuleSet, rounds: usize) {
    let repository = folder.join("repository");
    fs::create_dir(&repository).expect("there is room for a folder");
    env::set_current_dir(&repository).expect("the folder exists");
    rules.write(&repository, "speckit.toml");
    sources::write(&repository.join("committed"), COMMITTED);
    run(&["git", "init", "--quiet"]);
    run(&["git", "add", "."]);
    run(&[
        "git",
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@example.org",
        "commit",
        "--quiet",
        "-m",
        "begin",
    ]);
    sources::write(&repository.join("staged"), STAGED);
    run(&["git", "add", "."]);
    run(&[SPECKIT, "policy", "hooks", "install", "pre-commit"]);
    println!("{STAGED} staged files, {COMMITTED} committed ones");
    let contenders = [
        Contender::new("policy check --staged", [SPECKIT, "policy", "check", "--staged", "--format", "json"]),
        Contender::new("the hook's script", [".git/hooks/pre-commit"]),
        Contender::new("git hook run pre-commit", ["git", "hook", "run", "pre-commit"]),
        Contender::new("speckit --version", [SPECKIT, "--version"]),
        Contender::new("git status", ["git", "status", "--short"]),
    ];
    print_in_turns(contenders, rounds * 2);
}

fn run(words: &[&str]) {
    let done = Command::new(words[0]).args(&words[1..]).output().expect("the program starts");
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
}
