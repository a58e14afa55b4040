//! Checks the files of a folder: the door to its walk.
#![expect(clippy::disallowed_methods, reason = "this module is the door to the files of a checked folder")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::SystemTime;

use ignore::{DirEntry, WalkBuilder, WalkState};
use speckit_core::policy::Policy;
use speckit_core::policy::findings::{BINARY_BYTES, FileCheck, SkipReason, is_binary};

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

/// When a file was written last, and its length: a file whose stamp is the same is not read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileStamp {
    length: u64,
    modified: Option<SystemTime>,
}

/// The checks of the files of a folder, which a second check uses again.
#[derive(Debug, Default)]
pub struct CheckedTree {
    checks: BTreeMap<String, (Option<FileStamp>, FileCheck)>,
    folders: BTreeSet<PathBuf>,
}

impl CheckedTree {
    /// Checks files as [`check_tree`] does, except those that did not change since the last call, which had the same policy. A given
    /// path that does not exist has no files.
    pub fn check(&mut self, policy: &Policy, root: &Path, paths: &[PathBuf]) {
        let given = paths.iter().map(|path| root.join(path)).filter(|path| path.exists());
        let starts = if paths.is_empty() { vec![root.to_path_buf()] } else { given.collect() };
        *self = walk(policy, root, starts, &self.checks);
    }

    /// The check of each file.
    pub fn checks(&self) -> impl Iterator<Item = &FileCheck> {
        self.checks.values().map(|(_, check)| check)
    }

    /// The folders with checked files, and those above them.
    pub fn folders(&self) -> &BTreeSet<PathBuf> {
        &self.folders
    }
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
    let errors: Vec<PathError> =
        given.iter().zip(paths).filter_map(|(whole, path)| missing(whole, path)).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let starts = if given.is_empty() { vec![root.to_path_buf()] } else { given };
    let tree = walk(policy, root, starts, &BTreeMap::new());
    Ok(tree.checks.into_values().map(|(_, check)| check).collect())
}

/// Visits all files below some paths.
fn walk(
    policy: &Policy,
    root: &Path,
    mut starts: Vec<PathBuf>,
    before: &BTreeMap<String, (Option<FileStamp>, FileCheck)>,
) -> CheckedTree {
    let mut tree = CheckedTree::default();
    let Some(first) = starts.pop() else { return tree };
    let mut walk = WalkBuilder::new(first);
    for start in starts {
        walk.add(start);
    }
    walk.hidden(false)
        .require_git(false)
        .filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git");
    let (sender, visits) = channel();
    walk.build_parallel().run(|| {
        let sender = sender.clone();
        let mut reader = FileReader { policy, root, before, buffer: Vec::new() };
        Box::new(move |entry| {
            if let Some(visit) = reader.visit(entry) {
                // The receiver lives as long as the walk.
                let _ = sender.send(visit);
            }
            WalkState::Continue
        })
    });
    drop(sender);
    for visit in visits {
        match visit {
            Visit::Folder(folder) => drop(tree.folders.insert(folder)),
            Visit::File(stamp, check) => drop(tree.checks.insert(check.path().to_owned(), (stamp, check))),
        }
    }
    tree
}

/// What a thread of the walk found.
enum Visit {
    Folder(PathBuf),
    File(Option<FileStamp>, FileCheck),
}

fn missing(whole: &Path, path: &Path) -> Option<PathError> {
    let error = fs::metadata(whole).err()?;
    Some(PathError { path: path.display().to_string(), reason: error.to_string() })
}

/// The path of a file relative to the checked folder, with `/` between its parts. A file outside it keeps its whole path.
pub fn path_in_tree(root: &Path, path: &Path) -> String {
    let is_clean = |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_)));
    if let Some(below) = path.strip_prefix(root).ok().filter(|below| is_clean(below)) {
        return with_slashes(below);
    }
    let (root, path) = (without_dots(root), without_dots(path));
    with_slashes(path.strip_prefix(&root).unwrap_or(&path))
}

fn with_slashes(path: &Path) -> String {
    let parts = path.components().map(|part| part.as_os_str().to_string_lossy());
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
    /// The checks of an earlier walk.
    before: &'p BTreeMap<String, (Option<FileStamp>, FileCheck)>,
    buffer: Vec<u8>,
}

impl FileReader<'_> {
    /// The check of a file; `None` for a link.
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> Option<Visit> {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return Some(unreadable(error.to_string())),
        };
        let is_given = entry.depth() == 0;
        let kind = entry.file_type().filter(|kind| is_given || !kind.is_symlink())?;
        if kind.is_dir() {
            return Some(Visit::Folder(entry.into_path()));
        }
        let path = path_in_tree(self.root, entry.path());
        if !self.policy.looks_at(&path) {
            return Some(Visit::File(None, FileCheck::unconcerned(path)));
        }
        let is_file =
            kind.is_file() || is_given && fs::metadata(entry.path()).is_ok_and(|file| file.is_file());
        if !is_file {
            return (!entry.path().is_dir()).then(|| unreadable(path));
        }
        let Ok(file) = File::open(entry.path()) else { return Some(unreadable(path)) };
        let Ok(metadata) = file.metadata() else { return Some(unreadable(path)) };
        let stamp = Some(FileStamp { length: metadata.len(), modified: metadata.modified().ok() });
        if let Some((_, check)) = self.before.get(&path).filter(|(before, _)| *before == stamp) {
            return Some(Visit::File(stamp, check.clone()));
        }
        let check = match self.read(file, metadata.len()) {
            Ok(()) => self.policy.check_file(&path, &self.buffer),
            Err(reason) => FileCheck::skipped(path, reason),
        };
        Some(Visit::File(stamp, check))
    }

    /// Reads a file into the buffer. A file that grows meanwhile is read up to the limit.
    fn read(&mut self, file: File, length: u64) -> Result<(), SkipReason> {
        self.buffer.clear();
        if length > MAX_FILE_BYTES {
            return Err(SkipReason::TooLarge);
        }
        let mut file = file.take(MAX_FILE_BYTES + 1);
        // What is no text is known from its beginning.
        let start = (&mut file).take(BINARY_BYTES as u64).read_to_end(&mut self.buffer);
        if start.is_err() || is_binary(&self.buffer) {
            return Err(if start.is_err() { SkipReason::Unreadable } else { SkipReason::Binary });
        }
        self.buffer.reserve(usize::try_from(length).unwrap_or_default());
        let read = file.read_to_end(&mut self.buffer).map(|_| self.buffer.len());
        match read {
            Ok(bytes) if bytes as u64 > MAX_FILE_BYTES => Err(SkipReason::TooLarge),
            Ok(_) => Ok(()),
            Err(_) => Err(SkipReason::Unreadable),
        }
    }
}

fn unreadable(path: String) -> Visit {
    Visit::File(None, FileCheck::skipped(path, SkipReason::Unreadable))
}
