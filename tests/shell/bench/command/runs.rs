//! What is run, and how often.

use std::time::Duration;

use serde_json::json;
use speckit_core::bench::plan::{Schedule, StopRule};
use speckit_core::retry::Seed;

use super::{bench_dir, measured};
use crate::test_dir::member_names;

#[test]
fn the_document_has_the_members_of_the_contract() {
    let document = measured(&bench_dir(), &["-n", "3", "--", "true"]);
    assert_eq!(member_names(&document), ["benchmarks", "comparison", "comparisons", "machine", "seed"]);
    let benchmark = &document["benchmarks"][0];
    let members = member_names(benchmark);
    for member in [
        "command",
        "failed",
        "name",
        "parameters",
        "peak_rss_bytes",
        "runs",
        "samples_ns",
        "summary",
        "system_ns",
        "user_ns",
        "warmup",
    ] {
        assert!(members.contains(&member), "{member} in {members:?}");
    }
    assert_eq!((&benchmark["name"], &benchmark["command"]), (&json!("true"), &json!(["true"])));
    assert_eq!(benchmark["samples_ns"].as_array().unwrap().len(), 3);
    assert_eq!(member_names(&document["machine"]), ["cores", "cpu", "memory_bytes", "os"]);
    assert_eq!(document["comparison"], json!(null));
}

#[test]
fn one_run_has_no_deviation_and_no_high_percentile() {
    let summary = measured(&bench_dir(), &["-n", "1", "--", "true"])["benchmarks"][0]["summary"].clone();
    assert_eq!(summary["n"], 1);
    for member in ["stddev_ns", "ci95_ns", "p95_ns", "p99_ns"] {
        assert_eq!(summary[member], json!(null), "{member}");
    }
    let shown = bench_dir().run("bench run -n 1 -- true").succeeds();
    assert!(shown.out.contains("only 1 run: measure at least 10"), "{}", shown.out);
}

#[test]
fn two_commands_run_in_turn_in_an_order_of_the_seed() {
    let order = |seed: &str| {
        let dir = bench_dir();
        let command = "sh -c 'printf %s b >> order'";
        measured(
            &dir,
            &["-n", "8", "--seed", seed, "--vs", command, "--", "sh", "-c", "printf %s a >> order"],
        );
        dir.read("order")
    };
    let first = order("1");
    let pairs: Vec<&[u8]> = first.as_bytes().chunks(2).collect();
    assert_eq!(pairs.len(), 8);
    assert!(pairs.iter().all(|pair| matches!(pair, [b'a', b'b'] | [b'b', b'a'])), "{first}");
    assert!(pairs.contains(&&b"ab"[..]) && pairs.contains(&&b"ba"[..]), "{first}");
    assert_eq!(order("1"), first);
    assert_ne!(order("2"), first);
}

/// The law about a drift (`tests/properties/bench/simulation.rs`) is about this schedule.
#[test]
fn the_runs_are_those_of_the_schedule_with_the_printed_seed() {
    let dir = bench_dir();
    let command = |number| format!("sh -c 'printf %s {number} >> order'");
    let [first, second, third] = [0, 1, 2].map(command);
    let others = ["--vs", &second, "--vs", &third];
    let document = measured(&dir, &[&["-n", "20", "--warmup", "2"][..], &others, &["--", &first]].concat());
    let seed = Seed::new(document["seed"].as_u64().unwrap());
    let mut schedule = Schedule::new(3, 2, StopRule::Runs(20), seed);
    let mut planned = String::new();
    while let Some(run) = schedule.next_run() {
        schedule.finished(Duration::ZERO);
        planned += &run.benchmark.to_string();
    }
    assert_eq!((dir.read("order"), planned.len()), (planned, 66));
}

#[test]
fn a_slower_second_command_is_a_regression_of_its_ratio() {
    let document = measured(&bench_dir(), &["-n", "10", "--vs", "sleep 0.2", "--", "sleep", "0.05"]);
    let comparison = &document["comparison"];
    assert_eq!(comparison["verdict"], "regression", "{comparison}");
    let ratio = comparison["ratio"].as_f64().unwrap();
    assert!((1.1..4.5).contains(&ratio), "{ratio}");
}

#[test]
fn warm_up_and_preparation_run_and_are_no_samples() {
    let dir = bench_dir();
    let command = ["-n", "3", "--warmup", "2", "--prepare", "sh -c 'echo prepared >> log; sleep 0.1'"];
    let document = measured(&dir, &[&command[..], &["--", "sh", "-c", "echo run >> log"]].concat());
    assert_eq!(dir.read("log"), "prepared\nrun\n".repeat(5));
    let benchmark = &document["benchmarks"][0];
    assert_eq!((&benchmark["runs"], &benchmark["warmup"]), (&json!(3), &json!(2)));
    assert!(benchmark["summary"]["max_ns"].as_u64().unwrap() < 100_000_000, "{benchmark}");
}

#[test]
fn each_value_of_a_parameter_is_a_benchmark() {
    let dir = bench_dir();
    let prepare = ["--prepare", "sh -c 'echo {n} >> prepared'"];
    let parameter = ["-n", "2", "--name", "nap", "--param", "n=0.01,0.02"];
    let document = measured(&dir, &[&parameter[..], &prepare, &["--", "sleep", "{n}"]].concat());
    let names: Vec<_> = document["benchmarks"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["nap (n=0.01)", "nap (n=0.02)"]);
    assert_eq!(document["benchmarks"][1]["parameters"], json!({ "n": "0.02" }));
    let mut prepared: Vec<_> = dir.read("prepared").lines().map(String::from).collect();
    prepared.sort();
    assert_eq!(prepared, ["0.01", "0.01", "0.02", "0.02"]);
    dir.run("bench run --param tmie=1,2 -- sleep {time}")
        .exits_2()
        .stderr_has("no command contains {tmie}, did you mean {time}?");
}

#[test]
fn only_a_shell_reads_the_signs_of_a_shell() {
    let dir = bench_dir();
    let document = measured(&dir, &["-n", "1", "--", "echo", "$HOME | > file"]);
    assert_eq!(document["benchmarks"][0]["command"], json!(["echo", "$HOME | > file"]));
    measured(&dir, &["-n", "1", "--shell", "--", "echo $((1 + 1)) > sum"]);
    assert_eq!(dir.read("sum"), "2\n");
    dir.run_with(&["bench", "run", "--vs", "ls | wc", "--", "true"]).exits_2().only_stderr("--shell");
    // One word is a command line, as in --vs.
    assert_eq!(
        measured(&dir, &["-n", "1", "--", "sleep 0.01"])["benchmarks"][0]["command"],
        json!(["sleep", "0.01"])
    );
}

#[test]
fn equal_commands_have_names_of_their_own() {
    let document = measured(&bench_dir(), &["-n", "1", "--vs", "true", "--", "true"]);
    let names: Vec<_> = document["benchmarks"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["true", "true (2)"]);
    let named = ["--name", "base", "--name", "new", "--vs", "true"];
    let document = measured(&bench_dir(), &[&named[..], &["-n", "1", "--", "true"]].concat());
    let names: Vec<_> = document["benchmarks"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["base", "new"]);
    let refused = bench_dir().run("bench run --name a --name b -- true").exits_2();
    refused.only_stderr("2 names for 1 command: give at most one --name for each");
}

#[test]
fn a_control_character_of_a_command_is_shown_as_an_escape() {
    let shown = bench_dir().run_with(&["bench", "run", "-n", "1", "--", "echo", "\u{1b}[31m"]).succeeds();
    assert!(shown.out.contains("echo"), "{}", shown.out);
}

#[test]
fn options_that_mean_nothing_are_refused() {
    let dir = bench_dir();
    for (arguments, reason) in [
        ("run", "<CMD>"),
        ("run true", "unexpected argument"),
        ("run -n 0 -- true", "0 is not in 1.."),
        ("run --timeout 5 -- true", "not a duration such as 300ms, 1.5s, 2m or 1h"),
        ("run --param x -- true", "is no parameter"),
        ("compare a --threshold 0.1", "not a percentage such as 10%"),
        ("compare a --at-least fast", "not a factor above 0"),
        ("compare a --alpha 2", "alpha 2, expected a number above 0 and below 1"),
        ("report --html a --markdown b", "cannot be used with"),
        ("report --html -", "`-` is no file"),
    ] {
        if arguments.starts_with("report --html -") {
            dir.run("bench run -n 1 -- true").succeeds();
        }
        dir.run(&format!("bench {arguments}")).exits_2().only_stderr(reason);
    }
}

#[test]
fn an_invalid_configuration_is_reported_before_anything_runs() {
    let dir = bench_dir().file("speckit.toml", "[retry]\nmax_attempts = 0\n");
    dir.run("bench run -n 1 -- touch ran").exits_2().stderr_has("max_attempts");
    dir.run("bench list").exits_2().stderr_has("max_attempts");
    assert!(!dir.path("ran").exists());
}
