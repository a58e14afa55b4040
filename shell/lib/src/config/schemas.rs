//! Schema files and the documents that they refer to, read from named folders and never fetched.

use std::path::Path;
use std::sync::Arc;

use speckit_core::config::schema::{Documents, Schema, SchemaMap, file_address, schema_paths};
use speckit_core::config::source::{Language, parse};
use speckit_core::{Diagnostic, LayerKind, Source, Value};

use crate::os::documents::{Files, absolute, read_source};

/// [`Schema::compile`] or [`Schema::compile_unchecked`].
pub type Compile = fn(&Documents) -> Result<Schema, Vec<Diagnostic>>;

/// Compiles a schema from its text, without further documents.
///
/// # Errors
/// Every mistake of the schema.
pub fn compile_text(name: &str, text: &str, compile: Compile) -> Result<Schema, Vec<Diagnostic>> {
    compile(&Documents::new(name, &parse_schema(&Source::document(LayerKind::Defaults, name, text))?))
}

/// Reads and compiles the schema file at `path`, with the files next to it and the URLs of `maps` that it refers to. An unresolved
/// reference is reported as a mistake of the schema.
///
/// # Errors
/// `file/…` if the schema cannot be read, otherwise every mistake of the schema.
pub fn compile_file(files: &dyn Files, path: &Path, maps: &[SchemaMap]) -> Result<Schema, Vec<Diagnostic>> {
    let read = |path: &Path| read_source(files, LayerKind::Defaults, path);
    let source = read(path).map_err(|unread| vec![unread.diagnostic(path)])?;
    let path = absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let address = path.to_str().map(file_address).unwrap_or_default();
    let mut documents = Documents::new(&address, &parse_schema(&source)?);
    let mut tried = Vec::new();
    loop {
        let missing: Vec<String> =
            documents.missing().into_iter().filter(|address| !tried.contains(address)).collect();
        if missing.is_empty() {
            return Schema::compile(&documents);
        }
        for address in missing {
            for path in schema_paths(&address, maps) {
                if let Ok(source) = read(Path::new(&path)) {
                    documents.add(&address, &parse_schema(&source)?);
                    break;
                }
            }
            tried.push(address);
        }
    }
}

/// A schema is JSON; its name may say that it is TOML, or JSON with comments.
fn parse_schema(source: &Arc<Source>) -> Result<Value, Vec<Diagnostic>> {
    // A text of JSON: a schema without a known extension is not TOML.
    let language =
        Language::of(source.name(), "{").map_err(|unread| vec![unread.diagnostic(source.name())])?;
    Ok(parse(source, language)?.root().clone())
}
