//! Files that tests execute.
//!
//! Another process writes them. If this one did, a child that another thread starts meanwhile could
//! inherit the file open for writing, and the system refuses to execute such a file (`ETXTBSY`).

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes an executable file, in folders that are made where they are missing.
#[track_caller]
pub fn write_executable(path: &Path, text: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "cat > \"$0\" && chmod 755 \"$0\""]).arg(path).stdin(Stdio::piped());
    let mut child = shell.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_ref()).unwrap();
    assert!(child.wait().unwrap().success(), "{}", path.display());
}

/// Copies a file, and makes the copy executable for everybody.
#[track_caller]
pub fn copy_executable(from: &Path, to: &Path) {
    let mut shell = Command::new("sh");
    shell.args(["-c", "cp \"$0\" \"$1\" && chmod 755 \"$1\""]).args([from, to]);
    assert!(shell.status().unwrap().success(), "{}", to.display());
}
