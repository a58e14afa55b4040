//! Decides whether counts have changed.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::table::Counts;

/// From such a change on, in percent and in both directions, a count has to be accepted.
const LIMIT_PERCENT: u64 = 5;

/// The commit before, counted in the same environment as the current one.
pub(crate) struct Base {
    pub(crate) accepted: Counts,
    pub(crate) counted: Counts,
}

/// What the comparison says about one hot path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// It changed by less than the limit.
    Unchanged { before: u64, now: u64 },
    /// It needs at least 5 % more or at least 5 % fewer instructions.
    Changed { before: u64, now: u64 },
    /// The accepted file has no count of it.
    NotAccepted { now: u64 },
    /// The accepted file has its count, but it does not exist.
    Missing,
    /// Nothing was counted: the function was inlined, or has another name.
    Zero,
    /// The commit before does not have it, or accepted another count.
    AcceptedByThisCommit { now: u64 },
}

/// What to do after a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Unchanged,
    Failed,
    /// The accepted counts are of another environment: count the commit before too.
    NeedsBase,
}

/// The findings of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    findings: Vec<(String, Finding)>,
    /// The entries of the environment that differ: name, accepted value and current value.
    differences: Vec<[String; 3]>,
    has_base: bool,
}

/// Compares counts with the accepted ones if both are of the same environment, and otherwise with those of the commit before.
pub(crate) fn compare(accepted: &Counts, counted: &Counts, base: Option<&Base>) -> Comparison {
    let differences = differences(accepted, counted);
    let names: BTreeSet<&String> = accepted.instructions.keys().chain(counted.instructions.keys()).collect();
    let mut findings = Vec::new();
    for name in names {
        let finding = match (accepted.instructions.get(name), counted.instructions.get(name)) {
            (_, Some(0)) => Finding::Zero,
            (None, Some(now)) => Finding::NotAccepted { now: *now },
            (_, None) => Finding::Missing,
            (Some(before), Some(now)) if differences.is_empty() => changed(*before, *now),
            (Some(before), Some(now)) => {
                let Some(base) = base else { continue };
                match base.counted.instructions.get(name) {
                    Some(then) if base.accepted.instructions.get(name) == Some(before) => {
                        changed(*then, *now)
                    }
                    _ => Finding::AcceptedByThisCommit { now: *now },
                }
            }
        };
        findings.push((name.clone(), finding));
    }
    Comparison { findings, differences, has_base: base.is_some() }
}

fn changed(before: u64, now: u64) -> Finding {
    let [before_wide, now_wide] = [before, now].map(u128::from);
    if before_wide.abs_diff(now_wide) * 100 >= before_wide * u128::from(LIMIT_PERCENT) {
        Finding::Changed { before, now }
    } else {
        Finding::Unchanged { before, now }
    }
}

fn differences(accepted: &Counts, counted: &Counts) -> Vec<[String; 3]> {
    let names: BTreeSet<&String> = accepted.environment.keys().chain(counted.environment.keys()).collect();
    let value = |counts: &Counts, name| counts.environment.get(name).cloned().unwrap_or("nothing".into());
    let entries = names.into_iter().map(|name| [name.clone(), value(accepted, name), value(counted, name)]);
    entries.filter(|[_, accepted, counted]| accepted != counted).collect()
}

impl Finding {
    fn is_failure(self) -> bool {
        !matches!(self, Self::Unchanged { .. } | Self::AcceptedByThisCommit { .. })
    }
}

impl Comparison {
    pub(crate) fn verdict(&self) -> Verdict {
        if self.findings.iter().any(|(_, finding)| finding.is_failure()) {
            Verdict::Failed
        } else if self.differences.is_empty() || self.has_base {
            Verdict::Unchanged
        } else {
            Verdict::NeedsBase
        }
    }

    /// A line for each difference of the environment and for each hot path.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for [name, accepted, counted] in &self.differences {
            writeln!(text, "the accepted counts are of {name} {accepted}, here it is {counted}")
                .expect("writing to a string cannot fail");
        }
        for (name, finding) in &self.findings {
            writeln!(text, "{name:<12} {}", finding.to_text()).expect("writing to a string cannot fail");
        }
        if self.verdict() == Verdict::Failed {
            text.push_str("Look for the cause. If the change is intended, run `.ci/run counts --accept` and commit the file.\n");
        }
        text
    }
}

impl Finding {
    fn to_text(self) -> String {
        match self {
            Self::Unchanged { before, now } => format!("{now} instructions ({})", percent(before, now)),
            Self::Changed { before, now } => {
                format!("FAILED: {now} instructions, before {before} ({})", percent(before, now))
            }
            Self::NotAccepted { now } => format!("FAILED: {now} instructions, but no accepted count"),
            Self::Missing => "FAILED: an accepted count, but no such hot path".into(),
            Self::Zero => "FAILED: 0 instructions: no function of that name was called".into(),
            Self::AcceptedByThisCommit { now } => {
                format!("{now} instructions (accepted by this commit, not compared)")
            }
        }
    }
}

fn percent(before: u64, now: u64) -> String {
    format!("{:+.1} %", (now as f64 / before as f64 - 1.0) * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts<const N: usize>(rustc: &str, instructions: [(&str, u64); N]) -> Counts {
        Counts {
            environment: [("rustc".into(), rustc.into())].into(),
            instructions: instructions.map(|(name, count)| (name.into(), count)).into(),
        }
    }

    fn verdict_of(before: u64, now: u64) -> Verdict {
        compare(&counts("1", [("merge", before)]), &counts("1", [("merge", now)]), None).verdict()
    }

    #[test]
    fn five_percent_more_or_fewer_fail() {
        assert_eq!(verdict_of(1000, 1049), Verdict::Unchanged);
        assert_eq!(verdict_of(1000, 1050), Verdict::Failed);
        assert_eq!(verdict_of(1000, 951), Verdict::Unchanged);
        assert_eq!(verdict_of(1000, 950), Verdict::Failed);
        assert_eq!(verdict_of(u64::MAX, u64::MAX), Verdict::Unchanged);
        assert_eq!(verdict_of(0, 1), Verdict::Failed);
    }

    #[test]
    fn a_count_of_zero_fails_even_if_it_was_accepted() {
        let comparison = compare(&counts("1", [("merge", 0)]), &counts("1", [("merge", 0)]), None);
        assert_eq!(comparison.findings, [("merge".into(), Finding::Zero)]);
        assert_eq!(comparison.verdict(), Verdict::Failed);
    }

    #[test]
    fn a_hot_path_without_an_accepted_count_fails_in_every_environment() {
        let counted = counts("1", [("check", 10), ("merge", 10)]);
        for rustc in ["1", "2"] {
            let comparison = compare(&counts(rustc, [("check", 10)]), &counted, None);
            assert_eq!(comparison.findings.last(), Some(&("merge".into(), Finding::NotAccepted { now: 10 })));
            assert_eq!(comparison.verdict(), Verdict::Failed);
        }
    }

    #[test]
    fn an_accepted_count_without_a_hot_path_fails() {
        let comparison = compare(&counts("1", [("merge", 10)]), &counts("1", []), None);
        assert_eq!(comparison.findings, [("merge".into(), Finding::Missing)]);
        assert_eq!(comparison.verdict(), Verdict::Failed);
    }

    #[test]
    fn another_environment_needs_the_counts_of_the_commit_before() {
        let comparison = compare(&counts("1", [("merge", 10)]), &counts("2", [("merge", 99)]), None);
        assert_eq!(comparison.verdict(), Verdict::NeedsBase);
        assert_eq!(comparison.to_text(), "the accepted counts are of rustc 1, here it is 2\n");
    }

    #[test]
    fn another_environment_is_compared_with_the_commit_before() {
        let accepted = counts("1", [("merge", 10)]);
        let base = Base { accepted: accepted.clone(), counted: counts("2", [("merge", 1000)]) };
        let compare_with_base =
            |now| compare(&accepted, &counts("2", [("merge", now)]), Some(&base)).verdict();
        assert_eq!(compare_with_base(1001), Verdict::Unchanged);
        assert_eq!(compare_with_base(1100), Verdict::Failed);
    }

    #[test]
    fn a_count_that_this_commit_accepts_is_not_compared_with_the_commit_before() {
        let base = Base { accepted: counts("1", [("merge", 10)]), counted: counts("2", [("merge", 1000)]) };
        let accepted = counts("1", [("check", 5), ("merge", 20)]);
        let comparison = compare(&accepted, &counts("2", [("check", 500), ("merge", 2000)]), Some(&base));
        assert_eq!(
            comparison.findings,
            [
                ("check".into(), Finding::AcceptedByThisCommit { now: 500 }),
                ("merge".into(), Finding::AcceptedByThisCommit { now: 2000 }),
            ]
        );
        assert_eq!(comparison.verdict(), Verdict::Unchanged);
    }

    #[test]
    fn the_text_says_what_changed_and_what_to_do() {
        let accepted = counts("1", [("check", 1000), ("merge", 1000)]);
        let comparison = compare(&accepted, &counts("1", [("check", 990), ("merge", 2000)]), None);
        assert_eq!(
            comparison.to_text(),
            "\
check        990 instructions (-1.0 %)
merge        FAILED: 2000 instructions, before 1000 (+100.0 %)
Look for the cause. If the change is intended, run `.ci/run counts --accept` and commit the file.
"
        );
    }
}
