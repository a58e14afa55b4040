//! `speckit policy check` beside ripgrep, each as a whole process, in turn.
//!
//! Both search the same files for the same patterns, with the same walk, number of threads and limit of size. speckit also decides what is
//! code and what is a comment, and reports places, fingerprints and messages. The program of ripgrep is `RG`, else `rg`; without it, speckit
//! is measured alone.
//!
//!     cargo bench -p speckit-tests -F benches --bench policy
//!     cargo bench -p speckit-tests -F benches --bench policy -- generated     # only this part: generated, registry or staged

mod policy {
    pub(crate) mod measure;
    pub(crate) mod rules;
    pub(crate) mod sources;
    pub(crate) mod staged;
}

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use policy::measure::{Contender, print_in_turns};
use policy::rules::RuleSet;
use policy::{sources, staged};
use serde_json::Value as Json;

/// The folder of a run, for the process that measures.
const FOLDER: &str = "POLICY_BENCH_FOLDER";
const FILES: usize = 12_000;
const ROUNDS: usize = 15;

fn main() {
    match env::var_os(FOLDER) {
        Some(folder) => measure(Path::new(&folder)),
        None => start(),
    }
}

/// Runs this program once more where no settings of the user or of the machine reach what it starts.
fn start() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let cargo = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(env::home_dir()?.join(".cargo"))).unwrap_or_default();
    let mut program = Command::new(env::current_exe().expect("this program has a path"));
    program.args(env::args_os().skip(1)).env(FOLDER, folder.path()).env("CARGO_HOME", cargo);
    program.env("HOME", folder.path()).env_remove("XDG_CONFIG_HOME");
    program.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    assert!(program.status().expect("this program starts").success(), "a measurement failed");
}

fn measure(folder: &Path) {
    let parts: Vec<String> = env::args().skip(1).filter(|word| word != "--bench").collect();
    let is_wanted = |part: &str| parts.is_empty() || parts.iter().any(|one| one == part);
    let three = RuleSet::three();
    let three_file = three.write(folder, "three.toml");
    if is_wanted("generated") {
        let tree = folder.join("tree");
        let thousand = RuleSet::thousand();
        let planted = sources::write(&tree, FILES);
        env::set_current_dir(&tree).expect("the tree exists");
        let report = check(&three_file);
        assert_eq!(report["findings"].as_array().map(Vec::len), Some(planted), "it finds what was planted");
        println!("{}, {planted} findings, {}", counted(&report, "generated files"), size_of(&tree));
        compare_with_ripgrep(&three_file, &three);
        let thousand_file = thousand.write(folder, "thousand.toml");
        println!("three rules and 1,000 rules over the same files");
        let contenders =
            [Contender::check("1,000 rules", &thousand_file), Contender::check("three rules", &three_file)];
        print_in_turns(contenders, ROUNDS);
    }
    if is_wanted("registry") {
        let crates = PathBuf::from(env::var_os("CARGO_HOME").unwrap_or_default()).join("registry/src");
        if env::set_current_dir(&crates).is_ok() {
            let report = check(&three_file);
            let findings = report["findings"].as_array().map_or(0, Vec::len);
            println!("{}, {findings} findings, {}", counted(&report, "files of crates"), size_of(&crates));
            compare_with_ripgrep(&three_file, &three);
        } else {
            println!("there are no crates in {}", crates.display());
        }
    }
    if is_wanted("staged") {
        staged::measure(folder, &three, ROUNDS);
    }
}

/// The report of a check of the current folder.
fn check(config: &Path) -> Json {
    let contender = Contender::check("speckit", config);
    let done = contender.command().output().expect("speckit starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).expect("a report")
}

fn counted(report: &Json, what: &str) -> String {
    format!("{} {what}", report["summary"]["files"])
}

/// The megabytes below a folder.
fn size_of(folder: &Path) -> String {
    let mut folders = vec![folder.to_owned()];
    let mut bytes = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                Ok(metadata) => bytes += metadata.len(),
                Err(_) => {}
            }
        }
    }
    format!("{} MB", bytes / 1_000_000)
}

fn compare_with_ripgrep(config: &Path, rules: &RuleSet) {
    let own = Contender::check("speckit", config);
    match Contender::ripgrep(rules) {
        Some(ripgrep) => print_in_turns([own, ripgrep], ROUNDS),
        None => {
            println!("ripgrep is not installed: `cargo install ripgrep`, or set RG to its program");
            print_in_turns([own], ROUNDS);
        }
    }
}
