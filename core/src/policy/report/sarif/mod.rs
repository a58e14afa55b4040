//! The report as SARIF 2.1.0 (OASIS, with errata 01), which code hosts and editors read.

mod invocation;
mod location;
mod message;
mod result;
mod rule;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::Serialize;

use self::invocation::Invocation;
use self::location::CHECKED_FOLDER;
use self::message::Message;
use self::result::SarifResult;
use self::rule::SarifRule;
use super::rule_findings::RuleFindings;
use super::selection::Selection;
use crate::policy::findings::{Finding, FindingState, PolicyReport};

/// How many results GitHub accepts in a run.
pub const MAX_SARIF_RESULTS: usize = 25_000;

/// What SARIF has beside the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SarifOptions<'o> {
    /// The version of the program.
    pub version: &'o str,
    /// Whether the findings were compared with a baseline.
    pub has_baseline: bool,
}

/// A log of SARIF. Its `Serialize` is the file.
#[derive(Serialize)]
pub struct SarifLog<'r> {
    // The standard recommends that it is first.
    version: &'static str,
    #[serde(rename = "$schema")]
    schema: &'static str,
    runs: [SarifRun<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRun<'r> {
    tool: SarifTool<'r>,
    invocations: [Invocation; 1],
    original_uri_base_ids: BTreeMap<&'static str, BaseFolder>,
    column_kind: &'static str,
    results: Vec<SarifResult<'r>>,
}

#[derive(Serialize)]
struct SarifTool<'r> {
    driver: SarifDriver<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifDriver<'r> {
    name: &'static str,
    semantic_version: &'r str,
    information_uri: &'static str,
    rules: Vec<SarifRule<'r>>,
}

/// A folder whose place only the reader knows.
#[derive(Serialize)]
struct BaseFolder {
    description: Message,
}

impl PolicyReport {
    /// The log with one run. At most [`MAX_SARIF_RESULTS`] findings are results, the others are counted in a notification: what is
    /// suppressed or in the baseline is omitted before what is new, and warnings before errors.
    ///
    /// ```
    /// use speckit_core::policy::Enforcement;
    /// use speckit_core::policy::findings::PolicyReport;
    /// use speckit_core::policy::report::SarifOptions;
    /// let report = PolicyReport::new(Enforcement::Block);
    /// let log = report.to_sarif(SarifOptions { version: "1.2.3", has_baseline: false });
    /// let log = serde_json::to_value(&log)?;
    /// assert_eq!(log["runs"][0]["tool"]["driver"]["semanticVersion"], "1.2.3");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn to_sarif<'r>(&'r self, options: SarifOptions<'r>) -> SarifLog<'r> {
        let rules = RuleFindings::all(self);
        let indices: BTreeMap<&str, usize> =
            rules.iter().enumerate().map(|(index, rule)| (rule.name, index)).collect();
        let selection = Selection::of(self.findings.iter(), MAX_SARIF_RESULTS);
        // If one result has a state, each must have one (3.27.24).
        let has_states = options.has_baseline || self.count(FindingState::Baseline) > 0;
        let result = |finding: &'r Finding| {
            let index = indices.get(finding.rule.as_str()).copied().unwrap_or_default();
            SarifResult::of(finding, index, has_states)
        };
        let folder = BaseFolder { description: Message::plain("The folder that was checked.") };
        let run = SarifRun {
            tool: SarifTool {
                driver: SarifDriver {
                    name: "speckit",
                    semantic_version: options.version,
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    rules: rules.iter().map(SarifRule::of).collect(),
                },
            },
            invocations: [Invocation::of(self, selection.omitted_count())],
            original_uri_base_ids: BTreeMap::from([(CHECKED_FOLDER, folder)]),
            column_kind: "unicodeCodePoints",
            results: selection.shown.into_iter().map(result).collect(),
        };
        SarifLog {
            version: "2.1.0",
            schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            runs: [run],
        }
    }
}
