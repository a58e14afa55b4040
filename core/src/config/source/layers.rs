//! Layers that a program makes itself.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::Serialize;

use super::{Language, parse};
use crate::config::Layer;
use crate::tree::typed::to_value;
use crate::tree::{Diagnostic, LayerKind, Origin, Source};

impl Layer {
    /// The layer of a text. The origin of its values is `name:line:column`.
    ///
    /// ```
    /// use speckit_core::config::source::Language;
    /// use speckit_core::{Layer, LayerKind};
    /// let layer = Layer::of_text(LayerKind::Source, "vault", "port = 80", Language::Toml)?;
    /// let port = layer.root().get(&"port".parse().unwrap()).unwrap();
    /// assert_eq!(port.origin().to_string(), "vault:1:8");
    /// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
    /// ```
    ///
    /// # Errors
    /// Every syntax error of the text, in the order of lines, with codes `parse/…`.
    pub fn of_text(
        kind: LayerKind,
        name: impl Into<String>,
        text: impl Into<Arc<str>>,
        language: Language,
    ) -> Result<Self, Vec<Diagnostic>> {
        parse(&Source::document(kind, name, text), language)
    }

    /// The layer of values that serde serializes. The origin of each is `name`.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use speckit_core::{Layer, LayerKind};
    /// let layer = Layer::of_values(LayerKind::Source, "vault", &BTreeMap::from([("port", 80)]))?;
    /// assert_eq!(layer.root().to_string(), "{ port = 80 }");
    /// # Ok::<(), speckit_core::Diagnostic>(())
    /// ```
    ///
    /// # Errors
    /// A value that no configuration has, such as a table with keys that are not strings.
    pub fn of_values(
        kind: LayerKind,
        name: impl Into<String>,
        values: &impl Serialize,
    ) -> Result<Self, Diagnostic> {
        let origin = Origin::whole(&Source::fragment(kind, name, ""));
        to_value(values, &origin).map(Self::new).map_err(|error| error.into_diagnostic().at(&origin))
    }

    /// The kind of the layer: that of the origin of its root.
    pub fn kind(&self) -> LayerKind {
        self.root().origin().layer()
    }
}
