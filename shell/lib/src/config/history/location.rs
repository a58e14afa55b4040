//! The path of the shipped application's history.

use std::path::PathBuf;
use std::time::Duration;

use speckit_core::store::StoreConfig;
use speckit_core::{Diagnostic, Key};

use super::sqlite::SqliteJournal;
use super::writing::unavailable_because;
use crate::config::history::options::JournalOpener;
use crate::os::environment;
use crate::store::SynchronousMode;

/// The path of a setting, with `~/` as the home folder.
///
/// # Errors
/// The diagnostic for a missing home folder.
pub fn expanded(path: &str) -> Result<PathBuf, Diagnostic> {
    let Some(rest) = path.strip_prefix("~/") else { return Ok(path.into()) };
    environment::home().map(|home| home.join(rest)).ok_or_else(|| {
        unavailable_because(&format!("`{path}` is below the home folder, and there is none"))
            .help("name another file: --database FILE, or store.path")
    })
}

/// The file of the settings: `store.path` in the highest readable layer, otherwise its default.
///
/// # Errors
/// As those of [`expanded`].
pub fn database(look_up: &dyn Fn(&Key) -> Option<String>) -> Result<PathBuf, Diagnostic> {
    let path = look_up(&Key::of(["store", "path"])).filter(|path| !path.is_empty());
    expanded(&path.unwrap_or_else(|| StoreConfig::default().path))
}

/// The journal in the file `named`, otherwise in the file of the settings. `began` is when the recorded operation started, since
/// 1970-01-01T00:00:00Z.
pub(crate) fn journal(named: Option<PathBuf>, began: Duration) -> JournalOpener {
    Box::new(move |look_up| {
        let (path, is_full) = match named {
            Some(path) => (path, false),
            None => {
                let mode = look_up(&Key::of(["store", "synchronous"]));
                (database(look_up)?, mode.as_deref() == Some("full"))
            }
        };
        let synchronous = if is_full { SynchronousMode::Full } else { SynchronousMode::Normal };
        Ok(SqliteJournal::new(path, synchronous, began))
    })
}
