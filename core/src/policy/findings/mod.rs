//! Findings: which lines break which rules.

mod baseline;
mod check_options;
mod conclusion;
mod excerpt;
mod file_check;
mod finding;
mod limits;
mod matching;
mod nearest_code;
mod policy_report;
mod source_text;
mod statement;
mod suppression;
#[cfg(test)]
mod tests;

pub use crate::policy::position::{FilePosition, Position};
pub use baseline::{Baseline, BaselineFileError};
pub use check_options::{CheckOptions, CheckedFiles};
pub use file_check::{BINARY_BYTES, FileCheck, SkipReason, is_binary};
pub use finding::{Finding, FindingState, SourceLine};
pub use policy_report::{CommandOutcome, PolicyReport, RuleSummary, SkippedFiles};
