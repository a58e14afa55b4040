//! Executable files, such as git hooks.

use std::fs;
use std::io;
use std::path::Path;

use speckit_core::config::source::ReplacedFile;

use super::replacement::put_new_file;
use super::{is_executable, special};

/// What is at a path, without following a link.
pub(crate) enum PathContent {
    Absent,
    Folder,
    /// A link, or a special file.
    Other,
    File {
        bytes: Vec<u8>,
        is_executable: bool,
    },
}

/// Reads what is at a path; of a long file only the beginning.
///
/// # Errors
/// An error of the system.
pub(crate) fn content_of(path: &Path) -> io::Result<PathContent> {
    match fs::symlink_metadata(path) {
        // `/dev/null` as the folder of the hooks, a usual way to have none, is no folder.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(PathContent::Absent)
        }
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_dir() => Ok(PathContent::Folder),
        Ok(metadata) if metadata.is_file() => {
            Ok(PathContent::File { bytes: special::read(path)?, is_executable: is_executable(&metadata) })
        }
        Ok(_) => Ok(PathContent::Other),
    }
}

/// Writes an executable file atomically, in the place of what is at the path, whose owner it keeps. A missing folder is made.
///
/// # Errors
/// An error of the system.
pub(crate) fn write_executable(path: &Path, bytes: &[u8]) -> io::Result<ReplacedFile> {
    fs::create_dir_all(path.parent().ok_or(io::ErrorKind::InvalidInput)?)?;
    put_new_file(path, bytes, true)
}

/// Renames a file or a link.
///
/// # Errors
/// An error of the system.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Removes a file or a link.
///
/// # Errors
/// An error of the system.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}
