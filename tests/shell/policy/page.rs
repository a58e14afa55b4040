//! The page of a policy check in a browser.

use speckit_core::Severity;
use speckit_core::policy::Enforcement;
use speckit_core::policy::findings::{
    CommandOutcome, Finding, FindingState, PolicyReport, Position, SourceLine,
};

use crate::browser::{self, Loaded};
use crate::test_dir::TestDir;

const SCRIPT: &str = "<script>console.error(1)</script><img src=x onerror=console.error(2)>";

/// A report with a script in each of its texts.
fn hostile() -> PolicyReport {
    let [start, end] = [1, 9].map(|column| Position { line: 1, column });
    let mut finding = Finding::new(SCRIPT, Severity::Error, format!("{SCRIPT}.rs"), start..end, SCRIPT, "0");
    finding.fix = Some(SCRIPT.into());
    finding.docs = Some(format!("https://example.com/\"onmouseover=\"{SCRIPT}"));
    finding.source =
        Some(SourceLine { text: format!("</code>{SCRIPT}</mark>"), matched: 7..40, line: String::new() });
    let mut suppressed = finding.clone();
    (suppressed.state, suppressed.reason) = (FindingState::Suppressed, Some(SCRIPT.into()));
    suppressed.docs = Some("javascript:console.error(3)".into());
    suppressed.rule = "other".into();

    let mut report = PolicyReport::new(Enforcement::Block);
    (report.ok, report.findings, report.notes) = (false, vec![finding, suppressed], vec![SCRIPT.into()]);
    let mut failed = CommandOutcome::new(vec![SCRIPT.into()], false, SCRIPT);
    failed.output = format!("</pre>{SCRIPT}");
    report.commands.insert(SCRIPT.into(), failed);
    report
}

#[test]
fn a_browser_shows_markup_in_paths_and_source_as_text() {
    if !browser::is_installed() {
        return;
    }
    let dir = TestDir::new().file("page.html", hostile().to_html());
    let Loaded { document, console } = browser::load(&dir.path("page.html"), &dir);
    assert_eq!(console, [""; 0]);
    let script = "&lt;script&gt;console.error(1)&lt;/script&gt;";
    assert!(document.contains(&format!("<td>{script}")), "the path: {document}");
    assert!(
        document.contains(&format!("<code>&lt;/code&gt;<mark>{script}</mark>")),
        "the source: {document}"
    );
    for markup in ["<script", "<img", " onmouseover=", "href=\"javascript"] {
        assert!(!document.contains(markup), "{markup}: {document}");
    }
    assert_eq!(document.matches("<a href=\"https://example.com/").count(), 1);
}
