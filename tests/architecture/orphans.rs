//! Every seed, snapshot, case and test file is in use.

use crate::{assert_none, names, text};

const SEEDS: &str = "proptest-regressions/";
const SNAPSHOTS: &str = "snapshots/";
const CASES: &str = "tests/cases/";

/// Keeps an empty folder in git.
const PLACEHOLDER: &str = ".gitkeep";

/// Seeds without a test file, and seeds in a folder where proptest does not read them.
fn orphaned_seeds(names: &[String]) -> Vec<String> {
    let seeds = names.iter().filter(|name| name.contains(SEEDS) && !name.ends_with(PLACEHOLDER));
    let has_source = |seed: &str| {
        let stem = seed.strip_prefix(SEEDS).and_then(|rest| rest.strip_suffix(".txt"));
        stem.is_some_and(|stem| names.contains(&format!("tests/{stem}.rs")))
    };
    seeds
        .filter(|seed| !has_source(seed))
        .map(|seed| format!("{seed} belongs to no tests/<suite>/<name>.rs"))
        .collect()
}

/// Snapshots whose name is neither a literal of a suite nor the name of a case file.
fn orphaned_snapshots(names: &[String], sources: &str) -> Vec<String> {
    let snapshots = names.iter().filter(|name| name.contains(SNAPSHOTS) && !name.ends_with(PLACEHOLDER));
    let is_used = |snapshot: &str| {
        // A picture is kept beside its description: `report.snap` and `report.snap.svg`.
        let stem = snapshot.strip_suffix(".svg").unwrap_or(snapshot).strip_suffix(".snap");
        let Some((_, name)) = stem.and_then(|stem| stem.rsplit_once('/')) else { return false };
        let is_named_in =
            |sources: &str| ["", ".svg"].iter().any(|end| sources.contains(&format!("\"{name}{end}\"")));
        snapshot.starts_with(SNAPSHOTS)
            && (is_named_in(sources) || cases(names).any(|case| is_named(case, name)))
    };
    snapshots
        .filter(|snapshot| !is_used(snapshot))
        .map(|snapshot| format!("{snapshot} is named by no test and no case"))
        .collect()
}

/// Files of invalid input without an accepted report.
fn orphaned_cases(names: &[String]) -> Vec<String> {
    let accepted = |case: &str| {
        let snapshots = names.iter().filter_map(|name| name.strip_prefix(SNAPSHOTS)?.strip_suffix(".snap"));
        snapshots.filter_map(|path| path.rsplit_once('/')).any(|(_, name)| is_named(case, name))
    };
    // A schema beside a case is part of it.
    let of_another = |case: &str| {
        let stem = case.strip_suffix(".schema.json");
        stem.is_some_and(|stem| ["toml", "json"].iter().any(|end| names.contains(&format!("{stem}.{end}"))))
    };
    cases(names)
        .filter(|case| case.starts_with("tests/cases/invalid/") && !accepted(case) && !of_another(case))
        .map(|case| format!("{case} has no snapshots/<area>/<name>.snap"))
        .collect()
}

fn cases(names: &[String]) -> impl Iterator<Item = &str> {
    names.iter().map(String::as_str).filter(|name| name.starts_with(CASES) && !name.ends_with(PLACEHOLDER))
}

/// Whether the snapshot has the name of the case file, with or without the extension.
fn is_named(case: &str, name: &str) -> bool {
    let file = case.rsplit('/').next().unwrap_or_default();
    file == name || file.rsplit_once('.').is_some_and(|(stem, _)| stem == name)
}

/// Suites that the manifest does not list, and files that their parent module does not declare: they never run.
fn unreached_tests(names: &[String], manifest: &str, read: &dyn Fn(&str) -> String) -> Vec<String> {
    let sources = names.iter().filter_map(|name| name.strip_prefix("tests/")?.strip_suffix(".rs"));
    let mut unreached = Vec::new();
    for source in sources {
        let parts = source.split('/').collect::<Vec<_>>();
        match parts[..] {
            [suite, "all"] if !manifest.contains(&format!("path = \"{suite}/all.rs\"")) => {
                unreached.push(format!("tests/{suite}/all.rs is no [[test]] of tests/Cargo.toml"));
            }
            [.., "main"] => unreached.push(format!("tests/{source}.rs moves the seeds of proptest")),
            [suite, .., name] if name != "all" && names.contains(&format!("tests/{suite}/all.rs")) => {
                let module = if name == "mod" { &parts[..parts.len() - 1] } else { &parts[..] };
                let parent = parent_of(names, module);
                let name = module.last().copied().unwrap_or_default();
                if !read(&parent).lines().any(|line| line.trim_end().ends_with(&format!("mod {name};"))) {
                    unreached.push(format!("tests/{source}.rs is no module of {parent}"));
                }
            }
            _ => {}
        }
    }
    unreached
}

/// The file whose module contains the one at this path below `tests`.
fn parent_of(names: &[String], module: &[&str]) -> String {
    let folder = module[..module.len() - 1].join("/");
    let beside = format!("tests/{folder}.rs");
    match module {
        [_, _] => format!("tests/{folder}/all.rs"),
        _ if names.contains(&beside) => beside,
        _ => format!("tests/{folder}/mod.rs"),
    }
}

fn names_of(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn a_seed_without_its_test_is_detected() {
    let names = names_of(&[
        "proptest-regressions/.gitkeep",
        "proptest-regressions/properties/merge.txt",
        "proptest-regressions/properties/moved.txt",
        "core/proptest-regressions/value.txt",
        "tests/properties/merge.rs",
    ]);
    assert_eq!(
        orphaned_seeds(&names),
        [
            "proptest-regressions/properties/moved.txt belongs to no tests/<suite>/<name>.rs",
            "core/proptest-regressions/value.txt belongs to no tests/<suite>/<name>.rs",
        ]
    );
}

#[test]
fn a_snapshot_that_no_test_names_is_detected() {
    let names = names_of(&[
        "snapshots/explain/a_variable_wins.snap",
        "snapshots/explain/a_variable.snap",
        "snapshots/pictures/a_variable_wins.snap.svg",
        "snapshots/invalid/unclosed_quote.snap",
        "tests/cases/invalid/unclosed_quote.toml",
        "tests/golden/snapshots/all__stray.snap",
    ]);
    assert_eq!(
        orphaned_snapshots(&names, r#"golden!("explain", "a_variable_wins", text);"#),
        [
            "snapshots/explain/a_variable.snap is named by no test and no case",
            "tests/golden/snapshots/all__stray.snap is named by no test and no case",
        ]
    );
}

#[test]
fn a_case_without_an_accepted_report_is_detected() {
    let names = names_of(&[
        "tests/cases/invalid/a.toml",
        "tests/cases/invalid/b.json",
        "tests/cases/invalid/b.schema.json",
        "tests/cases/valid/c.toml",
        "snapshots/invalid/b.json.snap",
    ]);
    assert_eq!(orphaned_cases(&names), ["tests/cases/invalid/a.toml has no snapshots/<area>/<name>.snap"]);
}

#[test]
fn a_test_that_never_runs_is_detected() {
    let names = names_of(&[
        "tests/lib.rs",
        "tests/a/all.rs",
        "tests/a/x/mod.rs",
        "tests/a/x/x.rs",
        "tests/a/x/x/z.rs",
        "tests/a/y.rs",
        "tests/b/all.rs",
    ]);
    assert_eq!(
        unreached_tests(&names, "path = \"a/all.rs\"", &|_| "mod x;\n".into()),
        [
            "tests/a/x/x/z.rs is no module of tests/a/x/x.rs",
            "tests/a/y.rs is no module of tests/a/all.rs",
            "tests/b/all.rs is no [[test]] of tests/Cargo.toml",
        ]
    );
}

#[test]
fn nothing_is_orphaned() {
    let names = names();
    let sources = names.iter().filter(|name| name.ends_with(".rs"));
    let sources = sources.map(|name| text(name)).collect::<String>();
    assert_none(orphaned_seeds(&names), "a seed follows its test: move it, or remove it with the test");
    assert_none(
        orphaned_snapshots(&names, &sources),
        "an accepted text follows its test: rename it, or remove it",
    );
    assert_none(
        orphaned_cases(&names),
        "accept the report: INSTA_UPDATE=always cargo test -p speckit-tests --test golden",
    );
    assert_none(
        unreached_tests(&names, &text("tests/Cargo.toml"), &text),
        "a suite and its files are listed by hand",
    );
}
