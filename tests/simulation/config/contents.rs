//! The contents of files in one reading.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use speckit_core::config::source::Language;
use speckit_tests::fakes::{RecordedRead, Recording};

use crate::config::program::{CERTIFICATE, CONF_D};

/// The contents of files by their paths.
pub type RecordedContents = BTreeMap<String, RecordedRead>;

/// The files of the configuration in one reading, without the file of the rule. A file that nothing names any more is
/// included only if it is missing.
pub fn contents(reading: &Recording) -> RecordedContents {
    let mut contents = RecordedContents::new();
    for (path, result) in reading.contents() {
        let is_unnamed = is_unnamed(reading, &path);
        let is_gone = is_missing(Some(&result)) || (is_unnamed && reading.is_folder(&path));
        if path.to_str() == Some(CERTIFICATE) || (is_unnamed && !is_gone) {
            continue;
        }
        let result = if is_gone { missing() } else { result };
        contents.insert(path.display().to_string(), result);
    }
    contents
}

/// The names in the folder that look like configuration, if none is of a file to read, which is a warning; `None` otherwise.
pub fn unread_names(reading: &Recording) -> Option<BTreeSet<String>> {
    let listed = reading.list_result(Path::new(CONF_D))?.as_ref().ok()?;
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut names: BTreeSet<String> = listed.iter().map(name).collect();
    names.retain(|name| !name.starts_with('.') && Language::is_configuration(name));
    (!names.iter().any(|name| name.ends_with(".toml"))).then_some(names)
}

/// Whether the reading requested the file although nothing names it: its folder does not list it, or what is a folder now
/// was a file before.
fn is_unnamed(reading: &Recording, path: &Path) -> bool {
    let folder = Path::new(CONF_D);
    match reading.list_result(folder) {
        Some(Ok(listed)) => {
            path == folder || (path.starts_with(folder) && !listed.contains(&path.to_path_buf()))
        }
        Some(Err(_)) | None => path.starts_with(folder) && path != folder,
    }
}

/// Whether a file that had bytes is now empty or unreadable.
pub fn has_lost_bytes(before: &RecordedContents, now: &RecordedContents) -> bool {
    let has_bytes = |result: Option<&RecordedRead>| matches!(result, Some(Ok(bytes)) if !bytes.is_empty());
    now.iter().any(|(name, result)| has_bytes(before.get(name)) && !has_bytes(Some(result)))
}

/// The files whose contents differ, sorted by path. Files that were not read count as equal.
pub fn different_files(before: &RecordedContents, now: &RecordedContents) -> Vec<PathBuf> {
    let is_same = |name: &String, result: &RecordedRead| {
        before.get(name) == Some(result) || (is_missing(before.get(name)) && is_missing(Some(result)))
    };
    now.iter().filter(|(name, result)| !is_same(name, result)).map(|(name, _)| PathBuf::from(name)).collect()
}

fn missing() -> RecordedRead {
    Err((ErrorKind::NotFound, String::new()))
}

fn is_missing(result: Option<&RecordedRead>) -> bool {
    matches!(result, None | Some(Err((ErrorKind::NotFound, _))))
}
