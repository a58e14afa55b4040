//! A violation in a form that the check can compare; a diagnostic has only its text.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use crate::tree::{Code, Diagnostic, Key, Origin, TypeSet};

/// A violation.
#[derive(Clone)]
pub(super) struct Violation {
    pub(super) code: Code,
    pub(super) key: Key,
    pub(super) message: ViolationMessage,
    pub(super) help: Option<String>,
    pub(super) origin: Origin,
    /// Set if it is about the closest alternative: the number of alternatives, and their keyword.
    pub(super) closest_of: Option<(usize, Code)>,
}

/// The message of a violation.
#[derive(Clone)]
pub(super) enum ViolationMessage {
    /// One value where another was expected. A secret is not shown.
    Mismatch { expected: Expected, found: Option<String> },
    /// Anything else.
    Text(String),
}

/// What a value should have been.
#[derive(Clone)]
pub(super) enum Expected {
    Types(TypeSet),
    /// One of these values, as a list: `"a", "b" or "c"`.
    OneOf(String),
    /// This value alone.
    Only(String),
    /// A description: `at least 1`.
    Described(String),
}

impl Violation {
    pub(super) fn new(code: Code, key: Key, message: impl Into<ViolationMessage>, origin: &Origin) -> Self {
        let message = message.into();
        Self { code, key, message, help: None, origin: origin.clone(), closest_of: None }
    }

    /// The same with a help text.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn into_diagnostic(self) -> Diagnostic {
        let note = self.closest_of.map(|(count, code)| {
            format!("{count} forms are allowed (`{}`); this is about the closest one", code.name())
        });
        let help = match (self.help, note) {
            (Some(help), Some(note)) => Some(format!("{help}; {note}")),
            (help, note) => help.or(note),
        };
        let diagnostic = Diagnostic::error(self.code, self.key, self.message.to_string()).at(&self.origin);
        Diagnostic { help, ..diagnostic }
    }
}

impl<T: Into<String>> From<T> for ViolationMessage {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}

impl ViolationMessage {
    /// The expected types, if the value has none of them.
    pub(super) fn types(&self) -> Option<TypeSet> {
        match self {
            Self::Mismatch { expected: Expected::Types(types), .. } => Some(*types),
            _ => None,
        }
    }

    /// The expected values, if one of a few was expected.
    pub(super) fn values(&self) -> Option<&str> {
        match self {
            Self::Mismatch { expected: Expected::OneOf(values) | Expected::Only(values), .. } => Some(values),
            _ => None,
        }
    }

    /// What was found, unless it is a secret.
    pub(super) fn found(&self) -> Option<&str> {
        match self {
            Self::Mismatch { found, .. } => found.as_deref(),
            Self::Text(_) => None,
        }
    }
}

impl From<String> for Expected {
    fn from(description: String) -> Self {
        Self::Described(description)
    }
}

impl fmt::Display for ViolationMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mismatch { expected, found: None } => write!(f, "expected {expected}"),
            Self::Mismatch { expected, found: Some(found) } => {
                write!(f, "expected {expected}, found {found}")
            }
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Types(types) => write!(f, "{types}"),
            Self::OneOf(values) => write!(f, "one of {values}"),
            Self::Only(text) | Self::Described(text) => f.write_str(text),
        }
    }
}
