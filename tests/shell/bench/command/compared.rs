//! Comparisons and their exit codes.

use serde_json::json;

use super::{bench_dir, compare, dir_with, document};

#[test]
fn a_regression_exits_with_1_and_shows_what_held() {
    let dir = dir_with(&[("old", 1_000_000), ("new", 1_200_000)]);
    let slower = compare(&dir, "old new").exits_1().no_stderr();
    for text in
        ["verdict      regression", "20 % slower", "significant  yes", "large        yes", "excludes 1   yes"]
    {
        assert!(slower.out.contains(text), "{text} in {}", slower.out);
    }
    let faster = compare(&dir, "new old").succeeds();
    assert!(faster.out.contains("verdict      improvement"), "{}", faster.out);
    compare(&dir, "old new --threshold 25%").succeeds();
    compare(&dir, "old old").succeeds();
}

#[test]
fn the_document_has_the_members_of_the_contract() {
    let dir = dir_with(&[("old", 1_000_000), ("new", 1_200_000)]);
    let document = compare(&dir, "old new --format json").exits_1().no_stderr().json();
    assert_eq!((&document["ok"], &document["machine_differs"]), (&json!(false), &json!([])));
    let comparison = &document["comparisons"][0];
    assert_eq!((&comparison["baseline"], &comparison["other"]), (&json!("old"), &json!("new")));
    assert_eq!(comparison["verdict"], "regression");
    assert!((comparison["ratio"].as_f64().unwrap() - 1.2).abs() < 0.001, "{comparison}");
    for member in ["ratio_ci95", "p_welch", "p_mann_whitney", "hedges_g", "delta_percent"] {
        assert!(!comparison[member].is_null(), "{member} in {comparison}");
    }
}

#[test]
fn a_claim_is_checked_at_the_lower_end_of_the_interval() {
    let dir = dir_with(&[("old", 3_200_000), ("new", 1_000_000)]);
    assert!(compare(&dir, "old new --at-least 3x").succeeds().out.contains("at least 3x faster: holds"));
    assert!(compare(&dir, "old new --at-least 3.3x").exits_1().out.contains("does not hold"));
}

#[test]
fn the_last_run_is_compared_whatever_its_name_is() {
    let dir = bench_dir();
    dir.run("bench run -n 8 --save main -- sleep 0.01").succeeds();
    dir.run("bench run -n 8 -- sleep 0.05").succeeds();
    let slower = compare(&dir, "main").exits_1();
    assert!(slower.out.contains("sleep 0.05 compared with main"), "{}", slower.out);
    dir.run("bench run -n 1 -- sleep 0.05").succeeds();
    assert!(compare(&dir, "main").succeeds().out.contains("too few runs"));
}

#[test]
fn several_benchmarks_are_compared_by_their_names() {
    let dir = dir_with(&[("main/a", 1000), ("main/b", 1_000_000), ("dev/b", 1_300_000), ("dev/c", 10)]);
    let compared = compare(&dir, "main dev --format json").exits_1().json();
    assert_eq!(compared["comparisons"].as_array().unwrap().len(), 1);
    assert_eq!(compared["comparisons"][0]["other"], "dev/b");
    dir.write("other.json", document(&[("x/p", 1), ("x/q", 1)], 4));
    dir.run("bench import other.json").succeeds();
    compare(&dir, "main x").exits_2().only_stderr("`main` and `x` have no benchmark in common");
}

#[test]
fn benchmarks_of_different_machines_are_not_compared_unless_it_is_wanted() {
    let dir = dir_with(&[("old", 1_000_000)]).file("there.json", document(&[("new", 1_200_000)], 8));
    dir.run("bench import there.json").succeeds();
    let refused = compare(&dir, "old new").exits_2();
    assert!(
        refused.out.contains("the machines differ in number of cores (4 cores; 8 cores)"),
        "{}",
        refused.out
    );
    assert!(
        refused.out.contains("verdict      not comparable") && refused.out.contains("--anyway"),
        "{}",
        refused.out
    );
    let json = compare(&dir, "old new --format json").exits_2().json();
    assert_eq!(
        (&json["machine_differs"], &json["comparisons"][0]["verdict"]),
        (&json!(["cores"]), &json!("not_comparable"))
    );
    assert_eq!([&json["machines"][0]["cores"], &json["machines"][1]["cores"]], [4, 8]);
    let anyway = compare(&dir, "old new --anyway").exits_1();
    assert!(
        anyway.out.contains("regression") && anyway.out.contains("the machines differ"),
        "{}",
        anyway.out
    );
    dir.run("bench report old new").exits_2().only_stderr("error[bench/machines]");
    dir.run("bench export both.json old new").exits_2().only_stderr("measured on different machines");
}
