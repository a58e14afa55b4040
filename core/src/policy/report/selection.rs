//! Which findings a report shows, if there are too many.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::policy::findings::{Finding, FindingState};
use crate::tree::{Severity, most_important_by};

/// The findings that a report shows, and how many it does not.
pub(super) struct Selection<'r> {
    /// In their order.
    pub(super) shown: Vec<&'r Finding>,
    /// The number of others of each rule that has any, by name.
    pub(super) omitted: BTreeMap<&'r str, usize>,
}

impl<'r> Selection<'r> {
    /// At most `max` of the findings. What is suppressed or in the baseline is omitted before what is new, and warnings before errors.
    pub(super) fn of(findings: impl Iterator<Item = &'r Finding> + Clone, max: usize) -> Self {
        let shown = most_important_by(findings.clone(), max, rank);
        let mut omitted: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in findings {
            *omitted.entry(finding.rule.as_str()).or_default() += 1;
        }
        for finding in &shown {
            omitted.entry(finding.rule.as_str()).and_modify(|count| *count -= 1);
        }
        omitted.retain(|_, count| *count > 0);
        Self { shown, omitted }
    }

    /// How many findings are omitted.
    pub(super) fn omitted_count(&self) -> usize {
        self.omitted.values().sum()
    }
}

fn rank(finding: &Finding) -> (u8, Severity) {
    let state = match finding.state {
        FindingState::New => 0,
        FindingState::Baseline => 1,
        FindingState::Suppressed => 2,
    };
    (state, finding.severity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::findings::Position;
    use alloc::format;
    use alloc::string::String;

    fn finding(rule: &str, severity: Severity, state: FindingState) -> Finding {
        let place = Position { line: 1, column: 1 };
        Finding { state, ..Finding::new(rule, severity, "a", place..place, "", "") }
    }

    #[test]
    fn new_errors_are_omitted_last_and_the_order_stays() {
        use FindingState::{Baseline, New, Suppressed};
        use Severity::{Error, Warning};
        let findings = [
            finding("a", Error, Suppressed),
            finding("b", Warning, New),
            finding("c", Error, Baseline),
            finding("d", Error, New),
            finding("d", Error, New),
        ];
        let shown = |max| {
            let selection = Selection::of(findings.iter(), max);
            let names = selection.shown.iter().map(|finding| finding.rule.as_str()).collect::<String>();
            format!("{names} {:?}", selection.omitted)
        };
        assert_eq!(
            [1, 2, 3, 4, 5].map(shown),
            [
                r#"d {"a": 1, "b": 1, "c": 1, "d": 1}"#,
                r#"dd {"a": 1, "b": 1, "c": 1}"#,
                r#"bdd {"a": 1, "c": 1}"#,
                r#"bcdd {"a": 1}"#,
                "abcdd {}"
            ]
        );
    }
}
