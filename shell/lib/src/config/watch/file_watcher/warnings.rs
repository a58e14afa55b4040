//! Warnings about watching.

use std::path::Path;

use notify::ErrorKind;
use speckit_core::config::WatchMode;
use speckit_core::config::reload::mounts::Mount;
use speckit_core::{Code, Diagnostic, Key};

/// No more open files for this process, or for all.
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;

/// Reads the current value of a limit of inotify by its name.
pub(super) type Limit<'a> = &'a dyn Fn(&str) -> Option<u64>;

/// Whether the path does not exist.
pub(super) fn is_missing(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

/// Whether the limit of watches is reached.
pub(super) fn is_limit(error: &notify::Error) -> bool {
    matches!(error.kind, ErrorKind::MaxFilesWatch)
}

/// The system gives no events at all.
pub(super) fn no_events(error: &notify::Error, mode: WatchMode, limit: Limit<'_>) -> Diagnostic {
    let then = if mode == WatchMode::Native { "no change is noticed" } else { consequence(mode) };
    let number = if let ErrorKind::Io(error) = &error.kind { error.raw_os_error() } else { None };
    if matches!(number, Some(EMFILE | ENFILE)) {
        let name = "max_user_instances";
        let message =
            format!("the system gives no more watchers (`fs.inotify.{name}`, or the open files), so {then}");
        return warning(Code::WatchLimit, message).help(format!(
            "raise it: `sysctl fs.inotify.{name}={}`, or `ulimit -n`",
            raised_limit(name, 512, limit)
        ));
    }
    warning(
        Code::WatchUnavailable,
        format!("the system reports no changes of files ({}), so {then}", reason(error)),
    )
    .help("use the mode `poll`")
}

/// The system does not watch this folder.
pub(super) fn no_watch(
    folder: &Path,
    error: &notify::Error,
    mode: WatchMode,
    limit: Limit<'_>,
) -> Diagnostic {
    let then = consequence(mode);
    if is_limit(error) {
        let name = "max_user_watches";
        let message = format!("the system gives no more watches (`fs.inotify.{name}`), so {then}");
        return warning(Code::WatchLimit, message)
            .help(format!("raise it: `sysctl fs.inotify.{name}={}`", raised_limit(name, 524_288, limit)));
    }
    let message = format!("`{}` cannot be watched ({}), so {then}", folder.display(), reason(error));
    warning(Code::WatchUnreadable, message).help("make the folder readable, or use the mode `poll`")
}

/// A filesystem that does not report changes made elsewhere.
pub(super) fn silent_filesystem(mount: &Mount) -> Diagnostic {
    let (point, filesystem) = (mount.point(), mount.filesystem());
    let message = format!(
        "`{point}` is of the type `{filesystem}`, which does not report what others change, so {}",
        consequence(WatchMode::Auto)
    );
    warning(Code::WatchPolling, message).help("use the mode `poll` if that is meant")
}

/// A file mounted alone stays the same when it is replaced outside, and a write into it is reported outside only.
pub(super) fn single_file_mount(file: &str, mode: WatchMode) -> Diagnostic {
    let message = format!(
        "`{file}` is mounted as a single file: replacing it outside is never seen, and writing into it is not \
         reported, so {}",
        consequence(mode)
    );
    warning(Code::WatchSingleFileMount, message).help("mount its folder instead")
}

fn warning(code: Code, message: String) -> Diagnostic {
    Diagnostic::warning(code, Key::root(), message)
}

/// Without the paths, which the message names itself.
fn reason(error: &notify::Error) -> String {
    match &error.kind {
        ErrorKind::Io(system) => system.to_string(),
        _ => error.to_string(),
    }
}

fn consequence(mode: WatchMode) -> &'static str {
    match mode {
        WatchMode::Native => "not all changes are noticed",
        WatchMode::Auto | WatchMode::Poll => "the files are read at intervals",
    }
}

/// Twice the current limit, and at least `usual`.
fn raised_limit(name: &str, usual: u64, limit: Limit<'_>) -> u64 {
    limit(name).map_or(usual, |present| present.saturating_mul(2).max(usual))
}
