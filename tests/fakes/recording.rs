//! What one reading of a configuration was answered, so that the same can be read again later.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use speckit::documents::Files;
use speckit_core::Fingerprint;
use speckit_core::config::source::Environment;

/// The bytes of a file, or why there are none.
pub type ReadAnswer = Result<Vec<u8>, (ErrorKind, String)>;

/// All requests of one reading, and the answers.
///
/// It answers the same questions once more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// When it began.
    pub began: Duration,
    /// Whether something was done in the middle of it.
    pub is_interrupted: bool,
    pub(super) has_environment: bool,
    /// The variables.
    pub variables: BTreeMap<String, String>,
    pub(super) lists: BTreeMap<PathBuf, Option<Result<Vec<PathBuf>, ErrorKind>>>,
    pub(super) reads: BTreeMap<PathBuf, ReadAnswer>,
    pub(super) stamps: BTreeMap<PathBuf, Option<Fingerprint>>,
}

impl Recording {
    /// What was read, by name; a folder that could not be listed stands among the files.
    pub fn contents(&self) -> BTreeMap<PathBuf, ReadAnswer> {
        let mut contents = self.reads.clone();
        for (folder, listed) in &self.lists {
            if let Some(Err(kind)) = listed {
                contents.insert(folder.clone(), Err((*kind, io::Error::from(*kind).to_string())));
            }
        }
        contents
    }

    /// Whether the path was a folder.
    pub fn is_folder(&self, path: &Path) -> bool {
        self.listed(path).is_some()
    }

    /// What a folder was answered to hold; `None` for what was none, or was not listed.
    pub fn listed(&self, path: &Path) -> Option<&Result<Vec<PathBuf>, ErrorKind>> {
        self.lists.get(path)?.as_ref()
    }

    /// The stamps that were looked at, by name.
    pub fn stamps(&self) -> &BTreeMap<PathBuf, Option<Fingerprint>> {
        &self.stamps
    }

    /// The environment as it was.
    pub fn environment(&self) -> Environment {
        Environment::of(self.variables.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    }
}

impl Files for Recording {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let answer = self.reads.get(path).expect("a file that was read");
        answer.clone().map_err(|(kind, reason)| match kind {
            // Its words are not those of its kind.
            ErrorKind::Other => io::Error::other(reason),
            kind => kind.into(),
        })
    }

    fn list(&self, folder: &Path) -> Option<io::Result<Vec<PathBuf>>> {
        let answer = self.lists.get(folder).expect("a folder that was listed");
        answer.clone().map(|listed| listed.map_err(Into::into))
    }

    fn stamp(&self, path: &Path) -> Option<Fingerprint> {
        *self.stamps.get(path).expect("a file whose stamp was looked at")
    }
}
