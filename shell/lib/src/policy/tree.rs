//! Checks the files of a folder: the door to its walk.
#![expect(clippy::disallowed_methods, reason = "this module is the door to the files of a checked folder")]

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc::{Sender, channel};

use ignore::{DirEntry, WalkBuilder, WalkState};
use speckit_core::policy::Policy;
use speckit_core::policy::findings::{FileCheck, SkipReason};

/// The longest file that is checked: 10 MiB.
pub const MAX_FILE_BYTES: u64 = 10 << 20;

/// A path that cannot be checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` cannot be checked: {reason}")]
pub struct PathError {
    /// The path.
    pub path: String,
    /// The error of the system.
    pub reason: String,
}

/// Checks files in parallel, below a folder or below some paths of it, and returns a check of each file in any order.
///
/// What `.gitignore`, `.ignore` and git's own excludes name is left out, so is `.git`; hidden files are checked. Links are not
/// followed. A path that is given is checked even if it is ignored. Files that no rule looks at are not read.
///
/// # Errors
/// Each given path that does not exist.
pub fn check_tree(policy: &Policy, root: &Path, paths: &[PathBuf]) -> Result<Vec<FileCheck>, Vec<PathError>> {
    let given: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
    let errors: Vec<PathError> = given.iter().zip(paths).filter_map(|(whole, path)| missing(whole, path)).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut starts = if given.is_empty() { vec![root.to_path_buf()] } else { given };
    let Some(first) = starts.pop() else { return Ok(Vec::new()) };
    let mut walk = WalkBuilder::new(first);
    starts.iter().for_each(|start| drop(walk.add(start)));
    walk.hidden(false).require_git(false).filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git");
    let (sender, checks) = channel();
    walk.build_parallel().run(|| {
        let mut reader = FileReader { policy, root, sender: sender.clone(), buffer: Vec::new() };
        Box::new(move |entry| {
            reader.visit(entry);
            WalkState::Continue
        })
    });
    drop(sender);
    Ok(checks.into_iter().collect())
}

fn missing(whole: &Path, path: &Path) -> Option<PathError> {
    let error = fs::metadata(whole).err()?;
    Some(PathError { path: path.display().to_string(), reason: error.to_string() })
}

/// The path of a file relative to the checked folder, with `/` between its parts. A file outside it keeps its whole path.
pub fn path_in_tree(root: &Path, path: &Path) -> String {
    let (root, path) = (without_dots(root), without_dots(path));
    let relative = path.strip_prefix(&root).unwrap_or(&path);
    let parts = relative.components().map(|part| part.as_os_str().to_string_lossy());
    let joined = parts.collect::<Vec<_>>().join("/");
    joined.strip_prefix("//").map_or_else(|| joined.clone(), |rest| format!("/{rest}"))
}

/// The path without `.` and `..`, by its text alone.
fn without_dots(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let mut clean = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::ParentDir => drop(clean.pop()),
            Component::CurDir => {}
            part => clean.push(part),
        }
    }
    clean
}

/// Reads and checks the files of one thread.
struct FileReader<'p> {
    policy: &'p Policy,
    root: &'p Path,
    sender: Sender<FileCheck>,
    buffer: Vec<u8>,
}

impl FileReader<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) {
        let check = match entry {
            Ok(entry) => self.check(&entry),
            Err(error) => Some(FileCheck::skipped(error.to_string(), SkipReason::Unreadable)),
        };
        if let Some(check) = check {
            // The receiver lives as long as the walk.
            let _ = self.sender.send(check);
        }
    }

    /// The check of a file; `None` for a folder, a link, and a file that no rule looks at.
    fn check(&mut self, entry: &DirEntry) -> Option<FileCheck> {
        let is_given = entry.depth() == 0;
        let kind = entry.file_type().filter(|kind| !kind.is_dir() && (is_given || !kind.is_symlink()))?;
        let path = path_in_tree(self.root, entry.path());
        if !self.policy.looks_at(&path) {
            return None;
        }
        let is_file = kind.is_file() || is_given && fs::metadata(entry.path()).is_ok_and(|file| file.is_file());
        if !is_file {
            return (!entry.path().is_dir()).then(|| FileCheck::skipped(path, SkipReason::Unreadable));
        }
        Some(match self.read(entry.path()) {
            Ok(()) => self.policy.check_file(&path, &self.buffer),
            Err(reason) => FileCheck::skipped(path, reason),
        })
    }

    /// Reads a file into the buffer. A file that grows meanwhile is read up to the limit.
    fn read(&mut self, path: &Path) -> Result<(), SkipReason> {
        self.buffer.clear();
        let file = File::open(path).map_err(|_| SkipReason::Unreadable)?;
        let length = file.metadata().map_err(|_| SkipReason::Unreadable)?.len();
        if length > MAX_FILE_BYTES {
            return Err(SkipReason::TooLarge);
        }
        self.buffer.reserve(usize::try_from(length).unwrap_or_default() + 1);
        let read = file.take(MAX_FILE_BYTES + 1).read_to_end(&mut self.buffer);
        match read {
            Ok(bytes) if bytes as u64 > MAX_FILE_BYTES => Err(SkipReason::TooLarge),
            Ok(_) => Ok(()),
            Err(_) => Err(SkipReason::Unreadable),
        }
    }
}
