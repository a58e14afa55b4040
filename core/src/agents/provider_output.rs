//! How the output of a provider's program is read.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};

/// The form of a program's standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputMode {
    /// Any text.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// A stream of JSON documents, one a line.
    Jsonl,
}

impl OutputMode {
    /// The name that configurations use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
        }
    }
}

/// A text in the output of a program that shows a failure, whatever the exit code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailurePattern {
    /// The regular expression.
    pub pattern: String,
    /// Whether another attempt may succeed.
    pub class: FailureClass,
    /// The group of the pattern that matches the least wait before another attempt, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<CaptureGroup>,
}

/// Whether a failed attempt is worth another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureClass {
    /// Another attempt may succeed.
    Retryable,
    /// Every attempt fails in the same way.
    Permanent,
}

/// A group of a regular expression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CaptureGroup {
    /// Its number, from 1.
    Number(u32),
    /// Its name.
    Name(String),
}

/// A number, or a name in backticks.
impl fmt::Display for CaptureGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => write!(f, "`{name}`"),
        }
    }
}
