//! A compiled schema as bytes, which a program reads faster than it compiles the text.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::documents::Documents;
use super::schema::Schema;
use crate::config::source::{Language, parse};
use crate::tree::{Code, Diagnostic, Fingerprint, Key, LayerKind, Source};

#[macro_use]
mod stored;
mod stored_graph;

use stored::{Stored, StoredReader, StoredWriter};

/// What the bytes begin with. Another version of the library may compile the same text to something else.
const HEADER: &[u8] = concat!("speckit schema ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();

impl Schema {
    /// Compiles a schema of one document to bytes for [`Schema::of_prepared`], in the build script or a test of a program.
    ///
    /// # Errors
    /// Every error and warning of the schema, and `schema/unsupported` if it refers to another document.
    ///
    /// ```
    /// use speckit_core::config::schema::Schema;
    /// use speckit_core::{LayerKind, Source};
    /// let text = r#"{"properties": {"port": {"type": "integer", "maximum": 65535}}}"#;
    /// let prepared = Schema::prepare(text)?;
    ///
    /// let source = Source::document(LayerKind::Defaults, "schema.json", text);
    /// assert!(Schema::of_prepared(&prepared, &source).is_some());
    /// let other = Source::document(LayerKind::Defaults, "schema.json", "{}");
    /// assert!(Schema::of_prepared(&prepared, &other).is_none());
    /// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
    /// ```
    pub fn prepare(text: &str) -> Result<Vec<u8>, Vec<Diagnostic>> {
        let source = Source::document(LayerKind::Defaults, "schema.json", text);
        let document = parse(&source, Language::Json)?;
        let schema = Self::compile(&Documents::new(source.name(), document.root()))?;
        if !schema.warnings.is_empty() {
            return Err(schema.warnings.to_vec());
        }
        let mut writer = StoredWriter { bytes: Vec::new(), source: &source, foreign: None };
        schema.graph.write(&mut writer);
        if writer.foreign.is_some() {
            let message = "a schema that refers to another document cannot be prepared";
            let diagnostic = Diagnostic::error(Code::SchemaUnsupported, Key::root(), message);
            return Err(Vec::from([diagnostic.help("copy what it refers to into its `$defs`")]));
        }
        let content = writer.bytes;
        let marks = [Fingerprint::of_bytes(text.as_bytes()), Fingerprint::of_bytes(&content)];
        let marks = marks.map(Fingerprint::to_bytes);
        Ok([HEADER, &marks[0], &marks[1], &content].concat())
    }

    /// The schema that [`Schema::prepare`] compiled from this text. `None` if the bytes were made from another text or by another
    /// version of the library, or are damaged: then compile the text.
    pub fn of_prepared(prepared: &[u8], source: &Arc<Source>) -> Option<Self> {
        let marked = prepared.strip_prefix(HEADER)?;
        let of_text = Fingerprint::of_bytes(source.text().as_bytes()).to_bytes();
        let content = marked.strip_prefix(&of_text)?;
        let (of_content, content) = content.split_at_checked(of_text.len())?;
        if of_content != Fingerprint::of_bytes(content).to_bytes() {
            return None;
        }
        let mut reader = StoredReader { rest: content, source, patterns: Vec::new() };
        let graph = Stored::read(&mut reader)?;
        reader.rest.is_empty().then(|| Self::of_graph(graph))
    }
}

#[cfg(test)]
mod tests;
