//! The results of a run of SARIF.

use alloc::vec::Vec;

use serde::Serialize;

use super::location::Location;
use super::message::Message;
use crate::policy::findings::{Finding, FindingState};
use crate::policy::report::words;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult<'r> {
    rule_id: &'r str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location<'r>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'r>>,
    partial_fingerprints: PartialFingerprints<'r>,
    // Of all results or of none (3.27.23): an empty list is a finding that is not suppressed.
    suppressions: Vec<Suppression<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
}

/// GitHub computes its own fingerprint, `primaryLocationLineHash`, and warns about that of anyone else.
#[derive(Serialize)]
struct PartialFingerprints<'r> {
    #[serde(rename = "speckit/v1")]
    speckit: &'r str,
}

#[derive(Serialize)]
struct Suppression<'r> {
    kind: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'r str>,
}

impl<'r> SarifResult<'r> {
    /// The result for a finding of the rule with this index.
    pub(super) fn of(finding: &'r Finding, rule_index: usize, has_state: bool) -> Self {
        let suppression =
            || Suppression { kind: "inSource", status: "accepted", justification: finding.reason.as_deref() };
        let state = if finding.state == FindingState::Baseline { "unchanged" } else { "new" };
        let related = finding.related.iter().zip(1..);
        Self {
            rule_id: &finding.rule,
            rule_index,
            level: words::severity(finding.severity),
            message: Message::literal(&finding.message),
            locations: [Location::of(finding)],
            related_locations: related.map(|(place, id)| Location::related(id, place)).collect(),
            partial_fingerprints: PartialFingerprints { speckit: &finding.fingerprint },
            suppressions: (finding.state == FindingState::Suppressed).then(suppression).into_iter().collect(),
            baseline_state: has_state.then_some(state),
        }
    }
}
