//! Writes several files: all of them, or none.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use speckit_core::config::source::ReplacedFile;

use super::replacement::{not_created, replace, sync_folder_of};
use super::{access, identity};

/// The change to one file.
#[derive(Clone, Debug)]
pub struct Rewrite {
    /// The file.
    pub path: PathBuf,
    /// Its new text; `None` renames it to its backup.
    pub text: Option<String>,
}

/// The result for one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// The file.
    pub path: PathBuf,
    /// The backup with its old bytes; `None` if the file is new.
    pub backup: Option<PathBuf>,
    /// How it differs from the old one in more than its text.
    pub replaced: ReplacedFile,
    is_there: bool,
}

impl Rewritten {
    /// Whether the file exists now.
    pub fn is_there(&self) -> bool {
        self.is_there
    }
}

/// Why nothing was written.
#[derive(Debug)]
pub struct NotRewritten {
    /// The file that could not be written.
    pub path: PathBuf,
    /// Why.
    pub reason: io::Error,
    /// Files that were written before and could not be restored.
    pub left: Vec<Rewritten>,
}

/// Writes files atomically, in order. The old bytes of each are kept next to it as `NAME.bak`, or as the first free name of
/// `NAME.bak.1`, `NAME.bak.2` and so on.
///
/// # Errors
/// A file could not be written; the files before it are restored.
pub fn rewrite_all(files: &[Rewrite]) -> Result<Vec<Rewritten>, NotRewritten> {
    let mut done: Vec<Rewritten> = Vec::new();
    for file in files {
        match rewrite(file) {
            Ok(rewritten) => done.push(rewritten),
            Err(reason) => {
                let left = done.into_iter().rev().filter(|file| put_back(file).is_err()).collect();
                return Err(NotRewritten { path: file.path.clone(), reason, left });
            }
        }
    }
    Ok(done)
}

fn rewrite(file: &Rewrite) -> io::Result<Rewritten> {
    let path = &file.path;
    let rewritten = |backup, replaced, is_there| Rewritten { path: path.clone(), backup, replaced, is_there };
    let Some(text) = &file.text else {
        let backup = backups(path).find(|name| !super::exists(name)).ok_or(io::ErrorKind::AlreadyExists)?;
        fs::rename(path, &backup)?;
        sync_folder_of(path)?;
        return Ok(rewritten(Some(backup), ReplacedFile::default(), false));
    };
    if !path.is_file() {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let replaced = replace(path, text.as_bytes())?;
        return Ok(rewritten(None, replaced, true));
    }
    let (backup, old) = (back_up(path)?, identity(path));
    match replace(path, text.as_bytes()) {
        Ok(replaced) => Ok(rewritten(Some(backup), replaced, true)),
        Err(error) => {
            // The error that matters is the first one.
            if identity(path) == old {
                let _ = fs::remove_file(&backup);
            }
            Err(error)
        }
    }
}

fn put_back(file: &Rewritten) -> io::Result<()> {
    match &file.backup {
        None => fs::remove_file(&file.path),
        Some(backup) if !file.is_there => fs::rename(backup, &file.path),
        Some(backup) => {
            replace(&file.path, &fs::read(backup)?)?;
            fs::remove_file(backup)
        }
    }
}

/// Copies a file to the first free backup name.
fn back_up(path: &Path) -> io::Result<PathBuf> {
    for backup in backups(path) {
        match copy(path, &backup) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            copied => return copied.map(|()| backup),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Copies a file to a new one, which gets its owner, its permissions and its extended attributes as far as the system permits it. If it
/// cannot be copied completely, the new file is removed.
///
/// # Errors
/// An error of the system, or the new path exists.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let (bytes, old) = (fs::read(from)?, fs::metadata(from)?);
    let mut options = File::options();
    options.write(true).create_new(true);
    // Nobody else may read it before it has the permissions of the other.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut new = options.open(to).map_err(not_created)?;
    let copied = new
        .write_all(&bytes)
        .and_then(|()| access::keep((from, &old), (to, &new), false))
        .and_then(|_| new.sync_all());
    if copied.is_err() {
        let _ = fs::remove_file(to);
    }
    copied
}

fn backups(path: &Path) -> impl Iterator<Item = PathBuf> {
    (0_u32..).map(move |number| {
        let mut name = path.as_os_str().to_owned();
        name.push(if number == 0 { ".bak".to_owned() } else { format!(".bak.{number}") });
        PathBuf::from(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrites(folder: &Path, files: &[(&str, Option<&str>)]) -> Vec<Rewrite> {
        let rewrite = |(name, text): &(&str, Option<&str>)| Rewrite {
            path: folder.join(name),
            text: text.map(String::from),
        };
        files.iter().map(rewrite).collect()
    }

    /// The names in a folder with their texts, sorted.
    fn all(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut all: Vec<String> = entries
            .filter(|path| path.is_file())
            .map(|path| {
                let text = fs::read_to_string(&path).unwrap();
                format!("{}={text}", path.file_name().unwrap().to_string_lossy())
            })
            .collect();
        all.sort();
        all
    }

    #[test]
    fn each_old_text_is_kept_under_a_free_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "a.bak", "a.bak.1", "gone"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let files = rewrites(folder.path(), &[("a", Some("new")), ("sub/b", Some("b")), ("gone", None)]);
        let done = rewrite_all(&files).unwrap();
        let backups: Vec<_> = done.iter().map(|file| file.backup.clone()).collect();
        assert_eq!(
            backups,
            [Some(folder.path().join("a.bak.2")), None, Some(folder.path().join("gone.bak"))]
        );
        assert_eq!(
            all(folder.path()),
            ["a.bak.1=a.bak.1", "a.bak.2=a", "a.bak=a.bak", "a=new", "gone.bak=gone"]
        );
        assert_eq!(all(&folder.path().join("sub")), ["b=b"]);
    }

    #[test]
    fn where_one_cannot_be_written_all_are_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "a").unwrap();
        fs::write(folder.path().join("gone"), "gone").unwrap();
        fs::create_dir_all(folder.path().join("taken/by-a-folder")).unwrap();
        let files = [("a", Some("new")), ("b", Some("new")), ("gone", None), ("taken", Some("new"))];
        let error = rewrite_all(&rewrites(folder.path(), &files)).unwrap_err();
        assert_eq!((error.path, error.left), (folder.path().join("taken"), Vec::new()));
        assert_eq!(all(folder.path()), ["a=a", "gone=gone"]);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_those_of_the_old_file_and_a_link_stays_one() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        rewrite_all(&rewrites(folder.path(), &[("link", Some("new"))])).unwrap();
        assert!(link.is_symlink());
        assert_eq!(all(folder.path()), ["link.bak=old", "link=new", "real=new"]);
        for name in ["real", "link.bak"] {
            let mode = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}
