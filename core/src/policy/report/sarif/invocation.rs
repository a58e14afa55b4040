//! The invocation of a run of SARIF, with what the reader has to know about it.

use alloc::format;
use alloc::vec::Vec;

use serde::Serialize;

use super::message::Message;
use crate::policy::findings::PolicyReport;
use crate::policy::report::words;
use crate::text::grouped_count;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    /// Whether the check could be done, whatever it found.
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
}

impl Invocation {
    pub(super) fn of(report: &PolicyReport, omitted: usize) -> Self {
        let notification = |level, text: &str| Notification { level, message: Message::literal(text) };
        let mut notifications: Vec<Notification> =
            report.notes.iter().map(|note| notification("note", note)).collect();
        for (name, outcome) in words::failed_commands(report) {
            notifications.push(notification("warning", &words::command_failure(name, outcome)));
        }
        if omitted > 0 {
            let text = format!(
                "{} omitted, since a run has at most {} results.",
                grouped_count(omitted, "finding"),
                super::MAX_SARIF_RESULTS
            );
            notifications.push(notification("warning", &text));
        }
        Self { execution_successful: true, tool_execution_notifications: notifications }
    }
}
