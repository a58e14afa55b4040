//! Executable files, such as git hooks.

use std::fs::{self, File};
use std::io;
use std::path::Path;

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

/// Writes an executable file atomically, in the place of what is at the path. A missing folder is made.
///
/// # Errors
/// An error of the system.
pub(crate) fn write_executable(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let neighbour = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let mut options = File::options();
    options.write(true).create_new(true);
    // The system takes away what the umask forbids.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o777);
    let written = options.open(&neighbour).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&neighbour, path));
    if renamed.is_err() {
        // The error that matters is the first one; a neighbour that was never made cannot be removed.
        let _ = fs::remove_file(&neighbour);
    }
    renamed
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
