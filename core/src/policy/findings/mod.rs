//! Findings: which lines break which rules.

mod finding;
mod policy_report;

pub use finding::{FilePosition, Finding, FindingState, Position, SourceLine};
pub use policy_report::{CommandOutcome, PolicyReport, RuleSummary, SkippedFiles};
