//! A run that the database refuses goes into a file, so that nothing of what the agents wrote is lost.

use std::path::{Path, PathBuf};

use speckit_core::agents::gate::Run;

use crate::terminal::json_line;
use speckit::internal::documents::{absolute, temporary_folder, write_new_private};

/// Writes a run with what its agents wrote into a file that only its owner can read: beside the database, else in the current
/// folder, else in that for temporary files. `None` where there is no room in any of them.
pub(super) fn save(run: &Run, database: &Path) -> Option<PathBuf> {
    let name = format!("speckit-run-{}-{}.json", run.stage, run.started_at_ms);
    let text = json_line(&run.to_json_with_outputs(None)).ok()?;
    let beside = database.parent().map(Path::to_path_buf);
    let folders = beside.into_iter().chain([PathBuf::from("."), temporary_folder()]);
    let paths = folders.map(|folder| folder.join(&name));
    let path = paths.into_iter().find(|path| write_new_private(path, &text).is_ok())?;
    Some(absolute(&path).unwrap_or(path))
}
