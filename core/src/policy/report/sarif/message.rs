//! Messages of SARIF.

use alloc::string::String;

use serde::Serialize;

/// A text, and the same as Markdown.
#[derive(Serialize)]
pub(super) struct Message {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<String>,
}

impl Message {
    /// A text that has no placeholders (`multiformatMessageString`).
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), markdown: None }
    }

    /// A text with its Markdown, without placeholders.
    pub(super) fn with_markdown(text: String, markdown: String) -> Self {
        Self { text, markdown: Some(markdown) }
    }

    /// The message of a result or notification, in which a brace begins a placeholder (3.11.5).
    pub(super) fn literal(text: &str) -> Self {
        Self::plain(text.replace('{', "{{").replace('}', "}}"))
    }
}
