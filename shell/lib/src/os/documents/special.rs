//! Reading files that may be pipes, terminals or sockets, without waiting for ever.
//!
//! A pipe is read to its end. A named pipe that no program writes to, or whose writer does not end, is given up; so is a terminal.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use speckit_core::config::source::MAX_BYTES;

/// How long a named pipe may have no writer.
const WRITER_WAIT: Duration = Duration::from_secs(2);

/// How long the writer of a named pipe may take.
const CONTENT_WAIT: Duration = Duration::from_secs(30);

/// The bytes of a file of any kind, at most one more than [`MAX_BYTES`].
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    // The link to a pipe without a name, as of `<(…)`, has a target that is no path. Opening it does not wait.
    if is_pipe(path) && fs::canonicalize(path).is_ok() {
        return read_named_pipe(path);
    }
    if is_socket(path) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a socket"));
    }
    let file = File::open(path)?;
    if file.is_terminal() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a terminal"));
    }
    whole(file)
}

fn whole(file: File) -> io::Result<Vec<u8>> {
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(MAX_BYTES).min(MAX_BYTES) + 1);
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens and reads in a thread, since both wait for the writer. If it never comes, the thread stays until the process ends.
fn read_named_pipe(path: &Path) -> io::Result<Vec<u8>> {
    let (opened, is_open) = mpsc::channel();
    let (read, content) = mpsc::channel();
    let path = path.to_path_buf();
    std::thread::Builder::new().name("speckit-pipe".into()).spawn(move || {
        let file = File::open(path);
        // The receiver is gone if the wait is over.
        let _ = opened.send(());
        let _ = read.send(file.and_then(whole));
    })?;
    let late = |why| io::Error::new(io::ErrorKind::TimedOut, why);
    is_open.recv_timeout(WRITER_WAIT).map_err(|_| late("it is a pipe that no program writes to"))?;
    content
        .recv_timeout(CONTENT_WAIT)
        .unwrap_or_else(|_| Err(late("it is a pipe whose writer did not end in time")))
}

/// Whether the path is a pipe, or a link to one.
#[cfg(unix)]
pub(crate) fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

/// There are no pipes in the file system here.
#[cfg(not(unix))]
pub(crate) fn is_pipe(_: &Path) -> bool {
    false
}

#[cfg(unix)]
fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket())
}

#[cfg(not(unix))]
fn is_socket(_: &Path) -> bool {
    false
}

/// Whether the path, or the target of its links, is neither a file nor a folder.
pub(crate) fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}
