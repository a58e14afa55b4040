//! `retry plan` and `retry simulate`.

use serde_json::json;

use crate::test_dir::{TestDir, member_names};

#[test]
fn equal_seeds_give_equal_plans() {
    let dir = TestDir::new();
    let first = dir.run("retry plan").succeeds().no_stderr().out;
    assert_eq!(dir.run("retry plan").out, first);
    assert_eq!(dir.run("retry plan --seed 42").out, first, "the documented default");
    assert!(first.contains("seed      42\n"), "{first}");
    let another = dir.run("retry plan --seed 43").succeeds().out;
    assert!(another != first && another.contains("seed      43\n"), "{another}");
}

#[test]
fn a_plan_as_json_has_delays_to_the_microsecond() {
    let result = TestDir::new().run("retry plan --seed 42 --format json").succeeds().no_stderr();
    let plan = result.json();
    let names = ["attempts", "before_jitter_ms", "deadline_ms", "delays_ms", "ends", "jitter", "reason"];
    assert_eq!(member_names(&plan)[..7], names);
    assert_eq!(member_names(&plan)[7..], ["seed", "total_ms"]);
    assert_eq!((&plan["seed"], &plan["jitter"]), (&json!(42), &json!("full")));
    assert_eq!(plan["delays_ms"], json!([99.338424, 84.863465]));
    assert_eq!(plan["total_ms"], json!(184.201889));
    assert_eq!(plan["ends"], "attempts");
}

#[test]
fn every_layer_affects_the_plan() {
    let dir = TestDir::with_config("[retry]\njitter = \"none\"\nmax_attempts = 4\n")
        .variable("SPECKIT_RETRY__INITIAL_BACKOFF_MS", "10");
    let plan = dir.run("retry plan --set retry.multiplier=3 --format json").succeeds().json();
    assert_eq!(plan["delays_ms"], json!([10.0, 30.0, 90.0]));
    let dir = dir.file("other.toml", "[retry]\njitter = \"none\"\nmax_attempts = 2\n");
    let plan = dir.run("--config other.toml retry --format json plan").succeeds().json();
    assert_eq!(plan["delays_ms"], json!([10.0]), "options go before, between and after commands");
    let plan = dir.run("retry plan --set retry.deadline_ms=35 --format json").succeeds().json();
    assert_eq!((&plan["delays_ms"], &plan["ends"]), (&json!([10.0, 20.0]), &json!("deadline")));
}

#[test]
fn another_schema_has_no_retry_settings() {
    let dir = TestDir::with_config("port = 80\n")
        .file("app.schema.json", r#"{"properties": {"port": {"type": "integer"}}}"#);
    dir.run("retry plan --schema app.schema.json").exits_2().only_stderr("run without --schema");
}

#[test]
fn invalid_settings_are_refused() {
    let dir = TestDir::new();
    for command in ["retry plan", "retry simulate --clients 5 --capacity 1"] {
        let result = dir.run(&format!("{command} --set retry.jitter=some")).exits_1();
        result.only_stderr("retry.jitter");
        dir.run(&format!("{command} --set retry.max_attempts=0")).exits_1().only_stderr("schema/minimum");
        dir.run(&format!("{command} --config nowhere.toml")).exits_2().only_stderr("nowhere.toml");
    }
}

#[test]
fn a_simulation_charts_and_compares_each_jitter() {
    let dir = TestDir::new();
    let out = dir.run("retry simulate --clients 100 --capacity 10").succeeds().no_stderr().out;
    for jitter in ["\nnone\n", "\nfull (as configured)\n", "\nequal\n", "\ndecorrelated\n"] {
        assert!(out.contains(jitter), "{jitter}\n{out}");
    }
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    assert_eq!(dir.run("retry simulate --capacity 10 --clients 100 --seed 42").out, out);
    assert_ne!(dir.run("retry simulate --capacity 10 --clients 100 --seed 1").out, out);
}

#[test]
fn a_simulation_as_json_has_all_numbers() {
    let result =
        TestDir::new().run("retry simulate --clients 100 --capacity 10 --format json").succeeds().no_stderr();
    let simulation = result.json();
    assert_eq!(
        (&simulation["clients"], &simulation["capacity"], &simulation["svg"]),
        (&json!(100), &json!(10), &json!(null))
    );
    let none = &simulation["runs"][0];
    assert_eq!(none["jitter"], "none");
    assert_eq!(none["load"][1], json!({ "at_ms": 100, "calls": 90, "answered": 10 }));
    assert_eq!(
        (&none["succeeded"], &none["gave_up"], &none["refused"]),
        (&json!(30), &json!(70), &json!(240))
    );
    assert_eq!(none["latency_ms"], json!({ "mean": 153.333333, "p50": 120.0, "p99": 330.0 }));
    assert_eq!(simulation["runs"].as_array().unwrap().len(), 4);
}

#[test]
fn a_chart_is_written_atomically_and_reported() {
    let dir = TestDir::new().file("a b.svg", "what was there before");
    let arguments = ["retry", "simulate", "--clients", "50", "--capacity", "5", "--svg", "a b.svg"];
    let out = dir.run_with(&arguments).succeeds().no_stderr().out;
    assert!(out.ends_with("\nwrote a b.svg\n"), "{out}");
    let svg = dir.read("a b.svg");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    assert_eq!(dir.names(), ["a b.svg"], "no temporary file is left");
    let json = dir.run_with(&[&arguments[..], &["--format", "json"]].concat()).succeeds().json();
    assert_eq!(json["svg"], "a b.svg");
    assert_eq!(dir.read("a b.svg"), svg);
}

#[test]
fn a_chart_that_cannot_be_written_is_an_error_without_a_result() {
    let dir = TestDir::new().file("folder/file", "");
    let simulate_to =
        |svg: &str| dir.run(&format!("retry simulate --clients 5 --capacity 1 --svg {svg}")).exits_2();
    simulate_to("-").only_stderr("`-` is no file");
    simulate_to("nowhere/chart.svg").only_stderr("`nowhere/chart.svg` cannot be written");
    simulate_to("folder").only_stderr("`folder` cannot be written");
    simulate_to("folder/file/chart.svg").only_stderr("cannot be written");
    assert_eq!(dir.names(), ["folder"]);
    assert_eq!(std::fs::read_dir(dir.path("folder")).unwrap().count(), 1);
}

#[test]
fn numbers_out_of_range_are_usage_errors() {
    let dir = TestDir::new();
    for (options, message) in [
        ("--clients 0 --capacity 1", "0 is not in 1..=100000"),
        ("--clients 1 --capacity 0", "0 is not in 1..=100000"),
        ("--clients 100001 --capacity 1", "100001 is not in 1..=100000"),
        ("--clients many --capacity 1", "invalid value 'many'"),
        ("--clients 1 --capacity -1", "unexpected argument '-1'"),
        ("--clients 1", "--capacity <NUMBER>"),
        ("--clients 1 --capacity 1 --seed x", "invalid value 'x'"),
        ("--clients 1 --capacity 1 --format toml", "--format toml is for `show` only"),
    ] {
        dir.run(&format!("retry simulate {options}")).exits_2().only_stderr(message);
    }
    dir.run("retry plan --seed -1").exits_2();
    dir.run("retry plan --seed 18446744073709551616").exits_2().only_stderr("--seed");
    dir.run("retry plan --seed 18446744073709551615").succeeds();
    dir.run("retry").exits_2();
}

#[test]
fn a_simulation_that_would_take_minutes_is_refused_with_help() {
    let result =
        TestDir::new().run("retry simulate --clients 100000 --capacity 1 --set retry.max_attempts=1000");
    result.exits_2().only_stderr("fewer clients, or fewer attempts: --set retry.max_attempts=N");
}
