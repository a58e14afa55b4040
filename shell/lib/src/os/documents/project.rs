//! Which files belong to the folder of a project.

use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::is_executable;

/// A file by its folder, without links, and its name. The file itself may be a link, or missing.
///
/// A link to a file in another folder is another file: the commands of a project start in its own folder, where a relative path means
/// another program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathInFolder {
    folder: PathBuf,
    name: OsString,
}

impl PathInFolder {
    /// The file at a path. Where its folder does not exist, the path is only made absolute.
    ///
    /// # Errors
    /// An error of the system, or the path ends with no name, such as `..`.
    pub fn of(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
        };
        let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
        Ok(Self { folder, name: name.to_os_string() })
    }

    /// The path of its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its whole path.
    pub fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }
}

/// Whether a text is the path of a file in `folder` or below it, or, for a command, the name of one that a search of the folders of
/// `PATH` finds there. A link there counts, wherever it leads.
pub fn names_file_in(folder: &Path, text: &str, is_command: bool, path_variable: Option<&str>) -> bool {
    let is_inside = |path: &Path| {
        let is_direct =
            path.starts_with(folder) && !path.components().any(|part| part == Component::ParentDir);
        is_direct || std::fs::canonicalize(path).is_ok_and(|path| path.starts_with(folder))
    };
    let path = folder.join(text);
    if !text.is_empty() && path.is_file() && is_inside(&path) {
        return true;
    }
    let is_name = |c: char| !std::path::is_separator(c);
    if !is_command || text.is_empty() || !text.chars().all(is_name) {
        return false;
    }
    // A relative folder, such as `.`, means the folder where the command starts.
    let folders = std::env::split_paths(path_variable.unwrap_or_default());
    let mut found = folders.map(|searched| folder.join(searched).join(text));
    let is_program =
        |path: &PathBuf| std::fs::metadata(path).is_ok_and(|file| file.is_file() && is_executable(&file));
    found.find(is_program).is_some_and(|path| is_inside(&path))
}
