//! One read of a configuration, for commands that show it.

use speckit_core::config::explain::Explanation;
use speckit_core::config::redact::Masks;
use speckit_core::config::resolve::{Checked, Document, Inputs, Refused, Rules};
use speckit_core::config::source::Environment;
use speckit_core::{Diagnostic, Key, Layer, Merged};

/// One read of a configuration with its rules and the result of the check, for commands that show a configuration even if
/// it is refused.
#[derive(Debug)]
pub struct Inspection {
    pub(super) rules: Rules,
    pub(super) inputs: Inputs,
    pub(super) outcome: Result<Checked, Refused>,
}

impl Inspection {
    /// The rules of the check.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The environment that was read.
    pub fn environment(&self) -> &Environment {
        &self.inputs.environment
    }

    /// The variables of `.env` files and of the environment, which wins.
    pub fn variables(&self) -> Environment {
        let dotenv = self.inputs.documents.iter().filter_map(|document| match document {
            Document::Dotenv(variables) => Some(variables),
            _ => None,
        });
        dotenv.rev().fold(self.inputs.environment.clone(), Environment::with_lower)
    }

    /// The checked tree, or why it is refused.
    pub fn outcome(&self) -> Result<&Checked, &Refused> {
        self.outcome.as_ref()
    }

    /// The merged tree, even if it is refused; `None` if a layer could not be read.
    pub fn merged(&self) -> Option<&Merged> {
        match &self.outcome {
            Ok(checked) => Some(checked.merged()),
            Err(refused) => refused.merged(),
        }
    }

    /// Explains one key, also of a refused tree; `None` for a key that no layer, no schema and no type has. Secrets are redacted.
    pub fn explain(&self, key: &Key) -> Option<Explanation> {
        match &self.outcome {
            Ok(checked) => checked.explain(key),
            Err(refused) => self.rules.explain(refused.merged()?, refused.diagnostics(), key),
        }
    }

    /// The layers that could be read, lowest first.
    pub fn layers(&self) -> &[Layer] {
        match &self.outcome {
            Ok(checked) => checked.layers(),
            Err(refused) => refused.layers(),
        }
    }

    /// Every diagnostic, in the order of reports.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match &self.outcome {
            Ok(checked) => checked.diagnostics(),
            Err(refused) => refused.diagnostics(),
        }
    }

    /// The masks of every secret of the configuration, for texts that show a part of it.
    pub fn masks(&self) -> Masks {
        match &self.outcome {
            Ok(checked) => checked.masks(&self.rules),
            Err(refused) => refused.masks(&self.rules),
        }
    }
}
