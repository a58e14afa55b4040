//! Everything outside the program that a configuration depends on: files, the environment and the time.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use speckit_core::Fingerprint;
use speckit_core::config::reload::{Content, Contents};
use speckit_core::config::source::Environment;

use crate::os::documents::{Disk, Files, is_pipe};
use crate::os::{clock, environment};

/// Files, the environment and the time: those of the machine ([`Host`]), or simulated ones.
pub trait World: Files + Send + Sync {
    /// The current environment, only the variables with a wanted name: those that may belong to the configuration.
    fn environment(&self, is_wanted: &dyn Fn(&str) -> bool) -> Environment;

    /// The time since some fixed start. It never goes back.
    fn now(&self) -> Duration;

    /// The time since 1970-01-01T00:00:00Z, only for records. By default that of the machine.
    fn since_epoch(&self) -> Duration {
        clock::since_epoch()
    }
}

/// The machine.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    started: Instant,
    /// Whether each file is read only once, so that a pipe is allowed.
    is_read_once: bool,
}

impl Default for Host {
    fn default() -> Self {
        Self { started: clock::now(), is_read_once: false }
    }
}

impl Host {
    /// The machine, where each file is read only once.
    pub(crate) fn read_once() -> Self {
        Self { is_read_once: true, ..Self::default() }
    }
}

impl Files for Host {
    /// A pipe can be read only once, so it is refused where a reload may follow.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if !self.is_read_once && is_pipe(path) {
            return Err(io::Error::other("it is a pipe, which cannot be read again"));
        }
        Disk.read(path)
    }

    fn list(&self, folder: &Path) -> Option<io::Result<Vec<PathBuf>>> {
        Disk.list(folder)
    }

    fn stamp(&self, path: &Path) -> Option<Fingerprint> {
        Disk.stamp(path)
    }
}

impl World for Host {
    fn environment(&self, is_wanted: &dyn Fn(&str) -> bool) -> Environment {
        environment::capture_wanted(is_wanted)
    }

    fn now(&self) -> Duration {
        clock::now().saturating_duration_since(self.started)
    }
}

/// Files that record the content hashes of all reads.
pub(crate) struct RecordingFiles<'a> {
    files: &'a dyn World,
    contents: RefCell<Contents>,
}

impl<'a> RecordingFiles<'a> {
    pub(crate) fn of(files: &'a dyn World) -> Self {
        Self { files, contents: RefCell::default() }
    }

    /// Records the stamp of a path that was not read.
    pub(crate) fn note_stamp(&self, path: &Path) {
        if !self.contents.borrow().has_file(&path.to_string_lossy()) {
            self.stamp(path);
        }
    }

    /// Records a source that is not a file.
    pub(crate) fn note(&self, name: &str, hash: Fingerprint) {
        self.contents.borrow_mut().add(name, hash);
    }

    /// Adds the contents of another recording.
    pub(crate) fn absorb(&self, contents: Contents) {
        self.contents.borrow_mut().extend(contents);
    }

    pub(crate) fn into_contents(self) -> Contents {
        self.contents.into_inner()
    }
}

impl Files for RecordingFiles<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let read = self.files.read(path);
        let content = match &read {
            Ok(bytes) => Content::of(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Content::Missing,
            Err(error) => Content::unreadable(&error.to_string()),
        };
        self.contents.borrow_mut().add_file(path.to_string_lossy(), content);
        read
    }

    fn list(&self, folder: &Path) -> Option<io::Result<Vec<PathBuf>>> {
        let listed = self.files.list(folder);
        if let Some(Err(error)) = &listed {
            let content = Content::unreadable(&error.to_string());
            self.contents.borrow_mut().add_file(folder.to_string_lossy(), content);
        }
        listed
    }

    fn stamp(&self, path: &Path) -> Option<Fingerprint> {
        let stamp = self.files.stamp(path);
        self.note(&path.to_string_lossy(), stamp.unwrap_or_else(|| Fingerprint::of_bytes(b"")));
        stamp
    }
}
