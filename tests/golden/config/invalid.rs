//! One file for each kind of error, with its report.
//!
//! A case is resolved like in the program: with the shipped defaults, or without them and with its own schema
//! (`NAME.schema.json`). A schema without a configuration is a case too.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use speckit_core::app::AppConfig;
use speckit_core::config::redact::Masks;
use speckit_core::config::resolve::{Document, Inputs, Rules};
use speckit_core::config::schema::{Documents, Schema};
use speckit_core::config::source::{Language, decode, parse};
use speckit_core::{Diagnostic, LayerKind, Severity, Source};
use speckit_tests::{golden, workspace};

use crate::{application, render_report};

/// The expected code of each case whose file cannot have a first line `# expects: CODE`.
const EXPECTED: &[(&str, &str)] = &[
    ("array-of-items-in-2020-12.schema.json", "schema/invalid"),
    ("bound-that-is-a-text.schema.json", "schema/invalid"),
    ("colon-missing.json", "parse/json"),
    ("comma-before-the-brace.json", "parse/json"),
    ("comma-before-the-bracket.json", "parse/json"),
    ("comma-missing.json", "parse/json"),
    ("comment.json", "parse/json"),
    ("draft-4-bound-in-draft-7.schema.json", "schema/invalid"),
    ("draft-that-is-too-old.schema.json", "schema/unsupported"),
    ("escape-that-json-does-not-have.json", "parse/json"),
    ("invisible-character.json", "parse/json"),
    ("last-string-not-closed.json", "parse/json"),
    ("latin-1.toml", "parse/not-utf8"),
    ("leading-plus.json", "parse/json"),
    ("leading-zero.json", "parse/json"),
    ("mistakes-behind-a-byte-order-mark.json", "schema/type"),
    ("name-set-twice.json", "parse/duplicate-key"),
    ("name-without-quotes.json", "parse/json"),
    ("nested-deeper-than-the-limit.json", "parse/too-deep"),
    ("not-a-number.json", "parse/json"),
    ("nothing-at-all.json", "parse/json"),
    ("null-where-nothing-may-be-null.json", "schema/type"),
    ("number-above-a-large-bound.json", "schema/maximum"),
    ("number-next-to-a-large-one.json", "schema/const"),
    ("object-not-closed.json", "parse/json"),
    ("pattern-that-does-not-compile.schema.json", "schema/invalid"),
    ("reference-to-another-document.schema.json", "schema/unsupported"),
    ("reference-to-itself.schema.json", "schema/unsupported"),
    ("reference-to-nothing.schema.json", "schema/unsupported"),
    ("required-that-is-no-list.schema.json", "schema/invalid"),
    ("root-that-is-a-list.json", "schema/type"),
    ("schema-that-is-a-list.schema.json", "schema/invalid"),
    ("schema-that-is-no-json.schema.json", "parse/json"),
    ("secret-below-a-refused-name.json", "schema/additionalProperties"),
    ("secret-beside-a-nearer-name.json", "schema/additionalProperties"),
    ("secret-on-a-line-that-does-not-parse.json", "parse/json"),
    ("several-mistakes-in-a-schema.schema.json", "schema/invalid"),
    ("single-quotes.json", "parse/json"),
    ("string-not-closed.json", "parse/json"),
    ("toml-in-a-json-file.json", "parse/json"),
    ("true-with-a-capital.json", "parse/json"),
    ("two-roots.json", "parse/json"),
    ("type-that-draft-7-does-not-have.schema.json", "schema/invalid"),
    ("utf-16-without-a-mark.toml", "parse/not-utf8"),
    ("utf-16.toml", "parse/not-utf8"),
    ("way-to-merge-that-does-not-apply.schema.json", "schema/invalid"),
    ("way-to-merge-that-does-not-exist.schema.json", "schema/invalid"),
];

/// The secrets in the cases, which no report may contain.
const SECRETS: [&str; 4] = ["hunter2", "271828182845", "98765", "planted"];

/// The end of a schema's file name, after the name of its case.
const SCHEMA: &str = ".schema.json";

fn folder() -> PathBuf {
    workspace().join("tests/cases/invalid")
}

/// The names of the cases: every file except for the schemas of other cases.
fn cases() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).expect("there are cases");
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let belongs_to_another_case = |name: &String| {
        let stem = name.strip_suffix(SCHEMA);
        stem.is_some_and(|stem| {
            ["toml", "json"].iter().any(|ending| names.contains(&format!("{stem}.{ending}")))
        })
    };
    names.iter().filter(|name| !belongs_to_another_case(name)).cloned().collect()
}

/// The diagnostics of a case, and their report. A case without its own schema uses the `shipped` rules.
fn check_case(name: &str, shipped: &Rules) -> (Vec<Diagnostic>, String) {
    if name.ends_with(SCHEMA) {
        return match compile_schema(name) {
            Ok(schema) => (schema.warnings().to_vec(), String::from("a schema without a mistake\n")),
            Err(diagnostics) => diagnostics,
        };
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let own = format!("{stem}{SCHEMA}");
    let own_rules;
    let (rules, mut documents) = if folder().join(&own).is_file() {
        let schema = compile_schema(&own).unwrap_or_else(|(_, report)| panic!("{report}"));
        own_rules = Rules::new(Some(schema));
        (&own_rules, Vec::new())
    } else {
        let defaults = Source::document(LayerKind::Defaults, "defaults.toml", AppConfig::DEFAULTS);
        (shipped, vec![Document::Text(defaults, Language::Toml)])
    };
    let mut diagnostics = Vec::new();
    match decode(LayerKind::File, name, read_bytes(&folder().join(name))) {
        Ok(source) => match Language::of(name, source.text()) {
            Ok(language) => documents.push(Document::Text(source, language)),
            Err(unread) => diagnostics.push(unread.diagnostic(name)),
        },
        Err(diagnostic) => diagnostics.push(diagnostic),
    }
    let inputs = Inputs { documents, diagnostics, ..Inputs::default() };
    match rules.check(rules.read(&inputs)) {
        Ok(checked) => (checked.diagnostics().to_vec(), String::from("a configuration without an error\n")),
        Err(refused) => {
            (refused.diagnostics().to_vec(), render_report(refused.diagnostics(), &refused.masks(rules)))
        }
    }
}

/// Compiles a schema of the folder, or returns its diagnostics with their report.
fn compile_schema(name: &str) -> Result<Schema, (Vec<Diagnostic>, String)> {
    let text = String::from_utf8(read_bytes(&folder().join(name))).expect("a schema is UTF-8");
    let source = Source::document(LayerKind::Defaults, name, text);
    let layer = parse(&source, Language::Json).map_err(|diagnostics| {
        let report = render_report(&diagnostics, &Masks::default());
        (diagnostics, report)
    })?;
    Schema::compile(&Documents::new("speckit://case/schema.json", layer.root())).map_err(|diagnostics| {
        let report = render_report(&diagnostics, &Masks::of([&layer], &|_, _| false));
        (diagnostics, report)
    })
}

fn read_bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The expected code of a case.
fn expected_code(name: &str) -> Option<String> {
    if let Some((_, code)) = EXPECTED.iter().find(|(case, _)| *case == name) {
        return Some(String::from(*code));
    }
    let bytes = read_bytes(&folder().join(name));
    let text = String::from_utf8_lossy(&bytes);
    let line = text.trim_start_matches('\u{feff}').lines().next()?;
    line.strip_prefix("# expects: ").map(|code| code.trim_end().into())
}

#[test]
fn every_case_is_refused_with_its_expected_code() {
    let shipped = application();
    let mut failures = Vec::new();
    for name in cases() {
        let (diagnostics, report) = check_case(&name, &shipped);
        let codes: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
        match expected_code(&name) {
            None => failures.push(format!("{name}: no `# expects: CODE`; found {codes:?}")),
            Some(code) if !codes.contains(&code.as_str()) => {
                failures.push(format!("{name}: expected {code}, found {codes:?}"));
            }
            Some(_) => {}
        }
        if diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Warning) {
            failures.push(format!("{name}: no error"));
        }
        for secret in SECRETS.iter().filter(|secret| report.contains(**secret)) {
            failures.push(format!("{name}: the report shows `{secret}`"));
        }
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

#[test]
fn every_report_matches_its_snapshot() {
    let names = cases();
    assert!(names.len() > 100, "{} cases", names.len());
    let shipped = application();
    let differs = |name: &String| {
        let (_, report) = check_case(name, &shipped);
        catch_unwind(AssertUnwindSafe(|| golden!("config/cases", name.as_str(), report))).is_err()
    };
    let changed: Vec<String> = names.into_iter().filter(differs).collect();
    assert!(changed.is_empty(), "these reports differ from the accepted ones:\n{}", changed.join("\n"));
}

#[test]
fn every_expected_code_belongs_to_a_case() {
    let names = cases();
    let stale: Vec<_> = EXPECTED.iter().filter(|(case, _)| !names.contains(&String::from(*case))).collect();
    assert!(stale.is_empty(), "{stale:?}");
}
