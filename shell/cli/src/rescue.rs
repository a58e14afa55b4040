//! Saves a document to a file if the database cannot record it, so that nothing is lost.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::terminal::json_line;
use speckit::internal::documents::{absolute, temporary_folder, write_new_private};

/// Writes a document to a new file that only its owner can read: in the folder of the database, else in the current folder, else in
/// the folder for temporary files. `None` if none of them can be written.
pub(crate) fn save_beside(database: &Path, name: &str, document: &impl Serialize) -> Option<PathBuf> {
    let text = json_line(document).ok()?;
    let beside = database.parent().map(Path::to_path_buf);
    let folders = beside.into_iter().chain([PathBuf::from("."), temporary_folder()]);
    let paths = folders.map(|folder| folder.join(name));
    let path = paths.into_iter().find(|path| write_new_private(path, &text).is_ok())?;
    Some(absolute(&path).unwrap_or(path))
}
