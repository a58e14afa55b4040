//! Messages about documents, parameters and criteria.

use speckit_core::bench::{BaselineError, BenchRun};
use speckit_tests::golden;

use super::examples::machine;
use crate::render_report;

fn report(text: &str) -> String {
    let errors = BenchRun::read("old.json", text).unwrap_err();
    render_report(&errors.diagnostics, &errors.masks)
}

#[test]
fn a_document_with_many_mistakes_is_refused_with_all_of_them() {
    let text = r#"{
  "benchmarks": [
    {"name": "a", "command": "sort", "samples_ns": [100, -5, 12.5, "80 ms", null]},
    {"name": "a", "samples_ns": {"0": 100}},
    {"command": ["b"], "runs": -1}
  ],
  "seed": "42"
}
"#;
    golden!("bench/errors", "many_mistakes", report(text));
}

#[test]
fn mistyped_keys_are_refused_with_the_nearest_ones() {
    let text = r#"{
  "benchmarks": [
    {"name": "a", "sampels_ns": [100, 110], "wramup": 3, "mode": "fast"}
  ],
  "machine": {"cpu": "AMD EPYC", "coers": 2, "memory_bytes": null, "os": null}
}
"#;
    golden!("bench/errors", "mistyped_keys", report(text));
}

#[test]
fn not_a_number_is_refused_with_its_place() {
    let text = "{\"benchmarks\": [{\"name\": \"a\", \"samples_ns\": [100, NaN, 120]}],\n\"machine\": {}}\n";
    golden!("bench/errors", "not_a_number", report(text));
}

#[test]
fn another_document_is_refused() {
    golden!("bench/errors", "another_document", ["[]", "{\"results\": []}"].map(report).join("\n"));
}

#[test]
fn baselines_that_cannot_be_used_are_refused() {
    let name = String::from;
    let errors = [
        BaselineError::Unknown { name: name("mian"), nearest: Some(name("main")) },
        BaselineError::Machines {
            first: name("main"),
            second: name("there"),
            machines: Box::new((machine(4), machine(8))),
        },
        BaselineError::NoPair { first: name("main"), second: name("the last run") },
    ];
    golden!("bench/errors", "baselines", errors.map(|error| error.to_string()).join("\n"));
}
