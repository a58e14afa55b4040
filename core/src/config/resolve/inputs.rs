//! The inputs of a configuration, as values.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::config::Layer;
use crate::config::source::{Environment, Language, Override};
use crate::tree::{Diagnostic, LayerKind, Source};

/// One document of a configuration.
#[derive(Clone)]
pub enum Document {
    /// A text that is not parsed yet.
    Text(Arc<Source>, Language),
    /// A parsed layer, such as fixed defaults.
    Parsed(Layer),
    /// The variables of a `.env` file, [read](Environment::dotenv).
    Dotenv(Environment),
}

impl Document {
    /// The kind of its layer.
    pub fn kind(&self) -> LayerKind {
        match self {
            Self::Text(source, _) => source.layer(),
            Self::Parsed(layer) => layer.kind(),
            Self::Dotenv(_) => LayerKind::Dotenv,
        }
    }
}

/// All inputs of a configuration, as values.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Texts and layers. Their kinds decide the order of priority; within a kind, a later one wins.
    pub documents: Vec<Document>,
    /// A snapshot of the environment. Further layers of its kind are above it.
    pub environment: Environment,
    /// Overrides; a later one wins. Further layers of their kind are above them.
    pub overrides: Vec<Override>,
    /// Diagnostics from gathering the texts, such as a file that cannot be read (`file/…`).
    pub diagnostics: Vec<Diagnostic>,
}
