//! The contents of files, as one reading returned them.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use speckit_tests::fakes::{ReadResult, Recording};

use crate::config::program::{CERTIFICATE, CONF_D};

/// The contents of files by their names.
pub type RecordedContents = BTreeMap<String, ReadResult>;

/// The files of the configuration, as one reading returned them, without the file of the rule. Of a file that is named no more it
/// counts only that it has gone.
pub fn contents(reading: &Recording) -> RecordedContents {
    let mut contents = RecordedContents::new();
    for (path, answer) in reading.contents() {
        let is_named = !is_named_no_more(reading, &path);
        let is_gone = is_missing(Some(&answer)) || (!is_named && reading.is_folder(&path));
        if path.to_str() == Some(CERTIFICATE) || (!is_named && !is_gone) {
            continue;
        }
        let answer = if is_gone { missing() } else { answer };
        contents.insert(path.display().to_string(), answer);
    }
    contents
}

/// Whether the file was looked for although nothing names it: it did not come with its folder, the folder's name was
/// that of a file before, or no variable names it.
fn is_named_no_more(reading: &Recording, path: &Path) -> bool {
    let folder = Path::new(CONF_D);
    match reading.list_result(folder) {
        Some(Ok(listed)) => {
            path == folder || (path.starts_with(folder) && !listed.contains(&path.to_path_buf()))
        }
        Some(Err(_)) | None => path.starts_with(folder) && path != folder,
    }
}

/// Whether a file that had bytes has none now, or cannot be read.
pub fn has_lost_bytes(before: &RecordedContents, now: &RecordedContents) -> bool {
    let has_bytes = |answer: Option<&ReadResult>| matches!(answer, Some(Ok(bytes)) if !bytes.is_empty());
    now.iter().any(|(name, answer)| has_bytes(before.get(name)) && !has_bytes(Some(answer)))
}

/// The files whose bytes are others, in the order of their names. What was not looked for is the same.
pub fn different(before: &RecordedContents, now: &RecordedContents) -> Vec<PathBuf> {
    let is_same = |name: &String, answer: &ReadResult| {
        before.get(name) == Some(answer) || (is_missing(before.get(name)) && is_missing(Some(answer)))
    };
    now.iter().filter(|(name, answer)| !is_same(name, answer)).map(|(name, _)| PathBuf::from(name)).collect()
}

fn missing() -> ReadResult {
    Err((ErrorKind::NotFound, String::new()))
}

fn is_missing(answer: Option<&ReadResult>) -> bool {
    matches!(answer, None | Some(Err((ErrorKind::NotFound, _))))
}
