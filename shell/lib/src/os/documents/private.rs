//! Files that only their owner can read.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::sync::Mutex;

/// Creates an empty file that only its owner can read, and its missing folders. An existing file is not opened, because closing it
/// would release every lock that this process has on it (<https://sqlite.org/howtocorrupt.html>, 2.2).
///
/// # Errors
/// An error of the system, or the path is not a regular file.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    // Nobody else in this process finds the new file before it is closed.
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock();
    make_folder_of(path)?;
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut options = File::options();
            // A link to a file that is missing leads to the one that is made.
            options.write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(path)?.metadata()?
        }
        Err(error) => return Err(error),
    };
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    Ok(())
}

/// Makes the missing folders of a path, which only their owner can read.
///
/// # Errors
/// An error of the system.
pub(crate) fn make_folder_of(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Makes an existing file readable by its owner only, without opening it. What another user owns stays as it is: its owner decides.
///
/// # Errors
/// An error of the system.
pub(crate) fn close_to_others(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let permissions = match fs::metadata(path) {
            Ok(metadata) => metadata.permissions(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if permissions.mode() & 0o077 != 0 {
            match fs::set_permissions(path, fs::Permissions::from_mode(permissions.mode() & 0o700)) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
                set => set?,
            }
        }
    }
    Ok(())
}

/// The path with all links resolved.
///
/// # Errors
/// An error of the system.
pub(crate) fn without_links(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path)
}

/// Writes a new file that only its owner can read. If it cannot be written completely, it is removed.
///
/// # Errors
/// An error of the system, or the path exists.
pub fn write_new_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(path);
    }
    written
}
