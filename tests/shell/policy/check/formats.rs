//! Reports in each format, on the standard output and in a file.

use serde_json::Value as Json;

use super::{RULES, folder};
use crate::test_dir::{NO_MACHINE_CHECKS, TestDir, member_names};

fn with_findings() -> TestDir {
    folder()
        .file("a b.py", "print(1)  # LATER\n")
        .file("c.py", "print(2)  # speckit:allow no_print it is a script\n")
        .file("d.bin", "\0")
}

#[test]
fn json_has_the_members_that_programs_read() {
    let json = with_findings().run("policy check --format json").exits_1().no_stderr().json();
    assert_eq!(member_names(&json), ["commands", "enforce", "findings", "notes", "ok", "summary"]);
    assert_eq!(json["ok"], false);
    let expected = [
        "column",
        "docs",
        "end_column",
        "end_line",
        "excerpt",
        "fingerprint",
        "fix",
        "line",
        "message",
        "path",
        "reason",
        "related",
        "rule",
        "severity",
        "state",
    ];
    for finding in json["findings"].as_array().unwrap() {
        assert_eq!(member_names(finding), expected);
    }
    let [first, later, suppressed] = [0, 1, 2].map(|index| &json["findings"][index]);
    assert_eq!(
        (&first["line"], &first["column"], &first["end_line"], &first["end_column"]),
        (&1.into(), &1.into(), &1.into(), &7.into())
    );
    assert_eq!((&first["excerpt"], &first["fix"]), (&"print(1)  # LATER".into(), &"log.info(…)".into()));
    assert_eq!((&first["severity"], &later["severity"]), (&"error".into(), &"warning".into()));
    assert_eq!((&later["fix"], &later["docs"], &later["reason"]), (&Json::Null, &Json::Null, &Json::Null));
    assert_eq!(
        (&suppressed["state"], &suppressed["reason"]),
        (&"suppressed".into(), &"it is a script".into())
    );
    let summary = &json["summary"];
    assert_eq!(member_names(summary), ["baseline", "files", "new", "rules", "skipped", "suppressed"]);
    assert_eq!(member_names(&summary["skipped"]), ["binary", "too_large", "unreadable"]);
    assert_eq!(
        (&summary["new"], &summary["suppressed"], &summary["skipped"]["binary"]),
        (&2.into(), &1.into(), &1.into())
    );
    assert_eq!((&summary["rules"]["no_print"], &summary["rules"]["no_later"]), (&2.into(), &1.into()));
}

#[test]
fn sarif_is_one_document_with_the_fingerprints_of_the_findings() {
    let dir = with_findings();
    let log = dir.run("policy check --format sarif").exits_1().no_stderr().json();
    assert_eq!(
        (&log["version"], &log["runs"][0]["columnKind"]),
        (&"2.1.0".into(), &"unicodeCodePoints".into())
    );
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    let json = dir.run("policy check --format json").json();
    for (result, finding) in results.iter().zip(json["findings"].as_array().unwrap()) {
        assert_eq!(member_names(&result["partialFingerprints"]), ["speckit/v1"]);
        assert_eq!(result["partialFingerprints"]["speckit/v1"], finding["fingerprint"]);
    }
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%20b.py");
    assert_eq!(results[2]["suppressions"][0]["justification"], "it is a script");
}

#[test]
fn the_other_formats_are_for_people() {
    let dir = with_findings();
    let markdown = dir.run("policy check --format markdown").exits_1().out;
    assert!(
        markdown.contains("<details>") && markdown.contains("no_print: 1 error, 1 suppressed"),
        "{markdown}"
    );
    let page = dir.run("policy check --format html").exits_1().out;
    assert!(page.starts_with("<!doctype html>") && page.contains("default-src 'none'"), "{page}");
    let github = dir.run("policy check --format github").exits_1().out;
    assert!(github.starts_with("::error file=a b.py,line=1"), "{github}");
    let text = dir.run("policy check --format text").exits_1().out;
    assert_eq!(text, dir.run("policy check").out);
}

#[test]
fn other_commands_refuse_the_formats_of_the_policy_check() {
    let dir = folder();
    for format in ["sarif", "markdown", "html", "github"] {
        for command in ["show", "check", "env", "policy baseline", "policy hooks status"] {
            let refused = dir.run(&format!("{command} --format {format}")).exits_2();
            assert_eq!(refused.out, "", "{command}");
            assert!(refused.err.contains(format), "{command}: {}", refused.err);
        }
    }
    assert!(!dir.path("speckit-baseline.json").exists());
}

#[test]
fn an_output_file_has_the_report_and_the_standard_output_a_summary() {
    let dir = with_findings();
    let result = dir.run("policy check --format sarif --output report.sarif").exits_1();
    assert!(
        result.out.ends_with("failed: 1 error, 1 warning\n") && !result.out.contains("LATER"),
        "{}",
        result.out
    );
    assert_eq!(result.err, "wrote `report.sarif`\n");
    let log: Json = serde_json::from_str(&dir.read("report.sarif")).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 3);
}

#[test]
fn an_output_file_is_replaced_as_a_whole_or_not_at_all() {
    let dir = with_findings().file("report.html", "old");
    dir.run("policy check --format html --output absent/report.html")
        .exits_2()
        .stderr_has("absent/report.html");
    let names = dir.names();
    dir.run("policy check --format html --output report.html").exits_1();
    assert!(dir.read("report.html").ends_with("</html>\n"));
    assert_eq!(dir.names(), names, "no other file is left");
    dir.write("speckit.toml", "[policy.rules.x]\npattern = '('\nmessage = 'm'\n");
    dir.write("report.html", "kept");
    dir.run("policy check --format html --output report.html").exits_2();
    assert_eq!(dir.read("report.html"), "kept");
}

#[test]
fn a_dashboard_is_a_page_or_markdown() {
    let dir = with_findings();
    dir.run("policy dashboard").exits_2().stderr_has("--html");
    dir.run("policy dashboard --html page.html").succeeds().no_stderr();
    assert!(dir.read("page.html").contains("no_print"));
    let json = dir.run("policy dashboard --markdown page.md --format json").succeeds().json();
    assert_eq!(json["file"], "page.md");
    assert!(dir.read("page.md").contains("<details>"));
}

#[test]
fn text_of_a_file_gives_the_terminal_no_command() {
    let dir = TestDir::with_config(&format!("{NO_MACHINE_CHECKS}{RULES}"))
        .file("a\u{1b}[31m\nb.py", "print('\u{1b}[2J\u{202e}')\n");
    let result = dir.run("policy check").exits_1();
    assert!(!result.out.contains('\u{202e}') && !result.out.contains("a\u{1b}"), "{:?}", result.out);
}
