//! What a source returns.

use std::fmt;

use serde::Serialize;
use speckit_core::config::resolve::Document;
use speckit_core::config::source::{Language, decode};
use speckit_core::{Diagnostic, Fingerprint, Layer, LayerKind};

/// The content of a [`Source`](crate::Source).
pub struct SourceContent {
    form: Form,
    version: Option<Box<str>>,
}

/// Serializes values into a layer of this name.
type WriteValues = Box<dyn FnOnce(&str) -> Result<Layer, Diagnostic> + Send>;

enum Form {
    Bytes(Language, Vec<u8>),
    Values(WriteValues),
    Unchanged,
}

impl SourceContent {
    /// A text in this language. Each of its values has a line and a column.
    ///
    /// ```
    /// use speckit::{Language, SourceContent};
    /// let content = SourceContent::text(Language::Json, r#"{ "port": 9000 }"#);
    /// ```
    pub fn text(language: Language, text: impl Into<String>) -> Self {
        Self::of(Form::Bytes(language, text.into().into_bytes()))
    }

    /// As [`SourceContent::text`], from bytes that should be UTF-8; others are refused as those of a file.
    pub fn bytes(language: Language, bytes: impl Into<Vec<u8>>) -> Self {
        Self::of(Form::Bytes(language, bytes.into()))
    }

    /// Values, as serde writes them; a member of a struct that is `None` sets nothing. Their origin is the name of the source.
    ///
    /// ```
    /// use speckit::SourceContent;
    /// let content = SourceContent::values(std::collections::BTreeMap::from([("port", 9000)]));
    /// ```
    pub fn values(values: impl Serialize + Send + 'static) -> Self {
        Self::of(Form::Values(Box::new(move |name| Layer::of_values(LayerKind::Source, name, &values))))
    }

    /// The content is still the one in use, such as the status 304 of HTTP.
    pub fn unchanged() -> Self {
        Self::of(Form::Unchanged)
    }

    /// Names the version of the content, such as the `ETag` of HTTP: the next read is then
    /// [`Source::read_if_changed`](crate::Source::read_if_changed).
    ///
    /// ```
    /// use speckit::{Language, SourceContent};
    /// let content = SourceContent::text(Language::Toml, "port = 9000").version("\"33a64df5\"");
    /// ```
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into().into());
        self
    }

    fn of(form: Form) -> Self {
        Self { form, version: None }
    }

    /// The content as a document with its hash; `None` if it is unchanged.
    pub(super) fn into_document(self, name: &str) -> Option<SourceDocument> {
        let version = self.version;
        match self.form {
            Form::Bytes(language, bytes) => {
                let hash = format!("{language:?} {}", Fingerprint::of_bytes(&bytes));
                let text = decode(LayerKind::Source, name, bytes);
                let document = text.map(|text| Document::Text(text, language));
                Some(SourceDocument {
                    fingerprint: Fingerprint::of_bytes(hash.as_bytes()),
                    document,
                    version,
                })
            }
            Form::Values(write) => {
                let document = write(name);
                let fingerprint = match &document {
                    Ok(layer) => layer.root().fingerprint(),
                    Err(diagnostic) => Fingerprint::of_bytes(diagnostic.message.as_bytes()),
                };
                Some(SourceDocument { fingerprint, document: document.map(Document::Parsed), version })
            }
            Form::Unchanged => None,
        }
    }
}

/// Shows no content, since it may hold secrets.
impl fmt::Debug for SourceContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.form {
            Form::Bytes(..) => "SourceContent::text(…)",
            Form::Values(_) => "SourceContent::values(…)",
            Form::Unchanged => "SourceContent::unchanged()",
        })
    }
}

/// The content of a source as the document of a layer, or why it is none.
#[derive(Clone)]
pub(super) struct SourceDocument {
    pub(super) fingerprint: Fingerprint,
    pub(super) document: Result<Document, Diagnostic>,
    pub(super) version: Option<Box<str>>,
}
