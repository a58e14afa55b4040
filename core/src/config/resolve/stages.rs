//! The stages of a configuration: each can only be had from the one before.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::fmt;

use serde::de::DeserializeOwned;

use super::Rules;
use crate::config::redact::Masks;
use crate::config::{Layer, Merged};
use crate::tree::diff::Change;
use crate::tree::typed::from_value;
use crate::tree::{Code, Diagnostic, Fingerprint, Key, in_report_order};

/// The layers of a configuration, lowest first, and what was found while they were read.
#[derive(Clone, Debug)]
pub struct Layers {
    pub(super) layers: Vec<Layer>,
    /// Layers of the old form as they were before their migration, for reports that show their lines.
    pub(super) originals: Vec<Layer>,
    pub(super) merged: Option<Merged>,
    pub(super) findings: Vec<Diagnostic>,
}

impl Layers {
    /// The layers, lowest priority first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// What was found, in the order of reading.
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }
}

/// A configuration that obeys its rules.
#[derive(Clone, Debug)]
pub struct Checked {
    pub(super) merged: Merged,
    pub(super) layers: Vec<Layer>,
    pub(super) originals: Vec<Layer>,
    pub(super) findings: Vec<Diagnostic>,
    pub(super) written: Fingerprint,
    pub(super) pending: Vec<Change>,
}

impl Checked {
    pub(super) fn new(
        merged: Merged,
        layers: Vec<Layer>,
        originals: Vec<Layer>,
        findings: Vec<Diagnostic>,
    ) -> Self {
        let written = merged.root().fingerprint();
        Self { merged, layers, originals, findings, written, pending: Vec::new() }
    }

    /// The fingerprint of the tree as it was written, whatever of it has to wait.
    pub fn written(&self) -> Fingerprint {
        self.written
    }

    /// What keeps its running value until the program starts again, in key order: `old` is what runs, `new`
    /// what was written. It holds secrets in the clear.
    pub fn pending_restart(&self) -> &[Change] {
        &self.pending
    }

    /// The merged tree with its history.
    pub fn merged(&self) -> &Merged {
        &self.merged
    }

    /// The layers that it was merged from, lowest first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Warnings, in the order of reports.
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// What a report of the findings must not show.
    pub fn masks(&self, rules: &Rules) -> Masks {
        rules.masks(&self.layers, &self.originals)
    }

    /// Types the settings.
    ///
    /// # Errors
    /// [`Refused`] where the type asks for something that the rules do not.
    pub fn typed<T: DeserializeOwned>(self) -> Result<Resolved<T>, Refused> {
        match from_value(self.merged.root()) {
            Ok(config) => Ok(Resolved { config, checked: self }),
            Err(error) => Err(self.refuse([error.into_diagnostic()])),
        }
    }

    pub(super) fn refuse(self, found: impl IntoIterator<Item = Diagnostic>) -> Refused {
        let mut findings = self.findings;
        findings.extend(found);
        Refused {
            merged: Some(Box::new(self.merged)),
            layers: self.layers,
            originals: self.originals,
            findings: in_report_order(findings),
        }
    }
}

/// Typed settings with the configuration that they come from.
#[derive(Clone)]
pub struct Resolved<T> {
    config: T,
    checked: Checked,
}

impl<T> Resolved<T> {
    /// The settings.
    pub fn config(&self) -> &T {
        &self.config
    }

    /// The tree that they were read from.
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// Parts the settings from their tree.
    pub fn into_parts(self) -> (T, Checked) {
        (self.config, self.checked)
    }

    /// Holds the settings against a rule of the embedder's own.
    ///
    /// # Errors
    /// [`Refused`] with the rule's message, code `rule/refused`. The message is the embedder's: it is shown
    /// as it is, but for the texts of secrets.
    pub fn validated<E: fmt::Display>(self, rule: impl FnOnce(&T) -> Result<(), E>) -> Result<Self, Refused> {
        self.validated_by_all([rule])
    }

    /// As [`Resolved::validated`], with several rules; what any of them refuses is told.
    ///
    /// # Errors
    /// [`Refused`] with the message of every rule that refuses.
    pub fn validated_by_all<E: fmt::Display, R: FnOnce(&T) -> Result<(), E>>(
        self,
        rules: impl IntoIterator<Item = R>,
    ) -> Result<Self, Refused> {
        let refusals = rules.into_iter().filter_map(|rule| rule(&self.config).err());
        let found: Vec<Diagnostic> = refusals
            .map(|error| format!("refused by the application: {error}"))
            .map(|message| Diagnostic::error(Code::RuleRefused, Key::root(), message))
            .collect();
        if found.is_empty() { Ok(self) } else { Err(self.checked.refuse(found)) }
    }
}

/// Shows no values, since they may be secrets.
impl<T> fmt::Debug for Resolved<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolved")
            .field("fingerprint", &self.checked.merged.root().fingerprint())
            .finish_non_exhaustive()
    }
}

/// A configuration that breaks its rules: every finding, and the layers for its report.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Boxed, since a refusal travels as an error.
    pub(super) merged: Option<Box<Merged>>,
    pub(super) layers: Vec<Layer>,
    pub(super) originals: Vec<Layer>,
    pub(super) findings: Vec<Diagnostic>,
}

impl Refused {
    /// A refusal for reasons that lie outside of any layer.
    pub fn of(findings: Vec<Diagnostic>) -> Self {
        Self { merged: None, layers: Vec::new(), originals: Vec::new(), findings: in_report_order(findings) }
    }

    /// Every finding, in the order of reports; at least one is an error.
    pub fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// The tree that breaks the rules, for explanations; `None` where a layer of it could not be read.
    pub fn merged(&self) -> Option<&Merged> {
        self.merged.as_deref()
    }

    /// The layers that could be read, lowest first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// What a report of the findings must not show.
    pub fn masks(&self, rules: &Rules) -> Masks {
        rules.masks(&self.layers, &self.originals)
    }
}
