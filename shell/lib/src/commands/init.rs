//! `init`: a commented template of the configuration, as a new file.

use std::path::Path;

use serde_json::json;
use speckit_core::Exit;
use speckit_core::text::visible;

use super::outcome::CommandResult;
use crate::os::documents::{absolute, exists, write_atomically};
use crate::os::output::Output;

/// Writes a template. Only with `force` it replaces a file.
///
/// # Errors
/// The file exists, or it cannot be written; that was reported.
pub fn init(output: &Output, file: &Path, template: &str, force: bool) -> CommandResult {
    let name = visible(&file.to_string_lossy());
    if !force && exists(file) {
        return Err(output.fail_with_help(format!("`{name}` exists already"), "--force overwrites it"));
    }
    let replaced = write_atomically(file, template)
        .map_err(|error| output.fail(format!("`{name}` cannot be written: {error}")))?;
    output.report_replaced(file, &replaced);
    output.print(&json!({ "file": file }), format_args!("wrote {name}\n"));
    Ok(Exit::Ok)
}

/// The address of a schema file in a template that is written to `file`. Editors resolve it from the folder of the file, which may
/// not be the working folder.
pub fn schema_address(schema: &Path, file: &Path) -> String {
    let is_elsewhere = file.parent().is_some_and(|folder| !folder.as_os_str().is_empty());
    let full = if is_elsewhere { absolute(schema).ok() } else { None };
    full.as_deref().unwrap_or(schema).display().to_string()
}
