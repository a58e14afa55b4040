//! Benchmarks are kept, listed, exported and imported.

use std::process::{Command, Stdio};

use serde_json::json;

use super::{bench_dir, dir_with, document, measured};
use crate::test_dir::{RunResult, TestDir};

#[track_caller]
fn kept_names(dir: &TestDir) -> Vec<String> {
    let list = dir.run("bench list --format json").succeeds().json();
    let kept =
        list["baselines"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned());
    kept.collect()
}

#[test]
fn the_last_run_is_kept_under_a_name() {
    let dir = bench_dir();
    dir.run("bench save main").exits_2().only_stderr("no run is recorded");
    let run = measured(&dir, &["-n", "3", "--", "true"]);
    assert_eq!(dir.run("bench save main --format json").succeeds().json()["kept"], json!(["main"]));
    let again = dir.run("bench save main").succeeds();
    assert!(again.out.contains("kept as `main`") && again.out.contains("in the place of"), "{}", again.out);
    let report = dir.run("bench report main --format json").succeeds().json();
    let (kept, measured) = (&report["benchmarks"][0], &run["benchmarks"][0]);
    assert_eq!((&kept["name"], &kept["samples_ns"]), (&json!("main"), &measured["samples_ns"]));
    assert_eq!((&kept["summary"], &report["seed"]), (&measured["summary"], &run["seed"]));
}

#[test]
fn a_run_can_be_kept_at_once_unless_it_fails() {
    let dir = bench_dir();
    let kept = dir.run("bench run -n 2 --save good -- true").succeeds();
    assert!(kept.err.contains("kept as `good`"), "{}", kept.err);
    dir.run("bench run -n 2 --save bad -- false").exits_1().stderr_has("it is not kept as `bad`");
    assert_eq!(kept_names(&dir), ["good"]);
}

#[test]
fn a_name_stands_for_all_benchmarks_of_its_run() {
    let dir = bench_dir();
    dir.run("bench run -n 2 --save main --param n=0.001,0.002 --name nap -- sleep {n}").succeeds();
    assert_eq!(kept_names(&dir), ["main/nap (n=0.001)", "main/nap (n=0.002)"]);
    let report = dir.run("bench report main --format json").succeeds().json();
    assert_eq!(report["benchmarks"].as_array().unwrap().len(), 2);
    dir.run("bench run -n 2 --save main -- true").succeeds();
    assert_eq!(kept_names(&dir), ["main"]);
}

#[test]
fn what_is_exported_can_be_imported_elsewhere() {
    let (here, there) = (dir_with(&[("a", 1000), ("b", 2000)]), bench_dir());
    let file = there.path("all.json").display().to_string();
    here.run(&format!("bench export {file} a b")).succeeds().no_stderr();
    let imported = there.run("bench import all.json --format json").succeeds().json();
    assert_eq!((&imported["kept"], &imported["replaced"]), (&json!(["a", "b"]), &json!([])));
    let export = |dir: &TestDir| dir.run("bench report a b --format json").succeeds().json();
    assert_eq!(export(&here), export(&there));
    // The document of a run is one too.
    let run = there.run("bench run -n 2 --name c --format json -- true").succeeds();
    there.write("run.json", &run.out);
    there.run("bench import run.json").succeeds();
    assert_eq!(kept_names(&there), ["a", "b", "c"]);
    // Without a name it is the last run.
    there.run("bench export last.json").succeeds();
    assert_eq!(there.read("last.json"), run.out);
}

#[test]
fn samples_that_are_no_times_are_reported_with_their_places() {
    let dir = bench_dir();
    let text = document(&[("a", 1000)], 4);
    for (sample, reason) in [
        ("-5", "found -5"),
        ("\"9\"", "found string"),
        ("1.5", "found the fraction 1.5"),
        ("null", "found null"),
        ("NaN", "error[parse/json]"),
    ] {
        dir.write("bad.json", text.replacen("[1000,", &format!("[1000,\n{sample},"), 1));
        let refused = dir.run("bench import bad.json").exits_2().only_stderr(reason);
        assert!(refused.err.contains("bad.json:2:1"), "{}", refused.err);
    }
    dir.run("bench import missing.json").exits_2().only_stderr("missing.json");
    dir.run("bench list").succeeds().no_stderr();
}

#[test]
fn a_mistyped_key_is_refused_with_the_nearest_one_and_an_unknown_key_is_ignored_with_a_warning() {
    let dir = bench_dir();
    let text = document(&[("a", 1000)], 4);
    dir.write("bad.json", text.replace("samples_ns", "sampels_ns").replace("cores", "coers"));
    let refused = dir.run("bench import bad.json").exits_2().only_stderr("2 errors");
    for expected in ["`samples_ns`?", "unknown key `sampels_ns`", "`cores`?", "unknown key `coers`"] {
        assert!(refused.err.contains(expected), "{expected} in {}", refused.err);
    }
    dir.run("bench list").succeeds().no_stderr();
    dir.write("later.json", text.replace("\"cpu\"", "\"caches\":1,\"cpu\""));
    let kept = dir.run("bench import later.json").succeeds();
    assert!(kept.err.contains("warning[type/unknown-field]: machine.caches: unknown key"), "{}", kept.err);
    assert_eq!(kept_names(&dir), ["a"]);
}

/// As in `--config <(…)`: a pipe can be read once.
#[cfg(target_os = "linux")]
#[test]
fn the_database_of_a_configuration_that_can_be_read_once_is_used() {
    let dir = bench_dir().file("settings.toml", "[store]\npath = 'named.db'\n");
    let run = |arguments: &str| {
        let mut cat = Command::new("cat");
        let mut cat = cat.arg(dir.path("settings.toml")).stdout(Stdio::piped()).spawn().unwrap();
        let arguments: Vec<&str> =
            ["bench", "--config", "/dev/stdin"].into_iter().chain(arguments.split(' ')).collect();
        let output = dir.command(&arguments).stdin(cat.stdout.take().unwrap()).output().unwrap();
        cat.wait().unwrap();
        RunResult::from_output(output).succeeds()
    };
    let recorded = run("run -n 1 -- true");
    assert!(recorded.err.contains("named.db"), "{}", recorded.err);
    assert!(run("save main").out.contains("named.db"));
    assert!(run("list").out.contains("main"));
}

#[test]
fn a_name_that_is_not_kept_is_reported_with_the_nearest_one() {
    let dir = dir_with(&[("main", 1000)]);
    for command in ["compare mian", "report mian", "export a.json mian"] {
        let refused = dir.run(&format!("bench {command}")).exits_2();
        let refused = refused.only_stderr("error[bench/unknown]: no benchmark is kept as `mian`");
        assert!(refused.err.contains("did you mean `main`?"), "{}", refused.err);
    }
    dir.run("bench report elsewhere").exits_2().stderr_has("`speckit bench list` lists the kept benchmarks");
    assert!(!dir.path("a.json").exists());
}

#[test]
fn the_list_has_the_commit_and_the_generation_of_the_configuration() {
    let dir = bench_dir().file("tracked", "1");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]);
        let done = command.args(arguments).current_dir(dir.path(".")).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["add", "tracked"]);
    git(&["commit", "--quiet", "-m", "one"]);
    let commit = git(&["rev-parse", "HEAD"]);
    let provenance = || measured(&dir, &["-n", "1", "--", "true"])["benchmarks"][0]["provenance"].clone();
    let clean = provenance();
    assert_eq!((&clean["commit"], &clean["dirty"]), (&json!(commit), &json!(false)));
    assert_eq!(clean["generation"], json!(null));
    dir.write("tracked", "2");
    assert_eq!(provenance()["dirty"], json!(true));
    dir.run("bench save main").succeeds();
    let list = dir.run("bench list").succeeds();
    assert!(list.out.contains(&format!("{}, changed", &commit[..10])), "{}", list.out);
    assert!(list.out.contains("last run: `true`"), "{}", list.out);
}

#[test]
fn without_git_or_a_repository_the_commit_is_unknown() {
    let dir = bench_dir();
    let provenance = measured(&dir, &["-n", "1", "--", "true"])["benchmarks"][0]["provenance"].clone();
    assert_eq!((&provenance["commit"], &provenance["dirty"]), (&json!(null), &json!(null)));
    let dir = TestDir::new().variable("PATH", dir.path("empty").to_str().unwrap());
    let provenance = measured(&dir, &["-n", "1", "--", "/bin/true"])["benchmarks"][0]["provenance"].clone();
    assert_eq!(provenance["commit"], json!(null));
}

#[test]
fn a_report_is_written_as_a_page_or_as_markdown() {
    let dir = dir_with(&[("old", 1_000_000), ("new", 1_200_000)]);
    dir.run("bench report old new --html page.html").succeeds().no_stderr();
    let page = dir.read("page.html");
    assert!(page.starts_with("<!doctype html>") && page.contains("regression"), "{page}");
    dir.run("bench report old new --markdown page.md").succeeds();
    assert!(dir.read("page.md").contains("| old | new | 20 % slower"), "{}", dir.read("page.md"));
    dir.run("bench report old --html missing/page.html").exits_2().only_stderr("cannot be written");
}
