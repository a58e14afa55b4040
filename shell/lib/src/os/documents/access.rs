//! The owner, the permissions and the extended attributes of a file, which the file in its place keeps.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

use speckit_core::config::source::ReplacedFile;

#[cfg(unix)]
use super::attributes;

/// Gives a new file, which no other user can read yet, the access and the attributes of an old one; returns what the system does not permit.
/// An executable file may be run by everybody who may read it.
///
/// # Errors
/// The permissions cannot be set.
#[cfg(unix)]
pub(super) fn keep(
    (old_path, old): (&Path, &Metadata),
    (new_path, new): (&Path, &File),
    is_executable: bool,
) -> io::Result<ReplacedFile> {
    use std::os::unix::fs::{MetadataExt as _, fchown};

    let mut wanted = access_of(old);
    if is_executable {
        wanted.mode |= (wanted.mode & 0o444) >> 2;
    }
    // The owner last, since only the owner may do the rest. A refusal is seen in what the file has afterwards.
    if new.metadata()?.gid() != wanted.group {
        let _ = fchown(new, None, Some(wanted.group));
    }
    let lost_attributes = attributes::copy(old_path, new_path);
    let has_same_list = attributes::have_same_list(old_path, new_path);
    let (user, group) = (new.metadata()?.uid(), new.metadata()?.gid());
    set_mode(new, wanted.mode_of_new(user, group, has_same_list))?;
    if user != wanted.user {
        let _ = fchown(new, Some(wanted.user), None);
        // A set-user-ID bit is only for the owner that has it in the old file.
        set_mode(new, wanted.mode_of_new(new.metadata()?.uid(), group, has_same_list))?;
    }
    let is = access_of(&new.metadata()?);
    Ok(ReplacedFile {
        access: (is != wanted).then_some((wanted, is)),
        other_names: old.nlink().saturating_sub(1),
        lost_attributes,
    })
}

/// Keeps the permissions.
#[cfg(not(unix))]
pub(super) fn keep(
    (_, old): (&Path, &Metadata),
    (_, new): (&Path, &File),
    _: bool,
) -> io::Result<ReplacedFile> {
    new.set_permissions(old.permissions())?;
    Ok(ReplacedFile::default())
}

#[cfg(unix)]
fn access_of(metadata: &Metadata) -> speckit_core::config::source::FileAccess {
    use std::os::unix::fs::MetadataExt as _;
    speckit_core::config::source::FileAccess {
        user: metadata.uid(),
        group: metadata.gid(),
        mode: metadata.mode() & 0o7777,
    }
}

/// Sets the mode of a file that has another one. Some file systems have one mode for all files, and refuse another one.
#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = file.metadata()?.permissions();
    if permissions.mode() & 0o7777 == mode {
        return Ok(());
    }
    permissions.set_mode(mode);
    file.set_permissions(permissions)
}
