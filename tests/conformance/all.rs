//! The official JSON Schema Test Suite: every required case of five drafts, and every format of Draft 7.
//!
//! The suite is not in the repository. The test reads it from the folder that `JSON_SCHEMA_TEST_SUITE` names
//! (the one with `tests` and `remotes` in it); `.ci/run` provides it. Without it the test is skipped, but fails where `CI` is set.

use std::fs;
use std::path::{Path, PathBuf};

use speckit_core::config::schema::{Documents, Schema};
use speckit_core::config::source::{Language, parse};
use speckit_core::{Kind, LayerKind, Source, Value};

/// The address at which the suite expects its `remotes`.
const REMOTES: &str = "http://localhost:1234/";

fn suite() -> Option<PathBuf> {
    let folder = std::env::var_os("JSON_SCHEMA_TEST_SUITE").map(PathBuf::from);
    if folder.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "JSON_SCHEMA_TEST_SUITE names no suite: run `.ci/run suite tests`"
        );
        println!("skipped: JSON_SCHEMA_TEST_SUITE names no copy of the official suite");
    }
    folder
}

fn json(name: &str, text: &str) -> Value {
    let source = Source::document(LayerKind::File, name, text);
    parse(&source, Language::Json).unwrap_or_else(|found| panic!("{name}: {found:?}")).root().clone()
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files
}

/// The schema with a `$schema` that names the draft, unless it has one: without one it would be read as Draft 7.
fn with_draft(schema: &Value, draft: &str) -> Value {
    let address = match draft {
        "draft4" => "http://json-schema.org/draft-04/schema#",
        "draft6" => "http://json-schema.org/draft-06/schema#",
        "draft7" => "http://json-schema.org/draft-07/schema#",
        "draft2019-09" => "https://json-schema.org/draft/2019-09/schema",
        _ => "https://json-schema.org/draft/2020-12/schema",
    };
    let Some(members) = schema.as_table().filter(|_| schema.member("$schema").is_none()) else {
        return schema.clone();
    };
    let stated = Value::new(Kind::String(address.into()), schema.origin().clone());
    let members = members.iter().map(|(name, value)| (name.clone(), value.clone()));
    Value::table(members.chain([("$schema".into(), stated)]), schema.origin().clone())
}

fn compile(schema: &Value, remotes: &Path, draft: &str) -> Result<Schema, String> {
    let mut documents = Documents::new("speckit://case/schema.json", &with_draft(schema, draft));
    loop {
        let before = documents.missing();
        for address in &before {
            let path = address.strip_prefix(REMOTES).map(|rest| remotes.join(rest));
            if let Some(text) = path.and_then(|path| fs::read_to_string(path).ok()) {
                documents.add(address, &with_draft(&json(address, &text), draft));
            }
        }
        if documents.missing() == before {
            break;
        }
    }
    Schema::compile(&documents).map_err(|found| format!("{found:?}"))
}

/// Runs every case of the files; `wrap` changes each schema without changing its meaning.
fn run(
    suite: &Path,
    files: Vec<PathBuf>,
    draft: &str,
    wrap: &dyn Fn(&Value) -> Value,
) -> (usize, Vec<String>) {
    let mut passed = 0;
    let mut failures = Vec::new();
    for path in files {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        let groups = json(&file, &fs::read_to_string(&path).unwrap());
        for group in groups.as_array().unwrap().iter() {
            let title = group.member("description").and_then(Value::as_str).unwrap();
            let schema = wrap(group.member("schema").unwrap());
            let compiled = compile(&schema, &suite.join("remotes"), draft);
            for case in group.member("tests").unwrap().as_array().unwrap().iter() {
                let name = case.member("description").and_then(Value::as_str).unwrap();
                let expected = case.member("valid").unwrap().as_bool().unwrap();
                let data = case.member("data").unwrap();
                let outcome = compiled.as_ref().map(|schema| {
                    let validator = schema.validator();
                    (validator.is_valid(data), validator.check(data))
                });
                match outcome {
                    Ok((valid, found)) if valid == expected && found.is_empty() == expected => passed += 1,
                    outcome => {
                        failures.push(format!("{file} / {title} / {name}: expected {expected}, {outcome:?}"))
                    }
                }
            }
        }
    }
    (passed, failures)
}

fn as_it_is(schema: &Value) -> Value {
    schema.clone()
}

/// The schema as the only alternative of an `anyOf`.
fn as_an_alternative(schema: &Value) -> Value {
    let mut members = vec![("anyOf".into(), Value::array([schema.clone()], schema.origin().clone()))];
    // The address of a schema is that of its document, wherever the schema is in it.
    for name in ["$id", "id", "definitions", "$defs", "$schema"] {
        members.extend(schema.member(name).map(|value| (name.into(), value.clone())));
    }
    Value::table(members, schema.origin().clone())
}

/// The drafts, and at least how many required cases the suite has for each.
const DRAFTS: [(&str, usize); 5] =
    [("draft4", 600), ("draft6", 800), ("draft7", 900), ("draft2019-09", 1200), ("draft2020-12", 1250)];

fn assert_all_pass(outcome: (usize, Vec<String>), at_least: usize, draft: &str) {
    let (passed, failures) = outcome;
    println!("{draft}: {passed} cases");
    let text = failures.join("\n");
    assert!(failures.is_empty(), "{draft}: {passed} passed, {} failed:\n{text}", failures.len());
    assert!(passed > at_least, "{draft}: {passed} cases");
}

#[test]
fn every_required_case_of_every_draft_passes() {
    let Some(suite) = suite() else { return };
    for (draft, at_least) in DRAFTS {
        let outcome = run(&suite, json_files(&suite.join("tests").join(draft)), draft, &as_it_is);
        assert_all_pass(outcome, at_least, draft);
    }
}

/// References of the suite that start at `#` mean the outermost schema, which wrapping moves.
#[test]
fn every_required_case_of_draft_7_passes_inside_a_combining_keyword() {
    let Some(suite) = suite() else { return };
    let moved = ["ref", "refRemote", "infinite-loop-detection", "definitions"];
    let mut files = json_files(&suite.join("tests/draft7"));
    files.retain(|path| !moved.contains(&&*path.file_stem().unwrap().to_string_lossy()));
    assert_all_pass(run(&suite, files, "draft7", &as_an_alternative), 700, "draft7");
}

#[test]
fn every_format_case_passes() {
    let Some(suite) = suite() else { return };
    let files = json_files(&suite.join("tests/draft7/optional/format"));
    assert_all_pass(run(&suite, files, "draft7", &as_it_is), 400, "draft7");
}

/// Left out: `content` keywords describe a value and restrict nothing, and 1.0 is an integer in every draft.
#[test]
fn every_optional_case_of_every_draft_passes() {
    let Some(suite) = suite() else { return };
    for (draft, _) in DRAFTS {
        let mut files = json_files(&suite.join("tests").join(draft).join("optional"));
        files.retain(|path| !path.ends_with("content.json") && !path.ends_with("zeroTerminatedFloats.json"));
        assert_all_pass(run(&suite, files, draft, &as_it_is), 90, draft);
    }
}
