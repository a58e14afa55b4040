//! Files with secrets: only their owner may read or change them, and a link to elsewhere is not followed.
//!
//! What a file is, is asked of the opened file and not of its path, behind which another one may appear meanwhile.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::SystemTime;

use speckit_core::tree::typed::Secret;

use super::FileId;
use super::not_secret::NotSecret;
use super::replacement::{Replacement, sync_folder_of};

/// What differs when a file is replaced or changed. It is the same for a file that was not touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileStamp {
    file: FileId,
    bytes: u64,
    modified: Option<SystemTime>,
    /// The last change of the file or of its name, in seconds and nanoseconds.
    changed: (i64, i64),
}

impl FileStamp {
    /// The length of the file.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// The content of a file; `None` if there is none.
///
/// # Errors
/// Why the file is not used.
pub(crate) fn read_secret(path: &Path, max_bytes: usize) -> Result<Option<Secret<Vec<u8>>>, NotSecret> {
    let mut options = File::options();
    options.read(true);
    let Some(file) = open(path, &mut options)? else { return Ok(None) };
    let length = checked_file(&file)?.len();
    if length > max_bytes as u64 {
        return Err(NotSecret::TooLarge);
    }
    // It never grows, since that would leave a copy behind.
    let mut bytes = Vec::with_capacity(max_bytes + 1);
    let read = file.take(max_bytes as u64 + 1).read_to_end(&mut bytes);
    let bytes = Secret::new(bytes);
    read?;
    if bytes.expose().len() > max_bytes { Err(NotSecret::TooLarge) } else { Ok(Some(bytes)) }
}

/// Checks what a file would be refused for, without reading it. A missing one is in order.
///
/// # Errors
/// Why the file is not used.
pub(crate) fn check_secret(path: &Path) -> Result<(), NotSecret> {
    let mut options = File::options();
    options.read(true);
    match open(path, &mut options)? {
        Some(file) => checked_file(&file).map(|_| ()),
        None => Ok(()),
    }
}

/// Opens a file to be locked, and makes a missing one. It is the file that the path still leads to.
///
/// # Errors
/// Why the file is not used.
pub(crate) fn open_lock_file(path: &Path) -> Result<File, NotSecret> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    let file = open(path, &mut options)?.ok_or(io::Error::from(ErrorKind::NotFound))?;
    checked_file(&file)?;
    Ok(file)
}

/// Makes a folder that only its owner can read, with its missing parents. An existing one must belong to this user, and others
/// must not write in it.
///
/// # Errors
/// Why the folder is not used.
pub(crate) fn make_secret_folder(path: &Path) -> Result<(), NotSecret> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        // What is there is checked below.
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error.into()),
        _ => check_secret_folder(path),
    }
}

/// Checks an existing folder; a missing one is in order.
///
/// # Errors
/// Why the folder is not used.
pub(crate) fn check_secret_folder(path: &Path) -> Result<(), NotSecret> {
    let metadata = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        metadata => metadata?,
    };
    if !metadata.is_dir() {
        return Err(NotSecret::OtherKind);
    }
    check_owner(&metadata)?;
    // What is in the folder is not secret, but who may write there may replace it.
    check_mode(&metadata, 0o022)
}

/// Removes a file or a link, if it is there, and waits until the disk knows.
///
/// # Errors
/// An error of the system.
pub(crate) fn remove_secret(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(()) => sync_folder_of(path),
    }
}

/// The stamp of a file, of a link itself; `None` if there is none.
pub(crate) fn secret_stamp(path: &Path) -> Option<FileStamp> {
    let metadata = fs::symlink_metadata(path).ok()?;
    #[cfg(unix)]
    let changed = {
        use std::os::unix::fs::MetadataExt as _;
        (metadata.ctime(), metadata.ctime_nsec())
    };
    #[cfg(not(unix))]
    let changed = (0, 0);
    Some(FileStamp {
        file: FileId::of(&metadata),
        bytes: metadata.len(),
        modified: metadata.modified().ok(),
        changed,
    })
}

/// When a file was modified last; `None` if there is none.
pub(crate) fn modified(path: &Path) -> Option<SystemTime> {
    fs::symlink_metadata(path).ok()?.modified().ok()
}

impl Replacement {
    /// Makes a file of this length next to a path, and waits until the disk has room for it.
    ///
    /// # Errors
    /// An error of the system.
    pub(crate) fn reserve(target: &Path, bytes: usize) -> io::Result<Self> {
        let mut replacement = Self::create(target, 0o600)?;
        // Some file systems keep no blocks for zeros.
        replacement.file.write_all(&vec![b' '; bytes])?;
        replacement.file.sync_all()?;
        Ok(replacement)
    }

    /// Writes its content and puts it in the place of the target. Readers see the old or the new content.
    ///
    /// # Errors
    /// An error of the system.
    pub(crate) fn put(mut self, target: &Path, content: &[u8], modified: SystemTime) -> io::Result<()> {
        self.file.rewind()?;
        self.file.write_all(content)?;
        self.file.set_len(content.len() as u64)?;
        self.file.set_modified(modified)?;
        self.take_place_of(target)
    }
}

/// Opens without following a link and without waiting for the writer of a pipe.
fn open(path: &Path, options: &mut fs::OpenOptions) -> Result<Option<File>, NotSecret> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    match options.open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_symlink() => NotSecret::Link,
            Ok(metadata) if metadata.is_dir() => NotSecret::Folder,
            Ok(metadata) if !metadata.is_file() => NotSecret::OtherKind,
            _ => NotSecret::Io(error),
        }),
    }
}

fn checked_file(file: &File) -> Result<Metadata, NotSecret> {
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(NotSecret::Folder);
    }
    if !metadata.is_file() {
        return Err(NotSecret::OtherKind);
    }
    check_owner(&metadata)?;
    check_mode(&metadata, 0o077)?;
    Ok(metadata)
}

#[cfg(unix)]
fn check_owner(metadata: &Metadata) -> Result<(), NotSecret> {
    let owner = std::os::unix::fs::MetadataExt::uid(metadata);
    let user = rustix::process::geteuid().as_raw();
    if owner == user { Ok(()) } else { Err(NotSecret::OtherOwner { owner, user }) }
}

#[cfg(unix)]
fn check_mode(metadata: &Metadata, forbidden: u32) -> Result<(), NotSecret> {
    let mode = std::os::unix::fs::MetadataExt::mode(metadata) & 0o7777;
    if mode & forbidden == 0 { Ok(()) } else { Err(NotSecret::OpenToOthers { mode }) }
}

#[cfg(not(unix))]
fn check_owner(_: &Metadata) -> Result<(), NotSecret> {
    Ok(())
}

#[cfg(not(unix))]
fn check_mode(_: &Metadata, _: u32) -> Result<(), NotSecret> {
    Ok(())
}
