//! Why a configuration could not be opened.

use std::fmt;

use speckit_core::config::redact::Masks;
use speckit_core::config::report::{Style, render};
use speckit_core::config::resolve::{Checked, Refused, Rules};
use speckit_core::{CodeFamily, Diagnostic};

use crate::config::events::Diagnostics;

/// Why a configuration could not be opened: every diagnostic, and a report that shows them.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The configuration is not valid.
    #[error("{report}")]
    Refused {
        /// Every diagnostic, in the order of reports.
        diagnostics: Vec<Diagnostic>,
        /// The diagnostics as text, with the source lines; secrets are masked.
        report: String,
    },
    /// The files cannot be watched.
    #[error("{report}")]
    Watch {
        /// Every diagnostic, in the order of reports.
        diagnostics: Vec<Diagnostic>,
        /// The diagnostics as text.
        report: String,
    },
    /// The schema or the built-in defaults are wrong: a mistake of the program.
    #[error("{report}")]
    Rules {
        /// Every diagnostic, in the order of reports.
        diagnostics: Vec<Diagnostic>,
        /// The diagnostics as text.
        report: String,
    },
}

/// The report, so that `fn main() -> Result<(), ConfigError>` and `unwrap` show it.
impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        fmt::Display::fmt(self, f)
    }
}

/// The message is the report; it has the source lines already.
#[cfg(feature = "miette")]
impl miette::Diagnostic for ConfigError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        match self.diagnostics() {
            [diagnostic] => Some(Box::new(diagnostic.code)),
            _ => None,
        }
    }
}

impl Diagnostics {
    /// Diagnostics without source lines.
    pub fn plain(diagnostics: Vec<Diagnostic>) -> Self {
        let report = render(&diagnostics, &Masks::default(), PLAIN);
        Self::new(diagnostics, report)
    }

    /// The warnings about a configuration.
    pub(crate) fn of_checked(checked: &Checked, rules: &Rules) -> Self {
        if checked.diagnostics().is_empty() {
            return Self::default();
        }
        let masks = checked.masks(rules);
        let report = render(checked.diagnostics(), &masks, PLAIN);
        Self::new(masks.masked(checked.diagnostics()), report)
    }
}

impl From<&ConfigError> for Diagnostics {
    fn from(error: &ConfigError) -> Self {
        Self::new(error.diagnostics().to_vec(), error.to_string())
    }
}

const PLAIN: Style = Style { color: false, width: 100 };

impl ConfigError {
    pub(crate) fn refused(refused: &Refused, rules: &Rules) -> Self {
        let masks = refused.masks(rules);
        let report = render(refused.diagnostics(), &masks, PLAIN);
        let diagnostics = masks.masked(refused.diagnostics());
        Self::Refused { diagnostics, report }
    }

    pub(crate) fn rules(diagnostics: Vec<Diagnostic>) -> Self {
        let masks = Masks::of_schemas(&diagnostics);
        let report = render(&diagnostics, &masks, PLAIN);
        Self::Rules { diagnostics: masks.masked(&diagnostics), report }
    }

    #[cfg(feature = "watch")]
    pub(crate) fn watch(diagnostics: Vec<Diagnostic>) -> Self {
        let report = render(&diagnostics, &Masks::default(), PLAIN);
        Self::Watch { diagnostics, report }
    }

    /// Adds a note at the end.
    #[cfg(feature = "sqlite")]
    pub(crate) fn noting(mut self, note: Diagnostic) -> Self {
        let (Self::Refused { diagnostics, report }
        | Self::Watch { diagnostics, report }
        | Self::Rules { diagnostics, report }) = &mut self;
        report.push_str("\n\n");
        report.push_str(&render(std::slice::from_ref(&note), &Masks::default(), PLAIN));
        diagnostics.push(note);
        self
    }

    /// Whether a file is not trusted.
    pub(crate) fn is_untrusted(&self) -> bool {
        self.diagnostics().iter().any(|diagnostic| diagnostic.code.family() == CodeFamily::Trust)
    }

    /// Every diagnostic, in the order of reports; a note about the fallback comes last.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Refused { diagnostics, .. }
            | Self::Watch { diagnostics, .. }
            | Self::Rules { diagnostics, .. } => diagnostics,
        }
    }
}
