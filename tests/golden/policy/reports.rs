//! The reports for people.

use speckit_core::config::report::Style;
use speckit_core::policy::Enforcement;
use speckit_core::policy::findings::PolicyReport;
use speckit_core::policy::report::TextOptions;
use speckit_tests::golden;

use super::examples::{clean, many, rich, warned};

#[test]
fn the_text_shows_each_finding_and_how_the_check_ended() {
    golden!("policy/reports", "text", rich().to_text(TextOptions::default()));
}

#[test]
fn the_text_has_colours_for_a_terminal() {
    let style = Style { color: true, width: 60 };
    golden!("policy/reports", "colours", rich().to_text(TextOptions { style, max_findings: 2 }));
}

#[test]
fn the_last_line_tells_whether_and_why_the_check_failed() {
    let off = PolicyReport::new(Enforcement::Off);
    let mut not_enforced = rich();
    (not_enforced.ok, not_enforced.enforce) = (true, Enforcement::Report);
    let mut strict = warned();
    strict.ok = false;
    let reports = [clean(), warned(), rich(), strict, not_enforced, off];
    let texts = reports.map(|report| report.to_text(TextOptions::default()));
    let verdicts = texts.each_ref().map(|text| text.lines().last().unwrap());
    golden!("policy/reports", "verdicts", verdicts.join("\n"));
}

#[test]
fn findings_beyond_the_limit_are_counted_by_rule() {
    let options = TextOptions { max_findings: 1, ..TextOptions::default() };
    golden!("policy/reports", "limited_text", many(1500).to_text(options));
}

#[test]
fn annotations_of_github_are_followed_by_the_text_without_commands() {
    golden!("policy/reports", "github", rich().to_github());
}

#[test]
fn github_gets_ten_annotations_of_each_kind_and_a_count() {
    let output = many(12).to_github();
    let commands: Vec<&str> =
        output.lines().take_while(|line| !line.starts_with("::stop-commands")).collect();
    let kinds = ["::error", "::warning", "::notice"]
        .map(|kind| commands.iter().filter(|command| command.starts_with(kind)).count());
    assert_eq!(kinds, [10, 10, 1]);
    assert_eq!(
        commands.last().unwrap(),
        &"::notice title=speckit policy::4 more errors, 2 more warnings: see the log of this step"
    );
}

#[test]
fn markdown_has_a_table_of_the_rules_and_unfolds_their_findings() {
    golden!("policy/reports", "markdown", rich().to_markdown());
}

#[test]
fn a_clean_check_is_short_in_every_format() {
    let report = clean();
    let texts = [report.to_text(TextOptions::default()), report.to_github(), report.to_markdown()];
    golden!("policy/reports", "clean", texts.join("----\n"));
}

#[test]
fn markdown_fits_the_summary_of_a_step_and_counts_the_rest() {
    let markdown = many(20_000).to_markdown();
    assert!((1_000_000..=1 << 20).contains(&markdown.len()), "{}", markdown.len());
    let rows = markdown.lines().filter(|line| line.starts_with("| <code>src")).count();
    let rest = "new findings omitted, since a summary has at most 1 MiB.\n";
    let omitted = markdown.strip_suffix(rest).unwrap().lines().last().unwrap().trim().replace(',', "");
    assert_eq!(rows + omitted.parse::<usize>().unwrap(), 20_014);
    assert_eq!(markdown.matches("<details>").count(), markdown.matches("</details>").count());
}

#[test]
fn the_page_shows_every_rule_with_its_findings() {
    golden!("policy/reports", "page", rich().to_html());
}

#[test]
fn a_page_of_a_clean_check_has_no_tables() {
    golden!("policy/reports", "clean_page", clean().to_html());
}

#[test]
fn json_has_the_findings_and_the_counts() {
    golden!("policy/reports", "json", serde_json::to_string_pretty(&rich()).unwrap());
}
