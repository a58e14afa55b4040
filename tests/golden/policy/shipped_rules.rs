//! The shipped rules find what is planted in the samples, and nothing else.
//!
//! A sample is `tests/cases/policy/<rule>/found/<reason>` or `…/allowed/<reason>`. A comment `expects: LINE:COLUMN` at its end names
//! each planted violation.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use speckit_core::app::AppConfig;
use speckit_core::policy::Policy;
use speckit_core::policy::findings::{Finding, FindingState, PolicyReport};
use speckit_tests::{golden, workspace};

/// How many samples of each kind a rule needs at least.
const FEWEST: usize = 20;

/// The samples with their texts, by their paths below `tests/cases/policy`.
fn samples() -> BTreeMap<String, String> {
    let folder = workspace().join("tests/cases/policy");
    let mut samples = BTreeMap::new();
    for rule in names(&folder) {
        for kind in names(&folder.join(&rule)) {
            for name in names(&folder.join(&rule).join(&kind)) {
                let path = format!("{rule}/{kind}/{name}");
                let text = std::fs::read_to_string(folder.join(&path)).unwrap();
                samples.insert(path, text);
            }
        }
    }
    samples
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn check(samples: &BTreeMap<String, String>) -> PolicyReport {
    let policy = Policy::compile(&AppConfig::default().policy).unwrap();
    let files = samples.iter().map(|(path, text)| policy.check_file(path, text.as_bytes()));
    policy.conclude(files, &Default::default())
}

/// The planted violations of a sample, as the rule with its line and column.
fn expected(path: &str, text: &str) -> Vec<String> {
    let rule = path.split('/').next().unwrap_or_default();
    let places = text.lines().filter_map(|line| line.split_once(" expects: "));
    places.map(|(_, place)| format!("{rule} {place}")).collect()
}

fn place(finding: &Finding) -> String {
    format!("{} {}:{}", finding.rule, finding.start.line, finding.start.column)
}

#[test]
fn every_planted_violation_is_found_and_nothing_else() {
    let samples = samples();
    let report = check(&samples);
    let mut failures = Vec::new();
    for (path, text) in &samples {
        let expected = expected(path, text);
        let findings: Vec<&Finding> = report
            .findings
            .iter()
            .filter(|finding| finding.path == *path && finding.state == FindingState::New)
            .collect();
        let found: Vec<String> = findings.iter().map(|finding| place(finding)).collect();
        if found != expected {
            failures.push(format!("{path}: expected {expected:?}, found {found:?}"));
        }
        if findings.iter().any(|finding| finding.fix.is_none()) {
            failures.push(format!("{path}: a finding without a fix"));
        }
        if expected.is_empty() == path.contains("/found/") {
            failures.push(format!("{path}: {} planted violations", expected.len()));
        }
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

#[test]
fn each_rule_has_enough_samples_in_several_languages() {
    let samples = samples();
    for rule in AppConfig::default().policy.rules.keys() {
        for kind in ["found", "allowed"] {
            let of_kind = samples.keys().filter(|path| path.starts_with(&format!("{rule}/{kind}/")));
            let endings = of_kind.clone().filter_map(|path| path.rsplit_once('.')).map(|(_, ending)| ending);
            let languages = endings.collect::<std::collections::BTreeSet<_>>();
            assert!(of_kind.count() >= FEWEST && languages.len() >= 4, "{rule}/{kind}: {languages:?}");
        }
    }
}

#[test]
fn the_findings_in_all_samples_match_their_snapshot() {
    let mut text = String::new();
    for finding in check(&samples()).findings {
        writeln!(text, "{}:{}:{}: {}", finding.path, finding.start.line, finding.start.column, finding.rule)
            .unwrap();
        let source = finding.source.unwrap();
        writeln!(text, "  {}", source.text.get(source.matched).unwrap()).unwrap();
    }
    golden!("policy/shipped_rules", "samples", text);
}
