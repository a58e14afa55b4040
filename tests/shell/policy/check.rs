//! `policy check` on the files of a folder.

use crate::test_dir::{NO_MACHINE_CHECKS, RunResult, TestDir};

mod baseline;
mod configuration;
mod content;
mod formats;
mod hostile;
mod selection;

/// A rule of level error about calls of `print`, and a warning about words in comments.
pub(super) const RULES: &str = r#"
[policy.rules.no_print]
pattern = '\bprint\s*\('
message = "use the log"
fix = "log.info(…)"
docs = "https://example.org/no_print"

[policy.rules.no_later]
pattern = 'LATER'
in = ["comments"]
message = "do it now"
severity = "warning"
"#;

/// A folder with these rules only: the shipped ones look for other words.
pub(super) fn folder() -> TestDir {
    folder_with("")
}

/// The same with more settings.
pub(super) fn folder_with(settings: &str) -> TestDir {
    TestDir::with_config(&format!("{NO_MACHINE_CHECKS}{RULES}{settings}"))
}

/// The findings of a run with `--format json`, as `path:line:column rule`, with the state unless it is new.
#[track_caller]
pub(super) fn findings(result: &RunResult) -> Vec<String> {
    let json = result.json();
    let findings = json["findings"].as_array().expect("findings are a list");
    let shown = findings.iter().map(|finding| {
        let state = finding["state"].as_str().unwrap();
        let state = if state == "new" { String::new() } else { format!(" {state}") };
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        format!("{}:{}:{} {}{state}", text("path"), finding["line"], finding["column"], text("rule"))
    });
    shown.collect()
}

#[test]
fn a_clean_tree_succeeds_and_an_error_fails_the_check() {
    let dir = folder().file("a.py", "log.info(1)\n# print(\n");
    let clean = dir.run("policy check").succeeds().no_stderr();
    assert!(clean.out.ends_with("ok: no new findings\n"), "{}", clean.out);
    dir.write("b/c.py", "x = 1\nprint(x)\n");
    let found = dir.run("policy check").exits_1().no_stderr();
    for part in [
        "error[no_print]: use the log",
        " b/c.py:2:1",
        "2 | print(x)",
        "help: log.info(…)",
        "failed: 1 error",
    ] {
        assert!(found.out.contains(part), "no `{part}` in:\n{}", found.out);
    }
    assert!(found.out.contains("https://example.org/no_print"), "{}", found.out);
}

#[test]
fn a_warning_fails_the_check_only_if_it_is_strict() {
    let dir = folder().file("a.py", "x = 1  # LATER\n");
    let warned = dir.run("policy check").succeeds();
    assert!(warned.out.ends_with("ok: 1 warning\n"), "{}", warned.out);
    assert!(dir.run("policy check --strict").exits_1().out.contains("--strict"));
    let off = dir.run("policy check --strict --set policy.rules.no_later.severity=off").succeeds();
    assert!(off.out.ends_with("ok: no new findings\n"), "{}", off.out);
}

#[test]
fn enforcement_decides_whether_a_finding_fails_the_check() {
    let dir = folder().file("a.py", "print(1)\n");
    let reported = dir.run("policy check --set policy.enforce=report").succeeds();
    assert!(
        reported.out.contains("error[no_print]") && reported.out.contains("not enforced: 1 error"),
        "{}",
        reported.out
    );
    let json = dir.run("policy check --set policy.enforce=report --format json").succeeds().json();
    assert_eq!((&json["ok"], &json["enforce"]), (&true.into(), &"report".into()));
    let off = dir.run("policy check --set policy.enforce=off").succeeds();
    assert_eq!(off.out, "");
    assert!(off.err.contains("`policy.enforce` is `off`"), "{}", off.err);
    dir.run("policy check --set policy.enforce=block").exits_1();
    dir.run("policy check --set policy.enforce=maybe").exits_2().stderr_has("policy.enforce");
}

#[test]
fn the_owner_of_a_rule_is_explained() {
    let dir = folder();
    let explained = dir.run("explain policy.rules.no_print.message").succeeds();
    assert!(
        explained.out.contains("speckit.toml:") && explained.out.contains("use the log"),
        "{}",
        explained.out
    );
}
