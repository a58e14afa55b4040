//! A finding as a row of a table.

use alloc::format;
use alloc::string::String;

use crate::policy::findings::{Finding, FindingState};
use crate::policy::report::rule_findings::RuleFindings;
use crate::policy::report::words;
use crate::text::markup::{escaped, shown};

/// The place, the source with the match marked, and the state with its reason.
pub(super) fn finding_row(rule: &RuleFindings<'_>, finding: &Finding) -> String {
    let mut place = shown(&words::place(finding));
    for related in &finding.related {
        place +=
            &format!("<br><span class=\"soft\">related: {}</span>", shown(&words::related_place(related)));
    }
    let mut about = source(finding);
    if finding.message != rule.message {
        about = format!("{}<br>{about}", shown(&finding.message));
    }
    let state = match finding.state {
        FindingState::New => "new".into(),
        FindingState::Baseline => "in the baseline".into(),
        FindingState::Suppressed => {
            let reason =
                finding.reason.as_deref().map_or(String::new(), |reason| format!(": {}", shown(reason)));
            format!("suppressed{reason}")
        }
    };
    format!("<tr><td>{place}</td><td>{about}</td><td>{state}</td></tr>\n")
}

/// The line, with the match marked.
fn source(finding: &Finding) -> String {
    let Some(excerpt) = words::page_excerpt(finding) else { return String::new() };
    let part = |range: core::ops::Range<usize>| escaped(excerpt.text.get(range).unwrap_or_default());
    let (caret, end) = (excerpt.caret.clone(), excerpt.text.len());
    format!(
        "<code>{}<mark>{}</mark>{}</code>",
        part(0..caret.start),
        part(caret.clone()),
        part(caret.end..end)
    )
}
