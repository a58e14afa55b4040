//! Saves a run to a file if the database cannot record it, so that no output of an agent is lost.

use std::path::{Path, PathBuf};

use speckit_core::agents::gate::Run;

use crate::terminal::json_line;
use speckit::internal::documents::{absolute, temporary_folder, write_new_private};

/// Writes a run with the output of its agents to a file that only its owner can read: in the folder of the database, else in the
/// current folder, else in the folder for temporary files. `None` if none of them can be written.
pub(super) fn save(run: &Run, database: &Path) -> Option<PathBuf> {
    let name = format!("speckit-run-{}-{}.json", run.stage, run.started_at_ms);
    let text = json_line(&run.to_json_with_outputs(None)).ok()?;
    let beside = database.parent().map(Path::to_path_buf);
    let folders = beside.into_iter().chain([PathBuf::from("."), temporary_folder()]);
    let paths = folders.map(|folder| folder.join(&name));
    let path = paths.into_iter().find(|path| write_new_private(path, &text).is_ok())?;
    Some(absolute(&path).unwrap_or(path))
}
