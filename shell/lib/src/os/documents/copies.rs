//! New files that take their place only once they are complete, beside files that stay.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use speckit_core::config::source::ReplacedFile;

use super::replacement::{Replacement, sync_folder_of};
use super::{access, exists};

/// Whether something other than a file, or a link to one, is at the path.
pub(crate) fn is_no_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file())
}

/// Why the system does not open a file for reading. Closing a file that it opens releases every lock of this process on it
/// (<https://sqlite.org/howtocorrupt.html>, 2.2), so this is only for one that SQLite could not open.
pub(crate) fn open_error(path: &Path) -> Option<io::Error> {
    fs::File::open(path).err()
}

/// Makes an empty file for a copy, which only its owner can read, in an existing folder.
///
/// # Errors
/// An error of the system.
pub(crate) fn new_copy(place: &Path) -> io::Result<Replacement> {
    let copy = Replacement::create(place, 0o600)?;
    if cfg!(windows) {
        // Its locks would keep SQLite out.
        copy.file.unlock()?;
    }
    Ok(copy)
}

impl Replacement {
    /// The path of the incomplete file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the copy the owner, the permissions and the attributes of the file whose place it takes, if there is one, as far as the
    /// system permits it.
    ///
    /// # Errors
    /// An error of the system.
    pub(crate) fn keep_access_of(&self, place: &Path) -> io::Result<ReplacedFile> {
        match fs::metadata(place) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(ReplacedFile::default()),
            old => access::keep((place, &old?), (&self.path, &self.file), false),
        }
    }

    /// Removes its content.
    ///
    /// # Errors
    /// An error of the system.
    pub(crate) fn clear(&self) -> io::Result<()> {
        self.file.set_len(0)
    }

    /// As [`Replacement::take_place_of`], only where no file is.
    ///
    /// # Errors
    /// An error of the system; `AlreadyExists` if there is a file.
    pub(crate) fn take_free_place(self, place: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        // A rename would replace a file that appeared meanwhile.
        link_or_rename(&self.path, place)?;
        sync_folder_of(place)
    }
}

/// Removes a name of a file, if it is there.
pub(crate) fn discard(path: &Path) {
    // The error that matters is the reason why it is removed.
    let _ = fs::remove_file(path);
}

/// Gives a file a further name, or, where the file system has no links, another name.
///
/// # Errors
/// An error of the system; `AlreadyExists` if the name is taken.
pub(crate) fn link_or_rename(file: &Path, name: &Path) -> io::Result<()> {
    match fs::hard_link(file, name) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists && error.kind() != ErrorKind::NotFound => {
            if exists(name) {
                Err(ErrorKind::AlreadyExists.into())
            } else {
                fs::rename(file, name)
            }
        }
        linked => linked,
    }
}

/// Gives a file another name, if it is there.
///
/// # Errors
/// An error of the system.
pub(crate) fn move_aside(file: &Path, name: &Path) -> io::Result<()> {
    if exists(file) { fs::rename(file, name) } else { Ok(()) }
}
