//! Findings follow from the rules and the contents of the files, and from nothing else.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use speckit_core::config::report::Style;
use speckit_core::policy::Policy;
use speckit_core::policy::findings::{
    Baseline, CheckOptions, FileCheck, Finding, FindingState, PolicyReport, Position,
};
use speckit_core::policy::report::{SarifOptions, TextOptions};

use self::calls::{blank_lines, call_files, call_policy, spread};
use self::files::SampleFile;
use self::rules::{SampleRule, config, policy, rules_and_files, rules_and_unordered_file};

mod calls;
mod files;
mod naive;
mod rules;
mod suppressions;

fn checks(policy: &Policy, files: &[SampleFile]) -> Vec<FileCheck> {
    files.iter().map(|file| policy.check_file(&file.path, file.text().as_bytes())).collect()
}

fn report(policy: &Policy, files: &[SampleFile]) -> PolicyReport {
    policy.conclude(checks(policy, files), &CheckOptions::default())
}

fn place(finding: &Finding) -> naive::Place {
    let pair = |position: Position| (position.line, position.column);
    let related = finding.related.iter().map(|related| pair(related.position)).collect();
    (finding.path.clone(), pair(finding.start), pair(finding.end), finding.rule.clone(), related)
}

/// The findings that are made differently by the naive search.
fn differences(rules: &[SampleRule], files: &[SampleFile]) -> (Vec<naive::Place>, Vec<naive::Place>) {
    let found: Vec<naive::Place> = report(&policy(rules), files).findings.iter().map(place).collect();
    (found, naive::findings(rules, files))
}

proptest! {
    #![proptest_config(speckit_tests::cases(200))]

    #[test]
    fn the_findings_are_those_of_a_search_at_every_character((rules, files) in rules_and_files()) {
        let (found, expected) = differences(&rules, &files);
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn they_are_in_texts_that_no_language_accepts((mut rules, file) in rules_and_unordered_file()) {
        // Where such a text has tests is decided by its lexer.
        rules.iter_mut().for_each(|rule| rule.tests = true);
        let (found, expected) = differences(&rules, &[file]);
        prop_assert_eq!(found, expected);
    }
}

proptest! {
    #![proptest_config(speckit_tests::cases(128))]

    #[test]
    fn the_report_depends_neither_on_the_order_of_files_nor_on_who_checks_them(
        (rules, files, shuffled) in rules_and_files()
            .prop_flat_map(|(rules, files)| (Just(rules), Just(files.clone()), Just(files).prop_shuffle())),
        split in any::<prop::sample::Index>(),
    ) {
        let policy = policy(&rules);
        let expected = report(&policy, &files);
        let (first, second) = shuffled.split_at(split.index(shuffled.len() + 1));
        let other = Policy::compile_unchecked(&config(&rules)).unwrap();
        // A file that two paths lead to is checked twice.
        let all = checks(&policy, second).into_iter().chain(checks(&other, first)).chain(checks(&other, second));
        prop_assert_eq!(policy.conclude(all, &CheckOptions::default()), expected);
    }

    #[test]
    fn blank_lines_between_statements_move_findings_and_change_nothing_else(
        (files, blanks) in call_files().prop_flat_map(|files| (Just(files.clone()), blank_lines(&files))),
    ) {
        let policy = call_policy();
        let moved: Vec<SampleFile> = files.iter().zip(&blanks).map(|(file, blanks)| spread(file, blanks)).collect();
        let (before, after) = (report(&policy, &files), report(&policy, &moved));
        let line_after = |finding: &Finding| match files.iter().position(|file| file.path == finding.path) {
            Some(index) => calls::line_after(&files[index], &blanks[index], finding.start.line),
            // Missing matches are reported at their rule.
            None => finding.start.line,
        };
        let expected = before.findings.iter().map(|finding| (line_after(finding), finding.start.column, content(finding)));
        let found = after.findings.iter().map(|finding| (finding.start.line, finding.start.column, content(finding)));
        prop_assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        prop_assert_eq!((after.rules, after.files, after.ok), (before.rules, before.files, before.ok));
    }

    #[test]
    fn after_a_baseline_nothing_is_new_wherever_the_files_are(
        (files, moves) in call_files().prop_flat_map(|files| (Just(files.clone()), vec(any::<bool>(), files.len()))),
    ) {
        let policy = call_policy();
        let before = report(&policy, &files);
        let baseline = Baseline::parse(&before.baseline().to_json()).unwrap();
        let mut moved = files.clone();
        let mut gone = BTreeSet::new();
        for (file, _) in moved.iter_mut().zip(&moves).filter(|(_, moves)| **moves) {
            gone.insert(file.path.clone());
            file.path = format!("moved/{}", file.path);
        }
        let options = CheckOptions::default().baseline(baseline).gone(gone).strict(true);
        let after = policy.conclude(checks(&policy, &moved), &options);
        let new: Vec<_> = after.findings.iter().filter(|finding| finding.state == FindingState::New).collect();
        prop_assert_eq!(new, Vec::<&Finding>::new());
        prop_assert!(after.ok);
        let states = |report: &PolicyReport| (report.findings.len(), report.count(FindingState::Suppressed));
        prop_assert_eq!(states(&after), states(&before));
        // A copy of a file is new, although each of its lines is in the baseline.
        let mut copy = files[0].clone();
        copy.path = format!("copied/{}", copy.path);
        let new_prints = |report: PolicyReport| {
            report.findings.iter().filter(|one| one.rule == "print" && one.state == FindingState::New).count()
        };
        let copied = new_prints(report(&policy, std::slice::from_ref(&copy)));
        let added = policy.conclude(checks(&policy, &[moved, vec![copy]].concat()), &options);
        prop_assert_eq!(new_prints(added), copied);
    }

    #[test]
    fn sarif_has_suppressed_findings_with_their_reasons(files in call_files()) {
        let report = report(&call_policy(), &files);
        let log = serde_json::to_value(report.to_sarif(SarifOptions { version: "1", has_baseline: false })).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        prop_assert_eq!(results.len(), report.findings.len());
        for (result, finding) in results.iter().zip(&report.findings) {
            prop_assert_eq!(&result["partialFingerprints"]["speckit/v1"], &finding.fingerprint);
            let justification = &result["suppressions"][0]["justification"];
            prop_assert_eq!(justification.as_str(), finding.reason.as_deref());
            prop_assert_eq!(finding.reason.is_some(), finding.state == FindingState::Suppressed);
        }
    }
}

/// What a finding is, wherever it is in its file.
fn content(finding: &Finding) -> (&str, &str, FindingState, Option<&str>, &str) {
    let Finding { rule, fingerprint, state, reason, message, .. } = finding;
    (rule, fingerprint, *state, reason.as_deref(), message)
}

/// Rules, and a text of which nothing is known.
fn hostile_text() -> impl Strategy<Value = (Vec<SampleRule>, Vec<u8>)> {
    let directive = prop::sample::select(vec![
        "speckit:allow",
        "speckit:allow r0",
        "speckit:allow r0 why",
        "/* speckit:allow r0 why\n",
        "# speckit:allow r1 why\n",
        "((",
        "}",
        "\0",
        "\u{feff}",
        "\r",
    ]);
    let parts = (
        vec(directive, 0..4),
        prop_oneof![vec(any::<u8>(), 0..100), any::<String>().prop_map(String::into_bytes)],
    );
    (rules_and_unordered_file(), parts).prop_map(|((rules, file), (directives, bytes))| {
        let parts =
            [file.text().into_bytes(), directives.concat().into_bytes(), file.text().into_bytes(), bytes];
        (rules, parts.concat())
    })
}

proptest! {
    #[test]
    fn every_text_and_path_gives_a_report_in_every_format(
        (rules, bytes) in hostile_text(),
        path in prop_oneof![any::<String>(), "[a-c/.]{0,6}[.](rs|py|ts|sh|go|sql|toml|yaml)"],
    ) {
        let policy = policy(&rules);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let checks = [policy.check_file(&path, &bytes), policy.check_message("message", &text)];
        let report = policy.conclude(checks, &CheckOptions::default());
        let lines = text.matches('\n').count() + 1;
        for finding in &report.findings {
            prop_assert!(finding.start <= finding.end && (1..=lines).contains(&finding.start.line));
            prop_assert!(finding.start.column >= 1);
        }
        let style = Style { color: true, width: 0 };
        let texts = [report.to_text(TextOptions { style, max_findings: 2 }), report.to_markdown(), report.to_html(), report.to_github()];
        prop_assert!(texts.iter().all(|text| !text.is_empty()));
        let sarif = report.to_sarif(SarifOptions { version: "1", has_baseline: true });
        prop_assert!(serde_json::to_string(&sarif).is_ok() && serde_json::to_string(&report).is_ok());
    }
}

#[test]
fn the_samples_have_findings_of_each_kind() {
    let mut runner = TestRunner::deterministic();
    let mut counts = [0; 5];
    for _ in 0..300 {
        let (rules, files) = rules_and_files().new_tree(&mut runner).unwrap().current();
        let report = report(&policy(&rules), &files);
        let excused = rules.iter().any(|rule| !rule.not.is_empty());
        let kinds = [
            report.findings.is_empty(),
            report.findings.iter().any(|finding| finding.related.is_empty()),
            report.findings.iter().any(|finding| !finding.related.is_empty()),
            report.findings.iter().any(|finding| finding.path.starts_with("policy.rules.")),
            excused && !report.findings.is_empty(),
        ];
        counts.iter_mut().zip(kinds).for_each(|(count, is_kind)| *count += usize::from(is_kind));
    }
    assert!(
        counts.iter().all(|count| *count >= 30),
        "none, alone, with others, missing, with excuses: {counts:?}"
    );
}
