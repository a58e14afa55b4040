//! Reports made by hand.

use speckit_core::Severity::{self, Error, Warning};
use speckit_core::policy::Enforcement;
use speckit_core::policy::findings::{
    CommandOutcome, FilePosition, Finding, FindingState, PolicyReport, Position, RuleSummary, SkippedFiles,
    SourceLine,
};

/// A finding whose match is the part of the line between `«` and `»`.
pub(super) fn finding(rule: &str, severity: Severity, place: (&str, usize), line: &str) -> Finding {
    let (path, number) = place;
    let (before, rest) = line.split_once('«').unwrap();
    let (matched, after) = rest.split_once('»').unwrap();
    let column = before.chars().count() + 1;
    let start = Position { line: number, column };
    let end = Position { line: number, column: column + matched.chars().count() };
    let fingerprint = format!("{:032x}", number * 1000 + path.len());
    let mut finding =
        Finding::new(rule, severity, path, start..end, format!("{rule} is broken"), fingerprint);
    let text = [before, matched, after].concat();
    finding.source =
        Some(SourceLine { text, matched: before.len()..before.len() + matched.len(), line: String::new() });
    finding
}

fn rule(severity: Severity, message: &str, fix: &str, docs: &str) -> RuleSummary {
    let mut rule = RuleSummary::new(severity, message);
    (rule.fix, rule.docs) = (Some(fix.into()), Some(docs.into()));
    rule
}

/// A check that found nothing.
pub(super) fn clean() -> PolicyReport {
    let mut report = PolicyReport::new(Enforcement::Block);
    report.files = 12;
    report.rules.insert("no-print".into(), RuleSummary::new(Error, "prints to the standard output"));
    report
}

/// A check that warns, and fails nothing.
pub(super) fn warned() -> PolicyReport {
    let mut report = clean();
    report.findings.push(finding("no-print", Warning, ("a.py", 1), "«print»(1)"));
    report
}

/// Everything that a report can have, with texts that want to be more than text.
pub(super) fn rich() -> PolicyReport {
    let mut report = PolicyReport::new(Enforcement::Block);
    (report.ok, report.files) = (false, 1204);
    report.skipped = SkippedFiles { binary: 3, too_large: 0, unreadable: 1 };
    report.notes.push("the lexers do not know 2 files: all of `a.xyz` and <b>b.xyz</b> is code".into());
    let storage = "stores consensus with `store_memory` | use {the database}";
    let rules = [
        (
            "storage",
            rule(Error, storage, "call `store_consensus`\nand <await> it", "https://example.com/a b?x=<y>"),
        ),
        ("tags", rule(Warning, "a tag without a namespace", "write `area:name`", "docs/tags.md")),
        ("unbroken", RuleSummary::new(Error, "nobody does that")),
        ("sqlite", RuleSummary::new(Warning, "1 of at least 3 matches")),
    ];
    report.rules.extend(rules.map(|(name, rule)| (name.to_owned(), rule)));

    let described = |mut finding: Finding| {
        if let Some(rule) = report.rules.get(&finding.rule) {
            finding.message.clone_from(&rule.message);
            finding.fix.clone_from(&rule.fix);
            finding.docs.clone_from(&rule.docs);
        }
        finding
    };
    let mut several =
        described(finding("storage", Error, ("src/a b/50%#é.rs", 7), "    mem.«store_memory(»"));
    several.end = Position { line: 9, column: 2 };
    several.related = [8, 9]
        .map(|line| FilePosition { path: several.path.clone(), position: Position { line, column: 5 } })
        .into();
    let hostile = "<script>console.error(\"path\")</script>.rs";
    let line = "</code>`|`<script>console.error('line')</script> \u{1b}[31m\u{202e}«store_memory»(a)\t@nobody ::error::x";
    let mut markup = described(finding("storage", Error, (hostile, 12), line));
    markup.end.column -= 1;
    let mut secret = described(finding("storage", Error, ("src/key.rs", 1), "let key = «[redacted]»;"));
    secret.end.column += 30;
    let long = format!("{}«tag»{}", "x = 1; ".repeat(40), " y = 2;".repeat(40));
    let cut = described(finding("tags", Warning, ("src/long.js", 1), &long));
    let mut old = described(finding("tags", Warning, ("src/old.rs", 3), "let tag = \"«done»\";"));
    old.state = FindingState::Baseline;
    let mut excused =
        described(finding("storage", Error, ("src/excused.rs", 40), "«store_memory»(migration)"));
    excused.state = FindingState::Suppressed;
    excused.reason = Some("the <migration> reads both | until 2.0".into());
    let at = Position { line: 31, column: 9 };
    let mut missing = described(Finding::new("sqlite", Warning, "speckit.toml", at..at, "", "0c"));
    missing.message = "1 of at least 3 matches".into();
    let mut unused = finding("suppression/unused", Warning, ("src/key.rs", 9), "«// speckit:allow tags old»");
    unused.message = "the suppression of `tags` suppresses nothing".into();
    unused.fix = Some("remove the comment".into());
    report.findings = vec![several, markup, secret, cut, old, excused, missing, unused];
    report.findings.sort_by(Finding::report_order);

    let mut fmt =
        CommandOutcome::new(["cargo", "fmt", "--check"].map(String::from).into(), false, "exit status 1");
    fmt.output = "Diff in src/main.rs\n-  a\u{1b}[0m\n::error::forged\n\n**</pre><b>\n".into();
    report.commands.insert("fmt".into(), fmt);
    report.commands.insert("clippy".into(), CommandOutcome::new(vec!["true".into()], true, "exit status 0"));
    report
}

/// More errors than annotations, and this many warnings.
pub(super) fn many(warnings: usize) -> PolicyReport {
    let mut report = clean();
    report.ok = false;
    for line in 1..=14 {
        report.findings.push(finding("no-print", Error, ("src/a.py", line), "«print»(1)"));
    }
    for line in 1..=warnings {
        report.findings.push(finding("tags", Warning, ("src/b.py", line), "x = \"«tag»\""));
    }
    report
}
