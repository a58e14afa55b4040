//! Finds and compiles the schema that a file names.

use std::path::Path;

use speckit_core::app::AppConfig;
use speckit_core::config::resolve::{Document, Rules};
use speckit_core::config::schema::schema_paths;
use speckit_core::config::source::NamedSchema;
use speckit_core::{Diagnostic, LayerKind, Source};

use super::init::SCHEMA_FILE;
use crate::context::Context;
use speckit::internal::documents::{Disk, is_file, read_source};
use speckit::internal::schemas::compile_file;

/// The rules of the schema that the file at `path` names: a regular file at a path relative to its folder, or at a URL that
/// `--schema-map` maps to one. If it is not here, no rules, with a warning. `None` if the file names no schema, or the built-in one.
///
/// # Errors
/// What the file names is no schema.
pub(super) fn named_schema(
    context: &Context,
    path: &Path,
    document: &Document,
) -> Result<Option<(Rules, Option<Diagnostic>)>, Diagnostic> {
    let Document::Text(source, language) = document else { return Ok(None) };
    let Some(named) = NamedSchema::of(source, *language) else { return Ok(None) };
    let folder = path.parent().unwrap_or(Path::new(""));
    let paths = if named.is_url() {
        schema_paths(&named.address, &context.globals.schema_map)
    } else {
        vec![folder.join(&named.address).to_string_lossy().into_owned()]
    };
    let file = paths.iter().map(Path::new).find(|path| is_file(path));
    let found = file.map(|path| read_source(&Disk, LayerKind::Defaults, path).map_err(|_| named.unusable()));
    let built_in = Source::document(LayerKind::Defaults, "config.schema.json", AppConfig::SCHEMA);
    if named.is_of(&built_in, SCHEMA_FILE, found.transpose()?.as_ref()) {
        return Ok(None);
    }
    let Some(file) = file else { return Ok(Some((Rules::new(None), Some(named.unavailable())))) };
    let schema = compile_file(&Disk, file, &context.globals.schema_map).map_err(|_| named.unusable())?;
    Ok(Some((Rules::new(Some(schema)), None)))
}
