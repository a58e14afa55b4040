//! A file system in memory: files, folders, symbolic links and read permissions.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use speckit_core::Fingerprint;

/// A path that leads through more links than this is a cycle.
const MAX_LINKS: u32 = 40;

/// Files, folders and links below `/`. Paths are absolute.
///
/// Each write to a file changes its stamp, even if the bytes stay the same.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    /// The keys are real paths, which contain no link.
    nodes: BTreeMap<PathBuf, Node>,
    writes: u64,
}

#[derive(Clone, Debug)]
enum Node {
    File { bytes: Vec<u8>, written: u64, is_forbidden: bool },
    Folder { is_forbidden: bool },
    Link(PathBuf),
}

impl MemoryFiles {
    /// Replaces the bytes of the file that the path leads to, or creates it.
    ///
    /// # Errors
    /// Those of a real file system: the path is a folder, or its parent folder does not exist.
    pub fn write(&mut self, path: impl AsRef<Path>, bytes: &[u8]) -> io::Result<()> {
        self.change(path.as_ref(), |old| {
            old.clear();
            old.extend_from_slice(bytes);
        })
    }

    /// Appends bytes to the file that the path leads to, or creates it.
    ///
    /// # Errors
    /// Those of [`MemoryFiles::write`].
    pub fn append(&mut self, path: impl AsRef<Path>, bytes: &[u8]) -> io::Result<()> {
        self.change(path.as_ref(), |old| old.extend_from_slice(bytes))
    }

    /// Writes the same bytes once more, or creates an empty file.
    ///
    /// # Errors
    /// Those of [`MemoryFiles::write`].
    pub fn touch(&mut self, path: impl AsRef<Path>) -> io::Result<()> {
        self.change(path.as_ref(), |_| {})
    }

    /// Renames a file or a link in one step, and replaces a file or a link that has the new name.
    ///
    /// # Errors
    /// Those of a real file system: it does not exist, one of the names is a folder, or the new parent folder does not exist.
    pub fn rename(&mut self, from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
        let (from, to) = (self.resolve_parent(from.as_ref())?, self.resolve_parent(to.as_ref())?);
        self.require_parent_folder(&to)?;
        if self.is_folder(&from) || self.is_folder(&to) {
            return Err(ErrorKind::IsADirectory.into());
        }
        let node = self.nodes.remove(&from).ok_or(ErrorKind::NotFound)?;
        self.nodes.insert(to, node);
        Ok(())
    }

    /// Creates a link in one step, and replaces a file or a link of that name. A relative target starts at the folder
    /// of the link.
    ///
    /// # Errors
    /// Those of a real file system: the name is a folder, or its parent folder does not exist.
    pub fn link(&mut self, path: impl AsRef<Path>, target: impl AsRef<Path>) -> io::Result<()> {
        let path = self.resolve_parent(path.as_ref())?;
        self.require_parent_folder(&path)?;
        if self.is_folder(&path) {
            return Err(ErrorKind::IsADirectory.into());
        }
        self.nodes.insert(path, Node::Link(target.as_ref().to_path_buf()));
        Ok(())
    }

    /// Removes a file or a link.
    ///
    /// # Errors
    /// Those of a real file system: it does not exist, or it is a folder.
    pub fn remove(&mut self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = self.resolve_parent(path.as_ref())?;
        if self.is_folder(&path) {
            return Err(ErrorKind::IsADirectory.into());
        }
        self.nodes.remove(&path).map(drop).ok_or_else(|| ErrorKind::NotFound.into())
    }

    /// Creates a folder and its missing parent folders.
    ///
    /// # Errors
    /// Those of a real file system: a file has one of the names.
    pub fn create_folder(&mut self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = self.resolve(path.as_ref())?;
        let missing: Vec<PathBuf> =
            path.ancestors().filter(|folder| !self.is_folder(folder)).map(Path::to_path_buf).collect();
        if missing.iter().any(|folder| self.nodes.contains_key(folder)) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.nodes.extend(missing.into_iter().map(|folder| (folder, Node::Folder { is_forbidden: false })));
        Ok(())
    }

    /// Removes a folder and everything in it.
    ///
    /// # Errors
    /// Those of a real file system: it does not exist, or it is a file.
    pub fn remove_folder(&mut self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = self.resolve_parent(path.as_ref())?;
        match self.nodes.get(&path) {
            Some(Node::Folder { .. }) => self.nodes.retain(|other, _| !other.starts_with(&path)),
            Some(_) => return Err(ErrorKind::NotADirectory.into()),
            None => return Err(ErrorKind::NotFound.into()),
        }
        Ok(())
    }

    /// Forbids reading a file or listing a folder, or allows it again.
    ///
    /// # Errors
    /// The path does not exist.
    pub fn set_forbidden(&mut self, path: impl AsRef<Path>, forbidden: bool) -> io::Result<()> {
        let path = self.resolve(path.as_ref())?;
        match self.nodes.get_mut(&path) {
            Some(Node::File { is_forbidden, .. } | Node::Folder { is_forbidden }) => {
                *is_forbidden = forbidden
            }
            _ => return Err(ErrorKind::NotFound.into()),
        }
        Ok(())
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// Those of a real file system: it does not exist, it is a folder, or reading it is forbidden.
    pub fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.nodes.get(&self.resolve(path)?) {
            Some(Node::File { is_forbidden: true, .. }) => Err(ErrorKind::PermissionDenied.into()),
            Some(Node::File { bytes, .. }) => Ok(bytes.clone()),
            Some(Node::Folder { .. }) => Err(ErrorKind::IsADirectory.into()),
            Some(Node::Link(_)) | None => Err(ErrorKind::NotFound.into()),
        }
    }

    /// The entries of a folder that are not folders themselves, the last name first; `None` if the path is not a folder.
    pub fn list(&self, folder: &Path) -> Option<io::Result<Vec<PathBuf>>> {
        let real = self.resolve(folder).ok()?;
        match self.nodes.get(&real)? {
            Node::Folder { is_forbidden: true } => return Some(Err(ErrorKind::PermissionDenied.into())),
            Node::Folder { .. } => {}
            _ => return None,
        }
        let inside = self.nodes.keys().filter(|path| path.parent() == Some(&real));
        let names = inside.filter_map(|path| path.file_name()).map(|name| folder.join(name));
        let is_folder = |path: &PathBuf| self.resolve(path).is_ok_and(|real| self.is_folder(&real));
        Some(Ok(names.filter(|path| !is_folder(path)).rev().collect()))
    }

    /// A hash that changes with each write to the file, or to a file in the folder; `None` if there is no file.
    pub fn stamp(&self, path: &Path) -> Option<Fingerprint> {
        let paths = match self.list(path) {
            Some(listed) => listed.unwrap_or_default(),
            None => vec![path.to_path_buf()],
        };
        let stamps = paths.iter().filter_map(|path| match self.nodes.get(&self.resolve(path).ok()?)? {
            Node::File { written, .. } => Some(format!("{} {written}\n", path.display())),
            _ => None,
        });
        let stamps: String = stamps.collect();
        (!stamps.is_empty()).then(|| Fingerprint::of_bytes(stamps.as_bytes()))
    }

    fn change(&mut self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let path = self.resolve(path)?;
        self.require_parent_folder(&path)?;
        self.writes += 1;
        let new = Node::File { bytes: Vec::new(), written: 0, is_forbidden: false };
        match self.nodes.entry(path).or_insert(new) {
            Node::File { bytes, written, .. } => {
                change(bytes);
                *written = self.writes;
                Ok(())
            }
            Node::Folder { .. } | Node::Link(_) => Err(ErrorKind::IsADirectory.into()),
        }
    }

    fn is_folder(&self, real: &Path) -> bool {
        real == Path::new("/") || matches!(self.nodes.get(real), Some(Node::Folder { .. }))
    }

    fn require_parent_folder(&self, real: &Path) -> io::Result<()> {
        let parent_exists = real.parent().is_some_and(|folder| self.is_folder(folder));
        if parent_exists { Ok(()) } else { Err(ErrorKind::NotFound.into()) }
    }

    /// Follows every link in the path.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.walk(path, true)
    }

    /// Follows every link in the path, except for the last name.
    fn resolve_parent(&self, path: &Path) -> io::Result<PathBuf> {
        self.walk(path, false)
    }

    fn walk(&self, path: &Path, follows_last: bool) -> io::Result<PathBuf> {
        let mut real = PathBuf::from("/");
        let mut rest = names(path);
        let mut links = 0;
        while let Some(name) = rest.pop() {
            if name == ".." {
                real.pop();
                continue;
            }
            let next = real.join(&name);
            match self.nodes.get(&next) {
                Some(Node::Link(target)) if follows_last || !rest.is_empty() => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(io::Error::other("too many levels of symbolic links"));
                    }
                    if target.is_absolute() {
                        real = PathBuf::from("/");
                    }
                    rest.extend(names(target));
                }
                Some(Node::File { .. }) if !rest.is_empty() => return Err(ErrorKind::NotADirectory.into()),
                _ => real = next,
            }
        }
        Ok(real)
    }
}

/// The names in a path, in reverse order.
fn names(path: &Path) -> Vec<OsString> {
    let names = path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    });
    names.rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> MemoryFiles {
        let mut files = MemoryFiles::default();
        files.create_folder("/etc/app/conf.d").unwrap();
        files
    }

    fn read(files: &MemoryFiles, path: &str) -> Result<String, ErrorKind> {
        let bytes = files.read(Path::new(path)).map_err(|error| error.kind())?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn a_write_in_parts_shows_part_of_a_file_and_a_rename_shows_all_of_it() {
        let mut files = files();
        files.write("/etc/app/a", b"old").unwrap();
        files.write("/etc/app/a", b"").unwrap();
        files.append("/etc/app/a", b"ne").unwrap();
        assert_eq!(read(&files, "/etc/app/a").unwrap(), "ne");
        files.write("/etc/app/a~", b"newer").unwrap();
        files.rename("/etc/app/a~", "/etc/app/a").unwrap();
        assert_eq!(read(&files, "/etc/app/a").unwrap(), "newer");
        assert_eq!(read(&files, "/etc/app/a~"), Err(ErrorKind::NotFound));
    }

    #[test]
    fn a_link_leads_over_several_links_and_is_replaced_in_one_step() {
        let mut files = files();
        for (folder, text) in [("..v1", "one"), ("..v2", "two")] {
            files.create_folder(format!("/etc/app/{folder}")).unwrap();
            files.write(format!("/etc/app/{folder}/a"), text.as_bytes()).unwrap();
        }
        files.link("/etc/app/..data", "..v1").unwrap();
        files.link("/etc/app/a", "..data/a").unwrap();
        assert_eq!(read(&files, "/etc/app/a").unwrap(), "one");
        files.link("/etc/app/..data", "/etc/app/..v2").unwrap();
        assert_eq!(read(&files, "/etc/app/a").unwrap(), "two");
        files.write("/etc/app/a", b"through").unwrap();
        assert_eq!(read(&files, "/etc/app/..v2/a").unwrap(), "through");
        files.remove_folder("/etc/app/..v2").unwrap();
        assert_eq!(read(&files, "/etc/app/a"), Err(ErrorKind::NotFound));
        files.remove("/etc/app/a").unwrap();
        files.link("/etc/app/a", "a").unwrap();
        assert_eq!(read(&files, "/etc/app/a"), Err(ErrorKind::Other));
    }

    #[test]
    fn a_folder_lists_its_files_and_links_but_no_folders() {
        let mut files = files();
        files.write("/etc/app/a", b"").unwrap();
        files.write("/etc/app/b", b"").unwrap();
        files.link("/etc/app/c", "nowhere").unwrap();
        files.link("/etc/app/d", "conf.d").unwrap();
        let listed = files.list(Path::new("/etc/app")).unwrap().unwrap();
        assert_eq!(listed, ["/etc/app/c", "/etc/app/b", "/etc/app/a"].map(PathBuf::from));
        assert!(files.list(Path::new("/etc/app/a")).is_none());
        files.set_forbidden("/etc/app", true).unwrap();
        assert!(files.list(Path::new("/etc/app")).unwrap().is_err());
    }

    #[test]
    fn an_impossible_operation_returns_the_error_of_a_real_file_system() {
        let mut files = files();
        files.write("/etc/app/a", b"a").unwrap();
        let kind = |result: io::Result<()>| result.unwrap_err().kind();
        assert_eq!(kind(files.write("/etc/no/a", b"")), ErrorKind::NotFound);
        assert_eq!(kind(files.write("/etc/app/a/b", b"")), ErrorKind::NotADirectory);
        assert_eq!(kind(files.write("/etc/app", b"")), ErrorKind::IsADirectory);
        assert_eq!(kind(files.remove("/etc/app/conf.d")), ErrorKind::IsADirectory);
        assert_eq!(kind(files.rename("/etc/app/b", "/etc/app/c")), ErrorKind::NotFound);
        files.set_forbidden("/etc/app/a", true).unwrap();
        assert_eq!(read(&files, "/etc/app/a"), Err(ErrorKind::PermissionDenied));
        assert_eq!(read(&files, "/etc/app"), Err(ErrorKind::IsADirectory));
    }

    #[test]
    fn a_touch_changes_the_stamp_and_not_the_bytes() {
        let mut files = files();
        let (file, folder) = (Path::new("/etc/app/conf.d/a"), Path::new("/etc/app/conf.d"));
        assert_eq!((files.stamp(file), files.stamp(folder)), (None, None));
        files.write(file, b"a").unwrap();
        let before = (files.stamp(file).unwrap(), files.stamp(folder).unwrap());
        assert_eq!(before, (files.stamp(file).unwrap(), files.stamp(folder).unwrap()));
        files.touch(file).unwrap();
        assert_eq!(files.read(file).unwrap(), b"a");
        assert_ne!(files.stamp(file), Some(before.0));
        assert_ne!(files.stamp(folder), Some(before.1));
    }
}
