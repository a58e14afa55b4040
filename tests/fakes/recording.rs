//! The requests and results of one reading of a configuration, so that a test can repeat it later.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use speckit::documents::Files;
use speckit_core::Fingerprint;
use speckit_core::config::source::Environment;

/// The bytes of a file, or the reason why it cannot be read.
pub type RecordedRead = Result<Vec<u8>, (ErrorKind, String)>;

/// All requests of one reading, with their results.
///
/// It returns the same results for the same requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// The time at which the reading began.
    pub began: Duration,
    /// Whether an interrupt was called in the middle of it.
    pub is_interrupted: bool,
    pub(super) has_environment: bool,
    /// The environment variables.
    pub variables: BTreeMap<String, String>,
    pub(super) lists: BTreeMap<PathBuf, Option<Result<Vec<PathBuf>, ErrorKind>>>,
    pub(super) reads: BTreeMap<PathBuf, RecordedRead>,
    pub(super) stamps: BTreeMap<PathBuf, Option<Fingerprint>>,
}

impl Recording {
    /// The results by path. A folder that could not be listed is included with its error.
    pub fn contents(&self) -> BTreeMap<PathBuf, RecordedRead> {
        let mut contents = self.reads.clone();
        for (folder, list_result) in &self.lists {
            if let Some(Err(kind)) = list_result {
                contents.insert(folder.clone(), Err((*kind, io::Error::from(*kind).to_string())));
            }
        }
        contents
    }

    /// Whether the path was a folder.
    pub fn is_folder(&self, path: &Path) -> bool {
        self.list_result(path).is_some()
    }

    /// The files that a folder listed; `None` if the path is not a folder or was not listed.
    pub fn list_result(&self, path: &Path) -> Option<&Result<Vec<PathBuf>, ErrorKind>> {
        self.lists.get(path)?.as_ref()
    }

    /// The stamps that the reading requested, by path.
    pub fn stamps(&self) -> &BTreeMap<PathBuf, Option<Fingerprint>> {
        &self.stamps
    }

    /// The environment of the reading.
    pub fn environment(&self) -> Environment {
        Environment::of(self.variables.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    }
}

impl Files for Recording {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let result = self.reads.get(path).expect("a file that was read");
        result.clone().map_err(|(kind, reason)| match kind {
            // The kind alone would lose the text of this error.
            ErrorKind::Other => io::Error::other(reason),
            kind => kind.into(),
        })
    }

    fn list(&self, folder: &Path) -> Option<io::Result<Vec<PathBuf>>> {
        let result = self.lists.get(folder).expect("a folder that was listed");
        result.clone().map(|paths| paths.map_err(Into::into))
    }

    fn stamp(&self, path: &Path) -> Option<Fingerprint> {
        *self.stamps.get(path).expect("a file whose stamp was read")
    }
}
