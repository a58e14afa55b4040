//! New files that take the place of others.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use speckit_core::config::source::ReplacedFile;

use super::{FileId, access, is_special};

/// Writes a file atomically: readers see the old or the new text. If the path is a link, its target is written. A file that exists keeps its
/// owner, its permissions and its extended attributes as far as the system permits it.
///
/// # Errors
/// An error of the system, or the path is not a regular file, such as a device.
pub fn write_atomically(path: &Path, text: &str) -> io::Result<ReplacedFile> {
    replace(path, text.as_bytes())
}

/// As [`write_atomically`], in folders that are created if they are missing.
///
/// # Errors
/// As those of [`write_atomically`], or a folder cannot be created.
#[cfg(feature = "testing")]
pub(crate) fn write_with_folders(path: &Path, text: &str) -> io::Result<ReplacedFile> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    write_atomically(path, text)
}

/// As [`write_atomically`], for bytes.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<ReplacedFile> {
    let path = target_of_links(path)?;
    if is_special(&path) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no regular file"));
    }
    put_new_file(&path, bytes, false)
}

/// Puts a new file in the place of what is at a path, which is no link. A new executable file may be run by everybody who may read it.
pub(super) fn put_new_file(path: &Path, bytes: &[u8], is_executable: bool) -> io::Result<ReplacedFile> {
    let old = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        metadata => Some(metadata?),
    };
    // The system takes away what the umask forbids. While a file gets the access of another one, it is private.
    let mode = if old.is_some() { 0o600 } else { 0o666 | if is_executable { 0o111 } else { 0 } };
    let mut new = Replacement::create(path, mode)?;
    new.file.write_all(bytes)?;
    let replaced = match &old {
        Some(old) => access::keep((path, old), (&new.path, &new.file), is_executable)?,
        None => ReplacedFile::default(),
    };
    new.take_place_of(path)?;
    Ok(replaced)
}

/// The path that a link, or a link to a link, leads to; there need not be a file.
fn target_of_links(path: &Path) -> io::Result<PathBuf> {
    /// As many as Linux follows (path_resolution(7)).
    const MAX_LINKS: usize = 40;
    match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        target => return target,
    }
    let mut target = path.to_path_buf();
    for _ in 0..MAX_LINKS {
        let Ok(next) = fs::read_link(&target) else { break };
        target = target.parent().unwrap_or(Path::new("")).join(next);
    }
    Ok(target)
}

/// A new file that takes the place of another one. Dropping it removes it. It is locked while it exists, so that other processes know that
/// it is in use.
#[derive(Debug)]
pub(crate) struct Replacement {
    pub(super) file: File,
    pub(super) path: PathBuf,
    is_renamed: bool,
}

impl Replacement {
    /// Makes an empty file next to a path, and removes those that killed processes left there.
    ///
    /// # Errors
    /// An error of the system.
    pub(super) fn create(target: &Path, mode: u32) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        remove_replacements(target);
        let beginning = temporary_beginning(target).ok_or(ErrorKind::InvalidInput)?;
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("{beginning}{}-{count}{TEMPORARY}", std::process::id());
            let path = target.with_file_name(name);
            let mut options = File::options();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
            let file = match options.open(&path) {
                // A process of another container has the same id.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                opened => opened.map_err(not_created)?,
            };
            let new = Self { file, path, is_renamed: false };
            match new.file.try_lock() {
                // Another process took it for one that was left.
                Err(TryLockError::WouldBlock) => {}
                Ok(()) if !is_at(&new.file, &new.path) => {}
                // On a file system without locks, no process can lock a file and remove it.
                Ok(()) | Err(TryLockError::Error(_)) => return Ok(new),
            }
        }
    }

    /// Takes the place of a file, and waits until the disk has its content and its name. Readers see the old or the new file.
    ///
    /// # Errors
    /// An error of the system.
    pub(crate) fn take_place_of(mut self, target: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, target).map_err(|error| match error.kind() {
            ErrorKind::ResourceBusy => io::Error::new(
                error.kind(),
                format!(
                    "{error}: it is a mount of its own, which cannot be replaced; mount its folder instead"
                ),
            ),
            _ => error,
        })?;
        self.is_renamed = true;
        sync_folder_of(target)
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if !self.is_renamed {
            // It holds nothing, or the error that matters is known.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The error with its reason, if the folder is the reason.
pub(super) fn not_created(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            io::Error::new(error.kind(), format!("a new file cannot be created in its folder: {error}"))
        }
        _ => error,
    }
}

/// Removes the files that killed processes left next to a path, as far as that is possible.
pub(crate) fn remove_replacements(target: &Path) {
    let Some(beginning) = temporary_beginning(target) else { return };
    let Ok(entries) = fs::read_dir(folder_of(target)) else { return };
    for entry in entries.flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && is_temporary_name(&entry.file_name().to_string_lossy(), &beginning) {
            // A process that still writes it holds its lock.
            let file = File::options().write(true).open(entry.path());
            if file.is_ok_and(|file| file.try_lock().is_ok()) {
                let _ = fs::remove_file(entry.path());
                // SQLite keeps one beside a copy.
                let mut journal = entry.path().into_os_string();
                journal.push("-journal");
                let _ = fs::remove_file(journal);
            }
        }
    }
}

const TEMPORARY: &str = ".tmp";

/// What the names of all replacements of a file begin with. A file system may refuse names of more than 255 bytes.
fn temporary_beginning(target: &Path) -> Option<String> {
    const MAX_CHARACTERS: usize = 50;
    let name = target.file_name()?.to_string_lossy();
    Some(format!(".{}.", name.chars().take(MAX_CHARACTERS).collect::<String>()))
}

/// Whether a file has the name of a replacement: the id of a process and a number follow the beginning.
fn is_temporary_name(name: &str, beginning: &str) -> bool {
    let numbers = name.strip_prefix(beginning).and_then(|rest| rest.strip_suffix(TEMPORARY));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    numbers
        .and_then(|numbers| numbers.split_once('-'))
        .is_some_and(|(id, count)| is_number(id) && is_number(count))
}

/// Whether a path still leads to this open file.
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    let found = (file.metadata().ok(), fs::symlink_metadata(path).ok());
    matches!(found, (Some(open), Some(named)) if FileId::of(&open) == FileId::of(&named))
}

/// Waits until the disk knows the names in the folder of a path.
///
/// # Errors
/// An error of the system.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder_of(path)).and_then(|folder| folder.sync_all()) {
        // Some file systems have no such call for folders, and some folders may be written and not read.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::PermissionDenied
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
