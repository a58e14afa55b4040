//! Parsers of layers: TOML, JSON (with comments), the environment, `.env` files, and overrides.
//!
//! Each parser keeps the origin of every value, reports all errors at once, and rejects texts that are
//! nested deeper than [`MAX_DEPTH`](crate::tree::MAX_DEPTH) or longer than [`MAX_BYTES`].

use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use crate::config::Layer;
use crate::tree::{Code, Diagnostic, Key, Origin, Source};

mod absent_file;
mod arguments;
mod bytes;
mod comments;
mod dotenv;
mod environment;
mod folder;
mod json;
mod json_help;
mod language;
mod layers;
mod named_schema;
mod overrides;
mod parts;
mod replaced_file;
mod text;
mod toml;
mod toml_foreign;
mod toml_scalar;
mod toml_syntax;
mod toml_table;
mod toml_tree;

pub use absent_file::absent_file;
pub use arguments::Argument;
pub use bytes::decode;
pub(crate) use comments::comments;
pub use environment::{Environment, EnvironmentNames, FreeNames, Variable, VariableRow, listing, prefix_of};
pub use folder::folder_without_documents;
pub use language::{Language, UnreadFormat};
pub use named_schema::NamedSchema;
pub(crate) use named_schema::{SCHEMA_KEY, without_named_schema};
pub use overrides::Override;
pub use replaced_file::{FileAccess, ReplacedFile};
pub(crate) use text::{document_forms, value_of as text_value};

/// How long a text may be, in bytes: 64 MiB.
pub const MAX_BYTES: usize = 64 << 20;

/// Reads a document into a layer.
///
/// A UTF-8 byte order mark is skipped; lines may end in CR LF. An empty TOML text is an empty layer.
///
/// # Errors
/// Every syntax error of the text, in the order of lines, with codes `parse/…`.
///
/// ```
/// use speckit_core::{LayerKind, Source};
/// use speckit_core::config::source::{Language, parse};
/// let source = Source::document(LayerKind::File, "app.toml", "[server]\nport = 80\n");
/// let layer = parse(&source, Language::Toml)?;
/// let port = layer.root().get(&"server.port".parse().unwrap()).unwrap();
/// assert_eq!(port.origin().to_string(), "app.toml:2:8");
/// # Ok::<(), Vec<speckit_core::Diagnostic>>(())
/// ```
pub fn parse(source: &Arc<Source>, language: Language) -> Result<Layer, Vec<Diagnostic>> {
    if source.text().len() > MAX_BYTES {
        let message = format!("{} bytes, expected at most {MAX_BYTES}", source.text().len());
        return Err(Vec::from([
            Diagnostic::error(Code::ParseTooLarge, Key::root(), message).at(&Origin::new(source, 0..0))
        ]));
    }
    let root = match language {
        Language::Toml => toml::parse(source)?,
        Language::Json => json::parse(source, false)?,
        Language::Jsonc => json::parse(source, true)?,
    };
    Ok(Layer::of_document(root))
}

fn syntax(
    source: &Arc<Source>,
    code: Code,
    message: impl Into<alloc::string::String>,
    span: Range<usize>,
) -> Diagnostic {
    Diagnostic::error(code, Key::root(), message).at(&Origin::new(source, span))
}

fn too_deep(source: &Arc<Source>, span: Range<usize>) -> Diagnostic {
    let message = format!("nested deeper than {} levels", crate::tree::MAX_DEPTH);
    syntax(source, Code::ParseTooDeep, message, span)
}
