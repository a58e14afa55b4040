//! The records of the project files that a person trusts.

use std::path::{Path, PathBuf};

use speckit_core::app::trust::{Trust, TrustFingerprint, TrustRecord};
use speckit_core::config::source::Environment;
use speckit_core::text::visible;

use crate::os::clock;
use crate::os::documents::{self, NotSecret, PathInFolder, Replacement};
use crate::os::state_folder::{NO_STATE_FOLDER, state_folder};

/// The longest record that is read.
const MAX_BYTES: usize = 256 << 10;

/// The records, each in a private file that is named by the hash of the trusted path.
#[derive(Clone, Debug)]
pub struct TrustStore {
    /// `None` without a home folder.
    folder: Option<PathBuf>,
    /// The files that `SPECKIT_TRUST` names.
    named: Vec<PathBuf>,
    /// The relative paths in `SPECKIT_TRUST`, which name nothing.
    relative: Vec<String>,
}

/// A record that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableRecord {
    /// The path of the record.
    pub path: PathBuf,
    /// Why, as a fragment with a way out.
    pub problem: String,
}

impl TrustStore {
    /// The records of the user, and the files that the variable `SPECKIT_TRUST` names: a list of absolute paths, as in `PATH`. A folder
    /// stands for the `speckit.toml` in it.
    pub fn of_user(environment: &Environment) -> Self {
        let paths = environment.text("SPECKIT_TRUST").unwrap_or_default();
        let paths = std::env::split_paths(paths).filter(|path| !path.as_os_str().is_empty());
        // A relative path would trust another file in every folder.
        let (absolute, relative): (Vec<PathBuf>, Vec<PathBuf>) = paths.partition(|path| path.is_absolute());
        let file = |path: PathBuf| if documents::is_folder(&path) { path.join(PROJECT_FILE) } else { path };
        Self {
            folder: state_folder("trust"),
            named: absolute
                .into_iter()
                .filter_map(|path| Some(PathInFolder::of(&file(path)).ok()?.path()))
                .collect(),
            relative: relative.iter().map(|path| path.display().to_string()).collect(),
        }
    }

    /// What is known about the trust in a file.
    pub fn trust(&self, file: &PathInFolder) -> Trust {
        let path = file.path();
        if self.named.contains(&path) {
            return Trust::Named;
        }
        match self.record(file) {
            Ok(None) if !self.relative.is_empty() => {
                let paths = visible(&self.relative.join(", "));
                let problem =
                    format!("`SPECKIT_TRUST` names the relative path `{paths}`: write absolute paths");
                Trust::Unusable { problem }
            }
            Ok(record) => Trust::Recorded(record),
            Err(problem) => Trust::Unusable { problem },
        }
    }

    /// The path of the record of a file, which need not exist; `None` without a home folder.
    pub fn record_path(&self, file: &PathInFolder) -> Option<PathBuf> {
        let name = TrustFingerprint::of_bytes(file.path().as_os_str().as_encoded_bytes());
        Some(self.folder.as_ref()?.join(format!("{name}{ENDING}")))
    }

    /// The record of a file, if there is one.
    fn record(&self, file: &PathInFolder) -> Result<Option<TrustRecord>, String> {
        let Some(path) = self.record_path(file) else { return Err(no_folder()) };
        let record = read(&path)?;
        match record {
            Some(record) if record.file != file.path().to_string_lossy() => {
                Err(unused(&path, "it is the record of another file"))
            }
            record => Ok(record),
        }
    }

    /// Keeps a record in the place of an earlier one. Of two processes that do so, the later one wins.
    ///
    /// # Errors
    /// Why it is not kept, as a fragment with a way out where there is one.
    pub fn keep(&self, file: &PathInFolder, record: &TrustRecord) -> Result<(), String> {
        let path = self.record_path(file).ok_or_else(no_folder)?;
        let folder = path.parent().unwrap_or(&path);
        documents::make_secret_folder(folder).map_err(|reason| unused(folder, &reason.of_folder(folder)))?;
        let text = record.to_json();
        let modified = std::time::UNIX_EPOCH + clock::since_epoch();
        let written = Replacement::reserve(&path, text.len())
            .and_then(|replacement| replacement.put(&path, text.as_bytes(), modified));
        written.map_err(|error| {
            format!("the record `{}` cannot be written: {error}", visible(&path.to_string_lossy()))
        })
    }

    /// Removes the record of a file; `false` if there is none.
    ///
    /// # Errors
    /// Why it is not removed.
    pub fn remove(&self, file: &PathInFolder) -> Result<bool, String> {
        let path = self.record_path(file).ok_or_else(no_folder)?;
        if !documents::exists(&path) {
            return Ok(false);
        }
        documents::remove_secret(&path).map(|()| true).map_err(|error| {
            format!("the record `{}` cannot be removed: {error}", visible(&path.to_string_lossy()))
        })
    }

    /// All records in the order of their files, and those that cannot be used, in the order of their paths.
    ///
    /// # Errors
    /// Why the records cannot be listed.
    pub fn all(&self) -> Result<(Vec<TrustRecord>, Vec<UnusableRecord>), String> {
        let folder = self.folder.as_ref().ok_or_else(no_folder)?;
        documents::check_secret_folder(folder).map_err(|reason| unused(folder, &reason.of_folder(folder)))?;
        let listed = documents::Files::list(&documents::Disk, folder).unwrap_or_else(|| Ok(Vec::new()));
        let mut paths = listed.map_err(|error| unused(folder, &error.to_string()))?;
        paths.retain(|path| path.to_string_lossy().ends_with(ENDING));
        paths.sort();
        let (mut records, mut unusable) = (Vec::new(), Vec::new());
        for path in paths {
            match read(&path) {
                Ok(record) => records.extend(record),
                Err(problem) => unusable.push(UnusableRecord { path, problem }),
            }
        }
        records.sort_by(|a, b| a.file.cmp(&b.file));
        Ok((records, unusable))
    }
}

/// The name of a project file.
pub const PROJECT_FILE: &str = "speckit.toml";

const ENDING: &str = ".json";

fn read(path: &Path) -> Result<Option<TrustRecord>, String> {
    if let Some(folder) = path.parent() {
        documents::check_secret_folder(folder).map_err(|reason| unused(folder, &reason.of_folder(folder)))?;
    }
    let bytes = documents::read_secret(path, MAX_BYTES)
        .map_err(|reason: NotSecret| unused(path, &reason.of_file(path)))?;
    let record = bytes.map(|bytes| TrustRecord::parse(bytes.expose())).transpose();
    record.map_err(|error| unused(path, &error.to_string()))
}

fn unused(path: &Path, problem: &str) -> String {
    format!("`{}` is not used: {problem}", visible(&path.to_string_lossy()))
}

fn no_folder() -> String {
    format!("there is no home folder for the record: {NO_STATE_FOLDER}")
}
