//! Why a configuration could not be opened.

use speckit_core::Diagnostic;
use speckit_core::config::redact::Masks;
use speckit_core::config::report::{Style, render};
use speckit_core::config::resolve::{Checked, Refused, Rules};

use crate::config::events::Diagnostics;

/// Why a configuration could not be opened: every finding, and the report for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The configuration breaks its rules.
    #[error("{report}")]
    Refused {
        /// Every finding, in the order of reports.
        findings: Vec<Diagnostic>,
        /// The findings as text, with the lines that they are about; secrets are masked.
        report: String,
    },
    /// Changes of the files cannot be noticed.
    #[error("{report}")]
    Watch {
        /// Every finding, in the order of reports.
        findings: Vec<Diagnostic>,
        /// The findings as text.
        report: String,
    },
    /// The schema, or the defaults that were built in, are wrong: a mistake of the program.
    #[error("{report}")]
    Rules {
        /// Every finding, in the order of reports.
        findings: Vec<Diagnostic>,
        /// The findings as text.
        report: String,
    },
}

impl Diagnostics {
    /// Findings that are about no text.
    pub fn plain(findings: Vec<Diagnostic>) -> Self {
        let report = render(&findings, &Masks::default(), PLAIN);
        Self::new(findings, report)
    }

    /// The warnings about a configuration.
    pub(crate) fn of_checked(checked: &Checked, rules: &Rules) -> Self {
        if checked.findings().is_empty() {
            return Self::default();
        }
        let masks = checked.masks(rules);
        let report = render(checked.findings(), &masks, PLAIN);
        Self::new(masks.scrubbed(checked.findings()), report)
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
        let report = render(refused.findings(), &masks, PLAIN);
        let findings = masks.scrubbed(refused.findings());
        Self::Refused { findings, report }
    }

    pub(crate) fn rules(findings: Vec<Diagnostic>) -> Self {
        let report = render(&findings, &Masks::of_schemas(&findings), PLAIN);
        Self::Rules { findings, report }
    }

    #[cfg(feature = "watch")]
    pub(crate) fn watch(findings: Vec<Diagnostic>) -> Self {
        let report = render(&findings, &Masks::default(), PLAIN);
        Self::Watch { findings, report }
    }

    /// The same with a note behind it.
    #[cfg(feature = "sqlite")]
    pub(crate) fn noting(mut self, note: Diagnostic) -> Self {
        let (Self::Refused { findings, report }
        | Self::Watch { findings, report }
        | Self::Rules { findings, report }) = &mut self;
        report.push('\n');
        report.push_str(&render(std::slice::from_ref(&note), &Masks::default(), PLAIN));
        findings.push(note);
        self
    }

    /// Every finding, in the order of reports; a note about the fallback comes last.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Refused { findings, .. } | Self::Watch { findings, .. } | Self::Rules { findings, .. } => {
                findings
            }
        }
    }
}
