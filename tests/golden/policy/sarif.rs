//! SARIF, against the accepted text and against the schema of OASIS.

use std::fs;

use speckit_core::config::schema::Schema;
use speckit_core::config::source::{Language, parse};
use speckit_core::policy::findings::PolicyReport;
use speckit_core::policy::report::{MAX_SARIF_RESULTS, SarifOptions};
use speckit_core::{LayerKind, Severity, Source};
use speckit_tests::golden;

use super::examples::{clean, finding, many, rich, warned};
use crate::schema;

fn sarif(report: &PolicyReport, has_baseline: bool) -> String {
    serde_json::to_string_pretty(&report.to_sarif(SarifOptions { version: "1.2.3", has_baseline })).unwrap()
        + "\n"
}

#[test]
fn sarif_has_every_finding_with_its_place_and_state() {
    golden!("policy/reports", "sarif", sarif(&rich(), true));
}

#[test]
fn sarif_of_a_clean_check_has_its_rules() {
    golden!("policy/reports", "clean_sarif", sarif(&clean(), false));
}

#[test]
fn every_result_has_a_state_or_none_has() {
    let states = |report: &PolicyReport, has_baseline| {
        let log = sarif(report, has_baseline);
        (log.matches("\"baselineState\"").count(), log.matches("\"ruleId\"").count())
    };
    assert_eq!(states(&warned(), false), (0, 1));
    assert_eq!(states(&warned(), true), (1, 1));
    assert_eq!(states(&rich(), false), (8, 8));
}

#[test]
fn results_beyond_the_limit_are_counted_and_new_errors_stay() {
    let mut report = many(MAX_SARIF_RESULTS);
    report.findings.push(finding("no-print", Severity::Error, ("z.py", 1), "«print»(1)"));
    let log: serde_json::Value = serde_json::from_str(&sarif(&report, false)).unwrap();
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), MAX_SARIF_RESULTS);
    assert_eq!(results.iter().filter(|result| result["level"] == "error").count(), 15);
    assert_eq!(
        run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"],
        "15 findings omitted, since a run has at most 25000 results."
    );
}

fn violations(schema: &Schema, log: &str) -> Vec<String> {
    let source = Source::document(LayerKind::File, "log.sarif", log);
    let layer = parse(&source, Language::Json).unwrap();
    let found = schema.validator().check(layer.root());
    found.iter().map(|violation| format!("{}: {}", violation.key, violation.message)).collect()
}

/// The logs of these tests conform to the schema, and `.ci/run sarif` has them checked by another program.
#[test]
fn every_log_conforms_to_the_schema_of_oasis() {
    let Some(path) = std::env::var_os("SARIF_SCHEMA") else {
        println!("skipped: SARIF_SCHEMA does not name the schema; `.ci/run sarif` fetches it");
        return;
    };
    let schema = schema("sarif-schema-2.1.0.json", &fs::read_to_string(path).unwrap());
    let logs = [
        ("rich", sarif(&rich(), true)),
        ("clean", sarif(&clean(), false)),
        ("warned", sarif(&warned(), false)),
        ("many", sarif(&many(20), false)),
    ];
    for (name, log) in &logs {
        assert_eq!(violations(&schema, log), [""; 0], "{name}");
        if let Some(folder) = std::env::var_os("SARIF_FOLDER") {
            fs::write(std::path::Path::new(&folder).join(format!("{name}.sarif.json")), log).unwrap();
        }
    }
    // The schema refuses what a blank in an address or a wrong column would be.
    let (_, log) = &logs[0];
    assert_eq!(violations(&schema, &log.replace("src/a%20b", "src/a b")).len(), 3);
    assert_eq!(violations(&schema, &log.replace("\"startColumn\": 9", "\"startColumn\": 0")).len(), 2);
}
