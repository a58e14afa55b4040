//! The rules of a run of SARIF.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::message::Message;
use crate::policy::report::rule_findings::RuleFindings;
use crate::policy::report::web_address::web_address;
use crate::policy::report::words;
use crate::text::markdown::escaped;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifRule<'r> {
    id: &'r str,
    short_description: Message,
    full_description: Message,
    help: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    default_configuration: DefaultConfiguration,
}

#[derive(Serialize)]
struct DefaultConfiguration {
    level: &'static str,
}

impl<'r> SarifRule<'r> {
    pub(super) fn of(rule: &RuleFindings<'r>) -> Self {
        let help_uri = rule.docs.and_then(web_address);
        Self {
            id: rule.name,
            short_description: Message::plain(rule.message),
            full_description: Message::plain(rule.message),
            help: help(rule, help_uri.as_deref()),
            help_uri,
            default_configuration: DefaultConfiguration { level: words::severity(rule.severity) },
        }
    }
}

/// How to fix a match. A rule without a fix repeats the problem: GitHub requires a text.
fn help(rule: &RuleFindings<'_>, docs: Option<&str>) -> Message {
    let fix = rule.fix.unwrap_or(rule.message).trim_end();
    let markdown = fix.lines().map(escaped).collect::<Vec<_>>().join("  \n");
    match docs {
        None => Message::with_markdown(fix.into(), markdown),
        Some(docs) => Message::with_markdown(format!("{fix}\n{docs}"), format!("{markdown}\n\n<{docs}>")),
    }
}
